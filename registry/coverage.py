"""全覆盖 (contract, section 2): whom nobody looks after, for the county, a township, a unit or a village.

Closed households are not counted. A pairing whose holder has left stays and counts; it is told here.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from registry.answering import in_post
from registry.models import Cadre, Household, Pairing, PostSpan, Unit, Village, VillageLink
from registry.querysets import in_force
from registry.scope import scope_of


@dataclass(frozen=True)
class Area:
    """What is asked about. `units` are those whose cadres belong to it; None is the whole county's."""

    villages: QuerySet[Village]
    households: QuerySet[Household]
    cadres: QuerySet[Cadre]
    pairings: QuerySet[Pairing]
    units: QuerySet[Unit]


def area_of(user: Any, on: datetime.date, *, unit: str = "", village: str = "") -> Area | None:
    """The user's area on the day, narrowed to a unit or a village of it; None where it has no such place.

    A unit: the villages it is linked to (a township: its own too), the households there, those that only
    its cadres may hold (方案三(三)), and its cadres. Nobody holds these households yet, so that no pairing
    shows them to the unit: who is to pair them must see them here. Those that are held are seen as ever.
    """
    scope = scope_of(user)
    villages = Village.objects.visible_to(user)
    units = Unit.objects.visible_to(user)
    held = Pairing.objects.in_force(on).filter(_open(on, "household__"))
    if not scope.county:
        held = held.filter(household__in=Household.objects.visible_to(user).values("pk"))
    whole = Area(villages, Household.objects.filter(_open(on)), Cadre.objects.all(), held, units)
    if unit:
        return _of_unit(whole, unit, on)
    if village:
        return _of_village(whole, village, on)
    if scope.county:
        return whole
    return Area(
        villages,
        whole.households.filter(_within(villages, units, on)),
        _of_units(whole.cadres, units, on),
        held,
        units,
    )


def villages_without_unit(area: Area, on: datetime.date) -> QuerySet[Village]:
    """That a village belongs to a township is no link."""
    linked = VillageLink.objects.filter(in_force(on), village=OuterRef("pk"))
    return area.villages.filter(~Exists(linked)).select_related("township").order_by("code")


def households_without_cadre(area: Area, on: datetime.date) -> QuerySet[Household]:
    held = Pairing.objects.filter(in_force(on), household=OuterRef("pk"))
    bare = area.households.filter(~Exists(held))
    return bare.select_related("village__township", "former_unit", "family_cadre").order_by(
        "village__code", "group", "code"
    )


def cadres_without_household(area: Area, on: datetime.date) -> QuerySet[Cadre]:
    """In post on the day; `unit_name` and `rank` are those of the day."""
    held = Pairing.objects.filter(in_force(on), cadre=OuterRef("pk"))
    bare = area.cadres.filter(in_post(on)).filter(~Exists(held))
    return with_post(bare, on).order_by("unit_code", "code")


def pairings_of_the_gone(area: Area, on: datetime.date) -> QuerySet[Pairing]:
    gone = area.pairings.filter(cadre__left_on__lt=on)
    return gone.select_related("cadre", "household__village").order_by(
        "cadre__code", "household__village__code", "household__code"
    )


def with_post(cadres: QuerySet[Any], on: datetime.date) -> QuerySet[Any]:
    """Unit and rank of the day beside each: `unit_code`, `unit_name`, `rank`."""
    spans = PostSpan.objects.filter(in_force(on), cadre=OuterRef("pk"))
    beside: QuerySet[Any] = cadres.annotate(
        unit_code=Subquery(spans.values("unit__code")[:1]),
        unit_name=Subquery(spans.values("unit__name")[:1]),
        rank=Subquery(spans.values("rank")[:1]),
    )
    return beside


def _open(on: datetime.date, prefix: str = "") -> Q:
    return Q(**{f"{prefix}closed_on__isnull": True}) | Q(**{f"{prefix}closed_on__gt": on})


def is_closed(household: Household, on: datetime.date) -> bool:
    return household.closed_on is not None and household.closed_on <= on


def linked_villages(units: QuerySet[Any], on: datetime.date) -> QuerySet[Village]:
    """Those which one of these units is linked to on the day (单位包村)."""
    links = VillageLink.objects.filter(in_force(on), unit__in=units)
    return Village.objects.filter(pk__in=links.values("village"))


def _of_units(cadres: QuerySet[Cadre], units: QuerySet[Any], on: datetime.date) -> QuerySet[Cadre]:
    return cadres.filter(pk__in=Cadre.objects.in_units(units.values("pk"), on).values("pk"))


def _within(villages: QuerySet[Any], units: QuerySet[Any], on: datetime.date) -> Q:
    """For households: in these villages, or such as only cadres of these units may hold."""
    family = Cadre.objects.in_units(units.values("pk"), on).values("pk")
    return (
        Q(village__in=villages.values("pk"))
        | Q(kind="retired", former_unit__in=units.values("pk"))
        | Q(kind="cadre_family", family_cadre__in=family)
    )


def _of_unit(whole: Area, code: str, on: datetime.date) -> Area | None:
    units = whole.units.filter(code=code)
    if not units.exists():
        return None
    at = Q(township__in=units) | Q(pk__in=linked_villages(units, on))
    villages = whole.villages.filter(at)
    cadres = _of_units(whole.cadres, units, on)
    there = Q(household__village__in=villages.values("pk")) | Q(cadre__in=cadres.values("pk"))
    return Area(
        villages,
        whole.households.filter(_within(villages, units, on)),
        cadres,
        whole.pairings.filter(there),
        units,
    )


def _of_village(whole: Area, code: str, on: datetime.date) -> Area | None:
    villages = whole.villages.filter(code=code)
    if not villages.exists():
        return None
    links = VillageLink.objects.filter(in_force(on), village__in=villages.values("pk"))
    units = whole.units.filter(pk__in=links.values("unit"))
    return Area(
        villages,
        whole.households.filter(village__in=villages.values("pk")),
        _of_units(whole.cadres, units, on),
        whole.pairings.filter(household__village__in=villages.values("pk")),
        units,
    )


def pairings_around(households: list[int], on: datetime.date) -> QuerySet[Pairing]:
    """Of households that nobody holds on the day: who did last, and who will. One row each, oldest first."""
    found = Pairing.objects.filter(household__in=households).filter(~in_force(on))
    return found.select_related("cadre").order_by("household", F("begins_on"))
