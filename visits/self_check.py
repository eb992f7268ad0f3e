"""思想作风体检报告: 七问 by the year's own figures, 四查 and 一晒 in words (方案四(一); contract, section 5)."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from lianhu.kit import clock, fields
from lianhu.kit.errors import Fault, raise_faults
from registry.answering import cadres_under
from registry.models import Cadre, Role
from registry.scope import scope_of
from visits.models import Activity, ActivityKind, Participant, SelfCheck

# The six questions that figures answer, in the programme's order and words.
QUESTIONS = {
    "trips": ("一年下过几次乡", "次"),
    "villages": ("进过几个村", "个"),
    "households": ("入过几户", "户"),
    "facts": ("了解多少情况", "份民情记录表"),
    "solved": ("解决了多少问题", "件"),
    "opinions": ("听了多少社情民意", "条"),
}
WRITTEN = ("smile", "faith", "purpose", "duty", "honesty", "shown")
SUBMITTED = "这一年的体检报告已经提交，不能再改"
MEANWHILE = "您打开以后，这份报告在别处又保存过；您填的还没有保存"


def _words(label: str, help_text: str = "") -> fields.TextField:
    return fields.TextField(label=label, required=False, max_length=5000, lines=True, help_text=help_text)


class SelfCheckForm(forms.Form):
    smile = _words("面对群众脸上有没有微笑", "第七问没有数字，照实写")
    faith = _words("查是否坚定理想信念")
    purpose = _words("查是否树牢根本宗旨")
    duty = _words("查是否具有担当精神")
    honesty = _words("查是否保持清正廉洁")
    shown = _words("到群众中晒问题、接受群众评判", "在哪里晒的，群众怎么说，准备怎么改")


def own_check(user: Any, year: int) -> SelfCheck:
    """This cadre's of the year, there or not yet. Raise PermissionDenied for an account without a cadre."""
    cadre: Cadre | None = getattr(user, "cadre", None)
    if cadre is None:
        raise PermissionDenied
    return SelfCheck.objects.filter(cadre=cadre, year=year).first() or SelfCheck(cadre=cadre, year=year)


def visible_checks(user: Any) -> "QuerySet[SelfCheck]":
    """One's own; submitted ones also for the unit's leader and the county office."""
    scope = scope_of(user)
    under = cadres_under(user, (Role.UNIT_LEADER, Role.COUNTY_OFFICE)).values("pk")
    return SelfCheck.objects.filter(Q(cadre=scope.cadre_id) | Q(submitted_at__isnull=False, cadre__in=under))


@transaction.atomic
def save_draft(year: int, words: Mapping[str, str], *, seen: int, on: datetime.date, by: User) -> SelfCheck:
    """Raise a ValidationError coded `changed_meanwhile` when it is not what was `seen`."""
    found = _locked(year, on=on, by=by)
    if found.version != seen:
        raise ValidationError(MEANWHILE, code="changed_meanwhile")
    for name in WRITTEN:
        setattr(found, name, words[name])
    found.saved_at = clock.now()
    found.version += 1
    found.save()
    return found


@transaction.atomic
def submit(year: int, answers: Mapping[str, int], *, seen: int, on: datetime.date, by: User) -> SelfCheck:
    """Read-only from now on, and the cadre's activity. `answers`: the figures as they stand."""
    found = _locked(year, on=on, by=by)
    if found.version != seen:
        raise ValidationError(MEANWHILE, code="changed_meanwhile")
    raise_faults(Fault(name, "required", "还没有写") for name in WRITTEN if not getattr(found, name).strip())
    now = clock.now()
    # Written up in January it still is last year's.
    day = min(on, datetime.date(year, 12, 31))
    activity: Activity = Activity.objects.create(
        kind=ActivityKind.SELF_CHECK,
        day=day,
        topic=f"{year}年思想作风体检报告",
        recorded_at=now,
        recorded_by=by,
    )
    Participant.objects.create(activity=activity, cadre=found.cadre, place=0)
    found.answers = {name: answers[name] for name in QUESTIONS}
    found.submitted_at, found.activity = now, activity
    found.version += 1
    found.save()
    return found


def _locked(year: int, *, on: datetime.date, by: User) -> SelfCheck:
    """This year's, or last year's until it is written. One draft a cadre and year, however many tabs."""
    cadre: Cadre | None = getattr(by, "cadre", None)
    if cadre is None or year not in (on.year, on.year - 1):
        raise PermissionDenied
    SelfCheck.objects.get_or_create(cadre=cadre, year=year, defaults={"saved_at": clock.now()})
    found = (
        SelfCheck.objects.select_for_update(of=("self",)).select_related("cadre").get(cadre=cadre, year=year)
    )
    if found.submitted_at is not None:
        raise ValidationError(SUBMITTED, code="submitted")
    return found
