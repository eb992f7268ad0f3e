"""How a cell may look and what may stand in it. FORMATS b."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

Kind = Literal["text", "code", "number", "percent", "date", "datetime"]

MAX_CELL = 32_767
MAX_ROWS = 1_048_576
MAX_WIDTH = 50
MIN_WIDTH = 6

NUMBER_FORMATS: dict[Kind, str] = {
    "text": "General",
    "code": "@",
    "number": "General",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
}

# Quoting keeps the text as typed and stops Excel from making a formula of it on a later edit.
_RISKY_STARTS = frozenset("=+-@＝＋－＠\t\r\n")
# XML 1.0 cannot hold most of these, and lone surrogates cannot be encoded at all.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BAD_IN_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')
_BAD_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def clean_text(text: str) -> str:
    """The text without what a workbook cannot hold; line ends become LF, as Excel writes them."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWRITABLE.sub("", text)


def needs_quote(text: str) -> bool:
    """Would Excel read this text as the start of a formula?"""
    return text[:1] in _RISKY_STARTS if text else False


def utf16_length(text: str) -> int:
    """Length as Excel counts it: 𠮷 is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def display_width(text: str) -> int:
    """Width of the longest line in half-width characters: a 汉字 takes two."""
    if text.isascii() and "\n" not in text:
        return len(text)
    return max(
        sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in line)
        for line in text.split("\n")
    )


def lines_in(text: str, room: int) -> int:
    """How many lines the text takes in a cell of that many half-width characters."""
    if len(text) * 2 <= room and "\n" not in text:
        return 1
    return sum(max(1, -(-display_width(line) // room)) for line in text.split("\n"))


def column_width(content: int) -> float:
    """Column width for that much content: 2 of padding, capped so that long text wraps."""
    return float(min(max(content + 2, MIN_WIDTH), MAX_WIDTH))


def safe_file_name(name: str, *, longest: int = 120) -> str:
    """A name every system takes: `民情台账_××乡_2026年3月.xlsx`. The extension survives cutting."""
    cleaned = _BAD_IN_FILE_NAME.sub("_", clean_text(name)).strip(" ._") or "导出"
    if _WINDOWS_DEVICES.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    stem, dot, extension = cleaned.rpartition(".")
    if not dot or len(extension) > 5:
        stem, dot, extension = cleaned, "", ""
    # File systems count bytes (255), people count characters; 𠮷 alone takes four.
    room = min(longest, 250) - len(dot + extension)
    while len(stem) > room or len((stem + dot + extension).encode()) > 250:
        stem = stem[:-1]
    return stem + dot + extension


def safe_sheet_name(title: str, taken: Collection[str] = ()) -> str:
    """A sheet name Excel opens: ≤ 31 characters, no `[]:*?/\\`, no outer `'`, not taken yet."""
    base = _BAD_IN_SHEET_NAME.sub("_", clean_text(title)).strip("' \n\t") or "表"
    if base.casefold() == "history":
        base = f"{base}_"
    used = {name.casefold() for name in taken}
    name, number = _cut(base, 31).rstrip("' "), 1
    while name.casefold() in used:
        number += 1
        tail = f"({number})"
        name = _cut(base, 31 - len(tail)) + tail
    return name


def _cut(text: str, length: int) -> str:
    while utf16_length(text) > length:
        text = text[:-1]
    return text


@dataclass
class Styles:
    """Formats of one workbook, each made once."""

    book: Workbook
    base: dict[str, Any] = field(default_factory=dict)
    _made: dict[tuple[Kind, bool, bool], Format] = field(default_factory=dict)

    def cell(self, kind: Kind, *, quoted: bool = False, bold: bool = False) -> Format:
        made = self._made.get((kind, quoted, bold))
        if made is None:
            look = {**self.base, "num_format": NUMBER_FORMATS[kind], "quote_prefix": quoted}
            if self.base:
                look |= _ALIGNMENT[kind]
            if bold:
                look["bold"] = True
            made = self._made[kind, quoted, bold] = self.book.add_format(look)
        return made


_ALIGNMENT: dict[Kind, dict[str, Any]] = {
    "text": {"align": "left", "text_wrap": True},
    "code": {"align": "left"},
    "number": {"align": "right"},
    "percent": {"align": "right"},
    "date": {"align": "center"},
    "datetime": {"align": "center"},
}

BODY = {"font_name": "宋体", "font_size": 11, "border": 1, "valign": "vcenter"}
TITLE = {"font_name": "黑体", "font_size": 20, "align": "center", "valign": "vcenter"}
LINE_LEFT = {"font_name": "宋体", "font_size": 11, "align": "left", "valign": "vcenter"}
LINE_RIGHT = {**LINE_LEFT, "align": "right"}
HEADER = {**BODY, "bold": True, "text_wrap": True, "align": "center"}
PLAIN_HEADER = {"bold": True, "valign": "vcenter", "bottom": 1}
