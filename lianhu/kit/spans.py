"""Stretches of days, both ends inclusive, and who was there first."""

import datetime
from bisect import bisect_right
from collections.abc import Hashable
from typing import Generic, TypeVar

Label = TypeVar("Label", bound=Hashable)
OPEN_END = datetime.date(9999, 12, 30)


class Occupied(Generic[Label]):
    """Days already taken, each by the first who took it. n stretches cost n log n."""

    def __init__(self) -> None:
        self._begins: list[datetime.date] = []
        self._pieces: list[tuple[datetime.date, datetime.date, Label]] = []

    def take(self, begin: datetime.date, end: datetime.date | None, label: Label) -> Label | None:
        """Take the days; return who already holds the first of them that is not free."""
        last = end or OPEN_END
        index = bisect_right(self._begins, begin) - 1
        if index < 0 or self._pieces[index][1] < begin:
            index += 1
        stop, holder = index, None
        free: list[tuple[datetime.date, datetime.date, Label]] = []
        day = begin
        while stop < len(self._pieces) and self._pieces[stop][0] <= last:
            taken_begin, taken_end, taken_by = self._pieces[stop]
            holder = taken_by if stop == index else holder
            if day < taken_begin:
                free.append((day, taken_begin - datetime.timedelta(days=1), label))
            day = max(day, taken_end + datetime.timedelta(days=1))
            stop += 1
        if day <= last:
            free.append((day, last, label))
        merged = sorted([*self._pieces[index:stop], *free], key=lambda piece: piece[0])
        self._pieces[index:stop] = merged
        self._begins[index:stop] = [piece[0] for piece in merged]
        return holder
