"""查进度: a family finds its one matter by its code, nobody learns more, and whoever guesses is stopped."""

import datetime
import logging

import pytest
from django.test import Client

from accounts.models import AuditEntry, Setting
from grievances.public.look_up import ALTOGETHER, PER_ADDRESS
from grievances.query_codes import hash_of
from lianhu.kit import clock
from tests import county
from tests.accounts.signing_in import Time
from tests.pages import Page

pytestmark = pytest.mark.django_db

CODE, OTHER = "7KQMA4XWD2", "0000011111"
NOT_FOUND = "没有找到，请核对查询码。如果刚刚记下，等干部的手机有信号后再查。"


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return county.build()


def add_matter(people, *, code=CODE, **fields):
    row = {
        "household": people.household,
        "handler": people.cadre,
        "title": "多吉家饮水管道漏水",
        "content": "多吉 13812341234 说的话",
        "category": "饮水用电",
        "number": "LH-2026-900123",
        "registered_on": "2026-06-10",
    }
    return county.add_grievance(query_code_hash=hash_of(code), **(row | fields))


def look(code=CODE, number="", client=None, **headers):
    return (client or Client(**headers)).post("/public/case/", {"code": code, "number": number})


def facts(page):
    return page.words.replace(" ", "")


def guess(times, **headers):
    client = Client(**headers)
    return [look("ZZZZZZZZZZ", client=client) for _ in range(times)][-1]


def test_the_page_opens_without_an_account_a_query_or_a_search_engine(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/public/case/")
    page = Page(answer)
    assert page.statement == "查一件诉求办到哪一步了"
    assert '<meta name="robots" content="noindex">' in answer.content.decode()
    assert "主菜单" not in answer.content.decode()


@pytest.mark.parametrize(
    ("days", "state", "told"),
    [
        ({"state": "registered"}, "已挂号", "答复期限2026年6月17日"),
        ({}, "已交办", "答复期限2026年6月17日"),
        ({"replied_on": "2026-06-12"}, "已答复", "答复日期2026年6月12日答复结果已解决"),
        ({"replied_on": "2026-06-12", "satisfaction": "satisfied"}, "已回访", "答复日期2026年6月12日"),
        ({"replied_on": "2026-06-12", "outcome": "explained"}, "已答复", "答复结果政策解释"),
        ({"closed_on": "2026-06-14"}, "已销号", "销号日期2026年6月14日"),
        ({"published_on": "2026-06-14"}, "已公示", "销号日期2026年6月14日"),
    ],
)
def test_the_code_finds_the_matter_and_says_how_far_it_is(people, days, state, told):
    add_matter(people, **days)
    answer = look()
    assert answer.status_code == 200
    page = Page(answer)
    assert page.statement == f"LH-2026-900123 {state}"
    assert told in facts(page)
    assert "挂号日期2026年6月10日" in facts(page)
    assert "类别饮水用电村格桑村" in facts(page)


def test_nothing_personal_is_shown(people):
    add_matter(people, replied_on="2026-06-12")
    said = look().content.decode()
    for word in ("多吉", "漏水", "13812341234", "泽仁初", people.household.code, people.cadre.code):
        assert word not in said


def test_the_code_is_never_in_an_address_a_cache_or_a_log(people, caplog):
    add_matter(people)
    with caplog.at_level(logging.DEBUG):
        answer = look()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert CODE not in answer.content.decode()
    assert CODE not in " ".join(str(record.__dict__) for record in caplog.records)
    assert "没有找到" not in Page(Client().get(f"/public/case/?code={CODE}")).words


@pytest.mark.parametrize("typed", ["7kqma 4xwd2", " 7KQMA-4XWD2 ", "７ＫＱＭＡ４ＸＷＤ２", "7KQMA—4XWD2"])
def test_the_code_is_read_as_it_was_meant(people, typed):
    add_matter(people)
    assert look(typed).status_code == 200


def test_letters_that_look_like_digits_are_those(people):
    add_matter(people, code=OTHER)
    assert look("OOoOO IlLi1").status_code == 200


@pytest.mark.parametrize("number", ["LH-2026-900123", " lh-2026-900123 ", "ＬＨ－2026－900123"])
def test_the_number_may_be_given_and_must_then_match(people, number):
    add_matter(people)
    assert look(number=number).status_code == 200
    assert look(number="LH-2026-900124").status_code == 422


def test_all_that_is_wrong_is_answered_alike_and_keeps_what_was_typed(people):
    add_matter(people)
    add_matter(people, code=OTHER, number="LH-2026-900124")
    wrong = [("ZZZZZZZZZZ", ""), ("7KQM", ""), ("不知道", ""), (CODE, "LH-2026-900124"), (CODE, "没有这个")]
    for code, number in wrong:
        answer = look(code, number)
        assert answer.status_code == 422
        page = Page(answer)
        assert NOT_FOUND in page.words
        assert "LH-2026" not in page.words.replace("像 LH-2026-000123", "")
        assert f'value="{code}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("code", "told"), [("", "请填查询码"), (" ", "请填查询码"), ("7" * 41, "只有 10 位")]
)
def test_an_empty_field_is_asked_for_and_not_counted(people, code, told):
    for _ in range(PER_ADDRESS.failures + 1):
        answer = look(code)
    assert answer.status_code == 422
    assert told in Page(answer).words


def test_a_null_character_is_no_code(people):
    assert look("7KQMA\x004XWD2").status_code == 422
    assert look(number="\x00").status_code == 422


def test_a_voided_matter_says_so_and_tells_no_reason(people):
    add_matter(people, void=True, void_reason="多吉要求撤回")
    page = Page(look())
    assert page.statement == "LH-2026-900123 已作废"
    assert "不再办理" in page.words
    assert "要求撤回" not in page.words
    assert "答复期限" not in page.words


def test_a_day_for_the_answer_that_has_passed_is_said(people, time):
    add_matter(people)
    assert "已经过了" not in Page(look()).words
    time.passes(days=2)
    assert "已经过了" not in Page(look()).words
    time.passes(days=1)
    assert "答复期限2026年6月17日，已经过了" in facts(Page(look()))


def test_the_day_for_an_answer_is_the_matters_own_whatever_is_set_since(people):
    add_matter(people, level="county", reply_due_on="2026-07-10")
    Setting.objects.create(name="reply_days_county", begins_on=datetime.date(2026, 6, 11), value=10)
    assert "答复期限2026年7月10日" in facts(Page(look()))


def test_it_works_without_cookies_from_a_browser_that_was_never_here(people):
    add_matter(people)
    assert look(client=Client(enforce_csrf_checks=True)).status_code == 200


def test_whoever_guesses_on_is_told_to_wait_and_what_was_typed_stays(people, time):
    add_matter(people)
    here = {"REMOTE_ADDR": "203.0.113.9"}
    assert guess(PER_ADDRESS.failures, **here).status_code == 422
    answer = look(**here)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "600"
    page = Page(answer)
    assert "请过 10 分钟再查" in page.words
    assert f'value="{CODE}"' in answer.content.decode()
    assert "LH-2026-900123 已" not in page.words
    assert look(REMOTE_ADDR="203.0.113.10").status_code == 200
    time.passes(minutes=10)
    assert look(**here).status_code == 200


def test_right_codes_are_not_counted_and_do_not_forgive_wrong_ones(people):
    add_matter(people)
    here = {"REMOTE_ADDR": "203.0.113.9"}
    for _ in range(PER_ADDRESS.failures + 5):
        assert look(**here).status_code == 200
    guess(PER_ADDRESS.failures - 1, **here)
    assert look(**here).status_code == 200
    guess(1, **here)
    assert look(**here).status_code == 429


def test_guessing_from_many_addresses_is_stopped_as_a_whole(people, time):
    add_matter(people)
    each = PER_ADDRESS.failures - 1
    for number in range(-(-ALTOGETHER.failures // each)):
        guess(each, REMOTE_ADDR=f"203.0.113.{number}")
    answer = look(REMOTE_ADDR="198.51.100.1")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 600
    time.passes(minutes=10)
    # Whoever only had to wait has not used up tries of their own.
    guess(PER_ADDRESS.failures - 1, REMOTE_ADDR="198.51.100.1")
    assert look(REMOTE_ADDR="198.51.100.1").status_code == 200


def test_a_lock_is_logged_once_with_the_address_and_without_a_code(people):
    guess(PER_ADDRESS.failures + 4, REMOTE_ADDR="203.0.113.9")
    (entry,) = AuditEntry.objects.filter(kind="sign_in_locked")
    assert (entry.subject_key, entry.address) == ("查询码", "203.0.113.9")
    assert "ZZZZ" not in entry.detail


def test_looking_up_does_not_touch_the_tries_of_signing_in(people):
    people.cadre.user.set_password("Kitchen-table-2026")
    people.cadre.user.save()
    here = {"REMOTE_ADDR": "203.0.113.9"}
    guess(PER_ADDRESS.failures + 1, **here)
    form = {"username": people.cadre.code, "password": "Kitchen-table-2026"}
    assert Client(**here).post("/login/", form).status_code == 302


def test_a_look_up_costs_the_same_for_two_matters_and_for_fifty(people, django_assert_max_num_queries):
    add_matter(people)
    for count in (1, 48):
        for _ in range(count):
            county.add_grievance(household=people.household)
        with django_assert_max_num_queries(26):
            assert look().status_code == 200
    assert clock.today() == datetime.date(2026, 6, 15)
