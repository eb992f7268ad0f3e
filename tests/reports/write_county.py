"""A drawn county on its way into the database, a few bulk inserts.

Rows that PostgreSQL would refuse (overlaps, a thing twice) are left out: the first one stays.
"""

import calendar
import datetime
from collections.abc import Callable, Iterable
from typing import Any

from accounts.models import User
from grievances.models import Category, Grievance
from registry.models import (
    Cadre,
    Household,
    LeaderLink,
    Leave,
    Pairing,
    Post,
    Unit,
    UnitType,
    Village,
    VillageLink,
)
from reports.models import QuarterlyReport, Quota
from tests import county
from tests.reports.random_county import MARKS, ONE_DAY, Plan
from visits.models import Activity, Participant, Trip, Visit

Date = datetime.date
# In an order that only code points give.
CADRE_CODES = ["10", "9", "A1", "A-1", "B2", "a1", "_x", "工1", "工10", "𠮷1"]
RECORDED_AT = county.evening("2026-08-01")


def ending(begin: Date, length: int | None) -> Date | None:
    return None if length is None else begin + length * ONE_DAY


def without_overlap(rows: Iterable[Any], key: Callable[[Any], Any]) -> list[Any]:
    """Rows with `begins_on` and `ends_on`; of two that share a day of one key the first stays."""
    kept: list[Any] = []
    for row in rows:
        begin, end = row.begins_on, row.ends_on or Date.max
        if not any(
            key(row) == key(other) and begin <= (other.ends_on or Date.max) and other.begins_on <= end
            for other in kept
        ):
            kept.append(row)
    return kept


def once(rows: Iterable[Any], key: Callable[[Any], Any]) -> list[Any]:
    kept: dict[Any, Any] = {}
    for row in rows:
        kept.setdefault(key(row), row)
    return list(kept.values())


def write(plan: Plan) -> None:
    units = write_units(plan)
    villages = write_villages(plan, units)
    cadres = write_cadres(plan, units)
    households = Household.objects.bulk_create(
        Household(
            code=f"h{at}", village=pick(villages, village), head_name="扎西", kind="rural",
            people_count=3, **dict(zip(MARKS, marks, strict=True)),
        )
        for at, (village, *marks) in enumerate(plan.households)
    )  # fmt: skip
    write_ties(plan, units, villages, cadres, households)
    trips = write_trips(plan, villages, cadres)
    write_visits(plan, trips, cadres, households)
    write_matters(plan, villages, cadres, households)
    write_activities(plan, units, villages, cadres)
    reports = [
        QuarterlyReport(
            unit=pick(units, unit), year=y // 4, quarter=y % 4 + 1, accepted_on=day,
            state="accepted" if day else "draft",
        )
        for unit, shift, day in plan.reports
        for y in [plan.year * 4 + (plan.month - 1) // 3 + shift]
    ]  # fmt: skip
    QuarterlyReport.objects.bulk_create(once(reports, lambda r: (r.unit_id, r.year, r.quarter)))
    write_rules(plan)


def write_rules(plan: Plan) -> None:
    """The office changes numbers from a day on; shares stay whole."""
    rules = list(Quota.objects.exclude(target=100).order_by("pk"))
    changes = once(plan.rule_changes, lambda change: change[0] % len(rules))
    for which, day, target in changes:
        rule = pick(rules, which)
        Quota.objects.filter(pk=rule.pk).update(ends_on=day - ONE_DAY)
        rule.pk, rule._state.adding = None, True
        rule.begins_on, rule.target = day, target
        rule.save()


def pick(rows: list[Any], index: int) -> Any:
    return rows[index % len(rows)]


def write_units(plan: Plan) -> list[Unit]:
    types = [UnitType.TOWNSHIP, *plan.units]
    return Unit.objects.bulk_create(
        Unit(code=f"u{at}", name=f"单位{at}", type=type) for at, type in enumerate(types)
    )


def write_villages(plan: Plan, units: list[Unit]) -> list[Village]:
    townships = [unit for unit in units if unit.type == UnitType.TOWNSHIP]
    return Village.objects.bulk_create(
        Village(code=f"5132{at:08}", name=f"村{at}", township=pick(townships, of), type="village")
        for at, of in enumerate(plan.villages)
    )


def write_cadres(plan: Plan, units: list[Unit]) -> list[Cadre]:
    codes = CADRE_CODES[: len(plan.cadres)]
    users = User.objects.bulk_create(User(username=code, name=code, password="!") for code in codes)
    cadres = Cadre.objects.bulk_create(
        Cadre(
            code=user.username, user=user, name=user.name, joined_on=joined,
            left_on=left and max(left, joined),
        )
        for user, (_, _, joined, left) in zip(users, plan.cadres, strict=True)
    )  # fmt: skip
    standing = [
        Post(cadre=cadre, unit=pick(units, unit), rank=rank, kind="standing")
        for cadre, (unit, rank, _, _) in zip(cadres, plan.cadres, strict=True)
    ]
    standing += [
        Post(cadre=pick(cadres, who), unit=pick(units, unit), rank=rank, kind="standing", begins_on=day)
        for who, unit, rank, day in plan.restandings
    ]
    terms = [
        Post(
            cadre=pick(cadres, who), unit=pick(units, unit), rank=rank, kind="term",
            begins_on=begin, ends_on=ending(begin, length),
        )
        for who, unit, rank, (begin, length) in plan.terms
    ]  # fmt: skip
    standing = once(standing, lambda post: (post.cadre_id, post.begins_on))
    Post.objects.bulk_create([*standing, *without_overlap(terms, lambda post: post.cadre_id)])
    leaves = [
        Leave(cadre=pick(cadres, who), reason="病假", begins_on=begin, ends_on=end)
        for who, drawn in plan.leaves
        for begin, end in [leave_days(plan, drawn)]
    ]
    Leave.objects.bulk_create(once(leaves, lambda leave: (leave.cadre_id, leave.begins_on)))
    return cadres


def leave_days(plan: Plan, drawn: Any) -> tuple[Date, Date | None]:
    """A span, or a leave that leaves so many days of the month at its end or its beginning."""
    if isinstance(drawn[0], Date):
        return drawn[0], ending(*drawn)
    left_days, at_end, beyond = drawn
    last = calendar.monthrange(plan.year, plan.month)[1]
    if at_end:
        begin = Date(plan.year, plan.month, 1)
        return begin - beyond * ONE_DAY, Date(plan.year, plan.month, last - left_days)
    end = Date(plan.year, plan.month, last)
    return Date(plan.year, plan.month, left_days + 1), end + beyond * ONE_DAY


def write_ties(
    plan: Plan,
    units: list[Unit],
    villages: list[Village],
    cadres: list[Cadre],
    households: list[Household],
) -> None:
    def drawn(model: Any, rows: Any, left: tuple[str, Any], right: tuple[str, Any]) -> list[Any]:
        return [
            model(
                **{left[0]: pick(left[1], one), right[0]: pick(right[1], other)},
                begins_on=begin,
                ends_on=ending(begin, length),
            )
            for one, other, (begin, length) in rows
        ]

    pairings = [
        Pairing(
            household=pick(households, home),
            cadre=pick(cadres, who),
            begins_on=begin,
            ends_on=end,
        )
        for home, before, after, last_day in plan.handovers
        for who, begin, end in (
            (before, county.LONG_AGO, last_day),
            (after, last_day + ONE_DAY, None),
        )
    ]
    pairings += drawn(Pairing, plan.pairings, ("household", households), ("cadre", cadres))
    Pairing.objects.bulk_create(without_overlap(pairings, lambda row: row.household_id))
    links = drawn(VillageLink, plan.village_links, ("unit", units), ("village", villages))
    links = once(links, lambda row: (row.unit_id, row.village_id, row.begins_on))
    VillageLink.objects.bulk_create(links)
    links = drawn(LeaderLink, plan.leader_links, ("leader", cadres), ("unit", units))
    links = once(links, lambda row: (row.leader_id, row.unit_id, row.begins_on))
    LeaderLink.objects.bulk_create(links)


def voided(is_void: bool) -> Any:
    return RECORDED_AT if is_void else None


def as_it_stands(state: str) -> dict[str, Any]:
    """Of a trip or a visit: void, 补录, or approved 补录."""
    return {
        "backfilled": "backfilled" in state or "approved" in state,
        "approved_at": RECORDED_AT if "approved" in state else None,
        "voided_at": voided("void" in state),
        "recorded_at": RECORDED_AT,
    }


def write_trips(plan: Plan, villages: list[Village], cadres: list[Cadre]) -> list[Trip]:
    trips = [
        Trip(
            cadre=pick(cadres, who), village=pick(villages, where),
            begins_on=begin, ends_on=begin + length * ONE_DAY, **as_it_stands(state),
        )
        for who, where, (begin, length), state in plan.trips
    ]  # fmt: skip
    void = [trip for trip in trips if trip.voided_at]
    valid = [trip for trip in trips if not trip.voided_at]
    valid = without_overlap(valid, lambda trip: (trip.cadre_id, trip.village_id))
    return Trip.objects.bulk_create([*valid, *void])


def write_visits(plan: Plan, trips: list[Trip], cadres: list[Cadre], households: list[Household]) -> None:
    pairings = list(Pairing.objects.select_related("household").order_by("pk"))

    def choose(cadre: Cadre, others: list[Household], home: int, own: bool) -> Household:
        paired = [pairing.household for pairing in pairings if pairing.cadre_id == cadre.pk]
        return pick(paired if own and paired else others or households, home)

    visits = []
    for which, home, own, result, talk, state, shift in plan.visits if trips else []:
        trip = pick(trips, which)
        days = (trip.ends_on - trip.begins_on).days + 1
        near = [row for row in households if row.village_id == trip.village_id]
        visits.append(
            Visit(
                cadre=trip.cadre, trip=trip, household=choose(trip.cadre, near, home, own),
                day=trip.begins_on + shift % days * ONE_DAY, result=result, policy_talk=talk,
                **as_it_stands(state),
            )
        )  # fmt: skip
    for who, home, own, result, talk, state, day in plan.loose_visits:
        cadre = pick(cadres, who)
        visits.append(
            Visit(
                cadre=cadre, household=choose(cadre, households, home, own), day=day,
                result=result, policy_talk=talk,
                **as_it_stands(state),
            )
        )  # fmt: skip
    void = [visit for visit in visits if visit.voided_at]
    valid = [visit for visit in visits if not visit.voided_at]
    valid = once(valid, lambda visit: (visit.cadre_id, visit.household_id, visit.day))
    Visit.objects.bulk_create([*valid, *void])


def write_matters(
    plan: Plan, villages: list[Village], cadres: list[Cadre], households: list[Household]
) -> None:
    category, _ = Category.objects.get_or_create(name="其他", defaults={"position": 99})
    matters = []
    for at, (who, where, of_home, day, outcome, is_void) in enumerate(plan.matters):
        home = pick(households, where) if of_home else None
        matters.append(
            Grievance(
                number=f"LH-{at}", kind="livelihood", category=category, household=home,
                village=home.village if home else pick(villages, where), title="漏水",
                content="漏水", level="village", handler=pick(cadres, who),
                state="closed" if day else "replied", outcome=outcome,
                registered_on=Date(2022, 1, 1), replied_on=Date(2022, 1, 2), closed_on=day,
                voided_at=voided(is_void), recorded_at=RECORDED_AT,
            )
        )  # fmt: skip
    Grievance.objects.bulk_create(matters)


def write_activities(plan: Plan, units: list[Unit], villages: list[Village], cadres: list[Cadre]) -> None:
    people = []
    activities = []
    for kind, day, unit, village, who, is_void in plan.activities:
        activity = Activity(
            kind=kind, day=day, topic="学习", voided_at=voided(is_void), recorded_at=RECORDED_AT,
            unit=None if unit is None else pick(units, unit),
            village=None if village is None else pick(villages, village),
        )  # fmt: skip
        activities.append(activity)
        present = once([pick(cadres, one) for one in who], lambda cadre: cadre.pk)
        people += [Participant(activity=activity, cadre=cadre, place=n) for n, cadre in enumerate(present)]
    Activity.objects.bulk_create(activities)
    for person in people:
        person.activity_id = person.activity.pk
    Participant.objects.bulk_create(people)
