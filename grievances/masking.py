"""What must not be read in public: names, phones, ID numbers, addresses (contract, section 4; FORMATS c).

`propose` writes the text that a person then edits; `scan` reads what the person confirmed once more. A name that is
a word of the language is told by the scan and never masked by itself.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from grievances.masking_names import names_in, surname_of, unregistered_in
from grievances.masking_numbers import Hit, Kind, numbers_in, places_in, without_overlaps
from grievances.models import Grievance
from visits.models import VisitRecord

_LEFT_OUT = {
    Kind.PHONE: "（号码略）",
    Kind.ID_NUMBER: "（号码略）",
    Kind.ACCOUNT: "（号码略）",
    Kind.PLATE: "（车牌略）",
}
LABELS = {
    Kind.NAME: "姓名",
    Kind.WORD: "可能是姓名",
    Kind.PHONE: "电话",
    Kind.ID_NUMBER: "身份证号",
    Kind.ACCOUNT: "账号",
    Kind.PLATE: "车牌",
    Kind.PLACE: "住址",
}
# What a person may say is none of it; a number, or what can only be a name, never is.
_ARGUABLE = {Kind.WORD, Kind.PLACE}


@dataclass(frozen=True)
class Family:
    """Whose matter it is: names, and the words by which the registry places the door."""

    names: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()


NOBODY = Family()


def family_of(matter: Grievance) -> Family:
    """The head, former heads, and whom the visits' records name as the household's."""
    home = matter.household
    if home is None:
        return NOBODY
    names = {home.head_name}
    names |= {name for pair in home.changes.values_list("old_head", "new_head") for name in pair}
    names |= set(
        VisitRecord.objects.filter(visit__household=home).values_list("head_name", flat=True).distinct()
    )
    group = home.group if home.group != matter.village.name else ""
    door = home.address.replace(matter.village.name, "").strip()
    return Family(frozenset(filter(None, names)), tuple(each for each in (group, door) if len(each) > 1))


# --- proposing --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """Of the text as it was: left alone, or `masked` by other words."""

    text: str
    masked: str | None = None
    label: str = ""


@dataclass(frozen=True)
class Proposal:
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        plain = "".join(each.text if each.masked is None else each.masked for each in self.pieces)
        return _EMPTY.sub("", plain)

    @property
    def count(self) -> int:
        return sum(each.masked is not None for each in self.pieces)


_EMPTY = re.compile(
    r"[（(](?:联系|手机|电话|号码|身份证|微信|[号码：:，、]|（号码略）)*（号码略）[）)]|[（(]\s*[）)]"
)


def propose(text: str, family: Family = NOBODY) -> Proposal:
    """The text with what points to a person masked: 张某某, （号码略）, no place finer than the village."""
    hits = [*numbers_in(text), *places_in(text, family.places)]
    hits += (hit for hit in names_in(text, own=family.names) if hit.kind == Kind.NAME)
    hits += unregistered_in(text)
    pieces, done = [], 0
    for hit in without_overlaps(hits):
        pieces += [
            Piece(text[done : hit.start]),
            Piece(text[hit.start : hit.end], _mask(hit), LABELS[hit.kind]),
        ]
        done = hit.end
    pieces.append(Piece(text[done:]))
    return Proposal(tuple(each for each in pieces if each.text))


def _mask(hit: Hit) -> str:
    return masked_name(hit.word) if hit.kind == Kind.NAME else _LEFT_OUT.get(hit.kind, "")


def masked_name(name: str) -> str:
    """张某某, 张某; 某某 for a name without a surname, which is never to be split (FORMATS c)."""
    if name.startswith("老"):
        return f"{name[1:]}某"
    surname = surname_of(name)
    return surname + "某" * (len(name) - len(surname)) if surname else "某某"


# --- scanning once more -----------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """What stands in the confirmed text, where, and what to do. `word`: what may be said to be harmless."""

    kind: Kind
    found: str
    word: str
    sentence: str

    @property
    def label(self) -> str:
        return LABELS[self.kind]

    @property
    def arguable(self) -> bool:
        return self.kind in _ARGUABLE

    @property
    def told(self) -> str:
        if self.kind == Kind.WORD:
            return f"“{self.found}”是登记的姓名，也是常用的词：请看是不是指人"
        if self.kind == Kind.NAME:
            return f"“{self.found}”是登记的姓名，请改成“{masked_name(self.word)}”"
        if self.kind == Kind.PLACE:
            return f"“{self.found}”比村更细，请只写到村"
        return f"“{self.found}”像{self.label}，请删去"


def scan(texts: str | Iterable[str], *, harmless: Collection[str] = ()) -> list[Finding]:
    """Each thing found once, in the order of the texts, with one query for all of them."""
    whole = texts if isinstance(texts, str) else "\n".join(texts)
    hits = [*numbers_in(whole), *names_in(whole, harmless=harmless)]
    hits += (hit for hit in places_in(whole) if whole[hit.start : hit.end] not in harmless)
    found: dict[tuple[Kind, str], Finding] = {}
    for hit in without_overlaps(hits):
        piece = whole[hit.start : hit.end]
        finding = Finding(hit.kind, piece, hit.word or piece, _sentence(whole, hit))
        found.setdefault((hit.kind, finding.word), finding)
    return list(found.values())


def found_in(text: str, *, harmless: Collection[str]) -> list[str]:
    """Names, phones and ID numbers of the registry that stand in the text, each as a sentence."""
    return [finding.told for finding in scan(text, harmless=harmless)]


_LONGEST = 60


def _sentence(text: str, hit: Hit) -> str:
    """The clause around it, cut to a length that can be read."""
    first = max(text.rfind(sign, 0, hit.start) for sign in "。；\n") + 1
    ends = [place for sign in "。；\n" if (place := text.find(sign, hit.end)) >= 0]
    last = min(ends, default=len(text))
    first, last = max(first, hit.start - _LONGEST // 2), min(last, hit.end + _LONGEST // 2)
    return text[first:last].strip()
