"""见面走访 of a day or a month: the rows behind the bars of a dashboard."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Unit, Village
from registry.scope import scope_of
from reports.dashboards.area import Area, county_area, has_overview, linked_area, unit_area, village_area
from reports.pages.households import may_have_households

PAGE = 50


@login_required
@require_safe
@never_cache
def visits(request: HttpRequest) -> HttpResponse:
    """Those that count, in the place asked for; a place that is not one's own is not there."""
    user: Any = request.user
    if not may_have_households(user):
        raise Http404
    first, last, label = _days(request)
    area, place = _area(request)
    found = area.visits(first, min(last, clock.today())).select_related("household__village", "cadre")
    page = Paginator(found.order_by("-day", "household__village__code", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    kept = {name: request.GET[name] for name in ("day", "month", "place") if request.GET.get(name)}
    context: dict[str, Any] = {"page": page, "label": label, "place": place, "query": urlencode(kept) + "&"}
    if area.kind != "linked" or has_overview(user):
        context["back"] = area.address
    return render(request, "dashboards/visits.html", context)


def _days(request: HttpRequest) -> tuple[datetime.date, datetime.date, str]:
    try:
        if "day" in request.GET:
            day = datetime.date.fromisoformat(request.GET["day"])
            return day, day, f"{day.year}年{day.month}月{day.day}日"
        code = request.GET.get("month")
        month = Period.parse(code) if code else Period.month_of(clock.today())
    except ValueError as error:
        raise Http404 from error
    return month.first, month.last, month.label


def _area(request: HttpRequest) -> tuple[Area, str]:
    kind, _, code = request.GET.get("place", "").replace("\x00", "").partition(":")
    if kind == "unit":
        unit = Unit.objects.visible_to(request.user).filter(code=code).first()
        if unit is not None:
            return unit_area(request.user, unit), unit.name
    elif kind == "village":
        village = Village.objects.visible_to(request.user).filter(code=code).first()
        if village is not None:
            return village_area(request.user, village), village.name
    elif not kind:
        whole = scope_of(request.user).county
        return (county_area if whole else linked_area)(request.user), ""
    raise Http404
