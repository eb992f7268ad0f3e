"""今日: what needs the county office today, each with its number and the page where it is done (DESIGN).

Of what there is nothing it says so in one line. Every number is the count of the page it leads to.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.backups import last_backup
from accounts.calendar import missing_year
from accounts.models import Feedback, Job, JobState
from grievances import filings, ledger
from grievances.handover import handovers_seen_by
from grievances.inbox import LABELS, desks_of, inbox_of
from grievances.models import Grievance
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.coverage import (
    area_of,
    cadres_without_household,
    households_without_cadre,
    pairings_of_the_gone,
    villages_without_unit,
)
from registry.duplicates import Unsettled
from registry.models import Unit
from registry.scope import scope_of
from reports.models import QuarterlyReport, ReportState
from reports.pages.phones import waiting_cadres
from reports.quarterly import rules
from reports.quarterly.queries import lines_of
from reports.quotas.freeze import cut_off

Date = datetime.date
# The nightly one failed once, and nobody has looked yet.
BACKUP_OLD = datetime.timedelta(hours=36)
FREEZE_TOLD_DAYS = 5
# A run that failed longer ago is history; the page of the schedule has it.
FAILED_TOLD = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Item:
    """`words` go on after the number; `zero` names what there is none of; without `url` somebody else does it."""

    count: int
    words: str
    zero: str
    url: str = ""
    note: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    items: list[Item]


@login_required
@require_safe
@never_cache
def today(request: HttpRequest) -> HttpResponse:
    if not scope_of(request.user).county:
        raise Http404
    now = clock.now()
    on = now.date()
    found = [
        ("诉求", matters(request.user, on)),
        ("人和户", people_and_homes(request.user, on)),
        ("季度报告", quarterly(on)),
        ("系统", system(now)),
    ]
    needed = [Group(title, items) for title, every in found if (items := [one for one in every if one.count])]
    context = {
        "now": now,
        "today": on,
        "statement": _statement(needed),
        "groups": needed,
        "nothing": [one.zero for _, every in found for one in every if not one.count],
        "freeze": _freeze_soon(on),
    }
    return render(request, "reports/today.html", context)


def _statement(groups: Iterable[Group]) -> str:
    """What is late first, in words."""
    every = [item for group in groups for item in group.items]
    if not every:
        return "今天没有要处理的事"
    first = next((item for item in every if item.bad), None)
    if first is None or len(every) == 1:
        return f"今天要处理 {len(every)} 项"
    return f"{first.count} {first.words}，另有 {len(every) - 1} 项要处理"


def matters(user: Any, on: Date) -> list[Item]:
    """What is late anywhere, and what waits at the office's own desk."""
    every = Grievance.objects.visible_to(user)
    page = reverse("ledger")
    work = ledger.count_work(every, inbox_of(user, on, desks_of(user, on)), on)
    late = ledger.count(every, on).of(due="late")
    return [
        Item(late, "件诉求逾期", "逾期诉求", f"{page}?tab=all&due=late", bad=True),
        *(
            Item(
                work[kind],
                f"件{label}",
                f"{label}的诉求",
                f"{page}?tab=mine&todo={kind}",
                _TOLD.get(kind, ""),
            )
            for kind, label in LABELS.items()
            if kind in work and kind != "object"
        ),
        Item(work["object"], "件公示异议待答复", "公示异议", f"{page}?tab=mine&todo=object", bad=True),
        Item(
            filings.waiting(user).order_by().count(),
            "件群众反映待挂号",
            "待挂号的群众反映",
            reverse("filings"),
        ),
    ]


_TOLD = {"decide": "延期、免回访等您同意", "close": "回访过了，等您销号"}


def people_and_homes(user: Any, on: Date) -> list[Item]:
    area = area_of(user, on)
    assert area is not None

    def coverage(which: str) -> str:
        return f"{reverse('coverage')}?{urlencode({'list': which})}"

    unfiled = handovers_seen_by(user).filter(filed_at__isnull=True).count()
    return [
        Item(
            villages_without_unit(area, on).count(), "个村(社区)没有包联单位", "没有单位包联的村",
            coverage("villages"),
        ),
        Item(households_without_cadre(area, on).count(), "户没有结对干部", "没有干部结对的户", coverage("households")),
        Item(pairings_of_the_gone(area, on).count(), "户的结对干部已离岗", "干部离岗没人接的户", coverage("left")),
        Item(cadres_without_household(area, on).count(), "名干部没有结对户", "没有结对户的干部", coverage("cadres")),
        Item(unfiled, "次接替待备案", "待备案的接替", f"{reverse('handover')}?state=waiting"),
        Item(len(Unsettled(on)), "对疑似重复户待认定", "疑似重复户", reverse("duplicates")),
        Item(
            waiting_cadres(on).order_by().count(), "名干部有没上传的记录", "没上传的记录", reverse("phones"),
            "定格前提醒他们",
        ),
        Item(
            Feedback.objects.filter(answered_at__isnull=True).count(), "条意见建议待答复", "待答复的意见建议",
            f"{reverse('feedback_all')}?state=open",
        ),
    ]  # fmt: skip


def quarterly(on: Date) -> list[Item]:
    """Those handed in, by quarter; of the last quarter that is over those still missing after the 10th."""
    submitted = QuarterlyReport.objects.filter(state=ReportState.SUBMITTED).values_list("year", "quarter")
    waiting = Counter(Period.parse(f"{year}Q{number}") for year, number in submitted)
    ended = rules.quarter_of(rules.quarter_of(on).first - datetime.timedelta(days=1))
    lines = lines_of(ended, Unit.objects.all(), today=on) if on > rules.due_on(ended) else []
    missing = sum(not line.handed_in for line in lines)

    def page(quarter: Period, state: str) -> str:
        return f"{reverse('reports')}?{urlencode({'period': quarter.code, 'state': state})}"

    return [
        *(
            Item(
                waiting[quarter],
                f"份{quarter.label}报告待采纳",
                "待采纳的季度报告",
                page(quarter, "submitted"),
            )
            for quarter in sorted(waiting or [ended], reverse=True)
        ),
        Item(
            missing,
            f"个单位{ended.label}的报告过了期限还没有报送",
            "逾期的季度报告",
            page(ended, "open"),
            bad=True,
        ),
    ]


def system(now: datetime.datetime) -> list[Item]:
    failed = list(_failed_runs(now))
    made, year = last_backup(), missing_year(now.date())
    old = made is None or now - made > BACKUP_OLD
    age = "从来没有备份过" if made is None else f"最近一次备份在 {(now - made).days or 1} 天前"
    return [
        Item(
            len(failed), "项定时任务没有完成", "出错的定时任务", reverse("schedule"), "、".join(failed[:3]), bad=True
        ),
        Item(int(old), "项备份要做", "过期的备份", note=f"{age}，请系统管理员看“备份”一页", bad=True),
        Item(
            int(year is not None), "个年份没有放假安排", "缺的放假安排",
            note=f"{year} 年：跨到那一年的期限是暂定的，请系统管理员录入",
        ),
    ]  # fmt: skip


def _failed_runs(now: datetime.datetime) -> Iterator[str]:
    """By name, those of the schedule whose last run failed, by the clock or by hand."""
    kinds = Job.objects.filter(slot__isnull=False).values("kind")
    better = Job.objects.filter(kind=OuterRef("kind"), state=JobState.DONE, pk__gt=OuterRef("pk"))
    failed = Job.objects.filter(state=JobState.FAILED, kind__in=kinds, ended_at__gt=now - FAILED_TOLD)
    rows = failed.filter(~Exists(better)).order_by("title").values_list("title", flat=True).distinct()
    yield from rows


@dataclass(frozen=True)
class Freeze:
    month: Period
    days: int
    day: Date


def _freeze_soon(on: Date) -> Freeze | None:
    """The month that freezes next, within the days in which something can still be mended."""
    for month in (Period.month_of(on.replace(day=1) - datetime.timedelta(days=1)), Period.month_of(on)):
        day = cut_off(month).date()
        if 0 < (day - on).days <= FREEZE_TOLD_DAYS:
            return Freeze(month, (day - on).days, day)
    return None
