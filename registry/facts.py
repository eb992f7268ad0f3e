"""What the registry's rules need to know, of a whole file and of the database, in a few queries."""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from accounts.models import User
from lianhu.kit.sheets import Values
from lianhu.kit.spans import OPEN_END, Occupied
from registry.models import Cadre, Household, Pairing, Post, PostKind, Unit, Village

Rows = dict[str, list[tuple[int, Values]]]
_PairingKey = tuple[str, str, datetime.date]


@dataclass(frozen=True, slots=True)
class HouseholdFact:
    """What decides who may hold it; None where the file can't be read."""

    kind: str | None
    former_unit: str | None
    family_cadre: str | None


@dataclass
class RegistryFacts:
    """Codes are known when the file's own sheet brings them or the database has them.

    `row` is the row being asked about; rows are asked in order, each sees those before it. What a
    cell that can't be read would say is None: its fault is told once, where the cell is.
    """

    on: datetime.date
    row: int = 0
    known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unit_types: dict[str, str] = field(default_factory=dict)
    ranks: dict[str, str] = field(default_factory=dict)
    leadership: dict[str, bool | None] = field(default_factory=dict)
    households: dict[str, HouseholdFact] = field(default_factory=dict)
    holders_in_database: dict[str, list[tuple[str, datetime.date]]] = field(default_factory=dict)
    foreign_accounts: frozenset[str] = frozenset()
    _accepted: set[_PairingKey] = field(default_factory=set)
    _changed: set[str] = field(default_factory=set)
    _unit_of: dict[str, str | None] = field(default_factory=dict)
    _standing: dict[str, list[tuple[datetime.date, str]]] = field(default_factory=lambda: defaultdict(list))
    _terms: dict[str, dict[datetime.date, tuple[datetime.date, str | None]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _paired: dict[str, Occupied[tuple[int, str]]] = field(default_factory=lambda: defaultdict(Occupied))
    _terms_taken: dict[str, Occupied[int]] = field(default_factory=lambda: defaultdict(Occupied))

    @classmethod
    def load(cls, rows: Rows, on: datetime.date) -> "RegistryFacts":
        """Read what the file's rows (by sheet title) need from the database, then put the file on top.

        `on` is the day of import, from which a changed unit holds.
        """
        facts = cls(on)
        facts._read_codes(rows)
        facts._read_posts(rows["任职"])
        facts._read_households(rows)
        facts._read_pairings(rows["结对"])
        facts._add_codes(rows)
        facts._add_cadres(rows)
        for row in _first_of_each(rows["户"], "code"):
            facts._add_household(row)
        return facts

    def knows(self, kind: str, code: str) -> bool:
        return code in self.known[kind]

    def unit_on(self, cadre: str, on: datetime.date) -> str | None:
        """The unit that holds on the day: a term; sheet 干部 from the day of import; what it said before."""
        for begin, (end, unit) in self._terms[cadre].items():
            if begin <= on <= end:
                return unit
        if cadre in self._unit_of and (on >= self.on or not self._standing[cadre]):
            return self._unit_of[cadre]
        return next((unit for begin, unit in reversed(self._standing[cadre]) if begin <= on), None)

    def stands(self, row: Values) -> bool:
        """Accepted before, and nothing has changed about who may hold the household from today on."""
        key = (row["cadre"], row["household"], row["begins_on"])
        ended = (row.get("ends_on") or OPEN_END) < self.on
        return key in self._accepted and (ended or row["household"] not in self._changed)

    def has_changed(self, household: str) -> bool:
        return household in self._changed

    def paired(self, household: str) -> Occupied[tuple[int, str]]:
        return self._paired[household]

    def terms_of(self, cadre: str) -> Occupied[int]:
        return self._terms_taken[cadre]

    @staticmethod
    def place(row: int) -> str:
        return f"第 {row} 行" if row else "系统里"

    def _read_codes(self, rows: Rows) -> None:
        self.unit_types.update(Unit.objects.values_list("code", "type"))
        self.known["unit"].update(self.unit_types)
        self.known["village"].update(Village.objects.values_list("code", flat=True))
        self.leadership.update(Cadre.objects.values_list("code", "is_leadership"))
        self.known["cadre"].update(self.leadership)
        codes = [row["code"] for _, row in rows["干部"] if row.get("code")]
        names = User.objects.filter(username__in=codes, cadre__isnull=True)
        self.foreign_accounts = frozenset(names.values_list("username", flat=True))

    def _read_posts(self, rows: list[tuple[int, Values]]) -> None:
        stated = {(row.get("cadre"), row.get("begins_on")) for _, row in rows}
        posts = Post.objects.order_by("begins_on").values_list(
            "cadre__code", "kind", "begins_on", "ends_on", "unit__code", "rank"
        )
        for cadre, kind, begin, end, unit, rank in posts:
            if kind == PostKind.STANDING:
                self._standing[cadre].append((begin or datetime.date.min, unit))
                self.ranks[cadre] = rank
            elif begin and (cadre, begin) not in stated:
                self._terms[cadre][begin] = (end or OPEN_END, unit)
                self._terms_taken[cadre].take(begin, end, 0)
        for found in self._standing.values():
            found.sort()

    def _read_households(self, rows: Rows) -> None:
        named = {row["household"] for _, row in rows["结对"] if row.get("household")}
        named |= {row["code"] for _, row in rows["户"] if row.get("code")}
        found = Household.objects.filter(code__in=list(named)).values_list(
            "code", "kind", "former_unit__code", "family_cadre__code"
        )
        for code, kind, former_unit, family_cadre in found:
            self.households[code] = HouseholdFact(kind, former_unit or "", family_cadre or "")
        self.known["household"].update(self.households)

    def _read_pairings(self, rows: list[tuple[int, Values]]) -> None:
        """Pairings the database holds for the file's households, those the file states anew apart."""
        stated = {(row.get("cadre"), row.get("household"), row.get("begins_on")) for _, row in rows}
        there = Pairing.objects.filter(household__code__in=list(self.households)).values_list(
            "cadre__code", "household__code", "begins_on", "ends_on"
        )
        for cadre, household, begin, end in there:
            if (cadre, household, begin) in stated:
                self._accepted.add((cadre, household, begin))
                continue
            self._paired[household].take(begin, end, (0, cadre))
            if (end or OPEN_END) >= self.on:
                self.holders_in_database.setdefault(household, []).append((cadre, begin))

    def _add_codes(self, rows: Rows) -> None:
        for kind, title in (("unit", "单位"), ("village", "村"), ("cadre", "干部"), ("household", "户")):
            self.known[kind].update(row["code"] for _, row in rows[title] if row.get("code"))
        self.unit_types.update(
            (row["code"], row.get("type", "")) for row in _first_of_each(rows["单位"], "code")
        )

    def _add_cadres(self, rows: Rows) -> None:
        for row in _first_of_each(rows["干部"], "code"):
            self._unit_of[row["code"]] = row.get("unit")
            self.leadership[row["code"]] = row.get("is_leadership")
            self.ranks[row["code"]] = row.get("rank", "")
        for row in _first_of_each(rows["任职"], "cadre", "begins_on"):
            # An end that can't be read may be any day: the unit can't be told from the begin on.
            unit = row.get("unit") if "ends_on" in row else None
            self._terms[row["cadre"]][row["begins_on"]] = (row.get("ends_on") or OPEN_END, unit)

    def _add_household(self, row: Values) -> None:
        code = row["code"]
        new = HouseholdFact(row.get("kind"), row.get("former_unit"), row.get("family_cadre"))
        if self.households.get(code) not in (None, new):
            self._changed.add(code)
        self.households[code] = new


def _first_of_each(rows: list[tuple[int, Values]], *key: str) -> Iterator[Values]:
    """Of rows with the same key the first counts, the later ones are faults."""
    seen = set()
    for _, row in rows:
        values = tuple(row.get(name) for name in key)
        if None not in values and values not in seen:
            seen.add(values)
            yield row
