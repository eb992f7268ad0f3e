"""The one list of entrances: which sheets a workbook has, and what their rules need to know."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grievances.facts import LedgerFacts
from grievances.sheets import GRIEVANCES
from lianhu.kit.sheets import Sheet, Values
from registry.facts import RegistryFacts
from registry.sheets import REGISTRY, UNIT_PEOPLE
from visits.sheets import ACTIVITIES, TRIPS, VISITS

Rows = dict[str, list[tuple[int, Values]]]


@dataclass(frozen=True)
class Book:
    """One workbook of the data contract. `sheets` are in the order they are written."""

    kind: str
    label: str
    sheets: tuple[Sheet, ...]
    facts: Callable[[Rows, datetime.date], Any]
    afterwards: tuple[str, ...] = ()


BOOKS = {
    "registry": Book("registry", "登记表", REGISTRY, RegistryFacts.load, (UNIT_PEOPLE,)),
    "visits": Book("visits", "走访表", (TRIPS, VISITS, GRIEVANCES, ACTIVITIES), LedgerFacts.load),
}
