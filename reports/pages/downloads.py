"""导出 of every list, and what of it is still being made or waits to be fetched (contract, section 7)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import downloads
from accounts.addresses import page_of
from accounts.downloads import NotMade, StorageFull, TooMany
from accounts.jobs import ask_cancel
from accounts.models import Job, JobState
from lianhu.kit import handing_out
from reports.exports import making
from reports.exports.every import EXPORTS
from reports.exports.making import Gone, asked_by
from reports.pages.exports import XLSX, saved

PAGE = 20


@login_required
@require_POST
@never_cache
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """`name` is a list's, the query that of its page. A short one is the answer, a long one is begun."""
    user: Any = request.user
    try:
        made = making.answer(name, asked_by(user, request.GET.dict()))
    except TooMany as error:
        messages.warning(request, str(error))
        return redirect("downloads")
    except (NotMade, StorageFull) as error:
        messages.error(request, str(error))
        return redirect(page_of(request) if request.headers.get("Referer") else "downloads")
    if isinstance(made, Job):
        return redirect("download", made.pk)
    return saved(*made)


@login_required
@require_safe
@never_cache
def own_downloads(request: HttpRequest) -> HttpResponse:
    page = Paginator(downloads.own_downloads(_user(request)), PAGE).get_page(request.GET.get("page"))
    rows = [_shown(job) for job in page.object_list]
    context = {"page": page, "rows": rows, "making": sum(row["making"] for row in rows)}
    return render(request, "downloads/list.html", context)


@login_required
@require_safe
@never_cache
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """One of one's own: its progress while it is made, then the button to fetch it."""
    context = _shown(_own(request, pk))
    part = request.headers.get("X-Part") == "progress"
    answer = render(request, "downloads/_progress.html" if part else "downloads/one.html", context)
    if part and not context["making"]:
        answer["X-Over"] = "1"
    return answer


@login_required
@require_safe
@never_cache
def download_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The right is asked again: what was lost meanwhile is said, and the file is gone."""
    job = _own(request, pk)
    if job.state != JobState.DONE:
        raise Http404
    try:
        name, as_name = making.fetch(job, by=_user(request))
    except Gone as error:
        return render(
            request, "downloads/one.html", _shown(_own(request, pk)) | {"told": str(error)}, status=410
        )
    return handing_out.download(
        downloads.storage(), name, content_type=XLSX, as_name=as_name, accel=settings.EXPORT_ACCEL
    )


@login_required
@require_POST
@never_cache
def download_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = _own(request, pk)
    if ask_cancel(job.pk, by=_user(request)):
        messages.success(request, f"“{job.title}”已取消")
    else:
        messages.warning(request, "已经做完了，不用取消")
    return redirect("downloads")


def _own(request: HttpRequest, pk: int) -> Job:
    """Another person's answers as not there."""
    return get_object_or_404(downloads.own_downloads(_user(request)), pk=pk)


def _shown(job: Job) -> dict[str, Any]:
    making_it = job.state in (JobState.WAITING, JobState.RUNNING)
    ready, asked = downloads.is_ready(job), job.params["asked"]
    return {
        "job": job,
        "making": making_it,
        "stopping": making_it and job.cancel_asked_at is not None,
        "ahead": downloads.ahead_of(job) if job.state == JobState.WAITING else 0,
        "ready": ready,
        "until": downloads.kept_until(job) if ready else None,
        "rows_made": (job.result or {}).get("rows"),
        "gone": (job.result or {}).get("gone", ""),
        "export": asked["export"] if asked["export"] in EXPORTS else "",
        "query": urlencode(asked["query"]),
    }


def _user(request: HttpRequest) -> Any:
    return request.user
