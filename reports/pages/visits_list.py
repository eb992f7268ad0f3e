"""见面走访 of a day or a month: the rows behind the bars of a dashboard."""

import datetime
from collections.abc import Mapping
from typing import Any, NamedTuple
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
    shown = met_visits(user, request.GET.dict(), clock.today())
    found = shown.found.select_related("household__village", "cadre")
    page = Paginator(found.order_by("-day", "household__village__code", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    area = shown.area
    kept = {name: request.GET[name] for name in ("day", "month", "place") if request.GET.get(name)}
    context: dict[str, Any] = {"page": page, "label": shown.label, "place": shown.place}
    context["query"] = urlencode(kept) + "&"
    if area.kind != "linked" or has_overview(user):
        context["back"] = area.address
    return render(request, "dashboards/visits.html", context)


class Shown(NamedTuple):
    """What the page lists; its export asks the same."""

    found: Any
    label: str
    area: Area
    place: str


def met_visits(user: Any, query: Mapping[str, str], today: datetime.date) -> Shown:
    """Raise Http404 for a place that is not one's own, and for a day that is none."""
    first, last, label = _days(query, today)
    area, place = _area(user, query)
    return Shown(area.visits(first, min(last, today)), label, area, place)


def _days(query: Mapping[str, str], today: datetime.date) -> tuple[datetime.date, datetime.date, str]:
    try:
        if "day" in query:
            day = datetime.date.fromisoformat(query["day"])
            return day, day, f"{day.year}年{day.month}月{day.day}日"
        code = query.get("month")
        month = Period.parse(code) if code else Period.month_of(today)
    except ValueError as error:
        raise Http404 from error
    return month.first, month.last, month.label


def _area(user: Any, query: Mapping[str, str]) -> tuple[Area, str]:
    kind, _, code = query.get("place", "").replace("\x00", "").partition(":")
    if kind == "unit":
        unit = Unit.objects.visible_to(user).filter(code=code).first()
        if unit is not None:
            return unit_area(user, unit), unit.name
    elif kind == "village":
        village = Village.objects.visible_to(user).filter(code=code).first()
        if village is not None:
            return village_area(user, village), village.name
    elif not kind:
        return (county_area if scope_of(user).county else linked_area)(user), ""
    raise Http404
