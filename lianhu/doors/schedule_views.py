"""定时任务: what runs by the clock, how it went, and once more by hand; for the office and the system admin."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.schedule import Entry, overview, runs_of, stopped_since
from lianhu.kit import clock
from lianhu.schedule import ENTRIES, SCHEDULE, may_see_schedule, run_by_hand

PAGE = 20


@login_required
@require_safe
@never_cache
def schedule(request: HttpRequest) -> HttpResponse:
    _require_right(request)
    now = clock.now()
    lines = overview(SCHEDULE, now)
    context = {
        "lines": lines,
        "failed": [line for line in lines if line.failed],
        "ever_ran": any(line.last for line in lines),
        "stopped_since": stopped_since(lines, now),
    }
    return render(request, "schedule/list.html", context)


@login_required
@require_safe
@never_cache
def schedule_entry(request: HttpRequest, kind: str) -> HttpResponse:
    """Its runs, and the way to run it now; while it runs, how far it is."""
    entry = _entry(request, kind)
    [line] = overview([entry], clock.now())
    if request.headers.get("X-Part") == "progress":
        answer = render(request, "schedule/_progress.html", {"line": line})
        if line.under_way is None:
            answer["X-Over"] = "1"
        return answer
    page = Paginator(runs_of(entry), PAGE).get_page(request.GET.get("page"))
    return render(request, "schedule/entry.html", {"line": line, "page": page})


@login_required
@require_POST
def schedule_run(request: HttpRequest, kind: str) -> HttpResponse:
    entry = _entry(request, kind)
    if run_by_hand(entry, by=_user(request)) is None:
        messages.warning(request, "它已经在运行，没有再开始一次")
    return redirect("schedule_entry", kind)


def _require_right(request: HttpRequest) -> None:
    if not may_see_schedule(request.user):
        raise Http404


def _entry(request: HttpRequest, kind: str) -> Entry:
    _require_right(request)
    if kind not in ENTRIES:
        raise Http404
    return ENTRIES[kind]


def _user(request: HttpRequest) -> Any:
    return request.user
