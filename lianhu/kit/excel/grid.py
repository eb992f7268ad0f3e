"""One worksheet, written downwards; the only place that puts a value into a cell. FORMATS b."""

import datetime
import math
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, NoReturn, TypeAlias

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from lianhu.kit.excel import style
from lianhu.kit.excel.style import Kind

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]

# One moment for all, so that the same content gives the same bytes.
_CREATED = datetime.datetime(2026, 1, 1)  # noqa: DTZ001
# Excel believes in 29 February 1900; days before it would be shown one off.
_FIRST_DAY = datetime.date(1900, 3, 1)
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
    """A workbook that appears under its name only when it is whole."""
    with tempfile.TemporaryDirectory(prefix="lianhu-xlsx-") as scratch:
        path = Path(target) if isinstance(target, str | os.PathLike) else None
        # Beside its final place, so that the move at the end is one step.
        part = path and path.with_name(f".{path.name}.{os.getpid()}.part")
        book = Workbook(str(part) if part else target, {**_OPTIONS, "tmpdir": scratch})
        book.set_properties({"created": _CREATED})
        try:
            yield book
            book.close()
            if path and part:
                part.replace(path)
        except BaseException:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
            if part:
                part.unlink(missing_ok=True)
            raise


class Grid:
    """Knows where it is, so that a value no cell can hold is named by sheet, row and column."""

    def __init__(self, sheet: Worksheet, name: str, styles: style.Styles, headers: Sequence[str]) -> None:
        self.sheet, self.name, self.styles, self.headers = sheet, name, styles, headers
        self.row = 0
        self.widths = [0] * len(headers)

    def next_row(self, height: float | None = None) -> None:
        if height:
            self.sheet.set_row(self.row, height)
        self.row += 1

    def line(self, first: int, last: int, text: str, look: Format) -> None:
        """Text over several columns of this row: title, unit, signature."""
        if last > first:
            # The text is written afterwards: `merge_range` would read it as a formula or a number.
            self.sheet.merge_range(self.row, first, self.row, last, "", look)
        self.text(first, text, look, look)

    def body(self, rows: Iterable[Sequence[Any]], kinds: Sequence[Kind], *, below: int = 0) -> int:
        """The data rows; `below` rows are kept free under them. Returns how many there were."""
        start, limit = self.row, style.MAX_ROWS - below
        for row in rows:
            if self.row >= limit:
                _too_many(self.name)
            if len(row) != len(kinds):
                raise WorkbookError(
                    f"工作表“{self.name}”第 {self.row + 1} 行应有 {len(kinds)} 个值，实有 {len(row)} 个"
                )
            measure = self.row - start < _WIDTH_SAMPLE
            for column, value in enumerate(row):
                self.put(column, value, kinds[column], measure=measure)
            self.row += 1
        return self.row - start

    def put(self, column: int, value: Any, kind: Kind, *, bold: bool = False, measure: bool = True) -> None:
        """One value in this row. Text that stands in a number or date column stays text."""
        look = self.styles.cell(kind, bold=bold)
        if value is None or value == "":
            if look is not None and self.styles.base:
                self.sheet.write_blank(self.row, column, None, look)
            return
        if isinstance(value, str):
            shown = value
            quoted = self.styles.cell(kind, quoted=True, bold=bold)
            self.text(column, value, look, quoted)
        elif kind in ("text", "code") or isinstance(value, bool):
            shown = ("是" if value else "否") if isinstance(value, bool) else str(value)
            self.text(column, shown, look, self.styles.cell(kind, quoted=True, bold=bold))
        elif isinstance(value, datetime.date):
            shown = self._day(column, value, look)
        else:
            shown = self._number(column, value, kind, look)
        if measure:
            width = style.display_width(shown)
            if width > self.widths[column]:
                self.widths[column] = width

    def text(self, column: int, value: str, look: Format | None, quoted: Format | None) -> None:
        """Text as typed, less what XML cannot hold; never a formula, a link or a number."""
        text = style.clean_text(value)
        if len(text) > style.MAX_CELL // 2 and style.utf16_length(text) > style.MAX_CELL:
            self._refuse(column, f"文字超过一个单元格的 {style.MAX_CELL} 个字符上限")
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take such text for ready-made XML; in pieces it is escaped.
            pieces = [text[0], text[1], text[2:], *([look] if look else [])]
            self.sheet.write_rich_string(self.row, column, *pieces)
        else:
            look = quoted if style.needs_quote(text) else look
            self.sheet.write_string(self.row, column, text, look)

    def _day(self, column: int, value: datetime.date, look: Format | None) -> str:
        if isinstance(value, datetime.datetime):
            shown = value.isoformat(" ", "minutes")
            if value.tzinfo is not None:
                self._refuse(column, "时间带时区，写入前应换算为北京时间")
            day = value.date()
        else:
            day, shown = value, value.isoformat()
        if day < _FIRST_DAY:
            self.text(column, shown, look, look)
        else:
            self.sheet.write_datetime(self.row, column, value, look)
        return shown

    def _number(self, column: int, value: Any, kind: Kind, look: Format | None) -> str:
        if not isinstance(value, int | float | Decimal):
            self._refuse(column, f"无法写入 {type(value).__name__} 类型的值")
        number = float(value)
        if not math.isfinite(number):
            self._refuse(column, "不是有效的数字")
        if abs(number) >= 10**15:
            self._refuse(column, "数字超过 15 位会失真，请按文字写入")
        if kind == "percent":
            self.sheet.write_number(self.row, column, number / 100, look)
            return f"{number:.1f}%"
        self.sheet.write_number(self.row, column, number, look)
        return str(value)

    def _refuse(self, column: int, reason: str) -> NoReturn:
        raise WorkbookError(f"工作表“{self.name}”第 {self.row + 1} 行“{self.headers[column]}”：{reason}")

    def set_widths(self, wanted: Sequence[float | None] = ()) -> None:
        """Widths as asked, else by header and content. They may be set after the rows."""
        for column, content in enumerate(self.widths):
            width = wanted[column] if wanted else None
            header = style.display_width(self.headers[column])
            self.sheet.set_column(column, column, width or style.column_width(max(content, header)))
