"""两步验证: the code after the password, for once; required of the office and the system admin."""

import datetime
import re

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import get_resolver, reverse

from accounts import two_factor
from accounts.models import Session
from lianhu.kit.clock import SHANGHAI
from tests.access.test_every_url import API, TABLE, named, rolled_back
from tests.accounts.signing_in import (
    KEY,
    PASSWORD,
    came_in,
    code_at,
    give_second_factor,
    logged,
    open_accounts,
    send,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db

ASKED = "registry.sign_in.needs_second_factor"


@pytest.fixture
def time():
    """django-otp and clock.now() both follow."""
    with time_machine.travel(datetime.datetime(2026, 6, 15, 10, tzinfo=SHANGHAI), tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(time):
    return open_accounts()


@pytest.fixture
def recovery(people, time):
    return give_second_factor(people.cadre.user, now() - 30)


def now():
    return datetime.datetime.now(SHANGHAI).timestamp()


def give(client, code, **fields):
    return client.post("/login/code/", {"code": code, **fields})


def test_the_password_alone_opens_nothing(client, people, recovery):
    answer = send(client, people.cadre.code, next="/me/?month=2026-05")
    assert answer["Location"] == "/login/code/"
    assert SESSION_KEY not in client.session
    assert client.get("/me/").status_code == 302
    assert give(client, code_at(now()))["Location"] == "/me/?month=2026-05"
    assert client.get("/me/").status_code == 200
    (entry,) = logged("sign_in")
    assert '"two_factor": true' in entry.detail


def test_a_wrong_code_opens_nothing_and_five_lock(client, people, recovery, time):
    send(client, people.cadre.code)
    for _ in range(5):
        assert "验证码不对" in Page(give(client, "000000")).words
    assert "请过 15 分钟再来" in Page(give(client, code_at(now()))).words
    # A right password does not give new tries at the code.
    send(client, people.cadre.code)
    assert not came_in(give(client, code_at(now())))
    time.shift(datetime.timedelta(minutes=15))
    send(client, people.cadre.code)
    assert came_in(give(client, code_at(now())))


def test_a_code_works_once(people, recovery, time):
    code = code_at(now())
    first, second = Client(), Client()
    send(first, people.cadre.code)
    send(second, people.cadre.code)
    assert came_in(give(first, code))
    assert "已经用过" in Page(give(second, code)).words
    time.shift(30)
    assert came_in(give(second, code_at(now())))


def test_a_code_typed_with_blanks_or_in_full_width_is_the_same(client, people, recovery):
    send(client, people.cadre.code)
    code = code_at(now())
    wide = code.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})
    assert came_in(give(client, f" {wide[:3]} {wide[3:]} "))


def test_each_recovery_code_works_once(people, recovery):
    for code in (recovery[0], recovery[1].upper().replace("-", " ")):
        client = Client()
        send(client, people.cadre.code)
        assert came_in(give(client, code))
        client.post("/logout/")
        send(client, people.cadre.code)
        assert not came_in(give(client, code))
    assert two_factor.codes_left(people.cadre.user) == 8


def test_recovery_codes_are_not_kept_as_they_are(people, recovery):
    from django_otp.plugins.otp_static.models import StaticToken

    assert len(set(recovery)) == 10
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not kept & {code.replace("-", "") for code in recovery}


def test_a_recovery_code_of_another_account_is_worth_nothing(client, people, recovery):
    give_second_factor(people.colleague.user, now() - 30)
    send(client, people.colleague.code)
    assert not came_in(give(client, recovery[0]))


def test_the_code_must_come_within_five_minutes(client, people, recovery, time):
    send(client, people.cadre.code)
    time.shift(5 * 60 + 1)
    assert give(client, code_at(now()))["Location"] == "/login/"
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize("what", ["closed", "left", "new password"])
def test_an_account_closed_or_changed_meanwhile_does_not_come_in(client, people, recovery, what):
    send(client, people.cadre.code)
    if what == "closed":
        people.cadre.user.is_active = False
    elif what == "new password":
        people.cadre.user.set_password("Another-table-2026")
    else:
        people.cadre.left_on = datetime.date(2026, 6, 14)
        people.cadre.save()
    people.cadre.user.save()
    assert give(client, code_at(now()))["Location"] == "/login/"
    assert SESSION_KEY not in client.session


def test_without_a_password_before_it_a_code_is_not_asked(client, people, recovery):
    assert client.get("/login/code/")["Location"] == "/login/"
    assert give(client, code_at(now()))["Location"] == "/login/"


def test_the_session_gets_a_new_key_at_each_step(client, people, recovery):
    client.get("/login/")
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    keys = [session.session_key]
    client.cookies["sessionid"] = session.session_key
    send(client, people.cadre.code)
    keys.append(client.session.session_key)
    give(client, code_at(now()))
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3
    assert not Session.objects.filter(session_key__in=keys[:2]).exists()


# --- switching it on and off -----------------------------------------------------------------


def begin_setup(client):
    page = client.get("/account/two-factor/")
    text = re.search(r"<code>([A-Z2-7 ]+)</code>", page.content.decode())[1]
    return page, text


def secret_of(text):
    import base64

    return base64.b32decode(text.replace(" ", "")).hex()


def test_switching_it_on_shows_a_picture_and_the_secret_and_takes_a_code(client, people, time):
    send(client, people.cadre.code)
    page, text = begin_setup(client)
    assert b"<svg" in page.content
    assert b"style=" not in page.content
    assert begin_setup(client)[1] == text, "a reload shows the same secret"
    assert two_factor.device_of(people.cadre.user) is None
    wrong = client.post("/account/two-factor/", {"code": "000000"})
    assert "验证码不对" in Page(wrong).words
    assert two_factor.device_of(people.cadre.user) is None
    other = Client()
    send(other, people.cadre.code)
    old_key = client.session.session_key
    done = client.post("/account/two-factor/", {"code": code_at(now(), secret_of(text))})
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", done.content.decode())
    assert len(codes) == 10
    # This session goes on under a new key, the others have shown no code.
    assert client.session.session_key != old_key
    assert client.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302
    assert codes[0] not in client.get("/account/two-factor/").content.decode()
    third = Client()
    send(third, people.cadre.code)
    assert came_in(give(third, codes[3]))
    assert logged("two_factor")


def test_the_setup_url_names_the_system_and_the_account(people):
    from urllib.parse import unquote

    from django_otp.plugins.otp_totp.models import TOTPDevice

    url = unquote(TOTPDevice(key=KEY, user=people.cadre.user).config_url)
    assert url.startswith("otpauth://totp/联户联情:P1-cadre?secret=")


def test_switching_off_asks_password_and_code(client, people, recovery, time):
    send(client, people.cadre.code)
    give(client, code_at(now()))
    time.shift(30)
    page = client.post("/account/two-factor/off/", {"old": "wrong", "code": code_at(now())})
    assert "现在的密码不对" in Page(page).words
    page = client.post("/account/two-factor/off/", {"old": PASSWORD, "code": "000000"})
    assert "验证码不对" in Page(page).words
    assert two_factor.device_of(people.cadre.user)
    assert (
        client.post("/account/two-factor/off/", {"old": PASSWORD, "code": code_at(now())}).status_code == 302
    )
    assert two_factor.device_of(people.cadre.user) is None
    assert came_in(send(Client(), people.cadre.code))


def test_new_recovery_codes_take_the_place_of_the_old(client, people, recovery, time):
    send(client, people.cadre.code)
    give(client, code_at(now()))
    time.shift(30)
    page = client.post("/account/two-factor/codes/", {"old": PASSWORD, "code": code_at(now())})
    fresh = re.findall(r"<code>(\w{5}-\w{5})</code>", page.content.decode())
    assert len(fresh) == 10
    other = Client()
    send(other, people.cadre.code)
    assert not came_in(give(other, recovery[0]))
    assert came_in(give(other, fresh[0]))


# --- required of some ------------------------------------------------------------------------


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_ASKED_OF = ASKED


@pytest.mark.parametrize("name", ["office", "admin"])
def test_office_and_admin_come_nowhere_before_they_have_set_it_up(client, people, required, name):
    from accounts.middleware import SecondFactor

    assert came_in(send(client, people.people[name].code))
    let_in = {}
    for url_name in set(named(get_resolver().url_patterns)) & set(TABLE) - SecondFactor.FREE:
        row = TABLE[url_name]
        with rolled_back():
            address = reverse(url_name, args=row.args(people))
            answer = getattr(client, row.method)(address)
        sent_there = answer.get("Location", "").startswith("/account/two-factor/?next=")
        # Public pages know nobody.
        for_all = url_name.startswith(("public_", "robots"))
        if not sent_there and not for_all and not (url_name in API and answer.status_code == 403):
            let_in[url_name] = answer.status_code
    assert not let_in
    asked = client.get("/me/?month=2026-05")
    page, text = begin_setup(client)
    assert "必须打开两步验证" in Page(page).words
    done = client.post(asked["Location"], {"code": code_at(now(), secret_of(text))})
    assert Page(done).links["收好了，继续"] == "/me/?month=2026-05"
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize("name", ["cadre", "branch", "unit_leader", "county_leader", "auditor"])
def test_of_the_others_it_is_not_required(client, people, required, name):
    assert came_in(send(client, people.people[name].code))
    assert client.get("/me/").status_code == 200


def test_a_role_given_during_a_session_asks_at_the_next_page(client, people, required):
    from tests import county

    send(client, people.cadre.code)
    assert client.get("/me/").status_code == 200
    county.grant(people.cadre, "county_office")
    assert client.get("/me/")["Location"].startswith("/account/two-factor/")


def test_a_session_from_before_is_asked_for_the_code(people, required, signed_in):
    give_second_factor(people.office.user, now() - 30)
    client = signed_in(people.office)
    asked = client.get("/county/")
    assert asked["Location"] == "/login/code/?next=/county/"
    assert client.get(asked["Location"]).status_code == 200
    old_key = client.session.session_key
    assert client.post(asked["Location"], {"code": code_at(now())})["Location"] == "/county/"
    assert client.get("/county/").status_code == 200
    assert client.session.session_key != old_key


def test_whoever_must_have_it_cannot_switch_it_off(client, people, required, time):
    give_second_factor(people.office.user, now() - 30)
    send(client, people.office.code)
    give(client, code_at(now()))
    time.shift(30)
    answer = client.post("/account/two-factor/off/", {"old": PASSWORD, "code": code_at(now())})
    assert answer["Location"] == "/account/two-factor/"
    assert two_factor.device_of(people.office.user)
    assert "不能关闭" in Page(client.get("/account/two-factor/")).words


def test_in_the_demo_it_is_not_required_and_the_account_says_so(client, people, required, settings):
    settings.DEMO = True
    send(client, people.office.code)
    assert client.get("/county/").status_code == 200
    assert "正式使用时，您的角色必须打开两步验证" in Page(client.get("/account/")).words


def test_the_system_admin_can_take_it_away_for_someone_else(client, people, recovery):
    two_factor.remove(people.cadre.user, by=people.admin.user)
    assert logged("two_factor")[-1].actor_name == people.admin.code
    assert came_in(send(client, people.cadre.code))
