"""What the rules need to know of trips and visits that are entered now, for one of them or a hundred."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Self

from accounts.models import User
from accounts.settings import setting
from lianhu.kit import clock
from lianhu.kit.sheets import Values
from lianhu.kit.spans import OPEN_END, Occupied
from registry.answering import cadres_under
from registry.models import Cadre, Cover, Household, Pairing, PostSpan, Village
from visits.models import Trip, Visit

Date = datetime.date


@dataclass(frozen=True)
class _Person:
    pk: int
    name: str
    joined_on: Date
    left_on: Date | None


@dataclass(frozen=True)
class _Home:
    pk: int
    village_code: str
    closed_on: Date | None
    head_name: str
    people_count: int
    income_sources: str
    visible: bool


@dataclass(frozen=True)
class _Stay:
    """A trip's days."""

    pk: int
    begins_on: Date
    ends_on: Date
    refused: bool


@dataclass
class EntryFacts:
    """Facts about rows that `by` enters on the day `on`. A row without `cadre` is `own`'s.

    `row` is the row being asked about; each sees those accepted before it.
    """

    on: Date
    own: str = ""
    row: int = 0
    late_after: datetime.timedelta = datetime.timedelta(days=7)
    enters: set[str] = field(default_factory=set)
    people: dict[str, _Person] = field(default_factory=dict)
    villages: dict[str, tuple[int, str]] = field(default_factory=dict)
    homes: dict[str, _Home] = field(default_factory=dict)
    village_of: dict[str, str] = field(default_factory=dict)
    _covers: dict[tuple[str, str], list[tuple[Date, Date]]] = field(default_factory=lambda: defaultdict(list))
    _pairings: dict[str, list[tuple[Date, Date, str]]] = field(default_factory=lambda: defaultdict(list))
    _units: dict[str, list[tuple[Date, Date, int]]] = field(default_factory=lambda: defaultdict(list))
    _stays: dict[tuple[str, str], list[_Stay]] = field(default_factory=lambda: defaultdict(list))
    _taken: dict[tuple[str, str], Occupied[int]] = field(default_factory=lambda: defaultdict(Occupied))
    _visits: dict[tuple[str, str, Date], int] = field(default_factory=dict)
    _companions: dict[tuple[str, str, Date], int] = field(default_factory=dict)

    @classmethod
    def load(cls, rows: Iterable[Values], *, by: User, on: Date) -> Self:
        """A handful of queries for any number of rows. Each row's blank `cadre` is read as one's own."""
        rows = list(rows)
        cadre: Cadre | None = getattr(by, "cadre", None)
        facts = cls(on, own=cadre.code if cadre else "")
        facts.late_after = datetime.timedelta(days=setting("backfill_after_days", on=on))
        facts._read_people(rows, by)
        facts._read_homes(rows, by)
        facts._read_villages(rows)
        facts._read_pairings()
        facts._read_trips(rows)
        facts._read_visits(rows)
        return facts

    def knows(self, kind: str, code: str) -> bool:
        known: dict[str, Collection[str]] = {
            "cadre": self.people,
            "village": self.villages,
            "household": self.homes,
        }
        return code in known[kind]

    def holder(self, household: str, day: Date) -> str:
        """The 工号 of the cadre paired with it on the day; empty for none."""
        return next(
            (code for begin, end, code in self._pairings.get(household, ()) if begin <= day <= end), ""
        )

    def paired_since(self, household: str, day: Date) -> Date | None:
        return next(
            (begin for begin, end, _ in self._pairings.get(household, ()) if begin <= day <= end), None
        )

    def covers(self, household: str, cadre: str, day: Date) -> bool:
        """The cadre covers the household's holder on that day (代管)."""
        holder = self.holder(household, day)
        return any(begin <= day <= end for begin, end in self._covers.get((cadre, holder), ()))

    def may_name(self, household: str, cadre: str, day: Date) -> bool:
        """One's own on that day, one that may be seen today, or one of a colleague of the same unit (代访)."""
        home = self.homes.get(household)
        if home is None:
            return False
        holder = self.holder(household, day)
        near = holder == cadre or self.covers(household, cadre, day) or self._same_unit(holder, cadre, day)
        return home.visible or near

    def is_late(self, ends_on: Date, entered_at: datetime.datetime, *, done_on: Date) -> bool:
        """Entered more than 7 days after the trip's last day: 补录 (contract, section 3).

        A phone whose clock says that it was written before it was done tells nothing: then the arrival counts.
        """
        entered_on = entered_at.astimezone(clock.SHANGHAI).date()
        return (self.on if entered_on < done_on else entered_on) > ends_on + self.late_after

    def trips_of(self, cadre: str, village: str) -> Occupied[int]:
        return self._taken[cadre, village]

    def in_trip(self, cadre: str, village: str, day: Date) -> bool:
        return self.trip_on(cadre, village, day) is not None

    def trip_on(self, cadre: str, village: str, day: Date) -> _Stay | None:
        stays = self._stays.get((cadre, village), ())
        return next((one for one in stays if one.begins_on <= day <= one.ends_on and not one.refused), None)

    def has_been(self, cadre: str, village: str) -> bool:
        return bool(self._stays.get((cadre, village)))

    def why_no_trip(self, cadre: str, village: str, day: Date) -> str:
        """Before the trip starts or after it ends is told apart from no trip at all."""
        stays = self._stays.get((cadre, village), ())
        near = min(stays, key=lambda one: max(one.begins_on - day, day - one.ends_on), default=None)
        where = self.village_name(village)
        if near and near.begins_on <= day <= near.ends_on:
            return f"{near.begins_on} 到{where}的下乡是补录，没有批准；请先请联络员作废它，再重新登记"
        if near is None:
            return f"没有登记到{where}的下乡，请先登记下乡再记走访"
        side = "早于第一天" if day < near.begins_on else "晚于最后一天"
        return f"{day} 不在到{where}的下乡（{near.begins_on} 至 {near.ends_on}）之内，{side}；请改走访日期或下乡的日期"

    def visited(self, cadre: str, household: str, day: Date) -> bool:
        return (cadre, household, day) in self._visits

    def companion_visit(self, cadre: str, household: str, day: Date) -> int | None:
        """The visit that a colleague's entry gave this cadre; one's own record takes its place."""
        return self._companions.get((cadre, household, day))

    def take_visit(self, cadre: str, household: str, day: Date) -> None:
        self._visits[cadre, household, day] = 0

    def there(self, row: Values) -> int | None:
        """The visit that stands where this one would."""
        key = (row.get("cadre", ""), row.get("household", ""), row.get("day", Date.min))
        return self._visits.get(key) or None

    @staticmethod
    def place(row: int) -> str:
        return "同时上传的另一次下乡" if row else "已登记的下乡"

    def name_of(self, cadre: str) -> str:
        return self.people[cadre].name if cadre in self.people else cadre

    def village_name(self, code: str) -> str:
        return self.villages[code][1] if code in self.villages else code

    def _same_unit(self, holder: str, cadre: str, day: Date) -> bool:
        unit = self._unit_on(holder, day)
        return unit is not None and unit == self._unit_on(cadre, day)

    def _unit_on(self, cadre: str, day: Date) -> int | None:
        return next((unit for begin, end, unit in self._units.get(cadre, ()) if begin <= day <= end), None)

    def _read_people(self, rows: list[Values], by: User) -> None:
        self._add_people(_named(rows, "cadre") | _named(rows, "companions") | {self.own})
        others = [code for code in self.people if code != self.own]
        self.enters = {self.own} if self.own else set()
        if others:
            self.enters.update(cadres_under(by).filter(code__in=others).values_list("code", flat=True))

    def _add_people(self, codes: set[str]) -> None:
        found = Cadre.objects.filter(code__in=codes - set(self.people))
        for code, *person in found.values_list("code", "pk", "name", "joined_on", "left_on"):
            self.people[code] = _Person(*person)

    def _read_homes(self, rows: list[Values], by: User) -> None:
        codes = _named(rows, "household")
        if not codes:
            return
        named = Household.objects.filter(code__in=codes)
        visible = set(Household.objects.visible_to(by).filter(code__in=codes).values_list("pk", flat=True))
        told = ("closed_on", "head_name", "people_count", "income_sources")
        for code, pk, village, closed, head, people, income in named.values_list(
            "code", "pk", "village__code", *told
        ):
            self.homes[code] = _Home(pk, village, closed, head, people, income, pk in visible)
            self.village_of[code] = village

    def _read_villages(self, rows: list[Values]) -> None:
        codes = _named(rows, "village") | set(self.village_of.values())
        found = Village.objects.filter(code__in=codes).values_list("code", "pk", "name")
        self.villages.update((code, (pk, name)) for code, pk, name in found)

    def _read_pairings(self) -> None:
        if not self.homes:
            return
        found = Pairing.objects.filter(household__in=[home.pk for home in self.homes.values()])
        for household, begin, end, cadre in found.values_list(
            "household__code", "begins_on", "ends_on", "cadre__code"
        ):
            self._pairings[household].append((begin, end or OPEN_END, cadre))
        self._add_people({cadre for spans in self._pairings.values() for _, _, cadre in spans})
        codes = list(self.people)
        covers = Cover.objects.filter(colleague__code__in=codes, cadre__code__in=codes)
        for colleague, absent, begin, end in covers.values_list(
            "colleague__code", "cadre__code", "begins_on", "ends_on"
        ):
            self._covers[colleague, absent].append((begin, end))
        spans = PostSpan.objects.filter(cadre__in=[person.pk for person in self.people.values()])
        for cadre, begin, end, unit in spans.values_list("cadre__code", "begins_on", "ends_on", "unit"):
            self._units[cadre].append((begin, end, unit))

    def _read_trips(self, rows: list[Values]) -> None:
        days = [row[name] for row in rows for name in ("begins_on", "ends_on", "day") if row.get(name)]
        if not days:
            return
        there = Trip.objects.filter(
            cadre__in=[person.pk for person in self.people.values()],
            village__in=[pk for pk, _ in self.villages.values()],
            voided_at=None,
        )
        for pk, cadre, village, begin, end, refused in there.values_list(
            "pk", "cadre__code", "village__code", "begins_on", "ends_on", "refused_at"
        ):
            self._stays[cadre, village].append(_Stay(pk, begin, end, refused is not None))
            self._taken[cadre, village].take(begin, end, 0)

    def _read_visits(self, rows: list[Values]) -> None:
        days = {row["day"] for row in rows if row.get("day") and row.get("household")}
        if not days:
            return
        there = Visit.objects.filter(
            household__in=[home.pk for home in self.homes.values()], day__in=days, voided_at=None
        )
        names = ("cadre__code", "household__code", "day", "pk", "accompanies")
        for cadre, household, day, pk, accompanies in there.values_list(*names):
            if accompanies:
                self._companions[cadre, household, day] = pk
            else:
                self._visits[cadre, household, day] = pk


def _named(rows: list[Values], name: str) -> set[str]:
    found: set[str] = set()
    for row in rows:
        value = row.get(name) or ()
        found.update(value if isinstance(value, tuple) else (value,))
    return found
