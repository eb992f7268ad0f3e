"""The year in the valley: which days people travel, and what is talked about when."""

import datetime
import random
from collections.abc import Iterator
from functools import lru_cache

from lianhu.county.model import ONE_DAY, Day

MONTHS = 14

_NEW_YEAR = {
    2018: (2, 16), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22),
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13),
    2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip


def months_back(day: Day, months: int) -> Day:
    """The first day of the month that many months before."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return Day(year, month + 1, 1)


def months(start: Day, until: Day) -> Iterator[tuple[Day, Day]]:
    """First and last day of each month, the last one cut at `until`."""
    first = start
    while first <= until:
        following = months_back(first, -1)
        yield first, min(following - ONE_DAY, until)
        first = following


def days(first: Day, last: Day) -> list[Day]:
    return [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]


def any_day(rng: random.Random, first: Day, last: Day) -> Day:
    return first + datetime.timedelta(days=rng.randint(0, max((last - first).days, 0)))


@lru_cache(maxsize=8192)
def quiet(day: Day) -> bool:
    """Holidays on which nobody calls on a family unasked."""
    spring = Day(day.year, *_NEW_YEAR.get(day.year, (2, 5)))
    if -2 <= (day - spring).days <= 7:
        return True
    return (day.month, day.day) in {(1, 1), (5, 1), (5, 2), (5, 3), *((10, n) for n in range(1, 6))}


def workday(day: Day) -> bool:
    return day.weekday() < 5 and not quiet(day)


def travel(day: Day) -> float:
    """How likely a planned trip is made: the festival month and the rainy season thin them out."""
    if _NEW_YEAR.get(day.year, (2, 5))[0] == day.month:
        return 0.9
    return {7: 0.94, 8: 0.95}.get(day.month, 1.0)


def talk_of(day: Day) -> str:
    """The work of the season, for the words of a record."""
    if day.month in (3, 4, 5):
        return "{春耕备耕|大棚育苗|牛羊转场|虫草采挖}"
    if day.month in (6, 7, 8):
        return "{防汛避险|花椒采收|莴笋外销|甜樱桃采摘|草场管护}"
    if day.month in (9, 10, 11):
        return "{秋收|苹果销售|牦牛出栏|冬季饲草储备|森林防火}"
    return "{冬季取暖|森林草原防火|返乡务工人员情况|年货供应|道路结冰防范}"
