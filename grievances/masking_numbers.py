"""Numbers that point to a person, however they are written, and places finer than the village (FORMATS c).

A phone is found by its digits: full-width, circled, 一三八, 壹叁捌, l and O for 1 and 0, with anything that is no
letter between them. What is read is one character for each of the text, so that a find has its place in it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from lianhu.kit.identity import check_character


class Kind(StrEnum):
    NAME = "name"
    # In the registry, and a word of the language: the person says which of the two it is here.
    WORD = "word"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    ACCOUNT = "account"
    PLATE = "plate"
    PLACE = "place"


@dataclass(frozen=True)
class Hit:
    """A piece of the text, from `start` up to `end`. `word`: the name as the registry has it."""

    start: int
    end: int
    kind: Kind
    word: str = ""


def numbers_in(text: str) -> list[Hit]:
    read = _as_digits(text)
    hits = [*_grouped(text), *_patterns(read)]
    # The + of +86 goes with its number.
    hits = [replace(hit, start=hit.start - (read[: hit.start].endswith("+"))) for hit in hits]
    return without_overlaps(hits)


def places_in(text: str, own: tuple[str, ...] = ()) -> list[Hit]:
    """Groups, house numbers, doors; `own`: group and address of the household, as the registry has them."""
    read = _as_digits(text)
    hits = [
        Hit(match.start(), match.end(), Kind.PLACE)
        for pattern in _PLACES
        for match in pattern.finditer(read)
        # 两组 are two of them.
        if text[match.start()] not in "两兩"
    ]
    for words in filter(None, own):
        hits += (Hit(match.start(), match.end(), Kind.PLACE) for match in re.finditer(re.escape(words), text))
    return without_overlaps(hits)


def without_overlaps(hits: list[Hit]) -> list[Hit]:
    """In the order of the text; of two that share a character the longer one."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda each: (each.start - each.end, each.start)):
        if all(hit.end <= other.start or other.end <= hit.start for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda each: each.start)


# --- one digit for each character -------------------------------------------------------------

_READ_AS = str.maketrans("幺○◯零〇兩两", "1000022")
# Letters and words that stand for a digit only among digits.
_LOOKALIKES = {"O": "0", "o": "0", "l": "1", "I": "1", "i": "1", "|": "1", "洞": "0", "拐": "7", "勾": "9"}
_CROSSES = "XxＸｘ×╳"


@lru_cache(maxsize=8_000)
def _digit(character: str) -> str:
    """The digits a character stands for: ３ 三 叁 ③ ㈢ are 3, ⑬ is 13; empty for 十 and all others."""
    if character.isascii():
        return character if character.isdigit() else ""
    plain = character.translate(_READ_AS)
    if plain.isascii():
        return plain
    value = unicodedata.numeric(character, -1)
    if value != int(value) or value < 0:
        return ""
    if value < 10:
        return str(int(value))
    return str(int(value)) if unicodedata.category(character) == "No" and value <= 50 else ""


def _as_digits(text: str) -> str:
    """Of the same length: what stands for one digit is that digit, a full-width letter its plain one."""
    return "".join(_plain(character) for character in text)


@lru_cache(maxsize=8_000)
def _plain(character: str) -> str:
    if character.isascii():
        return character
    digits = _digit(character)
    if len(digits) == 1:
        return digits
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


# --- digits in groups -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Digit:
    """`offset`: its place in the `group` of so many digits with nothing between them."""

    value: str
    at: int
    offset: int
    group: int
    # What stands before its group would end a clause.
    hard: bool

    @property
    def begins(self) -> bool:
        return self.offset == 0

    @property
    def ends(self) -> bool:
        return self.offset + 1 == self.group


_DATE = re.compile(r"(?<!\d)(?:19|20)\d{2}([-/.年])\d{1,2}[-/.月](?:0?[1-9]|[12]\d|3[01])(?:日|(?!\d))")
_HARD = set("，。、；;：:！？!?,")
_SPOKEN = re.compile(r"空格|然后|[杠横点再]")
_LONGEST_GAP = 4
# A run with fewer digits can be no phone, whatever looks like one among them.
_FEWEST = 7


def _grouped(text: str) -> Iterator[Hit]:
    for run in _runs(text):
        values = "".join(each.value for each in run)
        yield from _id_numbers(run, values)
        yield from _mobiles(run, values)
        yield from _cards(run, values)


def _runs(text: str) -> Iterator[list[_Digit]]:
    """Digits with no more than a few signs between any two of them."""
    dated = {at for match in _DATE.finditer(_as_digits(text)) for at in range(match.start(), match.end())}
    spoken = {at for match in _SPOKEN.finditer(text) for at in range(match.start(), match.end())}
    run: list[tuple[str, int]] = []
    gap = 0
    for at, character in enumerate(text):
        value = "" if at in dated else _value(character)
        if value:
            run += ((digit, at) for digit in value)
            gap = 0
        elif unseen(character):
            continue
        elif at not in dated and gap < _LONGEST_GAP and (_parts(character) or at in spoken):
            gap += 1
        elif run:
            yield from _settled(text, run)
            run, gap = [], 0
    if run:
        yield from _settled(text, run)


# Letters, signs and a picture that show nothing.
_EMPTY = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def unseen(character: str) -> bool:
    """It leaves no mark, or one upon the character before: it hides nothing from a reader. A new line does."""
    if character in _EMPTY or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return True
    return character.isspace() and character not in "\r\n"


def _value(character: str) -> str:
    return _digit(character) or _LOOKALIKES.get(character, "") or ("X" if character in _CROSSES else "")


def _parts(character: str) -> bool:
    """A sign, a blank, something invisible: no letter."""
    return unicodedata.category(character)[0] in "PZSMC"


def _settled(text: str, run: list[tuple[str, int]]) -> Iterator[list[_Digit]]:
    if sum(bool(_digit(text[at])) for _, at in run) < _FEWEST:
        return
    cuts = [place for place in range(1, len(run)) if run[place][1] - run[place - 1][1] > 1]
    digits = []
    for first, last in pairwise([0, *cuts, len(run)]):
        between = text[run[first - 1][1] + 1 : run[first][1]] if first else ""
        hard = not _HARD.isdisjoint(between) or _SPOKEN.search(between) is not None
        for place in range(first, last):
            digits.append(_Digit(*run[place], offset=place - first, group=last - first, hard=hard))
    yield digits


def _hit(run: list[_Digit], first: int, last: int, kind: Kind) -> Hit:
    return Hit(run[first].at, run[last].at + 1, kind)


_ID_18 = re.compile(r"(?=([1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]))")
_ID_15 = re.compile(r"(?=([1-8]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}))")
_MOBILE = re.compile(r"(?=(1[3-9]\d{9}))")


def _id_numbers(run: list[_Digit], values: str) -> Iterator[Hit]:
    for match in _ID_18.finditer(values):
        first, last = match.start(), match.start() + 17
        right = check_character(match[1][:17]) == match[1][17]
        if right or (run[first].begins and run[last].ends):
            yield _hit(run, first, last, Kind.ID_NUMBER)
    for match in _ID_15.finditer(values):
        first, last = match.start(), match.start() + 14
        if run[first].begins and run[last].ends and not _lists(run[first : last + 1]):
            yield _hit(run, first, last, Kind.ID_NUMBER)


def _mobiles(run: list[_Digit], values: str) -> Iterator[Hit]:
    for match in _MOBILE.finditer(values):
        first, last = match.start(), match.start() + 10
        begin = run[first]
        within = begin.offset + 11 <= begin.group
        # Two phones, one after the other, are as long as two.
        alone = begin.group <= 14 or (begin.group % 11 == 0 and begin.offset % 11 == 0)
        whole = (begin.begins or values[:first].endswith("86")) and run[last].ends
        if (whole and not _lists(run[first : last + 1])) or (within and alone):
            country = values[:first].endswith("86") and run[first - 2].begins
            yield _hit(run, first - 2 if country else first, last, Kind.PHONE)


def _cards(run: list[_Digit], values: str) -> Iterator[Hit]:
    """Bank cards: 16 to 19 digits in whole groups, the last of them right (ISO/IEC 7812-1)."""
    for first, begin in enumerate(run):
        for length in range(16, 20):
            number = values[first : first + length]
            if (
                len(number) == length
                and begin.begins
                and run[first + length - 1].ends
                and number[0] in "3456"
                and number.isdigit()
                and _luhn(number)
            ):
                yield _hit(run, first, first + length - 1, Kind.ACCOUNT)


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _lists(digits: list[_Digit]) -> bool:
    """Several numbers with 、 between them, not one that is cut up: then its parts are long, or single digits."""
    if not any(each.hard for each in digits[1:]):
        return False
    starts = [place for place, each in enumerate(digits) if each.begins or place == 0] + [len(digits)]
    lengths = [later - earlier for earlier, later in pairwise(starts)]
    return min(lengths) < 3 and max(lengths) > 1


# --- what is known by the words around it -----------------------------------------------------

_SAID = r"[号码群是为同：:\s]{0,5}"
_PATTERNS = (
    # Landlines, with their area code or after a word that says so.
    (Kind.PHONE, r"(?<!\d)[(（]?0(?:10|2\d|[3-9]\d{2})[-—－–\s)）]{0,3}[2-9]\d{2,3}[-\s]?\d{4}(?!\d)"),
    (Kind.PHONE, rf"(?:电话|座机|拨打|致电|联系方式){_SAID}\K[2-9]\d{{2,3}}[-\s]?\d{{4}}(?!\d)"),
    (Kind.PHONE, r"(?<!\d)1[3-9]\d[*＊xX×]{3,8}\d{0,4}"),
    (Kind.PHONE, rf"(?:尾号|[后末]四位){_SAID}\K\d{{4}}(?!\d)"),
    (
        Kind.PHONE,
        r"(?:电话|手机|号码|联系)\D{0,10}\K1[3-9]\d\D{1,4}\d{4}\D{1,4}\d{4}(?!\d)",
    ),
    (Kind.ID_NUMBER, r"(?<!\d)[1-8]\d{5}(?:(?:19|20)\d{2}\d{0,4}|)[*＊]{2,}[\dxX*＊]{0,6}"),
    (Kind.ACCOUNT, rf"(?i:qq|扣扣){_SAID}\K[1-9]\d{{4,10}}"),
    (Kind.ACCOUNT, rf"(?i:微信|薇信|[vw]x|v信|weixin){_SAID}\K[A-Za-z0-9][A-Za-z0-9_-]{{4,19}}"),
    (Kind.ACCOUNT, r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.]+"),
    (Kind.ACCOUNT, rf"(?:卡|账|帐|存折){_SAID}\K\d[\d \-]{{7,22}}\d"),
    (
        Kind.PLATE,
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-Z][·•.\s-]?"
        r"[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])",
    ),
)


def _compiled(pattern: str) -> re.Pattern[str]:
    r"""`\K` as elsewhere: what stands before it is not part of the find."""
    before, keep, rest = pattern.rpartition(r"\K")
    return re.compile(f"(?:{before})(?P<find>{rest})" if keep else f"(?P<find>{rest})", re.ASCII)


_COMPILED = [(kind, _compiled(pattern)) for kind, pattern in _PATTERNS]


def _patterns(read: str) -> Iterator[Hit]:
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(read):
            yield Hit(*match.span("find"), kind)


# Read with digits for numerals: 二组 is 2组, 十二组 is 十2组.
_COUNT = r"[0-9十百]{1,5}"
_DOOR = rf"{_COUNT}号(?:附{_COUNT}号)?(?:院|楼)?(?![线文井泵桥机闸站变渠塘点坑桩岗杆])"
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        # A group of villagers: after a place or at the start of a clause, or before people.
        rf"(?:(?<=[村区乡镇住在我映到从给往、，。：；（(\s])|(?<![^\n])|(?<=本村)|(?<=家住))第?{_COUNT}(?:村民小?组|[组社队])"
        rf"(?![织合件建装成团会员区])(?:{_DOOR})?",
        rf"第{_COUNT}村民小组(?:{_DOOR})?",
        rf"{_COUNT}(?:村民小?组|[组社队])(?:{_DOOR}|(?=村民|群众|农户|住户|居民))",
        rf"(?<=[路街巷弄院村屯寨沟]){_DOOR}(?:{_COUNT}[栋幢])?(?:{_COUNT}单元)?(?:{_COUNT}[室号楼层])?",
        rf"(?:{_COUNT}(?:号楼|栋|幢))?{_COUNT}单元(?:{_COUNT}[室号楼层])?",
        rf"{_COUNT}(?:号楼|栋|幢){_COUNT}[室号层]",
        rf"门牌号?[码是为：:\s]{{0,3}}{_COUNT}号?(?:附{_COUNT}号)?",
    )
)
