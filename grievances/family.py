"""The family hears: at 挂号, reply, extension and 销号 (contract, section 4).

A step that the family must hear of owes one notice. It stays owed until somebody says how the family was told,
and that is on the timeline.

What a later step made untrue is not told any more, and nothing is written for that: whether a notice stands is
read off the matter and its events each time (`_standing`). 挂号 and 延期 name a day that no longer counts once
there is a reply; a reply falls when the matter is reopened, and whoever was asked how content they are with it
has heard it; 销号 falls when the matter is reopened; nothing is told of a void matter.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from grievances.events import event
from grievances.models import (
    FamilyNotice,
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    Occasion,
    Satisfaction,
    TellingWay,
)
from lianhu.kit import clock
from lianhu.kit.errors import Fault, raise_faults


def has_family(matter: Grievance) -> bool:
    """Somebody to tell: a household, or the resident who filed it. A whole village reads the board."""
    return matter.household_id is not None or hasattr(matter, "filing")


def notice(
    matter: Grievance, occasion: Occasion, step: GrievanceEvent, *, answered: Grievance | None = None
) -> FamilyNotice:
    """Not yet written, not yet told. `answered`: the matter it was merged into, where that is what was answered."""
    text = text_of(matter, occasion, answered or matter)
    return FamilyNotice(grievance=matter, occasion=occasion, event=step, text=text)


def owe(
    matter: Grievance, occasion: Occasion, step: GrievanceEvent, *, answered: Grievance | None = None
) -> None:
    if has_family(matter):
        notice(matter, occasion, step, answered=answered).save()


def about_of(matter: Grievance) -> str:
    return f"您反映的“{matter.title}”（编号 {matter.number}）"


def text_of(own: Grievance, occasion: Occasion, matter: Grievance) -> str:
    """What the family is told of its own matter, in plain words, to be read aloud or printed on the slip.

    `matter` is the one that was answered: its own, or the one it was merged into. Words said to another family
    may hold what is theirs: of those only the outcome is told.
    """
    own_words = matter == own or not has_family(matter) or matter.household_id == own.household_id is not None
    about = about_of(own)
    if occasion == Occasion.REGISTER:
        return f"{about}已经挂号，{matter.reply_due_on:%Y年%-m月%-d日}前答复您。"
    if occasion == Occasion.REPLY and not own_words:
        return f"{about}和相同的事一起有了答复：{matter.get_outcome_display()}。详细情况请问村党组织。"
    if occasion == Occasion.REPLY:
        return f"{about}有了答复，{matter.get_outcome_display()}：{matter.reply}"
    if occasion == Occasion.EXTEND:
        why = f"，原因：{_asked_for(matter)}" if own_words else ""
        return f"{about}延期到{matter.reply_due_on:%Y年%-m月%-d日}前答复{why}"
    if matter.revisit_waived:
        return f"{about}已经办结销号。"
    if matter != own:
        return f"{about}和相同的事一起办结销号了。"
    return f"{about}已经办结销号，您的意见是{matter.get_satisfaction_display()}。"


def _asked_for(matter: Grievance) -> str:
    """Over rows that may be prefetched."""
    return next(each.reason for each in matter.requests.all() if each.kind == "extension" and each.approved)


def words(notice: FamilyNotice) -> str:
    """What there is to tell now: a date may have moved since the step (升级)."""
    return text_of(notice.grievance, Occasion(notice.occasion), answered_of(notice))


def answered_of(notice: FamilyNotice) -> Grievance:
    """The matter it tells of: the family's own, or the one that was merged into."""
    own = notice.grievance
    return (own.parent if notice.event.action == GrievanceAction.NOTE else None) or own


# --- what is still to be told ------------------------------------------------------------------

_REOPENED = Q(action=GrievanceAction.REOPEN) | Q(
    action=GrievanceAction.REVISIT, value=Satisfaction.DISSATISFIED
)


def _later(of: str, what: Q) -> Exists:
    events = GrievanceEvent.objects.filter(what, grievance=OuterRef(of), pk__gt=OuterRef("event"))
    return Exists(events)


def _standing(notices: "QuerySet[FamilyNotice]") -> "QuerySet[FamilyNotice]":
    """Those whose words are still true. One passed on from the matter it was merged into follows that matter."""
    passed_on = Q(event__action=GrievanceAction.NOTE)
    moved = _later("grievance", Q(action__in=(GrievanceAction.MERGE, GrievanceAction.UNMERGE)))
    asked = _later("grievance", Q(action=GrievanceAction.REVISIT) | _REOPENED)
    unanswered = Q(grievance__replied_on__isnull=True) & (
        Q(grievance__parent__isnull=True) | Q(grievance__parent__replied_on__isnull=True)
    )
    own = (
        Q(occasion__in=(Occasion.REGISTER, Occasion.EXTEND)) & unanswered
        | Q(occasion=Occasion.REPLY) & ~asked
        | Q(occasion=Occasion.CLOSE) & ~_later("grievance", _REOPENED)
    )
    of_whole = (
        Q(grievance__parent__isnull=False)
        & ~moved
        & ~_later("grievance__parent", _REOPENED)
        & (~Q(occasion=Occasion.EXTEND) | unanswered)
    )
    stands = ~passed_on & own | passed_on & of_whole
    return notices.filter(stands, grievance__voided_at__isnull=True)


def _with_words(notices: "QuerySet[FamilyNotice]") -> "QuerySet[FamilyNotice]":
    """With all that `words` reads."""
    found = notices.select_related(
        "event", "grievance__parent", "grievance__household", "grievance__village", "grievance__filing"
    )
    return found.prefetch_related("grievance__requests", "grievance__parent__requests")


def waiting_notices(matters: "QuerySet[Grievance]") -> "QuerySet[FamilyNotice]":
    """What families of these matters have not been told yet, oldest first."""
    return _with_words(still_owed(FamilyNotice.objects.filter(grievance__in=matters))).order_by("pk")


def still_owed(notices: "QuerySet[FamilyNotice]") -> "QuerySet[FamilyNotice]":
    """Those of them that nobody has told yet and that are still true."""
    return _standing(notices.filter(told_at__isnull=True))


def standing_notices(matters: "Iterable[Grievance]") -> "QuerySet[FamilyNotice]":
    """What is true of these matters, told already or not, oldest first: what a slip says."""
    return _with_words(_standing(FamilyNotice.objects.filter(grievance__in=list(matters)))).order_by("pk")


def notices_of(matter: Grievance) -> "QuerySet[FamilyNotice]":
    """What was told of one matter, and what still has to be; without what nobody tells any more."""
    rows = FamilyNotice.objects.filter(grievance=matter)
    true = Q(told_at__isnull=False) | Q(pk__in=_standing(rows).values("pk"))
    return rows.filter(true).select_related("told_by").order_by("pk")


# --- it was told -------------------------------------------------------------------------------


def may_tell(user: User) -> "QuerySet[Grievance]":
    """Of which matters the person may say that the family was told: those in scope."""
    return Grievance.objects.visible_to(user)


@transaction.atomic
def tell(notices: Iterable[FamilyNotice], way: TellingWay, *, by: User, remark: str = "") -> int:
    """Record that the family was told; return of how many. What was told before stays as it was, and what a
    later step made untrue is left.

    Raise PermissionDenied for a matter out of scope.
    """
    if way == TellingWay.ONLINE:
        raise_faults([Fault("way", "not_by_hand", "这一种由系统记录")])
    chosen = {each.pk for each in notices}
    asked = set(FamilyNotice.objects.filter(pk__in=chosen).values_list("grievance", flat=True))
    if may_tell(by).filter(pk__in=asked).count() != len(asked):
        raise PermissionDenied
    return _record(asked, way, chosen=chosen, by=by, remark=remark)


def seen_online(matter: Grievance) -> int:
    """The family looked its matter up by its code: what was waiting it has read there."""
    if not FamilyNotice.objects.filter(grievance=matter, told_at__isnull=True).exists():
        return 0
    with transaction.atomic():
        return _record({matter.pk}, TellingWay.ONLINE, by=None)


def _record(
    matters: set[int], way: TellingWay, *, by: User | None, chosen: set[int] | None = None, remark: str = ""
) -> int:
    """Of the chosen ones; or, by the family itself, of all. What those told have overtaken waits no longer.

    Matters are locked before their notices, as each step does.
    """
    locked = Grievance.objects.filter(pk__in=matters).select_for_update(of=("self",)).order_by("pk")
    list(locked.values_list("pk", flat=True))
    open_ones = FamilyNotice.objects.filter(grievance__in=matters, told_at__isnull=True)
    rows = list(_with_words(open_ones.select_for_update(of=("self",)).order_by("pk")))
    true = set(_standing(open_ones).values_list("pk", flat=True))
    told = [each for each in rows if each.pk in true and (chosen is None or each.pk in chosen)]
    newest = {each.grievance_id: each.pk for each in told}
    overtaken = [
        each
        for each in rows
        if each.pk not in true and (chosen is None or each.pk < newest.get(each.grievance_id, 0))
    ]
    now = clock.now()
    for each in told + overtaken:
        each.way, each.told_at, each.told_by = way, now, by
    for each in told:
        each.text, each.remark = words(each), remark
    for each in overtaken:
        each.remark = OVERTAKEN
    FamilyNotice.objects.bulk_update(told + overtaken, ["way", "told_at", "told_by", "text", "remark"])
    GrievanceEvent.objects.bulk_create(_event_of(each, by) for each in told)
    return len(told)


OVERTAKEN = "情况已有变化，和后面的告知一起说了"


def _event_of(notice: FamilyNotice, by: User | None) -> GrievanceEvent:
    told = f"{notice.text}{f'（{notice.remark}）' if notice.remark else ''}"
    return event(notice.grievance, GrievanceAction.TELL, by=by, reason=told, value=notice.way)
