"""思想作风体检报告: written over time, submitted once, then read and printed (方案四(一))."""

import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianhu.kit import clock
from registry.models import Role
from registry.scope import scope_of
from reports.pages.activities import places_beside, require_activities
from reports.pages.overtaken import overtaken
from reports.self_check_figures import answers_of
from visits.models import SelfCheck
from visits.self_check import QUESTIONS, WRITTEN, SelfCheckForm, own_check, save_draft, submit, visible_checks

PAGE = 30


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def self_check(request: HttpRequest) -> HttpResponse:
    """This year's, or last year's with `?year=`: the figures fill themselves, the words are written."""
    user: Any = request.user
    found = _own(request)
    if found.submitted_at is not None:
        if request.method == "POST":
            back = reverse("self_check_one", args=[found.pk])
            told = "这一年的体检报告已经提交，不能再改"
            return overtaken(request, SelfCheckForm(request.POST), told=told, back=back)
        return redirect("self_check_one", found.pk)
    posted = request.method == "POST"
    words = {name: getattr(found, name) for name in WRITTEN}
    form = SelfCheckForm(request.POST if posted else None, initial=words)
    version = found.version
    if posted and form.is_valid():
        try:
            save_draft(found.year, form.cleaned_data, seen=_seen(request), on=clock.today(), by=user)
        except ValidationError as error:
            form.add_error(None, error)
            version = own_check(user, found.year).version
        else:
            if request.POST.get("next") == "preview":
                return redirect(f"{request.path}preview/?year={found.year}")
            messages.success(request, "草稿已保存，没有提交")
            return redirect(f"{request.path}?year={found.year}")
    context = _context(request, found) | {"form": form, "version": version}
    return render(request, "activities/self_check.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
@never_cache
def self_check_preview(request: HttpRequest) -> HttpResponse:
    """As it will stand, with what is still missing; the way to submit it."""
    found = _own(request)
    if found.submitted_at is not None:
        return redirect("self_check_one", found.pk)
    context = _context(request, found) | {"missing": _missing(found)}
    return render(request, "activities/self_check_preview.html", context)


@login_required
@require_POST
@never_cache
def self_check_submit(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    found, today = _own(request), clock.today()
    answers = answers_of(found.cadre_id, found.year, as_of=today)
    try:
        made = submit(found.year, answers, seen=_seen(request), on=today, by=user)
    except ValidationError as error:
        faults = error.messages if not hasattr(error, "error_dict") else []
        found = own_check(user, found.year)
        context = _context(request, found) | {"missing": _missing(found), "faults": faults}
        return render(request, "activities/self_check_preview.html", context, status=422)
    messages.success(request, "体检报告已提交")
    return redirect("self_check_one", made.pk)


@login_required
@require_safe
@never_cache
def self_check_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Submitted: read-only, and a sheet of paper."""
    rows = visible_checks(request.user).filter(submitted_at__isnull=False)
    found = get_object_or_404(rows.select_related("cadre"), pk=pk)
    context = {"check": found, "answers": _answered(found.answers), "words": _words(found)}
    context["own"] = found.cadre.user_id == request.user.pk
    return render(request, "activities/self_check_one.html", context)


@login_required
@require_safe
@never_cache
def self_checks(request: HttpRequest) -> HttpResponse:
    """Those handed in to the leader of a unit, or to the county office; by year."""
    scope = scope_of(request.user)
    if not scope.has(Role.UNIT_LEADER, Role.COUNTY_OFFICE):
        raise Http404
    year = _year(request)
    rows = visible_checks(request.user).filter(submitted_at__isnull=False, year=year)
    rows = rows.select_related("cadre").order_by("-submitted_at", "-pk")
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "year": year,
        "years": _years(clock.today()),
        "query": f"year={year}&",
        "places": places_beside(request.user, "self_checks"),
    }
    return render(request, "activities/self_checks.html", context)


def _own(request: HttpRequest) -> SelfCheck:
    """A village branch's account has none to write; no more has who is not in the programme."""
    require_activities(request)
    if Role.VILLAGE_BRANCH in scope_of(request.user).roles:
        raise Http404
    try:
        return own_check(request.user, _year(request))
    except PermissionDenied:
        raise Http404 from None


def _year(request: HttpRequest) -> int:
    today = clock.today()
    asked = request.POST.get("year") or request.GET.get("year") or str(today.year)
    if asked not in {str(year) for year in _years(today)}:
        raise Http404
    return int(asked)


def _years(today: datetime.date) -> tuple[int, int]:
    """Last year's may still be written."""
    return today.year, today.year - 1


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _context(request: HttpRequest, found: SelfCheck) -> dict[str, Any]:
    today = clock.today()
    return {
        "check": found,
        "answers": _answered(answers_of(found.cadre_id, found.year, as_of=today)),
        "words": _words(found),
        "today": today,
        "years": _years(today),
        "places": places_beside(request.user, "self_check"),
    }


def _answered(answers: dict[str, int]) -> list[tuple[str, int, str]]:
    return [(words, answers.get(name, 0), measure) for name, (words, measure) in QUESTIONS.items()]


def _words(found: SelfCheck) -> list[tuple[str, str]]:
    labels = SelfCheckForm.base_fields
    return [(str(labels[name].label), getattr(found, name)) for name in WRITTEN]


def _missing(found: SelfCheck) -> list[str]:
    return [label for label, text in _words(found) if not text.strip()]
