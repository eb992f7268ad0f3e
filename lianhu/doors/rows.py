"""From a worksheet to clean rows: headers matched, every cell read by its field, faults placed."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from lianhu.doors.faults import FaultLog, Place
from lianhu.kit.excel.read import SheetSource
from lianhu.kit.fields import BLANKS, MERGED, KitField, fold, written
from lianhu.kit.sheets import Sheet, header

_MEMO_SIZE = 5000
_HEADER_WITHIN = 10
_UNSEEN = object()
Progress = Callable[[int], None]
Numbered = Iterator[tuple[int, list[Any]]]


@dataclass
class SheetRows:
    """What a sheet gave: rows by Excel's number (only readable values), and which rows have a fault.

    `incomplete`: columns are missing or the sheet is there twice, so that none of its rows can be
    written, and what it brings can't be told.
    """

    sheet: Sheet
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)
    absent: frozenset[str] = frozenset()
    incomplete: bool = False


@dataclass
class _Header:
    row: int
    cells: list[Any]

    def __post_init__(self) -> None:
        self.labels = ["" if cell is MERGED else _label(cell) for cell in self.cells]


def _label(cell: Any) -> str:
    """As labels compare: half-width, without blanks, line breaks and `*`."""
    return "".join(fold(written(cell)).split()).strip("*")


class SheetReader:
    """Reads the sheets of one file; tells all of them into the same logs."""

    def __init__(self, faults: FaultLog, warnings: FaultLog) -> None:
        self._faults, self._warnings = faults, warnings

    def read(self, sheet: Sheet, source: SheetSource | None, progress: Progress) -> SheetRows:
        found = SheetRows(sheet, absent=frozenset(sheet.fields))
        if source is None:
            self._warn(sheet, 0, "", "sheet_missing", f"没有“{sheet.title}”工作表，按空表处理")
            return found
        if source.hidden:
            self._warn(sheet, 0, "", "sheet_hidden", "这张工作表是隐藏的，照样读了")
        numbered = source.rows()
        head = _find_header(sheet, numbered)
        source.end_merges()
        if head is None:
            self._warn(sheet, 0, "", "sheet_empty", "这张工作表是空的")
            return found
        columns = self._match_columns(sheet, head)
        found.absent = frozenset(sheet.fields) - set(columns)
        found.incomplete = any(sheet.fields[name].required for name in found.absent)
        _Cleaner(sheet, columns, self._faults).clean(numbered, found, progress)
        return found

    def _match_columns(self, sheet: Sheet, head: _Header) -> dict[str, int]:
        columns: dict[str, int] = {}
        last: str | None = None
        for index, (cell, label) in enumerate(zip(head.cells, head.labels, strict=True)):
            if cell is MERGED and last:
                told = "表头是合并的单元格，不知道是哪一列，请取消合并"
                self._faults.add(
                    "header", Place(sheet.title, head.row, sheet.header_of(last), "merged_cell", told)
                )
                last = None
            if not label:
                continue
            last = sheet.columns.get(label)
            if last is None:
                self._warn(sheet, head.row, label[:50], "column_unknown", "不认识这一列，已忽略")
            elif last in columns:
                told = f"“{label}”这一列出现了两次，请删去一列"
                self._faults.add(
                    "header", Place(sheet.title, head.row, sheet.header_of(last), "column_twice", told)
                )
            else:
                columns[last] = index
        for name, kit_field in sheet.fields.items():
            if name not in columns and kit_field.required:
                told = f"缺少“{header(kit_field)}”这一列"
                self._faults.add(
                    "header", Place(sheet.title, head.row, header(kit_field), "column_missing", told)
                )
        return columns

    def _warn(self, sheet: Sheet, row: int, column: str, code: str, message: str) -> None:
        self._warnings.add("sheet", Place(sheet.title, row, column, code, message))


def _find_header(sheet: Sheet, numbered: Numbered) -> _Header | None:
    """The header is the first of the top rows with two known labels: offices put a title above it."""
    first: _Header | None = None
    for count, (number, cells) in enumerate(numbered, 1):
        head = _Header(number, cells)
        first = first or head
        if sum(label in sheet.columns for label in head.labels) >= 2:
            return head
        if count == _HEADER_WITHIN:
            break
    return first


class _Cleaner:
    """Reads rows of one sheet. What a column says again and again is worked out once."""

    def __init__(self, sheet: Sheet, columns: dict[str, int], faults: FaultLog) -> None:
        self._sheet, self._faults = sheet, faults
        self._columns: list[tuple[str, int, KitField, dict[Any, Any]]] = [
            (name, index, sheet.fields[name], {}) for name, index in columns.items()
        ]
        self._blank = {
            name: kit_field.empty
            for name, kit_field in sheet.fields.items()
            if name not in columns and not kit_field.required
        }

    def clean(self, rows: Numbered, found: SheetRows, progress: Progress) -> None:
        indexes = [index for _, index, _, _ in self._columns]
        for number, cells in rows:
            width = len(cells)
            if all(index >= width or _is_blank(cells[index]) for index in indexes):
                continue
            values = self._clean_row(number, cells, found.faulty)
            found.rows.append((number, values))
            if not len(found.rows) % 2000:
                progress(len(found.rows))

    def _clean_row(self, number: int, cells: list[Any], faulty: set[int]) -> dict[str, Any]:
        values = self._blank.copy()
        width = len(cells)
        for name, index, kit_field, memo in self._columns:
            cell = cells[index] if index < width else ""
            plain = cell.__class__ is str or cell.__class__ is datetime.date
            cleaned = memo.get(cell, _UNSEEN) if plain else _UNSEEN
            if cleaned is _UNSEEN:
                try:
                    cleaned = kit_field.clean(cell)
                except ValidationError as error:
                    faulty.add(number)
                    place = Place(
                        self._sheet.title, number, header(kit_field), error.code or "", str(error.message)
                    )
                    self._faults.add("cells", place)
                    continue
                if plain and len(memo) < _MEMO_SIZE:
                    memo[cell] = cleaned
            values[name] = cleaned
        return values


def _is_blank(cell: Any) -> bool:
    return cell == "" or (isinstance(cell, str) and not cell.strip(BLANKS))
