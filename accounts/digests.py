"""The digest of a working day: made once a person and day, sent once a channel (contract, section 8; RELIABILITY).

Two tasks, each of which may run twice at once or be killed. `make` relies on unique keys, `send` on taking a
delivery before it is sent: whoever died while sending leaves it UNSURE, and nothing sends that again by itself.
"""

import datetime
import itertools
import logging
import time
from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts import audit
from accounts.calendar import workday
from accounts.channels import Channel, Message, NotDelivered, Unsure, channels
from accounts.models import AuditKind, Delivery, DeliveryState, Digest, Notice, User
from accounts.settings import setting
from lianhu.kit import clock

log = logging.getLogger(__name__)

_CHUNK = 500
# A run ends well before the queue would hand its task to another worker (lianhu/celery.py).
_RUN_SECONDS = 90
LOST_AFTER = datetime.timedelta(minutes=2)
# After the first, second, … failure; then it has FAILED.
_WAITS = [datetime.timedelta(minutes=minutes) for minutes in (10, 30, 60, 120)]
_MOST_TITLES = 20


def closes_at(now: datetime.datetime) -> datetime.datetime | None:
    """When sending ends today; None while nothing may be sent: at night, on a day off."""
    begin, end = setting("digest_from_hour", on=now.date()), setting("digest_to_hour", on=now.date())
    if not begin <= now.hour < end or not workday(now.date()).works:
        return None
    return clock.midnight(now.date()) + datetime.timedelta(hours=end)


# --- making ----------------------------------------------------------------------------------


def make(now: datetime.datetime, *, among: QuerySet[User]) -> int:
    """One digest for each person with news and an address on a channel; how many were made.

    `among`: who may still sign in, said by the caller, since the registry knows.
    """
    in_use = list(channels().values())
    if not in_use or closes_at(now) is None:
        return 0
    made, last = 0, 0
    begun = time.monotonic()
    while time.monotonic() - begun < _RUN_SECONDS:
        users = list(_with_news(among, now).filter(pk__gt=last).order_by("pk")[:_CHUNK])
        if not users:
            break
        made, last = made + _make_for(users, in_use, now), users[-1].pk
    return made


def _with_news(among: QuerySet[User], now: datetime.datetime) -> QuerySet[User]:
    """Nobody gets a second message on a day: not while one still waits, nor after one that came late."""
    mine = OuterRef("pk")
    news = Notice.objects.filter(user=mine, read_at__isnull=True, digest__isnull=True)
    today = Digest.objects.filter(user=mine, day=now.date())
    under_way = Q(state__in=(DeliveryState.WAITING, DeliveryState.SENDING))
    late = Delivery.objects.filter(under_way | Q(sent_at__gte=clock.midnight(now.date())), digest__user=mine)
    return among.filter(Exists(news), ~Exists(today), ~Exists(late))


_MAKE = """
INSERT INTO accounts_digest (user_id, day, created_at)
SELECT user_id, %(day)s, %(now)s FROM unnest(%(users)s::bigint[]) AS t (user_id)
ON CONFLICT DO NOTHING
RETURNING id, user_id
"""
_TAKE_NOTICES = """
UPDATE accounts_notice n SET digest_id = d.id
FROM accounts_digest d
WHERE d.id = ANY(%(digests)s::bigint[]) AND n.user_id = d.user_id AND n.digest_id IS NULL AND n.read_at IS NULL
"""


@transaction.atomic
def _make_for(users: Sequence[User], in_use: Sequence[Channel], now: datetime.datetime) -> int:
    """Whoever comes second waits for the first's rows and adds none."""
    reached = {user.pk: [channel.name for channel in in_use if channel.address_of(user)] for user in users}
    ids = [user for user, names in reached.items() if names]
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, {"day": now.date(), "now": now, "users": ids})
        digests = cursor.fetchall()
        cursor.execute(_TAKE_NOTICES, {"digests": [digest for digest, _ in digests]})
    Delivery.objects.bulk_create(
        Delivery(digest_id=digest, channel=name, next_try_at=now)
        for digest, user in digests
        for name in reached[user]
    )
    return len(digests)


# --- sending ---------------------------------------------------------------------------------


def send(now: datetime.datetime) -> int:
    """Send what waits, as far as one run comes; how many were tried. Holidays and nights hold for retries too."""
    in_use = channels()
    _give_up(now, list(in_use))
    end = closes_at(now)
    if end is None:
        return 0
    begun = time.monotonic()
    tried = 0
    for channel in in_use.values():
        for _ in range(channel.a_minute) if channel.a_minute else itertools.count():
            if time.monotonic() - begun >= _RUN_SECONDS or clock.now() >= end:
                return tried
            delivery = take(channel)
            if delivery is None:
                break
            _send_one(delivery, channel)
            tried += 1
    return tried


def _give_up(now: datetime.datetime, in_use: list[str]) -> None:
    """Nobody knows what a worker did that died while sending; a channel that is gone sends no more."""
    lost = Delivery.objects.filter(state=DeliveryState.SENDING, taken_at__lt=now - LOST_AFTER)
    lost.update(state=DeliveryState.UNSURE, fault="发送它的程序中断了，不知道是否已经发出")
    gone = Delivery.objects.filter(state=DeliveryState.WAITING).exclude(channel__in=in_use)
    gone.update(state=DeliveryState.FAILED, fault="这个通道已停用")


@transaction.atomic
def take(channel: Channel) -> Delivery | None:
    """The next delivery of the channel, committed as taken: no other worker gets it."""
    now = clock.now()
    due = Delivery.objects.filter(channel=channel.name, state=DeliveryState.WAITING, next_try_at__lte=now)
    locked = due.select_related("digest__user").select_for_update(skip_locked=True, of=("self",))
    delivery = locked.order_by("next_try_at", "pk").first()
    if delivery:
        delivery.state, delivery.taken_at = DeliveryState.SENDING, now
        delivery.attempts += 1
        delivery.save(update_fields=["state", "taken_at", "attempts"])
    return delivery


def _send_one(delivery: Delivery, channel: Channel) -> None:
    user = delivery.digest.user
    try:
        address = channel.address_of(user)
        if address is None:
            raise NotDelivered("没有登记这个通道的地址")
        channel.send(address, message_of(delivery.digest), f"lianhu-{delivery.digest.day}-{delivery.pk}")
    except NotDelivered as error:
        _again_later(delivery, str(error))
    except Unsure as error:
        _end(delivery, DeliveryState.UNSURE, fault=str(error))
    except Exception as error:  # A channel with a defect must not stop the others.
        log.exception("channel %s failed", channel.name)
        _end(delivery, DeliveryState.UNSURE, fault=f"通道出错（{type(error).__name__}）")
    else:
        _end(delivery, DeliveryState.SENT, sent_at=clock.now(), fault="")


def _again_later(delivery: Delivery, fault: str) -> None:
    if delivery.attempts > len(_WAITS):
        _end(delivery, DeliveryState.FAILED, fault=fault)
    else:
        next_try_at = clock.now() + _WAITS[delivery.attempts - 1]
        _end(delivery, DeliveryState.WAITING, fault=fault, next_try_at=next_try_at)


def _end(delivery: Delivery, state: DeliveryState, **values: object) -> None:
    """By the worker that took it, even where it was thought lost meanwhile: it knows better."""
    mine = Delivery.objects.filter(pk=delivery.pk, taken_at=delivery.taken_at)
    mine.filter(state__in=(DeliveryState.SENDING, DeliveryState.UNSURE)).update(state=state, **values)


@transaction.atomic
def send_again(delivery: Delivery, *, by: User) -> bool:
    """A person's decision, logged, for what has FAILED or is UNSURE; False when it is neither any more.

    It goes out in the next run, within the hours of sending, under the identity it had.
    """
    stuck = Delivery.objects.filter(pk=delivery.pk, state__in=(DeliveryState.FAILED, DeliveryState.UNSURE))
    values = {"state": DeliveryState.WAITING, "attempts": 0, "next_try_at": clock.now(), "fault": ""}
    if not stuck.update(**values):
        return False
    audit.log(AuditKind.CHANGED, delivery, by=by, key=f"{delivery.channel} {delivery.pk}", told="再发一次")
    return True


_HOLD_TODAY = """
INSERT INTO accounts_digest (user_id, day, created_at)
SELECT id, %(day)s, %(now)s FROM accounts_user WHERE is_active ON CONFLICT DO NOTHING
"""


def hold_back(now: datetime.datetime) -> None:
    """After a restore, since nobody knows what has gone out: what waited is left to a person, and nobody gets another
    one today. What is unread is in that of the next working day.
    """
    waited = Delivery.objects.filter(state__in=(DeliveryState.WAITING, DeliveryState.SENDING))
    waited.update(state=DeliveryState.UNSURE, fault="恢复备份前在等着发，不知道后来是否已经发出")
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_TODAY, {"day": now.astimezone(clock.SHANGHAI).date(), "now": now})


# --- what it says ----------------------------------------------------------------------------


def message_of(digest: Digest) -> Message:
    """How many, their titles, and where to read them: nothing of what they are about."""
    titles = list(digest.notices.order_by("-pk").values_list("title", flat=True))
    count = f"您有 {len(titles)} 条新消息"
    return Message(
        subject=f"联户联情：{count}",
        text="\n".join(_lines(count, titles)),
        short=f"联户联情：{count}，请登录查看",
    )


def _lines(count: str, titles: list[str]) -> Iterator[str]:
    yield from (f"{count}：", "")
    yield from (f"{number}. {title}" for number, title in enumerate(titles[:_MOST_TITLES], 1))
    if len(titles) > _MOST_TITLES:
        yield f"还有 {len(titles) - _MOST_TITLES} 条"
    yield from (
        "",
        f"登录查看：{settings.SITE_URL}{reverse('inbox')}",
        "",
        "每个工作日最多发送一次，请勿回复。",
    )
