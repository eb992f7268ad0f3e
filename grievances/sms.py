"""Short messages to families, where an SMS channel is set (LIANHU_SMS; contract, section 4).

A notice is taken before it is sent: its remark says so while it still waits, so nobody is thought to have heard
who has not. Whoever died while sending leaves it to a person; nothing sends it again by itself. What is known not
to have gone out is tried once a day as long as the news is new. The message holds number and day, no name and
nothing of the matter.
"""

import datetime
import itertools
import logging
import re
import time

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.channels import Channel, Message, NotDelivered, Unsure, channels
from accounts.settings import setting
from grievances.events import event
from grievances.family import answered_of, still_owed, waiting_notices
from grievances.filings import phone_of as phone_of_filing
from grievances.models import FamilyNotice, Grievance, GrievanceAction, Occasion, TellingWay
from lianhu.kit import clock
from registry.contact import Unopened, opened, sealed_for

log = logging.getLogger(__name__)

CHANNEL = "sms"
# Set up on a ledger of years, it does not call on families about what is long past.
NEWS = datetime.timedelta(days=7)
LOST_AFTER = datetime.timedelta(minutes=2)
# A run ends well before the queue would hand its task to another worker (lianhu/celery.py).
_RUN_SECONDS = 90
_MOBILE = re.compile(r"1\d{10}", re.ASCII)

# What the remark of a waiting notice says, read by people and by `_due`.
SENDING = "短信发送中"
UNSURE = "不知道短信有没有送到，请打电话问一下"
FAILED = "短信没有发出"
NO_PHONE = "发不了短信：没有登记手机号"
SENT = "已交短信网关"

_REACHABLE = Q(grievance__household__phone_sealed__isnull=False) | Q(
    grievance__filing__phone_sealed__isnull=False
)


def closes_at(now: datetime.datetime) -> datetime.datetime | None:
    """When sending ends today, by the hours of the digests but on any day; None at night."""
    begin, end = setting("digest_from_hour", on=now.date()), setting("digest_to_hour", on=now.date())
    if not begin <= now.hour < end:
        return None
    return clock.midnight(now.date()) + datetime.timedelta(hours=end)


def send(now: datetime.datetime) -> int:
    """Send what waits, as far as one run comes; how many were tried."""
    give_up(now)
    channel, end = channels().get(CHANNEL), closes_at(now)
    if channel is None or end is None:
        return 0
    begun, tried = time.monotonic(), 0
    for _ in range(channel.a_minute) if channel.a_minute else itertools.count():
        if time.monotonic() - begun >= _RUN_SECONDS or clock.now() >= end:
            break
        taken = take()
        if taken is None:
            break
        _send_one(taken, channel)
        tried += 1
    return tried


def give_up(now: datetime.datetime) -> None:
    """Nobody knows what a worker did that died while sending."""
    taken = FamilyNotice.objects.filter(told_at__isnull=True, remark__startswith=SENDING)
    lost = [each for each in taken if each.remark < _taken_at(now - LOST_AFTER)]
    for each in lost:
        FamilyNotice.objects.filter(pk=each.pk, told_at__isnull=True, remark=each.remark).update(
            remark=UNSURE
        )


def hold_back(now: datetime.datetime) -> None:
    """After a restore: what waited may have gone out since the backup, so a person asks.

    What was tried is held back in any case: whoever restores need not have the settings of whoever sends.
    """
    waited = Q(remark__contains=FAILED) | Q(remark__startswith=SENDING)
    if CHANNEL in channels():
        waited |= Q(remark="")
    new = still_owed(FamilyNotice.objects.filter(waited, _REACHABLE, event__recorded_at__gte=now - NEWS))
    FamilyNotice.objects.filter(pk__in=list(new.values_list("pk", flat=True))).update(remark=UNSURE)


def _taken_at(moment: datetime.datetime) -> str:
    return f"{SENDING}（{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}）"


def _failed(day: datetime.date, why: str) -> str:
    return f"{day:%Y-%m-%d} {FAILED}：{why}"[:300]


def _due(now: datetime.datetime) -> "QuerySet[FamilyNotice]":
    """New, standing, not tried; or tried on an earlier day and known not to have gone out."""
    new = Q(remark="") | Q(remark__contains=FAILED) & ~Q(remark__startswith=f"{now.date():%Y-%m-%d}")
    return waiting_notices(Grievance.objects.all()).filter(
        new, _REACHABLE, event__recorded_at__gte=now - NEWS
    )


@transaction.atomic
def take() -> FamilyNotice | None:
    """The next one, committed as taken: no other worker gets it."""
    now = clock.now()
    taken = _due(now).select_for_update(skip_locked=True, of=("self",)).first()
    if taken:
        taken.remark = _taken_at(now)
        taken.save(update_fields=["remark"])
    return taken


def _send_one(notice: FamilyNotice, channel: Channel) -> None:
    phone = _phone(notice.grievance)
    if not phone:
        _leave(notice, NO_PHONE)
        return
    try:
        channel.send(phone, Message(*[message_of(notice)] * 3), f"lianhu-notice-{notice.pk}")
    except NotDelivered as error:
        _leave(notice, _failed(clock.today(), str(error)))
    except Unsure:
        _leave(notice, UNSURE)
    except Exception:  # A channel with a defect must not stop the run.
        log.exception("channel %s failed", channel.name)
        _leave(notice, UNSURE)
    else:
        _sent(notice)


def _phone(matter: Grievance) -> str:
    """The mobile number of the household, or that of whoever filed it; empty for a landline and for none."""
    home, filing = matter.household, getattr(matter, "filing", None)
    try:
        phone = opened(home.phone_sealed, sealed_for("household", home.code, "phone")) if home else ""
    except Unopened:
        phone = ""
    phone = phone or (phone_of_filing(filing, full=True) if filing else "")
    return phone if _MOBILE.fullmatch(phone) else ""


def _leave(notice: FamilyNotice, remark: str) -> None:
    """It waits on, and says why; unless a person told it meanwhile."""
    FamilyNotice.objects.filter(pk=notice.pk, told_at__isnull=True, remark=notice.remark).update(
        remark=remark
    )


@transaction.atomic
def _sent(notice: FamilyNotice) -> None:
    """Also after it was thought lost: it knows better. What a person told meanwhile stays; the message is on the
    timeline either way.
    """
    locked = Grievance.objects.select_for_update(of=("self",)).get(pk=notice.grievance_id)
    waiting = FamilyNotice.objects.filter(
        pk=notice.pk, told_at__isnull=True, remark__in=(notice.remark, UNSURE)
    )
    waiting.update(way=TellingWay.SMS, told_at=clock.now(), remark=SENT)
    told = f"{message_of(notice)}（{SENT}）"
    event(locked, GrievanceAction.TELL, by=None, reason=told, value=TellingWay.SMS).save(force_insert=True)


def message_of(notice: FamilyNotice) -> str:
    """Number and day; what it is about is said by people, or read with the code."""
    number = notice.grievance.number
    due = answered_of(notice).reply_due_on
    by_then = f"，{due.year}年{due.month}月{due.day}日前答复" if due else ""
    said = {
        Occasion.REGISTER: f"已挂号{by_then}",
        Occasion.REPLY: "有了答复，干部会告诉您，也可以用查询码查",
        Occasion.EXTEND: f"延期办理{by_then}",
        Occasion.CLOSE: "已办结销号",
    }
    return f"【联户联情】您反映的事（编号 {number}）{said[Occasion(notice.occasion)]}。"
