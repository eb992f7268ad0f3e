"""A household's file: who, marks, heads, holders, open matters, and all that happened as one timeline.

Each opening is logged in the transaction that reads it: whoever can't be written down sees nothing.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import AuditKind
from grievances.models import OVER, Grievance
from lianhu.kit import clock
from registry.contact import contact_of
from registry.holding import BLACKING_OUT, HANDING_OUT, REVEALING, is_paired_today, roles_holding
from registry.household_life import CLOSING, heads_of, may_keep, merged_into
from registry.models import Household, HouseholdChange, Pairing
from registry.reasons import ReasonForm
from reports.pages.households import sees_more_than_own
from reports.pages.timeline import Timeline
from visits.models import Visit, VisitResult

MOMENTS_A_PAGE = 20
EVERYTHING = frozenset({"phone", "id_number"})
LABELS = {"phone": "电话", "id_number": "身份证号"}


class RevealForm(ReasonForm):
    """No more is shown than is asked for: most calls need the phone alone."""

    suggestions = ("联系群众办理诉求", "回访", "核对登记信息", "约定走访时间")
    what = forms.ChoiceField(
        label="要看什么",
        choices=[("phone", "电话"), ("both", "电话和身份证号")],
        initial="phone",
        widget=forms.RadioSelect,
        error_messages={"required": "请选要看什么"},
    )

    def names(self) -> frozenset[str]:
        return EVERYTHING if self.cleaned_data["what"] == "both" else frozenset({"phone"})


class DataForm(ReasonForm):
    suggestions = ("本户申请查阅自己的资料", "本户申请复制自己的资料")


@login_required
@require_safe
@never_cache
def household(request: HttpRequest, code: str) -> HttpResponse:
    with transaction.atomic():
        return opened_page(request, visible_household(request, code))


@login_required
@require_POST
@never_cache
def reveal(request: HttpRequest, code: str) -> HttpResponse:
    """The full phone or ID number once, in this answer alone; who, why and what of it is logged."""
    form = RevealForm(request.POST)
    with transaction.atomic():
        home = visible_household(request, code)
        require_role(request, home, REVEALING)
        if not form.is_valid():
            return opened_page(request, home, reveal_form=form, status=422)
        contact = contact_of(home, full=form.names())
        told = [LABELS[name] for name in contact.full]
        audit.log(AuditKind.REVEAL, home, reason=form.cleaned_data["reason"], fields=told)
        return _page(request, home, contact=contact, revealed=True)


def visible_household(request: HttpRequest, code: str) -> Household:
    """Not yours answers as not there."""
    visible = Household.objects.visible_to(request.user)
    found: Household = get_object_or_404(
        visible.select_related("village__township", "former_unit", "family_cadre"), code=code
    )
    return found


def require_role(request: HttpRequest, home: Household, roles: frozenset[str]) -> None:
    if roles_holding(request.user, home, on=clock.today()).isdisjoint(roles):
        raise Http404


def opened_page(request: HttpRequest, home: Household, *, status: int = 200, **forms: Any) -> HttpResponse:
    """In full at once only for the paired cadre and whoever covers that cadre today; that is logged too."""
    paired = is_paired_today(request.user, home, on=clock.today())
    contact = contact_of(home, full=EVERYTHING if paired else ())
    if contact.full:
        audit.log(AuditKind.READ, home, fields=[LABELS[name] for name in contact.full])
    else:
        audit.log(AuditKind.READ, home)
    return _page(request, home, contact=contact, status=status, **forms)


def _page(
    request: HttpRequest,
    home: Household,
    *,
    status: int = 200,
    reveal_form: RevealForm | None = None,
    data_form: DataForm | None = None,
    **shown: Any,
) -> HttpResponse:
    today = clock.today()
    roles = roles_holding(request.user, home, on=today)
    rights = {"reveal": REVEALING, "data": HANDING_OUT, "erase": BLACKING_OUT}
    paired = is_paired_today(request.user, home, on=today)
    keeps = may_keep(request.user, home, on=today)
    pairings = list(Pairing.objects.filter(household=home).select_related("cadre").order_by("-begins_on"))
    changes = list(home.changes.select_related("other").order_by("on", "id"))
    timeline: Any = Timeline(home, today)
    context: dict[str, Any] = shown | {
        "home": home,
        "today": today,
        "may": {name: not roles.isdisjoint(needed) for name, needed in rights.items()}
        | {"visit": paired and not home.closed_on, "change": keeps, "change_head": keeps or paired},
        "more_than_own": sees_more_than_own(request.user),
        "holder": next((each for each in pairings if _holds(each, today)), None),
        "pairings": pairings,
        "heads": heads_of(home, changes),
        "closing": _closing(home, changes),
        "visited": _visited(home, today),
        "waiting": _open_matters(home),
        "moments": Paginator(timeline, MOMENTS_A_PAGE).get_page(request.GET.get("page")),
        "reveal_form": reveal_form or RevealForm(),
        "data_form": data_form or DataForm(),
    }
    return render(request, "reports/household.html", context, status=status)


def _holds(pairing: Pairing, today: datetime.date) -> bool:
    return pairing.begins_on <= today and (pairing.ends_on is None or pairing.ends_on >= today)


def _closing(home: Household, changes: list[HouseholdChange]) -> HouseholdChange | None:
    """Why it is closed, where that was recorded."""
    found = [change for change in changes if change.kind in CLOSING] if home.closed_on else []
    return found[-1] if found else None


@dataclass(frozen=True)
class Visited:
    times: int
    met_on: datetime.date | None


def _visited(home: Household, today: datetime.date) -> Visited:
    """Void visits are on the timeline and not in the count; a companion's is the visit that it accompanies."""
    stands = Visit.objects.filter(household=home, voided_at__isnull=True, accompanies__isnull=True)
    met = Q(result=VisitResult.MET, day__lte=today)
    return Visited(**stands.aggregate(times=Count("pk"), met_on=Max("day", filter=met)))


def _open_matters(home: Household) -> QuerySet[Grievance]:
    """Its own, and those of households that were merged into it: they keep their number and their household."""
    found = Grievance.objects.filter(
        household__in=[home.pk, *merged_into(home)], voided_at__isnull=True
    ).exclude(state__in=OVER)
    return found.select_related("category", "handler", "household").order_by("-registered_on", "-id")
