"""Contract section 6 once more: plain loops over days and rows, obvious and slow.

Written from the contract alone, to be compared with `reports.quotas.compute`. Nothing here may
be shared with it but the rules as data: the Quota table and the meaning of its `binds`.
"""

import calendar
import datetime
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grievances.models import Grievance
from registry.models import Cadre, Household, LeaderLink, Leave, Pairing, Post, Unit, Village
from registry.models import VillageLink as VillageLinkRow
from reports.models import QuarterlyReport, Quota
from reports.quotas.rules import BOUND
from visits.models import Activity, Trip, Visit

ONE_DAY = datetime.timedelta(days=1)
SHARES = {"paired_coverage", "key_household_coverage"}
MARKS = ("is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship")


def days(first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    while first <= last:
        yield first
        first += ONE_DAY


def holds(begin: datetime.date | None, end: datetime.date | None, day: datetime.date) -> bool:
    """Both inclusive; an open end goes on. Rule 0."""
    return (begin is None or begin <= day) and (end is None or day <= end)


@dataclass
class Tie:
    """Something of `left` with `right` for a while: pairing, link; leave has no right."""

    left: int
    right: int
    begin: datetime.date
    end: datetime.date | None

    def on(self, day: datetime.date) -> bool:
        return holds(self.begin, self.end, day)


@dataclass
class PostRow:
    unit: int
    rank: str
    kind: str
    begin: datetime.date | None
    end: datetime.date | None


@dataclass
class TripRow:
    cadre: int
    village: int
    first: datetime.date
    last: datetime.date
    counts: bool


@dataclass
class VisitRow:
    cadre: int
    household: int
    day: datetime.date
    talk: bool
    counts: bool


@dataclass
class ActivityRow:
    kind: str
    day: datetime.date
    unit: int | None
    village: int | None
    cadres: list[int]


@dataclass
class Window:
    """A period, seen as of a day."""

    kind: str
    first: datetime.date
    last: datetime.date
    as_of: datetime.date

    @property
    def reference_day(self) -> datetime.date:
        return min(self.last, self.as_of)

    def knows(self, day: datetime.date | None) -> bool:
        return day is not None and self.first <= day <= self.last and day <= self.as_of


def window(code: str, as_of: datetime.date) -> Window:
    year = int(code[:4])
    if len(code) == 4:
        kind, months = "year", (1, 12)
    elif "Q" in code:
        kind, months = "quarter", (int(code[-1]) * 3 - 2, int(code[-1]) * 3)
    else:
        kind, months = "month", (int(code[-2:]), int(code[-2:]))
    return Window(kind, month_days(year, months[0])[0], month_days(year, months[1])[-1], as_of)


def month_days(year: int, month: int) -> list[datetime.date]:
    count = calendar.monthrange(year, month)[1]
    return [datetime.date(year, month, number) for number in range(1, count + 1)]


def not_unapproved_backfill(row: Trip | Visit) -> bool:
    return not row.backfilled or row.approved_at is not None


class Naive:
    """The county, read once; then any period as of any day."""

    def __init__(self) -> None:
        self.cadres = {row.pk: row for row in Cadre.objects.all()}
        self.units = {row.pk: row for row in Unit.objects.all()}
        self.villages = {row.pk: row for row in Village.objects.all()}
        self.households = {row.pk: row for row in Household.objects.all()}
        self.posts: dict[int, list[PostRow]] = {pk: [] for pk in self.cadres}
        for post in Post.objects.all():
            row = PostRow(post.unit_id, post.rank, post.kind, post.begins_on, post.ends_on)
            self.posts[post.cadre_id].append(row)
        self.leaves = [Tie(x.cadre_id, 0, x.begins_on, x.ends_on) for x in Leave.objects.all()]
        self.pairings = ties(Pairing.objects.all(), "cadre_id", "household_id")
        self.village_links = ties(VillageLinkRow.objects.all(), "unit_id", "village_id")
        self.leader_links = ties(LeaderLink.objects.all(), "leader_id", "unit_id")
        self.trips, self.visits, self.activities = read_trips(), read_visits(), read_activities()
        self.grievances = list(Grievance.objects.all())
        self.reports = list(QuarterlyReport.objects.all())
        self.rules = list(Quota.objects.all())

    # --- terms ---

    def post(self, cadre: int, day: datetime.date) -> PostRow:
        """Terms win on their days; the standing rows of sheet 干部 fill all the rest."""
        rows = self.posts[cadre]
        for row in rows:
            if row.kind == "term" and holds(row.begin, row.end, day):
                return row
        standing = [row for row in rows if row.kind == "standing"]
        standing.sort(key=lambda row: row.begin or datetime.date.min)
        begun = [row for row in standing if row.begin is None or row.begin <= day]
        return begun[-1] if begun else standing[0]

    def obliged(self, cadre: int, year: int, month: int) -> bool:
        """Rule 4: in post and not on leave on at least 15 days of the whole month."""
        person = self.cadres[cadre]
        count = 0
        for day in month_days(year, month):
            in_post = holds(person.joined_on, person.left_on, day)
            on_leave = any(leave.left == cadre and leave.on(day) for leave in self.leaves)
            count += in_post and not on_leave
        return count >= 15

    def obliged_months(self, cadre: int, seen: Window) -> int:
        """The whole months, future ones too."""
        months = range(seen.first.month, seen.last.month + 1)
        return sum(self.obliged(cadre, seen.first.year, month) for month in months)

    def unit_villages(self, unit: int, day: datetime.date) -> set[int]:
        return {link.right for link in self.village_links if link.left == unit and link.on(day)}

    def paired(self, cadre: int, day: datetime.date) -> set[int]:
        return {pair.right for pair in self.pairings if pair.left == cadre and pair.on(day)}

    def linked(self, cadre: int, village: int, day: datetime.date) -> bool:
        """Rule 1."""
        if village in self.unit_villages(self.post(cadre, day).unit, day):
            return True
        return any(self.households[h].village_id == village for h in self.paired(cadre, day))

    def leader_units(self, leader: int, day: datetime.date) -> set[int]:
        return {link.right for link in self.leader_links if link.left == leader and link.on(day)}

    # --- numbers: how many ---

    def trip_count(self, cadre: int, seen: Window, params: dict[str, Any]) -> int:
        """Rule 2."""
        rank = self.post(cadre, seen.reference_day).rank
        least = params.get("min_days", {}).get(rank, 1)
        count = 0
        for trip in self.trips:
            if trip.cadre != cadre or not trip.counts:
                continue
            long_enough = len(list(days(trip.first, trip.last))) >= least
            over = trip.last <= seen.as_of
            if long_enough and over and seen.knows(trip.first):
                count += self.linked(cadre, trip.village, trip.first)
        return count

    def trip_days(self, cadre: int, seen: Window, params: dict[str, Any]) -> int:
        """Rule 2."""
        found = set()
        for trip in self.trips:
            if trip.cadre == cadre and trip.counts:
                for day in days(trip.first, trip.last):
                    if seen.knows(day) and self.linked(cadre, trip.village, day):
                        found.add(day)
        return len(found)

    def grievances_solved(self, cadre: int, seen: Window, params: dict[str, Any]) -> int:
        """Rule 6."""
        count = 0
        for matter in self.grievances:
            scope = "household" if matter.household_id else "village"
            if matter.handler_id == cadre and scope == params["scope"] and not matter.voided_at:
                count += matter.outcome == "solved" and seen.knows(matter.closed_on)
        return count

    def household_talk(self, cadre: int, seen: Window, params: dict[str, Any]) -> int:
        """Rule 6: days, not talks; at a household paired on that very day."""
        talks = [v for v in self.visits if v.cadre == cadre and v.counts and v.talk]
        paired = [v for v in talks if v.household in self.paired(cadre, v.day)]
        return len({visit.day for visit in paired if seen.knows(visit.day)})

    def leader_talk(self, leader: int, seen: Window, params: dict[str, Any]) -> int:
        """Rule 7."""
        count = 0
        for talk in self.activities:
            if talk.kind != "talk_meeting" or leader not in talk.cadres or not seen.knows(talk.day):
                continue
            linked = self.leader_units(leader, talk.day)
            places = {talk.unit}
            if talk.village is not None:
                places.add(self.villages[talk.village].township_id)
                for unit in self.units:
                    if talk.village in self.unit_villages(unit, talk.day):
                        places.add(unit)
            count += bool(places & linked)
        return count

    def own_activities(self, cadre: int, seen: Window, params: dict[str, Any]) -> int:
        return self._activities(seen, params, lambda row: row.cadres[:1] == [cadre])

    def unit_activities(self, unit: int, seen: Window, params: dict[str, Any]) -> int:
        return self._activities(seen, params, lambda row: row.unit == unit)

    def village_activities(self, village: int, seen: Window, params: dict[str, Any]) -> int:
        return self._activities(seen, params, lambda row: row.village == village)

    def _activities(self, seen: Window, params: dict[str, Any], whose: Callable[[ActivityRow], bool]) -> int:
        """Rule 7."""
        of_kind = [row for row in self.activities if row.kind == params["kind"] and whose(row)]
        return sum(seen.knows(row.day) for row in of_kind)

    def quarterly_reports(self, unit: int, seen: Window, params: dict[str, Any]) -> int:
        quarter = (seen.last.month + 2) // 3
        count = 0
        for report in self.reports:
            if (report.unit_id, report.year, report.quarter) == (unit, seen.last.year, quarter):
                count += report.accepted_on is not None and report.accepted_on <= seen.as_of
        return count

    # --- shares: which households, and which of them are visited ---

    def paired_coverage(self, cadre: int, seen: Window) -> tuple[set[int], set[int]]:
        """Rule 5."""
        visited = {
            visit.household
            for visit in self.visits
            if visit.cadre == cadre and visit.counts and seen.knows(visit.day)
        }
        return self.paired(cadre, seen.reference_day), visited

    def key_household_coverage(self, cadre: int, seen: Window) -> tuple[set[int], set[int]]:
        """Rule 5."""
        unit = self.post(cadre, seen.reference_day).unit
        villages = self.unit_villages(unit, seen.reference_day)
        key = {
            household.pk
            for household in self.households.values()
            if household.village_id in villages and any(getattr(household, m) for m in MARKS)
        }
        visited = {
            visit.household
            for visit in self.visits
            if visit.counts and seen.knows(visit.day) and self.post(visit.cadre, visit.day).unit == unit
        }
        return key, visited

    # --- rows ---

    def rows(self, code: str, as_of: datetime.date) -> list[dict[str, Any]]:
        """What `manage.py compliance` prints under "rows" (contract, section 9)."""
        seen = window(code, as_of)
        found = [
            self._row(rule, pk, seen)
            for rule in self.rules
            if rule.period == seen.kind and holds(rule.begins_on, rule.ends_on, seen.last)
            for pk in self._bound(rule, seen)
        ]
        return sorted(found, key=lambda row: (row["quota"], row["subject"]))

    def _bound(self, rule: Quota, seen: Window) -> list[int]:
        """Rule 10, and the rank of the reference day (rule 4)."""
        kind, values = BOUND[rule.binds]
        if kind == "village":
            return list(self.villages)
        if kind == "unit":
            return [pk for pk, unit in self.units.items() if not values or unit.type in values]
        return [pk for pk in self.cadres if self.post(pk, seen.reference_day).rank in values]

    def _row(self, rule: Quota, pk: int, seen: Window) -> dict[str, Any]:
        kind = BOUND[rule.binds].kind.value
        subject = {"cadre": self.cadres, "unit": self.units, "village": self.villages}[kind][pk]
        exempt, target = False, Fraction(rule.target)
        if kind == "cadre":
            months = self.obliged_months(pk, seen)
            exempt = months == 0
            if seen.kind == "year" and rule.metric not in SHARES:
                target = Fraction(math.ceil(target * months / 12))
        if rule.metric in SHARES:
            to_cover, visited = getattr(self, rule.metric)(pk, seen)
            done = len(to_cover & visited)
            actual = percent(done, len(to_cover))
            exempt = exempt or not to_cover
            met = bool(to_cover) and Fraction(100 * done, len(to_cover)) >= target
        else:
            actual = getattr(self, rule.metric)(pk, seen, rule.params)
            met = actual >= target
        return {
            "quota": rule.code,
            "subject_kind": kind,
            "subject": subject.code,
            "actual": actual,
            "target": int(target) if target.denominator == 1 else float(target),
            "status": status(exempt, met, over=seen.as_of > seen.last),
        }


def status(exempt: bool, met: bool, *, over: bool) -> str:
    """Rule 8, in the contract's order."""
    if exempt:
        return "exempt"
    if met:
        return "met"
    return "missed" if over else "running"


def percent(done: int, total: int) -> float:
    """One decimal, half up; nothing to cover is 0."""
    return math.floor(Fraction(1000 * done, total) + Fraction(1, 2)) / 10 if total else 0.0


def ties(rows: Iterable[Any], left: str, right: str) -> list[Tie]:
    return [Tie(getattr(x, left), getattr(x, right), x.begins_on, x.ends_on) for x in rows]


def read_trips() -> list[TripRow]:
    """Rule 3."""
    return [
        TripRow(
            trip.cadre_id,
            trip.village_id,
            trip.begins_on,
            trip.ends_on,
            counts=trip.voided_at is None and not_unapproved_backfill(trip),
        )
        for trip in Trip.objects.all()
    ]


def read_visits() -> list[VisitRow]:
    """Rule 3, for the visit itself and for the trip it lies in, and only 见面 (rule 5)."""
    rows = []
    for visit in Visit.objects.select_related("trip"):
        counts = visit.voided_at is None and visit.result == "met" and not_unapproved_backfill(visit)
        if visit.trip is not None:
            counts = counts and not visit.trip.voided_at and not_unapproved_backfill(visit.trip)
        rows.append(VisitRow(visit.cadre_id, visit.household_id, visit.day, visit.policy_talk, counts))
    return rows


def read_activities() -> list[ActivityRow]:
    rows = []
    for activity in Activity.objects.filter(voided_at=None).prefetch_related("participants"):
        places = sorted(activity.participants.all(), key=lambda participant: participant.place)
        people = [participant.cadre_id for participant in places]
        rows.append(ActivityRow(activity.kind, activity.day, activity.unit_id, activity.village_id, people))
    return rows


def compliance(code: str, as_of: datetime.date) -> list[dict[str, Any]]:
    return Naive().rows(code, as_of)
