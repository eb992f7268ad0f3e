"""May it be so? Rules of trips, visits and activities (contract, sections 3 and 9)."""

import datetime
from collections.abc import Iterator
from typing import Protocol

from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from lianhu.kit.spans import Occupied
from visits.facts import HistoryFacts


class TripFacts(Protocol):
    """What both history and what is entered now know about trips."""

    row: int
    village_of: dict[str, str]

    def knows(self, kind: str, code: str) -> bool: ...
    def trips_of(self, cadre: str, village: str) -> Occupied[int]: ...
    def in_trip(self, cadre: str, village: str, day: datetime.date) -> bool: ...
    def why_no_trip(self, cadre: str, village: str, day: datetime.date) -> str: ...
    def place(self, row: int) -> str: ...


def one_trip_a_village_and_day(row: Values, facts: TripFacts) -> Iterator[Fault]:
    """Trips of one cadre to the same village may not overlap (contract, section 3)."""
    begin, end = row.get("begins_on"), row.get("ends_on")
    if row.get("cadre") and row.get("village") and begin and end and end >= begin:
        other = facts.trips_of(row["cadre"], row["village"]).take(begin, end, facts.row)
        if other is not None:
            yield Fault("begins_on", "overlap", f"与{facts.place(other)}同一干部在同一村的驻村日期重叠")


def trip_keeps_its_visits(row: Values, facts: HistoryFacts) -> Iterator[Fault]:
    """A trip already there may not be made shorter than what was done on it."""
    end = row.get("ends_on")
    last = facts.last_visit.get((row.get("cadre", ""), row.get("village", ""), row.get("begins_on", end)))
    if end and last and end < last:
        yield Fault("ends_on", "visits_left_out", f"系统里这次驻村在 {last} 还有走访")


def visit_lies_in_a_trip(row: Values, facts: TripFacts) -> Iterator[Fault]:
    """Each 走访 belongs to the trip of the same 工号 in that household's village that covers its day."""
    cadre, day = row.get("cadre"), row.get("day")
    village = facts.village_of.get(row.get("household", ""))
    if cadre and day and village and facts.knows("cadre", cadre) and not facts.in_trip(cadre, village, day):
        yield Fault("day", "no_trip", facts.why_no_trip(cadre, village, day))


def activity_is_somebodys(row: Values, facts: HistoryFacts) -> Iterator[Fault]:
    """At least one of unit, village and 工号 (contract, section 9)."""
    if row.get("unit") == "" and row.get("village") == "" and row.get("cadres") == ():
        yield Fault("unit", "required", "单位编码、村编码、工号至少填一项")
