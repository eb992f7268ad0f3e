"""Import from the web page: upload, dry run, confirmation, history."""

import datetime
import hashlib
import logging
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.jobs import Heartbeat, acting_for, claim, fail, finish, start_job
from accounts.models import Job, JobState, User
from lianhu.doors.kinds import BOOKS
from lianhu.doors.workbook import import_workbook, sha256_of
from lianhu.kit import clock

log = logging.getLogger(__name__)

MAX_UPLOAD = 100 * 1024 * 1024
KEPT_UNCONFIRMED = datetime.timedelta(days=1)


def start_import(kind: str, upload: "UploadedFile[Any]", *, dry_run: bool, by: User) -> Job:
    """Keep the file and queue the work. Raise ValidationError for a file too large or empty."""
    if not upload.size or upload.size > MAX_UPLOAD:
        raise ValidationError("文件是空的" if not upload.size else "文件超过 100 MB，请拆成几个文件")
    folder = settings.MEDIA_ROOT / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4()}.xlsx"
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for chunk in upload.chunks():
            digest.update(chunk)
            file.write(chunk)
    params = {"file": path.name, "file_name": upload.name, "sha256": digest.hexdigest(), "dry_run": dry_run}
    return start_job(_job_kind(kind), title=upload.name or BOOKS[kind].label, params=params, by=by)


def confirm_import(job: Job, *, by: User) -> Job:
    """Write the file of a faultless dry run. A second tap gives the job of the first.

    Raise ValidationError when there is nothing to confirm (any more).
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if "confirmed_as" in job.params:
            return Job.objects.get(pk=job.params["confirmed_as"])
        faultless = job.state == JobState.DONE and job.result and job.result["ok"] and job.params["dry_run"]
        if not faultless or not _file(job).exists():
            raise ValidationError("这次试运行不能再写入，请重新选文件")
        params = {name: job.params[name] for name in ("file", "file_name", "sha256")} | {"dry_run": False}
        written = start_job(job.kind, title=job.title, params=params, by=by)
        job.params["confirmed_as"] = written.pk
        job.save(update_fields=["params"])
        return written


def run_import(job_id: int) -> None:
    """Do the job; a second delivery finds it taken. Faults are a result, not a failure."""
    job = claim(job_id, *map(_job_kind, BOOKS))
    if job is None:
        return
    path, dry_run = _file(job), job.params["dry_run"]
    try:
        with acting_for(job), Heartbeat(job) as heartbeat:
            answer = import_workbook(
                job.kind.removeprefix("import_"), path, by=job.created_by, on=clock.today(),
                dry_run=dry_run, progress=heartbeat.say, name=job.title,
            ).as_json()  # fmt: skip
    except Exception:
        log.exception("import job %s failed", job.pk)
        fail(job, "导入中途出错，什么也没有写入。请再试一次；再不行，请把这一页告诉系统管理员。")
        return
    finish(job, answer | {"written": answer["ok"] and not dry_run})
    if not (dry_run and answer["ok"]):
        # The file holds phones and ID numbers; it is kept only while it waits to be confirmed.
        path.unlink(missing_ok=True)


def record_import(kind: str, path: Path, answer: dict[str, Any], *, by: User | None) -> None:
    """An import done outside the queue goes into the same history."""
    moment = clock.now()
    Job.objects.create(
        kind=_job_kind(kind), title=path.name, state=JobState.DONE, percent=100, created_by=by,
        params={"file_name": path.name, "sha256": sha256_of(path), "dry_run": False}, result=answer | {"written": True},
        started_at=moment, ended_at=moment,
    )  # fmt: skip


def sweep_uploads(now: datetime.datetime) -> None:
    """A file tried and never confirmed holds phones and ID numbers too: it goes after a day."""
    for path in (Path(settings.MEDIA_ROOT) / "imports").glob("*.xlsx"):
        if path.stat().st_mtime < (now - KEPT_UNCONFIRMED).timestamp():
            path.unlink(missing_ok=True)


def _job_kind(kind: str) -> str:
    return f"import_{BOOKS[kind].kind}"


def _file(job: Job) -> Path:
    return Path(settings.MEDIA_ROOT) / "imports" / str(job.params["file"])
