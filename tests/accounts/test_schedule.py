"""One run a slot, whoever looks and however late."""

import datetime

import pytest
from django.db import OperationalError

from accounts import jobs, schedule
from accounts.models import Job, JobState, User
from accounts.schedule import Entry, Every, daily, hourly
from lianhu.kit import clock

pytestmark = pytest.mark.django_db

Date = datetime.date
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """No worker is woken; the beat's own connection does not see the test's rows."""
    monkeypatch.setattr(jobs, "_wake", lambda kind, job_id: None)
    monkeypatch.setattr(jobs.Heartbeat, "_beat", lambda self: None)


@pytest.fixture
def at(monkeypatch):
    """`at("2026-06-15 10:00")`: it is that moment now."""

    def go(text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    return go


class Done(list):
    def run(self, now, say):
        self.append(now)
        return f"第 {len(self)} 次"


def entry(run, when=None, kind="k"):
    return Entry(kind, "定格", "说明", when or daily(0, 0), run)


def told(moment):
    return moment and f"{moment:%Y-%m-%d %H:%M}"


def quarter_ends(first, last):
    ends = (Date(year, *end) for year in (2025, 2026) for end in ((3, 31), (6, 30), (9, 30), (12, 31)))
    return [day for day in ends if first <= day <= last]


@pytest.mark.parametrize(
    ("when", "now", "last", "following", "words"),
    [
        (daily(0, 0), "2026-04-05 00:00", "2026-04-05 00:00", "2026-04-06 00:00", "每天 00:00"),
        (daily(0, 20), "2026-04-05 00:19", "2026-04-04 00:20", "2026-04-05 00:20", "每天 00:20"),
        (Every(1), "2026-04-05 07:03", "2026-04-05 07:03", "2026-04-05 07:04", "每分钟"),
        (Every(10), "2026-04-05 07:09", "2026-04-05 07:00", "2026-04-05 07:10", "每 10 分钟"),
        (Every(60), "2026-04-05 00:30", "2026-04-05 00:00", "2026-04-05 01:00", "每小时"),
        (hourly(30, range(8, 18)), "2026-04-05 08:29", "2026-04-04 17:30", "2026-04-05 08:30", ""),
        (hourly(30, range(8, 18)), "2026-04-05 17:31", "2026-04-05 17:30", "2026-04-06 08:30", ""),
        (daily(18, 0, quarter_ends), "2026-06-30 17:59", "2026-03-31 18:00", "2026-06-30 18:00", ""),
        (daily(18, 0, quarter_ends), "2026-07-03 09:00", "2026-06-30 18:00", "2026-09-30 18:00", ""),
    ],
)
def test_when_a_slot_is(at, when, now, last, following, words):
    moment = at(now)
    assert (told(when.last_due(moment)), told(when.next_due(moment))) == (last, following)
    # Whatever zone the moment is given in.
    assert when.last_due(moment.astimezone(datetime.UTC)) == when.last_due(moment)
    assert words in when.told


def test_a_slot_is_one_run_however_often_one_looks(at):
    done = Done()
    entries = [entry(done.run)]
    assert schedule.tick(entries, at("2026-04-05 00:00")) == 1
    [job] = Job.objects.all()
    assert told(job.slot.astimezone(clock.SHANGHAI)) == "2026-04-05 00:00"
    for _ in range(2):
        schedule.run_entry(entries[0], job.pk)  # a task delivered twice
    assert schedule.tick(entries, at("2026-04-05 00:01")) == schedule.tick(entries, clock.now()) == 0
    job.refresh_from_db()
    assert (len(done), job.state, job.result) == (1, JobState.DONE, {"told": "第 1 次"})
    assert schedule.tick(entries, at("2026-04-06 00:00")) == 1


def test_off_for_three_days_it_is_caught_up_once(at):
    done = Done()
    entries = [entry(done.run)]
    schedule.tick(entries, at("2026-04-02 00:00"))
    schedule.run_entry(entries[0], Job.objects.get().pk)
    assert schedule.tick(entries, at("2026-04-05 09:00")) == 1
    assert Job.objects.count() == 2


def test_a_clock_set_back_runs_no_slot_twice(at):
    done = Done()
    entries = [entry(done.run), entry(done.run, Every(1), "often")]

    def go(moment):
        schedule.tick(entries, at(moment))
        for job in Job.objects.filter(state=JobState.WAITING):
            schedule.run_entry(next(each for each in entries if each.kind == job.kind), job.pk)
        return len(done)

    first = go("2026-04-05 00:00")
    for moment in ("2026-04-05 00:01", "2026-04-04 23:59", "2026-04-05 00:00", "2026-04-05 00:01"):
        go(moment)
    assert first == 2
    # 23:59 of the day before had never been, the daily slot before it neither; the others are not run again.
    assert len(done) == len(Job.objects.values_list("kind", "slot").distinct()) == Job.objects.count() == 5


def test_what_is_under_way_is_not_piled_up(at):
    entries = [entry(Done().run, Every(1))]
    assert [schedule.tick(entries, at(f"2026-04-05 07:0{minute}")) for minute in range(5)] == [1, 0, 0, 0, 0]


def broken(now, say):
    raise OperationalError("密码 13812341234")


def test_what_fails_by_the_clock_is_tried_three_times_and_then_told_in_words(at):
    at("2026-04-05 00:00")
    failing = entry(broken)
    schedule.tick([failing], clock.now())
    job = Job.objects.get()
    states = []
    for _ in range(4):
        schedule.run_entry(failing, job.pk)
        job.refresh_from_db()
        states.append(job.state)
    assert states == [JobState.WAITING, JobState.WAITING, JobState.FAILED, JobState.FAILED]
    assert "数据库" in job.step
    assert "13812341234" not in job.step


@pytest.mark.parametrize(
    ("error", "word"),
    [(OSError(28, "No space"), "磁盘满了"), (ValueError("x"), "程序出错"), (OSError(5, "I/O"), "程序出错")],
)
def test_why_is_said_in_words(error, word):
    assert word in schedule.why(error)
    assert len(schedule.why(error)) <= Job._meta.get_field("step").max_length


def test_by_hand_it_runs_once_more_and_not_beside_itself(at):
    done, by = Done(), User.objects.create_user("P1", "何静")
    one = entry(done.run)
    at("2026-04-05 00:00")
    schedule.tick([one], clock.now())
    assert schedule.run_now(one, by=by) is None
    schedule.run_entry(one, Job.objects.get().pk)
    job = schedule.run_now(one, by=by)
    assert schedule.run_now(one, by=by) is None  # a second tap
    schedule.run_entry(one, job.pk)
    job.refresh_from_db()
    assert (len(done), job.state, job.created_by, job.slot) == (2, JobState.DONE, by, None)


def test_by_hand_a_failure_is_told_at_once(at):
    at("2026-04-05 00:00")
    failing = entry(broken)
    job = schedule.run_now(failing, by=User.objects.create_user("P1", "何静"))
    schedule.run_entry(failing, job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_asked_to_stop_it_is_cancelled(at):
    at("2026-04-05 00:00")

    def stopped(now, say):
        raise jobs.Cancelled

    one = entry(stopped)
    schedule.tick([one], clock.now())
    schedule.run_entry(one, Job.objects.get().pk)
    assert Job.objects.get().state == JobState.CANCELLED


def a_run(kind, ended_at, **fields):
    row = {"state": JobState.DONE, "slot": ended_at} | fields
    return Job.objects.create(kind=kind, title="定格", started_at=ended_at, ended_at=ended_at, **row)


def test_old_runs_are_forgotten_but_never_the_slot_that_would_be_due_again(at):
    now = at("2026-12-31 00:00")
    rare = entry(Done().run, daily(18, 0, quarter_ends), "rare")
    often = entry(Done().run, Every(1), "often")
    of_june = a_run("rare", now - 184 * DAY, slot=rare.when.last_due(at("2026-07-01 00:00")))
    newest = a_run("rare", now - 92 * DAY, slot=rare.when.last_due(at("2026-10-01 00:00")))
    by_hand = a_run("rare", now - 91 * DAY, slot=None)
    kept = [
        a_run("often", now - 2 * DAY, state=JobState.FAILED),
        a_run("often", now - HOUR),
        a_run("other", now - 400 * DAY),
        Job.objects.create(kind="often", title="定格", slot=now),
    ]
    gone = [a_run("often", now - 2 * DAY - HOUR), a_run("often", now - 91 * DAY, state=JobState.FAILED)]
    assert schedule.forget_runs([rare, often], now) == len([of_june, by_hand, *gone])
    assert set(Job.objects.all()) == {newest, *kept}
    assert schedule.tick([rare], at("2026-12-31 00:00")) == 0


def test_the_overview_asks_as_many_questions_for_many_runs_as_for_few(at, django_assert_num_queries):
    now = at("2026-04-05 07:00")
    entries = [entry(Done().run, Every(1), kind) for kind in ("a", "b", "c")]
    for count in (1, 50):
        for place in range(count):
            newest = a_run("a", now - (place + count) * HOUR)
        with django_assert_num_queries(1):
            first, second, _ = schedule.overview(entries, now)
    assert (first.last, first.under_way, first.failed) == (newest, None, False)
    assert (second.last, second.under_way, second.failed) == (None, None, False)
    begun = Job.objects.create(kind="a", title="定格", slot=now)
    first, *_ = schedule.overview(entries, now)
    assert (first.last, first.under_way) == (newest, begun)


def test_a_schedule_that_stands_still_is_noticed(at, monkeypatch):
    now = at("2026-04-05 07:00")
    entries = [entry(Done().run, Every(1))]
    assert schedule.stopped_since(schedule.overview(entries, now), now) is None
    job = a_run("k", now)
    Job.objects.filter(pk=job.pk).update(created_at=now)
    soon, later = now + datetime.timedelta(minutes=9), now + datetime.timedelta(minutes=11)
    assert schedule.stopped_since(schedule.overview(entries, soon), soon) is None
    assert schedule.stopped_since(schedule.overview(entries, later), later) == now


def failing_for(times):
    """An entry that fails so many times and then passes."""
    left = [times]

    def run(now, say):
        left[0] -= 1
        if left[0] >= 0:
            raise OperationalError
        return "做完了"

    return run


def test_what_failed_comes_back_after_five_minutes_half_an_hour_and_then_each_hour(at):
    one = entry(failing_for(6))
    begun, tried = at("2026-04-05 00:00"), []
    for minute in range(24 * 60):
        moment = begun + datetime.timedelta(minutes=minute)
        at(f"{moment:%Y-%m-%d %H:%M}")
        schedule.tick([one], moment)
        schedule.tick([one], moment)  # two schedulers
        for job in Job.objects.filter(state=JobState.WAITING):
            schedule.run_entry(one, job.pk)
            tried.append(f"{moment:%H:%M}")
    assert tried == ["00:00", "00:01", "00:02", "00:07", "00:37", "01:37", "02:37"]
    job = Job.objects.get()
    assert (job.state, job.attempt, job.result) == (JobState.DONE, 7, {"told": "做完了"})


def a_failed_one(at, entries):
    schedule.tick(entries, at("2026-04-05 00:00"))
    job = Job.objects.get()
    for _ in range(jobs.MOST_ATTEMPTS):
        schedule.run_entry(entries[0], job.pk)
    return job


def test_the_overview_says_how_often_it_failed_and_when_it_is_tried_again(at):
    entries = [entry(broken)]
    job = a_failed_one(at, entries)
    [line] = schedule.overview(entries, at("2026-04-05 00:01"))
    assert (line.failed, line.again, line.again.attempt, told(line.next_run.astimezone(clock.SHANGHAI))) == (
        True, job, 3, "2026-04-05 00:05"
    )  # fmt: skip
    assert schedule.tick(entries, at("2026-04-05 00:04")) == 0
    assert schedule.tick(entries, at("2026-04-05 00:05")) == 1
    [line] = schedule.overview(entries, clock.now())
    assert (line.under_way, line.again) == (job, None)
    assert told(line.next_run) == "2026-04-06 00:00"


def test_what_was_made_up_for_by_hand_is_not_tried_again(at):
    by = User.objects.create_user("P1", "何静")
    entries = [entry(failing_for(4))]
    a_failed_one(at, entries)
    for tried in range(2):
        # By hand it fails once more, which changes nothing, and then it passes.
        job = schedule.run_now(entries[0], by=by)
        schedule.run_entry(entries[0], job.pk)
        [line] = schedule.overview(entries, clock.now())
        assert bool(line.again) == (tried == 0)
    assert schedule.tick(entries, at("2026-04-05 12:00")) == 0


def test_a_new_slot_takes_the_place_of_one_that_failed(at):
    entries = [entry(failing_for(3))]
    first = a_failed_one(at, entries)
    assert schedule.tick(entries, at("2026-04-06 00:00")) == 1
    schedule.run_entry(entries[0], Job.objects.latest("pk").pk)
    first.refresh_from_db()
    assert (first.state, Job.objects.latest("pk").state) == (JobState.FAILED, JobState.DONE)
    assert schedule.tick(entries, at("2026-04-06 12:00")) == 0


def test_one_whose_worker_died_three_times_comes_back_too(at):
    entries = [entry(Done().run)]
    now = at("2026-04-05 00:00")
    schedule.tick(entries, now)
    Job.objects.update(state=JobState.RUNNING, attempt=3, heartbeat_at=now - HOUR)
    jobs.sweep(now)
    assert Job.objects.get().state == JobState.FAILED
    assert schedule.tick(entries, at("2026-04-05 00:05")) == 1
    schedule.run_entry(entries[0], Job.objects.get().pk)
    assert Job.objects.get().state == JobState.DONE
