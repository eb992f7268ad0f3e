"""The one list of entrances: which sheets a workbook has, and what their rules need to know."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grievances.deadlines import fill_due
from grievances.facts import LedgerFacts
from grievances.sheets import GRIEVANCES
from lianhu.kit.sheets import Sheet, Values
from registry.facts import RegistryFacts
from registry.sheets import REGISTRY, UNIT_PEOPLE
from visits.sheets import ACTIVITIES, TRIPS, VISITS

Rows = dict[str, list[tuple[int, Values]]]


@dataclass(frozen=True)
class Book:
    """One workbook of the data contract. `sheets` are in the order they are written.

    `tables` are analysed after writing: until PostgreSQL does so by itself, minutes later, it takes
    a county for empty, and figures that cost a second cost half a minute.
    """

    kind: str
    label: str
    sheets: tuple[Sheet, ...]
    facts: Callable[[Rows, datetime.date], Any]
    tables: str
    afterwards: tuple[str | Callable[[], object], ...] = ()


_REGISTRY_TABLES = """accounts_user, registry_unit, registry_village, registry_cadre, registry_post,
    registry_post_span, registry_villagelink, registry_leaderlink, registry_leave, registry_household,
    registry_pairing, registry_rolegrant"""
_VISITS_TABLES = """visits_trip, visits_visit, visits_visitrecord, visits_activity, visits_participant,
    grievances_grievance, grievances_grievanceevent"""
_VISITS = (TRIPS, VISITS, GRIEVANCES, ACTIVITIES)

BOOKS = {
    "registry": Book(
        "registry", "登记表", REGISTRY, RegistryFacts.load, _REGISTRY_TABLES, afterwards=(UNIT_PEOPLE,)
    ),
    "visits": Book("visits", "走访表", _VISITS, LedgerFacts.load, _VISITS_TABLES, afterwards=(fill_due,)),
}
