"""Stored figures: what one visit costs them, and what freezing costs beside computing."""

import datetime
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks import county
from benchmarks.own_database import copy_of_the_county
from benchmarks.timing import best, tell
from lianhu.doors.sync_kinds import KINDS
from lianhu.kit import clock
from lianhu.kit.cleaning import clean_values
from lianhu.kit.periods import Period
from registry.models import Pairing, Unit
from reports.models import FrozenPeriod, Touched
from reports.quotas import freeze, stored
from reports.quotas.compute import figures
from visits.entry_facts import EntryFacts
from visits.forms import VisitEntryForm
from visits.models import Trip, Visit, VisitRecord
from visits.services import Entered, record_visits

_ON = datetime.date(2026, 11, 25)
_MONTH = Period.parse("2026-10")
_VISITS = 50


def run() -> None:
    call_command("migrate", verbosity=0)
    if not Unit.objects.exists():
        print("generating a large county, some minutes ...", flush=True)
        county.fill()
    with copy_of_the_county():
        for code in ("2026-11", "2026Q4", "2026"):
            stored.store_period(Period.parse(code), _ON)
        Touched.objects.all().delete()
        _visits()
    _freeze()


def _visits() -> None:
    """Each visit inserted, then what it touched computed again; either is committed, as in the product.

    The insert is `record_visits`, which every visit comes in by: what was read for the rules before it is not
    counted. Beside it, for every other visit, the bare rows by the ORM: the visit and its record.
    """
    pairings = Pairing.objects.filter(ends_on__isnull=True).select_related("household", "cadre__user")
    # One a cadre: nobody is twice in a village on the day.
    chosen = sorted(pairings.order_by("cadre", "pk").distinct("cadre"), key=lambda pairing: pairing.pk % 997)
    inserted, bare, computed, pks = [], [], [], []
    for place, pairing in enumerate(chosen[: 2 * _VISITS]):
        trip = Trip.objects.create(
            cadre_id=pairing.cadre_id,
            village_id=pairing.household.village_id,
            begins_on=_ON,
            ends_on=_ON,
            recorded_at=clock.now(),
        )
        stored.drain(_ON)
        insert = _rows(pairing, trip) if place % 2 else _service(pairing)
        (bare if place % 2 else inserted).append(_taken(lambda insert=insert: pks.append(insert())))  # type: ignore[misc]
        computed.append(_taken(lambda: stored.drain(_ON)))
    inserting, by_rows, computing = (statistics.median(each) for each in (inserted, bare, computed))
    tell(
        "computing again what one visit touched, against the insert of that visit",
        computing / inserting,
        "at most 3",
        f"{computing * 1000:.1f} ms against {inserting * 1000:.1f} ms, medians of {_VISITS}",
    )
    tell(
        "the same, against its two bare rows",
        computing / by_rows,
        "told only",
        f"{by_rows * 1000:.1f} ms",
    )
    Visit.objects.filter(pk__in=pks).update(policy_talk=False)
    all_at_once = _taken(lambda: stored.drain(_ON)) / len(pks)
    tell(
        f"{len(pks)} visits computed again at once, each against its two bare rows",
        all_at_once / by_rows,
        "at most 3",
        f"{all_at_once * 1000:.1f} ms a visit",
    )


def _service(pairing: Pairing) -> Callable[[], int]:
    user: Any = pairing.cadre.user
    said = {"household": pairing.household.code, "day": _ON.isoformat(), "result": "met", "policy_talk": True}
    values, faults = clean_values(VisitEntryForm, said | {"difficulties": "无", "opinions": "无"})
    values["cadre"] = pairing.cadre.code
    facts = EntryFacts.load([values], by=user, on=_ON)
    facts.row = 1
    assert not faults
    assert not KINDS["visit"].faults_of(values, facts, readable=True)

    def insert() -> int:
        with transaction.atomic():
            [visit] = record_visits([Entered(values, clock.now())], by=user, facts=facts)
        return int(visit.pk)

    return insert


def _rows(pairing: Pairing, trip: Trip) -> Callable[[], int]:
    visit = Visit(
        cadre_id=pairing.cadre_id,
        household=pairing.household,
        trip=trip,
        day=_ON,
        policy_talk=True,
        recorded_at=clock.now(),
    )

    def insert() -> int:
        with transaction.atomic():
            visit.save(force_insert=True)
            VisitRecord.objects.create(visit=visit, difficulties="无", opinions="无")
        return int(visit.pk)

    return insert


def _taken(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _freeze() -> None:
    """A month of 6,000 cadres, each time undone."""
    as_of = freeze.as_of(_MONTH)

    def frozen() -> None:
        with transaction.atomic():
            FrozenPeriod.objects.filter(code=_MONTH.code).delete()
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute("DELETE FROM reports_frozenfigure WHERE period = %s", [_MONTH.code])
                cursor.execute("SET LOCAL session_replication_role = origin")
            assert freeze.freeze(_MONTH)
            transaction.set_rollback(True)

    computing = best(lambda: figures(_MONTH, as_of=as_of))
    freezing = best(frozen)
    tell(
        f"freezing {_MONTH.code} of {county.CADRES:,} cadres against computing it",
        freezing / computing,
        "at most 2",
        f"{freezing * 1000:.0f} ms against {computing * 1000:.0f} ms",
    )
