"""指标: the rules for everybody to read, and the county office's way to change them (contract, section 6)."""

import datetime
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import AuditEntry
from lianhu.kit import clock, fields
from reports.models import Binds, Quota, SubjectKind
from reports.pages.overtaken import overtaken
from reports.quotas.editing import (
    Act,
    FiguresBusy,
    Gone,
    Wanted,
    acts_for,
    earliest,
    edit_rule,
    faults_of,
    groups_like,
    history,
    may_edit,
    most,
    takes_min_days,
    version_of,
)
from reports.quotas.metrics import METRICS
from reports.quotas.rules import BOUND
from reports.quotas.told import amount, how_counted, min_days
from reports.quotas.trial import preview

MOST_HISTORY = 50


@dataclass(frozen=True)
class Line:
    """A rule of today, with the one that follows it."""

    rule: Quota
    next: Quota | None

    @property
    def amount(self) -> str:
        return amount(self.rule)

    @property
    def next_amount(self) -> str:
        return amount(self.next) if self.next else ""

    @property
    def counted(self) -> str:
        return how_counted(self.rule)


@dataclass(frozen=True)
class Told:
    at: datetime.datetime
    who: str
    what: str
    why: str


@login_required
@require_safe
@never_cache
def quotas(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    rules = list(Quota.objects.order_by("pk"))
    context = {
        "groups": _groups(rules, today),
        "ended": [rule for rule in rules if rule.ends_on and rule.ends_on < today],
        "ended_for_good": {rule.pk for rule in rules if rule.ends_on and not _following(rule, rules)},
        "history": [_told(entry) for entry in history()[:MOST_HISTORY]],
        "may_edit": may_edit(request.user),
    }
    return render(request, "quotas/list.html", context)


def _groups(rules: Sequence[Quota], today: datetime.date) -> list[tuple[str, list[Line]]]:
    """By kind of subject; the groups of one code together."""
    found: dict[str, list[Line]] = defaultdict(list)
    for rule in sorted(rules, key=_place(rules)):
        if rule.ends_on is None or rule.ends_on >= today:
            following = _following(rule, rules)
            if rule.begins_on is None or rule.begins_on <= today or not _before(rule, rules, today):
                found[BOUND[rule.binds].kind].append(Line(rule, following))
    return [(kind.label, found[kind]) for kind in SubjectKind if kind in found]


def _place(rules: Sequence[Quota]) -> Any:
    """Where its code first stands, so that a rule that was changed stays where it was."""
    first: dict[str, int] = {}
    for rule in rules:
        first.setdefault(rule.code, rule.pk)
    order = list(Binds)
    return lambda rule: (first[rule.code], order.index(rule.binds), rule.begins_on or datetime.date.min)


def _same(rule: Quota, rules: Sequence[Quota]) -> list[Quota]:
    return [
        one
        for one in rules
        if (one.code, one.binds, one.period) == (rule.code, rule.binds, rule.period) and one.pk != rule.pk
    ]


def _following(rule: Quota, rules: Sequence[Quota]) -> Quota | None:
    later = [
        one for one in _same(rule, rules) if one.begins_on and rule.ends_on and one.begins_on > rule.ends_on
    ]
    return min(later, key=lambda one: one.begins_on or datetime.date.min, default=None)


def _before(rule: Quota, rules: Sequence[Quota], today: datetime.date) -> bool:
    """Whether another one of the same group holds today: then this one is told beside it."""
    return any(
        (one.begins_on is None or one.begins_on <= today) and (one.ends_on is None or one.ends_on >= today)
        for one in _same(rule, rules)
    )


def _told(entry: AuditEntry) -> Told:
    detail = json.loads(entry.detail)
    return Told(
        entry.at, entry.actor.name if entry.actor else "系统", detail.get("act", ""), detail["reason"]
    )


# --- changing one ------------------------------------------------------------------------------


class RuleForm(forms.Form):
    """What is asked depends on what is to be done; rules of the whole are `quotas.editing.faults_of`."""

    binds = fields.ChoiceField(label="也考哪一组", choices=())
    target = fields.WholeNumberField(label="目标", smallest=1, largest=999)
    min_days = fields.WholeNumberField(label="每次下乡至少几天", smallest=1, largest=31)
    begins_on = fields.DateField(label="从哪天起")
    reason = fields.TextField(
        label="原因", max_length=300, help_text="写明依据，例如文件名和文号；所有人都能看到"
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, rule: Quota, act: Act, now: datetime.datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rule, self.act = rule, act
        if act == Act.ADD:
            choices = [
                ("", "请选择"),
                *((one, Binds(one).label) for one in groups_like(rule) if one != rule.binds),
            ]
            self.fields["binds"] = fields.ChoiceField(label="也考哪一组", choices=choices)
        else:
            del self.fields["binds"]
        if act == Act.UNDO:
            self.fields["begins_on"].widget = forms.HiddenInput()
        if act in (Act.END, Act.UNDO):
            del self.fields["target"]
        else:
            what = "%" if METRICS[rule.metric].shares else f"{rule.measure}，{rule.get_period_display()}"
            self.fields["target"] = fields.WholeNumberField(
                label=f"目标（{what}）", smallest=1, largest=most(rule)
            )
        if act in (Act.END, Act.UNDO) or not takes_min_days(rule):
            del self.fields["min_days"]
        word = {"month": "月", "quarter": "季度", "year": "年"}[rule.period]
        self.fields[
            "begins_on"
        ].help_text = (
            f"最早 {earliest(rule.period, now)}。整个{word}按{word}末那天有效的规则算；已经定格的不变"
        )
        self.initial = {
            "target": int(rule.target),
            "min_days": min_days(rule),
            "seen": version_of(rule),
            **({"begins_on": rule.begins_on} if act == Act.UNDO else {}),
            **self.initial,
        }
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("aria-describedby", f"id_{name}_error id_{name}_helptext")

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if len(reason) < 2:
            raise ValidationError("请写明原因，至少 2 个字", code="reason")
        return reason

    @property
    def wanted(self) -> Wanted:
        said = self.cleaned_data
        return Wanted(
            self.act, said["begins_on"], said.get("target"), said.get("min_days"), said.get("binds", "")
        )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def quota_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked, told whom it affects, and only then done."""
    user: Any = request.user
    if not may_edit(user):
        raise Http404
    rule, now = Quota.objects.filter(pk=pk).first(), clock.now()
    if rule is None:
        messages.warning(request, "这条规则已经撤回，没有可改的了；谁撤回的、为什么，写在下面的记录里")
        return redirect("quotas")
    acts = acts_for(rule, now)
    act = Act(request.GET["act"]) if request.GET.get("act") in acts else _usual(rule, acts, now)
    form = RuleForm(request.POST or None, rule=rule, act=act, now=now)
    page = _Page(request, rule, act, form)
    if request.method != "POST" or "back" in request.POST:
        return page.form_page(200)
    # The service asks again, and first whether somebody was faster.
    if form.is_valid() and "confirm" not in request.POST:
        _add(form, faults_of(rule, form.wanted, now=now))
    if form.errors:
        return page.form_page(422)
    if "confirm" not in request.POST:
        return page.confirm_page()
    said = form.cleaned_data
    try:
        edit_rule(rule, form.wanted, seen=said["seen"], reason=said["reason"], by=user)
    except Gone as gone:
        return overtaken(request, form, told=str(gone), back=reverse("quotas"))
    except FiguresBusy as busy:
        return page.confirm_page(409, busy=str(busy))
    except ValidationError as error:
        for name, told in error.message_dict.items():
            form.add_error(name if name in form.fields else None, told)
        return page.form_page(422)
    messages.success(request, "已保存，各处的数一两分钟内按新的规则重算")
    return redirect("quotas")


def _usual(rule: Quota, acts: Sequence[Act], now: datetime.datetime) -> Act:
    """What one most likely came for."""
    over = rule.ends_on is not None and rule.ends_on < now.astimezone(clock.SHANGHAI).date()
    return Act.RESUME if over and Act.RESUME in acts else Act.CHANGE


def _add(form: RuleForm, faults: Sequence[Any]) -> None:
    for fault in faults:
        where = fault.field if fault.field in form.fields else None
        form.add_error(where, ValidationError(fault.message, code=fault.code))


@dataclass(frozen=True)
class _Page:
    request: HttpRequest
    rule: Quota
    act: Act
    form: RuleForm

    def form_page(self, status: int) -> HttpResponse:
        """What stands now is shown, so what is sent next is about that."""
        if self.form.is_bound:
            data = self.request.POST.copy()
            data["seen"] = version_of(self.rule)
            self.form.data = data
        return self._render("quotas/change.html", status)

    def confirm_page(self, status: int = 200, *, busy: str = "") -> HttpResponse:
        told = preview(self.rule, self.form.wanted, today=clock.today())
        said = self.form.cleaned_data
        binds = Binds(said["binds"]).label if self.act == Act.ADD else self.rule.get_binds_display()
        return self._render(
            "quotas/confirm.html",
            status,
            told=told,
            said=said,
            binds=binds,
            busy=busy,
            kind=BOUND[self.rule.binds].kind,
        )

    def _render(self, template: str, status: int, **context: Any) -> HttpResponse:
        same = Quota.objects.filter(code=self.rule.code, binds=self.rule.binds, period=self.rule.period)
        context |= {
            "rule": self.rule,
            "act": self.act,
            "acts": Act,
            "offered": acts_for(self.rule, clock.now()),
            "form": self.form,
            "amount": amount(self.rule),
            "counted": how_counted(self.rule),
            "shares": METRICS[self.rule.metric].shares,
            "versions": [(one, amount(one)) for one in same.order_by(F("begins_on").asc(nulls_first=True))],
            "history": [_told(entry) for entry in history([self.rule.code])[:MOST_HISTORY]],
        }
        return render(self.request, template, context, status=status)
