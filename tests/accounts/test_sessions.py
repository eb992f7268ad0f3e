"""How long a sign-in lasts, what ends it, and where one comes back to."""

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import devices
from accounts.models import Session, Setting
from tests.accounts.signing_in import Time, open_accounts, send
from tests.pages import Page

pytestmark = pytest.mark.django_db

CHROME_PHONE = "Mozilla/5.0 (Linux; Android 14; M2) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return open_accounts()


def test_a_desktop_session_ends_after_thirty_idle_minutes(client, people, time):
    send(client, people.cadre.code)
    for _ in range(3):
        time.passes(minutes=30)
        assert client.get("/me/").status_code == 200
    time.passes(minutes=30, seconds=1)
    answer = client.get("/me/?month=2026-05")
    assert answer["Location"] == "/login/?next=/me/%3Fmonth%3D2026-05&ended=1"
    assert SESSION_KEY not in client.session
    assert not Session.objects.filter(user=people.cadre.user).exists()
    words = Page(client.get(answer["Location"])).words
    assert "这次登录已经结束" in words
    assert "还留在这台设备上" in words
    assert send(client, people.cadre.code, next="/me/?month=2026-05")["Location"] == "/me/?month=2026-05"


def test_ones_own_phone_stays_signed_in_for_fourteen_days(client, people, time, settings):
    send(client, people.cadre.code, phone="on")
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 14 * 24 * 3600
    for _ in range(3):
        time.passes(days=14)
        assert client.get("/me/").status_code == 200
    time.passes(days=14, seconds=1)
    assert client.get("/me/").status_code == 302


def test_a_desktop_cookie_goes_with_the_browser(client, people, settings):
    send(client, people.cadre.code)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == cookie["expires"] == ""
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_office_sets_how_long(client, people, time):
    Setting.objects.create(name="idle_minutes", value=10, begins_on="2026-06-01")
    send(client, people.cadre.code)
    time.passes(minutes=10, seconds=1)
    assert client.get("/me/").status_code == 302


def test_staying_signed_in_takes_one_small_request(client, people, time):
    send(client, people.cadre.code)
    for _ in range(3):
        time.passes(minutes=29)
        assert client.post("/account/alive/").status_code == 204
    time.passes(minutes=31)
    assert client.post("/account/alive/").status_code == 302


def test_last_use_is_written_at_most_once_a_minute(client, people, time):
    send(client, people.cadre.code)
    time.passes(seconds=59)
    with CaptureQueriesContext(
        connection,
    ) as reads:
        client.post("/account/alive/")
    assert not [each for each in reads if "UPDATE" in each["sql"]]
    time.passes(seconds=1)
    client.post("/account/alive/")
    assert Session.objects.get(user=people.cadre.user).seen_at == time.now


def test_a_form_sent_too_late_comes_back_to_the_page_it_was_typed_on(client, people, time):
    send(client, people.cadre.code)
    time.passes(minutes=31)
    answer = client.post(
        "/account/sessions/end-others/", headers={"Referer": "http://testserver/account/?x=1"}
    )
    assert answer["Location"] == "/login/?next=/account/%3Fx%3D1&ended=1"


def test_a_referer_from_elsewhere_is_not_followed(client, people, time):
    send(client, people.cadre.code)
    time.passes(minutes=31)
    for elsewhere in ("https://evil.example/me/", "//evil.example/", ""):
        send(client, people.cadre.code)
        time.passes(minutes=31)
        answer = client.post("/account/password/", headers={"Referer": elsewhere})
        assert answer["Location"] == "/login/?next=/account/password/&ended=1"


def test_a_session_ended_from_elsewhere_says_so(client, people):
    send(client, people.cadre.code)
    Session.objects.all().delete()
    assert client.get("/me/")["Location"].endswith("&ended=1")


def test_whoever_was_never_signed_in_is_not_told_of_an_end(client):
    assert client.get("/me/")["Location"] == "/login/?next=/me/"


def test_after_the_end_public_pages_are_shown_as_to_a_visitor(client, people, time):
    send(client, people.cadre.code)
    time.passes(minutes=31)
    assert client.get("/healthz").status_code == 200
    send(client, people.cadre.code)
    time.passes(minutes=31)
    assert client.get("/login/").status_code == 200


def test_a_session_planted_before_the_sign_in_is_worth_nothing(people):
    attacker = Client()
    session = attacker.session
    session["x"] = 1
    session.save()
    victim = Client()
    victim.cookies["sessionid"] = session.session_key
    attacker.cookies["sessionid"] = session.session_key
    send(victim, people.cadre.code)
    assert victim.get("/me/").status_code == 200
    assert attacker.get("/me/").status_code == 302


def test_a_page_of_someone_signed_in_stays_in_no_cache(client, people):
    send(client, people.cadre.code)
    answer = client.get("/me/")
    assert answer["Cache-Control"] == "private, no-store"
    assert "geolocation=(self)" in answer["Permissions-Policy"]


def test_a_visitor_without_a_cookie_gets_no_vary_from_us(client):
    assert "Cookie" not in client.get("/healthz").get("Vary", "")


def test_a_forged_host_is_refused(client, people):
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example"):
        assert client.get("/login/", headers={"Host": host}).status_code == 400


def test_a_session_says_where_it_is(client, people, time):
    client.post(
        "/login/",
        {"username": people.cadre.code, "password": "Kitchen-table-2026"},
        headers={"User-Agent": CHROME_PHONE},
    )
    row = Session.objects.get(user=people.cadre.user)
    assert (row.device, row.address, row.signed_in_at) == ("手机·Chrome", "127.0.0.1", time.now)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME_PHONE, "手机·Chrome"),
        (CHROME_PHONE + " MicroMessenger/8.0", "手机·微信"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0", "电脑·Edge"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "电脑·Firefox"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Version/17.5 Mobile/15E148 Safari/604.1", "手机·Safari"),
        ("Mozilla/5.0 (Linux; Android 12; HarmonyOS) Chrome/99 HuaweiBrowser/14 Mobile", "手机·华为浏览器"),
        ("curl/8.5", "其他设备·其他浏览器"),
        ("", "其他设备·其他浏览器"),
    ],
)
def test_a_device_is_told_in_words(agent, words):
    assert devices.in_words(agent) == words


def test_behind_a_proxy_the_client_is_the_last_address_it_wrote(client, people, settings, rf):
    from lianhu.headers import ClientAddress

    def address(forwarded):
        request = rf.get("/", headers={"X-Forwarded-For": forwarded})
        ClientAddress(lambda request: None)(request)
        return request.META["REMOTE_ADDR"]

    assert address("203.0.113.9") == "127.0.0.1", "without a proxy the header is the client's own word"
    settings.EMBEDDED = False
    assert address("1.2.3.4, 203.0.113.9") == "203.0.113.9"
    assert address("1.2.3.4, <script>") == "127.0.0.1"


def test_a_draft_is_reported_taken_only_when_the_server_took_it(client, people, time):
    send(client, people.cadre.code)

    def taken(answer):
        cookie = answer.cookies.get("draft_taken")
        return cookie and cookie.value

    assert taken(client.post("/account/", {"email": "a@example.cn", "draft": "d-1"})) == "d-1"
    assert taken(client.post("/account/", {"email": "wrong", "draft": "d-2"})) is None
    assert taken(client.post("/account/", {"email": "", "draft": "d 3;"})) is None
    time.passes(minutes=31)
    assert taken(client.post("/account/", {"email": "", "draft": "d-4"})) is None
