"""The menu: one address a noun, by the roles a person holds today."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.calendar import missing_year
from accounts.notices import unread_count
from accounts.views import LARGE_TEXT
from grievances.pages.ledger import may_have_matters
from grievances.publications import PREPARING
from lianhu.kit import clock
from registry.answering import runs_a_unit
from registry.models import Pairing, Role, Unit
from registry.rights import may
from registry.scope import scope_of
from reports.dashboards.area import has_overview
from reports.pages.activities import may_see_activities
from reports.pages.backfill import DECIDING
from reports.pages.households import may_have_households, sees_more_than_own
from reports.quarterly.queries import sees_reports
from visits.arrivals import CONFIRMING


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    icon: str
    current: bool
    # On the phone it is found under 更多.
    beyond: bool


ON_THE_PHONE = 4


def menu(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; nothing is asked of the database for a visitor without an account."""
    context: dict[str, Any] = {"large_text": request.COOKIES.get(LARGE_TEXT) == "1", "demo": settings.DEMO}
    if getattr(request, "user", None) is not None and request.user.is_authenticated:
        context["menu"] = items(request)
        context["menu_goes_on"] = any(item.beyond for item in context["menu"])
        context["searches"] = may_have_households(request.user)
        # Asked only where the page shows it: parts of pages do not.
        context["unread"] = partial(unread_count, request.user)
        if scope_of(request.user).has(Role.COUNTY_OFFICE, Role.SYSTEM_ADMIN):
            context["missing_year"] = partial(missing_year, clock.today())
            context["keeps_calendar"] = scope_of(request.user).has(Role.SYSTEM_ADMIN)
    return context


def items(request: HttpRequest) -> list[Item]:
    places = _places(request.user)
    fits = len(places) <= ON_THE_PHONE + 1
    return [
        Item(label, url, icon, request.path.startswith(url), beyond=not fits and place >= ON_THE_PHONE)
        for place, (label, url, icon) in enumerate(places)
    ]


@login_required
@require_safe
def all_pages(request: HttpRequest) -> HttpResponse:
    """更多: what does not fit in the phone's bar, one line a page."""
    return render(request, "reports/all_pages.html")


def _places(user: Any) -> list[tuple[str, str, str]]:
    scope = scope_of(user)
    places = [("今日", reverse("today"), "today")] if scope.county else []
    places.append(("我的", reverse("me"), "me"))
    goes_out = scope.has(Role.CADRE) or holds_households(user)
    if has_overview(user):
        places.append(("总览", reverse("overview"), "county"))
    if goes_out:
        places.append(("走访", reverse("field"), "field"))
    if goes_out or may_have_matters(user):
        places.append(("诉求", reverse("ledger"), "matters"))
    if scope.has(*PREPARING):
        places.append(("公示", reverse("publications"), "publish"))
    if scope.has(*CONFIRMING):
        places.append(("报到", reverse("arrivals"), "arrivals"))
    if scope.has(*DECIDING):
        places.append(("审批", reverse("backfill"), "approve"))
    places += [
        ("本单位" if len(scope.unit_ids) == 1 else unit.name, reverse("unit", args=[unit.code]), "unit")
        for unit in home_units(user)
    ]
    if scope.village_ids:
        places.append(("村", reverse("villages"), "village"))
    if may_see_activities(user):
        places.append(("活动", reverse("activities"), "activities"))
    if sees_more_than_own(user):
        places += [("户", reverse("households"), "home"), ("全覆盖", reverse("coverage"), "coverage")]
    if sees_reports(user):
        places.append(("报告", reverse("reports"), "report"))
    if runs_a_unit(user):
        places.append(("结对与接替", reverse("handover"), "handover"))
    if may(user, "see_accounts"):
        places.append(("账号", reverse("accounts"), "people"))
    if scope.has(Role.SYSTEM_ADMIN):
        places += [("系统", reverse("admin:index"), "system"), ("备份", reverse("backups"), "backup")]
    if scope.has(Role.AUDITOR):
        places.append(("审计", reverse("audit_log"), "audit"))
    if scope.county:
        places += [
            ("全县", reverse("county"), "county"),
            ("指标", reverse("quotas"), "quota"),
            ("手机", reverse("phones"), "phone"),
            ("导入", reverse("imports"), "import"),
        ]
    if scope.has(Role.COUNTY_OFFICE, Role.SYSTEM_ADMIN):
        places.append(("定时任务", reverse("schedule"), "waiting"))
    return places


def holds_households(user: Any) -> bool:
    """Paired today, or covering somebody who is: without the role one still visits them."""
    scope = scope_of(user)
    return Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids).exists()


def home_units(user: Any) -> list[Unit]:
    """The units a person follows: liaison, leader or township."""
    ids = scope_of(user).unit_ids
    return list(Unit.objects.filter(pk__in=ids).order_by("code")) if ids else []
