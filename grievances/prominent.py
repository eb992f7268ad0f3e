"""十大突出问题清单: a year's ten, picked by the office from the ledger, promised by a unit, followed to the end.

Contract, section 4. The office alone writes it. What the public reads of a problem is its title, promise and
progress: no name, phone or ID number of the registry may stand in them. Once it is public, unit and date stay as
they were promised.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from accounts.models import User
from accounts.notices import notify
from grievances import masking
from grievances.ledger import Asked
from grievances.models import OVER, Grievance, ProminentProblem
from lianhu.kit import clock, fields
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.errors import Fault, raise_faults
from registry.models import PostSpan, Role, RoleGrant, Unit
from registry.people import in_service
from registry.querysets import in_force
from registry.scope import scope_of

MOST = 10
_SAID = ("title", "promise", "progress")


class TrackForm(forms.Form):
    """What can still be written when the list is public."""

    title = fields.TextField(label="问题", max_length=200, help_text="公开的说法，不写姓名、电话和住址")
    promise = fields.TextField(label="承诺", max_length=500, lines=True, help_text="办成什么样，群众看得懂")
    progress = fields.TextField(label="进展", max_length=500, lines=True, required=False)
    done_on = fields.DateField(label="完成日期", required=False, help_text="诉求销号以后再填")


class ProminentForm(TrackForm):
    """`units`: those that may be named in charge."""

    unit = fields.ChoiceField(label="责任单位", choices=())
    due_on = fields.DateField(label="完成期限")
    field_order = ("title", "unit", "promise", "due_on", "progress", "done_on")

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "请选择"), *((each.code, each.name) for each in units)]
        self.fields["unit"] = fields.ChoiceField(label="责任单位", choices=choices)
        self.order_fields(self.field_order)


@dataclass(frozen=True)
class Line:
    """One problem as it is shown on a day: state in a word, for screen and paper alike."""

    problem: ProminentProblem
    state: str
    word: str

    @classmethod
    def of(cls, problem: ProminentProblem, on: datetime.date) -> "Line":
        if problem.done_on:
            return cls(problem, "met", "已完成")
        if problem.due_on < on:
            return cls(problem, "missed", f"超期 {(on - problem.due_on).days} 天")
        return cls(problem, "running", "办理中")


def keeps_list(user: Any) -> bool:
    return scope_of(user).county


def visible_to(user: Any) -> "QuerySet[ProminentProblem]":
    """The office sees all, everyone what is public; of what is not yet, the unit in charge its own."""
    rows = ProminentProblem.objects.select_related("unit", "grievance")
    scope = scope_of(user)
    if scope.county:
        return rows
    posts = PostSpan.objects.filter(in_force(scope.on), cadre__in=scope.cadre_ids)
    own = Q(unit__in=scope.unit_ids) | Q(unit__in=posts.values("unit"))
    return rows.filter(own | Q(pk__in=public().values("pk")))


def public() -> "QuerySet[ProminentProblem]":
    """What anybody may read: published, of a matter that is neither void nor withheld."""
    rows = ProminentProblem.objects.filter(
        published_at__isnull=False, grievance__voided_at__isnull=True, grievance__withheld_kind=""
    )
    return rows.select_related("unit")


def years_of(rows: "QuerySet[ProminentProblem]") -> list[int]:
    """The years that have a list, the newest first."""
    return list(rows.order_by("-year").values_list("year", flat=True).distinct())


def candidates(words: str, *, year: int, by: User) -> "QuerySet[Grievance]":
    """Matters that may be listed in the year, by number or words, the newest first."""
    listed = ProminentProblem.objects.filter(year=year).values("grievance")
    rows = Asked.of({"q": words}).apply(Grievance.objects.visible_to(by), clock.today())
    rows = rows.filter(voided_at__isnull=True, parent__isnull=True, withheld_kind="")
    rows = rows.exclude(pk__in=listed).select_related("category", "village__township")
    found: QuerySet[Grievance] = rows.order_by("-registered_on", "-pk")
    return found


# --- the office's acts -------------------------------------------------------------------------


def pick(number: str, values: dict[str, Any], *, year: int, by: User) -> ProminentProblem:
    """List a matter at the end of the year's list, and tell the unit in charge.

    Raise ValidationError by field: also when the list is full or the matter stands there already.
    """
    _require(by)
    with transaction.atomic():
        _lock(year)
        matter = Grievance.objects.visible_to(by).filter(number=number).first()
        there = ProminentProblem.objects.filter(year=year)
        last = there.aggregate(last=Max("position"))["last"] or 0
        raise_faults(_of_matter(matter, there, number=number))
        if last >= MOST:
            raise ValidationError(f"{year} 年的清单已经有 {MOST} 件，请先移出一件", code="full")
        assert matter is not None
        unit = Unit.objects.get(code=values["unit"])
        raise_faults([*_of_words(values), *_of_days(values, matter), *_due_is_ahead(values)])
        problem = ProminentProblem.objects.create(
            year=year,
            position=last + 1,
            grievance=matter,
            unit=unit,
            due_on=values["due_on"],
            added_by=by,
            added_at=clock.now(),
            **_tracked(values),
        )
        _tell_unit(problem)
    return problem


def edit(problem: ProminentProblem, values: dict[str, Any], *, by: User) -> None:
    """`values` of a ProminentForm, or of a TrackForm once it is public."""
    _require(by)
    with transaction.atomic():
        row = ProminentProblem.objects.select_for_update(of=("self",)).select_related("grievance")
        now = row.get(pk=problem.pk)
        raise_faults([*_of_words(values), *_of_days(values, now.grievance)])
        for name, value in _tracked(values).items():
            setattr(now, name, value)
        if now.published_at is None and "unit" in values:
            before = now.unit_id
            now.unit, now.due_on = Unit.objects.get(code=values["unit"]), values["due_on"]
            if now.unit_id != before:
                _tell_unit(now)
        now.save()


def move(problem: ProminentProblem, *, up: bool, by: User) -> None:
    """Change places with the neighbour; at the end of the list nothing happens."""
    _require(by)
    with transaction.atomic():
        _lock(problem.year)
        rows = list(ProminentProblem.objects.filter(year=problem.year).order_by("position"))
        place = next((index for index, row in enumerate(rows) if row.pk == problem.pk), None)
        other = None if place is None else place + (-1 if up else 1)
        if place is None or other is None or not 0 <= other < len(rows):
            return
        one, two = rows[place], rows[other]
        one.position, two.position = two.position, one.position
        ProminentProblem.objects.bulk_update([one, two], ["position"])


def take_off(problem: ProminentProblem, *, by: User) -> None:
    """Before it is public; what the public was promised stays. The others move up."""
    _require(by)
    with transaction.atomic():
        _lock(problem.year)
        row = ProminentProblem.objects.filter(pk=problem.pk).first()
        if row is None:
            return
        if row.published_at is not None:
            raise ValidationError("已经公布，不能移出；请写明进展", code="published")
        row.delete()
        rows = list(ProminentProblem.objects.filter(year=problem.year).order_by("position"))
        for place, each in enumerate(rows, 1):
            each.position = place
        ProminentProblem.objects.bulk_update(rows, ["position"])


def publish(year: int, *, by: User) -> int:
    """Make public what is not yet, of the year; return of how many. The words are scanned once more."""
    _require(by)
    with transaction.atomic():
        _lock(year)
        rows = ProminentProblem.objects.filter(year=year, published_at__isnull=True)
        waiting = list(rows.select_related("grievance").order_by("position"))
        raise_faults(fault for row in waiting for fault in publishable(row))
        for row in waiting:
            row.published_at = clock.now()
        ProminentProblem.objects.bulk_update(waiting, ["published_at"])
    return len(waiting)


def publishable(problem: ProminentProblem) -> Iterator[Fault]:
    """Why this one may not become public, as sentences about the whole list."""
    where, matter = f"第 {problem.position} 件", problem.grievance
    if matter.voided_at is not None:
        yield Fault("", "voided", f"{where}的诉求已作废，请移出")
    elif matter.withheld_kind:
        yield Fault("", "withheld", f"{where}的诉求不予公示（{matter.get_withheld_kind_display()}），请移出")
    for fault in _of_words({name: getattr(problem, name) for name in _SAID}):
        yield Fault("", fault.code, f"{where}：{fault.message}")


def _require(by: User) -> None:
    if not keeps_list(by):
        raise PermissionDenied


def _lock(year: int) -> None:
    """Two of the office at one list: the second waits."""
    lock_for_transaction(f"prominent:{year}")


def _tracked(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in (*_SAID, "done_on")}


def _of_matter(
    matter: Grievance | None, there: "QuerySet[ProminentProblem]", *, number: str
) -> Iterator[Fault]:
    if matter is None:
        yield Fault("number", "not_found", f"没有诉求 {number}，请核对")
    elif matter.voided_at is not None:
        yield Fault("number", "voided", "这件诉求已作废")
    elif matter.parent is not None:
        yield Fault("number", "merged", f"这件已并入 {matter.parent.number}，请选那一件")
    elif matter.withheld_kind:
        yield Fault("number", "withheld", f"这件不予公示（{matter.get_withheld_kind_display()}），不能列入")
    elif there.filter(grievance=matter).exists():
        yield Fault("number", "listed", "这件已经在清单里")


def _of_words(values: dict[str, Any]) -> Iterator[Fault]:
    for name in _SAID:
        for told in masking.found_in(values[name], harmless=[]):
            yield Fault(name, "sensitive", told)


def _of_days(values: dict[str, Any], matter: Grievance) -> Iterator[Fault]:
    """A problem is done when its matter is: the list says nothing that the ledger does not."""
    done_on = values["done_on"]
    if done_on and done_on > clock.today():
        yield Fault("done_on", "future", f"{done_on} 还没有到")
    elif done_on and done_on < matter.registered_on:
        yield Fault("done_on", "before_registering", f"不能早于挂号的 {matter.registered_on}")
    elif done_on and matter.state not in OVER:
        yield Fault("done_on", "still_open", "这件诉求还没有销号，办结以后再填完成日期")


def _due_is_ahead(values: dict[str, Any]) -> Iterator[Fault]:
    if values["due_on"] < clock.today():
        yield Fault("due_on", "past", f"期限 {values['due_on']} 已经过了")


def _tell_unit(problem: ProminentProblem) -> None:
    """Liaison and leader of the unit in charge, in their inbox."""
    on = clock.today()
    roles = (Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.TOWNSHIP)
    grants = RoleGrant.objects.filter(in_force(on), unit=problem.unit, role__in=roles)
    notify(
        in_service(on).filter(cadre__in=grants.values("cadre")),
        key=f"prominent:{problem.pk}:{problem.unit_id}",
        title=f"{problem.year} 年十大突出问题：有一件由您单位负责",
        body=f"{problem.title}，{problem.due_on} 前完成",
        url=f"/prominent/{problem.year}/",
    )
