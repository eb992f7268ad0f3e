"""Which matters a user may see (contract, section 8), and which are open."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from grievances.states import OVER
from registry.models import Cadre, Household
from registry.scope import scope_of


class GrievanceQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Those of the households one may see, of one's villages, those one's people handle or help with."""
        scope = scope_of(user)
        if scope.county:
            return self
        of_units = Cadre.objects.in_units(scope.unit_ids, scope.on).values("pk")
        homes = Household.objects.visible_to(user).values("pk")
        helping = self.model.helping_units.through.objects.filter(unit__in=scope.unit_ids)
        return self.filter(
            Q(household__in=homes)
            | Q(village__in=scope.village_ids)
            | Q(handler__in=scope.cadre_ids)
            | Q(handler__in=of_units)
            | Q(pk__in=helping.values("grievance"))
        )

    def open(self) -> Self:
        """Somebody still owes something: `Grievance.is_open`, for many."""
        return self.filter(voided_at__isnull=True, parent__isnull=True).exclude(state__in=OVER)
