"""For which cadres a person answers by a role: those of the unit today, or everybody's (contract, section 0)."""

from typing import Any

from django.db.models import Q, QuerySet

from registry.models import Cadre, Role, RoleGrant
from registry.scope import scope_of

# Who keeps a unit's work going: its liaison and leader, a township for its own cadres, the office for all.
RUNNING = (Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.TOWNSHIP, Role.COUNTY_OFFICE)


def cadres_under(user: Any, roles: tuple[Role, ...] = RUNNING) -> "QuerySet[Cadre]":
    """By one of these roles; a grant to view and a county leader's link are none of them."""
    scope = scope_of(user)
    if scope.county and Role.COUNTY_OFFICE in roles:
        return Cadre.objects.all()
    return Cadre.objects.in_units(units_under(user, roles), scope.on)


def units_under(user: Any, roles: tuple[Role, ...] = RUNNING) -> "QuerySet[RoleGrant, Any]":
    """The ids of the units for which the person holds one of these roles today; a subquery."""
    scope = scope_of(user)
    held = RoleGrant.objects.in_force(scope.on).filter(cadre=scope.cadre_id, role__in=roles)
    return held.filter(unit__isnull=False).values("unit")


def runs_a_unit(user: Any) -> bool:
    return scope_of(user).has(*RUNNING)


def in_post(on: Any) -> Q:
    """For cadres: both days of a post are inclusive."""
    return Q(joined_on__lte=on) & (Q(left_on__isnull=True) | Q(left_on__gte=on))
