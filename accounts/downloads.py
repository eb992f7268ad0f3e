"""Long files: asked for by a person, made by a worker, fetched by that person for some days (contract, section 7).

What is made is none of this module's business (`write`), nor who may have it (`reports/exports`). A file is written
beside its place, renamed when it is whole, then recorded: a worker that is killed leaves no half of one on offer.
"""

import datetime
import errno
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts import audit, jobs
from accounts.models import AuditKind, Job, JobState, User
from accounts.notices import notify
from accounts.settings import setting
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction

log = logging.getLogger(__name__)

KIND = "export"
MOST_UNFINISHED = 3
_UNFINISHED = (JobState.WAITING, JobState.RUNNING)
# A second tap on the same button, and not somebody who wants it again.
_DOUBLE_TAP = datetime.timedelta(seconds=10)
# What no job names is a killed worker's; one of today may still be under way.
_LEFT_BEHIND = datetime.timedelta(days=1)

Say = Callable[[str, int], None]


class TooMany(Exception):
    """Three of one's own are not ready yet."""

    def __str__(self) -> str:
        return f"您有 {MOST_UNFINISHED} 份导出还没有做好，等做好一份、或者取消一份，再导出这一份"


class StorageFull(Exception):
    """No room for it; nothing was written."""

    def __str__(self) -> str:
        return "服务器的磁盘满了，没有导出。请告诉系统管理员，腾出空间以后再试"


class NotMade(Exception):
    """It cannot be made; the message says why, in Chinese."""


def ask(title: str, asked: dict[str, Any], *, rights: dict[str, Any], by: User) -> Job:
    """Queue it. `asked` is what is wanted: the same again while it is made is the same job.

    `rights` are the person's of this moment. Raise TooMany.
    """
    with transaction.atomic():
        lock_for_transaction(f"downloads of {by.pk}")
        own = Job.objects.filter(kind=KIND, created_by=by, cancel_asked_at=None)
        unfinished = list(own.filter(state__in=_UNFINISHED))
        lately = own.filter(state=JobState.DONE, created_at__gt=clock.now() - _DOUBLE_TAP)
        for job in (*unfinished, *lately):
            if job.params["asked"] == asked:
                return job
        if len(unfinished) >= MOST_UNFINISHED:
            raise TooMany
        params = {"asked": asked, "rights": rights, "file": f"{uuid.uuid4()}.xlsx"}
        return jobs.start_job(KIND, title=title, params=params, by=by)


def make(job_id: int, write: Callable[[Job, Path, Say], dict[str, Any]]) -> None:
    """Do the job; a second delivery finds it taken. `write` makes the file and says of it at least `as`, its name."""
    job = jobs.claim(job_id, KIND)
    if job is None:
        return
    path = _folder() / job.params["file"]
    _clear_away(path)
    try:
        with jobs.acting_for(job), room():
            with jobs.Heartbeat(job) as heartbeat:
                told = write(job, path, heartbeat.say)
            _settle(path)
            _offer(job, told | {"file": path.name, "bytes": path.stat().st_size})
    except jobs.Cancelled:
        # Unless another worker has the job: then the file is the other's.
        if jobs.cancel(job):
            path.unlink(missing_ok=True)
    except (NotMade, StorageFull) as error:
        jobs.fail(job, str(error))
    except Exception:
        log.exception("export job %s failed", job.pk)
        jobs.fail(job, "导出中途出错，没有做成。请再试一次；再不行，请告诉系统管理员。")


def _offer(job: Job, result: dict[str, Any]) -> None:
    """Recorded, logged and told, or none of it."""
    with transaction.atomic():
        if not jobs.finish(job, result):
            return
        told = {name: result[name] for name in result if name not in ("file", "as")}
        audit.log(AuditKind.EXPORT, key=result["as"], job=job.pk, **told)
        assert job.created_by is not None
        notify(
            [job.created_by],
            key=f"export {job.pk}",
            title=f"“{job.title}”导出好了，可以下载",
            url=reverse("download", args=[job.pk]),
        )


def own_downloads(user: User) -> "QuerySet[Job]":
    return Job.objects.filter(kind=KIND, created_by=user).order_by("-pk")


def ahead_of(job: Job) -> int:
    """How many are before it in the queue."""
    return Job.objects.filter(kind=KIND, state__in=_UNFINISHED, pk__lt=job.pk).count()


def is_ready(job: Job) -> bool:
    return job.state == JobState.DONE and bool(job.result and job.result.get("file"))


def kept_until(job: Job) -> datetime.date:
    """The last day on which it can surely be fetched."""
    assert job.ended_at is not None
    days = setting("download_days", on=clock.today())
    return (job.ended_at + datetime.timedelta(days=days)).astimezone(clock.SHANGHAI).date()


def withdraw(job: Job, why: str) -> None:
    """Nobody fetches it any more; `why` is in Chinese and shown."""
    assert job.result is not None
    name = job.result.get("file")
    kept = {each: value for each, value in job.result.items() if each != "file"}
    Job.objects.filter(pk=job.pk).update(result=kept | {"gone": why})
    if name:
        transaction.on_commit(lambda: (_folder() / name).unlink(missing_ok=True))


def remove_expired(now: datetime.datetime) -> int:
    """Files past their days, and what killed workers left behind. Returns how many expired."""
    day = now.astimezone(clock.SHANGHAI).date()
    over = now - datetime.timedelta(days=setting("download_days", on=day))
    done = Job.objects.filter(kind=KIND, state=JobState.DONE, result__has_key="file")
    old = list(done.filter(ended_at__lte=over))
    for job in old:
        withdraw(job, "过了保存的天数，已经删除")
    named = set(done.values_list("params__file", flat=True))
    named |= set(Job.objects.filter(kind=KIND, state__in=_UNFINISHED).values_list("params__file", flat=True))
    for path in _folder().iterdir():
        if path.name not in named and path.stat().st_mtime < (now - _LEFT_BEHIND).timestamp():
            _remove(path)
    return len(old)


def storage() -> Storage:
    """For the way out (`lianhu/kit/handing_out.py`)."""
    return FileSystemStorage(location=_folder())


@contextmanager
def room() -> Iterator[None]:
    """A full disk is told as such."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from error
        raise


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _settle(path: Path) -> None:
    """On the disk before anybody is told so."""
    for each in (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear_away(path: Path) -> None:
    """What an attempt that was killed had begun."""
    for left in path.parent.glob(f".{path.name}.*"):
        _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
