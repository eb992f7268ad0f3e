"""代管: who looks after whose households, from when to when; and the way to name a colleague (contract, section 2)."""

import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lianhu.kit import clock, fields
from registry.answering import cadres_under, runs_a_unit
from registry.covers import (
    CoverForm,
    call_off_cover,
    colleagues_of,
    covers_seen_by,
    end_cover,
    moment_of,
    name_cover,
)
from registry.models import Cover
from registry.scope import scope_of
from reports.pages.cadre_choice import choice, chosen_cadre, require_a_unit

PAGE = 30
WORDS = {"now": ("running", "正在代管"), "coming": ("waiting", "还没开始"), "past": ("exempt", "已结束")}


@login_required
@require_safe
@never_cache
def covers(request: HttpRequest) -> HttpResponse:
    """Those running first, then those to come, then the past. Everyone sees those they are part of."""
    today, user = clock.today(), request.user
    page = Paginator(found_for(user, today), PAGE).get_page(request.GET.get("page"))
    under = set(cadres_under(user).filter(covers__in=page.object_list).values_list("pk", flat=True))
    rows = [
        (cover, *WORDS[moment_of(cover, today)], cover.cadre_id in under and cover.ends_on >= today)
        for cover in page.object_list
    ]
    context = {
        "page": page,
        "rows": rows,
        "now": covers_seen_by(user).in_force(today).count(),
        "own": scope_of(user).cadre_id,
        "runs": runs_a_unit(user),
    }
    return render(request, "covers/list.html", context)


def found_for(user: Any, on: datetime.date) -> QuerySet[Any]:
    """In the page's order; page and export ask the same."""
    place = Case(
        When(ends_on__lt=on, then=Value(2)),
        When(begins_on__gt=on, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    found: QuerySet[Any] = covers_seen_by(user).select_related("cadre", "colleague").annotate(place=place)
    return found.order_by("place", F("begins_on").desc(), "-pk")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cover_new(request: HttpRequest) -> HttpResponse:
    """`?begins_on=&ends_on=&reason=` fill the form after a leave was approved."""
    require_a_unit(request)
    cadre, user = chosen_cadre(request), _user(request)
    today = clock.today()
    if cadre is None:
        return render(request, "covers/choose.html", choice(request, today))
    given = {"begins_on": today} | {name: request.GET[name] for name in _FILLED if name in request.GET}
    form = CoverForm(
        request.POST if request.method == "POST" else None,
        colleagues=colleagues_of(cadre, on=today),
        initial=given,
    )
    if request.method == "POST" and form.is_valid():
        try:
            cover = name_cover(cadre, form.cleaned_data, on=today, by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已安排{cover.colleague.name}代管，两个人都会收到消息")
            return redirect("covers")
    there = Cover.objects.filter(cadre=cadre, ends_on__gte=today).select_related("colleague")
    context = {"cadre": cadre, "form": form, "there": there.order_by("begins_on")}
    return render(request, "covers/new.html", context, status=422 if form.errors else 200)


_FILLED = ("begins_on", "ends_on", "reason")


class EndForm(forms.Form):
    last_day = fields.DateField(label="最后一天", help_text="当天还由代管人处理。要马上收回，填昨天")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cover_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends one that runs earlier, takes back one that has not begun."""
    today, user = clock.today(), _user(request)
    mine = Cover.objects.filter(cadre__in=cadres_under(user).values("pk"))
    cover = mine.select_related("cadre", "colleague").filter(pk=pk).first()
    if cover is None:
        raise Http404
    moment, posted = moment_of(cover, today), request.method == "POST"
    form = EndForm(request.POST if posted else None, initial={"last_day": today})
    if posted and (moment == "coming" or form.is_valid()):
        try:
            if moment == "coming":
                call_off_cover(cover, on=today, by=user)
            else:
                end_cover(cover, form.cleaned_data["last_day"], on=today, by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已撤销" if moment == "coming" else "已提前结束")
            return redirect("covers")
    context = {"cover": cover, "moment": moment, "form": form}
    return render(request, "covers/end.html", context, status=422 if posted else 200)


def _user(request: HttpRequest) -> Any:
    return request.user
