"""报到: which cadres came, confirmed by the village branch or the township with one tap (方案五(一))."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lianhu.kit import clock
from registry.models import PostSpan
from registry.scope import scope_of
from visits.arrivals import (
    CONFIRMING,
    confirm_arrivals,
    confirmed_lately,
    take_back_arrivals,
    trips_to_confirm,
    waiting,
)
from visits.models import Trip

PAGE = 30


@login_required
@require_safe
@never_cache
def arrivals(request: HttpRequest) -> HttpResponse:
    _require_confirming(request)
    today = clock.today()
    older = "older" in request.GET
    found = with_unit(waiting(request.user, on=today, older=older))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "older": older,
        "older_count": 0 if older else waiting(request.user, on=today, older=True).count(),
        "page": page,
        "lately": with_unit(confirmed_lately(request.user, on=today))[:PAGE],
        "today": today,
        "midnight": clock.midnight(today),
    }
    return render(request, "visits/arrivals.html", context)


@login_required
@require_POST
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    _require_confirming(request)
    user: Any = request.user
    done = confirm_arrivals(_named(request), on=clock.today(), by=user)
    messages.success(request, f"已确认 {done} 次报到" if done else "没有要确认的：这些报到已经确认过")
    return redirect("arrivals")


@login_required
@require_POST
@never_cache
def take_back(request: HttpRequest) -> HttpResponse:
    _require_confirming(request)
    user: Any = request.user
    done = take_back_arrivals(_named(request), on=clock.today(), by=user)
    messages.success(request, "已撤回，又在待确认里" if done else "没有撤回：只有当天确认的可以撤回")
    return redirect("arrivals")


def _require_confirming(request: HttpRequest) -> None:
    if not scope_of(request.user).has(*CONFIRMING):
        raise Http404


def _named(request: HttpRequest) -> list[Trip]:
    """Those tapped. One that may not be seen answers as not there."""
    words = request.POST.getlist("trip")
    ids = {int(word) for word in words if word.isascii() and word.isdecimal() and len(word) < 19}
    mine = trips_to_confirm(request.user, on=clock.today()).values("pk")
    gone = Q(voided_at__isnull=False) | Q(refused_at__isnull=False)
    found = list(Trip.objects.visible_to(request.user).filter(gone | Q(pk__in=mine), pk__in=ids))
    if len(found) < len(set(words)):
        raise Http404
    return found


def with_unit(trips: QuerySet[Trip]) -> QuerySet[Trip]:
    """With the unit that the cadre was of on the first day."""
    span = PostSpan.objects.filter(
        cadre=OuterRef("cadre"), begins_on__lte=OuterRef("begins_on"), ends_on__gte=OuterRef("begins_on")
    )
    return trips.annotate(unit_name=Subquery(span.values("unit__name")[:1])).select_related(
        "cadre", "village", "arrival_confirmed_by"
    )
