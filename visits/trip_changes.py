"""A trip that is there: its last day moved, or the whole of it voided (contract, section 3)."""

import datetime
from typing import NoReturn

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from accounts.settings import setting
from lianhu.kit import clock
from lianhu.kit.errors import raise_faults
from lianhu.kit.sheets import ends_after_begin
from visits.backfill import NO_WORDS, SHORTEST_REASON, tell_deciders
from visits.entry_facts import EntryFacts
from visits.entry_rules import Rule, cadre_is_in_post, trip_ends_in_reason
from visits.models import Trip, Visit
from visits.rights import may_change_trip
from visits.services import take_in_companions

ABOUT_LAST_DAY: tuple[Rule, ...] = (ends_after_begin(), trip_ends_in_reason, cadre_is_in_post)  # type: ignore[assignment]
GONE = "这次下乡已作废，不能再改"
OVERLAP = "与同一干部到这个村的另一次下乡日期重叠"


@transaction.atomic
def change_last_day(trip: Trip, ends_on: datetime.date, *, on: datetime.date, by: User) -> Trip:
    """Not before its first day nor its last visit, nor into another trip to the village.

    Days added later than 7 days after the new last day are 补录 like any others: the whole trip waits for the
    unit leader. Else it stays what it was when it was entered.
    """
    locked = _locked(trip, on=on, by=by)
    _ask_rules(locked, ends_on, on=on, by=by)
    last = standing_visits(locked).order_by("-day").values_list("day", flat=True).first()
    if last is not None and ends_on < last:
        _refuse("visits_left_out", f"这次下乡在 {last} 还有走访，最后一天不能更早")
    if ends_on == locked.ends_on:
        return locked
    longer = ends_on > locked.ends_on
    locked.ends_on = ends_on
    if longer and on > ends_on + datetime.timedelta(days=setting("backfill_after_days", on=on)):
        locked.backfilled, locked.approved_at, locked.approved_by = True, None, None
    try:
        with transaction.atomic():
            locked.save(update_fields=["ends_on", "backfilled", "approved_at", "approved_by"])
    except IntegrityError as error:
        if "trip_one_a_village_and_day" not in str(error):
            raise
        _refuse("overlap", OVERLAP)
    take_in_companions([locked.pk])
    if locked.backfilled and longer:
        tell_deciders([locked], on=on)
    return locked


@transaction.atomic
def void_trip(trip: Trip, reason: str, *, on: datetime.date, by: User) -> Trip:
    """Only when no visit of it stands: what was done on it is voided first, each for its own reason."""
    locked = _locked(trip, on=on, by=by)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValidationError({"reason": ValidationError(NO_WORDS, code="reason")})
    standing = standing_visits(locked).order_by("day", "pk").values_list("day", "household__head_name")
    if standing:
        told = "、".join(f"{day} {head}户" for day, head in standing)
        raise ValidationError(f"这次下乡还有 {len(standing)} 次走访没有作废：{told}", code="has_visits")
    locked.voided_at, locked.void_reason = clock.now(), reason
    locked.save(update_fields=["voided_at", "void_reason"])
    if locked.cadre.user_id != by.pk:
        url = reverse("trip", args=[locked.pk])
        notify(
            [locked.cadre.user], key=f"trip:{locked.pk}:void", title="您的一次下乡已作废，请看原因", url=url
        )
    return locked


def standing_visits(trip: Trip) -> QuerySet[Visit]:
    return Visit.objects.filter(trip=trip, voided_at__isnull=True)


def _locked(trip: Trip, *, on: datetime.date, by: User) -> Trip:
    """With the cadre's other trips to the village, in one order: two made longer at once would else wait for
    each other at the constraint."""
    beside = Trip.objects.filter(cadre=trip.cadre_id, village=trip.village_id).order_by("pk")
    list(beside.select_for_update().values_list("pk"))
    locked: Trip = Trip.objects.select_related("cadre__user", "village").get(pk=trip.pk)
    if locked.voided_at is not None:
        raise ValidationError(GONE, code="void")
    if not may_change_trip(by, locked, on=on):
        raise PermissionDenied
    return locked


def _ask_rules(trip: Trip, ends_on: datetime.date, *, on: datetime.date, by: User) -> None:
    """Those of entering a trip that are about its last day."""
    row = {
        "cadre": trip.cadre.code,
        "village": trip.village.code,
        "begins_on": trip.begins_on,
        "ends_on": ends_on,
    }
    facts = EntryFacts.load([row], by=by, on=on)
    faults = [fault for rule in ABOUT_LAST_DAY for fault in rule(row, facts)]
    raise_faults(fault for fault in faults if fault.field == "ends_on")


def _refuse(code: str, message: str) -> NoReturn:
    raise ValidationError({"ends_on": ValidationError(message, code=code)})
