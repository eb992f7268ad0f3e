"""审计日志 as a file: all of it, or the word that it does not fit."""

import pytest

from accounts import audit
from accounts.models import AuditKind
from lianhu.kit.excel import style
from reports.exports import kinds
from tests.reports.exports.conftest import Sheet, content_of

pytestmark = pytest.mark.django_db


def test_a_long_log_is_exported_to_its_last_row(people, made, signed_in, monkeypatch):
    """By a worker, a batch in memory at a time."""
    monkeypatch.setattr(kinds, "BATCH", 100)
    for number in range(250):
        audit.log(AuditKind.READ, key=f"N-{number}")
    job = made(people.auditor, "audit_log", "?kind=read")
    assert (job.state, job.result["rows"]) == ("done", 250)
    sheet = Sheet(content_of(signed_in(people.auditor).get(f"/downloads/{job.pk}/file/")))
    assert sheet.column("对象编码") == [f"N-{number}" for number in reversed(range(250))]


def test_more_than_one_sheet_holds_is_said_before_anything_is_written(people, made, monkeypatch):
    for number in range(9):
        audit.log(AuditKind.READ, key=f"N-{number}")
    monkeypatch.setattr(style, "MAX_ROWS", 8)
    job = made(people.auditor, "audit_log", "?kind=read")
    assert (job.state, job.step) == (
        "failed",
        "没有导出：共 9 行，超过 Excel 的 8 行上限，请缩小范围后分批导出",
    )
