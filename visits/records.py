"""A 民情记录表 that is there: amended, added to, sent back with a question, answered, voided.

Nothing is ever deleted (contract, section 3). Each act locks the visit first and then asks what may be done.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock
from registry.told_at_visit import Told, update_households
from visits.backfill import NO_WORDS, SHORTEST_REASON
from visits.models import Addendum, Question, Visit, VisitRecord
from visits.rights import VisitRights, rights_over_visit

IN_RECORD = (
    *("head_name", "people_count", "income_sources", "difficulties", "opinions", "clear", "seen"),
    *("solved_on_spot", "spot_answer", "promises", "talk_topic"),
)
GONE = "这条走访已作废，不能再改"
TOO_LATE = "已过可以修改的日子，原来的记录不再改动，请用“补充”"
CHANGED_MEANWHILE = "您打开以后，这条记录又有修改。请对照现在的内容，再改一次"
ONE_OPEN = "这条记录已经退回过一次，还没有答复。等答复以后再问"
ANSWERED = "这个问题已经有了答复"


def version(record: VisitRecord) -> str:
    """Which text it is, for whoever amends it; empty for the first."""
    return record.amended_at.astimezone(clock.SHANGHAI).isoformat() if record.amended_at else ""


@transaction.atomic
def amend(visit: Visit, values: Mapping[str, Any], *, seen: str, on: datetime.date, by: User) -> VisitRecord:
    """Within 7 days of the visit, by its author; the audit log keeps before and after.

    `values` by field; 宣讲 (`policy_talk`) is of the visit, and of its companions'. `seen` is the version that
    was on the screen. The same words again change nothing.
    """
    locked, rights = _locked(visit, on=on, by=by)
    _require(locked, rights.answer)
    if not rights.amend:
        raise ValidationError(TOO_LATE, code="too_late")
    record = locked.record
    talk = values.get("policy_talk", locked.policy_talk)
    changed = [name for name in IN_RECORD if name in values and getattr(record, name) != values[name]]
    if not changed and talk == locked.policy_talk:
        return record
    if version(record) != seen:
        raise ValidationError(CHANGED_MEANWHILE, code="changed_meanwhile")
    for name in changed:
        setattr(record, name, values[name])
    record.amended_at = clock.now()
    record.save(update_fields=[*changed, "amended_at"])
    _tell_household(locked, {name: getattr(record, name) for name in changed}, by=by)
    if talk != locked.policy_talk:
        Visit.objects.filter(_with_companions(locked), voided_at__isnull=True).update(policy_talk=talk)
    return record


def _tell_household(visit: Visit, changed: dict[str, Any], *, by: User) -> None:
    """A slip that is mended is mended where it holds too, unless a later visit told otherwise."""
    told = {name: value for name, value in changed.items() if name in Told.NAMES and value}
    later = Visit.objects.filter(
        household=visit.household_id, voided_at=None, accompanies=None, day__gt=visit.day
    )
    if told and not later.exists():
        update_households([Told(visit.household_id, visit.day, told)], by=by)


@transaction.atomic
def add_addendum(visit: Visit, text: str, *, on: datetime.date, by: User) -> Addendum:
    """补充, by the author, once the record may no longer be amended. The last one sent twice is one."""
    locked, rights = _locked(visit, on=on, by=by)
    _require(locked, rights.add)
    last = Addendum.objects.filter(visit=locked).last()
    if last is not None and (last.text, last.added_by_id) == (text, by.pk):
        return last
    return Addendum.objects.create(visit=locked, text=text, added_at=clock.now(), added_by=by)


@transaction.atomic
def send_back(visit: Visit, text: str, *, on: datetime.date, by: User) -> Question:
    """退回补充: a question, one open at a time; the cadre, and whoever typed for the cadre, are told."""
    locked, rights = _locked(visit, on=on, by=by)
    _require(locked, rights.ask)
    there = Question.objects.filter(visit=locked, answered_at__isnull=True).first()
    if there is not None:
        if (there.text, there.asked_by_id) == (text, by.pk):
            return there
        raise ValidationError(ONE_OPEN, code="one_open")
    asked = Question.objects.create(visit=locked, text=text, asked_at=clock.now(), asked_by=by)
    _tell(_authors(locked), f"question:{asked.pk}", "一条走访记录退回补充，请答复", locked)
    return asked


@transaction.atomic
def answer_question(question: Question, text: str, *, on: datetime.date, by: User) -> Question:
    """By the author, at any time. The record itself is mended by amending or by an addendum."""
    locked, rights = _locked(question.visit, on=on, by=by)
    _require(locked, rights.answer)
    asked = Question.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=question.pk)
    if asked.answered_at is not None:
        if asked.answer == text:
            return asked
        raise ValidationError(ANSWERED, code="answered")
    asked.answer, asked.answered_at, asked.answered_by = text, clock.now(), by
    asked.save(update_fields=["answer", "answered_at", "answered_by"])
    _tell([asked.asked_by], f"question:{asked.pk}:answer", "您退回补充的走访记录有了答复", locked)
    return asked


@transaction.atomic
def void(visit: Visit, reason: str, *, on: datetime.date, by: User) -> list[Visit]:
    """作废, with the visits of its companions: what was heard at them is this record. Matters stay.

    Return what was voided now; a visit that is void already stays as it was.
    """
    # In one order with other locks on visits; the companions are locked before any of them is asked.
    list(Visit.objects.select_for_update().filter(_with_companions(visit)).order_by("pk").values_list("pk"))
    locked, rights = _locked(visit, on=on, by=by)
    _require(locked, rights.void)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValidationError(NO_WORDS, code="reason")
    standing = list(
        Visit.objects.filter(_with_companions(locked), voided_at__isnull=True)
        .select_related("cadre__user")
        .order_by("pk")
    )
    Visit.objects.filter(pk__in=[each.pk for each in standing]).update(
        voided_at=clock.now(), void_reason=reason
    )
    others = [each.cadre.user for each in standing if each.cadre.user_id != by.pk]
    _tell(others, f"visit:{locked.pk}:void", "您的一次走访已作废，请看原因", locked)
    return standing


def _with_companions(visit: Visit) -> Q:
    return Q(pk=visit.pk) | Q(accompanies=visit.pk)


def _locked(visit: Visit, *, on: datetime.date, by: User) -> tuple[Visit, VisitRights]:
    rows = Visit.objects.select_for_update(of=("self",)).filter(pk=visit.pk)
    locked: Visit = rows.select_related("cadre__user", "household__village", "record", "recorded_by").get()
    return locked, rights_over_visit(by, locked, on=on)


def _require(visit: Visit, right: bool) -> None:
    """Void since the page was opened is told; without the right nothing is."""
    if visit.voided_at is not None:
        raise ValidationError(GONE, code="void")
    if not right:
        raise PermissionDenied


def _authors(visit: Visit) -> Iterable[User]:
    typist = visit.recorded_by
    return [visit.cadre.user] if typist is None else [visit.cadre.user, typist]


def _tell(users: Iterable[User], key: str, title: str, visit: Visit) -> None:
    notify(users, key=key, title=title, url=reverse("visit", args=[visit.pk]))
