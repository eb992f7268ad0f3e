"""Reports as the pages list them: by unit, by name; which are late, and how they stood at a moment."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import Unit
from registry.scope import scope_of
from reports.models import (
    FrozenFigure,
    FrozenPeriod,
    QuarterlyReport,
    ReportAction,
    ReportEvent,
    ReportState,
)
from reports.quarterly import rules
from reports.quarterly.workflow import STATE_AFTER, prepares

Date = datetime.date
_GLYPHS = {"draft": "waiting", "submitted": "running", "returned": "missed", "accepted": "met"}


@dataclass(frozen=True)
class Line:
    """One unit's report of a quarter; `report` None where there is no draft. `state` as it stood when asked."""

    unit: Unit
    quarter: Period
    report: QuarterlyReport | None
    state: str
    late: int

    @property
    def word(self) -> str:
        return str(ReportState(self.state).label) if self.state else "没有草稿"

    @property
    def glyph(self) -> str:
        return _GLYPHS.get(self.state, "waiting")

    @property
    def handed_in(self) -> bool:
        return self.state in (ReportState.SUBMITTED, ReportState.ACCEPTED)

    @property
    def late_word(self) -> str:
        return f"{'迟报' if self.handed_in else '逾期'} {self.late} 天" if self.late else ""


def sees_reports(user: Any) -> bool:
    scope = scope_of(user)
    return scope.county or bool(scope.unit_ids)


def visible_reports(user: Any) -> "QuerySet[QuarterlyReport]":
    units = Unit.objects.visible_to(user)
    return QuarterlyReport.objects.filter(unit__in=units.values("pk")).select_related("unit")


def may_read_words(user: Any, report: QuarterlyReport) -> bool:
    """A draft is its unit's own until it is submitted; what was returned has been read."""
    return report.state != ReportState.DRAFT or prepares(user, report.unit)


def by_name(units: Iterable[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (spelt(unit.name), unit.code))


def units_of(quarter: Period) -> "QuerySet[Unit]":
    """Once it is frozen those that owed a report then: a unit that came later owes it nothing."""
    if not FrozenPeriod.objects.filter(code=quarter.code).exists():
        return Unit.objects.all()
    bound = FrozenFigure.objects.filter(period=quarter.code, quota__metric="quarterly_reports")
    return Unit.objects.filter(pk__in=bound.values("subject_id"))


def lines_of(quarter: Period, units: Iterable[Unit], *, today: Date) -> list[Line]:
    """Each of the units that owed a report or has one, by name."""
    reports = QuarterlyReport.objects.filter(year=quarter.first.year, quarter=(quarter.first.month + 2) // 3)
    there = {report.unit_id: report for report in reports}
    asked = {*units_of(quarter).values_list("pk", flat=True), *there}
    return [_line(unit, quarter, there.get(unit.pk), today) for unit in by_name(units) if unit.pk in asked]


def lines_of_unit(unit: Unit, *, today: Date) -> list[Line]:
    """All its reports, the newest first."""
    reports = QuarterlyReport.objects.filter(unit=unit).order_by("-year", "-quarter")
    return [_line(unit, report.period, report, today) for report in reports]


def lines_at(quarter: Period, *, today: Date, moment: datetime.datetime | None) -> list[Line]:
    """All units; with a moment as the reports stood before it."""
    if moment is None:
        return lines_of(quarter, Unit.objects.all(), today=today)
    until = moment.date() - datetime.timedelta(days=1)
    lines = lines_of(quarter, Unit.objects.all(), today=until)
    moved = states_at(quarter, moment)
    return [
        Line(line.unit, line.quarter, line.report, moved.get(line.unit.pk, line.state), line.late)
        if line.report
        else line
        for line in lines
    ]


def states_at(quarter: Period, moment: datetime.datetime) -> dict[int, str]:
    """By unit, of the reports that were moved since: what their last event before the moment had left."""
    events = ReportEvent.objects.filter(
        report__year=quarter.first.year, report__quarter=(quarter.first.month + 2) // 3
    )
    since = events.filter(at__gte=moment)
    states = dict.fromkeys(since.values_list("report__unit", flat=True), str(ReportState.DRAFT))
    before = events.filter(report__in=since.values("report"), at__lt=moment)
    for unit, action in before.order_by("pk").values_list("report__unit", "action"):
        states[unit] = str(STATE_AFTER[ReportAction(action)])
    return states


def _line(unit: Unit, quarter: Period, report: QuarterlyReport | None, today: Date) -> Line:
    if report is None:
        return Line(unit, quarter, None, "", max(0, (today - rules.due_on(quarter)).days))
    return Line(unit, quarter, report, report.state, rules.days_late(report, today))


def quarters_offered(today: Date) -> list[Period]:
    """Those that have reports and the present one, the newest first."""
    there = QuarterlyReport.objects.order_by("-year", "-quarter").values_list("year", "quarter").distinct()
    found = {Period.parse(f"{year}Q{quarter}") for year, quarter in there}
    return sorted(found | {rules.quarter_of(today)}, reverse=True)


def history(report: QuarterlyReport) -> Sequence[ReportEvent]:
    return list(report.events.select_related("by"))
