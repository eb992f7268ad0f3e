"""修改, 补充, 退回补充 and its answer, 作废: the acts on a visit's record (contract, section 3)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from grievances.models import Grievance
from lianhu.kit import clock
from reports.pages.visit import opened_visit, visible_visit
from reports.pages.visit_forms import AMENDED, AddendumForm, AmendForm, AnswerForm, AskForm, VoidForm
from visits import records
from visits.models import Visit
from visits.rights import in_time, rights_over_visit


def acting(
    right: str,
) -> Callable[[Callable[[HttpRequest, Visit], HttpResponse]], Callable[..., HttpResponse]]:
    """The visit in the address, for whoever has the right; without it the address is not there.

    One that was voided since the page was opened leads back to it, and says so.
    """

    def wrap(view: Callable[[HttpRequest, Visit], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def inner(request: HttpRequest, pk: int) -> HttpResponse:
            found = visible_visit(request, pk)
            if found.voided_at is not None:
                messages.warning(request, records.GONE)
                return redirect("visit", pk)
            if not getattr(rights_over_visit(request.user, found, on=clock.today()), right):
                raise Http404
            return view(request, found)

        return inner

    return wrap


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@acting("answer")
def amend(request: HttpRequest, found: Visit) -> HttpResponse:
    """Too late leads back to the record, which offers 补充 instead."""
    user: Any = request.user
    today = clock.today()
    if not in_time(found.day, on=today):
        messages.warning(request, records.TOO_LATE)
        return redirect("visit", found.pk)
    form = AmendForm(request.POST if request.method == "POST" else None, initial=_as_it_stands(found))
    if request.method == "POST" and form.is_valid():
        try:
            records.amend(found, form.values(), seen=form.cleaned_data["text"], on=today, by=user)
        except ValidationError as error:
            if error.code == "changed_meanwhile":
                return _meanwhile(request, found, form)
            form.add_error(None, error)
        else:
            messages.success(request, "已修改，改前改后都有记录")
            return redirect("visit", found.pk)
    context = {"visit": found, "home": found.household, "form": form}
    return render(request, "visits/amend.html", context, status=422 if form.errors else 200)


def _as_it_stands(found: Visit) -> dict[str, Any]:
    record = found.record
    kept = {name: getattr(record, name) for name in AMENDED if name != "policy_talk"}
    return kept | {"policy_talk": found.policy_talk, "text": records.version(record)}


def _meanwhile(request: HttpRequest, found: Visit, form: AmendForm) -> HttpResponse:
    """What was typed stays in the fields, beside what stands now; sent once more it replaces that."""
    now = visible_visit(request, found.pk)
    kept = AmendForm(initial=form.values() | {"text": records.version(now.record)})
    context = {"visit": now, "home": now.household, "form": kept, "meanwhile": now.record}
    return render(request, "visits/amend.html", context, status=409)


@login_required
@require_POST
@never_cache
@acting("add")
def add(request: HttpRequest, found: Visit) -> HttpResponse:
    return _act(request, found, AddendumForm(request.POST), "add_form", records.add_addendum, "已补充")


@login_required
@require_POST
@never_cache
@acting("ask")
def ask(request: HttpRequest, found: Visit) -> HttpResponse:
    done = "已退回，干部会收到消息"
    return _act(request, found, AskForm(request.POST), "ask_form", records.send_back, done)


@login_required
@require_POST
@never_cache
@acting("answer")
def answer(request: HttpRequest, found: Visit) -> HttpResponse:
    """The question is the one that was on the screen; the last one, where the page did not say."""
    form = AnswerForm(request.POST)
    asked = found.questions.filter(pk=form.asked()).first() or found.questions.last()
    if asked is None:
        raise Http404

    def act(_: Visit, text: str, **options: Any) -> None:
        records.answer_question(asked, text, **options)

    return _act(request, found, form, "answer_form", act, "已答复，退回的人会收到消息")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@acting("void")
def void(request: HttpRequest, found: Visit) -> HttpResponse:
    """Says first what goes with it and what stays."""
    user: Any = request.user
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            records.void(found, form.cleaned_data["reason"], on=clock.today(), by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已作废，记录还在，不再计入")
            return redirect("visit", found.pk)
    context = {
        "visit": found,
        "home": found.household,
        "form": form,
        "companions": found.companions.filter(voided_at__isnull=True).select_related("cadre"),
        "matters": Grievance.objects.filter(visit=found, voided_at__isnull=True).order_by("number"),
    }
    return render(request, "visits/void.html", context, status=422 if form.errors else 200)


def _act(
    request: HttpRequest, found: Visit, form: forms.Form, name: str, service: Any, done: str
) -> HttpResponse:
    """A wrong or refused one shows the page again with what was typed."""
    if form.is_valid():
        try:
            service(found, form.cleaned_data["text"], on=clock.today(), by=request.user)
        except ValidationError as error:
            form.add_error("text", error)
        else:
            messages.success(request, done)
            return redirect("visit", found.pk)
    with transaction.atomic():
        return opened_visit(request, visible_visit(request, found.pk), status=422, **{name: form})
