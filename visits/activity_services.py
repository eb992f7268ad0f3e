"""Entering, changing and voiding activities: one function, one use case, one transaction (contract, section 5)."""

import datetime
from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.sheets import Values
from visits import activity_entry, entry_rules
from visits.activity_entry import ActivityEntryFacts, reviewed
from visits.activity_forms import OWN
from visits.activity_kinds import KINDS
from visits.activity_rights import ActivityRights, rights_over_activity
from visits.backfill import NO_WORDS, SHORTEST_REASON
from visits.models import Activity, Errand, Participant, ProjectReview, SelfCheck
from visits.services import Entered

GONE = "这次活动已作废，不能再改"
MEANWHILE = "您打开以后，这次活动又有修改；您填的还没有保存"
TWICE = "这次活动已经录入过（同样的日期、地点、参加人和主题）"


def enter_activity(values: dict[str, Any], *, on: datetime.date, by: User) -> Activity:
    """By the same rules as an item of the phone. Raise ValidationError with every fault beside its field."""
    if KINDS[values["kind"]].written_elsewhere:
        raise ValidationError({"kind": "这一类有自己的页面"}, code="written_elsewhere")
    with transaction.atomic():
        facts = _asked(values, on=on, by=by)
        # Two taps of one button are two requests at once: the second waits here and finds the first.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if _is_there(values):
            raise ValidationError({"topic": ValidationError(TWICE, code="twice")})
        return activity_entry.record_activities([Entered(values, clock.now())], by=by, facts=facts)[0]


@transaction.atomic
def change_activity(
    activity: Activity, values: dict[str, Any], *, seen: int, on: datetime.date, by: User
) -> Activity:
    """Whole, as its form is. Raise a ValidationError coded `changed_meanwhile` when it is not what was `seen`."""
    locked, rights = _locked(activity, on=on, by=by)
    _require(locked, rights.change)
    if locked.version != seen:
        raise ValidationError(MEANWHILE, code="changed_meanwhile")
    facts = _asked(values | {"kind": locked.kind}, on=on, by=by, there=locked)
    for name in OWN:
        if name != "kind":
            setattr(locked, name, values[name])
    locked.unit_id = facts.units.get(values["unit"])
    locked.village_id = facts.villages.get(values["village"], (None,))[0]
    locked.version += 1
    locked.save()
    _set_people(locked, [facts.people[code].pk for code in values["cadres"]])
    if values["project"]:
        ProjectReview.objects.update_or_create(activity=locked, defaults=reviewed(values))
    return locked


@transaction.atomic
def void_activity(activity: Activity, reason: str, *, on: datetime.date, by: User) -> Activity:
    """作废. A voided 体检报告 is a draft again, a voided 代办 is with its cadre again."""
    locked, rights = _locked(activity, on=on, by=by)
    _require(locked, rights.void)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValidationError({"reason": ValidationError(NO_WORDS, code="reason")})
    locked.voided_at, locked.void_reason = clock.now(), reason
    locked.version += 1
    locked.save(update_fields=["voided_at", "void_reason", "version"])
    SelfCheck.objects.filter(activity=locked).update(activity=None, submitted_at=None)
    Errand.objects.filter(activity=locked).update(activity=None)
    owners = User.objects.filter(cadre__participations__activity=locked, cadre__participations__place=0)
    notify(
        owners.exclude(pk=by.pk),
        key=f"activity:{locked.pk}:void",
        title="您的一次活动已作废，请看原因",
        url=reverse("activity", args=[locked.pk]),
    )
    return locked


@transaction.atomic
def finish_plan(activity: Activity, done_on: datetime.date, *, on: datetime.date, by: User) -> ProjectReview:
    """整改完成, on a day that has come. Said again on the same day it is the same."""
    locked, rights = _locked(activity, on=on, by=by)
    _require(locked, rights.finish)
    review = ProjectReview.objects.select_for_update().get(activity=locked)
    if not review.fault or review.plan_done_on == done_on:
        return review
    if review.plan_done_on is not None:
        _refuse("done_on", "done", f"已经登记在 {review.plan_done_on} 完成")
    if done_on > on:
        _refuse("done_on", "future", f"{done_on} 还没有到")
    if done_on < locked.day:
        _refuse("done_on", "too_early", f"早于回头看的 {locked.day}")
    review.plan_done_on = done_on
    review.save(update_fields=["plan_done_on"])
    return review


def _asked(
    values: Values, *, on: datetime.date, by: User, there: Activity | None = None
) -> ActivityEntryFacts:
    """The facts about it, once every rule has been asked. A change does not ask anew what stands already."""
    facts = ActivityEntryFacts.load([values], by=by, on=on)
    if there is not None:
        if there.unit:
            facts.own_places.add(("unit", there.unit.code))
        if there.village:
            facts.own_places.add(("village", there.village.code))
        facts.enters.update(there.cadres.filter(participations__place=0).values_list("code", flat=True))
        facts.roles |= KINDS[there.kind].roles
    raise_faults(_placed(entry_rules.faults_of(values, facts, activity_entry.RULES, ())))
    return facts


def _placed(faults: list[Fault]) -> list[Fault]:
    """The first of each field: what follows from it would only say so again."""
    return list({fault.field: fault for fault in reversed(faults)}.values())


def _is_there(values: Values) -> bool:
    same = Activity.objects.filter(
        voided_at=None,
        unit__code=values["unit"] or None,
        village__code=values["village"] or None,
        **{name: values[name] for name in ("kind", "day", "topic", "subtype")},
    )
    people = {each.pk: set(each.cadres.values_list("code", flat=True)) for each in same[:20]}
    return set(values["cadres"]) in people.values()


def _set_people(activity: Activity, cadres: list[int]) -> None:
    now = list(activity.participants.order_by("place").values_list("cadre_id", flat=True))
    if now != cadres:
        activity.participants.all().delete()
        Participant.objects.bulk_create(
            Participant(activity=activity, cadre_id=pk, place=place) for place, pk in enumerate(cadres)
        )


def _locked(activity: Activity, *, on: datetime.date, by: User) -> tuple[Activity, ActivityRights]:
    locked: Activity = Activity.objects.select_for_update().get(pk=activity.pk)
    return locked, rights_over_activity(by, locked, on=on)


def _require(activity: Activity, right: bool) -> None:
    """Void since the page was opened is told; without the right nothing is."""
    if activity.voided_at is not None:
        raise ValidationError(GONE, code="void")
    if not right:
        raise PermissionDenied


def _refuse(name: str, code: str, message: str) -> NoReturn:
    raise ValidationError({name: ValidationError(message, code=code)})
