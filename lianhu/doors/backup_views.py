"""备份: what backups there are, one more now, and how to restore; for the system admin.

None can be fetched from here: whoever keeps the system reads no household's record (contract, section 0).
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.backups import BY_HAND, last_backup
from accounts.jobs import ask_cancel
from accounts.models import Job
from lianhu.backup.keeping import KEPT, folder, kept_backups, last_failed, start_backup, under_way
from lianhu.kit import clock
from registry.models import Role
from registry.scope import scope_of


@login_required
@require_safe
@never_cache
def backups(request: HttpRequest) -> HttpResponse:
    """While one is made, how far it is."""
    _require_admin(request)
    job = under_way()
    if request.headers.get("X-Part") == "progress":
        answer = render(request, "backups/_progress.html", {"job": job, "own": _own(request, job)})
        if job is None:
            answer["X-Over"] = "1"
        return answer
    last, kept = last_backup(), kept_backups()
    context = {
        "job": job,
        "own": _own(request, job),
        "failed": last_failed(),
        "last": last,
        "last_days": (clock.today() - last.astimezone(clock.SHANGHAI).date()).days if last else None,
        "kept": kept,
        "keep": KEPT,
        "folder": folder(),
        "newest": folder() / (kept[0].name if kept else "文件名.zip"),
    }
    return render(request, "backups/list.html", context)


@login_required
@require_POST
def backup_new(request: HttpRequest) -> HttpResponse:
    _require_admin(request)
    if start_backup(by=_user(request)) is None:
        messages.warning(request, "已经在备份，没有再开始一次")
    return redirect("backups")


@login_required
@require_POST
def backup_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    _require_admin(request)
    job = get_object_or_404(Job, pk=pk, kind=BY_HAND)
    if ask_cancel(job.pk, by=_user(request)):
        messages.success(request, "已要求取消，原有的备份没有动")
    else:
        messages.warning(request, "它已经结束了，或者是别人开始的，没有取消")
    return redirect("backups")


def _own(request: HttpRequest, job: Job | None) -> bool:
    return job is not None and job.kind == BY_HAND and job.created_by_id == request.user.pk


def _require_admin(request: HttpRequest) -> None:
    if not scope_of(request.user).has(Role.SYSTEM_ADMIN):
        raise Http404


def _user(request: HttpRequest) -> Any:
    return request.user
