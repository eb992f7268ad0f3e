"""Read a workbook nobody vouches for: bounded, without macros, every cell as a plain value.

calamine reads the cells (5 to 7 times as fast as openpyxl, PERFORMANCE 10), after `package` and `scan`
have looked at the parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import python_calamine

from lianhu.kit.excel.package import UnreadableWorkbook, broken, open_package, sheet_parts
from lianhu.kit.excel.package import chunks as part_chunks
from lianhu.kit.excel.scan import Merge, Scan, scan_worksheet
from lianhu.kit.fields import MERGED

__all__ = ["SheetSource", "UnreadableWorkbook", "Workbook", "open_workbook"]


@dataclass
class SheetSource:
    """One worksheet as found: its own name, and its rows from Excel's row 1 on."""

    name: str
    hidden: bool
    _sheet: python_calamine.CalamineSheet
    _scan: Scan
    _covering: list[Merge] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Excel's row number and the cells from column A on; blank rows are left out.

        A cell hidden under a merged one is MERGED: what it was meant to say can't be known.
        """
        start = self._sheet.start
        left: list[Any] = [""] * (start[1] if start else 0)
        special, merges, number = self._scan.special, self._scan.merges[::-1], 0
        for number, cells in enumerate(self._sheet.iter_rows() if start else (), 1):
            row = left + cells if left else cells
            if number in special:
                row = _with(row, special[number])
            if merges or self._covering:
                row = self._under_merges(number, row, merges)
            if any(cell != "" for cell in row):
                yield number, row
        for late in sorted(row for row in special if row > number):
            yield late, _with([], special[late])

    def end_merges(self) -> None:
        """What is merged so far ends here: a header may be several rows high."""
        self._covering.clear()

    def _under_merges(self, number: int, row: list[Any], merges: list[Merge]) -> list[Any]:
        self._covering[:] = [merge for merge in self._covering if merge.last_row >= number]
        while merges and merges[-1].first_row <= number:
            merge = merges.pop()
            corner = row[merge.first_column - 1 : merge.first_column]
            # Merged blanks are only decoration.
            if merge.first_row == number and corner not in ([], [""]):
                self._covering.append(merge)
        covered = {
            column: MERGED
            for merge in self._covering
            for column in range(merge.first_column, min(merge.last_column, len(row)) + 1)
            if (number, column) != (merge.first_row, merge.first_column)
        }
        return _with(row, covered)


@dataclass(frozen=True)
class Workbook:
    sheets: tuple[SheetSource, ...]
    external_links: bool


def open_workbook(path: Path) -> Workbook:
    """Raise UnreadableWorkbook unless every part is plain, well-formed and of bearable size."""
    with open_package(path) as archive:
        parts = sheet_parts(archive)
        names = set(archive.namelist())
        scans = {name: scan_worksheet(archive, part) for name, part in parts.items()}
        for part in names - set(parts.values()):
            if part.endswith((".xml", ".rels", ".vml")):
                for _ in part_chunks(archive, part):
                    pass
    sheets = tuple(_sheets(path, scans))
    return Workbook(sheets, any(name.startswith("xl/externalLinks/") for name in names))


def _sheets(path: Path, scans: dict[str, Scan]) -> Iterator[SheetSource]:
    visible = python_calamine.SheetVisibleEnum.Visible
    try:
        book = python_calamine.load_workbook(str(path))
        for meta in book.sheets_metadata:
            if meta.name in scans:
                sheet = book.get_sheet_by_name(meta.name)
                yield SheetSource(meta.name, meta.visible != visible, sheet, scans[meta.name])
    except python_calamine.CalamineError as error:
        raise broken() from error
    except BaseException as error:
        # A panic in Rust is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise broken() from error


def _with(row: list[Any], cells: dict[int, Any]) -> list[Any]:
    """The row with some cells, by Excel's column number, put over it."""
    if cells:
        row = [*row, *[""] * (max(cells) - len(row))]
        for column, value in cells.items():
            row[column - 1] = value
    return row
