"""我要反映, from the QR code on the village's poster: plain pages, no account, no cookie, no script needed."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from grievances import query_codes
from grievances.public import caching, ledger
from grievances.public.filing import Filed, file, new_form
from grievances.public.forms import FilingForm
from registry.models import Village


@require_safe
def public_file(request: HttpRequest) -> HttpResponseBase:
    """Which village: whoever has no poster at hand."""
    return caching.kept(request, "file", _villages)


def _villages() -> str:
    return caching.page("public/file.html", {"here": "file", "townships": ledger.townships()})


# No CSRF token: anybody may file from anywhere, nothing of a session is asked, and the limits are by address and
# village; a browser that keeps no cookies can file as well.
@csrf_exempt
@sensitive_post_parameters("content", "title", "name", "phone", "form_id")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def public_file_village(request: HttpRequest, village: str) -> HttpResponse:
    place = Village.objects.select_related("township").filter(code=village).first()
    if place is None:
        return caching.not_there()
    if request.method != "POST":
        return _page(place, _form({"form_id": new_form()}))
    form = _form(None, _with_id(request.POST))
    if not form.is_valid():
        return _page(place, form, status=422)
    filed = file(place, form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""))
    if filed.other_words:
        # What is sent next is a matter of its own.
        again = _form(None, {**request.POST.dict(), "form_id": str(new_form())})
        return _page(place, again, filed, status=409)
    if filed.wait_seconds:
        page = _page(place, form, filed, status=429)
        page["Retry-After"] = str(filed.wait_seconds)
        return page
    context = {"here": "file", "village": place, "filed": filed, "code": query_codes.shown(filed.code)}
    return caching.plain("public/filed.html", context)


def _form(initial: dict[str, Any] | None, data: Any = None) -> FilingForm:
    return FilingForm(data, initial=initial, categories=ledger.categories())


def _with_id(data: QueryDict) -> dict[str, Any]:
    """A page that lost its form's own word gets a new one, and loses nothing that was typed."""
    try:
        uuid.UUID(data.get("form_id", ""))
    except ValueError:
        return {**data.dict(), "form_id": str(new_form())}
    return data.dict()


def _page(village: Village, form: FilingForm, filed: Filed | None = None, status: int = 200) -> HttpResponse:
    hours = -(-filed.wait_seconds // 3600) if filed else 0
    context = {"here": "file", "village": village, "form": form, "filed": filed, "wait_hours": hours}
    return caching.plain("public/file_village.html", context, status)
