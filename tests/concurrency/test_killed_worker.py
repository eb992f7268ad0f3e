"""kill -9 in the middle of a freeze: no half of it stays, and the rerun freezes the same rows."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from accounts import jobs
from accounts.models import Job, JobState
from accounts.schedule import tick
from lianhu.embedded.supervisor import die_with_parent
from lianhu.kit import clock
from lianhu.kit.periods import Period
from lianhu.schedule import ENTRIES
from reports.models import FrozenFigure, FrozenPeriod
from reports.quotas.freeze import as_of, cut_off, freeze_due
from tests import county
from tests.lianhu.conftest import wait_for
from tests.reports.quotas.test_stored import COLUMNS, computed

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
FREEZE = [ENTRIES["freeze_figures"]]


class Worker:
    """As in production: a master and a child that does the work."""

    def __init__(self):
        names = {
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "LIANHU_TEST_DATABASE": connection.settings_dict["NAME"],
        }
        words = ["-m", "celery", "-A", "lianhu", "worker", "--concurrency", "1", "--loglevel", "INFO"]
        with (settings.QUEUE_DATA / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words, "--without-mingle", "--without-gossip"],
                cwd=ROOT,
                env=os.environ | names,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def kill(self):
        """The child first, then all of it."""
        parts = psutil.Process(self.process.pid).children(recursive=True)
        for part in parts:
            part.kill()
        self.process.kill()
        self.process.wait(20)


@pytest.fixture
def start(queue):
    started = []

    def begin():
        started.append(Worker())
        return started[-1]

    yield begin
    for worker in started:
        if worker.process.poll() is None:
            worker.kill()


def test_a_freeze_that_is_killed_leaves_no_half_and_is_repeated_to_the_same_rows(start):
    people, now = county.build(), clock.now()
    month = Period.month_of(now.date()).previous().previous()
    for place, person in enumerate((people.cadre, people.colleague, people.unit_leader)):
        first = month.first + datetime.timedelta(days=6 + 3 * place)
        county.add_trip(person, people.village, first, first + datetime.timedelta(days=place))
    first, second, *_ = expected = due(month, now)

    # Somebody else is about to write down the second period: the worker stops with all its figures inserted.
    with held(second):
        worker = start()
        assert tick(FREEZE, now) == 1
        wait_for(waiting_backends, 120)
        [backend] = waiting_backends()
        worker.kill()
    wait_for(lambda: backend not in backends())
    job = Job.objects.get()
    assert job.state == JobState.RUNNING
    assert list(FrozenPeriod.objects.values_list("code", flat=True)) == [first.code]
    assert frozen(first) == computed(first, as_of(first))
    assert frozen(second) == []

    # Two minutes without a heartbeat later the sweeper sends it again.
    Job.objects.update(
        heartbeat_at=now - datetime.timedelta(minutes=3), created_at=now - datetime.timedelta(minutes=3)
    )
    jobs.sweep(now)
    start()
    wait_for(lambda: Job.objects.get().state == JobState.DONE, 120)
    assert Job.objects.get().attempt == 2
    assert set(FrozenPeriod.objects.values_list("code", flat=True)) == {period.code for period in expected}
    for period in expected:
        assert frozen(period) == computed(period, as_of(period)) != []
    assert freeze_due(clock.now()) == tick(FREEZE, now) == 0


def due(month, now):
    """From the month after whose 5th work began, in the order in which they are frozen."""
    months = [month, month.following()]
    longer = {Period.parse(f"{each.first.year}Q{(each.first.month + 2) // 3}") for each in months}
    years = {Period.year_of(each.first) for each in months}
    over = [period for period in {*months, *longer, *years} if cut_off(period) <= now]
    return sorted(over, key=lambda period: (period.last, period.first))


class held:
    """A transaction that has written the period down and is not committed."""

    def __init__(self, period):
        self.period = period

    def __enter__(self):
        self.other = psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None})
        self.other.cursor().execute(
            "INSERT INTO reports_frozenperiod (code, cut_off, as_of, frozen_at) VALUES (%s, now(), now(), now())",
            [self.period.code],
        )

    def __exit__(self, *_):
        self.other.rollback()
        self.other.close()


def waiting_backends():
    return rows(
        """SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
           WHERE NOT granted AND locktype = 'transactionid' AND datname = current_database()"""
    )


def backends():
    return rows("SELECT pid FROM pg_stat_activity")


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [pid for (pid,) in cursor.fetchall()]


def frozen(period):
    return sorted(FrozenFigure.objects.filter(period=period.code).values_list(*COLUMNS))
