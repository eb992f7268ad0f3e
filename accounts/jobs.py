"""Long work: started by a person, done by a worker, followed by a progress bar (RELIABILITY).

The row is the truth; the broker only wakes workers. A job's kind is the name of its Celery task.
"""

import datetime
import logging
import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Q

from accounts.acting import Acting, acting, acting_as
from accounts.models import Job, JobState, User
from lianhu.kit import clock

log = logging.getLogger(__name__)

SILENT_FOR = datetime.timedelta(minutes=2)
MOST_ATTEMPTS = 3
_BEAT_SECONDS = 1.0


def start_job(kind: str, *, title: str, params: dict[str, Any], by: User | None) -> Job:
    """Add the row and wake a worker once the transaction holds. A broker that is gone loses nothing."""
    job = Job.objects.create(kind=kind, title=title, params=params, created_by=by)
    transaction.on_commit(lambda: _wake(job.kind, job.pk))
    return job


def claim(job_id: int) -> Job | None:
    """Take the job for this worker; None when another has it or it is over (a task may come twice)."""
    moment = clock.now()
    free = Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, heartbeat_at__lt=moment - SILENT_FOR)
    taken = Job.objects.filter(free, pk=job_id).update(
        state=JobState.RUNNING, attempt=F("attempt") + 1, started_at=moment, heartbeat_at=moment
    )
    return Job.objects.get(pk=job_id) if taken else None


def finish(job: Job, result: dict[str, Any]) -> None:
    _end(job, JobState.DONE, result=result, percent=100)


def fail(job: Job, reason: str) -> None:
    """`reason` is in Chinese and shown to the person."""
    _end(job, JobState.FAILED, step=reason)


def _end(job: Job, state: JobState, **values: Any) -> None:
    """Only the attempt that still holds the job may end it."""
    Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt).update(
        state=state, ended_at=clock.now(), **values
    )


def sweep(now: datetime.datetime) -> None:
    """Wake workers for jobs that wait, take jobs back from workers that died."""
    silent = Q(state=JobState.RUNNING, heartbeat_at__lt=now - SILENT_FOR)
    told = "处理它的程序中断了，什么也没有写入。请再做一次。"
    Job.objects.filter(silent, attempt__gte=MOST_ATTEMPTS).update(
        state=JobState.FAILED, ended_at=now, step=told
    )
    Job.objects.filter(silent).update(state=JobState.WAITING)
    waiting = Job.objects.filter(state=JobState.WAITING, created_at__lt=now - datetime.timedelta(seconds=30))
    for kind, job_id in waiting.values_list("kind", "pk"):
        _wake(kind, job_id)


def _wake(kind: str, job_id: int) -> None:
    try:
        current_app.send_task(kind, [job_id], retry=False)
    except Exception as error:  # The broker's client raises many kinds; the sweeper tries again.
        log.warning("job %s not sent: %s", job_id, type(error).__name__)


def acting_for(job: Job) -> AbstractContextManager[None]:
    """What the block writes is done by the person who started the job."""
    by = job.created_by
    return acting_as(Acting(id=by.pk, name=by.username) if by else acting())


class Heartbeat:
    """While work runs: beats every second on a connection of its own, and carries the progress.

    The work may hold one long transaction; what it says would not be seen before its end.
    """

    def __init__(self, job: Job) -> None:
        self._job_id, self._attempt = job.pk, job.attempt
        self._said = ("", 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def say(self, step: str, percent: int) -> None:
        self._said = (step, percent)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(_BEAT_SECONDS):
                step, percent = self._said
                Job.objects.filter(pk=self._job_id, attempt=self._attempt).update(
                    heartbeat_at=clock.now(), step=step, percent=percent
                )
        finally:
            connection.close()
