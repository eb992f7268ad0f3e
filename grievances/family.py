"""The family hears: at 挂号, reply, extension and 销号 (contract, section 4).

A step that the family must hear of owes one notice. It stays owed until somebody says how the family was told,
and that is on the timeline.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from grievances.events import add_event
from grievances.models import (
    FamilyNotice,
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    Occasion,
    TellingWay,
)
from lianhu.kit import clock
from lianhu.kit.errors import Fault, raise_faults


def has_family(matter: Grievance) -> bool:
    """Somebody to tell: a household, or the resident who filed it. A whole village reads the board."""
    return matter.household_id is not None or hasattr(matter, "filing")


def notice(matter: Grievance, occasion: Occasion, step: GrievanceEvent) -> FamilyNotice:
    """Not yet written, not yet told."""
    return FamilyNotice(grievance=matter, occasion=occasion, event=step, text=text_of(matter, occasion, step))


def owe(matter: Grievance, occasion: Occasion, step: GrievanceEvent) -> None:
    if has_family(matter):
        notice(matter, occasion, step).save()


def text_of(matter: Grievance, occasion: Occasion, step: GrievanceEvent) -> str:
    """What the family is told, in plain words, to be read aloud or printed on the slip."""
    about = f"您反映的“{matter.title}”（编号 {matter.number}）"
    if occasion == Occasion.REGISTER:
        return f"{about}已经挂号，{matter.reply_due_on:%Y年%-m月%-d日}前答复您。"
    if occasion == Occasion.REPLY:
        return f"{about}有了答复，{matter.get_outcome_display()}：{matter.reply}"
    if occasion == Occasion.EXTEND:
        return f"{about}延期到{matter.reply_due_on:%Y年%-m月%-d日}前答复，原因：{_asked_for(matter)}"
    if matter.revisit_waived:
        return f"{about}已经办结销号。"
    return f"{about}已经办结销号，您的意见是{matter.get_satisfaction_display()}。"


def _asked_for(matter: Grievance) -> str:
    return matter.requests.filter(kind="extension", approved=True).values_list("reason", flat=True).get()


def may_tell(user: User) -> "QuerySet[Grievance]":
    """Of which matters the person may say that the family was told: those in scope."""
    return Grievance.objects.visible_to(user)


@transaction.atomic
def tell(notices: Iterable[FamilyNotice], way: TellingWay, *, by: User, remark: str = "") -> int:
    """Record that the family was told; return of how many. What was told before stays as it was.

    Raise PermissionDenied for a matter out of scope.
    """
    pks = [each.pk for each in notices]
    if way == TellingWay.ONLINE:
        raise_faults([Fault("way", "not_by_hand", "这一种由系统记录")])
    rows = FamilyNotice.objects.filter(pk__in=pks).select_for_update(of=("self",)).order_by("pk")
    waiting = [each for each in rows.select_related("grievance") if each.told_at is None]
    asked = {each.grievance_id for each in waiting}
    if may_tell(by).filter(pk__in=asked).count() != len(asked):
        raise PermissionDenied
    for each in waiting:
        each.way, each.told_at, each.told_by, each.remark = way, clock.now(), by, remark
        each.save()
        told = f"{each.text}{f'（{remark}）' if remark else ''}"
        add_event(each.grievance, GrievanceAction.TELL, by=by, reason=told, value=way)
    return len(waiting)


def waiting_notices(matters: "QuerySet[Grievance]") -> "QuerySet[FamilyNotice]":
    """What families of these matters have not been told yet, oldest first."""
    owed = FamilyNotice.objects.filter(told_at__isnull=True, grievance__in=matters.filter(_stands()))
    return owed.select_related("grievance__household", "grievance__village").order_by("pk")


def _stands() -> Q:
    return Q(voided_at__isnull=True)
