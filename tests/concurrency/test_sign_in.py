"""Tries at the same moment get no more checks than tries one after the other; a code works once."""

import threading
import time

import pytest
from django.db import connections

from accounts import lockout, two_factor
from accounts.models import User
from tests.accounts.signing_in import KEY, code_at, give_second_factor

pytestmark = pytest.mark.django_db


def at_once(work, count=8):
    """What each of so many threads got, all started together."""
    gate, found = threading.Barrier(count), []

    def run():
        try:
            gate.wait(60)
            found.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == count
    return found


def test_eight_tries_at_once_get_five_checks():
    key, limit = lockout.key_of("password", "P1-cadre"), lockout.per_account()
    turns = at_once(lambda: lockout.take_turn(key, limit))
    assert [turn.allowed for turn in turns].count(True) == 5
    assert [turn.first for turn in turns].count(True) == 1


def test_a_code_sent_eight_times_at_once_works_once():
    user = User.objects.create_user("P1-cadre", "泽仁初")
    now = time.time()
    give_second_factor(user, now - 30)
    code = code_at(now, KEY)
    assert sum(device is not None for device in at_once(lambda: two_factor.check_code(user, code))) == 1


def test_a_recovery_code_sent_eight_times_at_once_works_once():
    user = User.objects.create_user("P1-cadre", "泽仁初")
    code = give_second_factor(user, time.time())[0]
    assert sum(device is not None for device in at_once(lambda: two_factor.check_code(user, code))) == 1
    assert two_factor.codes_left(user) == 9
