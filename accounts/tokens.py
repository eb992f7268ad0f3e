"""访问令牌: a person's key for a program (contract, section 10). It is shown once; only its digest is kept."""

import datetime
import hashlib
import secrets

from django.conf import settings
from django.contrib.auth import load_backend
from django.db.models import QuerySet

from accounts.models import ApiToken, User
from lianhu.kit import clock

PREFIX = "lianhu_"
LONGEST_DAYS = 366
_WRITTEN_EVERY = datetime.timedelta(minutes=1)


def make_token(user: User, *, name: str, days: int) -> tuple[ApiToken, str]:
    """The row, and the token itself: 256 random bits. Raise ValueError for more days than a year."""
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(days)
    text = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    ends = now + datetime.timedelta(days=days)
    row = ApiToken.objects.create(user=user, name=name, digest=_digest(text), created_at=now, expires_at=ends)
    return row, text


def end_token(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk, ended_at=None).update(ended_at=clock.now())


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user).order_by("-created_at")


def user_of(text: str) -> User | None:
    """Whose token it is; None for one that is unknown, ended or expired, or whose owner may not sign in."""
    now = clock.now()
    found = ApiToken.objects.filter(digest=_digest(text), ended_at=None, expires_at__gt=now).first()
    if found is None:
        return None
    if found.used_at is None or now - found.used_at >= _WRITTEN_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(used_at=now)
    # The backend that is asked at each request of a session is asked here too.
    user: User | None = load_backend(settings.AUTHENTICATION_BACKENDS[0]).get_user(found.user_id)
    return user


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
