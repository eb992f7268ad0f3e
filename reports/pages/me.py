"""我的: what a cadre owes this month and this year, and the households longest unvisited first."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from grievances.pages.ledger import due_rows
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Cadre, Household, Role
from registry.querysets import in_force
from registry.scope import scope_of
from reports.dashboards.area import has_overview
from reports.models import SubjectKind
from reports.pages.activities import may_see_activities
from reports.pages.duties import Duty, duties_of_periods, seen_on
from reports.pages.frozen import beside
from reports.pages.menu import home_units
from reports.pages.months import Months, months_of
from reports.quotas.compute import Subjects
from visits.models import VisitResult

# The rest is a tap away, in the ledger.
MOST_DUE = 10


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Each to their own first page."""
    scope = scope_of(request.user)
    if scope.county:
        return redirect("today")
    if scope.has(Role.AUDITOR):
        return redirect("audit_log")
    if scope.has(Role.SYSTEM_ADMIN):
        return redirect("accounts")
    if has_overview(request.user):
        return redirect("overview")
    units = home_units(request.user)
    if units:
        return redirect("unit", units[0].code)
    return redirect("villages" if scope.village_ids else "me")


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    months = months_of(request, today)
    user: Any = request.user
    cadre: Cadre | None = getattr(user, "cadre", None)
    if cadre is None:
        return render(request, "reports/me_nobody.html")
    as_of = seen_on(months.month, today)
    of_month, of_year = _duties_of(cadre, months.month, today)
    homes = my_households(cadre, today)
    context = {
        "months": months,
        "frozen": beside(months.month, SubjectKind.CADRE, [cadre], of_month, today=today),
        "today": today,
        "due": due_rows(user, today, MOST_DUE),
        "year_as_of": as_of,
        "sentences": _sentences(months, of_month, of_year),
        "of_month": of_month,
        "of_year": of_year,
        "homes": homes,
        "errands": may_see_activities(user),
        "villages": sorted(
            {home.household.village for home in homes if home.household.closed_on is None},
            key=lambda village: village.code,
        ),
    }
    return render(request, "reports/me.html", context)


def _duties_of(cadre: Cadre, month: Period, today: datetime.date) -> tuple[list[Duty], list[Duty]]:
    only = Subjects(cadres=frozenset({cadre.pk}), units=frozenset(), villages=frozenset())
    asked = [(month, today), (Period.year_of(month.first), seen_on(month, today))]
    of_month, of_year = duties_of_periods(asked, subjects=only)
    return of_month, of_year


def owed_now(cadre: Cadre, today: datetime.date) -> tuple[list["Sentence"], list[Duty]]:
    """What the phone takes along: the sentences of this month's page, and a bar a duty of the month."""
    month = Period.month_of(today)
    of_month, of_year = _duties_of(cadre, month, today)
    return _sentences(Months(month, today, {}), of_month, of_year), of_month or of_year


@dataclass(frozen=True)
class Sentence:
    """`before` and `after` around what is owed."""

    before: str
    owed: str = ""


def _sentences(months: Months, of_month: list[Duty], of_year: list[Duty]) -> list[Sentence]:
    """What is owed, in words, first (DESIGN 1)."""
    said = [*_of_month(months, of_month), *_of_year(months, of_year, alone=not of_month)]
    return said or [Sentence("按规则，您没有要完成的指标")]


def _of_month(months: Months, found: list[Duty]) -> Iterator[Sentence]:
    over = months.month.is_over(months.today)
    when = f"{months.month.first.month}月" if over else "本月"
    owed = "、".join(duty.owed for duty in found if duty.left)
    if owed:
        yield Sentence(f"{when}{'没完成，差' if over else '还差'} ", owed)
    elif found:
        yield _nothing_owed(when, found)


def _of_year(months: Months, found: list[Duty], *, alone: bool) -> Iterator[Sentence]:
    """The paired households always; the other duties where nothing is asked by the month."""
    year = months.month.first.year
    when = "今年" if year == months.today.year else f"{year}年"
    homes = [duty for duty in found if duty.quota.code == "paired_coverage"]
    others = [duty for duty in found if alone and duty not in homes]
    yield from (Sentence(f"{when}还有 ", duty.owed) for duty in homes if duty.left)
    owed = "、".join(duty.owed for duty in others if duty.left)
    if owed:
        yield Sentence(f"{when}还差 ", owed)
    elif others:
        yield _nothing_owed(when, others)


def _nothing_owed(when: str, found: list[Duty]) -> Sentence:
    exempt = all(duty.state == "exempt" for duty in found)
    return Sentence(f"{when}免考" if exempt else f"{when}的任务都完成了")


@dataclass(frozen=True)
class Home:
    household: Household
    last_visit: datetime.date | None
    today: datetime.date

    @property
    def days_ago(self) -> str:
        if self.last_visit is None:
            return ""
        days = (self.today - self.last_visit).days
        return "今天" if days == 0 else f"{days} 天前"


def my_households(cadre: Cadre, today: datetime.date) -> list[Home]:
    """The households this cadre holds today, longest unvisited first; one statement."""
    met = Q(
        visits__cadre=cadre,
        visits__result=VisitResult.MET,
        visits__voided_at__isnull=True,
        visits__day__lte=today,
    )
    held: Any = Household.objects.filter(in_force(today, "pairings__"), pairings__cadre=cadre)
    held = held.select_related("village").annotate(last_visit=Max("visits__day", filter=met))
    homes = [Home(home, home.last_visit, today) for home in held]
    return sorted(homes, key=lambda home: (home.last_visit or datetime.date.min, home.household.code))
