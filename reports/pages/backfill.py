"""审批: what was entered late, approved or refused by the unit leader, alone or in bulk (contract, section 3)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lianhu.kit import clock
from registry.models import Role
from registry.reasons import ReasonForm
from registry.scope import scope_of
from visits.backfill import (
    Decision,
    approve,
    refuse,
    trips_of,
    trips_to_decide,
    visits_of,
    visits_to_decide,
)
from visits.models import Trip, Visit

DECIDING = (Role.UNIT_LEADER, Role.COUNTY_OFFICE)
# The oldest wait first; the rest follows once these are decided.
MOST = 100


class RefuseForm(ReasonForm):
    suggestions = ("与实际不符，请核对日期", "没有说明为什么补录", "重复录入")
    reason = forms.CharField(
        label="不批准的原因",
        min_length=2,
        max_length=200,
        help_text="录入的干部会看到。",
        error_messages={
            "required": "请写明不批准的原因",
            "min_length": "请写明不批准的原因，至少 2 个字",
            "max_length": "最多 200 个字",
        },
    )


@dataclass(frozen=True)
class Chosen:
    trips: list[Trip]
    visits: list[Visit]


@login_required
@require_safe
@never_cache
def backfill(request: HttpRequest) -> HttpResponse:
    _require_deciding(request)
    today, user = clock.today(), request.user
    standing = Count("visits", filter=Q(visits__voided_at__isnull=True))
    trips = trips_to_decide(user, on=today).select_related("cadre", "village", "recorded_by")
    visits = visits_to_decide(user, on=today).select_related("cadre", "household__village", "recorded_by")
    seen = Visit.objects.visible_to(user).filter(pk__in=visits.values("pk")).values_list("pk", flat=True)
    context = {
        "trips": list(trips.annotate(visit_count=standing)[:MOST]),
        "visits": list(visits[:MOST]),
        "open_visits": set(seen),
        "open_trips": set(
            Trip.objects.visible_to(user).filter(pk__in=trips.values("pk")).values_list("pk", flat=True)
        ),
        "waiting": trips.count() + visits.count(),
        "today": today,
        "office": scope_of(user).county,
    }
    return render(request, "visits/backfill.html", context)


@login_required
@require_POST
@never_cache
def approve_chosen(request: HttpRequest) -> HttpResponse:
    _require_deciding(request)
    user: Any = request.user
    chosen = _chosen(request)
    if not (chosen.trips or chosen.visits):
        messages.warning(request, "没有勾选，什么都没有批准")
        return redirect("backfill")
    return _told(request, approve(chosen.trips, chosen.visits, on=clock.today(), by=user), "已批准")


@login_required
@require_POST
@never_cache
def refuse_chosen(request: HttpRequest) -> HttpResponse:
    """First asks for the reason, which goes with each of the chosen."""
    _require_deciding(request)
    user: Any = request.user
    chosen = _chosen(request)
    if not (chosen.trips or chosen.visits):
        messages.warning(request, "没有勾选，什么都没有改变")
        return redirect("backfill")
    asked = "reason" in request.POST
    form = RefuseForm(request.POST if asked else None)
    if asked and form.is_valid():
        reason = form.cleaned_data["reason"]
        decision = refuse(chosen.trips, chosen.visits, reason=reason, on=clock.today(), by=user)
        return _told(request, decision, "没有批准")
    context = {"form": form, "chosen": chosen, "today": clock.today()}
    return render(request, "visits/backfill_refuse.html", context, status=422 if asked else 200)


def _require_deciding(request: HttpRequest) -> None:
    if not scope_of(request.user).has(*DECIDING):
        raise Http404


def _chosen(request: HttpRequest) -> Chosen:
    """`row` names a trip as t5 and a visit as v7; `only` is the button of a single row.

    What another has decided meanwhile is among them: the service tells so.
    """
    words = [request.POST["only"]] if "only" in request.POST else request.POST.getlist("row")
    ids: dict[str, list[int]] = {"t": [], "v": []}
    for word in words:
        number = word[1:]
        if word[:1] in ids and number.isascii() and number.isdecimal() and int(number) < 2**63:
            ids[word[0]].append(int(number))
    today = clock.today()
    trips = trips_of(request.user, on=today).filter(pk__in=ids["t"]).select_related("cadre", "village")
    visits = visits_of(request.user, on=today).filter(pk__in=ids["v"])
    visits = visits.select_related("cadre", "household__village")
    return Chosen(list(trips.order_by("pk")), list(visits.order_by("pk")))


def _told(request: HttpRequest, decision: Decision, word: str) -> HttpResponse:
    if decision.done:
        messages.success(request, f"{word} {decision.done} 条，已告诉录入的干部")
    for row in decision.overtaken[:5]:
        messages.warning(request, f"{row.cadre.name}的一条{_by_whom(row)}，没有再改")
    return redirect("backfill")


def _by_whom(row: Trip | Visit) -> str:
    if row.voided_at:
        return "已经作废"
    if row.approved_at:
        return f"{row.approved_by.name if row.approved_by else '系统'}已在 {_clock(row.approved_at)} 批准"
    if row.refused_at:
        return f"{row.refused_by.name if row.refused_by else '系统'}已在 {_clock(row.refused_at)} 退回"
    return "不是补录"


def _clock(moment: Any) -> str:
    return f"{moment.astimezone(clock.SHANGHAI):%m月%d日 %H:%M}"
