"""Every figure anyone reports: computed here, set-based, in two statements however many subjects."""

import datetime
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db import connection
from psycopg2.extras import DateRange

from lianhu.kit.periods import Period
from reports.models import Quota, SubjectKind
from reports.quotas.common import terms
from reports.quotas.metrics import METRICS
from reports.quotas.metrics.visits import MET
from reports.quotas.rules import BOUND

Status = Literal["exempt", "met", "running", "missed"]


@dataclass(frozen=True)
class Subjects:
    """Whom to count for: ids by kind; None is everyone of that kind, an empty set nobody."""

    cadres: frozenset[int] | None = None
    units: frozenset[int] | None = None
    villages: frozenset[int] | None = None


EVERYONE = Subjects()


class Figure(NamedTuple):
    """One rule for one subject in one period.

    `actual` and `target` as contract section 9 prints them (shares in percent, one decimal);
    for shares `done` of `total` households, else `done` = actual and `total` = target.
    """

    quota_id: int
    quota: str
    subject_kind: str
    subject_id: int
    subject: str
    actual: float
    target: float
    status: Status
    done: int
    total: int


def rules_in_force(period: Period, *, among: Iterable[Quota] | None = None) -> list[Quota]:
    """The rules of this kind of period that hold on its last day (contract 6, rule 0).

    `among`: all rules, where the caller has read them already.
    """
    rules = Quota.objects.order_by("id") if among is None else among
    return [
        rule
        for rule in rules
        if rule.period == period.kind
        and (rule.begins_on is None or rule.begins_on <= period.last)
        and (rule.ends_on is None or rule.ends_on >= period.last)
    ]


def figures(period: Period, *, as_of: datetime.date, subjects: Subjects = EVERYONE) -> list[Figure]:
    """All figures of the period's own rules, sorted by quota, then subject by code point."""
    asked = statement_for(rules_in_force(period), period, as_of=as_of, subjects=subjects)
    if asked is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(asked.sql, asked.params)
        return list(map(Figure._make, cursor.fetchall()))


class Statement(NamedTuple):
    """SELECT of the columns of `Figure`, in this order."""

    sql: str
    params: dict[str, Any]


def statement_for(
    rules: Sequence[Quota], period: Period, *, as_of: datetime.date, subjects: Subjects
) -> Statement | None:
    """How these rules are computed; None when none of them binds the subjects."""
    rules = [rule for rule in rules if _asked(rule, subjects)]
    if not rules:
        return None
    uses = _uses(rules)
    kinds = {BOUND[rule.binds].kind for rule in rules}
    return Statement(_statement(uses, kinds), params_for(period, as_of, subjects) | _rule_params(rules, uses))


def params_for(period: Period, as_of: datetime.date, subjects: Subjects) -> dict[str, Any]:
    """What every piece of `common` and every metric's relation takes."""
    ref = period.reference_day(as_of)
    seen = DateRange(period.first, ref, "[]") if ref >= period.first else DateRange(empty=True)
    return {
        "first": period.first, "last": period.last, "ref": ref, "seen": seen, "as_of": as_of,
        "cadres": _ids(subjects.cadres), "units": _ids(subjects.units), "villages": _ids(subjects.villages),
    }  # fmt: skip


def _ids(ids: frozenset[int] | None) -> list[int] | None:
    return None if ids is None else sorted(ids)


def _asked(rule: Quota, subjects: Subjects) -> bool:
    asked = {"cadre": subjects.cadres, "unit": subjects.units, "village": subjects.villages}
    return asked[BOUND[rule.binds].kind] != frozenset()


# A use is a metric with its parameters: two rules that differ only in whom they bind share it.
_Use = tuple[str, str]


def _uses(rules: Sequence[Quota]) -> dict[_Use, int]:
    uses: dict[_Use, int] = {}
    for rule in rules:
        uses.setdefault(_use_of(rule), len(uses))
    return uses


def _use_of(rule: Quota) -> _Use:
    return rule.metric, json.dumps(rule.params, sort_keys=True)


def _rule_params(rules: Sequence[Quota], uses: dict[_Use, int]) -> dict[str, Any]:
    told = [
        {
            "id": rule.pk,
            "code": rule.code,
            "target": str(rule.target),
            "subject_kind": BOUND[rule.binds].kind,
            "vals": list(BOUND[rule.binds].values),
            "tally": uses[_use_of(rule)],
            "shares": METRICS[rule.metric].shares,
        }
        for rule in rules
    ]
    params: dict[str, Any] = {"rules": json.dumps(told)}
    for (_, own), place in uses.items():
        params |= use_params(json.loads(own), place)
    return params


def use_params(own: dict[str, Any], place: int) -> dict[str, Any]:
    """A rule's own parameters under the names `Metric.at(place)` takes them by."""
    return {
        f"{name}_{place}": json.dumps(value) if isinstance(value, dict) else value
        for name, value in own.items()
    }


def _statement(uses: dict[_Use, int], kinds: Collection[str]) -> str:
    tallies = " UNION ALL ".join(METRICS[metric].tally(place) for (metric, _), place in uses.items())
    of_unit = any(METRICS[metric].of_unit for metric, _ in uses)
    told = terms(of_unit=of_unit, trips="linked_trip" in tallies)
    subjects = " UNION ALL ".join(sql for kind, sql in _SUBJECT.items() if kind in kinds)
    return f"WITH {told}, {MET}, tally AS ({tallies}), subject AS ({subjects}), {_VERDICT}"


_SUBJECT = {
    SubjectKind.CADRE: """
    SELECT 'cadre' AS kind, c.id, c.code, c.rank AS value, o.months FROM cadre c JOIN obliged o USING (id)""",
    SubjectKind.UNIT: """
    SELECT 'unit' AS kind, u.id, u.code, u.type AS value, NULL::bigint AS months FROM registry_unit u
    WHERE %(units)s::bigint[] IS NULL OR u.id = ANY(%(units)s)""",
    SubjectKind.VILLAGE: """
    SELECT 'village' AS kind, v.id, v.code, v.type AS value, NULL::bigint AS months FROM registry_village v
    WHERE %(villages)s::bigint[] IS NULL OR v.id = ANY(%(villages)s)""",
}


# Rules 4, 8 and 10: one row for each subject a rule binds; exempt, met, running or missed, in this order.
_VERDICT = """
bound AS (
    SELECT r.*, s.id AS subject_id, s.code AS subject_code, s.months,
           CASE WHEN s.months IS NOT NULL AND NOT r.shares AND %(last)s - %(first)s > 300
                THEN ceil(r.target * s.months / 12) ELSE r.target END AS owed
    FROM rule r JOIN subject s
      ON s.kind = r.subject_kind AND (cardinality(r.vals) = 0 OR s.value = ANY(r.vals))
), reckoned AS (
    SELECT b.*, coalesce(t.done, 0) AS done,
           CASE WHEN b.shares THEN coalesce(t.total, 0) ELSE b.owed END AS total
    FROM bound b LEFT JOIN tally t ON t.tally = b.tally AND t.subject_id = b.subject_id
)
SELECT id, code, subject_kind, subject_id, subject_code,
       CASE WHEN NOT shares THEN done WHEN total = 0 THEN 0 ELSE round(100.0 * done / total, 1)::float8 END,
       owed::float8,
       CASE WHEN months = 0 OR shares AND total = 0 THEN 'exempt'
            WHEN CASE WHEN shares THEN 100 * done >= owed * total ELSE done >= owed END THEN 'met'
            WHEN %(as_of)s <= %(last)s THEN 'running' ELSE 'missed' END,
       done, total::int
FROM reckoned ORDER BY code COLLATE "C", subject_code COLLATE "C", id"""
