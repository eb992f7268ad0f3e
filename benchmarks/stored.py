"""Stored figures: what one visit costs them, and what freezing costs beside computing."""

import datetime
import time
from collections.abc import Callable

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks import county
from benchmarks.timing import best, tell
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Pairing, Unit
from reports.models import FrozenPeriod, Touched
from reports.quotas import freeze, stored
from reports.quotas.compute import figures
from visits.models import Trip, Visit, VisitRecord

_ON = datetime.date(2026, 11, 25)
_MONTH = Period.parse("2026-10")
_VISITS = 50


def run() -> None:
    call_command("migrate", verbosity=0)
    if not Unit.objects.exists():
        print("generating a large county, some minutes ...", flush=True)
        county.fill()
    with transaction.atomic():
        for code in ("2026-11", "2026Q4", "2026"):
            stored.store_period(Period.parse(code), _ON)
        Touched.objects.all().delete()
        _visits()
        transaction.set_rollback(True)
    _freeze()


def _visits() -> None:
    """Each visit as `record_visits` writes it, row and record; then what it touched is computed again."""
    pairings = Pairing.objects.filter(ends_on__isnull=True).select_related("household").order_by("?")
    one_by_one, together = [], []
    for pairing in pairings[:_VISITS]:
        home = pairing.household
        trip = Trip.objects.create(
            cadre_id=pairing.cadre_id,
            village_id=home.village_id,
            begins_on=_ON,
            ends_on=_ON,
            recorded_at=clock.now(),
        )
        stored.drain(_ON)
        visit = Visit(
            cadre_id=pairing.cadre_id,
            household=home,
            trip=trip,
            day=_ON,
            policy_talk=True,
            recorded_at=clock.now(),
        )
        one_by_one.append((_taken(lambda visit=visit: _write(visit)), _taken(lambda: stored.drain(_ON))))  # type: ignore[misc]
        together.append(visit)
    writing, computing = (sorted(each)[_VISITS // 2] for each in zip(*one_by_one, strict=True))
    tell(
        "computing again what one visit touched, against the insert of that visit",
        computing / writing,
        "at most 3",
        f"{computing * 1000:.1f} ms against {writing * 1000:.1f} ms, medians of {_VISITS}",
    )
    Visit.objects.filter(pk__in=[visit.pk for visit in together]).update(policy_talk=False)
    all_at_once = _taken(lambda: stored.drain(_ON)) / _VISITS
    tell(
        f"{_VISITS} visits computed again at once, each against its insert",
        all_at_once / writing,
        "at most 3",
        f"{all_at_once * 1000:.1f} ms a visit",
    )


def _write(visit: Visit) -> None:
    with transaction.atomic():
        visit.save(force_insert=True)
        VisitRecord.objects.create(visit=visit, difficulties="无", opinions="无")


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
