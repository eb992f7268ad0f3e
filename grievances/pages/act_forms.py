"""The form of a step as its page shows it: the step's own fields, with what helps to fill them in.

Every choice works without JavaScript: a list to pick from stands beside the field that takes any code.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from grievances.deadlines import Terms
from grievances.hands import Hand
from grievances.models import GrievanceAction, RequestKind
from grievances.workflow import Step
from lianhu.kit import fields
from lianhu.kit.fields import fold
from registry.answering import in_post
from registry.models import Cadre, Pairing, PostSpan, Role, RoleGrant, Unit, VillageLink
from registry.querysets import in_force
from registry.search import matching_cadres

A = GrievanceAction
MOST_PEOPLE = 60
_SHORT_LIST = 4
# What the field is called on the page of this step.
_LABELS = {
    (A.KEEP, "reason"): ("答复异议", "写明维持原答复的理由，提出异议的人看得到"),
    (A.NOTE, "reason"): ("进展", ""),
    (A.ASSIGN, "reason"): ("要求", "可以不写；主办人看得到"),
    (A.VOID, "reason"): ("作废原因", "会留在这件事上，谁都看得见"),
    (A.REOPEN, "reason"): ("退回重办的原因", "有异议在等答复时，这就是给提出人的答复"),
    (A.ESCALATE, "reason"): ("为什么本级办不了", ""),
    (A.RETURN, "reason"): ("为什么不该由您办", ""),
    (A.REVISIT, "reason"): ("怎么说的", "可以不写"),
    (A.REPLY, "reason"): ("答复内容", "告知群众时用的就是这些话"),
}


def words_of(step: Step, post: QueryDict) -> dict[str, Any]:
    """The raw words of the step's form; a code that was typed goes before one that was picked."""
    words: dict[str, Any] = {}
    for name, field in step.form.base_fields.items():
        many = getattr(field, "takes_many", False)
        words[name] = post.getlist(name) if many else post.get(f"{name}_typed") or post.get(name, "")
    return words


def form_of(
    hand: Hand, step: Step, words: Mapping[str, Any] | None = None, *, sent: bool = False
) -> forms.Form:
    """`words` as they were typed; `sent` when they are to be judged."""
    form = step.form(data=words) if sent else step.form(initial=dict(words or {}))
    for name, field in form.fields.items():
        label, help_text = _LABELS.get((step.action, name), (field.label, field.help_text))
        field.label, field.help_text = label, help_text
        if isinstance(field, fields.ChoiceField):
            _offer(field)
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 8 if step.action == A.REPLY else 4
    if step.action == A.ASK_EXTENSION:
        form.fields["days"].help_text = _latest(hand)
    if step.action == A.REVISIT and not words:
        form.initial["day"] = hand.on
    return form


def _offer(field: fields.ChoiceField) -> None:
    """A few stand side by side; a select begins with nothing chosen."""
    if field.required and len(field.choices) <= _SHORT_LIST:
        field.widget = forms.RadioSelect(choices=field.choices)
    else:
        blank = ("", "请选" if field.required else "不填")
        field.widget = forms.Select(choices=[blank, *field.choices])


def extended_to(hand: Hand) -> datetime.date | None:
    """The day that the answer would be due on, if what was asked for is granted."""
    request, matter = hand.requests.get(RequestKind.EXTENSION), hand.matter
    if request is None:
        return None
    return Terms.load().reply_due(matter.level, matter.registered_on, request.days or 0)


def _latest(hand: Hand) -> str:
    matter, terms = hand.matter, Terms.load()
    now = terms.reply_due(matter.level, matter.registered_on)
    last = terms.last_extended(matter.level, matter.registered_on)
    most = min((last - now).days, 30)
    latest = now + datetime.timedelta(days=most)
    return f"现在的答复期限是 {now}，最多延 {most} 天，到 {latest}；只能延一次"


@dataclass(frozen=True)
class Person:
    """Somebody who may be given the matter, and why they stand in the list."""

    code: str
    name: str
    unit: str
    why: str


def people_for(hand: Hand, text: str = "") -> list[Person]:
    """Whom it makes sense to give it to: the family's own cadre, the village's, its units', the township's.

    With words, anybody in post who is found by them.
    """
    on, matter = hand.on, hand.matter
    paired = set(
        Pairing.objects.filter(in_force(on), household=matter.household_id).values_list("cadre", flat=True)
        if matter.household_id
        else ()
    )
    branch = set(
        RoleGrant.objects.filter(
            in_force(on), role=Role.VILLAGE_BRANCH, village=matter.village_id
        ).values_list("cadre", flat=True)
    )
    linked = VillageLink.objects.filter(in_force(on), village=matter.village_id).values("unit")
    township = matter.village.township_id
    there: Any = Cadre.objects.filter(in_post(on)).exclude(pk=matter.handler_id or 0)
    if fold(text):
        there = matching_cadres(there, text[:60].replace("\x00", ""))
    else:
        of_units = PostSpan.objects.filter(in_force(on)).filter(Q(unit__in=linked) | Q(unit=township))
        there = there.filter(Q(pk__in=paired | branch) | Q(pk__in=of_units.values("cadre")))
    rows = {cadre.pk: cadre for cadre in there.order_by("code")[: MOST_PEOPLE * 10]}
    spans = PostSpan.objects.filter(in_force(on), cadre__in=rows).select_related("unit")
    units = {span.cadre_id: span.unit for span in spans}

    def reason(pk: int) -> tuple[int, str]:
        if pk in paired:
            return 0, "结对干部"
        if pk in branch:
            return 1, "村党组织"
        unit = units.get(pk)
        return (3, "乡镇") if unit and unit.pk == township else (2, "")

    ordered = sorted(rows.values(), key=lambda cadre: (reason(cadre.pk)[0], cadre.code))
    return [
        Person(cadre.code, cadre.name, units[cadre.pk].name if cadre.pk in units else "", reason(cadre.pk)[1])
        for cadre in ordered[:MOST_PEOPLE]
    ]


def units_for(hand: Hand) -> tuple[Sequence[Unit], Sequence[Unit]]:
    """Those that look after the village, with its township; then all others."""
    linked = VillageLink.objects.filter(in_force(hand.on), village=hand.matter.village_id)
    near = {*linked.values_list("unit", flat=True), hand.matter.village.township_id}
    units = list(Unit.objects.order_by("name"))
    return [each for each in units if each.pk in near], [each for each in units if each.pk not in near]
