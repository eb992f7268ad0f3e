"""我的账号: roles, mail, second factor, and the sessions one can end."""

import pytest
from django.test import Client

from accounts.models import Session
from tests import county
from tests.accounts.signing_in import Time, logged, open_accounts, send
from tests.pages import Page

pytestmark = pytest.mark.django_db

FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0"}


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return open_accounts()


def sessions_of(page):
    import re

    return re.findall(r'name="session" value="(\w+)"', page.content.decode())


def test_the_name_on_each_page_leads_to_the_account(client, people):
    send(client, people.cadre.code)
    assert Page(client.get("/me/")).links["我的账号：泽仁初"] == "/account/"


def test_roles_are_listed_with_places_and_dates(client, people):
    county.grant(people.cadre, "village_branch", "2026-01-01", "2026-12-31", village=people.village)
    county.grant(people.cadre, "county_leader", "2024-01-01", "2024-12-31")
    send(client, people.cadre.code)
    page = Page(client.get("/account/"))
    assert page.statement == "泽仁初，工号 P1-cadre"
    assert "村党组织 格桑村 2026-01-01 起，到 2026-12-31" in page.words
    assert "县级领导" not in page.words


def test_an_account_without_roles_is_told_whom_to_ask(client):
    from accounts.models import User

    client.force_login(User.objects.create_user("machine", "接口"))
    assert "角色由县联户联情办登记" in Page(client.get("/account/")).words


def test_a_mail_address_is_optional_and_checked(client, people):
    send(client, people.cadre.code)
    assert client.post("/account/", {"email": "zeren@example.cn"}).status_code == 302
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.email == "zeren@example.cn"
    wrong = client.post("/account/", {"email": "zeren@"})
    assert "邮箱地址不完整" in Page(wrong).words
    assert 'value="zeren@"' in wrong.content.decode()
    client.post("/account/", {"email": ""})
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.email == ""
    assert ["email" in entry.detail for entry in logged("changed")][-2:] == [True, True]


def test_sessions_are_listed_and_ended_one_by_one(client, people, time):
    send(client, people.cadre.code)
    other = Client(headers=FIREFOX)
    send(other, people.cadre.code)
    page = client.get("/account/")
    words = Page(page).words
    assert "电脑·Firefox" in words
    assert "登录 2026-06-15 10:00" in words
    (wanted,) = sessions_of(page)
    assert other.session.session_key not in page.content.decode()
    assert client.post("/account/sessions/end/", {"session": wanted})["Location"] == "/account/"
    assert other.get("/me/").status_code == 302
    assert client.get("/me/").status_code == 200
    (entry,) = logged("session_ended")
    assert "电脑·Firefox" in entry.detail


def test_all_others_can_be_ended_at_once(client, people):
    send(client, people.cadre.code)
    others = [Client(), Client()]
    for other in others:
        send(other, people.cadre.code)
    client.post("/account/sessions/end-others/")
    assert "其他 2 处登录已退出" in Page(client.get("/account/")).words
    assert [other.get("/me/").status_code for other in others] == [302, 302]
    assert client.get("/me/").status_code == 200


def test_nobody_ends_the_session_of_another(client, people):
    victim, attacker = Client(), Client()
    send(client, people.cadre.code)
    send(victim, people.cadre.code)
    send(attacker, people.stranger.code)
    (wanted,) = sessions_of(client.get("/account/"))
    attacker.post("/account/sessions/end/", {"session": wanted})
    attacker.post("/account/sessions/end-others/")
    assert victim.get("/me/").status_code == 200
    assert not logged("session_ended")


def test_a_session_that_is_over_is_not_listed(client, people, time):
    other = Client()
    send(other, people.cadre.code)
    time.passes(minutes=31)
    send(client, people.cadre.code)
    assert not sessions_of(client.get("/account/"))
    assert Session.objects.filter(user=people.cadre.user).count() == 2


def test_signing_out_is_logged(client, people):
    send(client, people.cadre.code)
    client.post("/logout/")
    assert [entry.actor_name for entry in logged("sign_in", "sign_out")] == [people.cadre.code] * 2
    Client().post("/logout/")
    assert len(logged("sign_out")) == 1
