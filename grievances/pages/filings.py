"""待挂号: what residents filed, waiting for the branch to register or decline it (contract, section 4)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from grievances import filings as service
from grievances.desk import Alike
from grievances.models import Filing, FilingState, GrievanceKind
from grievances.pages.desk import NewForm, add_faults, offered_in, offers
from lianhu.kit import clock, fields
from lianhu.kit.fields import fold
from registry.household_search import LONGEST, best_first, matching
from registry.models import Household, Village
from registry.reasons import ReasonForm
from registry.scope import scope_of

PAGE = 50
SHOWN = 20


class DeclineForm(forms.Form):
    reason = fields.TextField(
        label="不予受理的原因",
        max_length=service.LONGEST_REASON,
        lines=True,
        help_text="反映的人凭查询码会看到。请写明为什么、该找哪里。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "decline_%s"} | kwargs))
        self.fields["reason"].widget.attrs["rows"] = 3


class PhoneForm(ReasonForm):
    suggestions = ("联系反映人核实情况", "告知反映人办理结果")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def filings(request: HttpRequest) -> HttpResponse:
    """POST declines those that are ticked, for one reason: what a flood needs."""
    user = deciding(request)
    if request.method != "POST":
        return _list(request, user)
    form = DeclineForm(request.POST)
    pks = _ticked(request)
    if not pks:
        messages.warning(request, "没有勾选，什么都没有办理")
        return redirect("filings")
    if not form.is_valid():
        return _list(request, user, form=form, ticked=pks, status=422)
    if request.POST.get("confirmed") != "1":
        chosen = service.decidable_by(user).filter(pk__in=pks).select_related("village").order_by("filed_at")
        context = {"form": form, "chosen": list(chosen[: service.MOST])}
        return render(request, "matters/filings_decline.html", context)
    try:
        declined = service.decline_many(pks, form.cleaned_data["reason"], by=user)
    except PermissionDenied as error:
        raise Http404 from error
    if declined.done:
        messages.success(request, f"{declined.done} 件已不予受理，反映的人凭查询码能看到原因")
    for told in declined.left[:5]:
        messages.warning(request, told)
    return redirect("filings")


def deciding(request: HttpRequest) -> Any:
    user: Any = request.user
    if not scope_of(user).has(*service.DECIDING):
        raise Http404
    return user


def _ticked(request: HttpRequest) -> list[int]:
    named = request.POST.getlist("person")[: service.MOST]
    return [int(each) for each in named if each.isascii() and each.isdecimal() and len(each) < 19]


def _list(
    request: HttpRequest,
    user: User,
    *,
    form: DeclineForm | None = None,
    ticked: Any = (),
    status: int = 200,
) -> HttpResponse:
    same = request.GET.get("same", "")
    found = service.waiting(user)
    like = None
    if same.isascii() and same.isdecimal() and len(same) < 19:
        like = get_object_or_404(service.decidable_by(user), pk=int(same))
        found = found.filter(village=like.village_id, title=like.title)
    page = Paginator(found, service.MOST if like else PAGE).get_page(request.GET.get("page"))
    today = clock.today()
    context = {
        "page": page,
        "rows": [(each, service.age(each, today)) for each in page.object_list],
        "like": like,
        # The office finds a village's poster by the village; a list of hundreds would be none.
        "places": () if scope_of(user).county else Village.objects.visible_to(user).order_by("code"),
        "form": form or DeclineForm(),
        "ticked": ticked,
        "page_query": f"{urlencode({'same': same})}&" if like else "",
        "most": service.MOST,
    }
    return render(request, "matters/filings.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def filing(request: HttpRequest, pk: int) -> HttpResponse:
    """What was filed, with the form of 挂号 filled in from it. POST registers it."""
    user = deciding(request)
    one = filed(user, pk)
    if request.method != "POST" or one.state != FilingState.WAITING:
        return page_of(request, user, one)
    form = FilingForm(request.POST, user=user)
    if not form.is_valid():
        return page_of(request, user, one, form=form, status=422)
    try:
        matter = service.accept(
            one,
            form.words(one),
            by=user,
            offered=offered_in(request),
            into=request.POST.get("into", "")[:40].replace("\x00", ""),
        )
    except Alike as found:
        return page_of(request, user, one, form=form, status=409, **offers(found.matters, user, note=False))
    except PermissionDenied as error:
        raise Http404 from error
    except ValidationError as error:
        if getattr(error, "code", "") == "meanwhile":
            return _meanwhile(request, one, error)
        add_faults(form, error)
        return page_of(request, user, one, form=form, status=422)
    messages.success(request, f"已挂号 {matter.number}，反映人用手里的查询码能查到")
    return redirect("matter", matter.number)


@login_required
@require_POST
@never_cache
def filing_decline(request: HttpRequest, pk: int) -> HttpResponse:
    user = deciding(request)
    one, form = filed(user, pk), DeclineForm(request.POST)
    if not form.is_valid():
        return page_of(request, user, one, decline=form, status=422)
    try:
        service.decline(one, form.cleaned_data["reason"], by=user)
    except ValidationError as error:
        return _meanwhile(request, one, error)
    messages.success(request, "已不予受理，反映的人凭查询码能看到原因")
    return redirect("filings")


@login_required
@require_POST
@never_cache
def filing_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The filer's full phone in this answer alone; who and why is logged."""
    user = deciding(request)
    one, form = filed(user, pk), PhoneForm(request.POST)
    if one.phone_sealed is None:
        raise Http404
    if not form.is_valid():
        return page_of(request, user, one, asking=form, status=422)
    phone = service.reveal(one, form.cleaned_data["reason"], by=user)
    return page_of(request, user, one, phone=phone, revealed=True)


def filed(user: User, pk: int) -> Filing:
    found: Filing = get_object_or_404(
        service.decidable_by(user).select_related("village__township", "category", "decided_by", "grievance"),
        pk=pk,
    )
    return found


def _meanwhile(request: HttpRequest, one: Filing, error: ValidationError) -> HttpResponse:
    """Somebody else was first: the page as it stands now says who."""
    messages.warning(request, f"{error.messages[0]}，您这一次没有写入")
    return redirect("filing", one.pk)


class FilingForm(NewForm):
    """The form of 挂号; `household` may stay empty: then it is a matter of the village."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The filer has a code already.
        del self.fields["query_code"]
        self.fields["household"].widget = forms.TextInput()

    def words(self, one: Filing) -> dict[str, Any]:
        village = "" if self.cleaned_data["household"] else one.village.code
        return self.cleaned_data | {"village": village, "query_code": ""}


def page_of(
    request: HttpRequest,
    user: User,
    one: Filing,
    *,
    form: FilingForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context: dict[str, Any] = {
        "filing": one,
        "age": service.age(one, clock.today()),
        "phone": service.phone_of(one),
        "revealed": False,
        "asking": PhoneForm(),
        "decline": DeclineForm(),
    }
    if one.state == FilingState.WAITING:
        form = form or FilingForm(user=user, initial=_filled(one))
        context |= _choosing(request, user, one, form) | {
            "form": form,
            "answered": bool(form["spot_answer"].value() or form["outcome"].value()),
            "marked": bool(form["marks"].value() or form["approach"].value()),
        }
    return render(request, "matters/filing.html", context | more, status=status)


def _filled(one: Filing) -> dict[str, Any]:
    return {
        "title": one.title,
        "content": one.content,
        "kind": one.kind or GrievanceKind.LIVELIHOOD,
        "category": one.category.name if one.category else "",
    }


def _choosing(request: HttpRequest, user: User, one: Filing, form: FilingForm) -> dict[str, Any]:
    """Households whose matter it may be: likely ones, those searched for, the one that was chosen."""
    text = fold(request.GET.get("q", ""))[:LONGEST].replace("\x00", "")
    likely = list(service.likely_homes(one, user)[:SHOWN])
    visible = Household.objects.visible_to(user).filter(village=one.village, closed_on__isnull=True)
    found = list(best_first(matching(visible, text), text)[:SHOWN]) if text else []
    chosen = str(form["household"].value() or "")
    kept = list(visible.filter(code=chosen)) if chosen else []
    homes = list({home.pk: home for home in (*kept, *likely, *found)}.values())
    return {"text": text, "homes": homes, "likely": {home.pk for home in likely}, "chosen": chosen}
