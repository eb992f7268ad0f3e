"""A person's sessions: how one begins, how long it lasts, which there are, and how they are ended."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, devices
from accounts.models import AuditKind, Session, User
from accounts.sessions import ADDRESS, DEVICE, IDLE_SECONDS, SEEN_AT, SIGNED_IN_AT
from accounts.settings import setting
from lianhu.kit import clock
from lianhu.kit.privacy import keyed_hash

_A_DAY = 24 * 3600
_WRITTEN_EVERY = datetime.timedelta(minutes=1)


def begin(request: HttpRequest, *, phone: bool) -> None:
    """Write into the session where it is and how long it lasts, so that no request has to ask for that."""
    now = clock.now().isoformat()
    where = devices.of_request(request)
    seconds = setting("phone_days") * _A_DAY if phone else setting("idle_minutes") * 60
    request.session.update(
        {
            DEVICE: where["device"],
            ADDRESS: where["address"],
            SIGNED_IN_AT: now,
            SEEN_AT: now,
            IDLE_SECONDS: seconds,
        }
    )
    # On a desk the cookie goes with the browser.
    request.session.set_expiry(seconds if phone else 0)


def is_over(session: SessionBase | dict[str, Any]) -> bool:
    """Idle for too long. A session without these values has not begun yet."""
    seen, seconds = session.get(SEEN_AT), session.get(IDLE_SECONDS)
    if not seen or not seconds:
        return False
    return clock.now() - _moment(seen) > datetime.timedelta(seconds=seconds)


def is_phone(session: SessionBase) -> bool:
    """Signed in on one's own phone: for days, not for minutes."""
    return bool(session.get(IDLE_SECONDS, 0) >= _A_DAY)


def keep_alive(session: SessionBase) -> None:
    """Written at most once a minute: a request that reads stays one that reads."""
    now = clock.now()
    if now - _moment(session[SEEN_AT]) >= _WRITTEN_EVERY:
        session[SEEN_AT] = now.isoformat()


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


@dataclass(frozen=True)
class OpenSession:
    """`id` names it to its owner; the key itself never leaves the cookie."""

    id: str
    device: str
    address: str
    signed_in_at: datetime.datetime | None
    seen_at: datetime.datetime | None
    this_one: bool


def of_user(user: User, this: str | None) -> list[OpenSession]:
    """This one first, then by last use. `this` is the key of the request's own."""
    listed = [
        OpenSession(_id(row), row.device, row.address, row.signed_in_at, row.seen_at, row.session_key == this)
        for row in _rows(user)
    ]
    return sorted(listed, key=lambda one: (one.this_one, one.seen_at or _LONG_AGO), reverse=True)


_LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)


def _rows(user: User) -> list[Session]:
    rows = Session.objects.filter(user=user, expire_date__gt=datetime.datetime.now(datetime.UTC))
    return [row for row in rows if not is_over(row.get_decoded())]


def _id(row: Session) -> str:
    return keyed_hash(row.session_key, "session").hex()


def end(user: User, session_id: str, *, by: User) -> bool:
    """False if there is none any more."""
    return bool(_end([row for row in _rows(user) if _id(row) == session_id], user, by=by))


def end_others(user: User, this: str | None, *, by: User) -> int:
    """All but the request's own; a new password and a new second factor do it too."""
    return _end([row for row in _rows(user) if row.session_key != this], user, by=by)


def _end(rows: list[Session], user: User, *, by: User) -> int:
    with transaction.atomic():
        for row in rows:
            audit.log(AuditKind.SESSION_ENDED, user, by=by, device=row.device, address=row.address)
        Session.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
