"""Whose picture a dashboard shows (contract, sections 7 and 8): the county, what a person is linked to, a unit,
a village. Every figure of a dashboard is narrowed by the same area as the list it opens onto.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import F, Q, QuerySet
from django.urls import reverse

from grievances.ledger import Asked
from grievances.models import Grievance
from grievances.querysets import GrievanceQuerySet
from registry.coverage import Area as CoverageArea
from registry.coverage import area_of
from registry.models import Role, Unit, UnitType, Village
from registry.scope import scope_of
from visits.models import Trip, Visit, VisitResult

Date = datetime.date
# Who may look at what they are linked to; others have the page of their unit or village.
LINKED = (Role.COUNTY_LEADER, Role.TOWNSHIP)


def has_overview(user: Any) -> bool:
    scope = scope_of(user)
    return scope.has(*LINKED) and bool(scope.unit_ids or scope.village_ids)


@dataclass(frozen=True)
class Area:
    """`unit_ids` and `village_ids`: whose duties are counted; None is everyone's."""

    user: Any
    kind: Literal["county", "linked", "unit", "village"]
    unit_ids: frozenset[int] | None = frozenset()
    village_ids: frozenset[int] | None = frozenset()
    unit: Unit | None = None
    village: Village | None = None
    place: str = field(default="")

    @property
    def is_township(self) -> bool:
        return self.unit is not None and self.unit.type == UnitType.TOWNSHIP

    @property
    def has_cadres(self) -> bool:
        return self.unit_ids is None or bool(self.unit_ids)

    @property
    def address(self) -> str:
        """The dashboard's own."""
        if self.village:
            return reverse("village", args=[self.village.code])
        if self.unit:
            return reverse("unit_overview", args=[self.unit.code])
        return reverse("county" if self.kind == "county" else "overview")

    @property
    def ledger(self) -> Asked:
        """The filter of the ledger that lists the area's matters."""
        if self.village:
            return Asked(tab="all", village=self.village.code)
        if self.unit:
            return (
                Asked(tab="all", township=self.unit.code)
                if self.is_township
                else Asked(tab="all", unit=self.unit.code)
            )
        return Asked(tab="all")

    def matters(self, asked: Asked, on: Date) -> GrievanceQuerySet:
        """What the ledger lists when asked so."""
        return asked.apply(Grievance.objects.visible_to(self.user), on)

    def visits(self, first: Date, last: Date) -> "QuerySet[Visit, Any]":
        """见面走访 that count (contract 6, rules 3, 5): in the area's villages, or by the unit's people of that day."""
        bad_trips = Trip.objects.filter(
            Q(voided_at__isnull=False) | Q(backfilled=True, approved_at__isnull=True)
        )
        counts = Q(result=VisitResult.MET, voided_at__isnull=True)
        counts &= Q(backfilled=False) | Q(approved_at__isnull=False)
        found = Visit.objects.visible_to(self.user).filter(counts, day__range=(first, last))
        found = found.filter(Q(trip__isnull=True) | ~Q(trip__in=bad_trips.values("pk")))
        if self.village:
            return found.filter(household__village=self.village)
        if self.is_township:
            return found.filter(household__village__township=self.unit)
        if self.unit:
            return found.filter(
                cadre__post_spans__unit=self.unit,
                cadre__post_spans__begins_on__lte=F("day"),
                cadre__post_spans__ends_on__gte=F("day"),
            )
        return found

    def coverage(self, on: Date) -> CoverageArea | None:
        """None for who has no page of it."""
        if self.village:
            return area_of(self.user, on, village=self.village.code)
        if self.unit:
            return area_of(self.user, on, unit=self.unit.code)
        return area_of(self.user, on)


def county_area(user: Any) -> Area:
    return Area(user, "county", None, None)


def linked_area(user: Any) -> Area:
    """A township's own, and what a county leader is linked to."""
    scope = scope_of(user)
    return Area(user, "linked", scope.unit_ids, scope.village_ids)


def unit_area(user: Any, unit: Unit) -> Area:
    """A township with those of its villages that the person sees."""
    villages = Village.objects.visible_to(user).filter(township=unit).distinct()
    seen = frozenset(villages.values_list("pk", flat=True)) if unit.type == UnitType.TOWNSHIP else frozenset()
    return Area(user, "unit", frozenset({unit.pk}), seen, unit=unit, place=f"unit:{unit.code}")


def village_area(user: Any, village: Village) -> Area:
    return Area(
        user,
        "village",
        frozenset(),
        frozenset({village.pk}),
        village=village,
        place=f"village:{village.code}",
    )
