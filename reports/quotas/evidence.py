"""What a figure is made of: the rows that count, and those that do not with the reason."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from grievances.models import Grievance
from lianhu.kit.periods import Period
from registry.models import Household
from reports.models import QuarterlyReport, Quota, SubjectKind
from reports.quotas.common import REASONS, terms
from reports.quotas.compute import Subjects, params_for, use_params
from reports.quotas.metrics import METRICS
from reports.quotas.metrics.base import Source
from reports.quotas.metrics.visits import MET
from reports.quotas.rules import BOUND
from visits.models import Activity, ActivityKind, Trip, Visit


@dataclass(frozen=True)
class EvidenceRow:
    """One trip, visit, household, matter, activity or report.

    `day`..`last_day` inclusive (None where nothing happened yet); `place` a village or unit; `what` in
    words; `counts`, or else `why_not` in Chinese. `source` (as its metric says) and `source_id` name the row.
    """

    day: datetime.date | None
    last_day: datetime.date | None
    place: str
    what: str
    counts: bool
    why_not: str
    source: Source
    source_id: int


class _Thing(NamedTuple):
    place: str
    what: str


def evidence(quota: Quota, period: Period, *, as_of: datetime.date, subject_id: int) -> list[EvidenceRow]:
    """Rows newest first, those without a day last. Their fold is the figure (contract 6, rule 9)."""
    metric = METRICS[quota.metric]
    statement = f"""
        WITH {terms()}, {MET}
        SELECT source_id, lower(days), upper(days) - 1, counts, why_not
        FROM ({metric.at(0)}) evidence
        WHERE subject_id = {"(SELECT unit_id FROM cadre)" if metric.of_unit else "%(subject)s"}
        ORDER BY lower(days) DESC NULLS LAST, source_id"""
    subjects = only(BOUND[quota.binds].kind, subject_id)
    params = params_for(period, as_of, subjects) | use_params(quota.params, 0) | {"subject": subject_id}
    with connection.cursor() as cursor:
        cursor.execute(statement, params | {"rules": "[]"})
        rows = cursor.fetchall()
    things = _DESCRIBE[metric.source](sorted({row[0] for row in rows}))
    return [
        EvidenceRow(day, last_day, *things[pk], counts, "" if counts else REASONS[why_not], metric.source, pk)
        for pk, day, last_day, counts, why_not in rows
    ]


def only(kind: SubjectKind, subject_id: int) -> Subjects:
    """One, and nobody of the other kinds."""
    one, nobody = frozenset({subject_id}), frozenset[int]()
    return Subjects(
        cadres=one if kind == SubjectKind.CADRE else nobody,
        units=one if kind == SubjectKind.UNIT else nobody,
        villages=one if kind == SubjectKind.VILLAGE else nobody,
    )


def _trips(ids: list[int]) -> dict[int, _Thing]:
    found = Trip.objects.filter(pk__in=ids).values_list(
        "pk", "village__name", "begins_on", "ends_on", "backfilled"
    )
    return {
        pk: _Thing(village, f"下乡 {begin:%m-%d} 至 {end:%m-%d}{'（补录）' if backfilled else ''}")
        for pk, village, begin, end, backfilled in found
    }


def _visits(ids: list[int]) -> dict[int, _Thing]:
    found = Visit.objects.filter(pk__in=ids).select_related("household__village")
    return {
        visit.pk: _Thing(visit.household.village.name, f"走访{visit.household}，{visit.get_result_display()}")
        for visit in found
    }


def _households(ids: list[int]) -> dict[int, _Thing]:
    found = Household.objects.filter(pk__in=ids).select_related("village")
    return {
        home.pk: _Thing(home.village.name + home.group, "、".join([str(home), *home.marks()]))
        for home in found
    }


def _grievances(ids: list[int]) -> dict[int, _Thing]:
    found = Grievance.objects.filter(pk__in=ids).values_list("pk", "village__name", "number", "title")
    return {pk: _Thing(village, f"{number} {title}") for pk, village, number, title in found}


def _activities(ids: list[int]) -> dict[int, _Thing]:
    found = Activity.objects.filter(pk__in=ids).select_related("unit", "village")
    return {one.pk: _Thing(str(one.village or one.unit or ""), _activity_words(one)) for one in found}


def _activity_words(activity: Activity) -> str:
    """What was said in a 谈心谈话 is for its two people and the county office (contract, section 5)."""
    label = activity.get_kind_display()
    return label if activity.kind == ActivityKind.HEART_TALK else f"{label}：{activity.topic}"


def _reports(ids: list[int]) -> dict[int, _Thing]:
    found = QuarterlyReport.objects.filter(pk__in=ids).select_related("unit")
    return {one.pk: _Thing(one.unit.name, f"{one.year}年第{one.quarter}季度报告") for one in found}


_DESCRIBE: dict[str, Callable[[list[int]], dict[int, _Thing]]] = {
    "trip": _trips,
    "visit": _visits,
    "household": _households,
    "grievance": _grievances,
    "activity": _activities,
    "report": _reports,
}
