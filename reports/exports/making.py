"""From a list to a workbook: at once when it is short, by a job when it is long (contract, section 7)."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.http import Http404

from accounts import audit, downloads
from accounts.downloads import NotMade, Say
from accounts.models import AuditKind, Job, User
from lianhu.kit import clock
from lianhu.kit.excel import style
from lianhu.kit.excel.write import OfficeSheet, Signature, WorkbookError, office_workbook, safe_file_name
from registry.models import PostSpan
from registry.querysets import in_force
from reports.exports.every import EXPORTS
from reports.exports.kinds import Asked, Export, Table
from reports.exports.rights import lost, rights_of

# Up to here a person waits for the answer itself: a second or two.
SHORT = 2_000
_LONGEST, _MOST_WORDS = 100, 30
# Where a page of the list begins is no filter.
_PLACES = frozenset({"page", "newer", "older", "jump", "before", "settled"})


class Gone(Exception):
    """The file is not handed out; the message says why."""


def asked_by(user: Any, query: Mapping[str, str]) -> Asked:
    """What the page's address asks, without where in the list one is."""
    kept = {name: value[:_LONGEST] for name, value in query.items() if value and name not in _PLACES}
    return Asked(user, dict(sorted(kept.items())[:_MOST_WORDS]), clock.today())


def answer(name: str, asked: Asked) -> tuple[io.BytesIO, str] | Job:
    """The workbook and its name, or the job that makes it. Raise Http404, TooMany, StorageFull, NotMade."""
    export = EXPORTS.get(name)
    if export is None or not export.may(asked):
        raise Http404
    with transaction.atomic():
        table = export.table(asked)
        total = table.count()
        if total > SHORT:
            what = {"export": name, "query": asked.query}
            return downloads.ask(export.title, what, rights=rights_of(asked.user, asked.on), by=asked.user)
        file = io.BytesIO()
        with downloads.room():
            _write(file, _sheet(export, asked, table, total))
        told = _file_name(export, asked)
        audit.log(AuditKind.EXPORT, key=told, rows=total, export=name, filter=_without_numbers(asked.query))
    file.seek(0)
    return file, told


def make(job_id: int) -> None:
    """For the worker."""
    downloads.make(job_id, _make)


def _make(job: Job, path: Path, say: Say) -> dict[str, Any]:
    """In the scope of the person at this moment; what was lost since it was asked for is not written."""
    user, export = job.created_by, EXPORTS[job.params["asked"]["export"]]
    asked = Asked(user, job.params["asked"]["query"], clock.today())
    with transaction.atomic():
        rights = rights_of(user, asked.on)
        missing = lost(job.params["rights"], user, asked.on)
        if missing or not export.may(asked):
            raise NotMade(f"没有导出：{missing or '您现在不能看这份表了'}")
        say("正在统计行数", 0)
        try:
            table = export.table(asked)
        except Http404 as error:
            raise NotMade("没有导出：您现在不能看这份表了") from error
        total = table.count()
        if total > style.MAX_ROWS:
            raise NotMade(
                f"没有导出：共 {total} 行，超过 Excel 的 {style.MAX_ROWS} 行上限，请缩小范围后分批导出"
            )
        _write(path, _sheet(export, asked, table, total, say))
    return {
        "as": _file_name(export, asked),
        "rows": total,
        "export": export.name,
        "filter": _without_numbers(asked.query),
        "rights": rights,
    }


def fetch(job: Job, *, by: User) -> tuple[str, str]:
    """The stored name of one's own file, and the name to save it as; logged. Raise Gone with the reason."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if not downloads.is_ready(job):
            raise Gone((job.result or {}).get("gone", "文件已经不在了"))
        assert job.result is not None
        asked = Asked(by, job.params["asked"]["query"], clock.today())
        missing = lost(job.result["rights"], by, asked.on)
        name = job.params["asked"]["export"]
        if not missing and (name not in EXPORTS or not EXPORTS[name].may(asked)):
            missing = "您现在不能看这份表了"
        if missing:
            why = f"{missing}，这份文件已经收回"
        else:
            why = "" if downloads.storage().exists(job.result["file"]) else "文件已经不在了，请重新导出"
        if why:
            downloads.withdraw(job, why)
        else:
            audit.log(AuditKind.EXPORT, key=job.result["as"], job=job.pk, fetched=True, export=name)
    if why:
        raise Gone(why)
    return job.result["file"], job.result["as"]


def _write(target: Path | io.BytesIO, sheet: OfficeSheet) -> None:
    try:
        office_workbook(target, sheet)
    except WorkbookError as error:
        raise NotMade(f"没有导出：{error}") from error


def _sheet(
    export: Export, asked: Asked, table: Table, total: int, say: Say = lambda step, percent: None
) -> OfficeSheet:
    on = asked.on
    return OfficeSheet(
        title=export.title,
        unit_line=f"填报单位：{_unit_of(asked)}",
        period_line=f"{table.period or f'截至{on.year}年{on.month}月{on.day}日'}　共 {total} 行",
        columns=table.columns,
        rows=_rows(table, total, say),
        sheet_name=export.title,
        signature=Signature(preparer=asked.user.name, date=on),
    )


def _rows(table: Table, total: int, say: Say) -> Iterator[Sequence[Any]]:
    done = 0
    for batch in table.batches():
        yield from table.rows(batch)
        done += len(batch)
        say(f"已写 {done} 行，共 {total} 行", min(99, 100 * done // max(total, 1)))


def _unit_of(asked: Asked) -> str:
    cadre = getattr(asked.user, "cadre", None)
    posts = PostSpan.objects.filter(in_force(asked.on), cadre=cadre).select_related("unit")
    post = posts.first() if cadre else None
    return post.unit.name if post else ""


def _file_name(export: Export, asked: Asked) -> str:
    return safe_file_name(f"{export.title}_{asked.on:%Y-%m-%d}.xlsx")


def _without_numbers(query: Mapping[str, str]) -> dict[str, str]:
    """For the log: a search may have been for a phone or an ID number."""
    return {
        name: re.sub(r"\d{4,}[\dXx]*", "****", value) if name == "q" else value
        for name, value in query.items()
    }
