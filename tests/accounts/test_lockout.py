"""Five failures lock an account for unknown devices; nobody else, and no known device, is locked out."""

import datetime

import pytest
from django.test import Client

from accounts import lockout
from accounts.models import Attempt, Setting
from tests.accounts.signing_in import PASSWORD, Time, came_in, fail, logged, open_accounts, send
from tests.by_the_clock import run
from tests.pages import Page

pytestmark = pytest.mark.django_db

LOCKED = "请过 15 分钟再来"


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return open_accounts()


def test_four_failures_do_not_lock_and_five_do(client, people):
    name = people.cadre.code
    fail(client, name, times=4)
    assert came_in(send(client, name))
    other = Client()
    fail(other, name, times=5)
    answer = send(other, name)
    assert answer.status_code == 200
    assert LOCKED in Page(answer).words


def test_the_lock_lasts_fifteen_minutes_from_the_fifth_failure(client, people, time):
    for _ in range(5):
        fail(client, people.cadre.code)
        time.passes(minutes=3)
    time.passes(minutes=11, seconds=59)
    assert not came_in(send(client, people.cadre.code))
    time.passes(seconds=1)
    assert came_in(send(client, people.cadre.code))


def test_failures_long_ago_do_not_lock(client, people, time):
    for _ in range(8):
        fail(client, people.cadre.code)
        time.passes(minutes=4)
    assert came_in(send(client, people.cadre.code))


def test_trying_on_does_not_make_the_lock_longer(client, people, time):
    fail(client, people.cadre.code, times=5)
    for _ in range(14):
        time.passes(minutes=1)
        fail(client, people.cadre.code)
    time.passes(minutes=1)
    assert came_in(send(client, people.cadre.code))


def test_after_a_lock_there_are_five_tries_again(client, people, time):
    fail(client, people.cadre.code, times=5)
    time.passes(minutes=15)
    fail(client, people.cadre.code, times=4)
    assert came_in(send(client, people.cadre.code))


def test_a_success_forgets_the_failures_before_it(client, people):
    for _ in range(3):
        fail(client, people.cadre.code, times=4)
        assert came_in(send(client, people.cadre.code))
        client = Client()


def test_the_office_sets_how_many_and_how_long(client, people, time):
    Setting.objects.create(name="lock_failures", value=3, begins_on="2026-06-01")
    Setting.objects.create(name="lock_minutes", value=60, begins_on="2026-06-01")
    fail(client, people.cadre.code, times=3)
    assert "请过 60 分钟再来" in Page(send(client, people.cadre.code)).words
    time.passes(minutes=59)
    assert not came_in(send(client, people.cadre.code))
    time.passes(minutes=1)
    assert came_in(send(client, people.cadre.code))


def test_a_name_that_is_nobodys_is_locked_in_the_same_words(client, people):
    told = []
    for name in (people.cadre.code, "P9-nobody"):
        fail(client, name, times=5)
        told.append(Page(send(client, name)).words)
    assert told[0] == told[1]
    assert LOCKED in told[0]


def test_when_locked_no_password_is_hashed(client, people, monkeypatch):
    fail(client, people.cadre.code, times=5)
    fail(client, "P9-nobody", times=5)

    def hashed(*args, **kwargs):
        raise AssertionError("hashed")

    monkeypatch.setattr("accounts.sign_in.authenticate", hashed)
    assert send(client, people.cadre.code).status_code == 200
    assert send(client, "P9-nobody").status_code == 200


@pytest.mark.parametrize("who", ["nobody", "closed", "not activated", "wrong password"])
def test_whoever_exists_one_password_is_hashed(client, people, monkeypatch, who):
    """So that the time it takes tells nothing."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    names = dict.fromkeys(["closed", "not activated", "wrong password"], people.cadre.code)
    if who == "closed":
        people.cadre.user.is_active = False
    if who == "not activated":
        people.cadre.user.set_unusable_password()
    people.cadre.user.save()
    count = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, password, salt: count.append(1) or encode(self, password, salt),
    )
    assert not came_in(send(client, names.get(who, "P9-nobody"), "Kitchen-table-2025"))
    assert len(count) == 1


def test_a_known_device_comes_in_while_an_attacker_keeps_the_account_locked(client, people, time):
    attacker = Client(REMOTE_ADDR="203.0.113.7")
    send(client, people.cadre.code)
    client.post("/logout/")
    for _ in range(6):
        fail(attacker, people.cadre.code, times=6)
        assert not came_in(send(attacker, people.cadre.code))
        assert came_in(send(client, people.cadre.code))
        client.post("/logout/")
        # Nor does coming in give the attacker new tries.
        assert LOCKED in Page(send(attacker, people.cadre.code)).words
        time.passes(minutes=15)


def test_a_stolen_device_cannot_guess_for_ever(client, people):
    send(client, people.cadre.code)
    client.post("/logout/")
    fail(client, people.cadre.code, times=5)
    assert LOCKED in Page(send(client, people.cadre.code)).words
    # Its failures are its own: the owner comes in from elsewhere.
    assert came_in(send(Client(), people.cadre.code))


def test_a_device_known_to_one_account_is_unknown_to_another(client, people):
    send(client, people.cadre.code)
    client.post("/logout/")
    fail(Client(), people.colleague.code, times=5)
    assert not came_in(send(client, people.colleague.code))


def test_a_new_password_makes_every_device_unknown(client, people):
    send(client, people.cadre.code)
    client.post("/logout/")
    people.cadre.user.set_password("Another-table-2026")
    people.cadre.user.save()
    fail(Client(), people.cadre.code, times=5)
    assert not came_in(send(client, people.cadre.code, "Another-table-2026"))


def test_a_forged_or_cut_device_cookie_is_an_unknown_device(client, people, settings):
    send(client, people.cadre.code)
    client.post("/logout/")
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    for text in (cookie.value[:-2], cookie.value.replace(":", ";"), "x", "a:b:c"):
        fail(Client(), people.cadre.code, times=5)
        forger = Client()
        forger.cookies[settings.DEVICE_COOKIE_NAME] = text
        assert not came_in(send(forger, people.cadre.code))


def test_a_device_knows_the_ten_accounts_that_came_last(client, people, settings):
    from accounts.models import User

    users = [User.objects.create_user(f"U{number}", "某人", PASSWORD) for number in range(11)]
    for user in users:
        assert came_in(send(client, user.username))
        client.post("/logout/")
    for user in users:
        fail(Client(REMOTE_ADDR=f"203.0.113.{user.pk % 250}"), user.username, times=5)
    came = [
        user.username for user in users if came_in(send(client, user.username)) and client.post("/logout/")
    ]
    assert came == [user.username for user in users[1:]]


def test_many_tries_from_one_address_are_told_to_wait(people, time):
    client = Client(REMOTE_ADDR="203.0.113.9")
    for number in range(60):
        assert fail(client, f"N{number}").status_code == 200
    answer = send(client, people.cadre.code)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert "请过一分钟再试" in Page(answer).words
    assert came_in(send(Client(REMOTE_ADDR="203.0.113.10"), people.cadre.code))
    time.passes(minutes=1)
    assert came_in(send(client, people.cadre.code))


def test_a_county_behind_one_address_comes_in(people):
    """Known devices do not count for their address, and neither does a right password."""
    known = Client(REMOTE_ADDR="203.0.113.9")
    assert came_in(send(known, people.cadre.code))
    known.post("/logout/")
    for _ in range(70):
        assert came_in(send(Client(REMOTE_ADDR="203.0.113.9"), people.colleague.code))
    for number in range(60):
        fail(Client(REMOTE_ADDR="203.0.113.9"), f"N{number}")
    assert send(Client(REMOTE_ADDR="203.0.113.9"), people.colleague.code).status_code == 429
    assert came_in(send(known, people.cadre.code))


def test_one_customers_ipv6_addresses_are_one():
    key = lockout.key_of_address
    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9")
    assert key("2001:db8:1:2::1") != key("2001:db8:1:3::1")
    assert key("") == key("")


def test_a_thousand_tries_get_five_checks_and_lock_nobody_else(people):
    limit = lockout.per_account()
    key = lockout.key_of("password", people.cadre.code)
    turns = [lockout.take_turn(key, limit) for _ in range(1_000)]
    assert [turn.allowed for turn in turns] == [True] * 5 + [False] * 995
    assert [turn.first for turn in turns].count(True) == 1
    assert Attempt.objects.count() == 6
    assert lockout.take_turn(lockout.key_of("password", people.colleague.code), limit).allowed


def test_a_lock_is_logged_once_and_never_with_a_password(client, people, time):
    fail(client, people.cadre.code, times=5)
    for _ in range(3):
        send(client, people.cadre.code)
    assert [entry.subject_key for entry in logged("sign_in_failed")] == [people.cadre.code] * 5
    (entry,) = logged("sign_in_locked")
    assert entry.subject_key == people.cadre.code
    assert entry.address == "127.0.0.1"
    time.passes(minutes=15)
    fail(client, people.cadre.code, times=6)
    assert len(logged("sign_in_locked")) == 2
    assert not [entry for entry in logged("sign_in_failed") if "wrong" in entry.detail + entry.subject_key]


def test_a_typed_name_is_cut_in_the_log(client, people):
    send(client, "长" * 50)
    assert [entry.subject_key for entry in logged("sign_in_failed")] == ["长" * 50]
    assert "最多 50" in Page(send(client, "长" * 51)).words


def test_old_attempts_are_thrown_away(client, people, time):
    fail(client, people.cadre.code, times=5)
    time.passes(days=2)
    run("purge_sign_in")
    assert Attempt.objects.exists()
    time.passes(days=1, seconds=1)
    run("purge_sign_in")
    assert not Attempt.objects.exists()


def test_the_longest_lock_that_can_be_set_outlives_the_purge():
    from accounts.settings import DEFINITIONS

    assert 2 * datetime.timedelta(minutes=DEFINITIONS["lock_minutes"].most) <= lockout.KEPT
