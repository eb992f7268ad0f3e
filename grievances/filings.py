"""待挂号: what residents filed, seen from inside (contract, section 4). The branch registers or declines it."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Window
from django.urls import reverse

from accounts import audit
from accounts.models import AuditKind, User
from accounts.notices import notify
from grievances.desk import hold, merged_into, once, written
from grievances.hands import desk_people
from grievances.models import Filing, FilingState, Grievance, Level
from lianhu.kit import clock
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.privacy import keyed_hash, masked_phone
from registry.contact import UNREADABLE, SealedColumn, Unopened, opened
from registry.models import Household, Role, RoleGrant
from registry.scope import scope_of

DECIDING = (Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.COUNTY_OFFICE)
FILERS_PHONE = SealedColumn(Filing, "filing", "phone", key="form_id")
# The most that one declines at a time; the rest follows.
MOST = 100
LONGEST_REASON = 500


def decidable_by(user: User) -> "QuerySet[Filing]":
    """Of the branch's village, the township's villages, or all: by that very role, whatever else one may see."""
    scope = scope_of(user)
    if scope.county:
        return Filing.objects.all()
    grants = RoleGrant.objects.in_force(scope.on).filter(cadre=scope.cadre_id)
    branches = grants.filter(role=Role.VILLAGE_BRANCH).values("village")
    townships = grants.filter(role=Role.TOWNSHIP).values("unit")
    return Filing.objects.filter(Q(village__in=branches) | Q(village__township__in=townships))


def waiting(user: User) -> "QuerySet[Filing]":
    """Oldest first; each with `same`, how many of its village wait under the very same title."""
    found = decidable_by(user).filter(state=FilingState.WAITING)
    same = Window(Count("pk"), partition_by=[F("village"), F("title")])
    return found.annotate(same=same).select_related("village", "category").order_by("filed_at", "pk")


def accept(
    filing: Filing,
    words: dict[str, Any],
    *,
    by: User,
    offered: Collection[int] | None = None,
    into: str = "",
) -> Grievance:
    """挂号 of what was filed, of the cleaned `DeskForm`: its code finds the matter from now on.

    `offered` and `into` as at the desk: likely duplicates that were seen, and the one it is merged into. Raise
    PermissionDenied, Alike, or ValidationError: by field, or when somebody else was first.
    """

    def do() -> Grievance:
        locked = _locked([filing.pk], by=by)[0]
        _still_waits(locked)
        if _village_of(words) != locked.village.code:
            raise_faults(
                [Fault("household", "other_village", f"这件事是{locked.village.name}的，请选这个村的户")]
            )
        if into:
            hold(into)
        matter = written(words, by=by, filing=locked, offered=None if into else offered)
        locked.grievance, locked.state = matter, FilingState.REGISTERED
        locked.decided_at, locked.decided_by = clock.now(), by
        locked.save()
        return merged_into(matter, into, by=by) if into else matter

    return once(words["form_id"], "filing", words, by=by, do=do)


def _village_of(words: dict[str, Any]) -> str:
    if words["household"]:
        found = Household.objects.filter(code=words["household"]).values_list("village__code", flat=True)
        return found.first() or ""
    return str(words["village"])


def decline(filing: Filing, reason: str, *, by: User) -> None:
    """不予受理, with a reason that the resident reads. Raise ValidationError when somebody else was first."""
    with transaction.atomic():
        locked = _locked([filing.pk], by=by)[0]
        _still_waits(locked)
        _decline([locked], reason, by)


@dataclass(frozen=True)
class Declined:
    """How many were declined now; `left`, of each that was decided already, who did so."""

    done: int
    left: list[str]


def decline_many(pks: Collection[int], reason: str, *, by: User) -> Declined:
    """One reason for all, a hundred at a time. What somebody else decided meanwhile stays."""
    with transaction.atomic():
        locked = _locked(sorted(pks)[:MOST], by=by)
        still = [each for each in locked if each.state == FilingState.WAITING]
        _decline(still, reason, by)
        return Declined(len(still), [_who_was_first(each) for each in locked if each not in still])


def _decline(filings: Collection[Filing], reason: str, by: User) -> None:
    reason = reason.strip()
    if not reason:
        raise_faults([Fault("reason", "required", "请写明原因，反映的人会看到")])
    if len(reason) > LONGEST_REASON:
        raise_faults([Fault("reason", "too_long", f"最多 {LONGEST_REASON} 个字")])
    for each in filings:
        each.state, each.decline_reason = FilingState.DECLINED, reason
        each.decided_at, each.decided_by = clock.now(), by
    Filing.objects.bulk_update(filings, ["state", "decline_reason", "decided_at", "decided_by"])


def _locked(pks: Collection[int], *, by: User) -> list[Filing]:
    """In the order of their ids, so that two who decide the same page wait for each other."""
    rows = Filing.objects.filter(pk__in=pks).select_for_update(of=("self",)).order_by("pk")
    locked = list(rows.select_related("village", "decided_by", "grievance"))
    mine = set(decidable_by(by).filter(pk__in=pks).values_list("pk", flat=True))
    if len(locked) != len(set(pks)) or {each.pk for each in locked} - mine:
        raise PermissionDenied
    return locked


def _still_waits(filing: Filing) -> None:
    if filing.state != FilingState.WAITING:
        raise ValidationError(_who_was_first(filing), code="meanwhile")


def _who_was_first(filing: Filing) -> str:
    who = filing.decided_by.name if filing.decided_by else "别人"
    at = filing.decided_at.astimezone(clock.SHANGHAI) if filing.decided_at else clock.now()
    number = f" {filing.grievance.number}" if filing.grievance else ""
    return f"“{filing.title[:20]}”：{who}已在 {at:%m-%d %H:%M} {filing.get_state_display()}{number}"


def age(filing: Filing, on: datetime.date) -> int:
    """Days since it was filed."""
    return (on - filing.filed_at.astimezone(clock.SHANGHAI).date()).days


# --- who filed it ----------------------------------------------------------------------------


def phone_owner(filing: Filing) -> str:
    """What the sealed phone is bound to."""
    return FILERS_PHONE.owner(str(filing.form_id))


def phone_of(filing: Filing, *, full: bool = False) -> str:
    """Masked, unless the caller logs that it is not (`reveal`); empty where none was given."""
    try:
        phone = opened(filing.phone_sealed, phone_owner(filing))
    except Unopened:
        return UNREADABLE
    return phone if full else masked_phone(phone)


def reveal(filing: Filing, reason: str, *, by: User) -> str:
    """The full phone, once; who and why is logged in the same transaction."""
    with transaction.atomic():
        if not decidable_by(by).filter(pk=filing.pk).exists():
            raise PermissionDenied
        audit.log(AuditKind.REVEAL, filing, key=f"待挂号 {filing.pk}", reason=reason, fields=["电话"])
        return phone_of(filing, full=True)


def likely_homes(filing: Filing, by: User) -> "QuerySet[Household]":
    """Households of the village with the filer's phone or name: the person decides whose matter it is."""
    found = Q(pk__in=())
    if filing.filer_name:
        found |= Q(head_name=filing.filer_name)
    try:
        phone = opened(filing.phone_sealed, phone_owner(filing))
    except Unopened:
        phone = ""
    if phone:
        found |= Q(phone_hash=keyed_hash(phone, "phone"))
    homes = Household.objects.visible_to(by).filter(found, village=filing.village, closed_on__isnull=True)
    ordered: QuerySet[Household] = homes.order_by("code")
    return ordered


# --- the desk hears of it --------------------------------------------------------------------


def tell_desk(filing: Filing) -> None:
    """The branch of the village, once a filing; a village without one: its township. In the caller's transaction."""
    on = clock.today()
    branch = list(desk_people(filing.village, Level.VILLAGE, on))
    told = branch or desk_people(filing.village, Level.TOWNSHIP, on)
    notify(
        told,
        key=f"filing:{filing.pk}",
        title="有群众反映等您挂号",
        url=reverse("filing", args=[filing.pk]),
    )
