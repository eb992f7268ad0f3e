"""代办事项: what is offered, what one has taken, what is over (方案五(一))."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianhu.kit import clock, fields
from registry.models import Household
from registry.reasons import ReasonForm
from registry.scope import scope_of
from reports.pages.activities import places_beside, require_activities
from visits import errands as service
from visits.errands import (
    POSTING,
    ErrandForm,
    may_post,
    may_take,
    may_withdraw,
    places_to_post,
    post_errand,
    visible_errands,
)
from visits.models import Errand

PAGE = 30
STATES = {"open": "等人认领", "taken": "有人在办", "done": "办完了", "withdrawn": "撤回的"}


class WithdrawForm(ReasonForm):
    suggestions = ("已经自己办了", "不用办了", "重复发布")


class DoneWordsForm(forms.Form):
    words = fields.TextField(
        label="办的结果", max_length=5000, lines=True, help_text="怎么办的，结果告诉谁了"
    )


class PostForm(ErrandForm):
    """The village chosen, the family by its code or, where one has few, chosen too."""

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = list(places_to_post(user).values_list("code", "name"))
        village = fields.ChoiceField(label="村(社区)", choices=places)
        village.widget = forms.Select(choices=places if len(places) == 1 else [("", "请选择"), *places])
        self.fields["village"] = village
        if not scope_of(user).has(*POSTING):
            own = Household.objects.visible_to(user).filter(closed_on=None).order_by("village__code", "code")
            homes = [(code, f"{head}户") for code, head in own.values_list("code", "head_name")[:300]]
            household = fields.ChoiceField(label="哪一户", choices=homes)
            household.widget = forms.Select(choices=[("", "请选择"), *homes])
            self.fields["household"] = household


@login_required
@require_safe
@never_cache
def errands(request: HttpRequest) -> HttpResponse:
    require_activities(request)
    rows = visible_errands(request.user)
    state = asked_state(request.GET.get("state", ""))
    found = in_state(rows, state).select_related("village", "household", "taken_by", "posted_by")
    own = rows.filter(taken_by=scope_of(request.user).cadre_id, activity=None, withdrawn_at=None)
    context = {
        "page": Paginator(found.order_by("-posted_at", "-pk"), PAGE).get_page(request.GET.get("page")),
        "own": own.select_related("village", "household").order_by("taken_at", "pk"),
        "state": state,
        "states": [(name, label, in_state(rows, name).count()) for name, label in STATES.items()],
        "query": f"state={state}&",
        "may_post": may_post(request.user),
        "may_take": may_take(request.user),
        "places": places_beside(request.user, "errands"),
    }
    return render(request, "activities/errands.html", context)


def asked_state(state: str) -> str:
    return state if state in STATES else "open"


def in_state(rows: "QuerySet[Errand]", state: str) -> "QuerySet[Errand]":
    over = Q(activity__isnull=False) | Q(withdrawn_at__isnull=False)
    ways = {
        "open": ~over & Q(taken_by=None),
        "taken": ~over & Q(taken_by__isnull=False),
        "done": Q(activity__isnull=False),
        "withdrawn": Q(withdrawn_at__isnull=False),
    }
    return rows.filter(ways[state])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def errand_new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if not may_post(user):
        raise Http404
    given = {name: request.GET[name] for name in ("village", "household") if request.GET.get(name)}
    form = PostForm(user, request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            made = post_errand(form.cleaned_data, on=clock.today(), by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "代办事项已记下" if made.taken_by_id else "代办事项已发布，等干部认领")
            return redirect("errand", made.pk)
    context = {"form": form, "takes": not scope_of(user).has(*POSTING)}
    return render(request, "activities/errand_new.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
@never_cache
def errand(request: HttpRequest, pk: int) -> HttpResponse:
    return _opened(request, pk)


def _opened(request: HttpRequest, pk: int, *, status: int = 200, **told: Any) -> HttpResponse:
    found = _visible(request, pk)
    user: Any = request.user
    over = found.activity_id is not None or found.withdrawn_at is not None
    own = found.taken_by is not None and found.taken_by.user_id == user.pk
    context = {
        "errand": found,
        "sees_home": found.household is not None
        and Household.objects.visible_to(user).filter(pk=found.household_id).exists(),
        "take": not over and found.taken_by is None and may_take(user),
        "own": own and not over,
        "withdraw": may_withdraw(found, user),
        "done_form": DoneWordsForm(),
        "withdraw_form": WithdrawForm(),
    }
    return render(request, "activities/errand.html", context | told, status=status)


@login_required
@require_POST
@never_cache
def errand_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Two at once: the other is told who has it."""
    return _act(request, pk, lambda found, by: service.take_errand(found, by=by), "已认领，办完后请写结果")


@login_required
@require_POST
@never_cache
def errand_give_back(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, lambda found, by: service.give_back(found, by=by), "已退回，别人可以认领")


@login_required
@require_POST
@never_cache
def errand_done(request: HttpRequest, pk: int) -> HttpResponse:
    form = DoneWordsForm(request.POST)

    def act(found: Errand, by: Any) -> None:
        service.finish_errand(found, form.cleaned_data["words"], on=clock.today(), by=by)

    return _act(request, pk, act, "办完了，已记为您的活动", done_form=form)


@login_required
@require_POST
@never_cache
def errand_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    form = WithdrawForm(request.POST)

    def act(found: Errand, by: Any) -> None:
        service.withdraw(found, form.cleaned_data["reason"], by=by)

    return _act(request, pk, act, "已撤回", withdraw_form=form)


def _act(
    request: HttpRequest, pk: int, act: Callable[[Errand, Any], object], done: str, **form: forms.Form
) -> HttpResponse:
    """A refusal shows the page as it is now, with the reason and what was typed."""
    found = _visible(request, pk)
    faults: list[str] = []
    if all(each.is_valid() for each in form.values()):
        try:
            act(found, request.user)
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            faults = error.messages
        else:
            messages.success(request, done)
            return redirect("errand", pk)
    elif not (may_withdraw(found, request.user) if "withdraw_form" in form else _is_own(found, request.user)):
        raise Http404
    return _opened(request, pk, status=409 if faults else 422, faults=faults, **form)


def _is_own(found: Errand, user: Any) -> bool:
    return found.taken_by is not None and found.taken_by.user_id == user.pk


def _visible(request: HttpRequest, pk: int) -> Errand:
    """Not yours answers as not there."""
    require_activities(request)
    rows = visible_errands(request.user).select_related(
        "village__township", "household", "taken_by", "posted_by", "activity"
    )
    return get_object_or_404(rows, pk=pk)
