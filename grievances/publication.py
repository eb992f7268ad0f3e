"""公示: the public text, its confirmation, the seven days, objections (contract, section 4)."""

import datetime
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import User
from accounts.settings import setting
from grievances import masking
from grievances.events import add_event
from grievances.hands import Hand
from grievances.models import Grievance, GrievanceAction, GrievanceState, Objection, Publication
from grievances.public_files import drop_files_of
from grievances.telling import tell_colleagues
from lianhu.kit import clock

# What the public text was made of: said again, it is to be read again.
_SAYING = (GrievanceAction.REPLY, GrievanceAction.CORRECT)


@dataclass(frozen=True)
class Words:
    """What a person makes public of a matter. `harmless`: names of the registry that are none here."""

    title: str
    question: str
    answer: str
    harmless: tuple[str, ...] = ()


def standing(matter: Grievance) -> Publication | None:
    """The draft or the notice that is up."""
    return matter.publications.filter(withdrawn_at__isnull=True).first()


def proposed(matter: Grievance) -> dict[str, masking.Proposal]:
    """By field: what is proposed, with what it masks."""
    family = masking.family_of(matter)
    said = {"title": matter.title, "question": matter.content, "answer": matter.reply}
    return {name: masking.propose(text, family) for name, text in said.items()}


def may_prepare(hand: Hand) -> bool:
    """Its own desk and those above; who may put it up is asked by the workflow."""
    return hand.at_desk_or_above


def why_not(hand: Hand) -> str:
    """Why no text can be prepared now; empty when it can."""
    matter = hand.matter
    if matter.voided_at is not None:
        return "这件事已作废，不公示"
    if matter.parent is not None:
        return f"这件事并在 {matter.parent.number} 里办，公示看那一件"
    if matter.withheld_kind:
        return f"已标为不予公示（{matter.get_withheld_kind_display()}）"
    if matter.household is not None and matter.household.erased_at is not None:
        return "这户的资料已应要求遮蔽，不公示"
    if matter.state == GrievanceState.PUBLISHED:
        return "已经公示，文字不能再改；要改只能退回重办"
    if matter.state != GrievanceState.CLOSED:
        return f"这件事现在是“{matter.get_state_display()}”，销号以后才能公示"
    return ""


def save_text(matter_pk: int, words: Words, *, seen: str = "", by: User) -> Publication:
    """Write the draft. What was confirmed and is now another text has to be confirmed again.

    `seen`: the fingerprint of the draft on the screen, empty where there was none; raise ValidationError when
    somebody else has written another since. What the second scan finds hinders the confirmation, not this.
    """
    with transaction.atomic():
        matter = _held(matter_pk, by)
        text = standing(matter)
        new = {**vars(words), "harmless": list(words.harmless)}
        if text is None:
            return Publication.objects.create(grievance=matter, **new)
        if all(getattr(text, name) == value for name, value in new.items()):
            return text
        if fingerprint(text) != seen:
            raise ValidationError("您打开以后，别人改过这段文字，您的还没有保存", code="meanwhile")
        for name, value in new.items():
            setattr(text, name, value)
        text.confirmed_at = text.confirmed_by = None
        text.save()
    return text


def confirm(matter_pk: int, *, seen: str, by: User) -> Publication:
    """The text on the screen (`seen`: its fingerprint) is fit to be read by everybody.

    Raise ValidationError when it has changed since, or still holds what must not be public.
    """
    with transaction.atomic():
        text = standing(_held(matter_pk, by))
        if text is None or fingerprint(text) != seen:
            raise ValidationError("您打开预览以后，文字或照片又有改动，请再看一遍", code="meanwhile")
        if found := sensitive_in(text):
            raise ValidationError([ValidationError(each, code="sensitive") for each in found])
        text.confirmed_at, text.confirmed_by = clock.now(), by
        text.save()
    return text


def draft_to_change(matter_pk: int, *, by: User) -> Publication:
    """With its matter locked, for a change of its photos: it has to be confirmed again."""
    text = standing(_held(matter_pk, by))
    if text is None:
        raise ValidationError("请先写好公示的文字，再选照片", code="no_text")
    text.confirmed_at = text.confirmed_by = None
    text.save()
    return text


def _held(matter_pk: int, by: User) -> Grievance:
    """Locked like for a step: a text is not written into a matter that moves on meanwhile."""
    matter: Grievance = Grievance.objects.select_for_update(of=("self",)).get(pk=matter_pk)
    if not may_prepare(Hand(matter, by, clock.today())):
        raise PermissionDenied
    if reason := why_not(Hand(matter, by, clock.today())):
        raise ValidationError(reason, code="meanwhile")
    return matter


def fingerprint(text: Publication) -> str:
    """Of all that the public would see."""
    photos = [(str(each.pk), each.description) for each in text.photos.all()]
    whole = [text.title, text.question, text.answer, text.harmless, photos]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]


def is_confirmed(text: Publication) -> bool:
    """By a person, and neither reply nor content has been said anew since."""
    if text.confirmed_at is None:
        return False
    later = text.grievance.events.filter(action__in=_SAYING, recorded_at__gt=text.confirmed_at)
    return not later.exists()


def findings_in(text: Publication) -> list[masking.Finding]:
    """The second scan: all that would be read, the words under the photos too."""
    # The family's own names are names here, whatever else they mean.
    own = masking.family_of(text.grievance).names
    return masking.scan(_read(text), harmless=[word for word in text.harmless if word not in own])


def sensitive_in(text: Publication) -> list[str]:
    """What the second scan finds in a confirmed text, each as a sentence; empty is clean."""
    return [finding.told for finding in findings_in(text)]


def _read(text: Publication) -> Iterable[str]:
    return (text.title, text.question, text.answer, *(each.description for each in text.photos.all()))


def ends_on(published_on: datetime.date) -> datetime.date:
    """The last day of the notice: the seventh after the day of publication (民法典 第二百零一条)."""
    return published_on + datetime.timedelta(days=setting("public_notice_days", on=published_on))


def put_up(matter: Grievance, *, on: datetime.date, by: User) -> None:
    """Called by the workflow, which has checked the text."""
    text = standing(matter)
    assert text is not None
    text.published_at, text.published_by, text.ends_on = clock.now(), by, ends_on(on)
    text.save()


def withdraw(matter: Grievance, *, answer: str, by: User) -> None:
    """The matter is worked on again: what was up comes down, and an objection that waits is answered by that."""
    text = standing(matter)
    if text is None:
        return
    _answer(waiting_objection(matter), answer, reopened=True, by=by)
    text.withdrawn_at = clock.now()
    text.save()
    drop_files_of(text)


def waiting_objection(matter: Grievance) -> Objection | None:
    waiting = Objection.objects.filter(publication__grievance=matter, answered_at__isnull=True)
    return waiting.first()


def answer_objection(matter: Grievance, answer: str, *, by: User) -> None:
    """By reasons: the notice stays."""
    _answer(waiting_objection(matter), answer, reopened=False, by=by)


def _answer(objection: Objection | None, answer: str, *, reopened: bool, by: User) -> None:
    if objection is None:
        return
    objection.answer, objection.reopened = answer, reopened
    objection.answered_at, objection.answered_by = clock.now(), by
    objection.save()


def runs(text: Publication, on: datetime.date) -> bool:
    """Within the seven days, the last minute of the last one included."""
    up = text.published_at is not None and text.withdrawn_at is None
    return up and text.ends_on is not None and on <= text.ends_on


def object_to(matter_pk: int, text: str, *, by: User | None) -> Objection:
    """An objection within the notice, by the family (`by` is None) or the village desk. It must be answered.

    Raise ValidationError when the notice is over or another objection waits. Who may is asked by the caller:
    the family's code, or the desk's scope.
    """
    with transaction.atomic():
        matter = Grievance.objects.select_for_update(of=("self",)).get(pk=matter_pk)
        up = standing(matter)
        is_up = matter.state == GrievanceState.PUBLISHED
        if not is_up and matter.publications.filter(withdrawn_at__isnull=False).exists():
            raise ValidationError("这件事已经退回重办，公示撤下了；办好后会再答复", code="reopened")
        if not is_up or up is None or not runs(up, clock.today()):
            raise ValidationError("公示期已经结束，不能再提异议；可以重新反映", code="notice_over")
        if waiting_objection(matter) is not None:
            raise ValidationError("已经有一条异议在等答复", code="objection_waits")
        objection = Objection.objects.create(publication=up, text=text, at=clock.now(), by=by)
        tell_colleagues(matter, add_event(matter, GrievanceAction.OBJECT, by=by, reason=text))
    return objection
