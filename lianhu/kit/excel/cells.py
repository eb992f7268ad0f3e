"""The cells of a sheet's body as XML: many rows, so they are written here and not one object a cell. FORMATS b.

No cell can start a formula by construction: there is no formula element here. Text is an inline string, a number
a number; whatever cannot be one of the two is refused.
"""

import datetime
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from lianhu.kit.excel import style
from lianhu.kit.excel.style import Kind

# Excel believes in 29 February 1900; days before it would be shown one off.
_FIRST_DAY = datetime.date(1900, 3, 1)
_EPOCH = datetime.datetime(1899, 12, 30)  # noqa: DTZ001  Excel knows no zone
_MARKUP = re.compile("[&<>]")
# Excel would read _x0041_ as A.
_LOOKS_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")
# Of values that come again and again (是, a village's name) the cell is made once. Not of long texts.
_KEPT, _KEPT_LENGTH = 1_000, 40

# In points: a line of the body, and the tallest row Excel knows.
_LINE, _TALLEST = 15, 409

Refuse = Callable[[str], NoReturn]


class Cells:
    """Writes the values of one column. `plain` and `quoted` are its formats' numbers in the workbook.

    A cell is given without its place: `" s="3"><v>5</v></c>`, to stand behind `<c r="A1`. Where text wraps at `room`
    half-width characters, `lines` gets what it takes when it takes more than one.
    """

    def __init__(
        self, kind: Kind, plain: int, quoted: int, *, framed: bool, room: int, lines: list[int]
    ) -> None:
        self.kind, self._lines = kind, lines
        self._room = room if kind == "text" else 0
        self._plain, self._quoted = f'" s="{plain}"', f'" s="{quoted}"'
        self._kept: dict[Any, str] = {}
        # Without a frame to draw, an empty cell is no cell.
        self._empty = f"{self._plain}/>" if framed else ""

    def cell(self, value: Any, refuse: Refuse) -> str:
        """As `shown_cell`, without saying what is shown: the way of nearly all rows."""
        # Only these two: 1, 1.0 and True would be one key.
        if value.__class__ is not str and value.__class__ is not datetime.date:
            return self.shown_cell(value, refuse)[0]
        made = self._kept.get(value)
        if made is None:
            before = len(self._lines)
            made, shown = self.shown_cell(value, refuse)
            if len(self._kept) < _KEPT and len(shown) <= _KEPT_LENGTH and len(self._lines) == before:
                self._kept[value] = made
        return made

    def shown_cell(self, value: Any, refuse: Refuse) -> tuple[str, str]:
        """The cell and the text that decides the width. Text in a number or date column stays text."""
        if value is None or value == "":
            return self._empty, ""
        if isinstance(value, str):
            return self._text(value, refuse), value
        if isinstance(value, bool):
            shown = "是" if value else "否"
            return self._text(shown, refuse), shown
        if self.kind in ("text", "code"):
            return self._text(str(value), refuse), str(value)
        if isinstance(value, datetime.date):
            return self._day(value, refuse)
        return self._number(value, refuse)

    def _text(self, value: str, refuse: Refuse) -> str:
        """As typed, less what XML cannot hold."""
        text = style.clean_text(value)
        if len(text) > style.MAX_CELL // 2 and style.utf16_length(text) > style.MAX_CELL:
            refuse(f"文字超过一个单元格的 {style.MAX_CELL} 个字符上限")
        if self._room and (lines := style.lines_in(text, self._room)) > 1:
            self._lines.append(lines)
        look = self._quoted if style.needs_quote(text) else self._plain
        if "_x" in text:
            text = _LOOKS_ESCAPED.sub(r"_x005F\1", text)
        if _MARKUP.search(text):
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() or "\n" in text else ""
        return f'{look} t="inlineStr"><is><t{kept}>{text}</t></is></c>'

    def _day(self, value: datetime.date, refuse: Refuse) -> tuple[str, str]:
        if isinstance(value, datetime.datetime):
            shown = value.isoformat(" ", "minutes")
            if value.tzinfo is not None:
                refuse("时间带时区，写入前应换算为北京时间")
            day, moment = value.date(), value
        else:
            day, shown = value, value.isoformat()
            moment = datetime.datetime.combine(value, datetime.time())
        if day < _FIRST_DAY:
            return self._text(shown, refuse), shown
        since = moment - _EPOCH
        return self._value(since.days + since.seconds / 86_400), shown

    def _number(self, value: Any, refuse: Refuse) -> tuple[str, str]:
        if not isinstance(value, int | float | Decimal):
            refuse(f"无法写入 {type(value).__name__} 类型的值")
        number = float(value)
        if not math.isfinite(number):
            refuse("不是有效的数字")
        if abs(number) >= 10**15:
            refuse("数字超过 15 位会失真，请按文字写入")
        if self.kind == "percent":
            return self._value(number / 100), f"{number:.1f}%"
        return self._value(number), str(value)

    def _value(self, number: float) -> str:
        return f"{self._plain}><v>{number:.16G}</v></c>"


def columns_before(count: int) -> list[str]:
    """`<c r="A`, `<c r="B` …: what stands before the row's number."""
    return [f'<c r="{_letters(number)}' for number in range(count)]


def _letters(number: int) -> str:
    found = ""
    while number >= 0:
        number, last = divmod(number, 26)
        found, number = chr(65 + last) + found, number - 1
    return found


def row_xml(number: str, before: Sequence[str], made: Sequence[str], lines: int = 1) -> str:
    """Of more than one line its height is told: Excel reckons it by itself, other programs cut the text off.

    It is no `customHeight`: Excel goes on fitting it to what is typed.
    """
    height = f' ht="{min(lines * _LINE, _TALLEST)}"' if lines > 1 else ""
    cells = "".join([left + number + cell for left, cell in zip(before, made, strict=True) if cell])
    return f'<row r="{number}"{height}>{cells}</row>'
