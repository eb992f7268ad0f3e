"""Attachments of a matter: in from its page, without JavaScript too; out to whoever may see the matter."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from grievances.attachments import A_MATTER, PDF, attach
from grievances.models import Attachment, Grievance
from grievances.pages.matter import visible_matter
from lianhu.kit.handing_out import download, shown_photo
from visits.kept_files import photo_storage
from visits.photos import NotKept, StorageFull


@login_required
@require_POST
def matter_files(request: HttpRequest, number: str) -> HttpResponse:
    """What is good is kept, what is not is told by its name."""
    found = visible_matter(request, number)
    assert isinstance(request.user, User)
    uploads = request.FILES.getlist("files")
    try:
        faults = attach(found, uploads, by=request.user)
    except PermissionDenied:
        raise Http404 from None
    if faults or not uploads:
        return _told(request, found, faults, kept=len(uploads) - len(faults))
    messages.success(request, f"{len(uploads)} 个附件已存上")
    return redirect("matter", number)


def _told(request: HttpRequest, found: Grievance, faults: list[NotKept], *, kept: int) -> HttpResponse:
    full = any(isinstance(each.error, StorageFull) for each in faults)
    context = {"matter": found, "faults": faults, "kept": kept, "most": A_MATTER}
    return render(request, "matters/files.html", context, status=507 if full else 422)


@login_required
@require_GET
def matter_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A photo is shown; a PDF is saved, never opened within the site."""
    found = _visible(request, pk)
    if found.content_type == PDF:
        return download(photo_storage(), found.file, content_type=PDF, as_name=_as_pdf(found.name))
    return shown_photo(photo_storage(), found.file)


@login_required
@require_GET
def matter_file_small(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    found = _visible(request, pk)
    if not found.thumbnail:
        raise Http404
    return shown_photo(photo_storage(), found.thumbnail)


def _visible(request: HttpRequest, pk: uuid.UUID) -> Attachment:
    """Not yours answers as not there, and so does what was removed."""
    matters = Grievance.objects.visible_to(request.user)
    return get_object_or_404(Attachment.objects.exclude(file=""), pk=pk, grievance__in=matters)


def _as_pdf(name: str) -> str:
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"
