"""双报到: the village branch's word that a cadre came (方案五(一)). A position is never asked for."""

import datetime
from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from lianhu.kit import clock
from registry.models import Role, RoleGrant
from registry.scope import scope_of
from visits.models import Trip

CONFIRMING = (Role.VILLAGE_BRANCH, Role.TOWNSHIP)
# How long a confirmed one stays on the list.
LATELY = datetime.timedelta(days=14)
# History that a workbook brought was never confirmed here: what is older is not asked for again and again.
ASKED_FOR = datetime.timedelta(days=62)


def trips_to_confirm(user: Any, *, on: datetime.date) -> QuerySet[Trip]:
    """Those begun in the user's villages, confirmed or not. Nobody confirms their own arrival."""
    grants = RoleGrant.objects.in_force(on).filter(cadre__user=user)
    branches = grants.filter(role=Role.VILLAGE_BRANCH).values("village")
    townships = grants.filter(role=Role.TOWNSHIP).values("unit")
    of_villages = Q(village__in=branches) | Q(village__township__in=townships)
    found: QuerySet[Trip] = Trip.objects.filter(
        of_villages, voided_at__isnull=True, refused_at__isnull=True, begins_on__lte=on
    )
    return found.exclude(cadre=scope_of(user, on).cadre_id)


def waiting(user: Any, *, on: datetime.date, older: bool = False) -> QuerySet[Trip]:
    """Of the last two months, or those before; then or later, a branch may confirm any of them."""
    found = trips_to_confirm(user, on=on).filter(arrival_confirmed_at__isnull=True)
    since = on - ASKED_FOR
    found = found.filter(begins_on__lt=since) if older else found.filter(begins_on__gte=since)
    return found.order_by("-begins_on", "-pk")


def confirmed_lately(user: Any, *, on: datetime.date) -> QuerySet[Trip]:
    since = clock.midnight(on) - LATELY
    found = trips_to_confirm(user, on=on).filter(arrival_confirmed_at__gte=since)
    return found.order_by("-arrival_confirmed_at", "-pk")


@transaction.atomic
def confirm_arrivals(trips: Collection[Trip], *, on: datetime.date, by: User) -> int:
    """How many were confirmed now. Again changes nothing: the first word stands."""
    locked = _locked(trips, on=on, by=by)
    found = locked.filter(arrival_confirmed_at__isnull=True)
    return found.update(arrival_confirmed_at=clock.now(), arrival_confirmed_by=by)


@transaction.atomic
def take_back_arrivals(trips: Collection[Trip], *, on: datetime.date, by: User) -> int:
    """A tap on the wrong line, taken back on the same day. Later it stands."""
    locked = _locked(trips, on=on, by=by)
    found = locked.filter(arrival_confirmed_at__gte=clock.midnight(on))
    return found.update(arrival_confirmed_at=None, arrival_confirmed_by=None)


def _locked(trips: Collection[Trip], *, on: datetime.date, by: User) -> QuerySet[Trip]:
    """In one order, so that two who confirm the same page wait for each other.

    A trip voided since the page was opened is passed over; one in another's village is refused.
    """
    ids = {trip.pk for trip in trips}
    list(Trip.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    mine = trips_to_confirm(by, on=on)
    gone = Q(voided_at__isnull=False) | Q(refused_at__isnull=False)
    if Trip.objects.filter(pk__in=ids).exclude(gone).exclude(pk__in=mine.values("pk")).exists():
        raise PermissionDenied
    return Trip.objects.filter(pk__in=list(mine.filter(pk__in=ids).values_list("pk", flat=True)))
