"""Where to go next: an address the browser names is followed only inside this site."""

from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def asked_next(request: HttpRequest, otherwise: str = "") -> str:
    """`next` of the form or the address, if it is ours."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    return address if is_ours(request, address) else otherwise


def page_of(request: HttpRequest) -> str:
    """The page itself, or for a form the page it was typed on: an address that takes only POST opens nothing."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    referer = request.headers.get("Referer", "")
    if not is_ours(request, referer) or not referer:
        return request.path
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def with_next(name: str, page: str, **more: str) -> str:
    query = QueryDict(mutable=True)
    query.update({"next": page} | more)
    return f"{reverse(name)}?{query.urlencode(safe='/')}"
