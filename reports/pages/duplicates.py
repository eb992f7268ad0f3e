"""疑似重复户: two households side by side, and the office's verdict on them (contract, section 2).

The list shows no number. A pair's own page shows them masked, and each opening is logged like a household's.
"""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import AuditKind, User
from lianhu.kit import clock
from lianhu.kit.fields import TextField
from registry.contact import Contact, contact_of
from registry.duplicates import BESIDE, Unsettled, in_order, settle, settled
from registry.models import DuplicateVerdict, Household, Pairing
from registry.scope import scope_of

PAGE = 20
DIFFERENT, SAME = "different", "same"


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(
        label="认定",
        choices=[(DIFFERENT, "是两户，不是重复"), (SAME, "是同一户")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选是两户还是同一户", "invalid_choice": "请选是两户还是同一户"},
    )
    note = TextField(
        label="说明",
        required=False,
        max_length=300,
        help_text="可以不填。例如怎样核实的；请不要写姓名、电话等个人信息。",
    )


@login_required
@require_safe
@never_cache
def duplicates(request: HttpRequest) -> HttpResponse:
    if not scope_of(request.user).county:
        raise Http404
    page = Paginator(Unsettled(clock.today()), PAGE).get_page(request.GET.get("page"))
    done: Page[DuplicateVerdict] = Paginator(settled(), PAGE).get_page(request.GET.get("settled"))
    context = {"page": page, "pairs": list(page.object_list), "done": done, "beside": BESIDE}
    return render(request, "duplicates/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def duplicate(request: HttpRequest, first: str, second: str) -> HttpResponse:
    """The two, and the form. 是同一户 leads on to 并户; nothing is merged here."""
    with transaction.atomic():
        pair = _pair(request, first, second)
        verdict = (
            DuplicateVerdict.objects.select_related("settled_by")
            .filter(first=pair[0], second=pair[1])
            .first()
        )
        form = VerdictForm(request.POST if request.method == "POST" else None, initial=_initial(verdict))
        if request.method == "POST" and form.is_valid():
            same = form.cleaned_data["verdict"] == SAME
            by = cast(User, request.user)
            settle(*pair, same=same, note=form.cleaned_data["note"], by=by)
            messages.success(
                request, f"{pair[0].code} 与 {pair[1].code} 已认定为{'同一户' if same else '两户'}"
            )
            return redirect("duplicate", *(home.code for home in pair)) if same else redirect("duplicates")
        for home in pair:
            audit.log(AuditKind.READ, home)
        context = {"sides": _sides(pair), "pair": pair, "verdict": verdict, "form": form}
        status = 422 if request.method == "POST" else 200
        return render(request, "duplicates/pair.html", context, status=status)


def _pair(request: HttpRequest, *codes: str) -> tuple[Household, Household]:
    if not scope_of(request.user).county:
        raise Http404
    visible = Household.objects.visible_to(request.user).select_related("village__township")
    homes = list(visible.filter(code__in=codes))
    if len(homes) != 2:
        raise Http404
    return in_order(*homes)


def _initial(verdict: DuplicateVerdict | None) -> dict[str, Any]:
    return {"verdict": SAME if verdict.same else DIFFERENT, "note": verdict.note} if verdict else {}


def _sides(pair: tuple[Household, Household]) -> list[tuple[Household, Contact, str]]:
    """Each with its masked numbers and who holds it today."""
    held = Pairing.objects.in_force(clock.today()).filter(household__in=pair)
    holders: dict[int, str] = dict(held.values_list("household", "cadre__name"))
    return [(home, contact_of(home), holders.get(home.pk, "")) for home in pair]
