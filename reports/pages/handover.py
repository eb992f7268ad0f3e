"""接替: what was handed over and its filing (备案), and the way to hand over (方案五(一))."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grievances.handover import (
    ONE_DAY,
    file_handovers,
    hand_over,
    handovers_seen_by,
    held_by,
    open_matters_of,
    planned,
)
from grievances.models import Grievance, GrievanceAction, GrievanceEvent
from lianhu.kit import clock, fields
from registry.answering import cadres_under
from registry.covers import colleagues_of
from registry.models import Cadre, Handover, Household, Pairing, Role
from registry.scope import scope_of
from reports.pages.cadre_choice import choice, chosen_cadre, require_a_unit

PAGE = 30
# The word in the address, and what it shows.
STATES = {"": "全部", "waiting": "待备案", "filed": "已备案"}


@login_required
@require_safe
@never_cache
def handover(request: HttpRequest) -> HttpResponse:
    """`?cadre=工号` begins one for that cadre."""
    require_a_unit(request)
    cadre, user = chosen_cadre(request), _user(request)
    if cadre is not None:
        return redirect(f"{reverse('handover_new')}?{urlencode({'cadre': cadre.code})}")
    seen = handovers_seen_by(user)
    state = request.GET.get("state", "")
    context = {
        "page": Paginator(found_for(user, state), PAGE).get_page(request.GET.get("page")),
        "waiting": seen.filter(filed_at__isnull=True).count(),
        "states": STATES.items(),
        "state": state if state in STATES else "",
        "office": scope_of(user).county,
    }
    return render(request, "handover/list.html", context)


def found_for(user: Any, state: str) -> QuerySet[Any]:
    """Those not filed first; page and export ask the same."""
    found: QuerySet[Any] = handovers_seen_by(user)
    if state in ("waiting", "filed"):
        found = found.filter(filed_at__isnull=state == "waiting")
    found = found.select_related("cadre", "successor", "recorded_by", "filed_by")
    rows: QuerySet[Any] = found.annotate(homes=Count("pairings"))
    return rows.order_by(F("filed_at").desc(nulls_first=True), "-pk")


@login_required
@require_safe
@never_cache
def handover_one(request: HttpRequest, pk: int) -> HttpResponse:
    require_a_unit(request)
    user = _user(request)
    found = handovers_seen_by(user).select_related("cadre", "successor", "recorded_by", "filed_by")
    one = get_object_or_404(found, pk=pk)
    homes = Household.objects.visible_to(user).filter(pairings__handover=one).select_related("village")
    moved = GrievanceEvent.objects.filter(
        action=GrievanceAction.HAND_OVER, recorded_at=one.recorded_at, by=one.recorded_by
    )
    context = {
        "one": one,
        "count": Pairing.objects.filter(handover=one).count(),
        "homes": homes.order_by("code"),
        "moved": moved.select_related("grievance").order_by("grievance__number"),
        "office": scope_of(user).county,
        "may_print": cadres_under(user, (Role.UNIT_LIAISON,)).filter(pk=one.successor_id).exists(),
    }
    return render(request, "handover/one.html", context)


@login_required
@require_POST
def handover_file(request: HttpRequest, pk: int) -> HttpResponse:
    _require_office(request)
    one = get_object_or_404(Handover, pk=pk)
    _file(request, [one.pk])
    return redirect("handover_one", pk)


@login_required
@require_POST
def handover_file_many(request: HttpRequest) -> HttpResponse:
    _require_office(request)
    named = [value for value in request.POST.getlist("row") if value.isascii() and value.isdecimal()]
    _file(request, [int(value) for value in named if int(value) < 2**63])
    return redirect("handover")


def _require_office(request: HttpRequest) -> None:
    if not scope_of(request.user).county:
        raise Http404


def _file(request: HttpRequest, pks: list[int]) -> None:
    filed = file_handovers(pks, by=_user(request))
    if filed:
        messages.success(request, f"已备案 {filed} 次接替")
    else:
        messages.warning(request, "这些接替刚刚已经备案" if pks else "没有勾选，什么都没有备案")


class CodesField(fields.CodeListField):
    widget = forms.MultipleHiddenInput


class HandoverForm(forms.Form):
    """Which of the cadre's households, to whom, from when and why."""

    everything = fields.FlagField(label="全部", required=False)
    households = CodesField(required=False)
    successor = fields.CodeField(label="接替干部")
    on = fields.DateField(label="从哪天起", help_text="接替干部从这天起结对，原来的结对到前一天为止")
    reason = fields.TextField(
        label="原因", max_length=300, help_text="例如：工作调动、退休、长期病假。请不要写群众的姓名。"
    )

    def __init__(self, *args: Any, offer: "Offer", **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer = offer
        named = [("", "请选择"), *((one.code, f"{one.name}（{one.code}）") for one in offer.successors)]
        if offer.any_unit:
            self.fields["successor"].help_text = "填工号；本单位的可以从列表里选"
            self.fields["successor"].widget.attrs |= {"list": "successors", "autocomplete": "off"}
        else:
            self.fields["successor"].widget = forms.Select(choices=named)

    def clean(self) -> dict[str, Any]:
        asked = self.cleaned_data
        if self.offer.rows and not asked.get("everything") and not asked.get("households"):
            self.add_error(
                "households", forms.ValidationError("请勾选要接替的户，或者勾“全部”", code="required")
            )
        if asked.get("successor"):
            asked["successor"] = Cadre.objects.filter(code=asked["successor"]).first()
            if asked["successor"] is None:
                self.add_error("successor", forms.ValidationError("没有这个工号的干部", code="unknown"))
        return asked

    def chosen(self) -> set[str]:
        if self.cleaned_data["everything"]:
            return {row.pairing.household.code for row in self.offer.rows}
        return set(self.cleaned_data["households"])


@dataclass(frozen=True)
class OfferRow:
    pairing: Pairing
    matters: int


@dataclass(frozen=True)
class OtherMatter:
    """Of a whole village, or of a family held by somebody else: its title only for whoever sees the family."""

    matter: Grievance
    readable: bool


@dataclass(frozen=True)
class Offer:
    """What of this cadre's the person may hand over today."""

    cadre: Cadre
    any_unit: bool
    rows: list[OfferRow]
    others: list[OtherMatter]
    successors: list[Cadre]

    @classmethod
    def of(cls, cadre: Cadre, user: Any) -> "Offer":
        today = clock.today()
        visible = Household.objects.visible_to(user)
        held = held_by(cadre, on=today).filter(household__in=visible.values("pk"))
        pairings = list(held.select_related("household__village").order_by("household__code", "begins_on"))
        homes = {pairing.household_id for pairing in pairings}
        open_matters = list(open_matters_of(cadre).select_related("village").order_by("number"))
        count = Counter(matter.household_id for matter in open_matters)
        rest = [matter for matter in open_matters if matter.household_id not in homes]
        asked = {matter.household_id for matter in rest if matter.household_id}
        readable = set(visible.filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
        return cls(
            cadre,
            scope_of(user).county,
            rows=[OfferRow(pairing, count[pairing.household_id]) for pairing in pairings],
            others=[
                OtherMatter(one, one.household_id is None or one.household_id in readable) for one in rest
            ],
            successors=list(colleagues_of(cadre, on=today)),
        )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def handover_new(request: HttpRequest) -> HttpResponse:
    """Whose; which and to whom; in words what will happen; done. What was typed goes along all the way."""
    require_a_unit(request)
    cadre = chosen_cadre(request)
    if cadre is None:
        return render(request, "handover/choose.html", choice(request, clock.today()))
    offer = Offer.of(cadre, request.user)
    posted = request.method == "POST"
    form = HandoverForm(request.POST if posted else None, offer=offer, initial={"on": clock.today()})
    if posted and form.is_valid() and request.POST.get("step") != "edit":
        try:
            return _go_on(request, form)
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        "offer": offer,
        "form": form,
        "ticked": set(form["households"].value() or ()) if posted else (),
    }
    return render(request, "handover/new.html", context, status=422 if form.errors else 200)


def _go_on(request: HttpRequest, form: HandoverForm) -> HttpResponse:
    """Once everything is handed over, what else the cadre handles is offered too."""
    user = _user(request)
    offer, asked, done = form.offer, form.cleaned_data, request.POST.get("step") == "do"
    chosen = form.chosen()
    homes = list(Household.objects.visible_to(user).filter(code__in=chosen))
    others = offer.others if chosen >= {row.pairing.household.code for row in offer.rows} else []
    if done:
        named = set(request.POST.getlist("matters"))
        others = [one for one in others if one.matter.number in named]
    what = {"on": asked["on"], "by": user, "matters": [one.matter for one in others]}
    if done:
        made = hand_over(offer.cadre, asked["successor"], homes, reason=asked["reason"], **what)
        messages.success(request, f"已办好接替，{made.cadre.name}和{made.successor.name}都会收到消息")
        return redirect("handover_one", made.pk)
    plan = planned(offer.cadre, asked["successor"], homes, **what)
    of_others = {one.matter.pk for one in others}
    context = {
        "offer": offer,
        "form": form,
        "plan": plan,
        "with_homes": [matter for matter in plan.matters if matter.pk not in of_others],
        "others": others,
        "asked": asked,
        "last_day": asked["on"] - ONE_DAY,
        "today": clock.today(),
    }
    return render(request, "handover/confirm.html", context)


def _user(request: HttpRequest) -> Any:
    return request.user
