"""What a quarter's reports say in figures: of one unit or of all, in a fixed number of statements (方案五(二)).

Duties are the stored figures, and once their period is frozen the frozen ones. Visits, matters and activities are
counted live until the quarter freezes, and from then on as they were recorded at its cut-off.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Max, Q, Sum

from grievances.models import Grievance
from grievances.querysets import any_of
from grievances.satisfaction import Counts, counts
from lianhu.kit import rates
from lianhu.kit.periods import Period
from registry.models import PostSpan, Village
from reports.models import Compliance, FrozenFigure, FrozenPeriod, Quota, StoredPeriod, SubjectKind
from reports.quotas import compute, freeze
from reports.quotas.as_recorded import as_recorded
from reports.quotas.common import BAD_TRIP, VISIT_COUNTS
from reports.quotas.compute import Subjects, params_for
from visits.models import ActivityKind

Date = datetime.date
# Of itself the report says nothing.
_LEFT_OUT = "quarterly_report"


class Share(NamedTuple):
    """Those who have done a duty, of those whom it binds."""

    met: int = 0
    bound: int = 0

    @property
    def rate(self) -> str:
        return rates.rate(self.met, self.bound)

    def __add__(self, other: Any) -> "Share":
        return Share(self.met + other.met, self.bound + other.bound)


class Own(NamedTuple):
    """A duty of the unit itself."""

    done: int
    total: int
    status: str


@dataclass
class UnitFigures:
    """`shares` by kind of subject, rule and period; `own` by rule; `matters` by the names of `MATTERS`."""

    own: dict[str, Own] = field(default_factory=dict)
    shares: dict[tuple[str, str, str], Share] = field(default_factory=lambda: defaultdict(Share))
    visits: int = 0
    households: int = 0
    matters: Counter[str] = field(default_factory=Counter)
    activities: Counter[str] = field(default_factory=Counter)

    def share(self, kind: str, code: str, periods: Collection[Period]) -> Share:
        """Of these periods together."""
        return sum((self.shares.get((kind, code, each.code), Share()) for each in periods), Share())


@dataclass(frozen=True)
class Reading:
    """The figures of a quarter. `rules` are those there is a figure of, in their own order, one a code."""

    period: Period
    frozen: bool
    as_of: Date
    rules: Sequence[Quota]
    by_unit: Mapping[int | None, UnitFigures]
    satisfaction: Counts

    def of(self, unit_id: int) -> UnitFigures:
        return self.by_unit.get(unit_id) or UnitFigures()

    @property
    def whole(self) -> UnitFigures:
        """Of all units together, and of what is nobody's yet."""
        total = UnitFigures()
        for each in self.by_unit.values():
            for key, share in each.shares.items():
                total.shares[key] += share
            total.visits += each.visits
            total.matters += each.matters
            total.activities += each.activities
        return total


def months_of(quarter: Period) -> list[Period]:
    first = Period.month_of(quarter.first)
    return [first, first.following(), first.following().following()]


def read(quarter: Period, *, today: Date, units: Collection[int] | None = None) -> Reading:
    """Of these units, or of all."""
    periods = [quarter, *months_of(quarter)]
    frozen = set(
        FrozenPeriod.objects.filter(code__in=[each.code for each in periods]).values_list("code", flat=True)
    )
    by_unit: dict[int | None, UnitFigures] = defaultdict(UnitFigures)
    results = list(_results([each for each in periods if each.first <= today], frozen, units, today))
    quotas = Quota.objects.in_bulk({each.quota_id for each in results})
    for each in results:
        code = quotas[each.quota_id].code
        if code == _LEFT_OUT:
            continue
        found = by_unit[each.unit_id]
        if each.kind == SubjectKind.UNIT:
            found.own[code] = Own(each.done, each.total, each.status)
        found.shares[each.kind, code, each.period] += Share(each.met, each.bound)
    is_frozen = quarter.code in frozen
    as_of = freeze.as_of(quarter) if is_frozen else today
    with _recorded(quarter, frozen=is_frozen):
        params = _params(quarter, as_of, units)
        _count(by_unit, params)
        heard = counts(Grievance.objects.filter(any_of("id", _ids("revisited", params))))
    rules = {quota.code: quota for quota in sorted(quotas.values(), key=lambda quota: -quota.pk)}
    rules.pop(_LEFT_OUT, None)
    ordered = sorted(rules.values(), key=lambda quota: quota.pk)
    return Reading(quarter, is_frozen, as_of, ordered, by_unit, heard)


@contextmanager
def _recorded(quarter: Period, *, frozen: bool) -> Iterator[None]:
    if frozen:
        with as_recorded(freeze.cut_off(quarter)):
            yield
    else:
        yield


def _params(quarter: Period, as_of: Date, units: Collection[int] | None) -> dict[str, Any]:
    nobody = frozenset[int]()
    asked = None if units is None else frozenset(units)
    return params_for(quarter, as_of, Subjects(cadres=nobody, units=asked, villages=nobody))


# --- duties ----------------------------------------------------------------------------------


class _Result(NamedTuple):
    """Of one rule in one period: of a unit's cadres or villages together, or of the unit itself."""

    period: str
    kind: str
    unit_id: int | None
    quota_id: int
    met: int
    bound: int
    done: int
    total: int
    status: str


def _results(
    periods: Sequence[Period], frozen: set[str], units: Collection[int] | None, today: Date
) -> Iterator[_Result]:
    """Frozen where it is, else as last stored, else computed: a county's first day has nothing stored yet."""
    stored = StoredPeriod.objects.filter(code__in=[each.code for each in periods])
    live = set(stored.values_list("code", flat=True)) - frozen
    for model, codes in ((FrozenFigure, frozen), (Compliance, live)):
        if codes:
            yield from _kept(model, codes, units)
    for period in periods:
        if period.code not in frozen | live:
            yield from _computed(period, units, today)


def _kept(model: Any, codes: Collection[str], units: Collection[int] | None) -> Iterator[_Result]:
    rows = model.objects.filter(period__in=codes)
    if units is not None:
        rows = rows.filter(unit__in=units)
    grouped = rows.order_by().values_list("period", "subject_kind", "unit", "quota")
    counted = grouped.annotate(
        _met=Count("pk", filter=Q(status="met")),
        _bound=Count("pk", filter=~Q(status="exempt")),
        _done=Sum("done"),
        _total=Sum("total"),
        _status=Max("status"),
    )
    return (_Result(*row) for row in counted)


def _computed(period: Period, units: Collection[int] | None, today: Date) -> Iterator[_Result]:
    day = period.reference_day(today)
    posts = PostSpan.objects.filter(begins_on__lte=day, ends_on__gte=day)
    villages = Village.objects.all()
    if units is not None:
        posts, villages = posts.filter(unit__in=units), villages.filter(township__in=units)
    home = {
        SubjectKind.CADRE: dict(posts.values_list("cadre", "unit")),
        SubjectKind.VILLAGE: dict(villages.values_list("pk", "township")),
    }
    asked = Subjects(
        cadres=frozenset(home[SubjectKind.CADRE]),
        units=None if units is None else frozenset(units),
        villages=frozenset(home[SubjectKind.VILLAGE]),
    )
    for each in compute.figures(period, as_of=today, subjects=asked):
        kind = SubjectKind(each.subject_kind)
        unit = each.subject_id if kind == SubjectKind.UNIT else home[kind][each.subject_id]
        met, bound = int(each.status == "met"), int(each.status != "exempt")
        yield _Result(period.code, kind, unit, each.quota_id, met, bound, each.done, each.total, each.status)


# --- visits, matters, activities -------------------------------------------------------------

# By the unit the visitor was of on that day.
_VISITS = f"""
    FROM visits_visit v
    JOIN registry_post_span s ON s.cadre_id = v.cadre_id AND v.day BETWEEN s.begins_on AND s.ends_on
    WHERE v.day BETWEEN %(first)s AND %(ref)s AND {VISIT_COUNTS}
      AND (%(units)s::bigint[] IS NULL OR s.unit_id = ANY(%(units)s))"""

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
_REVISITED = f"""(g.revisited_on {_IN_QUARTER} OR EXISTS (
    SELECT FROM grievances_grievanceevent e
    WHERE e.grievance_id = g.id AND e.action = 'revisit' AND e.value = 'dissatisfied' AND e."on" {_IN_QUARTER}))"""
# By the unit of who handles it, on the quarter's last day.
_HANDLED = """
    FROM grievances_grievance g
    LEFT JOIN registry_post_span s ON s.cadre_id = g.handler_id AND %(ref)s BETWEEN s.begins_on AND s.ends_on
    WHERE g.voided_at IS NULL AND g.parent_id IS NULL
      AND (%(units)s::bigint[] IS NULL OR s.unit_id = ANY(%(units)s))"""

_HELD = f"""
    FROM visits_activity a
    WHERE a.voided_at IS NULL AND a.day {_IN_QUARTER} AND a.unit_id IS NOT NULL
      AND (%(units)s::bigint[] IS NULL OR a.unit_id = ANY(%(units)s))"""


def _count(by_unit: dict[int | None, UnitFigures], params: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {BAD_TRIP} SELECT s.unit_id, count(*), count(DISTINCT v.household_id) {_VISITS} GROUP BY 1",
            params,
        )
        for unit, visits, households in cursor.fetchall():
            by_unit[unit].visits, by_unit[unit].households = visits, households
        columns = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, condition in MATTERS.values())
        cursor.execute(f"SELECT s.unit_id, {columns} {_HANDLED} GROUP BY 1", params)
        for unit, *found in cursor.fetchall():
            by_unit[unit].matters = Counter(dict(zip(MATTERS, found, strict=True)))
        cursor.execute(f"SELECT a.unit_id, a.kind, count(*) {_HELD} GROUP BY 1, 2", params)
        for unit, kind, number in cursor.fetchall():
            by_unit[unit].activities[kind] = number


def _ids(name: str, params: dict[str, Any]) -> list[int]:
    """The rows that a figure counts."""
    if name == "visits":
        sql = f"WITH {BAD_TRIP} SELECT v.id {_VISITS}"
    elif name in ActivityKind.values:
        sql = f"SELECT a.id {_HELD} AND a.kind = %(kind)s"
    else:
        condition = _REVISITED if name == "revisited" else MATTERS[name][1]
        sql = f"SELECT g.id {_HANDLED} AND {condition}"
    with connection.cursor() as cursor:
        cursor.execute(sql, params | {"kind": name})
        return [pk for (pk,) in cursor.fetchall()]


COUNTED = ("visits", *MATTERS, "revisited", *ActivityKind.values)


@transaction.atomic
def rows_of(name: str, quarter: Period, *, today: Date, unit: int) -> list[int]:
    """Which visits, matters or activities the unit's figure counts: their ids (contract 6, rule 9)."""
    frozen = FrozenPeriod.objects.filter(code=quarter.code).exists()
    with _recorded(quarter, frozen=frozen):
        return _ids(name, _params(quarter, freeze.as_of(quarter) if frozen else today, {unit}))
