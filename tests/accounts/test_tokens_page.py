"""访问令牌: made with the password, shown once, ended by its owner; and what phones said is forgotten in time."""

import logging
import re
import uuid

import pytest
from django.test import Client

from accounts.models import ApiToken, Phone
from accounts.tokens import make_token, user_of
from tests.accounts.signing_in import PASSWORD, Time, logged, open_accounts, send
from tests.by_the_clock import run
from tests.pages import Page

pytestmark = pytest.mark.django_db

TOKENS = "/account/tokens/"


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return open_accounts()


@pytest.fixture
def mine(client, people):
    send(client, people.cadre.code)
    return client


def make(client, **fields):
    return client.post(TOKENS, {"name": "一表通", "days": "90", "old": PASSWORD, **fields})


def text_in(answer):
    return re.search(r"lianhu_[\w-]+", answer.content.decode())[0]


def test_my_account_leads_to_the_tokens(mine, people, time):
    page = Page(mine.get("/account/"))
    assert page.links["管理访问令牌"] == TOKENS
    assert "没有能用的令牌" in page.words
    make(mine)
    assert "1 个令牌能用" in Page(mine.get("/account/")).words
    time.passes(days=91)
    send(mine, people.cadre.code)
    assert "没有能用的令牌" in Page(mine.get("/account/")).words


def test_the_page_says_in_words_what_a_token_may_do(mine):
    page = Page(mine.get(TOKENS))
    assert "能以您的名义上传走访和读取您能看到的内容" in page.words
    assert page.links["/api/schema/"] == "/api/schema/"
    assert "您建的令牌会列在这里" in page.words


def test_a_new_token_is_shown_once_in_the_answer_and_kept_by_no_cache(mine, people):
    answer = make(mine)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    text = text_in(answer)
    assert user_of(text) == people.cadre.user
    listed = mine.get(TOKENS)
    assert "一表通" in Page(listed).words
    assert text not in listed.content.decode()
    assert "lianhu_" not in listed.content.decode()


def test_a_token_is_in_no_log_and_not_in_the_table(mine, caplog):
    with caplog.at_level(logging.DEBUG):
        text = text_in(make(mine))
    told = " ".join(str(record.__dict__) for record in caplog.records)
    entries = " ".join(entry.detail + entry.subject_key for entry in logged("added"))
    assert "一表通" in entries
    assert text not in told + entries + str(ApiToken.objects.values())


@pytest.mark.parametrize("old", ["", "wrong"])
def test_without_the_password_no_token_is_made_and_what_was_typed_stays(mine, old):
    answer = make(mine, old=old)
    assert answer.status_code == 422
    assert "现在的密码" in Page(answer).words
    assert 'value="一表通"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_the_password_is_counted_like_a_sign_in(people, time):
    client = Client()
    client.force_login(people.cadre.user)
    for _ in range(5):
        make(client, old="wrong")
    assert "请过 15 分钟再来" in Page(make(client)).words
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"days": "0"}, "填 1 到 366 的整数"),
        ({"days": "367"}, "最多 366 天"),
        ({"days": "三十"}, "填 1 到 366 的整数"),
        ({"days": ""}, "请填有效天数"),
        ({"name": " "}, "请填用途"),
        ({"name": "长" * 101}, "用途最多 100 个字"),
    ],
)
def test_a_fault_stands_beside_its_field(mine, fields, told):
    answer = make(mine, **fields)
    assert answer.status_code == 422
    assert told in Page(answer).words
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("days", ["1", "366"])
def test_a_token_may_last_from_a_day_to_a_year(mine, days):
    assert make(mine, days=days).status_code == 200


def test_ending_a_token_asks_first_and_then_it_opens_nothing(mine, people):
    text = text_in(make(mine))
    address = Page(mine.get(TOKENS)).links["停用“一表通”"]
    assert Page(mine.get(address)).statement == "停用“一表通”的令牌"
    assert user_of(text)
    assert mine.post(address)["Location"] == TOKENS
    assert user_of(text) is None
    words = Page(mine.get(TOKENS)).words
    assert "“一表通”的访问令牌已停用。" in words
    assert "停用 2026-06-15 10:00" in words
    assert [entry.subject_key for entry in logged("changed")][-1] == "一表通"


def test_a_second_tap_changes_nothing(mine, time):
    make(mine)
    address = f"{TOKENS}{ApiToken.objects.get().pk}/end/"
    mine.post(address)
    first = ApiToken.objects.get().ended_at
    time.passes(minutes=1)
    mine.post(address)
    assert ApiToken.objects.get().ended_at == first
    assert mine.get(address)["Location"] == TOKENS


def test_the_list_tells_use_and_end(mine, people, time):
    text = text_in(make(mine, days="1"))
    assert "还没用过" in Page(mine.get(TOKENS)).words
    user_of(text)
    time.passes(hours=25)
    send(mine, people.cadre.code)
    page = Page(mine.get(TOKENS))
    for told in ("已到期", "建立 2026-06-15 10:00", "到期 2026-06-16 10:00", "最后使用 2026-06-15 10:00"):
        assert told in page.words
    assert "停用“一表通”" not in page.links


def test_anothers_tokens_are_not_listed_and_cannot_be_ended(mine, people):
    theirs, text = make_token(people.stranger.user, name="12345", days=90)
    assert "12345" not in Page(mine.get(TOKENS)).words
    for verb in (mine.get, mine.post):
        assert verb(f"{TOKENS}{theirs.pk}/end/").status_code == 404
    assert user_of(text)


def test_the_list_costs_the_same_for_two_and_for_fifty(mine, people, django_assert_max_num_queries):
    for count in (2, 48):
        for number in range(count):
            make_token(people.cadre.user, name=f"系统{number}", days=90)
        with django_assert_max_num_queries(14):
            assert "系统1" in Page(mine.get(TOKENS)).words


def test_phones_not_heard_of_for_ninety_days_are_forgotten(people, time):
    Phone.objects.create(id=uuid.uuid4(), user=people.cadre.user, waiting=3, refused=0, contact_at=time.now)
    time.passes(days=90)
    run("sweep_phones")
    assert Phone.objects.exists()
    time.passes(seconds=1)
    run("sweep_phones")
    assert not Phone.objects.exists()
