"""请假 (contract, section 2): asked for by the cadre or entered by the liaison, approved by the unit leader.

Approved it becomes a `Leave`; its days are not obliged (contract 6, rule 4).
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock, fields
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.sheets import Values
from registry.answering import cadres_under, units_under
from registry.models import Cadre, Leave, LeaveRequest, PostSpan, Role, RoleGrant
from registry.people import holding, in_service
from registry.querysets import in_force
from registry.scope import scope_of

Date = datetime.date

ENTERING = (Role.UNIT_LIAISON, Role.TOWNSHIP)
FOLLOWING = (*ENTERING, Role.UNIT_LEADER)
WITHDRAWN = "本人撤回"
LONGEST_DAYS = 366


class LeaveRequestForm(forms.Form):
    """`cadre` is a 工号: one's own, or one of those for whom the liaison enters."""

    cadre = fields.CodeField(label="谁请假")
    begins_on = fields.DateField(label="从哪天", help_text="当天算在内")
    ends_on = fields.DateField(label="到哪天", help_text="当天算在内")
    reason = fields.TextField(label="事由", max_length=500, help_text="例如：病假、产假、外出学习")

    def __init__(self, *args: Any, people: Sequence[Cadre], **options: Any) -> None:
        super().__init__(*args, **options)
        if len(people) == 1:
            self.fields["cadre"].widget = forms.HiddenInput()
            self.fields["cadre"].initial = people[0].code
        else:
            named = [(one.code, f"{one.name}（{one.code}）") for one in people]
            self.fields["cadre"].widget = forms.Select(choices=named)


class DecisionForm(forms.Form):
    """Approved alone or in bulk; a refusal says why."""

    APPROVE, REFUSE = "approve", "refuse"
    verdict = fields.ChoiceField(label="审批", choices=((APPROVE, "批准"), (REFUSE, "不批准")))
    reason = fields.TextField(
        label="不批准的原因", required=False, max_length=300, help_text="不批准时要写，申请人会看到"
    )

    def clean(self) -> dict[str, Any]:
        refused = self.cleaned_data.get("verdict") == self.REFUSE
        if refused and self.cleaned_data.get("reason") == "":
            self.add_error("reason", forms.ValidationError("不批准要写明原因", code="required"))
        return self.cleaned_data


def may_enter_for(user: Any) -> "QuerySet[Cadre]":
    """Oneself, and as liaison the cadres of the unit."""
    scope = scope_of(user)
    of_unit = cadres_under(user, ENTERING).values("pk")
    return Cadre.objects.filter(Q(pk=scope.cadre_id) | Q(pk__in=of_unit))


def decidable_by(user: Any) -> "QuerySet[LeaveRequest]":
    """Those that wait for this person. Nobody decides on their own.

    The unit leader; for a leader's own, and in a unit without a leader, the county office.
    """
    scope = scope_of(user)
    waiting = LeaveRequest.objects.filter(decided_at__isnull=True).exclude(cadre=scope.cadre_id)
    for_office = _for_the_office(scope.on)
    mine = Q(pk__in=())
    if scope.county:
        mine |= Q(for_office)
    led = Cadre.objects.in_units(units_under(user, (Role.UNIT_LEADER,)), scope.on).values("pk")
    mine |= Q(cadre__in=led) & ~Q(for_office)
    return waiting.filter(mine)


def _for_the_office(on: Date) -> Q:
    """For requests: whose cadre is a leader of their unit, or has none."""
    unit = PostSpan.objects.filter(in_force(on), cadre=OuterRef(OuterRef("cadre"))).values("unit")
    leaders = RoleGrant.objects.in_force(on).filter(
        role=Role.UNIT_LEADER, unit__in=unit, cadre__user__in=in_service(on).values("pk")
    )
    return Q(Exists(leaders.filter(cadre=OuterRef("cadre")))) | ~Q(Exists(leaders))


def state_of(request: LeaveRequest) -> str:
    """`waiting`, `approved`, `refused` or `withdrawn`."""
    if request.decided_at is None:
        return "waiting"
    if request.leave_id:
        return "approved"
    withdrawn = request.refuse_reason == WITHDRAWN and request.decided_by_id == request.asked_by_id
    return "withdrawn" if withdrawn else "refused"


@dataclass(frozen=True)
class LeaveFacts:
    """Days of the cadre that are taken, and by what."""

    taken: list[tuple[Date, Date | None, str]]

    @classmethod
    def load(cls, cadre: Cadre, row: Values, *, waiting: bool = True) -> "LeaveFacts":
        begin, end = row["begins_on"], row["ends_on"]
        meets = Q(begins_on__lte=end) & (Q(ends_on__isnull=True) | Q(ends_on__gte=begin))
        leaves = Leave.objects.filter(meets, cadre=cadre).values_list("begins_on", "ends_on")
        taken = [(*days, "已经批准的请假") for days in leaves]
        if waiting:
            asked = LeaveRequest.objects.filter(meets, cadre=cadre, decided_at__isnull=True)
            days_asked = asked.values_list("begins_on", "ends_on")
            taken += [(*days, "还在等待审批的申请") for days in days_asked]
        return cls(taken)


def days_make_a_leave(row: Values, facts: LeaveFacts) -> Iterator[Fault]:
    begin, end = row["begins_on"], row["ends_on"]
    if end < begin:
        yield Fault("ends_on", "end_before_begin", "结束日期早于开始日期")
    elif (end - begin).days >= LONGEST_DAYS:
        yield Fault("ends_on", "too_long", f"一次最多请 {LONGEST_DAYS} 天，请核对年份")


def days_are_free(row: Values, facts: LeaveFacts) -> Iterator[Fault]:
    for begin, end, what in facts.taken:
        days = f"{begin} 到 {end}" if end else f"{begin} 起"
        yield Fault("begins_on", "overlap", f"与{what}（{days}）日期重叠")


RULES = (days_make_a_leave, days_are_free)


@transaction.atomic
def ask_leave(cadre: Cadre, values: Values, *, by: User) -> LeaveRequest:
    """`values`: `begins_on`, `ends_on`, `reason`. The same asked twice is asked once. Who decides is told."""
    if not may_enter_for(by).filter(pk=cadre.pk).exists():
        raise PermissionDenied
    Cadre.objects.select_for_update(of=("self",), no_key=True).get(pk=cadre.pk)
    row = {name: values[name] for name in ("begins_on", "ends_on", "reason")}
    same = LeaveRequest.objects.filter(cadre=cadre, asked_by=by, decided_at__isnull=True, **row).first()
    if same:
        return same
    facts = LeaveFacts.load(cadre, row)
    raise_faults(fault for rule in RULES for fault in rule(row, facts))
    asked = LeaveRequest.objects.create(cadre=cadre, asked_by=by, asked_at=clock.now(), **row)
    _tell_who_decides(asked)
    return asked


@dataclass(frozen=True)
class Decision:
    """What was decided, and in words what was not and why."""

    done: list[LeaveRequest]
    left: list[str]


@transaction.atomic
def decide_leave(pks: Sequence[int], *, approve: bool, reason: str = "", by: User) -> Decision:
    """One or many. What somebody else decided meanwhile, or what overlaps, stays and is told.

    Each request's author and cadre are told.
    """
    asked = LeaveRequest.objects.filter(pk__in=pks)
    # Cadres first, as `ask_leave` does: two hands on one person's leave wait for each other.
    cadres = Cadre.objects.filter(pk__in=asked.values("cadre")).order_by("pk")
    list(cadres.select_for_update(of=("self",), no_key=True))
    rows = asked.select_for_update(of=("self",)).order_by("pk")
    found = list(rows.select_related("cadre__user", "asked_by", "decided_by"))
    mine = set(decidable_by(by).filter(pk__in=pks).values_list("pk", flat=True))
    decision = Decision([], [_what_happened(each) for each in found if each.decided_at])
    for request in found:
        if request.decided_at:
            continue
        if request.pk not in mine:
            raise PermissionDenied
        try:
            leave = _approved(request) if approve else None
        except ValidationError as error:
            decision.left.extend(error.messages)
            continue
        request.leave, request.refuse_reason = leave, "" if approve else reason
        request.decided_at, request.decided_by = clock.now(), by
        request.save(update_fields=["decided_at", "decided_by", "leave", "refuse_reason"])
        _tell_what_was_decided(request)
        decision.done.append(request)
    return decision


@transaction.atomic
def withdraw_leave(request: LeaveRequest, *, by: User) -> None:
    """By its author, before it is decided. It stays visible as withdrawn."""
    locked = LeaveRequest.objects.select_for_update(of=("self",)).select_related("cadre", "decided_by")
    request = locked.get(pk=request.pk)
    if request.asked_by_id != by.pk:
        raise PermissionDenied
    if request.decided_at:
        raise ValidationError(_what_happened(request), code="decided")
    request.decided_at, request.decided_by, request.refuse_reason = clock.now(), by, WITHDRAWN
    request.save(update_fields=["decided_at", "decided_by", "refuse_reason"])


def _what_happened(request: LeaveRequest) -> str:
    by = request.decided_by.name if request.decided_by else ""
    did = {"approved": "批准", "refused": "没有批准", "withdrawn": "撤回"}[state_of(request)]
    at = request.decided_at.astimezone(clock.SHANGHAI) if request.decided_at else clock.now()
    return f"{request.cadre.name} {request.begins_on} 起的请假已由{by}在 {at:%m-%d %H:%M} {did}"


def _approved(request: LeaveRequest) -> Leave:
    row = {"begins_on": request.begins_on, "ends_on": request.ends_on, "reason": request.reason}
    # Of two that wait and overlap the first approved stands.
    facts = LeaveFacts.load(request.cadre, row, waiting=False)
    for fault in days_are_free(row, facts):
        raise ValidationError(f"{request.cadre.name}：{fault.message}，不能批准", code=fault.code)
    try:
        with transaction.atomic():
            return Leave.objects.create(cadre=request.cadre, **row)
    except IntegrityError as error:
        if "leave_once" not in str(error):
            raise
        told = f"{request.cadre.name}从 {request.begins_on} 起的请假刚刚已经登记"
        raise ValidationError(told, code="overlap") from error


def _tell_who_decides(asked: LeaveRequest) -> None:
    day = asked.asked_at.date()
    for_office = LeaveRequest.objects.filter(_for_the_office(day), pk=asked.pk).exists()
    if for_office:
        people = holding(Role.COUNTY_OFFICE, day)
    else:
        unit = PostSpan.objects.filter(in_force(day), cadre=asked.cadre_id).values("unit")
        leaders = RoleGrant.objects.in_force(day).filter(role=Role.UNIT_LEADER, unit__in=unit)
        people = in_service(day).filter(cadre__in=leaders.values("cadre"))
    people = people.exclude(cadre=asked.cadre_id)
    notify(
        people,
        key=f"leave:{asked.pk}:asked",
        title="有一份请假申请等您审批",
        body=f"{asked.cadre.name}，{asked.begins_on} 到 {asked.ends_on}",
        url=reverse("leave"),
    )


def _tell_what_was_decided(request: LeaveRequest) -> None:
    word = "批准了" if request.leave_id else "没有批准"
    body = f"{request.cadre.name}，{request.begins_on} 到 {request.ends_on}"
    body += f"。原因：{request.refuse_reason}" if request.refuse_reason else ""
    key, url = f"leave:{request.pk}:decided", reverse("leave")
    notify([request.cadre.user], key=key, title=f"您的请假申请{word}", body=body, url=url)
    notify([request.asked_by], key=key, title=f"您录入的请假申请{word}", body=body, url=url)
