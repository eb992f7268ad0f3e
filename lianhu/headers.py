"""Headers of each answer that Django does not set, and the address behind a proxy."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

_Next = Callable[[HttpRequest], HttpResponse]


class ClientAddress:
    """In production the connection is the proxy's: the client is the last address it wrote down.

    Earlier entries of X-Forwarded-For are whatever the client sent.
    """

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.EMBEDDED:
            last = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
            if _is_address(last):
                request.META["REMOTE_ADDR"] = last
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class NobodyInPublic:
    """A public page is the same for everybody: cookies are put away before anything reads them.

    So no session is opened or prolonged, nobody is asked for a second factor, and a proxy may keep the answer.
    """

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/public/"):
            request.META.pop("HTTP_COOKIE", None)
            # Without a session there is nothing a forged form could use; and a form sent to a page that only
            # reads is refused as such, not as too old.
            request.csrf_processing_done = True  # type: ignore[attr-defined]
        return self.get_response(request)


class Headers:
    """Pages of whoever is signed in stay in no cache, unless the view says otherwise."""

    # A place may be added to a visit (optional); nothing else of the device is asked for.
    PERMISSIONS = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.setdefault("Permissions-Policy", self.PERMISSIONS)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            answer.setdefault("Cache-Control", "private, no-store")
        return answer
