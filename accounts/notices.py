"""提醒: what people are told in the inbox (contract, section 8)."""

from collections.abc import Iterable

from accounts.models import Notice, User
from lianhu.kit import clock


def notify(users: Iterable[User], *, key: str, title: str, body: str = "", url: str = "") -> None:
    """Tell each of them once: the same `key` again is no second notice. One statement for any number.

    It shares the caller's transaction, so that nobody is told of what did not happen. The title goes out
    by e-mail and phone: it holds no name, phone or other personal data. `url` is a path of this site.
    """
    if url and (not url.startswith("/") or url.startswith("//")):
        raise ValueError("a notice leads to a page of this site")
    moment = clock.now()
    # In one order, so that two callers who tell the same people wait for each other instead of deadlocking.
    ids = sorted({user.pk for user in users})
    Notice.objects.bulk_create(
        (Notice(user_id=each, key=key, title=title, body=body, url=url, created_at=moment) for each in ids),
        ignore_conflicts=True,
    )


def unread_count(user: User) -> int:
    return Notice.objects.filter(user=user, read_at__isnull=True).count()


def mark_read(notice: Notice) -> None:
    """The first reading counts."""
    if notice.read_at is None:
        Notice.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=clock.now())


def mark_all_read(user: User, *, up_to: int) -> None:
    """Those the person has had on the screen: one that came since stays unread."""
    unread = Notice.objects.filter(user=user, read_at__isnull=True, pk__lte=up_to)
    unread.update(read_at=clock.now())
