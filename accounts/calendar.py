"""Working days in Asia/Shanghai: one answer for everybody, from the table of holidays and 调休 (contract, 8).

Until the State Council has published a year, weekends and the fixed statutory days decide, and what is
reckoned from them is 暂定 (`certain` is false).
"""

import datetime
from collections.abc import Iterator
from typing import NamedTuple

import chinese_calendar
from django.db import connection, transaction

from accounts.models import CalendarDay, CalendarYear

_ONE_DAY = datetime.timedelta(days=1)
# Longer than any run of days off: a window of this much more than the days asked for is read at first.
_LONGEST_REST = 14


class Workday(NamedTuple):
    works: bool
    certain: bool


class DueDay(NamedTuple):
    """A day that was counted to; certain when every day on the way was."""

    day: datetime.date
    certain: bool


_DAYS = """
SELECT d.day,
       coalesce(special.works,
                extract(isodow FROM d.day) < 6
                AND to_char(d.day, 'MM-DD') NOT IN ('01-01', '05-01', '05-02', '10-01', '10-02', '10-03')),
       known.year IS NOT NULL
FROM (SELECT generate_series(%(first)s::date, %(last)s::date, '1 day')::date AS day) d
LEFT JOIN accounts_calendarday special ON special.day = d.day
LEFT JOIN accounts_calendaryear known ON known.year = extract(year FROM d.day)
ORDER BY d.day
"""


def workdays(first: datetime.date, last: datetime.date) -> dict[datetime.date, Workday]:
    """Each day from first to last, both inclusive; one statement however many."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"first": first, "last": last})
        return {day: Workday(works, certain) for day, works, certain in cursor.fetchall()}


def workday(day: datetime.date) -> Workday:
    return workdays(day, day)[day]


def add_workdays(day: datetime.date, n: int) -> DueDay:
    """The n-th working day after the day, which itself is not counted; 0 is the day itself."""
    certain, left, due = True, n, day
    while left > 0:
        window = datetime.timedelta(days=2 * left + _LONGEST_REST)
        for each, answer in workdays(due + _ONE_DAY, due + window).items():
            due, certain, left = each, certain and answer.certain, left - answer.works
            if not left:
                break
    return DueDay(due, certain)


def next_workday(day: datetime.date) -> DueDay:
    """The first working day after the day."""
    return add_workdays(day, 1)


# The next year's schedule is published in October to December (FORMATS d).
ASKED_FROM_MONTH = 11


def missing_year(on: datetime.date) -> int | None:
    """The year whose official schedule is not in the table though dates already run into it."""
    due = [on.year, on.year + 1] if on.month >= ASKED_FROM_MONTH else [on.year]
    known = set(CalendarYear.objects.filter(year__in=due).values_list("year", flat=True))
    return next((year for year in due if year not in known), None)


class OfficialDay(NamedTuple):
    day: datetime.date
    works: bool
    name: str


SOURCE = "国务院办公厅关于当年部分节假日安排的通知（取自 chinesecalendar）"


def official_days(year: int) -> list[OfficialDay]:
    """The days of a published year that are not what their weekday says.

    Raise ValueError for a year the package does not know: it is never guessed.
    """
    try:
        return list(_differing(year))
    except NotImplementedError as error:
        raise ValueError(f"{year}年的放假安排还没有公布，或这个版本还不知道") from error


def _differing(year: int) -> Iterator[OfficialDay]:
    day = datetime.date(year, 1, 1)
    while day.year == year:
        works = chinese_calendar.is_workday(day)
        if works != (day.weekday() < 5):
            _, name = chinese_calendar.get_holiday_detail(day)
            chinese = chinese_calendar.Holiday(name).chinese
            yield OfficialDay(day, works, f"{chinese}调休上班" if works else chinese)
        day += _ONE_DAY


def load_year(year: int) -> None:
    """Put a published year into the table. What the office has entered for a day stays."""
    days = official_days(year)
    with transaction.atomic():
        CalendarYear.objects.get_or_create(year=year, defaults={"source": SOURCE})
        rows = [CalendarDay(day=each.day, works=each.works, name=each.name) for each in days]
        CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)
