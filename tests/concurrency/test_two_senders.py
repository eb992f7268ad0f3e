"""Two workers, two beats, a worker killed: nobody is written to twice."""

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from accounts import digests
from accounts.models import Delivery, DeliveryState, Digest, User
from accounts.notices import notify
from lianhu.kit import clock
from tests.accounts.channels import RECORDERS, recorder
from tests.by_the_clock import run
from tests.concurrency.test_two_imports import Thread

pytestmark = pytest.mark.django_db

PEOPLE = 12


@pytest.fixture
def mail(settings, monkeypatch):
    moment = datetime.datetime(2026, 6, 15, 10, tzinfo=clock.SHANGHAI)
    monkeypatch.setattr(clock, "now", lambda: moment)
    RECORDERS.clear()
    settings.CHANNELS = [("tests.accounts.channels.recorder", {})]
    users = [User(username=f"m{n}", name="某", email=f"m{n}@example.cn") for n in range(PEOPLE)]
    notify(User.objects.bulk_create(users), key="k", title="请看一看")
    # As if the network took its time: without it one worker may be done before the other begins.
    recorder().answer = lambda: time.sleep(0.02)
    return recorder()


def at_once(work, count=4):
    """The same work in several threads that begin together."""
    gate = threading.Barrier(count)

    def begin():
        gate.wait(60)
        return work()

    return [thread.result() for thread in [Thread(begin) for _ in range(count)]]


def test_two_beats_make_one_digest_a_person(mail):
    at_once(partial(run, "make_digests"))
    assert Digest.objects.count() == Delivery.objects.count() == PEOPLE


def test_two_workers_send_each_letter_once(mail):
    run("make_digests")
    tried = at_once(lambda: digests.send(clock.now()))
    assert sum(tried) == PEOPLE
    assert sorted(address for address, _, _ in mail.sent) == sorted(f"m{n}@example.cn" for n in range(PEOPLE))
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


def test_without_the_lock_letters_would_double(mail, monkeypatch):
    """What the lock is for: the same work, each worker only looking before it takes."""
    run("make_digests")
    gate = threading.Barrier(2)
    found_first = QuerySet.first

    def first(queryset):
        found = found_first(queryset)
        if queryset.model is Delivery and found and found.pk == Delivery.objects.order_by("pk")[0].pk:
            gate.wait(60)
        return found

    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset)
    monkeypatch.setattr(QuerySet, "first", first)
    at_once(lambda: digests.send(clock.now()), 2)
    assert len(mail.sent) > PEOPLE


KILLED = """
import django; django.setup()
import datetime
from django.conf import settings
from accounts import digests
from lianhu.kit import clock
moment = datetime.datetime(2026, 6, 15, 10, tzinfo=clock.SHANGHAI)
clock.now = lambda: moment
settings.CHANNELS = [("tests.accounts.channels.Killer", {})]
digests.send(moment)
"""


def test_a_worker_killed_while_sending_leaves_one_letter_in_doubt_and_the_others_to_send(mail, monkeypatch):
    run("make_digests")
    database = connection.settings_dict
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "lianhu.settings",
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ALLOWED_HOSTS": "localhost",
        "SECRET_KEY": settings.SECRET_KEY,
        "LIANHU_ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS,
        "LIANHU_HASH_KEY": settings.HASH_KEY,
        "LIANHU_AUDIT_KEY": settings.AUDIT_KEY,
    }
    done = subprocess.run([sys.executable, "-c", KILLED], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    [taken] = Delivery.objects.filter(state=DeliveryState.SENDING)
    run("send_digests")
    assert len(mail.sent) == PEOPLE - 1
    later = clock.now() + datetime.timedelta(minutes=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    run("send_digests")
    run("send_digests")
    taken.refresh_from_db()
    assert (taken.state, taken.attempts) == (DeliveryState.UNSURE, 1)
    assert len(mail.sent) == PEOPLE - 1
    assert digests.send_again(taken, by=User.objects.get(username="m0"))
    run("send_digests")
    assert len({address for address, _, _ in mail.sent}) == len(mail.sent) == PEOPLE


def test_two_administrators_send_again_once(mail):
    run("make_digests")
    run("send_digests")
    mail.sent.clear()
    stuck = Delivery.objects.order_by("pk")[0]
    Delivery.objects.filter(pk=stuck.pk).update(state=DeliveryState.UNSURE)
    admin = User.objects.get(username="m0")
    assert sorted(at_once(lambda: digests.send_again(stuck, by=admin), 2)) == [False, True]
    at_once(lambda: digests.send(clock.now()), 2)
    assert len(mail.sent) == 1
