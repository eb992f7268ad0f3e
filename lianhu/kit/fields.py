"""Form fields that turn any envelope (page, cell, phone) into the same Python value.

Each takes what openpyxl, calamine, a browser or JSON may hand over and cleans to a natural value:
codes stay codes, dates are dates. Django's own would not: its BooleanField reads 否 as true.
"""

import datetime
import math
import re
import unicodedata
import uuid
from collections.abc import Sequence
from enum import Enum
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError

from lianhu.kit import clock, identity


class Unreadable(Enum):
    """Stands for what a cell would say if it could."""

    NO_RESULT = "公式没有结果，请在 Excel 里打开并保存一次，或直接填写结果"
    MERGED = "这一格在合并的单元格里，请取消合并，每一格都填上"


NO_RESULT, MERGED = Unreadable.NO_RESULT, Unreadable.MERGED
BLANKS = " \t\r\n\u00a0\u3000"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+\d+", re.ASCII)
_ERROR_CELL = re.compile(r"#(N/A|NAME\?|DIV/0!|REF!|VALUE!|NUM!|NULL!|GETTING_DATA|SPILL!|CALC!)")


def refuse(code: str, message: str) -> NoReturn:
    raise ValidationError(message, code=code)


def fold(text: str) -> str:
    """Full-width to half-width, without outer blanks and invisible characters."""
    if text.isascii():
        return text.strip(BLANKS)
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip(BLANKS)


class KitField(forms.Field):
    """A field whose `clean` takes the raw value of any door."""

    empty: Any = None
    takes_many = False

    def clean(self, value: Any) -> Any:
        """Return the value, or `empty` for a blank; raise ValidationError with a Chinese reason."""
        if isinstance(value, dict) or (isinstance(value, list) and not self.takes_many):
            refuse("not_one_value", "这里只能填一个值")
        if isinstance(value, Unreadable):
            refuse("merged_cell" if value is MERGED else "formula_without_result", value.value)
        if isinstance(value, str):
            if not value.isascii() or not value.isprintable():
                if _CONTROL.search(value.replace("\r\n", "\n")):
                    refuse("control_character", "含有看不见的控制字符，请删除后重新输入")
            elif value[:1] == "#" and _ERROR_CELL.fullmatch(value):
                refuse("error_cell", f"单元格是错误值 {value}，请改成正确的内容")
            if not value.strip(BLANKS):
                value = None
        if value is None:
            if self.required:
                refuse("required", "必填")
            return self.empty
        cleaned = self.read(value)
        if cleaned in (None, "") and self.required:
            refuse("required", "必填")
        return cleaned

    def read(self, value: Any) -> Any:
        raise NotImplementedError(type(self))


class TextField(KitField):
    """Words as typed, without outer blanks and invisible characters."""

    empty = ""

    def __init__(self, *, max_length: int, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length
        self.lines = lines
        if lines:
            self.widget = forms.Textarea()
        self.widget.attrs["maxlength"] = max_length

    def read(self, value: Any) -> str:
        text = value if isinstance(value, str) else written(value)
        if not text.isascii():
            text = _INVISIBLE.sub("", text)
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip(BLANKS)
        if not self.lines and "\n" in text:
            text = " ".join(text.split("\n"))
        if len(text) > self.max_length:
            refuse("too_long", f"最多 {self.max_length} 个字，现在 {len(text)} 个")
        return text


def written(value: Any) -> str:
    """What a typed cell shows: 12.0 is 12, a date is 2026-03-05."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


class NameField(TextField):
    """A person's name: 1 to 100 characters of any script, one separator `·` (FORMATS c)."""

    _DOTS = re.compile(r"(?<=[^\x00-\x7f])[ \u3000]*[•・･‧∙⋅●．.·][ \u3000]*(?=[^\x00-\x7f])")
    _INNER_BLANKS = re.compile(r"(?<=[^\x00-\x7f])[ \t\n\u00a0\u3000]+(?=[^\x00-\x7f])")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, **kwargs)

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            refuse("not_a_name", f"“{written(value)}”不是姓名")
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        return super().read(self._INNER_BLANKS.sub("", self._DOTS.sub("·", _INVISIBLE.sub("", text))))


class FromNumber(str):
    """A code that a numeric cell gave: zeros at its front may be lost."""


class CodeField(KitField):
    """A code is text: a numeric cell gives its digits, full-width is folded."""

    empty = ""

    def __init__(self, *, max_length: int = 50, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length
        self.widget.attrs["maxlength"] = max_length

    def read(self, value: Any) -> str:
        if isinstance(value, bool | datetime.date | datetime.time | datetime.timedelta):
            refuse("not_a_code", f"“{written(value)}”不是编码，请把单元格设为文本后重新输入")
        if isinstance(value, int | float):
            if not 0 <= value < 1e15 or not float(value).is_integer():
                refuse("not_a_code", "数字格式的编码已经失去原样，请把单元格设为文本后重新输入")
            return FromNumber(int(value))
        text = fold(value)
        if _LOST_DIGITS.fullmatch(text):
            refuse("not_a_code", "编码变成了科学计数，已经失去原样，请把单元格设为文本后重新输入")
        if re.search(r"\s", text):
            refuse("blank_in_code", f"“{text}”中间有空格或换行")
        if len(text) > self.max_length:
            refuse("too_long", f"最多 {self.max_length} 个字，现在 {len(text)} 个")
        return text


class CodeListField(KitField):
    """Several codes with 、 between them, or a list; the order is kept, a repeated one dropped."""

    takes_many = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._one = CodeField(required=False)

    @property
    def empty(self) -> tuple[str, ...]:
        return ()

    def read(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = re.split(r"[、,，;；\n]", value)
        parts = (self._one.clean(part) for part in (value if isinstance(value, list | tuple) else (value,)))
        return tuple(dict.fromkeys(part for part in parts if part))


class ChoicesField(CodeListField):
    """Several of a list, in its order; cleans to their identifiers."""

    takes_many = True

    def __init__(self, *, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = [(str(value), str(label)) for value, label in choices]
        self.widget = forms.CheckboxSelectMultiple(choices=self.choices)
        self._choice = ChoiceField(choices=choices)

    def read(self, value: Any) -> tuple[str, ...]:
        chosen = {self._choice.clean(word) for word in super().read(value)}
        return tuple(identifier for identifier, _ in self.choices if identifier in chosen)


class IdentityField(KitField):
    """The id of an item made elsewhere: a UUID (RFC 9562)."""

    def read(self, value: Any) -> uuid.UUID:
        try:
            return uuid.UUID(value)
        except (ValueError, TypeError, AttributeError):
            refuse("not_an_id", "不是有效的编号")


class VillageCodeField(CodeField):
    """12 ASCII digits (GB/T 10114 and the statistical office's rule); there is no check digit."""

    def read(self, value: Any) -> str:
        text = super().read(value)
        if not re.fullmatch(r"[0-9]{12}", text):
            what = f"只有 {len(text)} 位" if len(text) < 12 and text.isdigit() else f"“{text}”不对"
            refuse("not_a_village_code", f"{what}，村编码要 12 位数字")
        return text


class PhoneField(KitField):
    """A mobile number, or a landline as 0837-1234567 (FORMATS c)."""

    empty = ""

    def read(self, value: Any) -> str:
        if isinstance(value, bool | datetime.date | datetime.time | datetime.timedelta):
            refuse("not_a_phone", f"“{written(value)}”不是电话号码")
        text = fold(written(value))
        if _LOST_DIGITS.fullmatch(text):
            refuse("not_a_phone", "电话变成了科学计数，号码已经丢失，请把单元格设为文本后重新输入")
        phone = identity.normal_phone(text)
        if phone is None:
            refuse("not_a_phone", f"“{text}”不是电话号码：手机 11 位，座机如 0837-1234567")
        return phone


class IdNumberField(KitField):
    """An 18-character ID number with its check character (GB 11643)."""

    empty = ""

    def read(self, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            refuse("id_number_as_number", "身份证号是数字格式，第 15 位以后已变成 0，请设为文本后重新输入")
        if not isinstance(value, str):
            refuse("not_an_id_number", "不是身份证号")
        number = fold(value).replace(" ", "").upper()
        if re.fullmatch(r"[0-9]{15}", number):
            longer = identity.from_15_digits(number)
            refuse("id_number_15_digits", f"15 位号码已停用，请核对 18 位号码是否为 {longer}")
        reason = identity.id_number_fault(number, clock.today())
        if reason:
            refuse("not_an_id_number", reason)
        return number


class DateField(KitField):
    """A real date, `2026-03-05`, `2026/3/5` or `2026年3月5日` (contract, section 9)."""

    _FORMS = re.compile(
        r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)", re.ASCII
    )
    _FIRST = datetime.date(1900, 3, 1)  # Excel's days before this one are a day off
    # A browser takes only this form for the value of such a field.
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def read(self, value: Any) -> datetime.date:
        if isinstance(value, datetime.datetime):
            value = value.date()
        day = value if isinstance(value, datetime.date) else self._from_text(value)
        if not self._FIRST <= day <= datetime.date(9999, 12, 30):
            refuse("date_out_of_range", f"{day} 不在可用的日期范围内")
        return day

    def _from_text(self, value: Any) -> datetime.date:
        text = fold(written(value))
        match = self._FORMS.fullmatch(text.replace(" ", "")) if isinstance(value, str) else None
        if not match:
            refuse("not_a_date", f"“{text[:30]}”这种写法读不准，请写成 2026-03-05 或 2026年3月5日")
        year, month, day = (int(part) for part in match.groups() if part)
        try:
            return datetime.date(year, month, day)
        except ValueError:
            refuse("no_such_day", f"没有 {text} 这一天")


class FlagField(KitField):
    """是 or 否; a blank is 否."""

    empty = False
    _WORDS = {"是": True, "否": False, "true": True, "false": False}
    widget = forms.CheckboxInput

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        word = self._WORDS.get(fold(written(value)).lower())
        if word is None:
            refuse("not_yes_or_no", f"“{written(value)[:30]}”不对，只能填 是 或 否")
        return word


class ChoiceField(KitField):
    """One of a list, by its Chinese label or its stored identifier; cleans to the identifier."""

    empty = ""

    def __init__(self, *, choices: Sequence[tuple[str, Any]], blank_is: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = [(str(value), str(label)) for value, label in choices]
        self.widget = forms.Select(choices=self.choices)
        self.empty = blank_is
        self._by_word = {value: value for value, _ in self.choices}
        self._by_word |= {fold(label): value for value, label in self.choices}

    def read(self, value: Any) -> str:
        choice = self._by_word.get(fold(written(value)))
        if choice is None:
            labels = "、".join(label for _, label in self.choices)
            refuse("not_in_list", f"“{written(value)[:30]}”不在列表里，只能填：{labels}")
        return choice


class WholeNumberField(KitField):
    def __init__(self, *, smallest: int, largest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smallest, self.largest = smallest, largest
        self.widget = forms.NumberInput(attrs={"min": smallest, "max": largest})

    def read(self, value: Any) -> int:
        text = fold(written(value))
        if isinstance(value, bool | datetime.date) or not re.fullmatch(
            r"[+-]?\d{1,15}(\.0+)?", text, re.ASCII
        ):
            refuse("not_a_number", f"“{text[:30]}”不是整数")
        number = int(text.split(".")[0])
        if not self.smallest <= number <= self.largest:
            refuse("number_out_of_range", f"{number} 不对，应在 {self.smallest} 到 {self.largest} 之间")
        return number


class CoordinateField(KitField):
    """Degrees (WGS 84 or GCJ-02, as the county keeps them)."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def read(self, value: Any) -> float:
        text = fold(written(value))
        try:
            number = math.nan if isinstance(value, bool | datetime.date) or "_" in text else float(text)
        except ValueError:
            number = math.nan
        if math.isnan(number):
            refuse("not_a_number", f"“{text[:30]}”不是数字")
        if abs(number) > self.limit:
            refuse("number_out_of_range", f"{text} 不对，应在 -{self.limit} 到 {self.limit} 之间")
        return number
