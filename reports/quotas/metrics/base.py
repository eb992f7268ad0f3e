"""The shape of a metric."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["trip", "visit", "household", "grievance", "activity", "report"]

# Done, total, and which rows are needed to tell them.
_FOLDS = {
    "count": ("count(*)", "NULL::bigint", "counts"),
    # Days of the rows together, each day once.
    "days": (
        "(SELECT sum(upper(piece) - lower(piece)) FROM unnest(range_agg(days)) piece)",
        "NULL::bigint",
        "counts",
    ),
    "share": ("count(*) FILTER (WHERE counts)", "count(*)", "true"),
}


@dataclass(frozen=True)
class Metric:
    """A figure is the fold of its evidence (contract 6, rule 9).

    `relation`: SELECT subject_id, source_id, days, counts, why_not, over the terms of `common`.
    It holds the rows that count and those one would expect to; `why_not` is a key of REASONS.
    `fold`: rows, distinct days, or the rows' share in percent. `of_unit`: the relation's subject is a
    unit, and each of its cadres of the reference day has the unit's figure.
    """

    name: str
    source: Source
    relation: str
    fold: Literal["count", "days", "share"]
    expected_params: frozenset[str] = frozenset()
    of_unit: bool = False

    @property
    def shares(self) -> bool:
        return self.fold == "share"

    def tally(self, place: int) -> str:
        """Done and total for each subject. `place` names this use's own parameters."""
        done, total, needed = _FOLDS[self.fold]
        folded = f"""
            SELECT {place} AS tally, subject_id, {done} AS done, {total} AS total
            FROM ({self.at(place)}) evidence WHERE {needed} GROUP BY subject_id"""
        if not self.of_unit:
            return folded
        return f"""
            SELECT tally, c.id AS subject_id, done, total
            FROM ({folded}) of_unit JOIN cadre c ON c.unit_id = of_unit.subject_id"""

    def at(self, place: int) -> str:
        relation = self.relation
        for name in self.expected_params:
            relation = relation.replace(f"%({name})s", f"%({name}_{place})s")
        return relation
