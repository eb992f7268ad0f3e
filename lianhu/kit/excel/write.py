"""Workbooks out: a row at a time, and no cell that can start a formula. FORMATS b.

`plain_workbook` makes data workbooks with the header in row 1, `office_workbook` the sheet an
office files. Both keep one row in memory, and a file appears whole or not at all.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from lianhu.kit.excel import style
from lianhu.kit.excel.grid import Grid, Target, WorkbookError, open_workbook, refuse_too_many
from lianhu.kit.excel.style import Kind, safe_file_name, safe_sheet_name

__all__ = [
    "Column",
    "OfficeSheet",
    "PlainSheet",
    "Signature",
    "WorkbookError",
    "office_workbook",
    "plain_workbook",
    "safe_file_name",
    "safe_sheet_name",
]

# In inches: 12.7 mm, and room for the footer.
_MARGINS = {"left": 0.5, "right": 0.5, "top": 0.5, "bottom": 0.6}


class PlainSheet(NamedTuple):
    """A data sheet with its header in row 1. A plain tuple of the same four will do.

    Without kinds every column is text.
    """

    title: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Any]]
    kinds: Sequence[Kind] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an office sheet; neighbours with the same group share a header above them.

    Percent takes the share in percent (83.3) and shows 83.3%; text in a number column (3/4, 免考)
    stays text. Without a width the content decides.
    """

    title: str
    kind: Kind = "text"
    width: float | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """The last line: who signs, who checked, who filled it in, and when."""

    leader: str = ""
    reviewer: str = ""
    preparer: str = ""
    phone: str = ""
    date: datetime.date | None = None

    def line(self) -> str:
        day = f"{self.date.year}年{self.date.month}月{self.date.day}日" if self.date else ""
        return (
            f"单位负责人(签字)：{self.leader}　审核人：{self.reviewer}　填报人：{self.preparer}　"
            f"联系电话：{self.phone}　填报日期：{day}"
        )


@dataclass(frozen=True, slots=True)
class OfficeSheet:
    """One sheet as offices file it; `columns` are those between 序号 (counted here) and 备注.

    A row one longer than `columns` fills 备注. `unit_line` and `period_line` are whole:
    填报单位：县文旅局, 统计期间：2026年1月—3月. Each of `totals` is a row as long as `columns`.
    """

    title: str
    unit_line: str
    period_line: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    totals: Sequence[Sequence[Any]] = ()
    signature: Signature = field(default_factory=Signature)
    sheet_name: str = ""
    totals_label: str = "合计"


def plain_workbook(target: Target, sheets: Iterable[PlainSheet | tuple[Any, ...]]) -> dict[str, int]:
    """Write data sheets one after the other; returns the number of data rows of each."""
    counts: dict[str, int] = {}
    with open_workbook(target) as book:
        styles = style.Styles(book)
        header = book.add_format(style.PLAIN_HEADER)
        for sheet in sheets:
            title, headers, rows, kinds = PlainSheet(*sheet)
            name = safe_sheet_name(title, counts)
            kinds = kinds or ["text"] * len(headers)
            if len(kinds) != len(headers):
                raise WorkbookError(f"工作表“{name}”的表头与列类型数目不同")
            refuse_too_many(name, rows, taken=1)
            grid = Grid(book.add_worksheet(name), name, styles, headers)
            for number, text in enumerate(headers):
                grid.text(number, text, header)
            grid.next_row()
            counts[name] = grid.body(rows, kinds)
            grid.sheet.freeze_panes(1, 0)
            grid.set_widths()
    return counts


def office_workbook(target: Target, sheets: OfficeSheet | Iterable[OfficeSheet]) -> None:
    """Write the sheet (or sheets) in the layout of FORMATS b."""
    with open_workbook(target) as book:
        styles = style.Styles(book, style.BODY)
        taken: list[str] = []
        for sheet in [sheets] if isinstance(sheets, OfficeSheet) else sheets:
            name = safe_sheet_name(sheet.sheet_name or sheet.title, taken)
            taken.append(name)
            _office_sheet(book, name, sheet, styles)


def _office_sheet(book: Workbook, name: str, sheet: OfficeSheet, styles: style.Styles) -> None:
    columns = [Column("序号", "number"), *sheet.columns, Column("备注")]
    last, between = len(columns) - 1, len(sheet.columns)
    titles, widths = [column.title for column in columns], [column.width for column in columns]
    grid = Grid(book.add_worksheet(name), name, styles, titles, widths)
    left, right = book.add_format(style.LINE_LEFT), book.add_format(style.LINE_RIGHT)
    grid.line(0, last, sheet.title, book.add_format(style.TITLE))
    grid.next_row(36)
    split = max(last // 2, 1)
    grid.line(0, split, sheet.unit_line, left)
    grid.line(split + 1, last, sheet.period_line, right)
    grid.next_row(22)
    _office_header(grid, columns, book.add_format(style.HEADER))
    top = grid.row
    below = len(sheet.totals) + 1
    refuse_too_many(name, sheet.rows, taken=top + below)
    numbered = ([number, *_padded(row, between)] for number, row in enumerate(sheet.rows, 1))
    grid.body(numbered, [column.kind for column in columns], below=below)
    bottom = max(grid.row - 1, top)
    totals = ([sheet.totals_label, *_padded(total, between)] for total in sheet.totals)
    grid.body(totals, [column.kind for column in columns], bold=True)
    grid.line(0, last, sheet.signature.line(), left)
    grid.next_row(26)
    grid.set_widths()
    _office_page(grid.sheet, top, bottom, last)


def _padded(row: Sequence[Any], width: int) -> Iterator[Any]:
    yield from row
    if len(row) == width:
        yield None


def _office_header(grid: Grid, columns: Sequence[Column], header: Format) -> None:
    if any(column.group for column in columns):
        for number, column in enumerate(columns):
            grid.text(number, column.group or column.title, header)
        merges = _header_merges(grid.row, columns)
        # `merge_range` cannot go back a row while rows stream out. The cells are written here one
        # by one, so only the range is noted.
        grid.sheet.merge.extend(merges)
        grid.next_row(22)
    for number, column in enumerate(columns):
        grid.text(number, column.title, header)
    grid.next_row()


def _header_merges(top: int, columns: Sequence[Column]) -> list[list[int]]:
    """Down for a column without a group, across for neighbours with the same one."""
    starts = [
        number
        for number, column in enumerate(columns)
        if not number or not column.group or column.group != columns[number - 1].group
    ]
    merges = []
    for start, end in pairwise([*starts, len(columns)]):
        if not columns[start].group:
            merges.append([top, start, top + 1, start])
        elif end - start > 1:
            merges.append([top, start, top, end - 1])
    return merges


def _office_page(sheet: Worksheet, top: int, bottom: int, last: int) -> None:
    sheet.freeze_panes(top, 0)
    sheet.autofilter(top - 1, 0, bottom, last)
    sheet.repeat_rows(0, top - 1)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(**_MARGINS)
    sheet.center_horizontally()
    sheet.set_footer("&C第 &P 页 共 &N 页")
