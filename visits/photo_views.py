"""Photos come in from the phone in pieces or from the visit's page, and go out to whoever may see the visit."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    UnreadablePostError,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.api import api, problem
from accounts.models import User
from lianhu.kit.handing_out import shown_photo
from lianhu.kit.images import MAX_BYTES, NotAPhoto
from visits.kept_files import photo_storage
from visits.models import Photo, Visit
from visits.partials import WrongOffset
from visits.photos import (
    NotKept,
    OtherAuthor,
    Refused,
    StorageFull,
    VisitNotThere,
    add_photos,
    receive_photo,
    received_of,
)


class UploadForm(forms.Form):
    visit = forms.UUIDField()
    offset = forms.IntegerField(min_value=0)
    total = forms.IntegerField(min_value=1)

    def clean(self) -> None:
        if self.cleaned_data.get("offset", 0) > self.cleaned_data.get("total", 0):
            raise forms.ValidationError("offset")


@api
@require_http_methods(["GET", "PUT"])
def photo_upload(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A photo of an item in pieces: resumable, repeatable (contract, sections 3 and 10)."""
    assert isinstance(request.user, User)
    if request.method == "GET":
        received, done = received_of(pk, by=request.user)
        return JsonResponse({"received": received, "done": done})
    form = UploadForm(request.GET)
    if not form.is_valid():
        return problem(400, "bad_request", "visit、offset、total 不对")
    asked = form.cleaned_data
    length = int(request.headers.get("Content-Length") or 0)
    if max(asked["total"], length) > MAX_BYTES:
        return problem(413, "too_large", "照片超过 10 MB，请缩小后再传")
    if asked["offset"] + length > asked["total"]:
        return problem(400, "bad_request", "内容比 total 长")
    try:
        received, done = receive_photo(
            pk,
            item=asked["visit"],
            offset=asked["offset"],
            total=asked["total"],
            body=request,
            by=request.user,
        )
    except WrongOffset as error:
        return JsonResponse({"received": error.received}, status=409)
    except VisitNotThere:
        return problem(404, "waiting", "这次走访还没有上传")
    except OtherAuthor:
        return problem(409, "other_author", "这次走访是另一位登录的人写的")
    except (NotAPhoto, Refused) as error:
        return JsonResponse({"errors": [str(error)]}, status=422)
    except StorageFull as error:
        return problem(507, "storage_full", str(error))
    except UnreadablePostError:
        return problem(400, "broken", "没有传完，请接着传")
    return JsonResponse({"received": received, "done": done})


@login_required
@require_POST
def visit_photos_add(request: HttpRequest, pk: int) -> HttpResponse:
    """From the visit's page, without JavaScript too: what is good is kept, what is not is told by its name."""
    visit = get_object_or_404(
        Visit.objects.visible_to(request.user).select_related("cadre", "household__village"), pk=pk
    )
    assert isinstance(request.user, User)
    uploads = request.FILES.getlist("photos")
    try:
        faults = add_photos(visit, uploads, by=request.user)
    except PermissionDenied:
        raise Http404 from None
    if faults or not uploads:
        return _told(request, visit, faults, kept=len(uploads) - len(faults))
    messages.success(request, f"{len(uploads)} 张照片已存上")
    return redirect("visit", visit.pk)


def _told(request: HttpRequest, visit: Visit, faults: list[NotKept], *, kept: int) -> HttpResponse:
    full = any(isinstance(each.error, StorageFull) for each in faults)
    context = {"visit": visit, "faults": faults, "kept": kept}
    return render(request, "visits/photos_add.html", context, status=507 if full else 422)


@login_required
@require_GET
def photo(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    return shown_photo(photo_storage(), _visible(request, pk).file)


@login_required
@require_GET
def photo_small(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    return shown_photo(photo_storage(), _visible(request, pk).thumbnail)


def _visible(request: HttpRequest, pk: uuid.UUID) -> Photo:
    """Not yours answers as not there, and so does what was removed."""
    visits = Visit.objects.visible_to(request.user)
    return get_object_or_404(Photo.objects.exclude(file=""), pk=pk, visit__in=visits)
