"""户: the households a person may see, found by whatever is at hand. No phone is on the list."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.fields import fold
from registry.holding import HANDING_OUT
from registry.household_search import LONGEST, best_first, matching
from registry.models import Household, Pairing, Role, Village
from registry.scope import scope_of
from visits.models import Visit, VisitResult

PAGE = 50


@login_required
@require_safe
@never_cache
def households(request: HttpRequest) -> HttpResponse:
    """Whoever has no households to look after, by role or by pairing, finds nothing here."""
    if not may_list(request.user):
        raise Http404
    asked = asked_in(request.GET)
    page = Paginator(found_for(request.user, asked), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": rows_of(page.object_list, clock.today()),
        "today": clock.today(),
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "villages": _villages(Household.objects.visible_to(request.user)),
        "may_move_in": scope_of(request.user).has(*HANDING_OUT),
    }
    return render(request, "reports/households.html", context)


def may_list(user: Any) -> bool:
    return may_have_households(user) or bool(Household.objects.visible_to(user).exists())


def asked_in(query: Mapping[str, str]) -> dict[str, str]:
    return {name: fold(query.get(name, ""))[:LONGEST] for name in ("q", "village")}


def found_for(user: Any, asked: Mapping[str, str]) -> QuerySet[Any]:
    """Page and export ask the same."""
    visible = Household.objects.visible_to(user)
    found = best_first(matching(visible, asked["q"]), asked["q"]).select_related("village")
    if asked["village"]:
        found = found.filter(village__code=asked["village"].replace("\x00", ""))
    return found


def may_have_households(user: Any) -> bool:
    """By role or grant; a cadre may have none yet. The system admin and the auditor never do."""
    scope = scope_of(user)
    return bool(scope.county or scope.unit_ids or scope.village_ids or scope.has(Role.CADRE))


def sees_more_than_own(user: Any) -> bool:
    scope = scope_of(user)
    return bool(scope.county or scope.unit_ids or scope.village_ids)


def _villages(visible: QuerySet[Any]) -> QuerySet[Any]:
    return Village.objects.filter(pk__in=visible.order_by().values("village")).order_by("code")


@dataclass
class _Row:
    household: Household
    holder: str = ""
    last_visit: datetime.date | None = field(default=None)


def rows_of(found: Iterable[Household], today: datetime.date) -> list[_Row]:
    """Who holds each today, and the last time anyone met the family: one statement each for a page."""
    rows = {home.pk: _Row(home) for home in found}
    holders = Pairing.objects.in_force(today).filter(household__in=rows)
    for pk, name in holders.values_list("household", "cadre__name"):
        rows[pk].holder = name
    met = Visit.objects.filter(
        household__in=rows, result=VisitResult.MET, voided_at__isnull=True, day__lte=today
    )
    for pk, day in met.order_by().values_list("household").annotate(Max("day")):
        rows[pk].last_visit = day
    return list(rows.values())
