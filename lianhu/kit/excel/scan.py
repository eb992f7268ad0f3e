"""A look over a worksheet before calamine lays it out: its far corner, and what calamine shows as blank.

calamine makes room for every cell up to the last one, shows a formula without a result and an error
as blanks, and says nothing of merged cells. Most sheets need only the quick look.
"""

import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from lianhu.kit.excel.package import UnreadableWorkbook, broken, chunks
from lianhu.kit.fields import NO_RESULT

MAX_CELLS = 13_000_000
MAX_SPECIAL = 300_000
MAX_MERGES = 20_000
_BLANK_CELL = re.compile(rb"<c [^<>/]*+/>")
_CORNER = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_CELL_TAG = re.compile(rb"<c[\s>]")
_FORMULA_TAG = re.compile(rb"<f[\s>/]")
# Errors, and tags under a prefix; in a text they only cost the careful look.
_SUSPICIOUS = (b'"e"', b"'e'", b":c", b":f")
_MERGE = re.compile(rb"""mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']""")
_PLACE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")


@dataclass(frozen=True, order=True)
class Merge:
    """Excel's rows and columns from 1; all inclusive."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass
class Scan:
    """`special`: by row and column, what calamine would show as blank though it is not."""

    special: dict[int, dict[int, Any]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)


def scan_worksheet(archive: zipfile.ZipFile, part: str) -> Scan:
    """Raise UnreadableWorkbook where laying the sheet out would take too much memory."""
    found = Scan()
    columns: set[bytes] = set()
    last_row, careful = 0, False
    for piece in chunks(archive, part):
        # A million blank cells that only carry a style weigh nothing.
        filled = _BLANK_CELL.sub(b"", piece)
        corners = _CORNER.findall(filled)
        columns.update(letters for letters, _ in corners)
        last_row = max(last_row, max((int(row) for _, row in corners), default=0))
        careful = (
            careful
            or len(corners) != len(_CELL_TAG.findall(filled))
            or _FORMULA_TAG.search(filled) is not None
            or any(mark in filled for mark in _SUSPICIOUS)
        )
        _add_merges(piece, found.merges)
    last_column = max((column_number(letters.decode()) for letters in columns), default=0)
    if careful:
        cells = _Cells(archive, part)
        found.special, last_row, last_column = cells.special, cells.last_row, cells.last_column
    if last_row * last_column > MAX_CELLS:
        told = "有内容的单元格离得太远（行数乘列数太大），请删去多余的行和列后另存"
        raise UnreadableWorkbook("too_many_cells", told)
    found.merges.sort()
    return found


def _add_merges(piece: bytes, merges: list[Merge]) -> None:
    if b"mergeCell" not in piece:
        return
    for left, top, right, bottom in _MERGE.findall(piece):
        merges.append(
            Merge(int(top), column_number(left.decode()), int(bottom), column_number(right.decode()))
        )
    if len(merges) > MAX_MERGES:
        raise UnreadableWorkbook("too_many_merges", "合并的单元格太多，请取消合并后另存")


def column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class _Cells:
    """A careful pass over one worksheet: every cell that is more than a style."""

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        self.special: dict[int, dict[int, Any]] = {}
        self.last_row = self.last_column = 0
        self._row = self._column = self._count = 0
        self._formula = self._inside_value = self._filled = False
        self._type = self._value = ""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            for piece in chunks(archive, part):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError) as error:
            raise broken() from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif name == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = column_number(place[1]) if place else self._column + 1
            self._row = int(place[2]) if place else self._row
            self._type, self._value = attributes.get("t", ""), ""
            self._formula = self._filled = False
        elif name in ("f", "v", "is", "t"):
            self._filled = True
            self._formula = self._formula or name == "f"
            self._inside_value = name in ("v", "t")

    def _text(self, text: str) -> None:
        if self._inside_value and len(self._value) < 64:
            self._value += text

    def _end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        if name in ("v", "t"):
            self._inside_value = False
        elif name == "c" and self._filled:
            self.last_row = max(self.last_row, self._row)
            self.last_column = max(self.last_column, self._column)
            if self._type == "e" and self._value:
                self._keep(self._value)
            elif self._formula and not self._value and self._type != "str":
                self._keep(NO_RESULT)

    def _keep(self, value: Any) -> None:
        self._count += 1
        if self._count > MAX_SPECIAL:
            told = "出错的单元格或没有结果的公式太多，请在 Excel 里改好后另存"
            raise UnreadableWorkbook("too_many_errors", told)
        self.special.setdefault(self._row, {})[self._column] = value
