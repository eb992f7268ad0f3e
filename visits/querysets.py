"""Which trips and visits a user may see (contract, section 8)."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from registry.models import Cadre, Household
from registry.scope import Scope, scope_of


class TripQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own and one's units', of those one covers, those in one's villages, or the county's."""
        scope = scope_of(user)
        return self if scope.county else self.filter(_done_by(scope) | Q(village__in=scope.village_ids))


class VisitQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """As trips, and every visit to a household that one may see today, whoever made it."""
        scope = scope_of(user)
        if scope.county:
            return self
        households = Household.objects.visible_to(user).values("pk")
        return self.filter(_done_by(scope) | Q(household__in=households))


class ActivityQuerySet(models.QuerySet[Any]):
    """A 谈心谈话 is seen by all as an entry; its words only by its two people and the county office
    (`visits.activity_rights`)."""

    def visible_to(self, user: Any) -> Self:
        """Those one takes part in or entered, of one's units and their cadres, in one's villages, or all."""
        scope = scope_of(user)
        if scope.county:
            return self
        taking_part = self.model.cadres.through.objects.filter(_done_by(scope)).values("activity")
        return self.filter(
            Q(pk__in=taking_part)
            | Q(recorded_by=user.pk)
            | Q(unit__in=scope.unit_ids)
            | Q(village__in=scope.village_ids)
        )


def _done_by(scope: Scope) -> Q:
    of_units = Cadre.objects.in_units(scope.unit_ids, scope.on).values("pk")
    return Q(cadre__in=scope.cadre_ids) | Q(cadre__in=of_units)
