"""联系卡 for the family's door: the cadre, a phone, and where to look up a matter (contract, section 2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import AuditKind
from lianhu.kit import clock
from lianhu.kit.qr import qr_svg
from registry.answering import cadres_under
from registry.contact import Unopened, opened, sealed_for
from registry.models import Cadre, Household, Pairing, PostSpan, Role
from registry.querysets import in_force
from reports.pages.household import visible_household

# A page of A4 holds four.
A_PAGE = 4
COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Card:
    household: Household
    cadre: Cadre
    unit: str
    phone: str


@login_required
@require_safe
@never_cache
def contact_card(request: HttpRequest, code: str) -> HttpResponse:
    """For one door, as many times as asked."""
    with transaction.atomic():
        home = visible_household(request, code)
        audit.log(AuditKind.READ, home, fields=["联系卡"])
        held = Pairing.objects.in_force(clock.today()).filter(household=home)
        count = _count(request, A_PAGE)
        once = _cards(held)
        all_of = once[0].cadre if once and _may_print_all(request, once[0].cadre.code) else None
        return _page(request, once, home=home, count=count, all_of=all_of)


@login_required
@require_safe
@never_cache
def contact_cards(request: HttpRequest) -> HttpResponse:
    """For every door of one cadre: one's own, or those of a cadre whose liaison one is."""
    with transaction.atomic():
        cadre = _cadre(request)
        audit.log(AuditKind.EXPORT, cadre, fields=["联系卡"])
        held = Pairing.objects.in_force(clock.today()).filter(cadre=cadre, household__closed_on__isnull=True)
        return _page(request, _cards(held), cadre=cadre, count=_count(request, 1))


def _cadre(request: HttpRequest) -> Cadre:
    own: Cadre | None = getattr(request.user, "cadre", None)
    code = request.GET.get("cadre", "").replace("\x00", "")[:50]
    if own and code in ("", own.code):
        return own
    return get_object_or_404(cadres_under(request.user, (Role.UNIT_LIAISON,)), code=code)


def _may_print_all(request: HttpRequest, code: str) -> bool:
    own: Cadre | None = getattr(request.user, "cadre", None)
    if own and own.code == code:
        return True
    return cadres_under(request.user, (Role.UNIT_LIAISON,)).filter(code=code).exists()


def _count(request: HttpRequest, usual: int) -> int:
    asked = request.GET.get("count", "")
    return int(asked) if asked in map(str, COUNTS) else usual


def _cards(held: QuerySet[Pairing]) -> list[Card]:
    """By village, group and code, as one walks; the cadre's own phone in full: it is meant for the door."""
    pairings = list(
        held.select_related("cadre", "household__village").order_by(
            "household__village__code", "household__group", "household__code"
        )
    )
    units = _units({pairing.cadre_id for pairing in pairings})
    return [
        Card(pairing.household, pairing.cadre, units.get(pairing.cadre_id, ""), _phone(pairing.cadre))
        for pairing in pairings
    ]


def _units(cadres: Iterable[int]) -> dict[int, str]:
    spans = PostSpan.objects.filter(in_force(clock.today()), cadre__in=list(cadres))
    return dict(spans.values_list("cadre", "unit__name"))


def _phone(cadre: Cadre) -> str:
    """Empty where there is none or it can't be read: it is written by hand."""
    try:
        return opened(cadre.phone_sealed, sealed_for("cadre", cadre.code, "phone"))
    except Unopened:
        return ""


def _page(
    request: HttpRequest, once: list[Card], *, count: int, **of: Household | Cadre | None
) -> HttpResponse:
    address = f"{settings.SITE_URL}{reverse('public_case')}"
    context: dict[str, Any] = of | {
        "cards": [card for card in once for _ in range(count)],
        "address": address,
        "qr": qr_svg(address),
        "today": clock.today(),
        "count": count,
        "counts": COUNTS,
        "asked": request.GET.get("cadre", "")[:50],
        "without_phone": any(not card.phone for card in once),
    }
    return render(request, "household/cards.html", context)
