"""Long work: started by a person, done by a worker, followed by a progress bar (RELIABILITY).

The row is the truth; the broker only wakes workers. A job's kind is the name of its Celery task.
"""

import datetime
import logging
import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, NamedTuple, Self

from celery import current_app
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q

from accounts.acting import Acting, acting, acting_as
from accounts.models import Job, JobState, User
from lianhu.kit import clock

log = logging.getLogger(__name__)

SILENT_FOR = datetime.timedelta(minutes=2)
MOST_ATTEMPTS = 3
# In minutes, after the failures that follow; the last of them for all to come.
RETRIES = (5, 30, 60)
_BEAT_SECONDS = 1.0
_CANCELLED = "已取消，没有留下做了一半的东西。"


class Cancelled(Exception):
    """The person asked for the end, or the job was taken from this worker: stop, and leave nothing half done."""


def start_job(kind: str, *, title: str, params: dict[str, Any], by: User | None) -> Job:
    """Add the row and wake a worker once the transaction holds. A broker that is gone loses nothing."""
    job = Job.objects.create(kind=kind, title=title, params=params, created_by=by)
    transaction.on_commit(lambda: wake_all([(job.kind, job.pk)]))
    return job


# A kind has one job under way at most: what takes longer than its own pace is not piled up.
_START_SLOTS = """
INSERT INTO accounts_job (kind, title, slot, state, params, step, percent, attempt, created_at)
SELECT due.kind, due.title, due.slot, 'waiting', '{}', '', 0, 0, %(now)s
FROM unnest(%(kinds)s::text[], %(titles)s::text[], %(slots)s::timestamptz[]) AS due (kind, title, slot)
WHERE NOT EXISTS (SELECT FROM accounts_job j WHERE j.kind = due.kind AND j.state IN ('waiting', 'running'))
ON CONFLICT (kind, slot) DO NOTHING
RETURNING kind, id
"""

# What failed is tried again as long as its slot is the last, unless somebody made up for it by hand.
_RETRY_SLOTS = """
UPDATE accounts_job j SET state = 'waiting', ended_at = NULL, percent = 0
FROM unnest(%(retried)s::text[], %(retried_slots)s::timestamptz[]) AS due (kind, slot)
WHERE j.kind = due.kind AND j.slot = due.slot AND j.state = 'failed'
  AND j.ended_at + make_interval(mins => (%(waits)s::int[])[
        least(greatest(j.attempt - %(most)s + 1, 1), cardinality(%(waits)s))]) <= %(now)s
  AND NOT EXISTS (SELECT FROM accounts_job o WHERE o.kind = j.kind AND o.state IN ('waiting', 'running'))
  AND (SELECT o.state FROM accounts_job o WHERE o.kind = j.kind ORDER BY o.id DESC LIMIT 1) <> 'done'
RETURNING j.kind, j.id
"""


def retried_at(job: Job) -> datetime.datetime | None:
    """When a job of the schedule that failed is tried again, as `start_slots` does it."""
    if job.slot is None or job.state != JobState.FAILED or job.ended_at is None:
        return None
    place = min(max(job.attempt - MOST_ATTEMPTS, 0), len(RETRIES) - 1)
    return job.ended_at + datetime.timedelta(minutes=RETRIES[place])


class Due(NamedTuple):
    """The last slot of an entry of the schedule."""

    kind: str
    title: str
    slot: datetime.datetime
    retried: bool = True


def start_slots(due: Sequence[Due], now: datetime.datetime) -> list[tuple[str, int]]:
    """Jobs of the schedule: one for each slot that has none yet, and those that failed and are to be tried again.

    Returns kind and id of what there is to do; whoever calls wakes workers for it, and holds off others meanwhile.
    """
    again = [each for each in due if each.retried]
    columns: dict[str, Any] = {
        "now": now,
        "kinds": [each.kind for each in due],
        "titles": [each.title for each in due],
        "slots": [each.slot for each in due],
        "retried": [each.kind for each in again],
        "retried_slots": [each.slot for each in again],
        "waits": list(RETRIES),
        "most": MOST_ATTEMPTS,
    }
    found: list[tuple[str, int]] = []
    with connection.cursor() as cursor:
        for statement in (_START_SLOTS, _RETRY_SLOTS):
            cursor.execute(statement, columns)
            found += cursor.fetchall()
    return found


def claim(job_id: int, *kinds: str) -> Job | None:
    """Take the job for this worker; None when another has it or it is over (a task may come twice).

    `kinds`: what it has to be. After a restore ids begin again, and the queue may still hold a message of before.
    """
    moment = clock.now()
    asked = Q(kind__in=kinds) if kinds else Q()
    free = Q(state=JobState.WAITING) | _silent(moment)
    taken = Job.objects.filter(free, asked, pk=job_id, cancel_asked_at=None).update(
        state=JobState.RUNNING, attempt=F("attempt") + 1, started_at=moment, heartbeat_at=moment
    )
    return Job.objects.get(pk=job_id) if taken else None


def finish(job: Job, result: dict[str, Any]) -> bool:
    """False when another attempt holds the job by now: then the result is the other's."""
    return _end(job, JobState.DONE, result=result, percent=100)


def fail(job: Job, reason: str) -> bool:
    """`reason` is in Chinese and shown to the person."""
    return _end(job, JobState.FAILED, step=reason)


def wait_again(job: Job, reason: str) -> bool:
    """It may pass the next time: the sweeper wakes a worker for it within a minute or two."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
    return bool(mine.update(state=JobState.WAITING, step=reason))


def cancel(job: Job) -> bool:
    """For the worker that heard `Cancelled`, once what it had begun is taken away."""
    return _end(job, JobState.CANCELLED, step=_CANCELLED)


def _end(job: Job, state: JobState, **values: Any) -> bool:
    """Only the attempt that still holds the job may end it."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
    return bool(mine.update(state=state, ended_at=clock.now(), **values))


def ask_cancel(job_id: int, *, by: User) -> bool:
    """Of one's own job: one that waits is over at once, one that runs within a second or two.

    False when it is over already, or is not one's own.
    """
    moment = clock.now()
    own = Job.objects.filter(pk=job_id, created_by=by)
    waited = own.filter(state=JobState.WAITING).update(
        state=JobState.CANCELLED, cancel_asked_at=moment, ended_at=moment, step=_CANCELLED
    )
    running = own.filter(state=JobState.RUNNING, cancel_asked_at=None)
    return bool(waited or running.update(cancel_asked_at=moment))


def sweep(now: datetime.datetime) -> None:
    """Wake workers for jobs that wait, take jobs back from workers that died."""
    silent, waits = _silent(now), Q(state=JobState.WAITING)
    told = "处理它的程序中断了，什么也没有写入。请再做一次。"
    Job.objects.filter(silent | waits, cancel_asked_at__isnull=False).update(
        state=JobState.CANCELLED, ended_at=now, step=_CANCELLED
    )
    Job.objects.filter(silent, attempt__gte=MOST_ATTEMPTS).update(
        state=JobState.FAILED, ended_at=now, step=told
    )
    Job.objects.filter(silent).update(state=JobState.WAITING)
    waiting = Job.objects.filter(waits, created_at__lt=now - datetime.timedelta(seconds=30))
    wake_all(waiting.order_by("pk").values_list("kind", "pk"))


def _silent(now: datetime.datetime) -> Q:
    """No beat for two minutes, or one from the time before the clock was set back."""
    beats = Q(heartbeat_at__lt=now - SILENT_FOR) | Q(heartbeat_at__gt=now + SILENT_FOR)
    return Q(beats, state=JobState.RUNNING)


def wake_all(found: Iterable[tuple[str, int]]) -> None:
    """Where one cannot be sent the others cannot either, and each would wait for the broker in vain."""
    for kind, job_id in found:
        if not _wake(kind, job_id):
            break


def _wake(kind: str, job_id: int) -> bool:
    try:
        current_app.send_task(kind, [job_id], retry=False)
    except Exception as error:  # The broker's client raises many kinds; the sweeper tries again.
        log.warning("job %s not sent: %s", job_id, type(error).__name__)
        return False
    return True


def acting_for(job: Job) -> AbstractContextManager[None]:
    """What the block writes is done by the person who started the job."""
    by = job.created_by
    return acting_as(Acting(id=by.pk, name=by.username) if by else acting())


class Heartbeat:
    """While work runs: beats every second on a connection of its own, and carries the progress.

    The work may hold one long transaction; what it says would not be seen before its end. `say` and `check`
    raise `Cancelled` once the person asked for it, or once another worker has the job.
    """

    def __init__(self, job: Job) -> None:
        self._job_id, self._attempt = job.pk, job.attempt
        self._said = ("", 0)
        self._over, self._cancelled = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        if self.cancelled:
            raise Cancelled

    def say(self, step: str, percent: int) -> None:
        self.check()
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
                try:
                    self._say_so()
                except DatabaseError as error:
                    # A hiccup; a thread that died of it would make the job look dead to other workers.
                    log.warning("job %s: no heartbeat: %s", self._job_id, type(error).__name__)
                    connection.close()
        finally:
            connection.close()

    def _say_so(self) -> None:
        step, percent = self._said
        Job.objects.filter(pk=self._job_id, attempt=self._attempt, state=JobState.RUNNING).update(
            heartbeat_at=clock.now(), step=step, percent=percent
        )
        row = Job.objects.filter(pk=self._job_id).values_list("attempt", "state", "cancel_asked_at")
        if row.first() not in ((self._attempt, JobState.RUNNING, None), None):
            self._cancelled.set()
