"""`POST /api/sync/`: the envelope around `lianhu.doors.sync` (contract, section 10)."""

import datetime
import json
import logging
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.http import require_POST

from accounts.api import api, author_code, problem
from accounts.epoch import epoch
from accounts.models import Phone, User
from lianhu.doors.sync import Busy, Item, Result, moment_of, read_item, take_in
from lianhu.kit import clock

log = logging.getLogger(__name__)

MOST_ITEMS = 100
MOST_BYTES = 2 * 1024 * 1024
MOST_PHONES = 10
OLDEST = datetime.timedelta(days=3660)


class _NotABatch(ValueError):
    pass


@api
@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """A batch in, an answer for each item. Whoever is signed in sends only what they wrote themselves."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return problem(413, "too_large", "这一批太大，请分成几批（每批最多 100 条、2 MB）")
    try:
        batch = _batch(request)
    except (_NotABatch, UnreadablePostError) as error:
        log.warning("a batch that can't be read: %s", type(error).__name__)
        return problem(400, "unreadable", "这一批读不出来，没有收下任何一条，请再传一次")
    user: Any = request.user
    # A phone says whose its queue is; a program's token is its owner's.
    author = batch.get("author", "" if "phone" in batch else None)
    if author is not None and author != author_code(user):
        return problem(409, "other_author", "这些内容是别人写的，没有收下；请用写的人的账号登录再上传")
    items: list[Any] = batch["items"]
    if len(items) > MOST_ITEMS:
        return problem(413, "too_many", "一批最多 100 条，请分成几批")
    try:
        results = _answers(items, user)
    except Busy:
        return problem(503, "busy", "现在很忙，没有收下，请过一会儿再传")
    _note_phone(batch.get("phone"), user)
    return JsonResponse(
        {
            "epoch": str(epoch()),
            "server_time": clock.now().isoformat(),
            "results": [result.as_json() for result in results],
        }
    )


def _answers(raw: list[Any], user: User) -> list[Result]:
    now = clock.now()
    read = [read_item(each, now) for each in raw]
    items = [each for each in read if isinstance(each, Item)]
    answers = iter(take_in(items, by=user, on=now.date()) if items else [])
    return [next(answers) if isinstance(each, Item) else each for each in read]


def _batch(request: HttpRequest) -> dict[str, Any]:
    """Raise _NotABatch for what is no JSON (doubled keys and NaN are none) or has no list of items."""
    try:
        body = json.loads(request.body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _NotABatch from error
    batch = {"items": body} if isinstance(body, list) else body
    if not isinstance(batch, dict) or not isinstance(batch.get("items"), list):
        raise _NotABatch
    return batch


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotABatch
    return found


def _no_number(text: str) -> Any:
    raise _NotABatch


def _note_phone(said: Any, user: User) -> None:
    """What the phone says of its queue, for help only; what can't be read is left out."""
    if not isinstance(said, dict):
        return
    try:
        identity = uuid.UUID(said["id"])
        numbers = {name: min(max(int(said[name]), 0), 100_000) for name in ("waiting", "refused")}
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return
    oldest = moment_of(said.get("oldest"))
    if oldest:
        # A phone's clock may be anywhere.
        oldest = min(max(oldest, clock.now() - OLDEST), clock.now())
    now = {"oldest_at": oldest, "contact_at": clock.now(), **numbers}
    mine = Phone.objects.filter(user=user)
    # A person has a few phones; made-up ones are not kept.
    if not mine.filter(pk=identity).update(**now) and mine.count() < MOST_PHONES:
        Phone.objects.bulk_create([Phone(pk=identity, user=user, **now)], ignore_conflicts=True)
