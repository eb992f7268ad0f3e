"""全覆盖: pairing a village's households by group, and ending a pairing whose holder has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from lianhu.kit import clock, fields
from registry.coverage import households_without_cadre
from registry.forms import PairingForm
from registry.models import Cadre, Pairing, Village
from registry.pairing import (
    PairingRefused,
    end_pairings,
    endable_pairings,
    may_pair,
    pair_households,
    pairable_households,
    pairing_faults,
)
from reports.pages.coverage import Home, Refused, candidates, homes_of, require_area, tell_paired
from visits.models import Visit

MOST = 300


class BulkForm(PairingForm):
    """One cadre and first day for many households."""

    household = None  # type: ignore[assignment]
    ends_on = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cadre"].widget.attrs |= {"list": "cadres", "autocomplete": "off"}
        self.fields["cadre"].help_text = "填干部的工号，或从列表里选"


class EndForm(forms.Form):
    ends_on = fields.DateField(label="结对的最后一天", help_text="当天算在内")


@dataclass(frozen=True)
class Group:
    """村民小组, with those of its households that nobody holds."""

    name: str
    homes: list[Home]
    chosen: frozenset[str]

    @property
    def whole(self) -> bool:
        return all(home.household.code in self.chosen for home in self.homes)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def coverage_village(request: HttpRequest, code: str) -> HttpResponse:
    """Choose, look at it once more, confirm: all of them or none."""
    on = clock.today()
    if not may_pair(request.user):
        raise Http404
    area = require_area(request, on, village=code)
    mine = pairable_households(request.user, on)
    bare = households_without_cadre(area, on).filter(pk__in=mine.values("pk"))
    homes = homes_of(request.user, list(bare[:MOST]), on)
    village = area.villages.select_related("township").get()
    if not homes and not mine.filter(village=village).exists():
        raise Http404
    posted = request.method == "POST"
    form = BulkForm(request.POST if posted else None, initial={"begins_on": on})
    chosen = _chosen(request, homes)
    wrong, checked = False, False
    if posted and form.is_valid() and chosen:
        rows = [form.cleaned_data | {"household": home.household.code} for home in chosen]
        checked = not _show(pairing_faults(rows, by=cast(User, request.user), on=on), rows, chosen)
        if checked and "confirmed" in request.POST:
            answer = _pair(request, rows, chosen, village)
            if answer:
                return answer
            checked = False
    wrong = posted and not checked
    names = frozenset(home.household.code for home in chosen)
    context = {
        "village": village,
        "form": form,
        "groups": _groups(homes, names),
        "chosen": chosen,
        "count": len(homes),
        "offered": candidates(request.user, [village.pk], on),
        "confirming": checked,
        "cadre": Cadre.objects.get(code=form.cleaned_data["cadre"]) if checked else None,
        "none_chosen": posted and not chosen,
        "refused": [home for home in homes if home.refused],
        "back": urlencode({"list": "households", "place": f"village:{village.code}"}),
    }
    return render(request, "coverage/village.html", context, status=422 if wrong else 200)


def _chosen(request: HttpRequest, homes: Sequence[Home]) -> list[Home]:
    """Ticked one by one, or by their group: without JavaScript too the group's box means all of it."""
    one_by_one, groups = set(request.POST.getlist("household")), set(request.POST.getlist("group"))
    return [
        home for home in homes if home.household.code in one_by_one or f"={home.household.group}" in groups
    ]


def _groups(homes: Sequence[Home], chosen: frozenset[str]) -> list[Group]:
    by_name: dict[str, list[Home]] = {}
    for home in homes:
        by_name.setdefault(home.household.group, []).append(home)
    names = sorted(by_name, key=lambda name: (len(name), name.translate(_NUMERALS)))
    return [Group(name, by_name[name], chosen) for name in names]


# 一组, 二组 … 十一组: by code point 三 would come before 二.
_NUMERALS = str.maketrans("一二三四五六七八九十", "0123456789")


def _show(faults: dict[int, Any], rows: Sequence[dict[str, Any]], homes: Sequence[Home]) -> bool:
    """Put each fault beside its household; whether there was any."""
    told = {number: found for number, found in faults.items() if found}
    for number, found in told.items():
        homes[number - 1].refused = Refused(rows[number - 1], [fault.message for fault in found])
    return bool(told)


def _pair(
    request: HttpRequest, rows: Sequence[dict[str, Any]], homes: Sequence[Home], village: Village
) -> HttpResponse | None:
    try:
        made = pair_households(rows, by=cast(User, request.user), on=clock.today())
    except PairingRefused as error:
        _show(error.faults, rows, homes)
        return None
    tell_paired(request, made)
    query = urlencode({"list": "households", "place": f"village:{village.code}"})
    return redirect(f"{reverse('coverage')}?{query}")


def _visits_left_out(pairing: Pairing, form: EndForm) -> bool:
    """Visits of the holder after that day would no longer count: they are looked at first."""
    left_out = Visit.objects.filter(
        cadre=pairing.cadre_id,
        household=pairing.household_id,
        day__gt=form.cleaned_data["ends_on"],
        voided_at=None,
        proxy_reason="",
    ).count()
    if left_out:
        form.add_error("ends_on", f"这一天以后还有 {left_out} 次走访，结束日期不能早于最后一次走访")
    return bool(left_out)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def coverage_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Says first what it means: from the day after, nobody holds the household."""
    on = clock.today()
    if not may_pair(request.user):
        raise Http404
    mine = endable_pairings(request.user).select_related("cadre", "household__village")
    pairing: Pairing | None = mine.filter(pk=pk).first()
    if pairing is None:
        raise Http404
    initial = {"ends_on": max(pairing.begins_on, on - on.resolution)}
    form = EndForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and not _visits_left_out(pairing, form):
        try:
            end_pairings([pk], ends_on=form.cleaned_data["ends_on"], by=cast(User, request.user), on=on)
        except PairingRefused as error:
            for fault in error.faults[1]:
                form.add_error("ends_on", fault.message)
        else:
            messages.success(
                request, f"{pairing.household.code} 的结对到 {form.cleaned_data['ends_on']} 为止"
            )
            return redirect(f"{reverse('coverage')}?list=left")
    context = {"pairing": pairing, "form": form}
    return render(request, "coverage/end.html", context, status=422 if request.method == "POST" else 200)
