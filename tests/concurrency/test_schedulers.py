"""Two schedulers, a task delivered twice, a broker gone for an hour: one run, and none lost."""

import datetime
from functools import partial

import pytest
from celery import current_app

from accounts import jobs
from accounts.models import Job, JobState
from accounts.schedule import Entry, Every, run_entry, run_now, tick
from lianhu.kit import clock
from lianhu.schedule import SCHEDULE
from tests import county
from tests.broker import use_broker
from tests.concurrency.test_two_senders import at_once

pytestmark = pytest.mark.django_db

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def unheard(monkeypatch):
    monkeypatch.setattr(jobs, "_wake", lambda kind, job_id: None)


def counting(runs):
    return Entry("figures_touched", "更新改动的数字", "", Every(1), lambda now, say: runs.append(now))


def test_two_schedulers_make_one_run_a_slot(unheard):
    now = clock.now()
    assert sum(at_once(partial(tick, SCHEDULE, now))) == len(SCHEDULE)
    assert Job.objects.count() == len(SCHEDULE)


def test_a_task_delivered_twice_at_once_runs_once(unheard):
    runs = []
    tick([counting(runs)], clock.now())
    at_once(partial(run_entry, counting(runs), Job.objects.get().pk))
    assert len(runs) == 1
    assert Job.objects.get().attempt == 1


def test_two_people_who_run_it_now_run_it_once(unheard):
    people = county.build()
    started = at_once(partial(run_now, counting([]), by=people.office.user))
    assert sum(job is not None for job in started) == Job.objects.count() == 1


def test_while_the_broker_is_gone_jobs_wait_as_rows_and_are_sent_afterwards(queue, monkeypatch):
    use_broker(NOWHERE)
    try:
        now = clock.now()
        for minutes in (0, 30, 60):
            tick(SCHEDULE, now + datetime.timedelta(minutes=minutes))
    finally:
        use_broker(queue)
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.WAITING}
    assert Job.objects.count() == len(SCHEDULE)
    with current_app.connection_for_write() as broker:
        letters = broker.default_channel
        letters.queue_purge("celery")
        jobs.sweep(now + datetime.timedelta(minutes=61))
        assert letters._size("celery") == len(SCHEDULE)
        letters.queue_purge("celery")
