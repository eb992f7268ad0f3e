"""找: people, households, villages and matters that the user may see, by whatever is at hand.

Like the list of households it opens no record: no number of a family is shown, and nothing is logged.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances.models import Grievance
from lianhu.kit import clock
from lianhu.kit.fields import fold
from registry.coverage import with_post
from registry.household_search import LONGEST, best_first, matching
from registry.models import Cadre, Household, Pairing, Rank, Unit, Village
from registry.scope import scope_of
from registry.search import matching_cadres, matching_villages
from reports.pages.households import may_have_households

SHOWN, PAGE = 20, 50
KINDS = {"cadres": "干部", "households": "户", "villages": "村(社区)", "matters": "诉求"}
_SHORTEST_NUMBER = 4


@dataclass(frozen=True)
class Section:
    """What was found of one kind; `more` leads to all of it."""

    kind: str
    label: str
    page: "Page[Any]"
    more: str


@login_required
@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Whoever has no households to look after, by role or by pairing, finds nothing here."""
    visible = Household.objects.visible_to(request.user)
    if not may_have_households(request.user) and not visible.exists():
        raise Http404
    text = fold(request.GET.get("q", ""))[:LONGEST].replace("\x00", "")
    only = request.GET.get("kind", "")
    found = _found(request.user, text) if text else {}
    if only in found:
        page = Paginator(found[only], PAGE).get_page(request.GET.get("page"))
        sections = [Section(only, KINDS[only], page, "")]
    else:
        sections = [
            Section(kind, KINDS[kind], Paginator(rows, SHOWN).get_page(1), _more(kind, text))
            for kind, rows in found.items()
        ]
    context = {
        "text": text,
        "only": only if only in found else "",
        "sections": [section for section in sections if section.page.paginator.count],
        "total": sum(section.page.paginator.count for section in sections),
        "page_query": f"{urlencode({'q': text, 'kind': only})}&",
        **_beside(request.user, sections),
    }
    return render(request, "search/search.html", context)


def _more(kind: str, text: str) -> str:
    return urlencode({"q": text, "kind": kind})


def _found(user: Any, text: str) -> dict[str, QuerySet[Any]]:
    on = clock.today()
    cadres = matching_cadres(Cadre.objects.visible_to(user), text)
    homes = matching(Household.objects.visible_to(user), text)
    villages = matching_villages(Village.objects.visible_to(user), text)
    return {
        "cadres": with_post(best_first(cadres, text, name="name"), on),
        "households": best_first(homes, text).select_related("village"),
        "villages": villages.select_related("township").order_by(_exact_first(text), "code"),
        "matters": _matters(user, text),
    }


def _exact_first(text: str) -> Case:
    begins = Q(name__istartswith=text) | Q(code=text)
    return Case(When(begins, then=0), default=1, output_field=IntegerField())


def _matters(user: Any, text: str) -> QuerySet[Grievance]:
    """By number, or how it ends: 123 or 000123 of LH-2026-000123."""
    tail = text.rpartition("-")[2]
    number = Q(number__iexact=text)
    if len(text) >= _SHORTEST_NUMBER:
        number |= Q(number__iendswith=text) | Q(number__istartswith=text)
    if tail.isascii() and tail.isdigit() and tail == text:
        number |= Q(number__endswith=f"-{int(tail):06}") if len(tail) <= 6 else Q(pk__in=())
    found = Grievance.objects.visible_to(user).filter(number)
    return found.select_related("village", "household").order_by("-registered_on", "number")


def _beside(user: Any, sections: list[Section]) -> dict[str, Any]:
    """Who holds the households shown, and which units lead further: two statements."""
    shown = {section.kind: list(section.page.object_list) for section in sections}
    homes = [home.pk for home in shown.get("households", ())]
    held = Pairing.objects.in_force(clock.today()).filter(household__in=homes)
    holders = dict(held.values_list("household", "cadre__name"))
    for home in shown.get("households", ()):
        home.holder = holders.get(home.pk, "")
    codes = [cadre.unit_code for cadre in shown.get("cadres", ())]
    units = set(Unit.objects.visible_to(user).filter(code__in=codes).values_list("code", flat=True))
    for cadre in shown.get("cadres", ()):
        cadre.rank_label = Rank(cadre.rank).label if cadre.rank else ""
        cadre.gone = cadre.left_on is not None and cadre.left_on < clock.today()
    return {"shown": shown, "units": units, "own": scope_of(user).cadre_id}
