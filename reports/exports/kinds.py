"""What an export is: a list of the product with its own filter, in the office layout (contract, section 7)."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol

from lianhu.kit import clock
from lianhu.kit.excel.write import Column

BATCH = 500


@dataclass(frozen=True)
class Asked:
    """Who asks for a list, with the words of its address, on which day."""

    user: Any
    query: Mapping[str, str]
    on: datetime.date

    def get(self, name: str) -> str:
        return self.query.get(name, "").replace("\x00", "")


def day_of(moment: datetime.datetime | None) -> datetime.date | None:
    """The day in the county, as a cell has it; of what has not happened none."""
    return moment.astimezone(clock.SHANGHAI).date() if moment else None


class Found(Protocol):
    """Rows that can be counted and read in pieces; a queryset is one."""

    def count(self) -> int: ...
    def iterator(self, chunk_size: int) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Table:
    """`rows` makes the rows of a batch of what was found, in a fixed number of statements.

    `period` is the right half of the second line; without it the day it was made.
    """

    columns: Sequence[Column]
    found: Found | Sequence[Any]
    rows: Callable[[list[Any]], Iterable[Sequence[Any]]]
    period: str = ""

    def count(self) -> int:
        return len(self.found) if isinstance(self.found, Sequence) else self.found.count()

    def batches(self) -> Iterator[list[Any]]:
        if isinstance(self.found, Sequence):
            for start in range(0, len(self.found), BATCH):
                yield list(self.found[start : start + BATCH])
            return
        found = iter(self.found.iterator(BATCH))
        while batch := list(islice(found, BATCH)):
            yield batch


@dataclass(frozen=True)
class Export:
    """One list. `may` is asked when it is asked for, when the file is made and when it is fetched.

    `table` may raise Http404 for what is not there. `kept` are words of the address that the list knows.
    """

    name: str
    title: str
    may: Callable[[Asked], bool]
    table: Callable[[Asked], Table]


@dataclass(frozen=True)
class Several:
    """One after the other, each row with the word of its part."""

    parts: Mapping[str, Any]

    def count(self) -> int:
        return sum(part.count() for part in self.parts.values())

    def iterator(self, chunk_size: int) -> Iterator[tuple[str, Any]]:
        return chain.from_iterable(
            ((word, row) for row in part.iterator(chunk_size)) for word, part in self.parts.items()
        )
