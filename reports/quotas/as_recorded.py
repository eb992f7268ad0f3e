"""The county as it was recorded at a moment: what figures of that moment are computed from.

Within the block the tables that figures read are shadowed by temporary views of the same name, which PostgreSQL
looks up first. So a frozen figure and its evidence come from the very statements of the live one.

Of work (trips, visits, activities, matters, reports) only what was recorded before the moment is there, as it stood:
not yet void, approved, closed or accepted if that came later. Posts, leave, links, pairings and rules are taken as
they stand now (contract 6, rule 0), and so is what was corrected in a row since: a trip's last day, a visit's result.
"""

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, models, transaction

from grievances.models import Grievance, GrievanceEvent
from lianhu.kit import clock
from reports.models import QuarterlyReport
from visits.models import Activity, Trip, Visit


def _before(column: str) -> str:
    return f"CASE WHEN g.{column} < %(moment)s THEN g.{column} END"


class _Shadow(NamedTuple):
    """`columns`: how each that could have changed since is read; `rows`: which there were, over `g`."""

    model: type[models.Model]
    columns: Mapping[str, str]
    rows: str


# A matter with a later step stands as its earlier steps left it; one without an earlier step was not there.
_MOVED_ON = """
CREATE TEMPORARY TABLE moved_on ON COMMIT DROP AS
SELECT later.id AS matter_id, earlier.*
FROM (SELECT DISTINCT grievance_id AS id FROM grievances_grievanceevent WHERE recorded_at >= %(moment)s) later
CROSS JOIN LATERAL (
    SELECT (array_agg(e.handler_id ORDER BY e.id DESC))[1] AS handler_id,
           (array_agg(e.to_state ORDER BY e.id DESC))[1] AS state,
           (array_agg(e."on" ORDER BY e.id DESC) FILTER (WHERE e.action IN ('close', 'waive')))[1] AS closed_on,
           (array_agg(e.value ORDER BY e.id DESC) FILTER (WHERE e.action = 'reply'))[1] AS outcome,
           (array_agg(e."on" ORDER BY e.id DESC) FILTER (WHERE e.action = 'reply'))[1] AS replied_on,
           (array_agg(e."on" ORDER BY e.id DESC) FILTER (WHERE e.action = 'revisit'))[1] AS revisited_on,
           (array_agg(e.value ORDER BY e.id DESC) FILTER (WHERE e.action = 'revisit'))[1] AS satisfaction,
           (array_agg(CASE WHEN e.action = 'merge' THEN e.value END ORDER BY e.id DESC)
                FILTER (WHERE e.action IN ('merge', 'unmerge')))[1] AS merged_into
    FROM grievances_grievanceevent e WHERE e.grievance_id = later.id AND e.recorded_at < %(moment)s
) earlier"""

_ONCE_RECORDED = "WHERE g.recorded_at < %(moment)s"
_SHADOWS = (
    _Shadow(Trip, {name: _before(name) for name in ("voided_at", "approved_at")}, _ONCE_RECORDED),
    _Shadow(Visit, {name: _before(name) for name in ("voided_at", "approved_at")}, _ONCE_RECORDED),
    _Shadow(Activity, {"voided_at": _before("voided_at")}, _ONCE_RECORDED),
    _Shadow(QuarterlyReport, {"accepted_on": "CASE WHEN g.accepted_on < %(day)s THEN g.accepted_on END"}, ""),
    _Shadow(
        Grievance,
        {
            "voided_at": _before("voided_at"),
            "handler_id": "CASE WHEN m.matter_id IS NULL THEN g.handler_id ELSE m.handler_id END",
            "outcome": "CASE WHEN m.matter_id IS NULL THEN g.outcome ELSE coalesce(m.outcome, '') END",
            "closed_on": """CASE WHEN m.matter_id IS NULL THEN g.closed_on
                                 WHEN m.state IN ('closed', 'published') THEN m.closed_on END""",
            "replied_on": """CASE WHEN m.matter_id IS NULL THEN g.replied_on
                                  WHEN m.state NOT IN ('registered', 'assigned') THEN m.replied_on END""",
            "revisited_on": """CASE WHEN m.matter_id IS NULL THEN g.revisited_on
                                    WHEN m.state IN ('revisited', 'closed', 'published') THEN m.revisited_on END""",
            # A revisit that a workbook brought says nothing: what stands is what it was.
            "satisfaction": """CASE WHEN m.matter_id IS NULL THEN g.satisfaction
                WHEN m.revisited_on IS NULL OR m.state NOT IN ('revisited', 'closed', 'published') THEN ''
                ELSE coalesce(nullif(m.satisfaction, ''), g.satisfaction) END""",
            "parent_id": """CASE WHEN m.matter_id IS NULL THEN g.parent_id
                ELSE (SELECT p.id FROM public.grievances_grievance p WHERE p.number = m.merged_into) END""",
            "set_aside_at": _before("set_aside_at"),
        },
        "LEFT JOIN moved_on m ON m.matter_id = g.id WHERE m.matter_id IS NULL OR m.state IS NOT NULL",
    ),
    _Shadow(GrievanceEvent, {}, _ONCE_RECORDED),
)


@contextmanager
def as_recorded(moment: datetime.datetime) -> Iterator[None]:
    """Whatever figures and evidence read in the block was recorded before the moment."""
    params = {"moment": moment, "day": moment.astimezone(clock.SHANGHAI).date()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MOVED_ON, params)
        for shadow in _SHADOWS:
            cursor.execute(_view(shadow), params)
        yield
        views = ", ".join(f"pg_temp.{shadow.model._meta.db_table}" for shadow in _SHADOWS)
        cursor.execute(f"DROP VIEW {views}; DROP TABLE pg_temp.moved_on")


def _view(shadow: _Shadow) -> str:
    table = shadow.model._meta.db_table
    fields: Any = shadow.model._meta.local_concrete_fields
    columns = ", ".join(
        f'{shadow.columns.get(field.column, f"""g."{field.column}" """)} AS "{field.column}"'
        for field in fields
    )
    return f"CREATE TEMPORARY VIEW {table} AS SELECT {columns} FROM public.{table} g {shadow.rows}"
