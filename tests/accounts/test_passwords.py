"""What a password must be, and changing one's own."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import Setting, User
from tests.accounts.signing_in import PASSWORD, Time, came_in, fail, logged, open_accounts, send
from tests.pages import Page

pytestmark = pytest.mark.django_db

NEW = "Barley-field-77"


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return open_accounts()


def faults(password, user=None):
    try:
        validate_password(password, user)
    except ValidationError as error:
        return "；".join(error.messages)
    return ""


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("Barley-77", "至少 10 位，现在是 9 位"),
        ("Barley-777", ""),
        ("barleyfield", "至少 3 类，现在是 1 类"),
        ("barleyfield77", "至少 3 类，现在是 2 类"),
        ("青稞地里的风真大Aa", ""),
        ("Barley field 青稞", ""),
        ("A-1" + "长" * 61, ""),
        ("A-1" + "x" * 253, ""),
        ("A-1" + "x" * 254, "最多 256 位"),
    ],
)
def test_length_and_kinds(password, told, time):
    assert told in faults(password)
    assert bool(told) == bool(faults(password))


def test_the_office_sets_length_and_kinds(time):
    Setting.objects.create(name="password_length", value=14, begins_on="2026-06-01")
    Setting.objects.create(name="password_kinds", value=4, begins_on="2026-06-01")
    assert "至少 14 位" in faults("Barley-777")
    assert "至少 4 类" in faults("barley-field-77")
    assert faults("Barley-field-77") == ""


def test_common_passwords_and_ones_own_name_are_refused(time):
    Setting.objects.create(name="password_kinds", value=1, begins_on="2026-06-01")
    assert "常见" in faults("qwertyuiop")
    user = User(username="513233-00123", name="Zeren Chu")
    assert "相似" in faults("A513233-00123", user)
    assert "相似" in faults("Zeren-Chu-1", user)


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post("/account/password/", {"old": old, "new": new, "again": again or new})


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(client, people):
    other, colleague = Client(), Client()
    send(client, people.cadre.code)
    send(other, people.cadre.code)
    send(colleague, people.colleague.code)
    old_key = client.session.session_key
    assert change(client)["Location"] == "/account/"
    assert "密码已修改" in Page(client.get("/account/")).words
    assert client.session.session_key != old_key
    assert other.get("/me/").status_code == 302
    assert colleague.get("/me/").status_code == 200
    assert not came_in(send(Client(), people.cadre.code))
    assert came_in(send(Client(), people.cadre.code, NEW))
    assert len(logged("password_changed")) == 1


def test_this_device_stays_known_with_the_new_password(client, people):
    send(client, people.cadre.code)
    change(client)
    client.post("/logout/")
    fail(Client(), people.cadre.code, times=5)
    assert came_in(send(client, people.cadre.code, NEW))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"old": "wrong"}, "现在的密码不对"),
        ({"old": ""}, "请填现在的密码"),
        ({"new": "short"}, "至少 10 位"),
        ({"new": PASSWORD}, "和现在的密码一样"),
        ({"again": "Barley-field-78"}, "两次填的新密码不一样"),
        ({"new": "A-1" + "x" * 254}, "最多 256 位"),
    ],
)
def test_a_fault_changes_nothing_and_is_told(client, people, fields, told):
    send(client, people.cadre.code)
    answer = change(client, **fields)
    assert answer.status_code == 200
    assert told in Page(answer).words
    assert came_in(send(Client(), people.cadre.code))
    # No password comes back in the page.
    assert NEW.encode() not in answer.content


def test_a_session_left_open_does_not_let_guess_the_password(client, people):
    send(client, people.cadre.code)
    for number in range(5):
        change(client, old=f"wrong-{number}")
    assert "请过 15 分钟再来" in Page(change(client)).words
    # Signing in has a counter of its own.
    assert came_in(send(Client(), people.cadre.code))


def test_a_password_manager_and_pasting_find_their_fields(client, people):
    page = client.get("/login/").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    send(client, people.cadre.code)
    page = client.get("/account/password/").content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert 'maxlength="256"' in page
    assert "onpaste" not in page


def test_passwords_are_kept_hashed_slowly_in_the_product():
    """The tests themselves use a quick one."""
    from django.conf import global_settings

    from lianhu import settings

    hashers = getattr(settings, "PASSWORD_HASHERS", global_settings.PASSWORD_HASHERS)
    assert hashers[0].endswith("PBKDF2PasswordHasher")
