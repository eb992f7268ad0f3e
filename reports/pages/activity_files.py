"""Files of an activity: in from its page, without JavaScript too; out to whoever may read the activity."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lianhu.kit.handing_out import download, shown_photo
from reports.pages.activities import require_activities, visible_activity
from visits.activity_files import AN_ACTIVITY, attach, name_to_save, take_away, type_of, visible_files
from visits.kept_files import photo_storage
from visits.models import ActivityFile
from visits.photos import StorageFull


@login_required
@require_POST
@never_cache
def activity_files(request: HttpRequest, pk: int) -> HttpResponse:
    """What is good is kept, what is not is told by its name."""
    user: Any = request.user
    found = visible_activity(request, pk)
    uploads = request.FILES.getlist("files")
    try:
        faults = attach(found, uploads, by=user)
    except PermissionDenied:
        raise Http404 from None
    if not faults and uploads:
        messages.success(request, f"{len(uploads)} 个附件已存上")
        return redirect("activity", pk)
    full = any(isinstance(each.error, StorageFull) for each in faults)
    context = {"activity": found, "faults": faults, "kept": len(uploads) - len(faults), "most": AN_ACTIVITY}
    return render(request, "activities/files.html", context, status=507 if full else 422)


@login_required
@require_GET
def activity_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A photo is shown; a document is saved, never opened within the site."""
    found = _visible(request, pk)
    if found.is_photo:
        return shown_photo(photo_storage(), found.file)
    kind = type_of(found).content_type
    return download(photo_storage(), found.file, content_type=kind, as_name=name_to_save(found))


@login_required
@require_GET
def activity_file_small(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    found = _visible(request, pk)
    if not found.thumbnail:
        raise Http404
    return shown_photo(photo_storage(), found.thumbnail)


@login_required
@require_POST
def activity_file_remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    found = _visible(request, pk)
    try:
        take_away(found, by=user)
    except PermissionDenied:
        raise Http404 from None
    messages.success(request, "附件已拿掉")
    return redirect("activity", found.activity_id)


def _visible(request: HttpRequest, pk: uuid.UUID) -> ActivityFile:
    """Not yours answers as not there, and so does what was removed."""
    require_activities(request)
    return get_object_or_404(visible_files(request.user), pk=pk)
