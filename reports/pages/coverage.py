"""全覆盖: whom nobody looks after, and the way to pair them at once (contract, section 2).

Not yours answers as not there. Households on the list show who they are and where they live, no more.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from lianhu.kit import clock
from registry.coverage import (
    Area,
    area_of,
    cadres_without_household,
    households_without_cadre,
    pairings_around,
    pairings_of_the_gone,
    villages_without_unit,
    with_post,
)
from registry.models import Cadre, Household, HouseholdKind, Pairing, Rank, Unit, Village, VillageLink
from registry.pairing import (
    PairingRefused,
    assignable_cadres,
    endable_pairings,
    may_pair,
    pair_households,
    pairable_households,
)
from registry.querysets import in_force
from registry.scope import scope_of
from reports.pages.households import sees_more_than_own

PAGE = 50
OFFERED = 300
LISTS = {
    "households": "没有结对干部的户",
    "villages": "没有包村单位的村(社区)",
    "cadres": "没有结对户的干部",
    "left": "结对干部已离岗的户",
}
_MISSING = {
    "households": "{} 户没有结对干部",
    "villages": "{} 个村(社区)没有包村单位",
    "cadres": "{} 名干部没有结对户",
    "left": "{} 户的结对干部已离岗",
}


@login_required
@require_safe
@never_cache
def coverage(request: HttpRequest) -> HttpResponse:
    return _page(request)


@login_required
@require_POST
@never_cache
def coverage_pair(request: HttpRequest) -> HttpResponse:
    """One household of the list. Refused, the list comes back with the reason beside the row."""
    if not may_pair(request.user):
        raise Http404
    asked = request.POST
    row = {name: asked.get(name, "").replace("\x00", "") for name in ("cadre", "household", "begins_on")}
    try:
        made = pair_households([row], by=cast(User, request.user), on=clock.today())
    except PairingRefused as error:
        return _page(request, refused=Refused(row, [fault.message for fault in error.faults[1]]), status=422)
    tell_paired(request, made)
    return redirect(f"{reverse('coverage')}?{_state(request.GET).urlencode()}")


def tell_paired(request: HttpRequest, made: list[Pairing]) -> None:
    """Sent twice, the second finds it done."""
    if not made:
        messages.success(request, "已经结对过了")
        return
    first = made[0]
    what = f"{first.household.head_name}户（{first.household.code}）" if len(made) == 1 else f"{len(made)} 户"
    messages.success(request, f"{what}已与 {first.cadre.name} 结对，从 {first.begins_on} 起")


@dataclass(frozen=True)
class Refused:
    """What was typed beside one household, and why it may not be."""

    row: dict[str, str]
    reasons: list[str]


@dataclass
class Home:
    """A household that nobody holds: who did, who will, and what may be done about it."""

    household: Household
    last: Pairing | None = None
    next: Pairing | None = None
    pairable: bool = False
    visible: bool = False
    refused: Refused | None = None

    @property
    def only(self) -> str:
        """干部职工家庭: nobody else may hold it, so that nothing need be typed."""
        family = self.household.family_cadre
        return family.code if family and self.household.kind == HouseholdKind.CADRE_FAMILY else ""


@dataclass(frozen=True)
class Place:
    value: str
    label: str


@dataclass(frozen=True)
class Asked:
    """The query of the page: which list, which place."""

    which: str
    place: str
    unit: str = field(default="")
    village: str = field(default="")

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        kind, _, code = query.get("place", "").replace("\x00", "").partition(":")
        return cls(
            query.get("list", "") if query.get("list", "") in LISTS else "",
            f"{kind}:{code}" if kind in ("unit", "village") and code else "",
            code if kind == "unit" else "",
            code if kind == "village" else "",
        )

    def query(self, which: str) -> str:
        return urlencode({"list": which} | ({"place": self.place} if self.place else {}))


def require_area(request: HttpRequest, on: datetime.date, **narrowed: str) -> Area:
    area = area_of(request.user, on, **narrowed) if sees_more_than_own(request.user) else None
    if area is None:
        raise Http404
    return area


def _page(request: HttpRequest, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    today, asked = clock.today(), Asked.of(request.GET)
    area = require_area(request, today, unit=asked.unit, village=asked.village)
    found = lists_of(request.user, area, today)
    counts = {name: rows.count() for name, rows in found.items()}
    which = asked.which if asked.which in found else first_of(counts)
    page = Paginator(found[which], PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    context = {
        "asked": asked,
        "which": which,
        "statement": _statement(counts),
        "lists": [(name, LISTS[name], count, asked.query(name)) for name, count in counts.items()],
        "label": LISTS[which],
        "page": page,
        "page_query": f"{asked.query(which)}&",
        "places": _places(request.user),
        "refused": refused,
        "today": today,
        "may_pair": may_pair(request.user),
        "county": scope_of(request.user).county,
        **_rows(request, which, listed, refused, today),
    }
    return render(request, "coverage/coverage.html", context, status=status)


def lists_of(user: Any, area: Area, on: datetime.date) -> dict[str, QuerySet[Any]]:
    """A branch has no cadres: its people see its village."""
    scope = scope_of(user)
    found: dict[str, QuerySet[Any]] = {
        "households": households_without_cadre(area, on),
        "villages": villages_without_unit(area, on),
    }
    if scope.county or scope.unit_ids:
        found["cadres"] = cadres_without_household(area, on)
    return found | {"left": pairings_of_the_gone(area, on)}


def first_of(counts: dict[str, int]) -> str:
    return next((name for name, count in counts.items() if count), "households")


def _statement(counts: dict[str, int]) -> str:
    missing = [_MISSING[name].format(count) for name, count in counts.items() if count]
    return f"还有 {'、'.join(missing)}" if missing else "都已覆盖，没有缺的"


def _state(query: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in ("list", "place", "page"):
        if query.get(name):
            kept.setlist(name, [query.get(name, "")])
    return kept


def _places(user: Any) -> dict[str, list[Place]]:
    """What the page can be narrowed to; nothing to choose from one place."""
    scope = scope_of(user)
    units = Unit.objects.visible_to(user).order_by("code").values_list("code", "name", "type")
    villages = Village.objects.visible_to(user).order_by("code").values_list("code", "name")
    found: dict[str, list[Place]] = {"乡镇": [], "单位": [], "村(社区)": []}
    for code, name, kind in units if scope.county or scope.unit_ids else ():
        found["乡镇" if kind == "township" else "单位"].append(Place(f"unit:{code}", name))
    found["村(社区)"] = [Place(f"village:{code}", name) for code, name in villages]
    return (
        {label: places for label, places in found.items() if places}
        if sum(map(len, found.values())) > 1
        else {}
    )


def _rows(
    request: HttpRequest, which: str, listed: list[Any], refused: Refused | None, on: datetime.date
) -> dict[str, Any]:
    if which == "households":
        homes = homes_of(request.user, listed, on, refused)
        return {
            "homes": homes,
            "refused_at": next((home.household.pk for home in homes if home.refused), None),
            "offered": candidates(request.user, [home.village_id for home in listed], on),
            "state": _state(request.GET).urlencode(),
        }
    if which == "left":
        mine = endable_pairings(request.user).filter(pk__in=[pairing.pk for pairing in listed])
        return {"pairings": listed, "endable": set(mine.values_list("pk", flat=True))}
    for cadre in listed if which == "cadres" else ():
        cadre.rank_label = Rank(cadre.rank).label if cadre.rank else ""
    return {which: listed}


def homes_of(
    user: Any, listed: list[Household], on: datetime.date, refused: Refused | None = None
) -> list[Home]:
    """Four statements for any number."""
    rows = {home.pk: Home(home) for home in listed}
    for pairing in pairings_around(list(rows), on):
        row = rows[pairing.household_id]
        if pairing.begins_on > on:
            row.next = row.next or pairing
        else:
            row.last = pairing
    for pk in Household.objects.visible_to(user).filter(pk__in=rows).values_list("pk", flat=True):
        rows[pk].visible = True
    if may_pair(user):
        for pk in pairable_households(user, on).filter(pk__in=rows).values_list("pk", flat=True):
            rows[pk].pairable = True
    for row in rows.values():
        if refused and refused.row["household"] == row.household.code:
            row.refused = refused
    return list(rows.values())


def candidates(user: Any, villages: list[int], on: datetime.date) -> list[Cadre]:
    """Whom to offer: cadres the user may assign; to the office those of units linked to these villages.

    `held` is how many households each has today. Whoever is not offered may still be typed.
    """
    if not may_pair(user):
        return []
    found = assignable_cadres(user, on).filter(joined_on__lte=on)
    if scope_of(user).county:
        links = VillageLink.objects.filter(in_force(on), village__in=set(villages))
        found = found.filter(pk__in=Cadre.objects.in_units(links.values("unit"), on).values("pk"))
    held = Count("pairings", filter=in_force(on, "pairings__"))
    return list(with_post(found, on).annotate(held=held).order_by("held", "code")[:OFFERED])
