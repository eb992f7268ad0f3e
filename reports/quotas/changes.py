"""What changed a figure since it was frozen, and who did it (contract, section 6).

Evidence as recorded before the cut-off stands against evidence now. What does not differ between the two, because
both take the registry and corrections as they stand now, is looked up in the audit log (`registry_changes`).
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.models import AuditEntry, AuditKind
from grievances.models import GrievanceAction, GrievanceEvent
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import PostSpan
from reports.models import FrozenFigure, FrozenPeriod, QuarterlyReport, Quota, ReportAction, SubjectKind
from reports.quotas.as_recorded import as_recorded
from reports.quotas.compute import Figure, figures
from reports.quotas.evidence import EvidenceRow, evidence, only
from reports.quotas.metrics import METRICS
from reports.quotas.metrics.base import Metric
from reports.quotas.registry_changes import registry_changes
from reports.quotas.rules import BOUND
from visits.models import Activity, Trip, Visit

Moment = datetime.datetime
# What happened, when, in words; sorted by the moment.
Told = list[tuple[Moment, str]]


@dataclass(frozen=True)
class Change:
    """A row that counts otherwise than it did, or a change of the registry (then `then` and `now` are empty)."""

    day: datetime.date | None
    last_day: datetime.date | None
    place: str
    what: str
    then: str
    now: str
    why: tuple[str, ...]


def changed_since(quota: Quota, period: Period, subject_id: int, *, on: datetime.date) -> list[Change]:
    """Of a frozen period; nothing of another. `quota`: the rule that binds the subject now, or did then."""
    frozen_period = FrozenPeriod.objects.filter(code=period.code).first()
    if frozen_period is None:
        return []
    kind = SubjectKind(BOUND[quota.binds].kind)
    then_figure = frozen_figures(period, kind, [subject_id]).filter(quota__code=quota.code).first()
    found = figures(period, as_of=on, subjects=only(kind, subject_id))
    now_figure = next((figure for figure in found if figure.quota == quota.code), None)
    since = _Since(frozen_period.cut_off, frozen_period.as_of, period, kind, subject_id)
    then_rule = then_figure.quota if then_figure else quota
    with as_recorded(since.moment):
        then = evidence(then_rule, period, as_of=since.as_of, subject_id=subject_id)
    now_rule = Quota.objects.get(pk=now_figure.quota_id) if now_figure else quota
    now = evidence(now_rule, period, as_of=on, subject_id=subject_id)
    metric = METRICS[now_rule.metric]
    changes = _of_rows(metric, then, now, since)
    if _explained(metric, then, then_figure, now_figure):
        return changes
    return [*changes, *_of_registry(metric, since)]


def frozen_figures(period: Period, kind: str, subject_ids: Iterable[int]) -> "models.QuerySet[FrozenFigure]":
    found = FrozenFigure.objects.filter(period=period.code, subject_kind=kind, subject_id__in=subject_ids)
    return found.select_related("quota")


@dataclass(frozen=True)
class _Since:
    """`moment`: the cut-off; `as_of`: the last day known before it."""

    moment: Moment
    as_of: datetime.date
    period: Period
    kind: SubjectKind
    subject_id: int


# --- rows ------------------------------------------------------------------------------------


def _of_rows(
    metric: Metric, then: Sequence[EvidenceRow], now: Sequence[EvidenceRow], since: _Since
) -> list[Change]:
    before, after = _by_source(then), _by_source(now)
    differ = [
        source
        for source in dict.fromkeys([*after, *before])
        if _state(metric, before[source]) != _state(metric, after[source])
    ]
    causes = _CAUSES[metric.source](differ, since)
    changes = []
    for source in differ:
        row = (after[source] or before[source])[0]
        words = _words(metric, before[source]), _words(metric, after[source])
        changes.append(Change(row.day, row.last_day, row.place, row.what, *words, _in_order(causes[source])))
    return changes


def _by_source(rows: Iterable[EvidenceRow]) -> dict[int, list[EvidenceRow]]:
    found: dict[int, list[EvidenceRow]] = defaultdict(list)
    for row in rows:
        found[row.source_id].append(row)
    return found


def _days(rows: Iterable[EvidenceRow]) -> set[int]:
    return {
        day
        for row in rows
        if row.counts and row.day and row.last_day
        for day in range(row.day.toordinal(), row.last_day.toordinal() + 1)
    }


def _state(metric: Metric, rows: Sequence[EvidenceRow]) -> object:
    """What of a row the figure depends on."""
    if metric.fold == "days":
        return _days(rows)
    counts = any(row.counts for row in rows)
    return (bool(rows), counts) if metric.shares else counts


def _words(metric: Metric, rows: Sequence[EvidenceRow]) -> str:
    if not rows:
        return "不在应走访的户里" if metric.shares else "没有"
    if not any(row.counts for row in rows):
        return f"未计入（{rows[0].why_not}）"
    return f"计入 {len(_days(rows))} 天" if metric.name == "trip_days" else "计入"


def _explained(
    metric: Metric, then: Sequence[EvidenceRow], frozen: FrozenFigure | None, live: Figure | None
) -> bool:
    """Whether the rows of then give the frozen figure, and nothing but rows has changed."""
    if frozen is None or live is None:
        return False
    done = len(_days(then)) if metric.fold == "days" else sum(row.counts for row in then)
    total = len(then) if metric.shares else frozen.total
    exempt = "exempt" in (frozen.status, live.status)
    return (done, total, frozen.target) == (frozen.done, frozen.total, live.target) and (
        not exempt or frozen.status == live.status
    )


def _of_registry(metric: Metric, since: _Since) -> list[Change]:
    told = registry_changes(
        metric, since.period, since.kind, since.subject_id, since=since.moment, as_of=since.as_of
    )
    return [
        Change(None, None, "登记信息变动", each.what, "", "", (f"{_at(each.at)} {each.words}",))
        for each in told
    ]


# --- who did it, and when --------------------------------------------------------------------


def _at(moment: Moment) -> str:
    return f"{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"


def _in_order(told: Told) -> tuple[str, ...]:
    return tuple(f"{_at(moment)} {words}" for moment, words in sorted(told, key=itemgetter(0)))


def _name(user: Any) -> str:
    return user.name if user else "系统"


def _by_whom_voided(model: type[models.Model], rows: Iterable[Any], since: _Since) -> Mapping[int, str]:
    """The row keeps when and why; the log who."""
    ids = [row.pk for row in rows if row.voided_at and row.voided_at >= since.moment]
    entries = AuditEntry.objects.filter(
        subject_table=model._meta.db_table,
        subject_id__in=ids,
        kind=AuditKind.CHANGED,
        detail__contains='"voided_at"',
    )
    return {
        entry.subject_id: _name(entry.actor)
        for entry in entries.select_related("actor").order_by("pk")
        if entry.subject_id
    }


def _entered(row: Any, since: _Since) -> Told:
    if row.recorded_at < since.moment:
        return []
    late = "，是补录" if getattr(row, "backfilled", False) else ""
    return [(row.recorded_at, f"{_name(row.recorded_by)}录入{late}")]


def _decided(row: Any, since: _Since, voided_by: Mapping[int, str]) -> Told:
    """Approved, and voided."""
    told = []
    approved_at = getattr(row, "approved_at", None)
    if approved_at and approved_at >= since.moment:
        told.append((approved_at, f"{_name(row.approved_by)}批准补录"))
    if row.voided_at and row.voided_at >= since.moment:
        # A family may be named in the reason of a visit or of an activity.
        why = f"：{row.void_reason}" if isinstance(row, Trip) and row.void_reason else ""
        told.append((row.voided_at, f"{voided_by.get(row.pk, _name(None))}作废{why}"))
    return told


def _trips(ids: Sequence[int], since: _Since) -> dict[int, Told]:
    found = list(Trip.objects.filter(pk__in=ids).select_related("recorded_by", "approved_by"))
    voided_by = _by_whom_voided(Trip, found, since)
    told: dict[int, Told] = defaultdict(list)
    for trip in found:
        told[trip.pk] = [*_entered(trip, since), *_decided(trip, since, voided_by)]
        if trip.ends_on > since.as_of:
            told[trip.pk].append((clock.midnight(trip.ends_on), "这次下乡才结束"))
    return told


def _visits(ids: Sequence[int], since: _Since) -> dict[int, Told]:
    return _told_of_visits(Q(pk__in=ids), since, key="pk")


def _households(ids: Sequence[int], since: _Since) -> dict[int, Told]:
    """Whatever was entered, approved or voided about visits to them: the cadre's own, or those of the unit's people."""
    asked = Q(household__in=ids, day__range=(since.period.first, since.period.last))
    own = Q(cadre=since.subject_id)
    unit = PostSpan.objects.filter(
        cadre=since.subject_id, begins_on__lte=since.period.last, ends_on__gte=since.period.last
    )
    of_unit = Q(
        cadre__post_spans__unit__in=unit.values("unit"),
        cadre__post_spans__begins_on__lte=F("day"),
        cadre__post_spans__ends_on__gte=F("day"),
    )
    return _told_of_visits(asked & (own | of_unit), since, key="household_id")


def _told_of_visits(asked: Q, since: _Since, *, key: str) -> dict[int, Told]:
    late = Q()
    for name in ("recorded_at", "approved_at", "voided_at", "trip__approved_at", "trip__voided_at"):
        late |= Q(**{f"{name}__gte": since.moment})
    people = ("recorded_by", "approved_by", "cadre", "trip__approved_by")
    found = list(Visit.objects.filter(asked & late).distinct().select_related(*people))
    trips = {visit.trip.pk: visit.trip for visit in found if visit.trip}
    voided_by = _by_whom_voided(Visit, found, since)
    trip_voided_by = _by_whom_voided(Trip, trips.values(), since)
    told: dict[int, Told] = defaultdict(list)
    for visit in found:
        happened = [*_entered(visit, since), *_decided(visit, since, voided_by)]
        if visit.trip:
            own = {moment for moment, _ in happened}
            of_trip = _decided(visit.trip, since, trip_voided_by)
            happened += [(at, f"所在的下乡由{words}") for at, words in of_trip if at not in own]
        named = f"{visit.cadre.name} {visit.day} 的走访，" if key != "pk" else ""
        told[getattr(visit, key)] += [(at, f"{named}{words}") for at, words in happened]
    return told


_MOVES = (
    GrievanceAction.REGISTER, GrievanceAction.ASSIGN, GrievanceAction.TRANSFER, GrievanceAction.ESCALATE,
    GrievanceAction.REPLY, GrievanceAction.CLOSE, GrievanceAction.WAIVE, GrievanceAction.REOPEN,
    GrievanceAction.MERGE, GrievanceAction.UNMERGE, GrievanceAction.VOID, GrievanceAction.CORRECT,
    GrievanceAction.HAND_OVER,
)  # fmt: skip


def _grievances(ids: Sequence[int], since: _Since) -> dict[int, Told]:
    steps = GrievanceEvent.objects.filter(
        grievance__in=ids, recorded_at__gte=since.moment, action__in=_MOVES
    ).select_related("by")
    told: dict[int, Told] = defaultdict(list)
    for step in steps:
        told[step.grievance_id].append((step.recorded_at, f"{_name(step.by)}{step.get_action_display()}"))
    return told


def _activities(ids: Sequence[int], since: _Since) -> dict[int, Told]:
    found = list(Activity.objects.filter(pk__in=ids).select_related("recorded_by"))
    voided_by = _by_whom_voided(Activity, found, since)
    told = {each.pk: [*_entered(each, since), *_decided(each, since, voided_by)] for each in found}
    return defaultdict(list, told)


def _reports(ids: Sequence[int], since: _Since) -> dict[int, Told]:
    told: dict[int, Told] = defaultdict(list)
    found = QuarterlyReport.objects.filter(pk__in=ids).prefetch_related("events__by")
    for report in found:
        told[report.pk] += [
            (event.at, f"{_name(event.by)}{event.get_action_display()}")
            for event in report.events.all()
            if event.at >= since.moment and event.action in (ReportAction.ACCEPT, ReportAction.RETURN)
        ]
    return told


_CAUSES: dict[str, Callable[[Sequence[int], _Since], dict[int, Told]]] = {
    "trip": _trips,
    "visit": _visits,
    "household": _households,
    "grievance": _grievances,
    "activity": _activities,
    "report": _reports,
}
