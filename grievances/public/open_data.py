"""开放数据: what is public as a table, for Excel and for programs (contract, section 10)."""

import csv
from collections.abc import Iterator
from typing import Any

from grievances.public import ledger

HEADERS = (
    *(
        "编号",
        "乡镇",
        "村",
        "类型",
        "类别",
        "标题",
        "反映的问题",
        "答复",
        "答复结果",
        "群众意见",
        "评价已剔除",
    ),
    *("挂号日期", "答复日期", "销号日期", "公示日期", "公示到"),
)
# Excel reads UTF-8 only with the mark in front.
_BOM = "\ufeff"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class _Line:
    """What csv writes comes back as a string, a row at a time."""

    def write(self, text: str) -> str:
        return text


def lines(wanted: ledger.Filter) -> Iterator[str]:
    """A row at a time: a year of the whole county is not held in memory."""
    writer: Any = csv.writer(_Line())
    yield _BOM + writer.writerow(HEADERS)
    for notice in ledger.notices(ledger.found(wanted)):
        yield writer.writerow(_safe(cell) for cell in _row(notice))


def _row(notice: ledger.Notice) -> tuple[str, ...]:
    return (
        *(notice.number, notice.township, notice.village, notice.kind, notice.category),
        *(notice.title, notice.question, notice.answer, notice.outcome, notice.heard),
        "是" if notice.set_aside else "否",
        *(notice.registered_on.isoformat(), notice.replied_on.isoformat(), notice.closed_on.isoformat()),
        *(notice.published_on.isoformat(), notice.ends_on.isoformat()),
    )


def _safe(cell: str) -> str:
    """No cell starts a formula (contract, section 7)."""
    return f"'{cell}" if cell.lstrip().startswith(_STARTS_A_FORMULA) else cell
