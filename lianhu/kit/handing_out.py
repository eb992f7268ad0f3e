"""Stored files on their way to a reader who may see them: by the store itself, by the proxy in front, or from here."""

from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect


def shown_photo(storage: Storage, name: str) -> HttpResponseBase:
    """A photo that was painted anew: it may be shown in the page."""
    return handed_out(storage, name, content_type="image/jpeg", disposition='inline; filename="photo.jpg"')


def download(
    storage: Storage, name: str, *, content_type: str, as_name: str, accel: str | None = None
) -> HttpResponseBase:
    """Whatever it holds, it is saved and never opened within the site."""
    disposition = f"attachment; filename*=UTF-8''{quote(as_name, safe='')}"
    return handed_out(storage, name, content_type=content_type, disposition=disposition, accel=accel)


def handed_out(
    storage: Storage, name: str, *, content_type: str, disposition: str, accel: str | None = None
) -> HttpResponseBase:
    """`accel`: the proxy's internal path for this store; unless said that of the photos."""
    accel = settings.PHOTO_ACCEL if accel is None else accel
    answer = _answer(storage, name, content_type, disposition, accel)
    # A signed address is over sooner than a browser would forget it.
    answer["Cache-Control"] = "private, no-store" if answer.status_code == 302 else "private, max-age=300"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _answer(storage: Storage, name: str, content_type: str, disposition: str, accel: str) -> HttpResponseBase:
    if not isinstance(storage, FileSystemStorage):
        said = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        return HttpResponseRedirect(storage.url(name, parameters=said, expire=60))  # type: ignore[call-arg]
    answer: HttpResponseBase
    if accel:
        answer = HttpResponse(content_type=content_type)
        answer["X-Accel-Redirect"] = accel + quote(name)
    else:
        try:
            answer = FileResponse(storage.open(name), content_type=content_type)
        except FileNotFoundError:
            raise Http404 from None
    answer["Content-Disposition"] = disposition
    return answer
