"""Phones and ID numbers as the standards have them (GB 11643; FORMATS c)."""

import datetime
import re
from operator import mul

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))([2-9]\d{6,7})(\d{1,6})?", re.ASCII)
_LANDLINE_PARTS = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))[-)]([2-9]\d{6,7})(?:[-转x](\d{1,6}))?", re.ASCII)


def check_character(first_17: str) -> str:
    """The last character of an ID number: weighted sum modulo 11 (GB 11643)."""
    total = sum(map(mul, map(int, first_17), _WEIGHTS))
    return "10X98765432"[total % 11]


def from_15_digits(number: str) -> str:
    """The 18-character form of a number given before 1999: 19 put in, check character added."""
    longer = number[:6] + "19" + number[6:]
    return longer + check_character(longer)


def id_number_fault(number: str, today: datetime.date) -> str:
    """Why this is no ID number, in Chinese; empty when it is one.

    The area code is not compared with today's list: retired codes stay valid for life.
    """
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return f"身份证号要 18 位，现在是 {len(number)} 位或含有不对的字符"
    try:
        born = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "身份证号里的出生日期不存在"
    if born > today or born.year < 1900:
        return "身份证号里的出生日期不对"
    if check_character(number[:17]) != number[17]:
        return "身份证号校验位不对，请核对有没有输错"
    return ""


def normal_phone(text: str) -> str | None:
    """`13812341234` or `0837-1234567` (`-801` for an extension); None when it is no phone."""
    text = re.sub(r"^\(?(\+|00)86\)?[ -]*", "", re.sub(r"[\s\u00a0]", "", text).lstrip("("))
    parts = _LANDLINE_PARTS.fullmatch(text)
    if parts:
        area, number, extension = parts.groups()
    else:
        digits = re.sub(r"[-()]", "", text)
        if _MOBILE.fullmatch(digits):
            return digits
        if len(digits) == 13 and digits.startswith("86") and _MOBILE.fullmatch(digits[2:]):
            return digits[2:]
        joined = _LANDLINE.fullmatch(digits)
        if not joined or len(digits) > 12:
            return None
        area, number, extension = joined.groups()
    return f"{area}-{number}" + (f"-{extension}" if extension else "")
