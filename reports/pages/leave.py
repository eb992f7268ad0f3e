"""请假: one's own requests, those that wait for one's decision, and who of the unit is away (contract, section 2)."""

import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lianhu.kit import clock
from lianhu.kit.spans import OPEN_END
from registry.answering import cadres_under, in_post, runs_a_unit
from registry.leave import (
    FOLLOWING,
    DecisionForm,
    LeaveRequestForm,
    ask_leave,
    decidable_by,
    decide_leave,
    may_enter_for,
    state_of,
    withdraw_leave,
)
from registry.models import Cadre, Cover, Leave, LeaveRequest
from registry.scope import scope_of

PAGE = 20
# The most that one decides at a time; the rest follows.
MOST = 100
WORDS = {
    "waiting": ("waiting", "等待审批"),
    "approved": ("met", "已批准"),
    "refused": ("missed", "没有批准"),
    "withdrawn": ("exempt", "已撤回"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """The form asks for oneself; a liaison enters for a cadre of the unit."""
    user = _user(request)
    people = _people(user)
    form = LeaveRequestForm(
        request.POST if request.method == "POST" else None, people=people, initial={"cadre": _own_code(user)}
    )
    if people and request.method == "POST" and form.is_valid():
        cadre = next((one for one in people if one.code == form.cleaned_data["cadre"]), None)
        if cadre is None:
            form.add_error("cadre", "请在列表里选一个")
        else:
            try:
                ask_leave(cadre, form.cleaned_data, by=user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "已提交，审批后会收到消息")
                return redirect("leave")
    return _page(request, form=form, people=people, status=422 if form.errors else 200)


@login_required
@require_POST
@never_cache
def leave_decide(request: HttpRequest) -> HttpResponse:
    """`row`: those that are ticked; `only`: the one whose button it was."""
    user = _user(request)
    if not runs_a_unit(user):
        raise Http404
    form = DecisionForm(request.POST)
    named = [request.POST["only"]] if "only" in request.POST else request.POST.getlist("row")
    pks = [int(value) for value in named if value.isascii() and value.isdecimal() and len(value) < 19]
    if not pks:
        messages.warning(request, "没有勾选，什么都没有审批")
        return redirect("leave")
    if not form.is_valid():
        return _page(request, decision=form, ticked=set(pks), status=422)
    approve = form.cleaned_data["verdict"] == DecisionForm.APPROVE
    try:
        decision = decide_leave(pks, approve=approve, reason=form.cleaned_data["reason"], by=user)
    except PermissionDenied as error:
        raise Http404 from error
    if decision.done:
        word = "已批准" if approve else "没有批准"
        messages.success(request, f"{word} {len(decision.done)} 份，已告诉申请人")
    for told in decision.left[:5]:
        messages.warning(request, told)
    return redirect("leave")


@login_required
@require_POST
@never_cache
def leave_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request)
    asked = get_object_or_404(LeaveRequest, pk=pk, asked_by=user)
    try:
        withdraw_leave(asked, by=user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    else:
        messages.success(request, "已撤回")
    return redirect("leave")


def _page(
    request: HttpRequest,
    *,
    form: LeaveRequestForm | None = None,
    people: list[Cadre] | None = None,
    decision: DecisionForm | None = None,
    ticked: set[int] | None = None,
    status: int = 200,
) -> HttpResponse:
    user = _user(request)
    people = _people(user) if people is None else people
    waiting = decidable_by(user).select_related("cadre", "asked_by").order_by("begins_on", "pk")
    page = Paginator(requests_of(user), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form or LeaveRequestForm(people=people, initial={"cadre": _own_code(user)}),
        "people": people,
        "decision": decision or DecisionForm(),
        "ticked": ticked or (),
        "waiting": list(waiting[:MOST]),
        "page": page,
        "rows": [(each, *WORDS[state_of(each)]) for each in page.object_list],
        "own": scope_of(user).cadre_id,
        "runs": runs_a_unit(user),
        "away": _away(request) if runs_a_unit(user) else None,
    }
    return render(request, "leave/page.html", context, status=status)


def requests_of(user: Any) -> "QuerySet[LeaveRequest]":
    """One's own, and those one entered; the undecided first."""
    mine = LeaveRequest.objects.filter(Q(cadre=scope_of(user).cadre_id) | Q(asked_by=user))
    return mine.select_related("cadre", "asked_by", "decided_by").order_by(
        F("decided_at").desc(nulls_first=True), "-pk"
    )


def _away(request: HttpRequest) -> list[tuple[Leave, str]]:
    """Who of the unit is away or will be, with the way to name a colleague where there is none yet.

    The office follows those whose leave it decides; of the county's others their units see to it.
    """
    user, today = _user(request), clock.today()
    found = leaves_ahead(user, today)
    last_day = Coalesce(OuterRef("ends_on"), Value(OPEN_END))
    covered = Cover.objects.filter(
        cadre=OuterRef("cadre"), begins_on__lte=last_day, ends_on__gte=Greatest(OuterRef("begins_on"), today)
    )
    shown = found.annotate(covered=Exists(covered))[:MOST]
    return [(each, "" if each.covered else _cover_address(each)) for each in shown]


def leaves_ahead(user: Any, on: datetime.date) -> "QuerySet[Leave]":
    """That run or will, of those whose leave one follows."""
    found = _of_unit(user).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
    return found.select_related("cadre").order_by("begins_on", "pk")


def _of_unit(user: Any) -> "QuerySet[Leave]":
    found = Q(cadre__in=cadres_under(user, FOLLOWING).values("pk"))
    if scope_of(user).county:
        found |= Q(request__decided_by=user)
    return Leave.objects.filter(found)


def _cover_address(leave: Leave) -> str:
    begin = max(leave.begins_on, clock.today())
    named = {"cadre": leave.cadre.code, "begins_on": begin.isoformat(), "reason": leave.reason}
    if leave.ends_on:
        named["ends_on"] = leave.ends_on.isoformat()
    return f"{reverse('cover_new')}?{urlencode(named)}"


def _people(user: Any) -> list[Cadre]:
    """Oneself first."""
    today, own = clock.today(), scope_of(user).cadre_id
    found = may_enter_for(user).filter(in_post(today)).order_by("code")
    return sorted(found, key=lambda one: one.pk != own)


def _own_code(user: Any) -> str:
    cadre = getattr(user, "cadre", None)
    return cadre.code if cadre else ""


def _user(request: HttpRequest) -> Any:
    return request.user
