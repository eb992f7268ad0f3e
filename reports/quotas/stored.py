"""Live figures that are kept, so that a county's page reads rows instead of counting (PERFORMANCE 2).

They come from `compute` alone. Each night all of the periods that still move are computed anew; during the day
only what was touched, as triggers noted it (`Touched`). Either way the rows are those of the full computation.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection, transaction

from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.periods import Period
from reports.models import Quota, StoredPeriod
from reports.quotas.compute import EVERYONE, Subjects, params_for, rules_in_force, statement_for

Date = datetime.date
# A period that is over still moves: trips that end in the next month, what is entered or approved late.
MOVES_FOR = datetime.timedelta(days=62)
# Charts show twelve months, and the year before for comparison.
MONTHS_KEPT = 24

# Which metrics a touch of a source can change; one that is not listed here is touched by "" alone.
TOUCHES = {
    "trip": {
        "trip_count",
        "trip_days",
        "paired_coverage",
        "key_household_coverage",
        "household_talk",
    },
    "visit": {"paired_coverage", "household_talk"},
    "home": {"key_household_coverage"},
    "grievance": {"grievances_solved"},
    "activity": {"own_activities", "leader_talk", "unit_activities", "village_activities"},
    "report": {"quarterly_reports"},
}


# --- one period ------------------------------------------------------------------------------

_FRESH = """
fresh (quota_id, code, subject_kind, subject_id, subject_code, actual, target, status, done, total)
    AS MATERIALIZED ({figures}),
placed AS (
    SELECT f.*, CASE f.subject_kind WHEN 'cadre' THEN s.unit_id WHEN 'unit' THEN f.subject_id
                     ELSE v.township_id END AS unit_id
    FROM fresh f
    LEFT JOIN registry_post_span s
      ON f.subject_kind = 'cadre' AND s.cadre_id = f.subject_id AND %(ref)s BETWEEN s.begins_on AND s.ends_on
    LEFT JOIN registry_village v ON f.subject_kind = 'village' AND v.id = f.subject_id
)"""

COLUMNS = "period, quota_id, subject_kind, subject_id, unit_id, actual, target, status, done, total"
_PLACED = """
SELECT %(period)s, quota_id, subject_kind, subject_id, unit_id, actual, target, status, done, total FROM placed"""

# Rows whose rule or subject is no longer bound go; a row that is the same is not written.
_STORE = f"""
WITH {_FRESH}, gone AS (
    DELETE FROM reports_compliance c
    WHERE c.period = %(period)s AND {{asked}}
      AND NOT EXISTS (SELECT FROM fresh f WHERE f.quota_id = c.quota_id AND f.subject_id = c.subject_id)
)
INSERT INTO reports_compliance AS c ({COLUMNS}) {_PLACED}
ON CONFLICT (period, quota_id, subject_id) DO UPDATE
SET subject_kind = EXCLUDED.subject_kind, unit_id = EXCLUDED.unit_id, actual = EXCLUDED.actual,
    target = EXCLUDED.target, status = EXCLUDED.status, done = EXCLUDED.done, total = EXCLUDED.total
WHERE (c.unit_id, c.actual, c.target, c.status, c.done, c.total)
      IS DISTINCT FROM (EXCLUDED.unit_id, EXCLUDED.actual, EXCLUDED.target, EXCLUDED.status, EXCLUDED.done,
                        EXCLUDED.total)"""


def _of_subjects(subjects: Subjects) -> str:
    """Rows of these subjects. Only what is asked is said, so that few subjects are found by their index."""
    asked = {"cadre": subjects.cadres, "unit": subjects.units, "village": subjects.villages}
    said = [
        f"c.subject_kind = '{kind}'" + ("" if ids is None else f" AND c.subject_id = ANY(%({kind}s)s)")
        for kind, ids in asked.items()
        if ids is None or ids
    ]
    return f"({' OR '.join(f'({each})' for each in said)})" if said else "false"


def fresh_rows(period: Period, rules: Sequence[Quota], *, as_of: Date) -> tuple[str, dict[str, Any]] | None:
    """INSERT … of this: the rows of everyone, for a table with the columns `COLUMNS`."""
    asked = statement_for(rules, period, as_of=as_of, subjects=EVERYONE)
    if asked is None:
        return None
    sql = f"WITH {_FRESH.format(figures=asked.sql)} {_PLACED}"
    return sql, asked.params | {"period": period.code}


def _store(
    period: Period, rules: Sequence[Quota], *, as_of: Date, subjects: Subjects, of_rules: bool
) -> None:
    """`of_rules`: only rows of these rules may go; else those of all others are gone too."""
    condition = _of_subjects(subjects) + (" AND c.quota_id = ANY(%(quota_ids)s)" if of_rules else "")
    params = params_for(period, as_of, subjects) | {
        "period": period.code,
        "quota_ids": [rule.pk for rule in rules],
    }
    asked = statement_for(rules, period, as_of=as_of, subjects=subjects)
    if asked is None:
        sql = f"DELETE FROM reports_compliance c WHERE c.period = %(period)s AND {condition}"
    else:
        sql = _STORE.format(figures=asked.sql, asked=condition)
        params |= asked.params
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


# --- all of it, each night -------------------------------------------------------------------


def store_all(today: Date, *, say: Callable[[str, int], None] = lambda step, percent: None) -> int:
    """Compute every period that moves, and those never computed yet. Returns how many.

    Each period is a transaction of its own: a worker that dies goes on where it was.
    """
    kept = set(StoredPeriod.objects.values_list("code", flat=True))
    due = [
        period
        for period in periods_kept(today)
        if period.code not in kept or not period.is_over(today - MOVES_FOR)
    ]
    for done, period in enumerate(due):
        say(period.label, 100 * done // len(due))
        store_period(period, today)
    return len(due)


@transaction.atomic
def store_period(period: Period, today: Date) -> None:
    """All its figures, as of the day."""
    lock_for_transaction("figures")
    _store(period, rules_in_force(period), as_of=today, subjects=EVERYONE, of_rules=False)
    StoredPeriod.objects.update_or_create(
        code=period.code,
        defaults={"first": period.first, "last": period.last, "as_of": today, "computed_at": clock.now()},
    )


def periods_kept(today: Date) -> list[Period]:
    """Months, quarters and years that have begun, the newest first: what is looked at comes first."""
    months = [Period.month_of(today)]
    while len(months) < MONTHS_KEPT:
        months.append(months[-1].previous())
    longer = {_longer(month, kind) for month in months for kind in ("quarter", "year")}
    return sorted({*months, *longer}, key=lambda period: (period.last, period.first), reverse=True)


def _longer(month: Period, kind: str) -> Period:
    if kind == "year":
        return Period.year_of(month.first)
    return Period.parse(f"{month.first.year}Q{(month.first.month + 2) // 3}")


# --- what was touched ------------------------------------------------------------------------


class _Touch(NamedTuple):
    kind: str
    subject_id: int | None
    sources: str
    first: Date
    last: Date


class _Due(NamedTuple):
    """A period with its rules, and what was touched of it."""

    stored: StoredPeriod
    rules: Sequence[Quota]
    touched: Sequence[_Touch]


@dataclass
class _Ids:
    """Whom to compute again; `everyone` outweighs the others."""

    everyone: bool = False
    ids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def subjects(self) -> Subjects:
        if self.everyone:
            return EVERYONE
        cadres, units, villages = (frozenset(self.ids[kind]) for kind in ("cadre", "unit", "village"))
        return Subjects(cadres=cadres, units=units, villages=villages)


def drain(today: Date, *, say: Callable[[str, int], None] = lambda step, percent: None) -> int:
    """Compute again what was touched since the last time. Returns how many touches there were.

    Where several periods are due each is a transaction of its own, so that whoever waits for the lock has a turn
    between two. A touch goes when all of its periods are written: one that dies before begins again. What is not
    committed yet is not seen, and is found the next time.
    """
    with transaction.atomic():
        # A period stored before is among them; one stored later sees what was touched.
        lock_for_transaction("figures")
        touched, seen = _touched()
        if not touched:
            return 0
        rules = _rules_asked(touched)
        due = [
            _Due(stored, asked, found)
            for stored in _stored_within(touched)
            if (found := _within(stored.period, touched, asked := rules_in_force(stored.period, among=rules)))
        ]
        # One visit mostly asks for one period: it is written in the same turn.
        if len(due) < 2:
            for each in due:
                _store_touched(each, today)
            _forget(seen)
            return len(touched)
    for done, each in enumerate(due):
        say(each.stored.period.label, 100 * done // len(due))
        with transaction.atomic():
            lock_for_transaction("figures")
            stored = StoredPeriod.objects.get(pk=each.stored.pk)
            _store_touched(_Due(stored, rules_in_force(stored.period), each.touched), today)
    _forget(seen)
    return len(touched)


def _touched() -> tuple[list[_Touch], list[int]]:
    """One for each subject and source, and the ids of all."""
    touched, seen = [], []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT subject_kind, subject_id, sources, min(first), max(last), array_agg(id)
               FROM reports_touched GROUP BY 1, 2, 3"""
        )
        for *told, ids in cursor.fetchall():
            touched.append(_Touch(*told))
            seen += ids
    return touched, seen


# As SQL, here and below: for one visit to build them would cost as much as to ask.
def _stored_within(touched: Sequence[_Touch]) -> list[StoredPeriod]:
    asked = [max(each.last for each in touched), min(each.first for each in touched)]
    return list(
        StoredPeriod.objects.raw(
            "SELECT * FROM reports_storedperiod WHERE first <= %s AND last >= %s ORDER BY last DESC", asked
        )
    )


def _rules_asked(touched: Sequence[_Touch]) -> list[Quota]:
    """All of them where everything is touched; else those whose metrics the sources can change."""
    sources = {each.sources for each in touched}
    metrics = [metric for source in sources for metric in TOUCHES.get(source, ())]
    everything = "" in sources
    return list(
        Quota.objects.raw(
            "SELECT * FROM reports_quota WHERE %s OR metric = ANY(%s) ORDER BY id", [everything, metrics]
        )
    )


def _forget(seen: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reports_touched WHERE id = ANY(%s)", [list(seen)])


def _within(period: Period, touched: Iterable[_Touch], rules: Iterable[Quota]) -> list[_Touch]:
    """Those that some of its rules ask about. (A rule that changes meanwhile touches everyone anew.)"""
    metrics = {rule.metric for rule in rules}
    return [
        each
        for each in touched
        if each.first <= period.last and each.last >= period.first
        if not each.sources or metrics & TOUCHES[each.sources]
    ]


def _store_touched(due: _Due, today: Date) -> None:
    """One statement for each set of metrics that is touched for the same subjects."""
    stored, rules, touched = due
    period = stored.period
    # What is over counts up to today: a report accepted late, a trip whose last day has come.
    # The day a drain began may be over when it comes to this period.
    as_of = max(today, stored.as_of) if period.is_over(stored.as_of) else stored.as_of
    by_source: dict[str, _Ids] = defaultdict(_Ids)
    for each in touched:
        if not each.kind:
            by_source[each.sources].everyone = True
        elif each.subject_id is not None:
            by_source[each.sources].ids[each.kind].add(each.subject_id)
    for sources, found in by_source.items():
        found.ids["cadre"] |= _cadres_of(found.ids.pop("people", set()), period)
        asked = [rule for rule in rules if not sources or rule.metric in TOUCHES[sources]]
        if asked or not sources:
            _store(period, asked, as_of=as_of, subjects=found.subjects(), of_rules=bool(sources))


def _cadres_of(units: Collection[int], period: Period) -> set[int]:
    """Whoever belonged to one of these units in the period."""
    if not units:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT cadre_id FROM registry_post_span
               WHERE unit_id = ANY(%s) AND begins_on <= %s AND ends_on >= %s""",
            [sorted(units), period.last, period.first],
        )
        return {cadre for (cadre,) in cursor.fetchall()}


def touch_everyone() -> None:
    """After an import, whose rows are not noted one by one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO reports_touched (subject_kind, subject_id, sources, first, last)
               VALUES ('', NULL, '', DATE '0001-01-01', DATE '9999-12-31')"""
        )
