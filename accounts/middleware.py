"""What each request carries: who acts, whether the session still holds, and what is asked before it may go on."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts import open_sessions, two_factor
from accounts.acting import Acting, acting_as
from accounts.addresses import page_of, with_next
from accounts.sessions import IDLE_SECONDS
from lianhu.logging import request_id

_Next = Callable[[HttpRequest], HttpResponse]


class ActingUser:
    """Writes of this request are this account's, or a visitor's with this address."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def who() -> Acting:
            # Only a user who is read already: to ask here would be a query inside another one.
            user = getattr(request, "_cached_user", None)
            account = {"id": user.pk, "name": user.username} if user is not None and user.pk else {}
            address = request.META.get("REMOTE_ADDR", "")
            return Acting(**account, address=address, request=request_id.get())

        with acting_as(who):
            return self.get_response(request)


def _has_session_cookie(request: HttpRequest) -> bool:
    """Who has none costs nothing, and is answered alike (a public page may be kept by a proxy)."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


class IdleEnd:
    """A session without a request for too long is over; what was half typed stays on the device (draft.js).

    The request goes on as a visitor's: a public page is shown, any other sends to sign in, and from there
    back to the page, for a form to the page it was typed on.
    """

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _has_session_cookie(request):
            return self.get_response(request)
        ended = self._ended(request)
        answer = self.get_response(request)
        if _asks_to_sign_in(answer) and not request.user.is_authenticated:
            answer["Location"] = with_next("login", page_of(request), **({"ended": "1"} if ended else {}))
        return answer

    def _ended(self, request: HttpRequest) -> bool:
        if SESSION_KEY not in request.session:
            # The browser still has the cookie of a session that was ended from elsewhere.
            return request.session.is_empty()
        if open_sessions.is_over(request.session):
            request.session.flush()
            request.user = AnonymousUser()
            return True
        if IDLE_SECONDS in request.session:
            # What a page asks by itself keeps no desk awake; a phone that sends is in use.
            if not request.path.startswith("/api/") or open_sessions.is_phone(request.session):
                open_sessions.keep_alive(request.session)
        else:
            open_sessions.begin(request, phone=False)
        return False


def _asks_to_sign_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith(f"{settings.LOGIN_URL}?next=")


class SecondFactor:
    """Whoever must show a second factor comes nowhere before it is shown or, the first time, set up."""

    # What such a person may still do: leave, read larger, see what is kept of them.
    FREE = frozenset(
        "login login_code logout two_factor text_size account_alive healthz readyz privacy "
        # The field app's frame, which holds nothing of anybody's; a family's look-up.
        "field field_worker field_manifest public_case api_schema".split()
    )

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, options: Any) -> HttpResponse | None:
        name = request.resolver_match and request.resolver_match.view_name
        if name in self.FREE or not _has_session_cookie(request):
            return None
        user: Any = request.user
        if not user.is_authenticated or user.is_verified() or not two_factor.required_for(user):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": "请先在网页上完成两步验证"}, status=403)
        step = "two_factor" if two_factor.device_of(user) is None else "login_code"
        return redirect(with_next(step, page_of(request)))


class DraftTaken:
    """Tells the page that what it sent is in: then, and only then, draft.js throws its local copy away.

    A form sent by draft.js carries the name of its draft. An answer that leads on, to whoever is signed
    in, is a yes; one that shows the form again, asks to sign in or fails is none.
    """

    COOKIE = "draft_taken"
    _NAME = re.compile(r"[\w-]{1,64}")

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.method == "POST" and answer.status_code == 302 and request.user.is_authenticated:
            name = request.POST.get("draft", "")
            if self._NAME.fullmatch(name) and not _asks_to_sign_in(answer):
                answer.set_cookie(self.COOKIE, name, max_age=3600, samesite="Lax", secure=request.is_secure())
        return answer
