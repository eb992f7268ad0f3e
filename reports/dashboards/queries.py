"""What dashboards read: stored figures, and set-based counts; a fixed number of statements (PERFORMANCE 1-2).

Duties come from `Compliance` and `FrozenFigure` alone. Nothing is computed here, and nobody is counted one by one.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, CharField, Count, DateField, DateTimeField, F, QuerySet, Value, When
from django.db.models.functions import TruncMonth

from accounts.calendar import workdays
from grievances import ledger
from grievances.deadlines import late
from grievances.satisfaction import Counts as Satisfaction
from grievances.satisfaction import counts as satisfaction_counts
from lianhu.kit.periods import Period
from registry.answering import in_post
from registry.coverage import (
    cadres_without_household,
    households_without_cadre,
    pairings_of_the_gone,
    villages_without_unit,
)
from registry.models import Cadre
from reports.dashboards.area import Area
from reports.models import FrozenPeriod, StoredPeriod
from reports.quotas.stored import periods_kept, store_period

Date = datetime.date
MONTHS_SHOWN = 12
# A county so small is computed while one waits; a larger one has its figures from the nightly task.
CHEAP_CADRES = 500


# --- which figures there are -------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """What is kept of some periods: live as of which day, frozen at which moment."""

    stored: Mapping[str, Date]
    frozen: Mapping[str, datetime.datetime]

    def has(self, period: Period) -> bool:
        return period.code in self.stored or period.code in self.frozen

    def split(self, periods: Iterable[Period]) -> dict[str, list[str]]:
        """Codes of those to be read from each table: frozen where frozen, else live; `beside`: live next to frozen."""
        codes = [period.code for period in periods]
        frozen = [code for code in codes if code in self.frozen]
        return {
            "frozen": frozen,
            "live": [code for code in codes if code not in self.frozen and code in self.stored],
            "beside": [code for code in frozen if code in self.stored],
        }


def kept_of(periods: Iterable[Period]) -> Kept:
    codes = {period.code for period in periods}
    no_moment, no_day = Value(None, DateTimeField()), Value(None, DateField())
    stored = StoredPeriod.objects.filter(code__in=codes).annotate(moment=no_moment, day=F("as_of"))
    frozen = FrozenPeriod.objects.filter(code__in=codes).annotate(moment=F("cut_off"), day=no_day)
    columns = ("code", "day", "moment")
    found = list(stored.values_list(*columns).union(frozen.values_list(*columns), all=True))
    return Kept(
        {code: day for code, day, _ in found if day is not None},
        {code: moment for code, _, moment in found if moment is not None},
    )


def compute_if_cheap(periods: Iterable[Period], kept: Kept, today: Date) -> bool:
    """For a fresh county: whether something was computed that nobody had computed yet."""
    kept_codes = {period.code for period in periods_kept(today)}
    missing = [period for period in periods if not kept.has(period) and period.code in kept_codes]
    if not missing or Cadre.objects.count() > CHEAP_CADRES:
        return False
    for period in missing:
        store_period(period, today)
    return True


def twelve_months(last: Period) -> list[Period]:
    months = [last]
    while len(months) < MONTHS_SHOWN:
        months.append(months[-1].previous())
    return months[::-1]


# --- duties ------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Statuses counted; the rate is met ÷ (all − exempt) (contract 6, rule 8)."""

    cells: Counter[str] = field(default_factory=Counter)

    @property
    def met(self) -> int:
        return self.cells["met"]

    @property
    def all(self) -> int:
        return self.cells.total() - self.cells["exempt"]

    @property
    def open(self) -> int:
        return self.all - self.met


@dataclass
class Duties:
    """By unit of the chosen period, and by rule of each period; `now` is live beside frozen."""

    by_unit: dict[int, Tally]
    by_unit_now: dict[int, Tally]
    by_quota: dict[tuple[str, str, int], Tally]
    by_quota_now: dict[tuple[str, str, int], Tally]


_ROWS = """
SELECT {frozen} AS frozen, period, subject_kind, subject_id, unit_id, quota_id, status, done, total
FROM {table} WHERE period = ANY(%({frozen}_codes)s)
  AND (subject_kind = 'cadre' AND (%(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s))
       OR subject_kind = 'unit' AND (%(units)s::bigint[] IS NULL OR subject_id = ANY(%(units)s))
       OR subject_kind = 'village' AND (%(villages)s::bigint[] IS NULL OR subject_id = ANY(%(villages)s)))"""
_BOTH = " UNION ALL ".join(
    _ROWS.format(frozen=frozen, table=table)
    for frozen, table in (("true", "reports_frozenfigure"), ("false", "reports_compliance"))
)
# One pass for the chosen period's units and every period's rules.
_DUTIES = f"""
SELECT frozen, period, subject_kind, unit_id, quota_id, status, count(*)
FROM ({_BOTH}) figure
GROUP BY GROUPING SETS ((frozen, period, subject_kind, quota_id, status),
                        (frozen, period, subject_kind, unit_id, status))
HAVING quota_id IS NOT NULL OR subject_kind = 'cadre' AND period = %(chosen)s"""


def duties(area: Area, chosen: Period, others: Sequence[Period], kept: Kept) -> Duties:
    codes = kept.split([chosen, *others])
    live = [*codes["live"], *codes["beside"]]
    rows = _read(_DUTIES, area, {"true_codes": codes["frozen"], "false_codes": live, "chosen": chosen.code})
    by_unit: dict[bool, dict[int, Tally]] = {True: defaultdict(Tally), False: defaultdict(Tally)}
    by_quota: dict[bool, dict[tuple[str, str, int], Tally]] = {
        True: defaultdict(Tally),
        False: defaultdict(Tally),
    }
    for frozen, period, kind, unit, quota, status, count in rows:
        now = not frozen and period in codes["beside"]
        if quota is None:
            by_unit[now][unit].cells[status] += count
        else:
            by_quota[now][period, kind, quota].cells[status] += count
    return Duties(dict(by_unit[False]), dict(by_unit[True]), dict(by_quota[False]), dict(by_quota[True]))


class OwnRow(NamedTuple):
    """One figure of a unit or village itself. `frozen`: as it was at the cut-off; the live one is another row."""

    frozen: bool
    period: str
    kind: str
    subject_id: int
    quota_id: int
    status: str
    done: int
    total: int


def own_rows(area: Area, kind: str, periods: Sequence[Period], kept: Kept) -> list[OwnRow]:
    """What binds the area's unit or villages themselves, one by one."""
    codes = kept.split(periods)
    sql = f"""SELECT frozen, period, subject_kind, subject_id, quota_id, status, done, total
              FROM ({_BOTH}) figure WHERE subject_kind = %(kind)s ORDER BY quota_id, subject_id"""
    live = [*codes["live"], *codes["beside"]]
    asked = {"true_codes": codes["frozen"], "false_codes": live, "kind": kind}
    return [OwnRow(*row) for row in _read(sql, area, asked)]


_TREND = f"""
SELECT period, status, count(*) FROM ({_BOTH}) figure WHERE subject_kind = %(kind)s GROUP BY 1, 2"""


def trend(area: Area, months: Sequence[Period], kept: Kept) -> dict[str, Tally]:
    """The monthly duties of each month: the cadres', a village's own."""
    codes = kept.split(months)
    kind = "cadre" if area.has_cadres else "village"
    asked = {"true_codes": codes["frozen"], "false_codes": codes["live"], "kind": kind}
    found: dict[str, Tally] = defaultdict(Tally)
    for period, status, count in _read(_TREND, area, asked):
        found[period].cells[status] += count
    return dict(found)


def begun(months: Sequence[Period]) -> str:
    """The first of these months in which anybody of the county did a duty: before it the county kept no records here.

    Empty where there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT code FROM unnest(%s::text[]) AS month (code)
               WHERE EXISTS (SELECT FROM reports_compliance WHERE period = code AND status = 'met')
                  OR EXISTS (SELECT FROM reports_frozenfigure WHERE period = code AND status = 'met')
               ORDER BY code LIMIT 1""",
            [[month.code for month in months]],
        )
        found = cursor.fetchone()
    return found[0] if found else ""


def _read(sql: str, area: Area, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    scope = {"units": _ids(area.unit_ids), "villages": _ids(area.village_ids)}
    with connection.cursor() as cursor:
        cursor.execute(sql, asked | scope)
        return list(cursor.fetchall())


def _ids(ids: frozenset[int] | None) -> list[int] | None:
    return None if ids is None else sorted(ids)


# --- visits ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """`off`: a day off by the official calendar."""

    day: Date
    count: int
    off: bool


def visits_by_day(area: Area, period: Period, today: Date) -> list[Day]:
    """Each day of a month that has come; of a year each month, by its first day."""
    last = min(period.last, today)
    found = area.visits(period.first, last).order_by()
    if period.kind == "month":
        counts = dict(found.values_list("day").annotate(count=Count("pk")))
        return [
            Day(day, counts.get(day, 0), not works.works)
            for day, works in workdays(period.first, last).items()
        ]
    by_month = dict(found.annotate(month=TruncMonth("day")).values_list("month").annotate(count=Count("pk")))
    firsts = [Date(period.first.year, month, 1) for month in range(1, 13)]
    return [Day(first, by_month.get(first, 0), False) for first in firsts if first <= today]


# --- matters -----------------------------------------------------------------------------------


class Kind(NamedTuple):
    """A category."""

    pk: int
    name: str
    position: int


@dataclass(frozen=True)
class Matters:
    """`standings`: of the year, by where they stand. `open`: today's, by age, category and whether late."""

    standings: Mapping[str, int]
    open: Mapping[tuple[str, "Kind", bool], int]
    heard: Satisfaction

    def at(self, standing: str) -> int:
        return self.standings.get(standing, 0)

    @property
    def kinds(self) -> list[tuple["Kind", int]]:
        """Categories of what is open, in their own order."""
        counted: Counter[Kind] = Counter()
        for (_, kind, _), number in self.open.items():
            counted[kind] += number
        return sorted(counted.items(), key=lambda pair: pair[0].position)

    def of_age(self, age: str, *, only_late: bool = False) -> int:
        return sum(n for (each, _, is_late), n in self.open.items() if each == age and is_late >= only_late)

    @property
    def in_work(self) -> int:
        return sum(self.open.values())

    @property
    def late(self) -> int:
        return sum(n for (_, _, is_late), n in self.open.items() if is_late)


def matters(area: Area, year: int, on: Date) -> Matters:
    of_year = area.matters(replace(area.ledger, year=str(year)), on)
    still_open = area.matters(replace(area.ledger, age="open"), on)
    age = Case(
        *(When(condition, then=Value(name)) for name, condition in ledger.age_conditions(on).items()),
        output_field=CharField(),
    )
    is_late = Case(When(late(on), then=Value(True)), default=Value(False))
    cells = still_open.annotate(age=age, is_late=is_late).order_by()
    found = cells.values_list("age", "is_late", "category", "category__name", "category__position")
    by_standing = of_year.annotate(standing=ledger.STANDING).order_by().values_list("standing")
    return Matters(
        dict(by_standing.annotate(count=Count("pk"))),
        {
            (age, Kind(*category), is_late): count
            for age, is_late, *category, count in found.annotate(count=Count("pk"))
        },
        satisfaction_counts(of_year),
    )


# --- 全覆盖 -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    villages: int
    villages_bare: int
    households: int
    households_bare: int
    pairings: int
    pairings_left: int
    cadres: int
    cadres_bare: int

    @property
    def gaps(self) -> int:
        return self.villages_bare + self.households_bare + self.pairings_left


def coverage(area: Area, on: Date) -> Coverage | None:
    found = area.coverage(on)
    if found is None:
        return None
    return Coverage(
        **_count_each(
            {
                "villages": found.villages.distinct(),
                "villages_bare": villages_without_unit(found, on).distinct(),
                "households": found.households,
                "households_bare": households_without_cadre(found, on),
                "pairings": found.pairings,
                "pairings_left": pairings_of_the_gone(found, on),
                "cadres": found.cadres.filter(in_post(on)),
                "cadres_bare": cadres_without_household(found, on),
            }
        )
    )


def _count_each(asked: Mapping[str, "QuerySet[Any, Any]"]) -> dict[str, int]:
    """Many counts in one statement."""
    parts: list[str] = []
    params: list[Any] = []
    for name, rows in asked.items():
        try:
            sql, own = rows.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT '{name}', count(*) FROM ({sql}) found")
        params += own
    counts = dict.fromkeys(asked, 0)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            counts |= dict(cursor.fetchall())
    return counts
