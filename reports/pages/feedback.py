"""意见建议: a person's own, with a form; all of them for the county office, with the answers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Feedback
from registry.feedback import (
    AnsweredMeanwhile,
    AnswerForm,
    FeedbackForm,
    answer_feedback,
    give_feedback,
    own_path,
    version,
)
from registry.scope import scope_of

PAGE = 20
# The word in the address, and what it shows.
STATES = {"": "全部", "open": "未答复", "answered": "已答复"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def feedback(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = FeedbackForm(request.POST or None, initial={"page": own_path(request.GET.get("from", ""))})
    if request.method == "POST" and form.is_valid():
        give_feedback(**form.cleaned_data, by=user)
        messages.success(request, "已收到。县联户联情办会答复，答复后在“消息”里提醒您")
        return redirect("feedback")
    page = Paginator(Feedback.objects.filter(author=user).order_by("-pk"), PAGE).get_page(
        request.GET.get("page")
    )
    context = {"form": form, "page": page, "office": scope_of(user).county}
    return render(request, "feedback/mine.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
@never_cache
def feedback_all(request: HttpRequest) -> HttpResponse:
    _require_office(request)
    state = request.GET.get("state", "")
    page = Paginator(found_for(state), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "states": STATES.items(),
        "state": state if state in STATES else "",
        "open": Feedback.objects.filter(answered_at__isnull=True).count(),
    }
    return render(request, "feedback/all.html", context)


def found_for(state: str) -> QuerySet[Feedback]:
    """The unanswered first, those that wait longest at the top; then the newest. Page and export ask the same."""
    found = Feedback.objects.select_related("author", "answered_by")
    if state in ("open", "answered"):
        found = found.filter(answered_at__isnull=state == "open")
    return found.order_by(F("answered_at").desc(nulls_first=True), "pk")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    _require_office(request)
    user: Any = request.user
    about = get_object_or_404(Feedback.objects.select_related("author", "answered_by"), pk=pk)
    given = {"answer": about.answer, "seen": version(about)}
    form = AnswerForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            answer_feedback(about, **form.cleaned_data, by=user)
        except AnsweredMeanwhile as meanwhile:
            return _meanwhile(request, meanwhile.feedback, form)
        messages.success(request, "已答复，提出人会收到消息")
        return redirect("feedback_all")
    context = {"about": about, "form": form}
    return render(request, "feedback/answer.html", context, status=422 if form.errors else 200)


def _meanwhile(request: HttpRequest, about: Feedback, form: AnswerForm) -> HttpResponse:
    """What was typed stays in the field; sending it once more replaces the other's answer."""
    kept = AnswerForm(initial={"answer": form.cleaned_data["answer"], "seen": version(about)})
    context = {"about": about, "form": kept, "meanwhile": True}
    return render(request, "feedback/answer.html", context, status=409)


def _require_office(request: HttpRequest) -> None:
    if not scope_of(request.user).county:
        raise Http404
