"""What the rules of the ledger need to know."""

import datetime
from dataclasses import dataclass

from grievances.models import Category
from lianhu.kit.sheets import Values
from visits.facts import HistoryFacts


@dataclass
class LedgerFacts(HistoryFacts):
    """The whole history workbook's facts: trips and visits, and the ledger's categories."""

    categories: tuple[str, ...] = ()

    @classmethod
    def load(cls, rows: dict[str, list[tuple[int, Values]]], on: datetime.date) -> "LedgerFacts":
        facts = super().load(rows, on)
        assert isinstance(facts, LedgerFacts)
        facts.categories = tuple(Category.objects.values_list("name", flat=True))
        return facts
