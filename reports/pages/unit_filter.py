"""Which rows of the unit's table are asked for: page and export ask the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from registry.models import Rank
from reports.pages.unit_table import Row, Table

_STATES = {"": "全部", "missed": "有未完成", "running": "有进行中", "exempt": "有免考"}


@dataclass(frozen=True)
class Filter:
    """By state, rank, duty, and name or 工号; what is not known filters nothing."""

    state: str
    rank: str
    duty: str
    words: str

    @classmethod
    def of(cls, asked: Mapping[str, str], table: Table) -> "Filter":
        state, rank, duty = asked.get("state", ""), asked.get("rank", ""), asked.get("duty", "")
        return cls(
            state if state in _STATES else "",
            rank if rank in Rank.values else "",
            duty if duty in {quota.code for quota in table.columns} else "",
            asked.get("q", "").strip()[:50],
        )

    def apply(self, table: Table) -> Table:
        return replace(table, rows=[row for row in table.rows if self._keeps(row, self.state)])

    def _keeps(self, row: Row, state: str) -> bool:
        """With a duty, whom it binds, and the state is that of this duty."""
        cells = [cell for cell in row.bound if self.duty in ("", cell.quota.code)]
        return (
            (not self.duty or bool(cells))
            and (not state or any(cell.state == state for cell in cells))
            and (not self.rank or row.rank == Rank(self.rank).label)
            and (self.words in row.cadre.name or self.words.lower() in row.cadre.code.lower())
        )

    def choices(self, table: Table, month: str) -> list[dict[str, Any]]:
        """The states with their counts, each a link that keeps the rest of the filter."""
        kept = {"month": month, "rank": self.rank, "duty": self.duty, "q": self.words}
        return [
            {
                "label": label,
                "count": sum(self._keeps(row, state) for row in table.rows),
                "query": urlencode(
                    {name: value for name, value in (kept | {"state": state}).items() if value}
                ),
                "current": state == self.state,
            }
            for state, label in _STATES.items()
        ]
