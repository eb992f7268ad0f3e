"""Calendar periods the county reports by: month, quarter, year."""

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import Literal, Self

PeriodKind = Literal["month", "quarter", "year"]

_CODE = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4]))?", re.ASCII)


@dataclass(frozen=True, order=True)
class Period:
    """First and last day, both inclusive; codes are 2026-03, 2026Q1 and 2026."""

    first: datetime.date
    last: datetime.date

    @classmethod
    def parse(cls, code: str) -> Self:
        """Raise ValueError when the code is none of the three forms."""
        match = _CODE.fullmatch(code)
        if not match:
            raise ValueError(f"“{code}”不是期间，请写成 2026-03、2026Q1 或 2026")
        year = int(match["year"])
        if match["month"]:
            return cls._months(year, int(match["month"]), 1)
        if match["quarter"]:
            return cls._months(year, int(match["quarter"]) * 3 - 2, 3)
        return cls._months(year, 1, 12)

    @classmethod
    def month_of(cls, day: datetime.date) -> Self:
        return cls._months(day.year, day.month, 1)

    @classmethod
    def year_of(cls, day: datetime.date) -> Self:
        return cls._months(day.year, 1, 12)

    @classmethod
    def _months(cls, year: int, month: int, count: int) -> Self:
        last_month = month + count - 1
        last_day = calendar.monthrange(year, last_month)[1]
        return cls(datetime.date(year, month, 1), datetime.date(year, last_month, last_day))

    @property
    def kind(self) -> PeriodKind:
        kinds: dict[int, PeriodKind] = {0: "month", 2: "quarter", 11: "year"}
        return kinds[self.last.month - self.first.month]

    @property
    def code(self) -> str:
        if self.kind == "month":
            return f"{self.first:%Y-%m}"
        if self.kind == "quarter":
            return f"{self.first.year}Q{(self.first.month + 2) // 3}"
        return f"{self.first.year}"

    @property
    def label(self) -> str:
        if self.kind == "month":
            return f"{self.first.year}年{self.first.month}月"
        if self.kind == "quarter":
            return f"{self.first.year}年第{'一二三四'[self.first.month // 3]}季度"
        return f"{self.first.year}年"

    def reference_day(self, as_of: datetime.date) -> datetime.date:
        """The earlier of the period's last day and the as-of day (contract 6, rule 0)."""
        return min(self.last, as_of)

    def is_over(self, as_of: datetime.date) -> bool:
        """Over from the day after its last day (contract 6, rule 0)."""
        return as_of > self.last

    def previous(self) -> "Period":
        return self._beside(self.first - datetime.timedelta(days=1))

    def following(self) -> "Period":
        return self._beside(self.last + datetime.timedelta(days=1))

    def _beside(self, day: datetime.date) -> "Period":
        if self.kind == "month":
            return Period.month_of(day)
        if self.kind == "quarter":
            return Period.parse(f"{day.year}Q{(day.month + 2) // 3}")
        return Period.year_of(day)
