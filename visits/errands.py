"""代办事项: posted, taken (认领), done or given back (方案四(三), 五(一); contract, section 5).

A family's errand is seen by whoever sees the family; a village's also by the cadres who are linked to it.
"""

import datetime
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock, fields
from lianhu.kit.errors import Fault, raise_faults
from registry.models import Cadre, Cover, Household, Pairing, Role, RoleGrant, Village, VillageLink
from registry.querysets import in_force
from registry.scope import scope_of
from visits.backfill import NO_WORDS, SHORTEST_REASON
from visits.models import Activity, ActivityKind, Errand, Participant

POSTING = frozenset({Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.COUNTY_OFFICE})
_TAKING = frozenset({Role.CADRE, Role.COUNTY_LEADER, Role.UNIT_LIAISON, Role.UNIT_LEADER})
OVER = "这件事已经撤回"
DONE = "这件事已经办完"


class ErrandForm(forms.Form):
    village = fields.VillageCodeField(label="村")
    household = fields.CodeField(label="户编码", required=False, help_text="一家的事填户编码；全村的事空着")
    topic = fields.TextField(
        label="要办的事", max_length=500, lines=True, help_text="办什么、要带什么、什么时候要"
    )


def visible_errands(user: Any) -> "QuerySet[Errand]":
    scope = scope_of(user)
    if scope.county:
        return Errand.objects.all()
    families = Household.objects.visible_to(user).values("pk")
    return Errand.objects.filter(
        Q(taken_by__in=scope.cadre_ids)
        | Q(posted_by=user.pk)
        | Q(household__in=families)
        | Q(household=None, village__in=_villages(user))
    )


def _villages(user: Any) -> "QuerySet[Village]":
    """Of one's scope, and those one's unit or pairings lead to."""
    scope = scope_of(user)
    posts = Cadre.objects.filter(user=user.pk).filter(in_force(scope.on, "post_spans__"))
    links = VillageLink.objects.in_force(scope.on).filter(unit__in=posts.values("post_spans__unit"))
    pairings = Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids)
    return Village.objects.filter(
        Q(pk__in=Village.objects.visible_to(user).values("pk"))
        | Q(pk__in=links.values("village"))
        | Q(pk__in=pairings.values("household__village"))
    )


def may_post(user: Any) -> bool:
    """The branch for its village and families; a cadre what a family of one's own asked for (and takes it)."""
    scope = scope_of(user)
    return scope.has(*POSTING) or _own_families(user).exists()


def may_take(user: Any) -> bool:
    """Whoever goes out; a branch does its own work without the system."""
    scope = scope_of(user)
    return bool(scope.cadre_id) and (scope.has(*_TAKING) or _own_families(user).exists())


def _own_families(user: Any) -> "QuerySet[Pairing]":
    scope = scope_of(user)
    return Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids)


def places_to_post(user: Any) -> "QuerySet[Village]":
    scope = scope_of(user)
    held = RoleGrant.objects.in_force(scope.on).filter(cadre=scope.cadre_id)
    return Village.objects.filter(
        Q(pk__in=held.filter(role=Role.VILLAGE_BRANCH).values("village"))
        | Q(township__in=held.filter(role=Role.TOWNSHIP).values("unit"))
        | Q(pk__in=_own_families(user).values("household__village"))
        | (Q() if scope.county else Q(pk__in=()))
    ).order_by("code")


@transaction.atomic
def post_errand(values: dict[str, Any], *, on: datetime.date, by: User) -> Errand:
    """Posted twice it is one. A cadre's own, told at the kitchen table, is taken with it; else its cadre is told."""
    village = places_to_post(by).filter(code=values["village"]).first()
    home = Household.objects.visible_to(by).filter(code=values["household"]).first()
    raise_faults(_post_faults(values, village, home, by))
    assert village is not None
    # Two taps of one button: the second waits here and finds the first.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    there = Errand.objects.filter(
        village=village, household=home, topic=values["topic"], activity=None, withdrawn_at=None
    ).first()
    if there is not None:
        return there
    now = clock.now()
    errand = Errand.objects.create(
        village=village, household=home, topic=values["topic"], posted_at=now, posted_by=by
    )
    if not scope_of(by).has(*POSTING):
        errand.taken_by, errand.taken_at = by.cadre, now
        errand.save(update_fields=["taken_by", "taken_at"])
    elif home is not None:
        holders = Pairing.objects.in_force(on).filter(household=home).values("cadre")
        colleagues = Cover.objects.filter(cadre__in=holders, begins_on__lte=on, ends_on__gte=on)
        tell = Q(cadre__in=holders) | Q(cadre__in=colleagues.values("colleague"))
        _tell(errand, User.objects.filter(tell).exclude(pk=by.pk), "posted", "您结对的一户有一件代办事项")
    return errand


def _post_faults(
    values: dict[str, Any], village: Village | None, home: Household | None, by: User
) -> Iterator[Fault]:
    if village is None:
        yield Fault("village", "not_found", "没有您能发布代办的这个村")
        return
    if values["household"]:
        if home is None or home.village_id != village.pk:
            yield Fault("household", "not_found", f"{village.name}没有您能看到的户 {values['household']}")
        elif home.erased_at is not None:
            yield Fault("household", "erased", "这户的资料已应要求遮蔽")
    elif not scope_of(by).has(*POSTING):
        yield Fault("household", "required", "请填写是哪一户托您办的")


@transaction.atomic
def take_errand(errand: Errand, *, by: User) -> Errand:
    """认领. Two at once: one wins, the other is told who did and when."""
    locked = _locked(errand)
    if not may_take(by) or not visible_errands(by).filter(pk=errand.pk).exists():
        raise PermissionDenied
    if locked.taken_by is not None:
        if locked.taken_by.user_id == by.pk:
            return locked
        at = locked.taken_at.astimezone(clock.SHANGHAI) if locked.taken_at else None
        raise ValidationError(f"{locked.taken_by.name}已于 {at:%m-%d %H:%M} 认领，您没有认领到", code="taken")
    locked.taken_by, locked.taken_at = by.cadre, clock.now()
    locked.save(update_fields=["taken_by", "taken_at"])
    _tell(locked, [locked.posted_by], f"taken:{by.pk}", "您发布的一件代办事项有人认领了")
    return locked


@transaction.atomic
def give_back(errand: Errand, *, by: User) -> Errand:
    """By whoever took it: it is free again."""
    locked = _locked(errand)
    _require_taker(locked, by)
    stamp = locked.taken_at
    locked.taken_by = locked.taken_at = None
    locked.save(update_fields=["taken_by", "taken_at"])
    _tell(locked, [locked.posted_by], f"back:{stamp}", "您发布的一件代办事项被退回，等别人认领")
    return locked


@transaction.atomic
def finish_errand(errand: Errand, words: str, *, on: datetime.date, by: User) -> Activity:
    """Done, with words: it is the cadre's activity from this day."""
    locked = _locked(errand)
    _require_taker(locked, by)
    if len(words.strip()) < SHORTEST_REASON:
        raise ValidationError({"words": ValidationError("请写办的结果，至少 2 个字", code="required")})
    now = clock.now()
    activity: Activity = Activity.objects.create(
        kind=ActivityKind.ERRAND,
        day=on,
        village_id=locked.village_id,
        topic=locked.topic,
        summary=words.strip(),
        household_id=locked.household_id,
        recorded_at=now,
        recorded_by=by,
    )
    Participant.objects.create(activity=activity, cadre=by.cadre, place=0)
    locked.activity = activity
    locked.save(update_fields=["activity"])
    _tell(locked, [locked.posted_by], f"done:{activity.pk}", "您发布的一件代办事项办完了")
    return activity


def may_withdraw(errand: Errand, user: Any) -> bool:
    scope = scope_of(user)
    return (
        errand.activity_id is None
        and errand.withdrawn_at is None
        and (
            scope.county
            or errand.posted_by_id == user.pk
            or (scope.has(*POSTING) and errand.village_id in scope.village_ids)
        )
    )


@transaction.atomic
def withdraw(errand: Errand, reason: str, *, by: User) -> Errand:
    """By its branch or whoever posted it, with a reason; whoever took it is told."""
    locked = _locked(errand)
    if not may_withdraw(locked, by):
        raise PermissionDenied
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValidationError({"reason": ValidationError(NO_WORDS, code="reason")})
    locked.withdrawn_at, locked.withdraw_reason = clock.now(), reason.strip()
    locked.save(update_fields=["withdrawn_at", "withdraw_reason"])
    if locked.taken_by is not None and locked.taken_by.user_id != by.pk:
        _tell(locked, [locked.taken_by.user], "withdrawn", "您认领的一件代办事项撤回了")
    return locked


def _locked(errand: Errand) -> Errand:
    # Without its people: who waited for the lock would be given the row as it is and the join as it was.
    locked = Errand.objects.select_for_update().get(pk=errand.pk)
    if locked.withdrawn_at is not None:
        raise ValidationError(OVER, code="withdrawn")
    if locked.activity_id is not None:
        raise ValidationError(DONE, code="done")
    return locked


def _require_taker(errand: Errand, by: User) -> None:
    if errand.taken_by is None or errand.taken_by.user_id != by.pk:
        raise PermissionDenied


def _tell(errand: Errand, users: Any, what: str, title: str) -> None:
    notify(users, key=f"errand:{errand.pk}:{what}", title=title, url=reverse("errand", args=[errand.pk]))
