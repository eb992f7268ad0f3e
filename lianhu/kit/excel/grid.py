"""One worksheet, written downwards. FORMATS b."""

import datetime
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn, TypeAlias

from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from lianhu.kit.excel import style
from lianhu.kit.excel.cells import Cells, columns_before, row_xml
from lianhu.kit.excel.style import Kind

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]

# One moment for all, so that the same content gives the same bytes.
_CREATED = datetime.datetime(2026, 1, 1)  # noqa: DTZ001
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTH_SAMPLE = 2_000


class WorkbookError(ValueError):
    """The workbook cannot be written as asked; the message says where and why, in Chinese."""


def refuse_too_many(name: str, rows: Iterable[Any], taken: int) -> None:
    """Refuse before the first row where the number of rows is known beforehand."""
    if isinstance(rows, Sequence) and len(rows) + taken > style.MAX_ROWS:
        _too_many(name)


def _too_many(name: str) -> NoReturn:
    raise WorkbookError(f"工作表“{name}”超过 Excel 的 {style.MAX_ROWS} 行上限，请缩小范围后分批导出")


@contextmanager
def open_workbook(target: Target) -> Iterator[Workbook]:
    """A workbook that appears under its name only when it is whole.

    What is not ready yet lies beside its place, in a hidden folder that begins with its name: the move at the end is
    one step, and a process that is killed leaves nothing elsewhere.
    """
    path = Path(target) if isinstance(target, str | os.PathLike) else None
    prefix, beside = (f".{path.name}.", path.parent) if path else ("lianhu-xlsx-", None)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=beside) as scratch:
        part = path and Path(scratch) / path.name
        book = Workbook(str(part) if part else target, {**_OPTIONS, "tmpdir": scratch})
        book.set_properties({"created": _CREATED})
        try:
            yield book
            book.close()
        except FileCreateError as error:
            # The disk's own error: full, or not there.
            raise error.args[0] from error
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
        if path and part:
            part.replace(path)


class Grid:
    """Knows where it is, so that a value no cell can hold is named by sheet, row and column."""

    def __init__(
        self,
        sheet: Worksheet,
        name: str,
        styles: style.Styles,
        headers: Sequence[str],
        wanted: Sequence[float | None] = (),
    ) -> None:
        """`wanted`: widths; without one the content decides."""
        self.sheet, self.name, self.styles, self.headers = sheet, name, styles, headers
        self.wanted = wanted or [None] * len(headers)
        self.row = 0
        self.widths = [0] * len(headers)
        self._refusals = [partial(self._refuse, column) for column in range(len(headers))]

    def next_row(self, height: float | None = None) -> None:
        if height:
            self.sheet.set_row(self.row, height)
        self.row += 1

    def line(self, first: int, last: int, text: str, look: Format) -> None:
        """Text over several columns of this row: title, unit, signature."""
        if last > first:
            # The text is written afterwards: `merge_range` would read it as a formula or a number.
            self.sheet.merge_range(self.row, first, self.row, last, "", look)
        self.text(first, text, look)

    def body(
        self, rows: Iterable[Sequence[Any]], kinds: Sequence[Kind], *, below: int = 0, bold: bool = False
    ) -> int:
        """Rows of values; `below` rows are kept free under them. Returns how many there were.

        They go straight into the sheet's own file of rows: through the library's cells it takes six times as long.
        """
        start, limit, count = self.row, style.MAX_ROWS - below, len(kinds)
        lines: list[int] = []
        columns = [self._cells(column, kind, bold, lines) for column, kind in enumerate(kinds)]
        before = columns_before(count)
        # What stands above is still held back by the library, which writes a row when the next begins.
        self.sheet._write_single_row(self.row)
        write = self.sheet.row_data_fh.write
        for row in rows:
            if self.row >= limit:
                _too_many(self.name)
            if len(row) != count:
                raise WorkbookError(
                    f"工作表“{self.name}”第 {self.row + 1} 行应有 {count} 个值，实有 {len(row)} 个"
                )
            if self.row - start < _WIDTH_SAMPLE:
                made = [
                    self._measured(column, cells, value)
                    for column, (cells, value) in enumerate(zip(columns, row, strict=True))
                ]
            else:
                made = [
                    cells.cell(value, refuse)
                    for cells, value, refuse in zip(columns, row, self._refusals, strict=True)
                ]
            self.row += 1
            write(row_xml(str(self.row), before, made, max(lines, default=1)))
            lines.clear()
        if self.row > start:
            self.sheet._check_dimensions(self.row - 1, count - 1)
        self.sheet.previous_row = self.row
        return self.row - start

    def _cells(self, column: int, kind: Kind, bold: bool, lines: list[int]) -> Cells:
        plain, quoted = (self.styles.cell(kind, quoted=quote, bold=bold) for quote in (False, True))
        # Only office sheets wrap. Two characters of a column's width are padding.
        framed = bool(self.styles.base)
        room = max(int(self.wanted[column] or style.MAX_WIDTH) - 2, 2) if framed else 0
        indices = plain._get_xf_index(), quoted._get_xf_index()
        return Cells(kind, *indices, framed=framed, room=room, lines=lines)

    def _measured(self, column: int, cells: Cells, value: Any) -> str:
        made, shown = cells.shown_cell(value, self._refusals[column])
        width = style.display_width(shown)
        if width > self.widths[column]:
            self.widths[column] = width
        return made

    def text(self, column: int, value: str, look: Format) -> None:
        """A title or header; never a formula, a link or a number."""
        text = style.clean_text(value)
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take such text for ready-made XML; in pieces it is escaped.
            self.sheet.write_rich_string(self.row, column, text[0], text[1], text[2:], look)
        else:
            self.sheet.write_string(self.row, column, text, look)

    def _refuse(self, column: int, reason: str) -> NoReturn:
        raise WorkbookError(f"工作表“{self.name}”第 {self.row + 1} 行“{self.headers[column]}”：{reason}")

    def set_widths(self) -> None:
        """Widths as asked, else by header and content. They may be set after the rows."""
        for column, content in enumerate(self.widths):
            width = self.wanted[column]
            header = style.display_width(self.headers[column])
            self.sheet.set_column(column, column, width or style.column_width(max(content, header)))
