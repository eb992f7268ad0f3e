"""手机: whose records wait on a phone, so that the office can help before the freeze; nothing else about use.

Contract, section 3. No sign-ins, no sums, and nobody who has nothing waiting.
"""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Min, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from registry.coverage import with_post
from registry.models import Cadre, PostSpan, Unit
from registry.querysets import in_force
from registry.scope import scope_of

PAGE = 30


@login_required
@require_safe
@never_cache
def phones(request: HttpRequest) -> HttpResponse:
    if not scope_of(request.user).county:
        raise Http404
    today, asked = clock.today(), request.GET.get("unit", "")
    found = waiting_cadres(today)
    units = _units_of(found, today)
    chosen = next((unit for unit in units if unit.code == asked), None)
    if chosen:
        found = of_unit(found, chosen, today)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for cadre in page.object_list:
        cadre.oldest_days = _days_since(cadre.oldest_at, today)
        cadre.silent_days = _days_since(cadre.contact_at, today)
    context = {
        "page": page,
        "units": units,
        "chosen": chosen,
        "page_query": urlencode({"unit": chosen.code}) + "&" if chosen else "",
    }
    return render(request, "phones/list.html", context)


def waiting_cadres(on: datetime.date) -> QuerySet[Any]:
    """One row a cadre, over the phones on which something waits; those longest out of contact first."""
    here = Q(user__phones__waiting__gt=0) | Q(user__phones__refused__gt=0)
    found: QuerySet[Any] = Cadre.objects.filter(here).annotate(
        phone_count=Count("user__phones"),
        waiting=Sum("user__phones__waiting"),
        refused=Sum("user__phones__refused"),
        oldest_at=Min("user__phones__oldest_at"),
        contact_at=Min("user__phones__contact_at"),
    )
    return with_post(found, on).order_by("contact_at", "code")


def of_unit(found: QuerySet[Any], unit: Unit, on: datetime.date) -> QuerySet[Any]:
    return found.filter(pk__in=Cadre.objects.in_units([unit.pk], on).values("pk"))


def _units_of(found: QuerySet[Any], on: datetime.date) -> list[Unit]:
    """Those whose name can lead to somebody."""
    spans = PostSpan.objects.filter(in_force(on), cadre__in=found.order_by().values("pk"))
    return list(Unit.objects.filter(pk__in=spans.values("unit")).order_by("code"))


def _days_since(moment: datetime.datetime | None, today: datetime.date) -> int | None:
    """A phone's clock may be ahead of ours."""
    return max(0, (today - moment.astimezone(clock.SHANGHAI).date()).days) if moment else None
