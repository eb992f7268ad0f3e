"""Recording trips and visits: the one way for phone, page and program. One is a list of one."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import Max
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock
from registry.models import Cadre
from registry.told_at_visit import Told, update_households
from visits.backfill import tell_deciders
from visits.entry_facts import EntryFacts
from visits.models import Trip, Visit, VisitRecord


@dataclass(frozen=True)
class Entered:
    """A row that is right, and when it was written down (never later than its arrival)."""

    values: dict[str, Any]
    at: datetime.datetime


def record_trips(rows: Sequence[Entered], *, by: User, facts: EntryFacts) -> list[Trip]:
    """Raise IntegrityError when somebody else took the days meanwhile. Inside a transaction."""
    now = clock.now()
    trips = Trip.objects.bulk_create(
        Trip(
            cadre_id=facts.people[row.values["cadre"]].pk,
            village_id=facts.villages[row.values["village"]][0],
            begins_on=row.values["begins_on"],
            ends_on=row.values["ends_on"],
            backfilled=facts.is_late(row.values["ends_on"], row.at, done_on=row.values["begins_on"]),
            recorded_at=now,
            recorded_by=by,
        )
        for row in rows
    )
    take_in_companions([trip.pk for trip in trips])
    tell_deciders(trips, on=facts.on)
    return trips


def record_visits(rows: Sequence[Entered], *, by: User, facts: EntryFacts) -> list[Visit]:
    """Visits with their records, those of the companions, and what changed of the households.

    Raise IntegrityError when the same visit came in meanwhile. Inside a transaction.
    """
    now = clock.now()
    visits = [_visit(row, now, by, facts) for row in rows]
    _hold_trips(visits)
    given_before = [visit for visit in visits if visit.pk is not None]
    Visit.objects.bulk_create([visit for visit in visits if visit.pk is None])
    _replace_companions(given_before)
    VisitRecord.objects.bulk_create(
        [_record(visit, row.values, facts) for visit, row in zip(visits, rows, strict=True)]
    )
    with_others = [(visit, row) for visit, row in zip(visits, rows, strict=True) if row.values["companions"]]
    if with_others:
        companions = [each for visit, row in with_others for each in _companions(visit, row, facts)]
        # A companion who has entered the same visit already has it.
        Visit.objects.bulk_create(companions, ignore_conflicts=True)
        _tell_companions(companions)
    _tell_households(visits, rows, by=by)
    tell_deciders(visits, on=facts.on)
    return visits


def _tell_companions(visits: list[Visit]) -> None:
    """Somebody else wrote down that they were there: they may look, and say if it is not so."""
    accounts = dict(
        Cadre.objects.filter(pk__in=[visit.cadre_id for visit in visits]).values_list("pk", "user")
    )
    for visit in visits:
        notify(
            User.objects.filter(pk=accounts[visit.cadre_id]),
            key=f"companion:{visit.accompanies_id}",
            title="同事记下您同行的一次走访，请看一看",
            url=reverse("visit", args=[visit.accompanies_id]),
        )


def _hold_trips(visits: list[Visit]) -> None:
    """Nobody changes the days of these trips until the visits are in; who did so meanwhile is noticed."""
    ids = {visit.trip_id for visit in visits if visit.trip_id}
    held = {
        trip.pk: trip
        for trip in Trip.objects.select_for_update(no_key=True)
        .filter(pk__in=ids, voided_at=None)
        .order_by("pk")
    }
    for visit in visits:
        trip = held.get(visit.trip_id or 0)
        if visit.trip_id and not (trip and trip.begins_on <= visit.day <= trip.ends_on):
            raise IntegrityError("a trip was changed meanwhile")


def _visit(row: Entered, now: datetime.datetime, by: User, facts: EntryFacts) -> Visit:
    values = row.values
    code, cadre, day = values["household"], values["cadre"], values["day"]
    stay = facts.trip_on(cadre, facts.village_of[code], day)
    covering = facts.holder(code, day) != cadre and facts.covers(code, cadre, day)
    return Visit(
        pk=facts.companion_visit(cadre, code, day),
        cadre_id=facts.people[cadre].pk,
        household_id=facts.homes[code].pk,
        trip_id=stay.pk if stay else None,
        day=day,
        result=values["result"],
        policy_talk=values["policy_talk"],
        proxy_reason=values["proxy_reason"] or ("代管" if covering else ""),
        backfilled=stay is not None and facts.is_late(stay.ends_on, row.at, done_on=day),
        longitude=values["longitude"],
        latitude=values["latitude"],
        recorded_at=now,
        recorded_by=by,
    )


def _replace_companions(visits: list[Visit]) -> None:
    """One's own record takes the place of the visit that a colleague's entry had given."""
    if visits:
        names = ["trip", "result", "policy_talk", "proxy_reason", "accompanies", "backfilled"]
        Visit.objects.bulk_update(visits, [*names, "longitude", "latitude", "recorded_at", "recorded_by"])


_WORDS = ("talk_topic", "difficulties", "opinions", "spot_answer", "promises")


def _record(visit: Visit, values: dict[str, Any], facts: EntryFacts) -> VisitRecord:
    """Whole, as the form is printed: what was left blank is as the household has it (与上次相同)."""
    home = facts.homes[values["household"]]
    return VisitRecord(
        visit=visit,
        solved_on_spot=values["solved_on_spot"] or bool(values["spot_answer"]),
        head_name=values["head_name"] or home.head_name,
        people_count=values["people_count"] or home.people_count,
        income_sources=values["income_sources"] or home.income_sources,
        clear=list(values["clear"]),
        seen=list(values["seen"]),
        **{name: values[name] for name in _WORDS},
    )


def _companions(visit: Visit, row: Entered, facts: EntryFacts) -> list[Visit]:
    """Their own visits, without a record of their own: it lies in their own trip, now or once it is entered."""
    values = row.values
    code, day = values["household"], values["day"]
    found = []
    for cadre in values["companions"]:
        if facts.visited(cadre, code, day):
            continue
        stay = facts.trip_on(cadre, facts.village_of[code], day)
        paired = facts.holder(code, day) == cadre
        found.append(
            Visit(
                cadre_id=facts.people[cadre].pk,
                household_id=visit.household_id,
                trip_id=stay.pk if stay else None,
                day=day,
                result=visit.result,
                policy_talk=visit.policy_talk,
                proxy_reason="" if paired else values["companion_reason"],
                accompanies=visit,
                # Without a trip yet, the day itself is the last one it could have lain in.
                backfilled=facts.is_late(stay.ends_on if stay else day, row.at, done_on=day),
                recorded_at=visit.recorded_at,
                recorded_by=visit.recorded_by,
            )
        )
    return found


def take_in_companions(trips: list[int]) -> None:
    """Visits that a companion made before the trip was entered lie in it now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE visits_visit w SET trip_id = t.id
               FROM visits_trip t, registry_household h
               WHERE t.id = ANY(%s) AND w.trip_id IS NULL AND w.accompanies_id IS NOT NULL
                 AND w.voided_at IS NULL AND w.cadre_id = t.cadre_id AND w.day BETWEEN t.begins_on AND t.ends_on
                 AND h.id = w.household_id AND h.village_id = t.village_id""",
            [trips],
        )


def _tell_households(visits: list[Visit], rows: Sequence[Entered], *, by: User) -> None:
    """What the family told of itself holds from this visit on, unless a later visit told already."""
    told = [
        Told(
            visit.household_id, visit.day, {name: row.values[name] for name in Told.NAMES if row.values[name]}
        )
        for visit, row in zip(visits, rows, strict=True)
    ]
    told = [each for each in told if each.values]
    if not told:
        return
    latest = Visit.objects.filter(
        household__in=[each.household_id for each in told], voided_at=None, accompanies=None
    )
    newest = dict(latest.order_by().values_list("household").annotate(Max("day")))
    update_households([each for each in told if newest[each.household_id] == each.day], by=by)
