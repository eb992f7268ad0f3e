"""Who may do what with a trip or a visit that is there (contract, section 3).

`visible_to` says who may look; these acts ask for the author, or for a role that answers for the cadre or the
village on that very day.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.settings import setting
from registry.answering import cadres_under
from registry.models import PostSpan, Role, RoleGrant, Village
from registry.querysets import in_force
from visits.models import Trip, Visit

ASKING = frozenset(
    {Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.COUNTY_OFFICE}
)
VOIDING = frozenset({Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.COUNTY_OFFICE})


def in_time(day: datetime.date, *, on: datetime.date) -> bool:
    """Within 7 days of it, the seventh included, unless the office set another number (contract, section 3)."""
    return (on - day).days <= setting("amend_days", on=on)


def roles_over(user: Any, *, cadre_id: int, village: Village, on: datetime.date) -> frozenset[str]:
    """The roles by which this person answers for the cadre or the village on the day."""
    unit = PostSpan.objects.filter(in_force(on), cadre=cadre_id).values("unit")
    there = (
        Q(role=Role.COUNTY_OFFICE)
        | Q(role=Role.VILLAGE_BRANCH, village=village)
        | Q(role=Role.TOWNSHIP, unit=village.township_id)
        | Q(role__in=(Role.UNIT_LIAISON, Role.UNIT_LEADER), unit__in=unit)
    )
    grants = RoleGrant.objects.in_force(on).filter(there, cadre__user=user)
    return frozenset(grants.values_list("role", flat=True))


@dataclass(frozen=True)
class VisitRights:
    """`answer` is the author's: the cadre, or who typed it for the cadre (代录) and still may do so.

    What a companion's visit says is in another record: there is nothing of it to amend or to ask about.
    """

    answer: bool
    amend: bool
    add: bool
    ask: bool
    void: bool


def rights_over_visit(user: Any, visit: Visit, *, on: datetime.date) -> VisitRights:
    roles = roles_over(user, cadre_id=visit.cadre_id, village=visit.household.village, on=on)
    own = visit.cadre.user_id == user.pk
    typist = visit.recorded_by_id == user.pk and cadres_under(user).filter(pk=visit.cadre_id).exists()
    author = own or typist
    stands = visit.voided_at is None
    heard_here = stands and visit.accompanies_id is None
    timely = in_time(visit.day, on=on)
    return VisitRights(
        answer=heard_here and author,
        amend=heard_here and author and timely,
        add=heard_here and author and not timely,
        ask=heard_here and not own and not roles.isdisjoint(ASKING),
        void=stands and ((own and timely) or not roles.isdisjoint(VOIDING)),
    )


def may_change_trip(user: Any, trip: Trip, *, on: datetime.date) -> bool:
    """Its cadre within 7 days of its last day; the liaison and the leader of the unit, and the office."""
    if trip.voided_at is not None:
        return False
    if trip.cadre.user_id == user.pk and in_time(trip.ends_on, on=on):
        return True
    return not roles_over(user, cadre_id=trip.cadre_id, village=trip.village, on=on).isdisjoint(VOIDING)
