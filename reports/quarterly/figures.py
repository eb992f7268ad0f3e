"""What a quarter's reports say in figures: of one unit or of all, in a fixed number of statements (方案五(二)).

Duties are the stored figures, visits, matters and activities (`counts`) are counted live; once their period is
frozen both are the frozen ones, and no trip, visit, matter or activity is read.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, Sum

from grievances.satisfaction import Counts
from lianhu.kit import rates
from lianhu.kit.periods import Period
from registry.models import PostSpan, Village
from reports.models import (
    Compliance,
    FrozenCount,
    FrozenFigure,
    FrozenPeriod,
    Quota,
    StoredPeriod,
    SubjectKind,
)
from reports.quarterly import counts
from reports.quotas import compute, freeze
from reports.quotas.as_recorded import as_recorded
from reports.quotas.compute import Subjects
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

    @property
    def settles(self) -> datetime.datetime:
        """What is recorded from this moment on is not in the frozen figures."""
        return freeze.cut_off(self.period)

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
    heard = Counter[str]()
    for unit, name, number in _counts(quarter, as_of, units, frozen=is_frozen):
        _put(by_unit[unit], heard, name, number)
    rules = {quota.code: quota for quota in sorted(quotas.values(), key=lambda quota: -quota.pk)}
    rules.pop(_LEFT_OUT, None)
    ordered = sorted(rules.values(), key=lambda quota: quota.pk)
    return Reading(quarter, is_frozen, as_of, ordered, by_unit, _satisfaction(heard))


def _put(found: UnitFigures, heard: Counter[str], name: str, number: int) -> None:
    if name == "visits":
        found.visits = number
    elif name == "households":
        found.households = number
    elif name in counts.MATTERS:
        found.matters[name] = number
    elif name in counts.SATISFACTION:
        heard[name] += number
    elif name in ActivityKind.values:
        found.activities[name] = number


def _satisfaction(heard: Counter[str]) -> Counts:
    return Counts(
        satisfied=heard["satisfied"],
        basically=heard["basically"],
        dissatisfied=heard["dissatisfied"],
        set_aside=heard["set_aside"],
        whole=heard.total() - heard["set_aside"],
    )


def _counts(
    quarter: Period, as_of: Date, units: Collection[int] | None, *, frozen: bool
) -> Sequence[counts.Count]:
    """What was frozen before counts were kept is counted as recorded, until the freeze has made up for it."""
    if not frozen:
        return list(counts.counted(quarter, as_of=as_of, units=units))
    if FrozenCount.objects.filter(period=quarter.code).exists():
        return list(counts.kept(quarter, units=units))
    with as_recorded(freeze.cut_off(quarter)):
        return list(counts.counted(quarter, as_of=as_of, units=units))


class Rows(NamedTuple):
    """What the figure of a report counts, and what it would count now: the same until it is frozen."""

    counted: set[int]
    now: set[int]


def rows_of(name: str, quarter: Period, *, today: Date, unit: int) -> Rows:
    """Ids of visits, matters or activities (contract 6, rule 9)."""
    now = set(counts.rows_counted(name, quarter, as_of=today, unit=unit))
    if not FrozenPeriod.objects.filter(code=quarter.code).exists():
        return Rows(now, now)
    if FrozenCount.objects.filter(period=quarter.code).exists():
        return Rows(set(counts.rows_kept(name, quarter, unit=unit)), now)
    with as_recorded(freeze.cut_off(quarter)):
        return Rows(set(counts.rows_counted(name, quarter, as_of=freeze.as_of(quarter), unit=unit)), now)


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
