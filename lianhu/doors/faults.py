"""Faults and warnings of one file: all are counted, the first thousand are told (contract, section 9)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LISTED = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """`row` as Excel shows it, `column` the header as the contract writes it; 0 and '' for none."""

    sheet: str
    row: int
    column: str
    code: str
    message: str


@dataclass
class FaultLog:
    """Memory stays bounded: each sheet keeps its first thousand of each step, steps go row by row."""

    count: int = 0
    _kept: dict[tuple[str, str], list[Place]] = field(default_factory=lambda: defaultdict(list))

    def add(self, step: str, place: Place) -> None:
        self.count += 1
        kept = self._kept[step, place.sheet]
        if len(kept) < LISTED:
            kept.append(place)

    def listed(self, columns: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """Sorted by sheet, row and column in the contract's order of (sheet, column)."""
        order = {place: index for index, place in enumerate(columns)}
        sheets = {sheet: index for index, (sheet, _) in reversed(list(enumerate(columns)))}
        kept = [place for places in self._kept.values() for place in places]
        kept.sort(
            key=lambda place: (
                sheets.get(place.sheet, -1), place.row, order.get((place.sheet, place.column), -1), place.code
            )
        )  # fmt: skip
        return [asdict(place) for place in kept[:LISTED]]
