"""Public pages are the same for everybody: made once, handed out from memory, and kept by whoever stands between.

What is published or taken down shows within a minute (contract, sections 4 and 10): a page is kept for twenty
seconds here, by a proxy and by the browser each. Every process has a memory of its own; none asks the database
whether a page it keeps still holds.
"""

import datetime
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from lianhu.kit import clock

KEPT_SECONDS = 20
# A page that was made anew and says the same keeps the moment from which it has said so.
_REMEMBERED_SECONDS = 3600
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Made:
    body: bytes
    etag: str
    made_at: datetime.datetime
    changed_at: datetime.datetime


def page(template: str, context: dict[str, Any]) -> str:
    """Without the request: no user, no session, no cookie gets this far."""
    return render_to_string(template, {"demo": settings.DEMO, "today": clock.today(), **context})


def plain(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page for one person at one moment: the view says that it is not to be kept."""
    return HttpResponse(page(template, context), status=status)


def kept(
    request: HttpRequest,
    key: str,
    make: Callable[[], str | None],
    *,
    content_type: str = _HTML,
    remember: bool = True,
) -> HttpResponseBase:
    """The page of this key; what `make` does not find is not there. `remember`: False for keys without end."""
    made = _made(key, make, remember=remember)
    if made is None:
        return not_there()
    answer = HttpResponse(made.body, content_type=content_type)
    answer["ETag"] = made.etag
    answer["Last-Modified"] = http_date(made.changed_at.timestamp())
    let_keep(answer)
    found = get_conditional_response(
        request, etag=made.etag, last_modified=int(made.changed_at.timestamp()), response=answer
    )
    assert found is not None
    return found


def let_keep(answer: HttpResponseBase) -> None:
    answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, s-maxage={KEPT_SECONDS}"


def not_there() -> HttpResponse:
    """One answer for what was never there, is not published, or was taken down."""
    answer = plain("public/gone.html", {}, status=404)
    let_keep(answer)
    return answer


def _made(key: str, make: Callable[[], str | None], *, remember: bool) -> Made | None:
    now, memory, name = clock.now(), caches["public"], hashlib.sha256(key.encode()).hexdigest()
    before: Made | None = memory.get(name) if remember else None
    if before and 0 <= (now - before.made_at).total_seconds() < KEPT_SECONDS:
        return before
    text = make()
    if text is None:
        memory.delete(name)
        return None
    body = text.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    same = before is not None and before.etag == etag
    made = Made(body, etag, now, before.changed_at if before and same else now)
    if remember:
        memory.set(name, made, _REMEMBERED_SECONDS)
    return made
