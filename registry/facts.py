"""What the registry's rules need to know, of a whole file and of the database, in a few queries."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field

from django.db import connection

from lianhu.kit.sheets import Values
from lianhu.kit.spans import Occupied
from registry.models import Cadre, Household, HouseholdKind, PostKind, Unit, Village


@dataclass(frozen=True, slots=True)
class HouseholdFact:
    kind: str
    former_unit: str
    family_cadre: str


@dataclass
class RegistryFacts:
    """Codes are known when the file's own sheet brings them or the database has them.

    `row` is the row being asked about; rows are asked in order, each sees those before it.
    """

    known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unit_types: dict[str, str] = field(default_factory=dict)
    ranks: dict[str, str] = field(default_factory=dict)
    households: dict[str, HouseholdFact] = field(default_factory=dict)
    holders_in_database: dict[str, list[tuple[str, datetime.date]]] = field(default_factory=dict)
    on: datetime.date = datetime.date.min
    row: int = 0
    _leadership: dict[str, bool] = field(default_factory=dict)
    _unit_of: dict[str, str] = field(default_factory=dict)
    _terms: dict[str, list[tuple[datetime.date, datetime.date | None, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _spans: dict[str, list[tuple[datetime.date, datetime.date, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _paired: dict[str, Occupied[tuple[int, str]]] = field(default_factory=lambda: defaultdict(Occupied))
    _terms_taken: dict[str, Occupied[int]] = field(default_factory=lambda: defaultdict(Occupied))

    @classmethod
    def load(cls, rows: dict[str, list[tuple[int, Values]]], on: datetime.date) -> "RegistryFacts":
        """Read what the file's rows (by sheet title) need from the database, then put the file on top.

        `on` is the day of import, from which a changed unit holds.
        """
        facts = cls(on=on)
        facts._read_units_and_cadres()
        facts._read_households(rows)
        facts._read_pairings(rows["结对"])
        facts._add_file(rows)
        return facts

    def knows(self, kind: str, code: str) -> bool:
        return code in self.known[kind]

    def is_leadership(self, cadre: str) -> bool:
        return self._leadership.get(cadre, False)

    def unit_on(self, cadre: str, on: datetime.date) -> str:
        """The unit that holds on the day: a term; sheet 干部 from today on; what the database knows."""
        for begin, end, unit in self._terms[cadre]:
            if begin <= on and (end is None or on <= end):
                return unit
        if cadre in self._unit_of and (on >= self.on or not self._spans[cadre]):
            return self._unit_of[cadre]
        for begin, last, unit in self._spans[cadre]:
            if begin <= on <= last:
                return unit
        return ""

    def paired(self, household: str) -> Occupied[tuple[int, str]]:
        return self._paired[household]

    def terms_of(self, cadre: str) -> Occupied[int]:
        return self._terms_taken[cadre]

    @staticmethod
    def place(row: int) -> str:
        return f"第 {row} 行" if row else "系统里"

    def _read_units_and_cadres(self) -> None:
        self.unit_types.update(Unit.objects.values_list("code", "type"))
        self.known["unit"].update(self.unit_types)
        self.known["village"].update(Village.objects.values_list("code", flat=True))
        self._leadership.update(Cadre.objects.values_list("code", "is_leadership"))
        self.known["cadre"].update(self._leadership)
        spans = Cadre.objects.values_list(
            "code", "post_spans__begins_on", "post_spans__ends_on", "post_spans__unit__code", "post_spans__rank"
        )
        for code, begin, end, unit, rank in spans:
            if unit:
                self._spans[code].append((begin, end, unit))
                self.ranks[code] = rank

    def _read_households(self, rows: dict[str, list[tuple[int, Values]]]) -> None:
        named = {row["household"] for _, row in rows["结对"] if row.get("household")}
        named |= {row["code"] for _, row in rows["户"] if row.get("code")}
        found = Household.objects.filter(code__in=list(named)).values_list(
            "code", "kind", "former_unit__code", "family_cadre__code"
        )
        for code, kind, former_unit, family_cadre in found:
            self.households[code] = HouseholdFact(kind, former_unit or "", family_cadre or "")
        self.known["household"].update(self.households)

    def _read_pairings(self, rows: list[tuple[int, Values]]) -> None:
        """Pairings the database holds for the file's households, but for those the file states anew."""
        stated = {(row.get("cadre"), row.get("household"), row.get("begins_on")) for _, row in rows}
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT c.code, h.code, p.begins_on, p.ends_on
                   FROM registry_pairing p JOIN registry_cadre c ON c.id = p.cadre_id
                   JOIN registry_household h ON h.id = p.household_id
                   WHERE h.code = ANY(%s)""",
                [list(self.households)],
            )
            for cadre, household, begin, end in cursor.fetchall():
                if (cadre, household, begin) not in stated:
                    self._paired[household].take(begin, end, (0, cadre))
                    self.holders_in_database.setdefault(household, []).append((cadre, begin))

    def _add_file(self, rows: dict[str, list[tuple[int, Values]]]) -> None:
        self._add_codes(rows)
        for _, row in rows["干部"]:
            if row.get("code"):
                self._unit_of[row["code"]] = row.get("unit", "")
                self._leadership[row["code"]] = row.get("is_leadership", self.is_leadership(row["code"]))
                self.ranks[row["code"]] = row.get("rank", "")
        for _, row in rows["任职"]:
            if row.get("cadre") and row.get("begins_on"):
                self._terms[row["cadre"]].append((row["begins_on"], row.get("ends_on"), row.get("unit", "")))
        self._take_terms_of_database(rows["任职"])
        for _, row in rows["户"]:
            self._add_household(row)

    def _add_codes(self, rows: dict[str, list[tuple[int, Values]]]) -> None:
        for kind, title in (("unit", "单位"), ("village", "村"), ("cadre", "干部"), ("household", "户")):
            self.known[kind].update(row["code"] for _, row in rows[title] if row.get("code"))
        self.unit_types.update((row["code"], row.get("type", "")) for _, row in rows["单位"] if row.get("code"))

    def _take_terms_of_database(self, rows: list[tuple[int, Values]]) -> None:
        stated = {(row.get("cadre"), row.get("begins_on")) for _, row in rows}
        terms = Cadre.objects.filter(
            posts__kind=PostKind.TERM, code__in=[cadre for cadre, _ in stated if cadre]
        ).values_list("code", "posts__begins_on", "posts__ends_on")
        for cadre, begin, end in terms:
            if (cadre, begin) not in stated:
                self._terms_taken[cadre].take(begin, end, 0)

    def _add_household(self, row: Values) -> None:
        code = row.get("code")
        if not code:
            return
        old = self.households.get(code, HouseholdFact(HouseholdKind.RURAL, "", ""))
        new = HouseholdFact(
            row.get("kind", old.kind),
            row.get("former_unit", old.former_unit),
            row.get("family_cadre", old.family_cadre),
        )
        if new == old:
            # Nothing about who may hold it changes: pairings made before stand.
            self.holders_in_database.pop(code, None)
        self.households[code] = new

