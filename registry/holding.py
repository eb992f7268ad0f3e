"""For which households a person answers by a role, and who holds them today.

`visible_to` says who may look; some acts ask for one of a few roles, and that very role must hold the
household: a county leader who is also another village's secretary reveals nothing here.
"""

import datetime
from typing import Any

from django.db.models import Q

from registry.models import Household, Pairing, PostSpan, Role, RoleGrant
from registry.querysets import in_force
from registry.scope import scope_of

REVEALING = frozenset(
    {Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.COUNTY_OFFICE}
)
HANDING_OUT = frozenset({Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.COUNTY_OFFICE})
BLACKING_OUT = frozenset({Role.COUNTY_OFFICE})


def roles_holding(user: Any, household: Household, *, on: datetime.date) -> frozenset[str]:
    """The roles by which this person has the household on the day. Grants to view are none.

    A branch: its village. A township: its villages, and what its own cadres are paired with. A unit: what
    its cadres are paired with. The county office: all.
    """
    if not user.is_active:
        return frozenset()
    units = PostSpan.objects.filter(
        in_force(on),
        in_force(on, "cadre__pairings__"),
        cadre__pairings__household=household,
    ).values("unit")
    of_unit = (Role.TOWNSHIP, Role.UNIT_LIAISON, Role.UNIT_LEADER)
    there = (
        Q(role=Role.COUNTY_OFFICE)
        | Q(role=Role.VILLAGE_BRANCH, village=household.village_id)
        | Q(role=Role.TOWNSHIP, unit=household.village.township_id)
        | Q(role__in=of_unit, unit__in=units)
    )
    grants = RoleGrant.objects.in_force(on).filter(cadre__user=user)
    return frozenset(grants.filter(there).values_list("role", flat=True))


def is_paired_today(user: Any, household: Household, *, on: datetime.date) -> bool:
    """The cadre paired with it on the day, or the one who covers that cadre then (代管)."""
    cadres = scope_of(user, on).cadre_ids
    return Pairing.objects.in_force(on).filter(household=household, cadre__in=cadres).exists()
