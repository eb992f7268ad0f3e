"""Which rows of the registry a user may see."""

import datetime
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db import models
from django.db.models import Q

from registry.scope import scope_of


class DatedQuerySet(models.QuerySet[Any]):
    def in_force(self, on: datetime.date) -> Self:
        """Rows whose days, both inclusive, hold the day."""
        return self.filter(in_force(on))


def in_force(on: datetime.date, prefix: str = "") -> Q:
    begun = Q(**{f"{prefix}begins_on__lte": on})
    return begun & (Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gte": on}))


class UnitQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        scope = scope_of(user)
        return self if scope.county else self.filter(pk__in=scope.unit_ids)


class VillageQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        scope = scope_of(user)
        if scope.county:
            return self
        linked = Q(links__unit__in=scope.unit_ids) & in_force(scope.on, "links__")
        return self.filter(Q(pk__in=scope.village_ids) | Q(pk__in=self.model.objects.filter(linked)))


class CadreQuerySet(models.QuerySet[Any]):
    def in_units(self, unit_ids: Any, on: datetime.date) -> Self:
        """Cadres whose unit on the day is one of these, those who left too."""
        return self.filter(
            post_spans__unit__in=unit_ids, post_spans__begins_on__lte=on, post_spans__ends_on__gte=on
        )

    def visible_to(self, user: Any) -> Self:
        scope = scope_of(user)
        if scope.county:
            return self
        of_units = self.model.objects.in_units(scope.unit_ids, scope.on)
        return self.filter(Q(pk__in=scope.cadre_ids) | Q(pk__in=of_units.values("pk")))


class HouseholdQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own and one's units' pairings of today, those one covers, one's villages, or the county."""
        scope = scope_of(user)
        if scope.county:
            return self
        ways = [Q(village__in=scope.village_ids)]
        ways += [Q(pk__in=paired.values("pk")) for paired in self.model.objects.paired_to(user)]
        return self.filter(reduce(or_, ways))

    def paired_to(self, user: Any) -> list[Self]:
        """By the pairings of today of the person and those they cover; by those of the units' people.

        Apart, because under one OR no index finds them: every pairing of the county would be read.
        """
        scope = scope_of(user)
        cadres = self.model._meta.apps.get_model("registry", "Cadre").objects
        of_units = cadres.in_units(scope.unit_ids, scope.on).values("pk")
        today = in_force(scope.on, "pairings__")
        return [self.filter(today, pairings__cadre__in=people) for people in (scope.cadre_ids, of_units)]
