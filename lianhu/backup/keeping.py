"""Backups under LIANHU_DATA/backups: one a night and those made by hand, the newest seven of each.

They lie on the same disk as the data: whoever runs the system copies them to another machine (docs/running.md).
"""

import datetime
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts import jobs
from accounts.acting import acting
from accounts.backups import BY_COMMAND, BY_HAND, KINDS, NIGHTLY
from accounts.models import Job, JobState, User
from lianhu.backup import BackupError, Say
from lianhu.backup.making import Made, make_backup, megabytes
from lianhu.embedded import reason
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction

log = logging.getLogger(__name__)

KEPT = 7
UNFINISHED = (JobState.WAITING, JobState.RUNNING)
# What a killed backup left; none takes so long.
_DRAFTS_OLD_SECONDS = 24 * 3600
_NAME = re.compile(r"lianhu-(\d{8}-\d{6})-(night|hand)\.zip")
_FORM = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class Kept:
    """A backup in the folder. `by` is who made it, empty for the schedule's."""

    name: str
    made_at: datetime.datetime
    by: str
    size: int

    @property
    def told_size(self) -> str:
        return megabytes(self.size)


def folder() -> Path:
    return Path(settings.LIANHU_DATA) / "backups"


def nightly(now: datetime.datetime, say: Say) -> str:
    """For the schedule: the night's backup, in words."""
    return _make(now, "night", made_by="定时备份", say=say).told


def start_backup(*, by: User) -> Job | None:
    """A job for one now; None while one is being made."""
    with transaction.atomic():
        lock_for_transaction("backup")
        if under_way():
            return None
        return jobs.start_job(BY_HAND, title="备份", params={}, by=by)


def under_way() -> Job | None:
    return Job.objects.filter(kind__in=KINDS, state__in=UNFINISHED).order_by("pk").first()


def last_failed() -> Job | None:
    """The newest attempt, if it came to nothing."""
    newest = Job.objects.filter(kind__in=KINDS).exclude(state__in=UNFINISHED).order_by("-ended_at").first()
    return newest if newest and newest.state == JobState.FAILED else None


def run_backup(job_id: int) -> None:
    """Do the job; a second delivery finds it taken."""
    job = jobs.claim(job_id, *KINDS)
    if job is None:
        return
    try:
        with jobs.acting_for(job), jobs.Heartbeat(job) as heartbeat:
            who = job.created_by.name if job.created_by else acting().name
            made = _make(clock.now(), "hand", made_by=who, say=heartbeat.say)
    except jobs.Cancelled:
        jobs.cancel(job)
    except BackupError as error:
        jobs.fail(job, str(error)[:100])
    except Exception:
        log.exception("backup job %s failed", job.pk)
        jobs.fail(job, "备份中途出错，没有做成；原有的备份没有动。日志里有原因。")
    else:
        jobs.finish(job, {"told": made.told, "file": made.path.name})


def record(made: Made, *, began_at: datetime.datetime) -> None:
    """A backup made by the command goes into the same history."""
    Job.objects.create(
        kind=BY_COMMAND, title="备份", state=JobState.DONE, percent=100, started_at=began_at, ended_at=clock.now(),
        result={"told": made.told, "file": made.path.name},
    )  # fmt: skip


def kept_backups() -> list[Kept]:
    """What is there, newest first; two statements however many."""
    makers = {
        job.result["file"]: job.created_by.name
        for job in Job.objects.filter(kind=BY_HAND, state=JobState.DONE).select_related("created_by")
        if job.result and job.created_by
    }
    found = []
    for path, _ in _found():
        match = _NAME.fullmatch(path.name)
        assert match
        made_at = datetime.datetime.strptime(match[1], _FORM).replace(tzinfo=clock.SHANGHAI)
        by = makers.get(path.name, "—") if match[2] == "hand" else ""
        found.append(Kept(path.name, made_at, by, path.stat().st_size))
    return sorted(found, key=lambda each: each.made_at, reverse=True)


def _make(now: datetime.datetime, sort: str, *, made_by: str, say: Say) -> Made:
    place = folder()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_drafts(place)
    except OSError as error:
        raise BackupError(f"无法写入 {place}：{reason(error)}。") from error
    made = make_backup(
        place / f"lianhu-{now.astimezone(clock.SHANGHAI).strftime(_FORM)}-{sort}.zip",
        made_by=made_by,
        say=say,
    )
    _rotate(sort)
    return made


def _rotate(sort: str) -> None:
    """By hand and by night apart: seven made on one day do not push out the week."""
    names = sorted(path for path, its in _found() if its == sort)
    for path in names[:-KEPT]:
        path.unlink(missing_ok=True)


def _found() -> list[tuple[Path, str]]:
    there = folder().iterdir() if folder().is_dir() else ()
    return [(path, match[2]) for path in there if (match := _NAME.fullmatch(path.name))]


def _remove_drafts(place: Path) -> None:
    for path in place.glob(".*.part"):
        if path.stat().st_mtime < time.time() - _DRAFTS_OLD_SECONDS:
            path.unlink(missing_ok=True)


__all__ = ["KEPT", "NIGHTLY", "Kept", "folder", "kept_backups", "nightly", "run_backup", "start_backup"]
