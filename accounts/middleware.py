"""What each request carries: who acts."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.acting import Acting, acting_as
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
