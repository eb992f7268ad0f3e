"""Who may do what with an activity that is there, and who reads the words of a 谈心谈话 (contract, section 5)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from lianhu.kit import clock
from registry.models import PostSpan, Role, RoleGrant
from registry.querysets import in_force
from registry.scope import scope_of
from visits.activity_kinds import KINDS
from visits.models import Activity, ActivityKind, Participant
from visits.rights import in_time

_UNIT_ROLES = (Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.TOWNSHIP)


@dataclass(frozen=True)
class ActivityRights:
    """`change` is with the visits' limit: its people within 7 days, the office at any time (contract, section 3).

    What has a page of its own (体检报告, 代办) is not changed here. `finish`: that a 整改 is done comes later.
    """

    read: bool
    change: bool
    void: bool
    finish: bool


def rights_over_activity(user: Any, activity: Activity, *, on: datetime.date) -> ActivityRights:
    roles = _roles_over(user, activity, on)
    office = Role.COUNTY_OFFICE in roles
    own = _is_own(user, activity)
    stands = activity.voided_at is None
    reads = readable([activity], user) == {activity.pk}
    # Minutes written down a week after the meeting may still be mended.
    timely = in_time(max(activity.day, activity.recorded_at.astimezone(clock.SHANGHAI).date()), on=on)
    plain = not KINDS[activity.kind].written_elsewhere
    self_check = activity.kind == ActivityKind.SELF_CHECK
    return ActivityRights(
        read=reads,
        change=stands and reads and plain and (office or (own and timely)),
        void=stands and (bool(roles) or (own and timely and not self_check)),
        finish=stands and (bool(roles) or own),
    )


def readable(activities: Iterable[Activity], user: Any) -> set[int]:
    """Those whose words this person reads: of a 谈心谈话 its two people and the county office."""
    activities = list(activities)
    talks = {each.pk for each in activities if each.kind == ActivityKind.HEART_TALK}
    scope = scope_of(user)
    if not talks or scope.county:
        return {each.pk for each in activities}
    own = Participant.objects.filter(activity__in=talks, cadre=scope.cadre_id, place__lt=2)
    return {each.pk for each in activities} - talks | set(own.values_list("activity", flat=True))


def words_for(user: Any) -> Q:
    """The same as a condition, for lists, exports and files."""
    scope = scope_of(user)
    if scope.county:
        return Q()
    own = Participant.objects.filter(cadre=scope.cadre_id, place__lt=2).values("activity")
    return ~Q(kind=ActivityKind.HEART_TALK) | Q(pk__in=own)


def _is_own(user: Any, activity: Activity) -> bool:
    """Whose activity it is, the other of a 谈心谈话, and who entered it."""
    places = 2 if activity.kind == ActivityKind.HEART_TALK else 1
    if KINDS[activity.kind].of_place:
        return bool(activity.recorded_by_id == user.pk)
    owners = activity.participants.filter(place__lt=places, cadre__user=user)
    return bool(activity.recorded_by_id == user.pk) or owners.exists()


def _roles_over(user: Any, activity: Activity, on: datetime.date) -> frozenset[str]:
    """The roles by which this person answers for the unit, the village or the owner on the day."""
    owner = Participant.objects.filter(activity=activity, place=0).values("cadre")
    there = Q(role=Role.COUNTY_OFFICE)
    if activity.kind == ActivityKind.HEART_TALK:
        # Others would have to judge what they may not read.
        owner = owner.none()
    elif activity.unit_id:
        there |= Q(role__in=_UNIT_ROLES, unit=activity.unit_id)
    if activity.village and activity.kind != ActivityKind.HEART_TALK:
        there |= Q(role=Role.TOWNSHIP, unit=activity.village.township_id)
    units = PostSpan.objects.filter(in_force(on), cadre__in=owner).values("unit")
    there |= Q(role__in=_UNIT_ROLES, unit__in=units)
    grants = RoleGrant.objects.in_force(on).filter(there, cadre__user=user)
    return frozenset(grants.values_list("role", flat=True))
