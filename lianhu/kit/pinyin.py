"""Names by the first letters of their pinyin, so that `zrc` finds 泽仁初 (contract, section 2; FORMATS g)."""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from lianhu.kit.fields import fold

# Surnames whose common reading begins with another letter.
_SURNAMES = {
    "单": "s", "解": "x", "仇": "q", "曾": "z", "查": "z", "区": "o", "翟": "z", "种": "c", "折": "s",
    "召": "s", "繁": "p", "乜": "n", "覃": "q", "乐": "y", "宓": "f", "隗": "w",
}  # fmt: skip
_DOUBLE_SURNAMES = {
    "尉迟": "yc",
    "万俟": "mq",
    "单于": "cy",
    "澹台": "tt",
    "令狐": "lh",
    "长孙": "zs",
    "欧阳": "oy",
}
_LEFT_OUT = re.compile(r"[\s·•・･‧∙⋅●．.]")


def initials(name: str) -> tuple[str, ...]:
    """First letters by the common reading and, where a surname reads otherwise, by that too.

    A character without a reading (𠮷) leaves nothing in its place.
    """
    plain = _LEFT_OUT.sub("", fold(name))
    common = "".join(_letter(character) for character in plain)
    read = {common}
    if plain[:2] in _DOUBLE_SURNAMES:
        read.add(_DOUBLE_SURNAMES[plain[:2]] + "".join(map(_letter, plain[2:])))
    elif plain[:1] in _SURNAMES:
        read.add(_SURNAMES[plain[0]] + "".join(map(_letter, plain[1:])))
    return tuple(sorted(found for found in read if found))


def letters(name: str) -> str:
    """The readings as one text to be stored; `|` before each lets a search begin at a reading's begin."""
    return "".join(f"|{found}" for found in initials(name))[:200]


def spelt(name: str) -> str:
    """The whole pinyin without tones, to sort by: 泽仁初 is `ze ren chu`."""
    return " ".join(lazy_pinyin(_LEFT_OUT.sub("", fold(name)), errors="default")).lower()


@lru_cache(maxsize=30_000)
def _letter(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    found = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return found[0][:1].lower() if found else ""
