"""What a quarter's reports count beside the duties: visits, families, matters, satisfaction, activities (方案五(二)).

One relation says which rows are counted, by unit and name: live it is counted, a page lists its rows, and when the
quarter freezes both are kept (`keep`), so that no later correction of a post or a person moves them.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connection

from grievances.models import Grievance, Satisfaction
from grievances.querysets import any_of
from grievances.satisfaction import counts_by_handler
from lianhu.kit.periods import Period
from registry.models import PostSpan
from reports.models import FrozenCount
from reports.quotas.common import BAD_TRIP, VISIT_COUNTS
from reports.quotas.compute import Subjects, params_for
from visits.models import ActivityKind

Date = datetime.date


class Count(NamedTuple):
    """`unit_id` None: of a matter that is nobody's yet."""

    unit_id: int | None
    name: str
    number: int


_IN_QUARTER = "BETWEEN %(first)s AND %(ref)s"
_STILL_OPEN = "g.registered_on <= %(ref)s AND coalesce(g.closed_on > %(ref)s, true)"
# What is counted of matters; a merged one counts as the matter it is part of.
MATTERS: Mapping[str, tuple[str, str]] = {
    "registered": ("挂号", f"g.registered_on {_IN_QUARTER}"),
    "answered": ("答复", f"g.replied_on {_IN_QUARTER}"),
    "closed": ("销号", f"g.closed_on {_IN_QUARTER}"),
    "open": ("季末在办", _STILL_OPEN),
    "overdue": (
        "其中超过期限没有答复",
        f"{_STILL_OPEN} AND coalesce(g.replied_on > %(ref)s, true) AND g.reply_due_on < %(ref)s",
    ),
}
_REVISITED = f"""(g.revisited_on {_IN_QUARTER} OR g.id IN (
    SELECT grievance_id FROM grievances_grievanceevent
    WHERE action = 'revisit' AND value = 'dissatisfied' AND "on" {_IN_QUARTER}))"""
_OF_MATTERS = ", ".join(
    f"('{name}', {condition})"
    for name, condition in (*((name, condition) for name, (_, condition) in MATTERS.items()),
                            ("revisited", _REVISITED))
)  # fmt: skip
SATISFACTION = (*Satisfaction.values, "set_aside")
# Those that open onto their rows.
LISTED = ("visits", "households", *MATTERS, "revisited", *ActivityKind.values)

# Visits by the unit their visitor was of on that day, matters by that of who handles them on the quarter's last day.
_COUNTED = f"""
WITH {BAD_TRIP}, visit AS (
    SELECT s.unit_id, v.id, v.household_id
    FROM visits_visit v
    JOIN registry_post_span s ON s.cadre_id = v.cadre_id AND v.day BETWEEN s.begins_on AND s.ends_on
    WHERE v.day {_IN_QUARTER} AND {VISIT_COUNTS}
      AND (%(units)s::bigint[] IS NULL OR s.unit_id = ANY(%(units)s))
), counted AS (
    SELECT unit_id, 'visits' AS name, id FROM visit
    UNION ALL
    SELECT DISTINCT unit_id, 'households', household_id FROM visit
    UNION ALL
    SELECT s.unit_id, f.name, g.id
    FROM grievances_grievance g
    LEFT JOIN registry_post_span s ON s.cadre_id = g.handler_id AND %(ref)s BETWEEN s.begins_on AND s.ends_on
    CROSS JOIN LATERAL (VALUES {_OF_MATTERS}) f (name, holds)
    WHERE g.voided_at IS NULL AND g.parent_id IS NULL AND f.holds
      AND (%(units)s::bigint[] IS NULL OR s.unit_id = ANY(%(units)s))
    UNION ALL
    SELECT a.unit_id, a.kind, a.id
    FROM visits_activity a
    WHERE a.voided_at IS NULL AND a.day {_IN_QUARTER} AND a.unit_id IS NOT NULL
      AND (%(units)s::bigint[] IS NULL OR a.unit_id = ANY(%(units)s))
)"""


def counted(quarter: Period, *, as_of: Date, units: Collection[int] | None = None) -> Iterator[Count]:
    """As it is now, of these units or of all; in a fixed number of statements."""
    params = _params(quarter, as_of, units)
    yield from (
        Count(*row)
        for row in _rows(f"{_COUNTED} SELECT unit_id, name, count(*) FROM counted GROUP BY 1, 2", params)
    )
    yield from _satisfaction(params)


# That they are kept, of a quarter in which nothing was counted too.
_KEPT = "kept"


def keep(quarter: Period, *, as_of: Date) -> None:
    """Numbers and rows of all units, for good; whoever freezes says as recorded when."""
    params = _params(quarter, as_of, None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO reports_frozencount (period, unit_id, name, number, rows)
                {_COUNTED} SELECT %(period)s, unit_id, name, count(*), array_agg(id ORDER BY id)
                FROM counted GROUP BY unit_id, name""",
            params | {"period": quarter.code},
        )
    told = [*_satisfaction(params), Count(None, _KEPT, 0)]
    FrozenCount.objects.bulk_create(FrozenCount(period=quarter.code, **each._asdict()) for each in told)


def kept(quarter: Period, *, units: Collection[int] | None = None) -> Iterator[Count]:
    rows = FrozenCount.objects.filter(period=quarter.code).exclude(name=_KEPT)
    if units is not None:
        rows = rows.filter(unit__in=units)
    return map(Count._make, rows.values_list("unit", "name", "number").iterator())


def rows_counted(name: str, quarter: Period, *, as_of: Date, unit: int) -> list[int]:
    """The ids of what the figure counts now (contract 6, rule 9)."""
    sql = f"{_COUNTED} SELECT id FROM counted WHERE name = %(name)s"
    return [pk for (pk,) in _rows(sql, _params(quarter, as_of, {unit}) | {"name": name})]


def rows_kept(name: str, quarter: Period, *, unit: int) -> list[int]:
    """The ids of what the frozen figure counts."""
    found = FrozenCount.objects.filter(period=quarter.code, unit=unit, name=name)
    return next(iter(found.values_list("rows", flat=True)), [])


def _satisfaction(params: dict[str, Any]) -> Iterator[Count]:
    """Of the matters that were revisited, by the unit of who handles them."""
    ids = [pk for (pk,) in _rows(f"{_COUNTED} SELECT id FROM counted WHERE name = 'revisited'", params)]
    by_handler = counts_by_handler(Grievance.objects.filter(any_of("id", ids)))
    on = params["ref"]
    spans = PostSpan.objects.filter(begins_on__lte=on, ends_on__gte=on, cadre__in=[*filter(None, by_handler)])
    unit_of: dict[int | None, int] = dict(spans.values_list("cadre", "unit"))
    by_unit: dict[int | None, Counter[str]] = defaultdict(Counter)
    for handler, found in by_handler.items():
        by_unit[unit_of.get(handler)].update({name: found[name] for name in SATISFACTION})  # type: ignore[literal-required]
    for unit, numbers in by_unit.items():
        yield from (Count(unit, name, number) for name, number in numbers.items() if number)


def _params(quarter: Period, as_of: Date, units: Collection[int] | None) -> dict[str, Any]:
    nobody = frozenset[int]()
    asked = None if units is None else frozenset(units)
    return params_for(quarter, as_of, Subjects(cadres=nobody, units=asked, villages=nobody))


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
