"""Figures of a month and of a year against bare passes over the tables they need."""

import datetime

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import county
from benchmarks.timing import best, query, tell
from lianhu.kit.periods import Period
from registry.models import Unit
from reports.quotas.compute import figures

_AS_OF = datetime.date(2026, 11, 25)

# One pass over the month's trip days, links, pairings and leave, each grouped as the figure needs it.
_MONTH_PASSES = {
    "trip days": """SELECT cadre_id, count(DISTINCT day) FROM visits_trip,
        generate_series(greatest(begins_on, DATE '2026-06-01'), least(ends_on, DATE '2026-06-30'),
                        interval '1 day') day
        WHERE daterange(begins_on, ends_on, '[]') && daterange('2026-06-01', '2026-06-30', '[]') GROUP BY 1""",
    "links": """SELECT unit_id, count(*) FROM registry_villagelink
        WHERE begins_on <= '2026-06-30' AND coalesce(ends_on >= '2026-06-01', true) GROUP BY 1""",
    "pairings": """SELECT cadre_id, count(*) FROM registry_pairing
        WHERE begins_on <= '2026-06-30' AND coalesce(ends_on >= '2026-06-01', true) GROUP BY 1""",
    "leave": """SELECT cadre_id, count(*) FROM registry_leave
        WHERE begins_on <= '2026-06-30' AND coalesce(ends_on >= '2026-06-01', true) GROUP BY 1""",
}

# One pass over each table the year's rules need; visits once by cadre and household, the coarsest
# grouping from which the coverage rules can be told.
_YEAR_PASSES = {
    "visits": """SELECT cadre_id, household_id, max(day) FROM visits_visit
        WHERE day BETWEEN '2026-01-01' AND '2026-11-25' GROUP BY 1, 2""",
    "trips": """SELECT cadre_id, count(*) FROM visits_trip
        WHERE daterange(begins_on, ends_on, '[]') && daterange('2026-01-01', '2026-11-25', '[]') GROUP BY 1""",
    "pairings": "SELECT cadre_id, count(*) FROM registry_pairing GROUP BY 1",
    "households": "SELECT village_id, count(*) FROM registry_household GROUP BY 1",
    "links": "SELECT unit_id, count(*) FROM registry_villagelink GROUP BY 1",
    "leave": "SELECT cadre_id, count(*) FROM registry_leave GROUP BY 1",
    "grievances": "SELECT handler_id, count(*) FROM grievances_grievance GROUP BY 1",
    "activities": "SELECT kind, unit_id, count(*) FROM visits_activity GROUP BY 1, 2",
    "participants": "SELECT cadre_id, count(*) FROM visits_participant GROUP BY 1",
}


def run() -> None:
    call_command("migrate", verbosity=0)
    if not Unit.objects.exists():
        print("generating a large county, some minutes ...", flush=True)
        county.fill()
    for code, passes in (("2026-06", _MONTH_PASSES), ("2026", _YEAR_PASSES)):
        _compare(Period.parse(code), passes)


def _compare(period: Period, passes: dict[str, str]) -> None:
    bare = {name: query(sql) for name, sql in passes.items()}
    with CaptureQueriesContext(connection) as statements:
        rows = len(figures(period, as_of=_AS_OF))
    taken = best(lambda: figures(period, as_of=_AS_OF))
    each = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in bare.items())
    tell(
        f"figures of {period.code}, {rows} rows, {len(statements)} statements",
        taken / sum(bare.values()),
        "at most 3 times the bare passes",
        f"{taken * 1000:.0f} ms against {sum(bare.values()) * 1000:.0f} ms ({each})",
    )
