"""Whose? The cadres one answers for, found by name, 工号 or pinyin initials, to go on with one of them."""

import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q
from django.http import Http404, HttpRequest

from grievances.handover import open_matters_of
from lianhu.kit.fields import fold
from registry.answering import cadres_under, runs_a_unit
from registry.models import Cadre
from registry.querysets import in_force

PAGE = 30
LONGEST = 50


def require_a_unit(request: HttpRequest) -> None:
    if not runs_a_unit(request.user):
        raise Http404


def chosen_cadre(request: HttpRequest) -> Cadre | None:
    """By `?cadre=工号`; not yours answers as not there."""
    code = request.GET.get("cadre", "")
    if not code:
        return None
    found: Cadre | None = cadres_under(request.user).filter(code=code.replace("\x00", "")).first()
    if found is None:
        raise Http404
    return found


def choice(request: HttpRequest, today: datetime.date) -> dict[str, Any]:
    """Those who have left first, since their households wait for somebody; then those with households."""
    words = fold(request.GET.get("q", ""))[:LONGEST].replace("\x00", "")
    people = cadres_under(request.user)
    if words:
        people = people.filter(
            Q(name__icontains=words) | Q(code__iexact=words) | Q(pinyin__contains=f"|{words.lower()}")
        )
    held = Count("pairings", filter=in_force(today, "pairings__"))
    waiting = Exists(open_matters_of(OuterRef("pk")))
    people = people.annotate(homes=held, waiting=waiting)
    people = people.filter(Q(homes__gt=0) | Q(waiting=True) | Q(left_on__isnull=True) | Q(left_on__gte=today))
    order = (F("left_on").asc(nulls_last=True), "-homes", "code")
    page = Paginator(people.order_by(*order), PAGE).get_page(request.GET.get("page"))
    return {"page": page, "words": words, "today": today}
