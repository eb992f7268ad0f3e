"""The month a page shows, and the way to its neighbours."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest

from lianhu.kit.periods import Period

_OFFERED = 24


@dataclass(frozen=True)
class Months:
    """`next_query` is empty in the current month: what has not begun has no page."""

    month: Period
    today: datetime.date
    kept: dict[str, str]

    @property
    def label(self) -> str:
        return self.month.label

    @property
    def note(self) -> str:
        if self.month.is_over(self.today):
            return "已结束"
        return (
            f"还剩 {(self.month.last - self.today).days} 天"
            if self.month.last > self.today
            else "今天是最后一天"
        )

    @property
    def choices(self) -> list[Period]:
        """Two years back, and the one shown; newest first."""
        listed = [Period.month_of(self.today)]
        while len(listed) < _OFFERED:
            listed.append(listed[-1].previous())
        return listed if self.month in listed else [*listed, self.month]

    @property
    def previous_label(self) -> str:
        return _short(self.month.previous(), self.month)

    @property
    def next_label(self) -> str:
        return _short(self.month.following(), self.month)

    @property
    def previous_query(self) -> str:
        return self._query(self.month.previous())

    @property
    def next_query(self) -> str:
        following = self.month.following()
        return self._query(following) if following.first <= self.today else ""

    def _query(self, month: Period) -> str:
        return urlencode(self.kept | {"month": month.code})


def _short(month: Period, beside: Period) -> str:
    same_year = month.first.year == beside.first.year
    return f"{month.first.month}月" if same_year else f"{month.first.year}年{month.first.month}月"


def months_of(request: HttpRequest, today: datetime.date) -> Months:
    return months_in(request.GET.dict(), today)


def months_in(query: Mapping[str, str], today: datetime.date) -> Months:
    """The month asked for, today's by default; a future or impossible one is not there."""
    code = query.get("month")
    try:
        month = Period.parse(code) if code else Period.month_of(today)
    except ValueError as error:
        raise Http404 from error
    if month.kind != "month" or month.first > today:
        raise Http404
    kept = {name: value for name, value in query.items() if name != "month" and value}
    return Months(month, today, kept)
