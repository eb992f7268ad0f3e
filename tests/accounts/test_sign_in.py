"""Who comes in, who does not, and that the page tells no difference."""

import datetime
import re

import pytest

from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

PASSWORD = "Kitchen-table-2026"
TODAY = "2026-06-15"


@pytest.fixture
def people(on_day):
    on_day(TODAY)
    people = county.build()
    for person in people.people.values():
        person.user.set_password(PASSWORD)
        person.user.save()
    return people


def send(client, username, password=PASSWORD, **fields):
    return client.post("/login/", {"username": username, "password": password, **fields})


@pytest.mark.parametrize(
    ("name", "first_page"),
    [
        ("cadre", "/me/"),
        ("branch", "/villages/"),
        ("unit_leader", "/units/U-EDU/"),
        ("unit_liaison", "/units/U-EDU/"),
        ("township_liaison", "/overview/"),
        ("office", "/today/"),
        ("county_leader", "/overview/"),
        ("auditor", "/audit/"),
    ],
)
def test_each_comes_to_their_own_first_page(client, people, name, first_page):
    answer = client.post("/login/", {"username": people.people[name].code, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == first_page
    assert answer.status_code == 200


def test_the_page_never_tells_whether_an_account_exists(client, people):
    people.stranger.user.is_active = False
    people.stranger.user.save()
    people.colleague.left_on = datetime.date(2026, 6, 14)
    people.colleague.save()
    people.admin.user.set_unusable_password()
    people.admin.user.save()
    attempts = {
        "wrong password": (people.cadre.code, "Kitchen-table-2025"),
        "nobody": ("P9-nobody", PASSWORD),
        "closed account": (people.stranger.code, PASSWORD),
        "left the service": (people.colleague.code, PASSWORD),
        "not activated": (people.admin.code, PASSWORD),
    }
    told = {}
    for name, (username, password) in attempts.items():
        answer = send(client, username, password)
        page = answer.content.decode().replace(username, "…")
        told[name] = (answer.status_code, re.sub(r'value="[^"]{64}"', "", page))
    assert len(set(told.values())) == 1, told
    assert "工号或密码不对" in told["nobody"][1]


def test_the_last_day_in_service_is_still_a_day_in_service(client, people, on_day):
    people.cadre.left_on = datetime.date(2026, 6, 15)
    people.cadre.save()
    assert send(client, people.cadre.code).status_code == 302
    assert client.get("/me/").status_code == 200


def test_an_open_session_ends_with_the_service(client, people, on_day):
    send(client, people.cadre.code)
    people.cadre.left_on = datetime.date(2026, 6, 15)
    people.cadre.save()
    assert client.get("/me/").status_code == 200
    on_day("2026-06-16")
    answer = client.get("/me/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_an_open_session_ends_with_a_closed_account(client, people):
    send(client, people.cadre.code)
    people.cadre.user.is_active = False
    people.cadre.user.save()
    assert client.get("/me/").status_code == 302


def test_full_width_digits_and_blanks_are_the_same_name(client, people):
    wide = "　" + people.cadre.code.replace("1", "１") + " "
    assert send(client, wide).status_code == 302


def test_an_empty_form_says_what_is_missing_and_keeps_the_name(client, people):
    page = Page(send(client, "", ""))
    assert "请填工号" in page.words
    assert "请填密码" in page.words
    again = send(client, "P1-cadre", "")
    assert b'value="P1-cadre"' in again.content


def test_sign_in_returns_to_the_page_that_was_asked_for(client, people):
    asked = client.get("/me/?month=2026-05")
    assert "请先登录" in Page(client.get(asked["Location"])).words
    answer = send(client, people.cadre.code, next="/me/?month=2026-05")
    assert answer["Location"] == "/me/?month=2026-05"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_no_address_outside_this_site_is_followed(client, people, elsewhere):
    assert send(client, people.cadre.code, next=elsewhere)["Location"] == "/"
    assert client.post("/text-size/", {"size": "large", "next": elsewhere})["Location"] == "/"


def test_signing_out_ends_the_session_and_takes_a_post(client, people):
    send(client, people.cadre.code)
    assert client.get("/logout/").status_code == 405
    assert client.get("/me/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/me/").status_code == 302


def test_large_text_is_remembered_on_this_device_before_and_after_sign_in(client, people):
    assert client.post("/text-size/", {"size": "large", "next": "/login/"})["Location"] == "/login/"
    assert b'class="large"' in client.get("/login/").content
    send(client, people.cadre.code)
    assert b'class="large"' in client.get("/me/").content
    client.post("/text-size/", {"size": "normal", "next": "/me/"})
    assert b'class="large"' not in client.get("/me/").content


def test_a_demo_county_says_so_on_each_page_and_no_other_does(client, people, settings):
    told = "演示数据，姓名均为虚构。"
    assert told not in Page(client.get("/login/")).words
    settings.DEMO = True
    assert told in Page(client.get("/login/")).words
    assert told in Page(client.get("/nowhere/")).words
    send(client, people.cadre.code)
    assert told in Page(client.get("/me/")).words


def test_an_account_without_a_cadre_is_told_whom_to_ask(client, people):
    from accounts.models import User

    client.force_login(User.objects.create_user("machine", "接口"))
    assert "还没有对应的干部" in Page(client.get("/me/")).statement
    assert client.get("/units/U-EDU/").status_code == 404


def test_a_form_kept_too_long_asks_to_be_sent_again(people):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "请再提交一次" in Page(answer).statement
