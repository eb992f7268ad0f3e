"""A job is a row: taken once, cancelled by its owner, taken back from a worker that died."""

import datetime

import pytest

from accounts import jobs
from accounts.models import Job, JobState, User
from lianhu.kit import clock

pytestmark = pytest.mark.django_db

LATER = datetime.timedelta(minutes=3)


@pytest.fixture
def owner():
    return User.objects.create_user("P1", "何静")


@pytest.fixture
def woken(monkeypatch):
    found = []
    monkeypatch.setattr(jobs, "_wake", lambda kind, job_id: found.append(job_id) or True)
    return found


def a_job(owner, **fields):
    return Job.objects.create(kind="export", title="户名单", created_by=owner, **fields)


def state(job):
    job.refresh_from_db()
    return job.state


def test_one_that_waits_is_cancelled_at_once_and_no_worker_takes_it(owner):
    job = a_job(owner)
    assert jobs.ask_cancel(job.pk, by=owner)
    assert state(job) == JobState.CANCELLED
    assert jobs.claim(job.pk) is None
    assert not jobs.ask_cancel(job.pk, by=owner)


def test_one_that_runs_is_asked_and_its_worker_ends_it(owner):
    job = jobs.claim(a_job(owner).pk)
    assert jobs.ask_cancel(job.pk, by=owner)
    assert state(job) == JobState.RUNNING
    assert jobs.cancel(job)
    assert state(job) == JobState.CANCELLED
    assert not jobs.finish(job, {})


def test_nobody_cancels_what_another_person_started(owner):
    job = a_job(owner)
    assert not jobs.ask_cancel(job.pk, by=User.objects.create_user("P2", "赵敏"))
    assert state(job) == JobState.WAITING


def test_asked_while_its_worker_was_dead_it_is_not_begun_again(owner, woken):
    job = jobs.claim(a_job(owner).pk)
    jobs.ask_cancel(job.pk, by=owner)
    jobs.sweep(clock.now() + LATER)
    assert (state(job), woken) == (JobState.CANCELLED, [])


def test_a_worker_that_lost_the_job_to_another_ends_nothing(owner, woken):
    first = jobs.claim(a_job(owner).pk)
    Job.objects.filter(pk=first.pk).update(heartbeat_at=clock.now() - LATER)
    jobs.sweep(clock.now() + datetime.timedelta(seconds=31))
    assert woken == [first.pk]
    second = jobs.claim(first.pk)
    assert [end(first) for end in (jobs.cancel, lambda job: jobs.fail(job, "x"))] == [False, False]
    assert not jobs.finish(first, {"of": "first"})
    assert jobs.finish(second, {"of": "second"})
    assert Job.objects.get(pk=first.pk).result == {"of": "second"}


def test_a_heartbeat_from_before_the_clock_was_set_back_is_no_life(owner, woken):
    job = jobs.claim(a_job(owner).pk)
    jobs.sweep(clock.now() - datetime.timedelta(hours=1))
    assert state(job) == JobState.WAITING


def test_what_failed_may_wait_for_another_try(owner):
    job = jobs.claim(a_job(owner).pk)
    assert jobs.wait_again(job, "数据库太忙")
    assert (state(job), job.step) == (JobState.WAITING, "数据库太忙")
    assert jobs.claim(job.pk).attempt == 2
