"""The list: each entry is a task of the queue, runs on an empty county, and does what its name says."""

import datetime

import pytest
from django.utils import timezone

from accounts import jobs
from accounts.models import Job, JobState
from accounts.schedule import run_entry, tick
from lianhu.celery import app
from lianhu.kit import clock
from lianhu.schedule import ENTRIES, SCHEDULE, tick_schedule
from registry.models import Unit
from reports.models import Compliance, FrozenPeriod, QuarterlyReport, StoredPeriod
from tests import by_the_clock, county

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch):
    found = []
    monkeypatch.setattr(jobs, "_wake", lambda kind, job_id: found.append(kind) or True)
    monkeypatch.setattr(jobs.Heartbeat, "_beat", lambda self: None)
    return found


def test_beat_keeps_only_the_tick_and_what_is_more_often_than_a_minute():
    kept = {name: each["schedule"] for name, each in app.conf.beat_schedule.items()}
    assert kept == {"tick": 30.0, "seal-audit": 5.0}
    # One that is late is worth nothing: the next is on its way.
    assert all(each["options"]["expires"] <= each["schedule"] for each in app.conf.beat_schedule.values())


def test_every_entry_is_a_task_of_the_queue():
    app.loader.import_default_modules()
    names = {each["task"] for each in app.conf.beat_schedule.values()} | set(ENTRIES)
    assert names <= set(app.tasks)
    assert len(ENTRIES) == len(SCHEDULE)


# A backup is a snapshot of its own and writes a file: tests/lianhu/test_backups_kept.py.
IN_A_TRANSACTION = [entry for entry in SCHEDULE if entry.kind != "backup_nightly"]


@pytest.mark.parametrize("entry", IN_A_TRANSACTION, ids=lambda entry: entry.kind)
def test_every_entry_runs_twice_on_a_county_without_work(on_day, entry, tmp_path, settings):
    settings.AUDIT_DIR = tmp_path / "audit"
    on_day("2026-06-15")
    first, second = by_the_clock.run(entry.kind), by_the_clock.run(entry.kind)
    assert {type(first), type(second)} <= {str, type(None)}
    assert len(entry.kind) <= Job._meta.get_field("kind").max_length
    assert entry.told.endswith("。")


def test_the_freeze_is_due_on_the_5th_at_midnight_and_figures_are_ready_before_work():
    freeze, nightly = ENTRIES["freeze_figures"].when, ENTRIES["figures_nightly"].when
    midnight = clock.midnight(datetime.date(2026, 4, 5))
    assert freeze.last_due(midnight) == midnight
    assert nightly.last_due(midnight + datetime.timedelta(hours=8)).astimezone(clock.SHANGHAI).hour == 0


def test_a_tick_wakes_each_once_and_the_next_tick_none(woken, on_day):
    on_day("2026-06-15")
    tick_schedule()
    assert sorted(woken) == sorted(ENTRIES)
    tick_schedule()
    assert len(woken) == len(ENTRIES)


def test_the_tick_also_takes_back_what_a_dead_worker_left(woken):
    dead = Job.objects.create(
        kind="import_visits", title="走访表.xlsx", state=JobState.RUNNING, attempt=1,
        heartbeat_at=timezone.now() - datetime.timedelta(minutes=3),
    )  # fmt: skip
    Job.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=5))
    tick_schedule()
    assert "import_visits" in woken
    dead.refresh_from_db()
    assert dead.state == JobState.WAITING


def test_a_county_that_was_off_over_the_5th_freezes_as_of_its_cut_off(woken, on_day, monkeypatch):
    people = county.build()
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    # Entered on the 6th, while nothing ran.
    county.add_trip(people.colleague, people.village, "2026-03-10", recorded_at=county.evening("2026-04-06"))
    on_day("2026-04-08")
    tick(SCHEDULE, clock.now())
    for kind in ("freeze_figures", "figures_nightly"):
        run_entry(ENTRIES[kind], Job.objects.get(kind=kind).pk)
    done = dict(Job.objects.filter(state=JobState.DONE).values_list("kind", "result"))
    assert done["freeze_figures"] == {"told": f"定格了 {FrozenPeriod.objects.count()} 个期间"}
    frozen, live = FrozenPeriod.objects.get(code="2026-03"), StoredPeriod.objects.get(code="2026-03")
    assert (frozen.as_of, live.as_of) == (datetime.date(2026, 4, 4), datetime.date(2026, 4, 8))
    assert Compliance.objects.get(
        period="2026-03", subject_id=people.colleague.pk, quota__code="trip_days"
    ).actual
    tick(SCHEDULE, clock.now())
    assert Job.objects.filter(kind="freeze_figures").count() == 1


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-06-30 17:59", "2026-04-10 18:00"),
        ("2026-06-30 18:00", "2026-06-30 18:00"),
        ("2026-07-03 09:00", "2026-07-02 18:00"),
        ("2026-09-15 09:00", "2026-07-10 18:00"),
        ("2027-01-01 09:00", "2026-12-31 18:00"),
    ],
)
def test_drafts_are_due_on_a_quarters_last_day_and_made_up_for_until_the_10th(now, last):
    moment = datetime.datetime.fromisoformat(now).replace(tzinfo=clock.SHANGHAI)
    found = ENTRIES["quarterly_drafts"].when.last_due(moment)
    assert f"{found:%Y-%m-%d %H:%M}" == last


def test_off_over_a_quarters_end_the_drafts_are_made_when_it_is_back(woken, on_day):
    county.build()
    on_day("2026-07-12")
    tick(SCHEDULE, clock.now())
    run_entry(ENTRIES["quarterly_drafts"], Job.objects.get(kind="quarterly_drafts").pk)
    assert set(QuarterlyReport.objects.values_list("year", "quarter")) == {(2026, 2)}
    assert QuarterlyReport.objects.count() == Unit.objects.count()
