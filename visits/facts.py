"""What the rules of the history workbook need to know, of a whole file and of the database."""

import datetime
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate

from django.db.models import Max

from lianhu.kit.sheets import Values
from lianhu.kit.spans import Occupied
from registry.models import Cadre, Household, Unit, Village
from visits.models import Trip, Visit

Date = datetime.date
Rows = dict[str, list[tuple[int, Values]]]
_Where = tuple[str, str]


@dataclass
class HistoryFacts:
    """History asks for codes that exist, and for trips; not for posts or pairings (contract, section 9).

    `row` is the row being asked about; rows are asked in order, each sees those before it.
    """

    known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    village_of: dict[str, str] = field(default_factory=dict)
    last_visit: dict[tuple[str, str, Date], Date] = field(default_factory=dict)
    row: int = 0
    _taken: dict[tuple[str, str], Occupied[int]] = field(default_factory=lambda: defaultdict(Occupied))
    _trips: dict[_Where, list[tuple[Date, Date]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls, rows: Rows, on: Date) -> "HistoryFacts":
        facts = cls()
        facts.known["unit"].update(Unit.objects.values_list("code", flat=True))
        facts.known["village"].update(Village.objects.values_list("code", flat=True))
        facts.known["cadre"].update(Cadre.objects.values_list("code", flat=True))
        facts._read_households(rows)
        facts._add_trips(rows["驻村"])
        facts._read_trips(rows)
        for where, spans in facts._trips.items():
            spans.sort()
            ends = accumulate((end for _, end in spans), max)
            facts._trips[where] = [(begin, end) for (begin, _), end in zip(spans, ends, strict=True)]
        return facts

    def knows(self, kind: str, code: str) -> bool:
        return code in self.known[kind]

    def trips_of(self, cadre: str, village: str) -> Occupied[int]:
        return self._taken[cadre, village]

    def in_trip(self, cadre: str, village: str, day: Date) -> bool:
        """Each end is the latest of the trips begun until then: one look tells."""
        spans = self._trips.get((cadre, village), [])
        before = bisect_right(spans, (day, Date.max))
        return before > 0 and spans[before - 1][1] >= day

    def why_no_trip(self, cadre: str, village: str, day: Date) -> str:
        return f"{cadre} 在 {village} 没有覆盖 {day} 这一天的驻村"

    @staticmethod
    def place(row: int) -> str:
        return f"第 {row} 行" if row else "系统里"

    def _read_households(self, rows: Rows) -> None:
        named = {
            row["household"] for title in ("走访", "诉求") for _, row in rows[title] if row.get("household")
        }
        self.village_of.update(
            Household.objects.filter(code__in=list(named)).values_list("code", "village__code")
        )
        self.known["household"].update(self.village_of)

    def _add_trips(self, rows: list[tuple[int, Values]]) -> None:
        """A trip covers what its row says; one whose codes or days can't be read covers nothing."""
        for _, row in rows:
            cadre, village = row.get("cadre"), row.get("village")
            begin, end = row.get("begins_on"), row.get("ends_on")
            if cadre and village and begin and end and begin <= end:
                self._trips[cadre, village].append((begin, end))

    def _read_trips(self, rows: Rows) -> None:
        stated = {
            (row.get("cadre"), row.get("village"), row.get("begins_on")): row.get("ends_on")
            for _, row in rows["驻村"]
        }
        cadres = {row["cadre"] for title in ("驻村", "走访") for _, row in rows[title] if row.get("cadre")}
        there = Trip.objects.filter(cadre__code__in=list(cadres)).values_list(
            "id", "cadre__code", "village__code", "begins_on", "ends_on", "voided_at"
        )
        shortened: dict[int, tuple[str, str, Date]] = {}
        for pk, cadre, village, begin, end, voided in there.iterator(chunk_size=20_000):
            key = (cadre, village, begin)
            if key not in stated:
                self._trips[cadre, village].append((begin, end))
                if not voided:
                    self._taken[cadre, village].take(begin, end, 0)
            elif (new_end := stated[key]) and new_end < end and not voided:
                shortened[pk] = key
        visits = Visit.objects.filter(trip__in=list(shortened), voided_at=None)
        for pk, day in visits.values_list("trip").annotate(Max("day")):
            self.last_visit[shortened[pk]] = day
