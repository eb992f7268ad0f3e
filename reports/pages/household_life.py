"""户变动: asked, told what it does to pairing, coverage and open matters, and only then done (contract, section 2)."""

import datetime
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from grievances.erasure import open_matters
from grievances.models import Grievance
from lianhu.kit import clock
from lianhu.kit.sheets import Values
from registry import household_life as life
from registry.household_life_forms import (
    AWAY,
    ENDS,
    CloseForm,
    HeadForm,
    MergeForm,
    MoveInForm,
    MoveOutForm,
    ReopenForm,
    SplitForm,
)
from registry.household_life_rules import WHOLE
from registry.models import Household, HouseholdChangeKind, Pairing, Village
from reports.pages.household import visible_household
from visits.models import Visit

Kind = HouseholdChangeKind


@dataclass(frozen=True)
class Act:
    """One kind of change: its form, its service, who may, and what is said once it is done."""

    kind: Kind
    write: Callable[..., Household]
    form: Callable[..., forms.Form]
    done: str
    may: Callable[..., bool] = life.may_keep


def _plain(form: type[forms.Form]) -> Callable[..., forms.Form]:
    def make(*args: Any, home: Household, **options: Any) -> forms.Form:
        return form(*args, **options)

    return make


ACTS = {
    act.kind: act
    for act in (
        Act(Kind.SPLIT, life.split, SplitForm, "已分户，这是新户"),
        Act(Kind.MERGE, life.merge, _plain(MergeForm), "已并入这一户"),
        Act(Kind.MOVE_OUT, life.move_out, MoveOutForm, "已登记迁出"),
        Act(Kind.CLOSE, life.close, _plain(CloseForm), "已销户"),
        Act(Kind.REOPEN, life.reopen, _plain(ReopenForm), "已恢复"),
        Act(Kind.CHANGE_HEAD, life.change_head, _plain(HeadForm), "已更换户主", life.may_change_head),
    )
}


@dataclass
class Effects:
    """What it will do, as the confirmation page tells it.

    `token` names what was told: another state of things is told again before anything is done.
    """

    ends_pairing: bool = False
    closes: bool = False
    holder: Pairing | None = None
    refused: str = ""
    matters: list[Grievance] = field(default_factory=list)
    visited_later: datetime.date | None = None
    into: Household | None = None
    village: Village | None = None
    twins: list[Household] = field(default_factory=list)

    @property
    def token(self) -> str:
        told = (
            self.holder and self.holder.pk,
            self.refused,
            [matter.number for matter in self.matters],
            self.visited_later,
            self.into and self.into.people_count,
            [twin.pk for twin in self.twins],
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


@sensitive_post_parameters("phone", "id_number")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest, code: str, kind: Kind) -> HttpResponse:
    home, act, today = visible_household(request, code), ACTS[kind], clock.today()
    if not act.may(request.user, home, on=today):
        raise Http404
    initial = {"on": today, "into": request.GET.get("into", "")[:50]}
    form = act.form(request.POST or None, initial=initial, home=home)
    page = _Page(request, act, form, home)
    # One that is closed has one way, back; one that is open has all others.
    if request.method != "POST" and bool(home.closed_on) != (kind == Kind.REOPEN):
        return page.refused()
    return page.answer(today)


@sensitive_post_parameters("phone", "id_number")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def move_in(request: HttpRequest) -> HttpResponse:
    """迁入: a new household from a page, by the form of sheet 户."""
    today = clock.today()
    villages = list(life.kept_villages(request.user, on=today).select_related("township").order_by("code"))
    if not villages:
        raise Http404
    asked = request.GET.get("village", villages[0].code if len(villages) == 1 else "")[:12]
    form = MoveInForm(request.POST or None, initial={"on": today, "village": asked}, villages=villages)

    def write(home: None, row: Values, **who: Any) -> Household:
        return life.move_in(row, **who)

    act = Act(Kind.MOVE_IN, write, MoveInForm, "已登记迁入，这是新户")
    return _Page(request, act, form, None).answer(today)


@dataclass
class _Page:
    """The form, the page that tells and asks, and the doing."""

    request: HttpRequest
    act: Act
    form: forms.Form
    home: Household | None

    def answer(self, today: datetime.date) -> HttpResponse:
        if self.request.method != "POST":
            return self._form_page(200)
        if "back" in self.request.POST:
            return self._form_page(200)
        if not self.form.is_valid() or self._faulty(today):
            return self._form_page(422)
        effects = effects_of(self.act.kind, self.home, self.form.cleaned_data)
        told = self.request.POST.get("told", "")
        if told != effects.token:
            return self._confirm_page(effects, told_other=bool(told))
        by = cast(User, self.request.user)
        try:
            after = self.act.write(self.home, self.form.cleaned_data, today=today, by=by)
        except ValidationError as error:
            self._add(error)
            return self._form_page(422)
        messages.success(self.request, self.act.done)
        seen = Household.objects.visible_to(by).filter(pk=after.pk).exists()
        return redirect("household", after.code) if seen else redirect("households")

    def refused(self) -> HttpResponse:
        """What can't be begun, said before anything is typed."""
        return self._render("household/refused.html", 200)

    def _faulty(self, today: datetime.date) -> bool:
        found = life.faults(
            self.act.kind, self.home, self.form.cleaned_data, today=today, by=self.request.user
        )
        for fault in found:
            where = None if fault.field == WHOLE else fault.field
            self.form.add_error(where, ValidationError(fault.message, code=fault.code))
        return bool(found)

    def _add(self, error: ValidationError) -> None:
        for name, messages_ in error.message_dict.items():
            self.form.add_error(name if name in self.form.fields else None, messages_)

    def _form_page(self, status: int) -> HttpResponse:
        return self._render("household/form.html", status, part=f"household/_{self.act.kind}_form.html")

    def _confirm_page(self, effects: Effects, *, told_other: bool) -> HttpResponse:
        return self._render(
            "household/confirm.html",
            200,
            effects=effects,
            row=self.form.cleaned_data,
            told_other=told_other,
            draft=self.request.POST.get("draft", "")[:64],
            part=f"household/_{self.act.kind}.html",
            visible_twins=self._visible(effects.twins),
        )

    def _visible(self, homes: list[Household]) -> set[int]:
        pks = [home.pk for home in homes]
        return set(
            Household.objects.visible_to(self.request.user).filter(pk__in=pks).values_list("pk", flat=True)
        )

    def _render(self, template: str, status: int, **context: Any) -> HttpResponse:
        label = self.act.kind.label
        context |= {"home": self.home, "form": self.form, "act": self.act.kind, "label": label}
        return render(self.request, template, context, status=status)


def effects_of(kind: Kind, home: Household | None, row: Values) -> Effects:
    if home is None:
        return Effects(twins=life.same_person(row))
    closes = kind in (Kind.MERGE, Kind.CLOSE) or row.get("where") == AWAY
    ends = closes or row.get("pairing") == ENDS
    told = Effects(closes=closes, ends_pairing=ends, holder=life.holder_on(home, row["on"]))
    if kind == Kind.SPLIT:
        told.refused = life.why_not_held(row, home, on=row["on"])
        told.twins = [twin for twin in life.same_person(row) if twin.pk != home.pk]
    if kind == Kind.MERGE:
        told.into = Household.objects.select_related("village").get(code=row["into"])
    if kind == Kind.MOVE_OUT and not closes:
        told.village = Village.objects.select_related("township").get(code=row["village"])
    if kind != Kind.CHANGE_HEAD:
        told.matters = list(open_matters(home).select_related("handler"))
    if closes:
        later = Visit.objects.filter(household=home, voided_at__isnull=True, day__gt=row["on"])
        told.visited_later = later.order_by("-day").values_list("day", flat=True).first()
    return told
