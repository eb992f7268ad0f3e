"""What happened to one household, newest first: visits, matters, pairings and 户变动 as one list.

However long it is: one statement for the keys of a page, then one for each kind of row on it.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Prefetch, QuerySet

from grievances.models import Grievance
from registry.models import Household, HouseholdChange, Pairing
from visits.models import Visit

# Of one day the later step is above; a companion's visit is told with the visit that it accompanies.
_MOMENTS = """
    SELECT 'visit' AS kind, id, day, 4 AS place FROM visits_visit
    WHERE household_id = %(home)s AND accompanies_id IS NULL
    UNION ALL SELECT 'registered', id, registered_on, 5 FROM grievances_grievance WHERE household_id = %(home)s
    UNION ALL SELECT 'replied', id, replied_on, 6 FROM grievances_grievance
    WHERE household_id = %(home)s AND replied_on IS NOT NULL
    UNION ALL SELECT 'closed', id, closed_on, 7 FROM grievances_grievance
    WHERE household_id = %(home)s AND closed_on IS NOT NULL
    UNION ALL SELECT 'begun', id, begins_on, 2 FROM registry_pairing
    WHERE household_id = %(home)s AND begins_on <= %(today)s
    UNION ALL SELECT 'ended', id, ends_on, 1 FROM registry_pairing
    WHERE household_id = %(home)s AND ends_on <= %(today)s
    UNION ALL SELECT 'change', id, "on", 3 FROM registry_householdchange
    WHERE household_id = %(home)s OR other_id = %(home)s"""

_ROWS: dict[str, QuerySet[Any]] = {
    "visit": Visit.objects.select_related(
        "record", "cadre", "household", "trip", "recorded_by__cadre"
    ).prefetch_related(
        "addenda__added_by",
        "questions__asked_by",
        "questions__answered_by",
        Prefetch("companions", Visit.objects.select_related("cadre").order_by("pk")),
    ),
    "matter": Grievance.objects.select_related("category", "handler"),
    "pairing": Pairing.objects.select_related("cadre", "handover"),
    "change": HouseholdChange.objects.select_related("household", "other", "village", "recorded_by"),
}
_ROW_OF = {
    "visit": "visit",
    "registered": "matter",
    "replied": "matter",
    "closed": "matter",
    "begun": "pairing",
    "ended": "pairing",
    "change": "change",
}


@dataclass(frozen=True)
class Moment:
    """One line: `kind` says which step of which row; `row` is the visit, matter, pairing or change."""

    kind: str
    day: datetime.date
    row: Any


class Timeline:
    """What a paginator asks: its length, and a slice of it."""

    def __init__(self, home: Household, today: datetime.date) -> None:
        self._params: dict[str, int | datetime.date] = {"home": home.pk, "today": today}

    def count(self) -> int:
        [(number,)] = self._ask(f"SELECT count(*) FROM ({_MOMENTS}) moment")
        return int(number)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[Moment]:
        keys = self._ask(
            f"""SELECT kind, id, day FROM ({_MOMENTS}) moment
                ORDER BY day DESC, place DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            limit=part.stop - part.start,
            offset=part.start,
        )
        rows = {name: _rows(name, keys) for name in _ROWS}
        return [Moment(kind, day, rows[_ROW_OF[kind]][pk]) for kind, pk, day in keys]

    def _ask(self, statement: str, **params: int | datetime.date) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._params | params)
            return list(cursor.fetchall())


def _rows(name: str, keys: Iterable[tuple[Any, ...]]) -> dict[int, Any]:
    return _ROWS[name].in_bulk({pk for kind, pk, _ in keys if _ROW_OF[kind] == name})
