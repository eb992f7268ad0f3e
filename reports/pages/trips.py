"""下乡: one's own trips and the unit's, and what may be changed of one (contract, section 3)."""

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lianhu.kit import clock, fields
from registry.reasons import ReasonForm
from registry.scope import scope_of
from reports.pages.households import may_have_households, sees_more_than_own
from reports.pages.months import Months, months_in
from visits.models import Trip, Visit
from visits.rights import may_change_trip
from visits.trip_changes import change_last_day, standing_visits, void_trip

PAGE = 30


class LastDayForm(forms.Form):
    ends_on = fields.DateField(label="最后一天", help_text="当天算在内；不能早于这次下乡的最后一次走访。")


class VoidForm(ReasonForm):
    suggestions = ("没有去，误录", "录错了村", "录错了日期", "重复录入")


@login_required
@require_safe
@never_cache
def trips(request: HttpRequest) -> HttpResponse:
    """One's own, or by month all that one may see."""
    if not may_have_households(request.user):
        raise Http404
    months = months_asked(request.user, request.GET.dict(), clock.today())
    own, others = months is None, sees_more_than_own(request.user)
    page = Paginator(found_for(request.user, months), PAGE).get_page(request.GET.get("page"))
    kept = {name: request.GET[name] for name in ("whose", "month") if request.GET.get(name)}
    context = {
        "page": page,
        "own": own,
        "others": others,
        "months": months,
        "today": clock.today(),
        "query": urlencode(kept) + "&" if kept else "",
    }
    return render(request, "visits/trips.html", context)


def months_asked(user: Any, query: Mapping[str, str], today: datetime.date) -> Months | None:
    """None: one's own, of all months."""
    own = not sees_more_than_own(user) or query.get("whose") == "own"
    return None if own else months_in(query, today)


def found_for(user: Any, months: Months | None) -> QuerySet[Any]:
    """One's own, or all one sees that touch the month; page and export ask the same."""
    visible = Trip.objects.visible_to(user)
    if months is None:
        found = visible.filter(cadre=scope_of(user).cadre_id)
    else:
        found = visible.filter(begins_on__lte=months.month.last, ends_on__gte=months.month.first)
    standing = Count("visits", filter=Q(visits__voided_at__isnull=True))
    rows: QuerySet[Any] = found.select_related("cadre", "village").annotate(visit_count=standing)
    return rows.order_by("-begins_on", "-pk")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def trip(request: HttpRequest, pk: int) -> HttpResponse:
    """With its visits; whoever may, moves its last day here."""
    user: Any = request.user
    found, today = _visible_trip(request, pk), clock.today()
    may = may_change_trip(user, found, on=today)
    form = LastDayForm(request.POST if request.method == "POST" else None, initial={"ends_on": found.ends_on})
    if request.method == "POST":
        if found.voided_at is None and not may:
            raise Http404
        if form.is_valid():
            try:
                change_last_day(found, form.cleaned_data["ends_on"], on=today, by=user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "最后一天已改")
                return redirect("trip", pk)
    context = {
        "trip": found,
        "may": may,
        "form": form,
        "today": today,
        "standing": standing_visits(found).count(),
        "days": (found.ends_on - found.begins_on).days + 1,
        "visits": Visit.objects.visible_to(user)
        .filter(trip=found)
        .select_related("household")
        .order_by("day", "pk"),
    }
    return render(request, "visits/trip.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Says first what stands in the way, or what becomes of it."""
    user: Any = request.user
    found, today = _visible_trip(request, pk), clock.today()
    if found.voided_at is None and not may_change_trip(user, found, on=today):
        raise Http404
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            void_trip(found, form.cleaned_data["reason"], on=today, by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已作废，这次下乡还看得见，不再计入")
            return redirect("trip", pk)
    waiting = standing_visits(found).select_related("household").order_by("day", "pk")
    context = {"trip": found, "form": form, "waiting": waiting, "today": today}
    return render(request, "visits/trip_void.html", context, status=422 if form.errors else 200)


def _visible_trip(request: HttpRequest, pk: int) -> Trip:
    visible = Trip.objects.visible_to(request.user)
    found: Trip = get_object_or_404(
        visible.select_related("cadre", "village", "arrival_confirmed_by", "approved_by", "refused_by"), pk=pk
    )
    return found
