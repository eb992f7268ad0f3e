"""From a worksheet to clean rows: headers matched, every cell read by its field, faults placed."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from lianhu.doors.faults import FaultLog, Place
from lianhu.kit.excel.read import SheetSource
from lianhu.kit.fields import BLANKS, KitField, fold
from lianhu.kit.sheets import Sheet, header

_MEMO_SIZE = 5000
_HEADER_WITHIN = 10
_UNSEEN = object()
Progress = Callable[[int], None]


@dataclass
class SheetRows:
    """What a sheet gave: rows by Excel's number (only readable values), and which rows have a fault."""

    sheet: Sheet
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)
    absent: frozenset[str] = frozenset()


def read_sheet(
    sheet: Sheet, source: SheetSource | None, faults: FaultLog, warnings: FaultLog, progress: Progress
) -> SheetRows:
    found = SheetRows(sheet, absent=frozenset(sheet.fields))
    if source is None:
        warnings.add("sheet", Place(sheet.title, 0, "", "sheet_missing", f"没有“{sheet.title}”工作表，按空表处理"))
        return found
    if source.hidden:
        warnings.add("sheet", Place(sheet.title, 0, "", "sheet_hidden", "这张工作表是隐藏的，照样读了"))
    numbered = source.rows()
    head_row, head, rest = _find_header(sheet, numbered)
    if not head:
        warnings.add("sheet", Place(sheet.title, 0, "", "sheet_empty", "这张工作表是空的"))
        return found
    columns = _match_columns(sheet, head_row, head, faults, warnings)
    found.absent = frozenset(sheet.fields) - set(columns)
    _Cleaner(sheet, columns, faults).clean(rest, found, progress)
    return found


def _find_header(
    sheet: Sheet, numbered: Iterator[tuple[int, list[Any]]]
) -> tuple[int, list[str], Iterator[tuple[int, list[Any]]]]:
    """The header is the first of the top rows with two known labels: offices put a title above it."""
    top: list[tuple[int, list[str]]] = []
    for number, cells in numbered:
        labels = [fold(cell).replace(" ", "") if isinstance(cell, str) else "" for cell in cells]
        top.append((number, ["".join(label.split()).removesuffix("*") for label in labels]))
        if sum(label in sheet.columns for label in top[-1][1]) >= 2:
            return *top[-1], numbered
        if len(top) == _HEADER_WITHIN:
            break
    return (*top[0], numbered) if top else (0, [], numbered)


def _match_columns(
    sheet: Sheet, row: int, labels: list[str], faults: FaultLog, warnings: FaultLog
) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, label in enumerate(labels):
        name = sheet.columns.get(label)
        if name in columns:
            told = f"“{label}”这一列出现了两次，请删去一列"
            faults.add("header", Place(sheet.title, row, sheet.header_of(str(name)), "column_twice", told))
        elif name:
            columns[name] = index
        elif label:
            warnings.add("header", Place(sheet.title, row, label[:50], "column_unknown", "不认识这一列，已忽略"))
    for name, kit_field in sheet.fields.items():
        if name not in columns and kit_field.required:
            told = f"缺少“{header(kit_field)}”这一列"
            faults.add("header", Place(sheet.title, row, header(kit_field), "column_missing", told))
    return columns


class _Cleaner:
    """Reads rows of one sheet. What a column says again and again is worked out once."""

    def __init__(self, sheet: Sheet, columns: dict[str, int], faults: FaultLog) -> None:
        self._sheet, self._faults = sheet, faults
        self._columns = [
            (name, index, sheet.fields[name], {}) for name, index in columns.items()
        ]  # type: list[tuple[str, int, KitField, dict[Any, Any]]]
        self._blank = {name: kit_field.empty for name, kit_field in sheet.fields.items() if name not in columns}

    def clean(self, rows: Iterator[tuple[int, list[Any]]], found: SheetRows, progress: Progress) -> None:
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
                    place = Place(self._sheet.title, number, header(kit_field), error.code or "", error.message)
                    self._faults.add("cells", place)
                    continue
                if plain and len(memo) < _MEMO_SIZE:
                    memo[cell] = cleaned
            values[name] = cleaned
        return values


def _is_blank(cell: Any) -> bool:
    return cell == "" or (isinstance(cell, str) and not cell.strip(BLANKS))
