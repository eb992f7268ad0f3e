"""未能解决 (方案六(三)): what was answered by explaining the law, for the county office."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances import ledger
from grievances.ledger import NEWEST, STANDING, STANDINGS, Asked
from grievances.models import Grievance, Outcome
from grievances.pages.ledger import PAGE, years
from grievances.querysets import GrievanceQuerySet
from lianhu.kit import clock
from registry.models import PostSpan
from registry.querysets import in_force
from registry.scope import scope_of


@login_required
@require_safe
@never_cache
def unsolved_page(request: HttpRequest) -> HttpResponse:
    if not scope_of(request.user).county:
        raise Http404
    asked = Asked.of(request.GET.dict())
    found = asked.apply(unsolved(), clock.today())
    places = {name: request.GET.get(name, "") for name in ("newer", "older")}
    page = ledger.page_of(found, NEWEST, PAGE, **places)
    context = {
        "asked": asked,
        "query": asked.query(),
        "page": page,
        "rows": unsolved_rows(page.ids),
        "total": ledger.count(found, clock.today()).of(),
        "categories": ledger.categories(),
        "years": years(),
    }
    return render(request, "matters/unsolved.html", context)


def unsolved() -> GrievanceQuerySet:
    """A void one was no matter; a merged one is answered with the other."""
    answered: GrievanceQuerySet = Grievance.objects.filter(outcome=Outcome.EXPLAINED, voided_at__isnull=True)
    return answered


@dataclass(frozen=True)
class Unsolved:
    matter: Any
    unit: str
    policy: str
    standing: str


def unsolved_rows(ids: list[int]) -> list[Unsolved]:
    """Newest first. What was imported says no unit: it is that of its handler today."""
    near = ("village__township", "category", "lead_unit", "policy", "handler")
    found = (
        Grievance.objects.filter(pk__in=ids)
        .annotate(standing=STANDING)
        .select_related(*near)
        .defer("content", "bigrams")
    )
    matters: Any = sorted(found, key=lambda matter: (matter.registered_on, matter.pk), reverse=True)
    handlers = {each.handler_id for each in matters if each.lead_unit is None}
    posts = PostSpan.objects.filter(in_force(clock.today()), cadre__in=handlers)
    units = dict(posts.values_list("cadre", "unit__name"))
    return [
        Unsolved(
            each,
            each.lead_unit.name if each.lead_unit else units.get(each.handler_id, ""),
            each.policy.title if each.policy else "",
            STANDINGS[each.standing],
        )
        for each in matters
    ]
