"""What happens by the clock: each entry once a slot, whoever looks and however late (contract 6; RELIABILITY).

A slot is the moment at which an entry is due. `tick` adds a job for the last slot of each entry; kind and slot are
unique, so two schedulers, a tick delivered twice, a clock set back and three days without power end in one run.
What a run does is repeatable and reckons for itself what is still to be done. One that failed is tried again, after
five minutes, half an hour, then each hour, until it is done or the next slot has come.
"""

import datetime
import errno
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, Protocol

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import jobs
from accounts.backups import BackupError
from accounts.models import Job, JobState, User
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction

log = logging.getLogger(__name__)

Date = datetime.date
Moment = datetime.datetime
Say = Callable[[str, int], None]
Days = Callable[[Date, Date], Collection[Date]]

KEPT = datetime.timedelta(days=90)
# Of what runs many times a day only what went wrong is worth keeping for longer.
_KEPT_OFTEN = datetime.timedelta(days=1)
# Longer than a quarter: an entry of a quarter's last day finds its slot.
_LOOKS_BACK = datetime.timedelta(days=100)
_ONE_DAY = datetime.timedelta(days=1)
_STILL_FOR = datetime.timedelta(minutes=10)
# What PostgreSQL calls it.
_DISK_FULL = "53100"
UNFINISHED = (JobState.WAITING, JobState.RUNNING)


# --- when ------------------------------------------------------------------------------------


class When(Protocol):
    @property
    def told(self) -> str: ...

    def last_due(self, now: Moment) -> Moment | None:
        """The last slot at or before the moment."""

    def next_due(self, now: Moment) -> Moment | None:
        """The first slot after the moment."""


@dataclass(frozen=True)
class Every:
    """Each so many minutes, counted from midnight."""

    minutes: int

    @property
    def told(self) -> str:
        if self.minutes % 60:
            return f"每 {self.minutes} 分钟" if self.minutes > 1 else "每分钟"
        return f"每 {self.minutes // 60} 小时" if self.minutes > 60 else "每小时"

    def last_due(self, now: Moment) -> Moment:
        midnight, step = clock.midnight(now.astimezone(clock.SHANGHAI).date()), self.minutes * 60
        return midnight + datetime.timedelta(seconds=(now - midnight).total_seconds() // step * step)

    def next_due(self, now: Moment) -> Moment:
        return self.last_due(now) + datetime.timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class At:
    """At these hours past them by the minutes; on each day, or on those of a span that `days` names."""

    hours: Sequence[int]
    minute: int
    days: Days | None = None
    days_told: str = "每天"

    @property
    def told(self) -> str:
        if len(self.hours) == 1:
            return f"{self.days_told} {self.hours[0]:02}:{self.minute:02}"
        return f"{self.days_told} {self.hours[0]}—{self.hours[-1]} 点，每小时第 {self.minute} 分"

    def last_due(self, now: Moment) -> Moment | None:
        today = now.astimezone(clock.SHANGHAI).date()
        slots = self._slots(today - (_LOOKS_BACK if self.days else _ONE_DAY), today)
        return max((slot for slot in slots if slot <= now), default=None)

    def next_due(self, now: Moment) -> Moment | None:
        today = now.astimezone(clock.SHANGHAI).date()
        slots = self._slots(today, today + (_LOOKS_BACK if self.days else _ONE_DAY))
        return min((slot for slot in slots if slot > now), default=None)

    def _slots(self, first: Date, last: Date) -> Iterable[Moment]:
        every = (first + place * _ONE_DAY for place in range((last - first).days + 1))
        for day in self.days(first, last) if self.days else every:
            for hour in self.hours:
                yield clock.midnight(day) + datetime.timedelta(hours=hour, minutes=self.minute)


def daily(hour: int, minute: int, days: Days | None = None, days_told: str = "每天") -> At:
    return At([hour], minute, days, days_told)


def hourly(minute: int, hours: Sequence[int]) -> At:
    return At(hours, minute)


# --- what ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """`kind` is the name of its Celery task. `run` gives a word about what it did, if there is one.

    `retried`: what failed is tried again later; else it waits for its next slot, or for a person.
    """

    kind: str
    title: str
    told: str
    when: When
    run: Callable[[Moment, Say], str | None]
    retried: bool = True

    @property
    def often(self) -> bool:
        return isinstance(self.when, Every)


def tick(entries: Iterable[Entry], now: Moment) -> int:
    """Add a job for each entry whose last slot has none yet, and wake workers. Returns how many."""
    due = [
        jobs.Due(entry.kind, entry.title, slot, entry.retried)
        for entry in sorted(entries, key=lambda entry: entry.kind)
        if (slot := entry.when.last_due(now))
    ]
    with transaction.atomic():
        # Against whoever starts one by hand; always in this order.
        for each in due:
            lock_for_transaction(_lock_of(each.kind))
        found = jobs.start_slots(due, now)
    jobs.wake_all(found)
    return len(found)


def _lock_of(kind: str) -> str:
    return f"schedule {kind}"


@transaction.atomic
def run_now(entry: Entry, *, by: User) -> Job | None:
    """Once more, beside its slots; None when it is under way already."""
    lock_for_transaction(_lock_of(entry.kind))
    if Job.objects.filter(kind=entry.kind, state__in=UNFINISHED).exists():
        return None
    return jobs.start_job(entry.kind, title=entry.title, params={}, by=by)


def run_entry(entry: Entry, job_id: int) -> None:
    """Do the job; a second delivery finds it taken. What failed by the clock is tried three times at once; then it
    has failed, and `tick` comes back to it.
    """
    job = jobs.claim(job_id, entry.kind)
    if job is None:
        return
    try:
        with jobs.Heartbeat(job) as heartbeat:
            told = entry.run(clock.now(), heartbeat.say)
    except jobs.Cancelled:
        jobs.cancel(job)
    except Exception as error:
        log.exception("scheduled job %s (%s) failed", job.pk, entry.kind)
        reason = why(error)
        if job.slot is None or job.attempt >= jobs.MOST_ATTEMPTS:
            jobs.fail(job, reason)
        else:
            jobs.wait_again(job, reason)
    else:
        jobs.finish(job, {"told": told or ""})


def why(error: Exception) -> str:
    """In words for the office; the log has the rest."""
    if isinstance(error, BackupError):
        return str(error)[:100]
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or getattr(error.__cause__, "pgcode", "") == _DISK_FULL:
        return "磁盘满了。请系统管理员腾出空间，再立即运行。"
    if isinstance(error, OperationalError):
        return "数据库当时连不上或太忙。请稍后立即运行；再不行，请告诉系统管理员。"
    if isinstance(error, DatabaseError):
        return "数据库没有接受，什么也没有写入。请告诉系统管理员，日志里有原因。"
    return "程序出错。请告诉系统管理员，日志里有原因。"


# --- seen ------------------------------------------------------------------------------------


class Line(NamedTuple):
    """An entry with its last run that is over, the one under way, and its next slot.

    `again`: the run of its last slot, where it failed and is tried again; `again_at` is when.
    """

    entry: Entry
    last: Job | None
    under_way: Job | None
    next_due: Moment | None
    again: Job | None
    again_at: Moment | None

    @property
    def failed(self) -> bool:
        return self.last is not None and self.last.state == JobState.FAILED

    @property
    def next_run(self) -> Moment | None:
        return min((each for each in (self.again_at, self.next_due) if each), default=None)


# One job of a kind is under way at most, so its newest two hold the last that is over.
_NEWEST = """
SELECT j.* FROM unnest(%s::text[]) AS asked (kind)
CROSS JOIN LATERAL (
    (SELECT * FROM accounts_job WHERE kind = asked.kind ORDER BY id DESC LIMIT 2)
    UNION
    (SELECT * FROM accounts_job WHERE kind = asked.kind AND slot IS NOT NULL ORDER BY slot DESC LIMIT 1)
) j
ORDER BY j.kind, j.id DESC
"""


def overview(entries: Sequence[Entry], now: Moment) -> list[Line]:
    """In the entries' order; one statement, besides what a calendar asks."""
    found: dict[str, list[Job]] = {}
    for job in Job.objects.raw(_NEWEST, [[entry.kind for entry in entries]]):
        found.setdefault(job.kind, []).append(job)
    return [_line(entry, found.get(entry.kind, []), now) for entry in entries]


def _line(entry: Entry, newest: Sequence[Job], now: Moment) -> Line:
    under_way = next((job for job in newest if job.state in UNFINISHED), None)
    last = next((job for job in newest if job.state not in UNFINISHED), None)
    of_slots = [(job.slot, job) for job in newest if job.slot]
    of_slot = max(of_slots, key=itemgetter(0))[1] if of_slots else None
    again_at = jobs.retried_at(of_slot) if of_slot and entry.retried and not under_way else None
    if last is None or last.state == JobState.DONE:
        again_at = None
    again = of_slot if again_at else None
    return Line(entry, last, under_way, entry.when.next_due(now), again, again_at and max(again_at, now))


def stopped_since(lines: Iterable[Line], now: Moment) -> Moment | None:
    """When something last began, if that is ten minutes ago though some of it is due each minute."""
    begun = [line.last.created_at for line in lines if line.last]
    newest = max(begun, default=None)
    return newest if newest and newest < now - _STILL_FOR else None


def runs_of(entry: Entry) -> QuerySet[Job]:
    """Those that are over, the newest first."""
    over = Job.objects.filter(kind=entry.kind).exclude(state__in=UNFINISHED)
    return over.select_related("created_by").order_by("-id")


def forget_runs(entries: Iterable[Entry], now: Moment) -> int:
    """Runs over for 90 days go, of frequent entries those that went well after a day; how many.

    The newest slot of a kind stays, however old: without it the slot would be due again.
    """
    entries = list(entries)
    newer = Job.objects.filter(kind=OuterRef("kind"), slot__gt=OuterRef("slot"))
    old = Q(kind__in=[entry.kind for entry in entries], ended_at__lt=now - KEPT)
    often = Q(
        kind__in=[entry.kind for entry in entries if entry.often],
        state=JobState.DONE,
        ended_at__lt=now - _KEPT_OFTEN,
    )
    over = Job.objects.filter(old | often).exclude(state__in=UNFINISHED)
    forgotten, _ = over.filter(Q(slot=None) | Exists(newer)).delete()
    return forgotten
