"""消息: what the system has told a person, the newest first. One's own only; others' are not there."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import Notice
from accounts.notices import mark_all_read, mark_read, unread_count

PAGE = 20
_LARGEST_KEY = 2**63 - 1


@login_required
@require_safe
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = Paginator(Notice.objects.filter(user=user).order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    # 全部标为已读 means what is on the list now, not what comes while it is read.
    newest = Notice.objects.filter(user=user).aggregate(newest=Max("pk"))
    context = {"page": page, "unread_here": unread_count(user), **newest}
    return render(request, "inbox/list.html", context)


@login_required
@require_GET
@never_cache
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Opening is reading: on to the page it is about, or, without one, the text itself."""
    user: Any = request.user
    notice = get_object_or_404(Notice, pk=pk, user=user)
    mark_read(notice)
    return redirect(notice.url) if notice.url else render(request, "inbox/notice.html", {"notice": notice})


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    newest = request.POST.get("newest", "")
    if newest.isascii() and newest.isdigit():
        mark_all_read(user, up_to=min(int(newest), _LARGEST_KEY))
    return redirect("inbox")
