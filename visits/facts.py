"""What the rules of the history workbook need to know, of a whole file and of the database."""

import datetime
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field

from lianhu.kit.sheets import Values
from lianhu.kit.spans import Occupied
from registry.models import Cadre, Household, Unit, Village
from visits.models import Trip

_Days = tuple[datetime.date, datetime.date]


@dataclass
class HistoryFacts:
    """History asks for codes that exist, and for trips; not for posts or pairings (contract, section 9).

    `row` is the row being asked about; rows are asked in order, each sees those before it.
    """

    known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    village_of: dict[str, str] = field(default_factory=dict)
    row: int = 0
    _taken: dict[tuple[str, str], Occupied[int]] = field(default_factory=lambda: defaultdict(Occupied))
    _trips: dict[tuple[str, str], list[_Days]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls, rows: dict[str, list[tuple[int, Values]]], on: datetime.date) -> "HistoryFacts":
        facts = cls()
        facts.known["unit"].update(Unit.objects.values_list("code", flat=True))
        facts.known["village"].update(Village.objects.values_list("code", flat=True))
        facts.known["cadre"].update(Cadre.objects.values_list("code", flat=True))
        facts._read_households(rows)
        facts._read_trips(rows)
        for days in facts._trips.values():
            days.sort()
        return facts

    def knows(self, kind: str, code: str) -> bool:
        return code in self.known[kind]

    def trips_of(self, cadre: str, village: str) -> Occupied[int]:
        return self._taken[cadre, village]

    def in_trip(self, cadre: str, village: str, day: datetime.date) -> bool:
        days = self._trips.get((cadre, village), [])
        before = bisect_right(days, (day, datetime.date.max))
        # Trips of one cadre in one village do not overlap: only the last begun can hold the day.
        return before > 0 and days[before - 1][1] >= day

    @staticmethod
    def place(row: int) -> str:
        return f"第 {row} 行" if row else "系统里"

    def _read_households(self, rows: dict[str, list[tuple[int, Values]]]) -> None:
        named = {row["household"] for title in ("走访", "诉求") for _, row in rows[title] if row.get("household")}
        self.village_of.update(
            Household.objects.filter(code__in=list(named)).values_list("code", "village__code")
        )
        self.known["household"].update(self.village_of)

    def _read_trips(self, rows: dict[str, list[tuple[int, Values]]]) -> None:
        stated = set()
        for _, row in rows["驻村"]:
            cadre, village = row.get("cadre"), row.get("village")
            begin, end = row.get("begins_on"), row.get("ends_on")
            if cadre and village and begin:
                stated.add((cadre, village, begin))
                if end and end >= begin:
                    self._trips[cadre, village].append((begin, end))
        cadres = {row["cadre"] for title in ("驻村", "走访") for _, row in rows[title] if row.get("cadre")}
        there = Trip.objects.filter(cadre__code__in=list(cadres), voided_at__isnull=True)
        for cadre, village, begin, end in there.values_list(
            "cadre__code", "village__code", "begins_on", "ends_on"
        ).iterator(chunk_size=20_000):
            if (cadre, village, begin) not in stated:
                self._taken[cadre, village].take(begin, end, 0)
                self._trips[cadre, village].append((begin, end))
