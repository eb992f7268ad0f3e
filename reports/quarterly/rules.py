"""When a quarterly report is due, when it is late, and what it needs (contract, section 7)."""

import datetime
import re
from collections.abc import Iterator

from lianhu.kit import clock
from lianhu.kit.errors import Fault
from lianhu.kit.fields import fold
from lianhu.kit.periods import Period
from reports.models import QuarterlyReport

Date = datetime.date
DUE_DAY = 10


def quarter_of(day: Date) -> Period:
    return Period.parse(f"{day.year}Q{(day.month + 2) // 3}")


def due_on(quarter: Period) -> Date:
    """The 10th of the month after the quarter."""
    return quarter.following().first.replace(day=DUE_DAY)


def days_late(report: QuarterlyReport, on: Date) -> int:
    """By its first submission; what was returned is not late again. What was accepted by import is not known to be."""
    if report.submitted_at is not None:
        handed_in = report.submitted_at.astimezone(clock.SHANGHAI).date()
    else:
        handed_in = report.accepted_on or on
    return max(0, (min(handed_in, on) - due_on(report.period)).days)


def report_can_be_submitted(report: QuarterlyReport, reason: str) -> Iterator[Fault]:
    """What there is to tell is told. A unit without problems leaves that field empty."""
    for name, label in (("work_done", "工作开展情况"), ("next_steps", "下一步打算")):
        if not getattr(report, name):
            yield Fault(name, "required", f"“{label}”还没有写")


def reason_is_given(report: QuarterlyReport, reason: str) -> Iterator[Fault]:
    if not reason:
        yield Fault("reason", "required", "请写明要改什么，单位会看到")


def nothing_more(report: QuarterlyReport, reason: str) -> Iterator[Fault]:
    return iter(())


_NUMBER = re.compile(r"[^\s〔〕0-9]{1,20}〔(19|20)\d{2}〕[1-9]\d{0,4}号")
_BRACKETS = str.maketrans("[【({", "〔〔〔〔") | str.maketrans("]】)}", "〕〕〕〕")


def tidy_number(text: str) -> str:
    """发文字号 with the brackets it is written with, and without blanks."""
    return re.sub(r"\s", "", fold(text)).translate(_BRACKETS)


def number_is_right(text: str) -> Iterator[Fault]:
    """×联办〔2026〕3号: the whole year, no 第, no zeros in front (FORMATS a)."""
    if not text:
        yield Fault("document_number", "required", "请填写发文字号")
    elif not _NUMBER.fullmatch(text) or "第" in text:
        yield Fault(
            "document_number", "not_a_number", "请写成 联办〔2026〕3号 这样：年份写全，序号前不加“第”和 0"
        )
