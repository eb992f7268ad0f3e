"""公示: the public text, its confirmation, the seven days, objections (contract, section 4)."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.settings import setting
from grievances import masking
from grievances.events import add_event
from grievances.models import Grievance, GrievanceAction, GrievanceState, Objection, Publication
from lianhu.kit import clock


def standing(matter: Grievance) -> Publication | None:
    """The draft or the notice that is up."""
    return matter.publications.filter(withdrawn_at__isnull=True).first()


def sensitive_in(text: Publication) -> list[str]:
    """What the second scan finds in a confirmed text, each as a sentence; empty is clean."""
    words = "\n".join((text.title, text.question, text.answer))
    return masking.found_in(words, harmless=text.harmless)


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
        if matter.state != GrievanceState.PUBLISHED or up is None or not runs(up, clock.today()):
            raise ValidationError("公示期已经结束，不能再提异议；可以重新反映", code="notice_over")
        if waiting_objection(matter) is not None:
            raise ValidationError("已经有一条异议在等答复", code="objection_waits")
        objection = Objection.objects.create(publication=up, text=text, at=clock.now(), by=by)
        add_event(matter, GrievanceAction.OBJECT, by=by, reason=text)
    return objection
