"""季度报告: drafts on the quarter's last day, written by the unit, submitted, returned or accepted (方案五(二))."""

import datetime
from collections.abc import Iterable, Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.errors import raise_faults
from lianhu.kit.periods import Period
from registry.models import Role, RoleGrant
from registry.people import holding, in_service
from registry.querysets import in_force
from reports.models import QuarterlyReport, ReportAction, ReportEvent, ReportState
from reports.quarterly import rules
from reports.quarterly.queries import units_of
from reports.quarterly.workflow import PREPARING, STEPS, WRITABLE, prepares

Date = datetime.date
WORDS = {"work_done": "工作开展情况", "problems": "存在的问题", "next_steps": "下一步打算"}


class Meanwhile(ValidationError):
    """Somebody else changed it after the page was opened; nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="meanwhile")


# --- drafts ----------------------------------------------------------------------------------


@transaction.atomic
def make_drafts(*, on: Date) -> int:
    """A draft for each unit of each quarter that is due by the day. Returns how many were made.

    Repeatable, and late-safe: what is there stays, and quarters since the last that has reports are made up for.
    """
    lock_for_transaction("quarterly drafts")
    made = [report for quarter in _due(on) for report in _missing(quarter)]
    QuarterlyReport.objects.bulk_create(made)
    now = clock.now()
    ReportEvent.objects.bulk_create(
        ReportEvent(report=report, action=ReportAction.DRAFT, at=now) for report in made
    )
    for quarter in sorted({report.period for report in made}):
        _tell_of_drafts(quarter, {report.unit_id for report in made if report.period == quarter}, on)
    return len(made)


def _due(on: Date) -> list[Period]:
    """The last quarter whose last day has come, and those before it back to one that has reports."""
    quarter = rules.quarter_of(on)
    due = [quarter if on >= quarter.last else quarter.previous()]
    first = QuarterlyReport.objects.order_by("year", "quarter").first()
    if first is None:
        return due
    there = set(QuarterlyReport.objects.values_list("year", "quarter").distinct())
    while due[-1].previous() > first.period:
        before = due[-1].previous()
        if _key(before) in there:
            break
        due.append(before)
    return due


def _key(quarter: Period) -> tuple[int, int]:
    return quarter.first.year, (quarter.first.month + 2) // 3


def _missing(quarter: Period) -> list[QuarterlyReport]:
    year, number = _key(quarter)
    there = QuarterlyReport.objects.filter(year=year, quarter=number).values("unit")
    units = units_of(quarter).exclude(pk__in=there).order_by("pk")
    return [QuarterlyReport(unit=unit, year=year, quarter=number) for unit in units]


def _tell_of_drafts(quarter: Period, units: set[int], on: Date) -> None:
    due = rules.due_on(quarter)
    notify(
        people_of(units, on),
        key=f"report-draft:{quarter.code}",
        title=f"{quarter.label}报告的草稿已生成，请在 {due.month}月{due.day}日前报送",
        body="数字已经汇总好，只写工作开展情况、存在的问题和下一步打算。",
        url=f"{reverse('reports')}?period={quarter.code}",
    )


def people_of(units: Iterable[int], on: Date) -> "QuerySet[User]":
    """Liaisons and leaders of the units, in service that day."""
    grants = RoleGrant.objects.filter(in_force(on), unit__in=list(units), role__in=PREPARING)
    return in_service(on).filter(cadre__in=grants.values("cadre"))


# --- the unit's words ------------------------------------------------------------------------


@transaction.atomic
def save_words(report: QuarterlyReport, words: Mapping[str, str], *, seen: int, by: User) -> None:
    """The three fields; `seen` is the version the page was opened with. What is the same again changes nothing."""
    locked = _locked(report)
    if not prepares(by, locked.unit):
        raise PermissionDenied
    if locked.state not in WRITABLE:
        raise Meanwhile(_what_happened(locked))
    if all(getattr(locked, name) == words[name] for name in WORDS):
        return
    if locked.version != seen:
        raise Meanwhile("这份报告在您打开以后有人保存过，您这一次没有写入。")
    for name in WORDS:
        setattr(locked, name, words[name])
    locked.version += 1
    locked.save(update_fields=[*WORDS, "version"])


def _locked(report: QuarterlyReport) -> QuarterlyReport:
    rows = QuarterlyReport.objects.select_for_update(of=("self",)).select_related("unit")
    found: QuarterlyReport = rows.get(pk=report.pk)
    return found


# --- the steps -------------------------------------------------------------------------------


@transaction.atomic
def act(
    report: QuarterlyReport, action: ReportAction, *, reason: str = "", seen: int | None, by: User
) -> QuarterlyReport:
    """Take a step of `workflow.STEPS`. Raise Meanwhile, PermissionDenied, or ValidationError by field."""
    step, locked = STEPS[action], _locked(report)
    if not step.who(by, locked.unit):
        raise PermissionDenied
    if locked.state not in step.begins:
        raise Meanwhile(_what_happened(locked))
    if seen is not None and locked.version != seen:
        raise Meanwhile("这份报告在您打开以后有人改过，请看过再办。您这一次没有写入。")
    raise_faults(step.needs(locked, reason))
    now = clock.now()
    locked.state = step.to
    if action == ReportAction.SUBMIT and locked.submitted_at is None:
        locked.submitted_at = now
    if step.to == ReportState.ACCEPTED:
        locked.accepted_on = now.date()
    locked.version = F("version") + 1
    locked.save(update_fields=["state", "submitted_at", "accepted_on", "version"])
    event = ReportEvent.objects.create(report=locked, action=action, reason=reason, by=by, at=now)
    _tell(locked, event, step.told)
    locked.refresh_from_db(fields=["version"])
    return locked


def _what_happened(report: QuarterlyReport) -> str:
    last = report.events.select_related("by").last()
    if last is None:
        return f"这份报告现在是“{report.get_state_display()}”，不能这样办。"
    who = last.by.name if last.by else "系统"
    at, now = last.at.astimezone(clock.SHANGHAI), report.get_state_display()
    return f"{who}已在 {at:%m-%d %H:%M} {last.get_action_display()}，现在是“{now}”"


def _tell(report: QuarterlyReport, event: ReportEvent, title: str) -> None:
    """The office hears of what is submitted, the unit's people of what the office decides; never who did it."""
    on = event.at.date()
    to_office = event.action == ReportAction.SUBMIT
    people = holding(Role.COUNTY_OFFICE, on) if to_office else people_of([report.unit_id], on)
    notify(
        (user for user in people if user.pk != event.by_id),
        key=f"report:{event.pk}",
        title=f"{report.period.label}：{title}",
        body=report.unit.name + (f"。{event.reason}" if event.reason else ""),
        url=reverse("quarterly_report", args=[report.unit.code, report.period.code]),
    )
