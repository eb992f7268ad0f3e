"""补录: what was entered late counts once the unit leader approves it (contract, section 3)."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock
from registry.models import PostSpan, Role, RoleGrant
from registry.querysets import in_force
from registry.scope import scope_of
from visits.models import Trip, Visit

# Of whatever is refused or voided here.
SHORTEST_REASON = 2
NO_WORDS = "请写明原因，至少 2 个字"
NO_REASON = "请写明不批准的原因，至少 2 个字"
APPROVED = "您的补录已批准"
WAITS = "有补录等您审批"
REFUSED = "您的补录没有批准，请看原因"


@dataclass(frozen=True)
class Decision:
    """How many were decided now, and those that another had decided, or voided, since the page was opened."""

    done: int
    overtaken: list[Trip | Visit]


def trips_of(user: Any, *, on: datetime.date) -> QuerySet[Trip]:
    """Back-filled trips that this person decides on, those already decided too."""
    return _decided_by(Trip.objects.filter(backfilled=True), user, "begins_on", on)


def visits_of(user: Any, *, on: datetime.date) -> QuerySet[Visit]:
    return _decided_by(Visit.objects.filter(backfilled=True), user, "day", on)


def trips_to_decide(user: Any, *, on: datetime.date) -> QuerySet[Trip]:
    """Those that wait, the oldest first."""
    return trips_of(user, on=on).filter(_waiting()).order_by("begins_on", "pk")


def visits_to_decide(user: Any, *, on: datetime.date) -> QuerySet[Visit]:
    """Those entered late in a trip that counts, the oldest first; the others go with their trip."""
    late_trip = Q(trip__backfilled=True, trip__approved_at__isnull=True, trip__refused_at__isnull=True)
    return visits_of(user, on=on).filter(_waiting()).exclude(late_trip).order_by("day", "pk")


@transaction.atomic
def approve(trips: Collection[Trip], visits: Collection[Visit], *, on: datetime.date, by: User) -> Decision:
    """One decides; whoever comes second is told who was first. The visits of a trip go with it."""
    decided, told, overtaken = _take(trips, visits, on=on, by=by)
    for rows in decided:
        rows.update(approved_at=clock.now(), approved_by=by)
    _tell(told, APPROVED)
    return Decision(len(told), overtaken)


@transaction.atomic
def refuse(
    trips: Collection[Trip], visits: Collection[Visit], *, reason: str, on: datetime.date, by: User
) -> Decision:
    """With a reason, which the cadre reads. What was refused stays, and does not count."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValidationError(NO_REASON, code="reason")
    decided, told, overtaken = _take(trips, visits, on=on, by=by)
    for rows in decided:
        rows.update(refused_at=clock.now(), refused_by=by, refuse_reason=reason.strip())
    _tell(told, REFUSED)
    return Decision(len(told), overtaken)


def tell_deciders(rows: Iterable[Trip | Visit], *, on: datetime.date) -> None:
    """Once a day: something entered late waits for them. Who decides is `_decided_by`, seen from the other side."""
    cadres = {row.cadre_id for row in rows if row.backfilled}
    if not cadres:
        return
    units = dict(PostSpan.objects.filter(in_force(on), cadre__in=cadres).values_list("cadre", "unit"))
    leading = RoleGrant.objects.in_force(on).filter(
        role=Role.UNIT_LEADER, unit__in=units.values(), cadre__user__is_active=True
    )
    leaders: dict[int, set[int]] = {}
    for unit, leader in leading.values_list("unit", "cadre"):
        leaders.setdefault(unit, set()).add(leader)
    there = {cadre: leaders.get(units.get(cadre, 0), set()) for cadre in cadres}
    told = {leader for cadre, found in there.items() if cadre not in found for leader in found}
    who = Q(cadre__in=told)
    if any(not found or cadre in found for cadre, found in there.items()):
        office = RoleGrant.objects.in_force(on).filter(role=Role.COUNTY_OFFICE)
        who |= Q(cadre__in=office.values("cadre"))
    waiting = User.objects.filter(who, is_active=True)
    notify(waiting, key=f"backfill:waiting:{on}", title=WAITS, url=reverse("backfill"))


def _waiting() -> Q:
    return Q(backfilled=True, approved_at__isnull=True, refused_at__isnull=True, voided_at__isnull=True)


def _decided_by(found: QuerySet[Any], user: Any, day: str, on: datetime.date) -> QuerySet[Any]:
    """By the leader of the unit the cadre was of on that day. Nobody decides their own: a unit leader's own,
    and those of a unit without a leader, go to the county office."""
    scope = scope_of(user, on)
    span = PostSpan.objects.filter(
        cadre=OuterRef("cadre"), begins_on__lte=OuterRef(day), ends_on__gte=OuterRef(day)
    )
    leaders = RoleGrant.objects.in_force(on).filter(role=Role.UNIT_LEADER, cadre__user__is_active=True)
    there = leaders.filter(unit=OuterRef("unit_id_then"))
    found = found.annotate(unit_id_then=Subquery(span.values("unit")[:1])).annotate(
        of_leader=Exists(there.filter(cadre=OuterRef("cadre"))), has_leader=Exists(there)
    )
    mine = Q(unit_id_then__in=leaders.filter(cadre=scope.cadre_id).values("unit"), of_leader=False)
    if scope.county:
        mine |= Q(of_leader=True) | Q(has_leader=False)
    return found.filter(mine).exclude(cadre=scope.cadre_id)


def _take(
    trips: Collection[Trip], visits: Collection[Visit], *, on: datetime.date, by: User
) -> tuple[list[QuerySet[Any]], list[Trip | Visit], list[Trip | Visit]]:
    """Locked, trips before visits; then asked who may and what still waits."""
    there: list[Trip] = list(_locked(Trip, {trip.pk for trip in trips}))
    alone: list[Visit] = list(_locked(Visit, {visit.pk for visit in visits}))
    mine = trips_of(by, on=on).filter(pk__in=[trip.pk for trip in there])
    mine_alone = visits_of(by, on=on).filter(pk__in=[visit.pk for visit in alone])
    if mine.count() < len(there) or mine_alone.count() < len(alone):
        raise PermissionDenied
    open_trips = [trip.pk for trip in there if _is_waiting(trip)]
    open_visits = [visit.pk for visit in alone if _is_waiting(visit)]
    with_trips = Visit.objects.filter(_waiting(), trip__in=open_trips).order_by("pk")
    list(with_trips.select_for_update(of=("self",)).values_list("pk"))
    decided: list[QuerySet[Any]] = [
        Trip.objects.filter(pk__in=open_trips),
        Visit.objects.filter(_waiting() & (Q(pk__in=open_visits) | Q(trip__in=open_trips))),
    ]
    rows: list[Trip | Visit] = [*there, *alone]
    told = [row for row in rows if _is_waiting(row)]
    return decided, told, [row for row in rows if not _is_waiting(row)]


def _locked(model: Any, ids: Iterable[int]) -> QuerySet[Any]:
    rows = model.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    found: QuerySet[Any] = rows.select_related("cadre__user", "approved_by", "refused_by")
    return found


def _is_waiting(row: Trip | Visit) -> bool:
    decided = row.approved_at or row.refused_at or row.voided_at
    return row.backfilled and decided is None


def _tell(rows: list[Trip | Visit], title: str) -> None:
    """One row leads to itself; many at once are one notice for each cadre, and lead to the list."""
    if not rows:
        return
    first = rows[0]
    name = "trip" if isinstance(first, Trip) else "visit"
    url = reverse(name, args=[first.pk]) if len(rows) == 1 else reverse("trips")
    key = f"backfill:{name}:{first.pk}:{len(rows)}"
    notify([row.cadre.user for row in rows], key=key, title=title, url=url)
