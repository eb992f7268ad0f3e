"""我要反映: anybody may file, once however often it is sent; a flood is stopped and stops nobody's look-up."""

import re
import uuid

import pytest
from django.test import Client

from accounts.models import Notice
from grievances.models import Filing
from grievances.public import filing
from grievances.public.forms import MOST_WORDS
from grievances.query_codes import hash_of, tidy
from lianhu.kit import clock
from lianhu.kit.privacy import unseal
from tests import county
from tests.accounts.signing_in import Time
from tests.pages import Page

pytestmark = pytest.mark.django_db
SHOWN = re.compile(r"[0-9A-HJKMNP-TV-Z]{5} [0-9A-HJKMNP-TV-Z]{5}")


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return county.build()


def new_word():
    return str(uuid.uuid4())


def send(people, client=None, village=None, **fields):
    row = {"form_id": new_word(), "content": "村口的路灯坏了半个月，孩子晚上看不见路。", "kind": "livelihood"}
    row |= {"title": "", "category": "", "name": "", "phone": ""} | fields
    address = f"/public/file/{(village or people.village).code}/"
    return (client or Client()).post(address, row)


def word_in(answer):
    return re.search(r'name="form_id" value="([^"]+)"', answer.content.decode())[1]


def code_in(answer):
    found = SHOWN.search(Page(answer).words)
    return tidy(found[0]) if found else ""


def test_the_form_opens_without_an_account_a_cookie_or_a_script(people, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        answer = Client().get(f"/public/file/{people.village.code}/")
    page = Page(answer)
    assert page.statement == "我要反映：格桑村"
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert word_in(answer) != word_in(Client().get(f"/public/file/{people.village.code}/"))


def test_which_village_is_chosen_from_a_list(people):
    page = Page(Client().get("/public/file/"))
    assert page.links["格桑村"] == f"/public/file/{people.village.code}/"
    assert "河坝村" in page.links


def test_a_village_that_is_not_there_is_not_there(people):
    for code in ("513299999999", "x", "' OR 1=1"):
        assert Client().get(f"/public/file/{code}/").status_code == 404
        assert Client().post(f"/public/file/{code}/", {"content": "x"}).status_code == 404


def test_what_is_filed_waits_for_the_branch_and_its_code_finds_it(people):
    answer = send(people, client=Client(enforce_csrf_checks=True), name="扎西·卓玛", phone="138 1234 1234")
    assert answer.status_code == 200
    assert not answer.cookies
    code = code_in(answer)
    assert code
    (row,) = Filing.objects.all()
    assert (row.state, row.village, row.kind, row.filer_name) == (
        "waiting",
        people.village,
        "livelihood",
        "扎西·卓玛",
    )
    assert row.title == "村口的路灯坏了半个月，孩子晚上看不见路。"
    assert bytes(row.query_code_hash) == hash_of(code)
    assert unseal(bytes(row.phone_sealed), f"filing:{row.form_id}:phone") == "13812341234"
    page = Page(Client().post("/public/case/", {"code": code}))
    assert page.statement == "您反映的事 待挂号"
    assert "等格桑村党组织挂号" in page.words
    for word in ("路灯", "卓玛", "1381234"):
        assert word not in page.words
    notices = Notice.objects.filter(key=f"filing:{row.pk}").values_list("user__username", "title")
    assert list(notices) == [(people.branch.code, "有群众反映等您挂号")]


def test_a_title_is_made_of_the_first_words(people):
    send(people, content="水管\n漏了" + "很久" * 30)
    send(people, title="水管漏了")
    made, given = Filing.objects.values_list("title", flat=True)
    assert made == "水管 漏了" + "很久" * 9 + "很…"
    assert given == "水管漏了"


def test_a_declined_filing_tells_its_reason(people):
    code = code_in(send(people))
    Filing.objects.update(
        state="declined", decline_reason="不归村里管，<b>请找</b>供电所", decided_at="2026-06-16T10:00+08:00"
    )
    answer = Client().post("/public/case/", {"code": code})
    assert Page(answer).statement == "您反映的事 不予受理"
    assert "不归村里管，<b>请找</b>供电所" in Page(answer).words


def test_a_registered_filing_is_found_as_the_matter_by_the_same_code(people):
    code = code_in(send(people))
    matter = county.add_grievance(village=people.village, query_code_hash=hash_of(code))
    Filing.objects.update(state="registered", grievance=matter, decided_at="2026-06-16T10:00+08:00")
    assert Page(Client().post("/public/case/", {"code": code})).statement == f"{matter.number} 已交办"
    matter.query_code_hash = None
    matter.save()
    assert Page(Client().post("/public/case/", {"code": code})).statement == f"{matter.number} 已交办"


def test_the_same_form_sent_twice_is_one_filing_with_one_code(people, time):
    word = new_word()
    first, second = send(people, form_id=word), send(people, form_id=word)
    assert Filing.objects.count() == 1
    assert code_in(first) == code_in(second) != ""
    time.passes(minutes=10)
    late = send(people, form_id=word)
    assert Filing.objects.count() == 1
    assert not code_in(late)
    assert "前面已经收到过" in Page(late).words


def test_neither_the_forms_word_nor_the_code_is_kept(people):
    word = new_word()
    code = code_in(send(people, form_id=word))
    kept = str(Filing.objects.values().get())
    assert word not in kept
    assert code not in kept


def test_other_words_in_a_form_that_was_sent_are_asked_about_and_then_a_matter_of_their_own(people):
    word = new_word()
    send(people, form_id=word)
    answer = send(people, form_id=word, content="另外一件事：水管漏水。")
    assert answer.status_code == 409
    assert "这张表刚才已经收到过一次" in Page(answer).words
    assert "另外一件事：水管漏水。" in answer.content.decode()
    assert Filing.objects.count() == 1
    assert code_in(send(people, form_id=word_in(answer), content="另外一件事：水管漏水。"))
    assert Filing.objects.count() == 2


@pytest.mark.parametrize("word", ["", "x", "\x00", "1" * 5000])
def test_a_page_that_lost_its_word_loses_nothing_typed(people, word):
    assert code_in(send(people, form_id=word))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"content": ""}, "必填"),
        ({"content": "  \n "}, "必填"),
        ({"content": "字" * 100_000}, f"最多 {MOST_WORDS} 个字，现在 100000 个"),
        ({"content": "路\x00灯"}, "控制字符"),
        ({"title": "字" * 61}, "最多 60 个字"),
        ({"name": "字" * 51}, "最多 50 个字"),
        ({"phone": "12345"}, "不是电话号码"),
        ({"kind": "no"}, "不在列表里"),
        ({"category": "99999"}, "不在列表里"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_all_is_kept(people, fields, told):
    answer = send(people, **({"name": "卓玛"} | fields))
    assert answer.status_code == 422
    assert told in Page(answer).words
    assert Filing.objects.count() == 0
    if fields.get("name") is None:
        assert 'value="卓玛"' in answer.content.decode()


def test_scripts_and_rare_letters_are_words(people):
    hostile = "<script>alert(1)</script>\"'𠮷 扎西·卓玛 {{ 7*7 }}"
    answer = send(people, content=hostile, title=hostile, name=hostile, phone="1")
    assert "<script>alert" not in answer.content.decode()
    assert code_in(send(people, content=hostile, title=hostile[:60], name=hostile[:50]))
    assert Filing.objects.get().content == hostile


def test_one_address_is_stopped_and_the_next_is_not(people, time):
    here = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(filing.PER_ADDRESS.failures):
        assert send(people, client=here).status_code == 200
    answer = send(people, client=here)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 3600
    assert "请过 1 小时再提交" in Page(answer).words
    assert "路灯坏了半个月" in answer.content.decode()
    assert send(people, client=Client(REMOTE_ADDR="203.0.113.10")).status_code == 200
    time.passes(hours=1)
    assert send(people, client=here).status_code == 200


def test_a_form_that_is_faulty_or_came_before_uses_up_nothing(people):
    here, word = Client(REMOTE_ADDR="203.0.113.9"), new_word()
    for _ in range(filing.PER_ADDRESS.failures + 2):
        assert send(people, client=here, content="").status_code == 422
        assert send(people, client=here, form_id=word).status_code == 200


def flood(village, count):
    row = {"village": village, "kind": "livelihood", "title": "x", "content": "x", "filed_at": clock.now()}
    Filing.objects.bulk_create(
        Filing(query_code_hash=uuid.uuid4().bytes, form_id=uuid.uuid4(), **row) for _ in range(count)
    )


def test_a_flooded_village_waits_a_day_and_other_villages_do_not(people, time):
    flood(people.village, filing.PER_VILLAGE)
    answer = send(people)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 24 * 3600
    assert send(people, village=people.other_village).status_code == 200
    time.passes(days=1)
    assert send(people).status_code == 200


def test_a_flood_everywhere_is_stopped_and_looking_up_goes_on(people, monkeypatch):
    monkeypatch.setattr(filing, "ALTOGETHER", 5)
    code = code_in(send(people))
    flood(people.other_village, 4)
    assert send(people).status_code == 429
    assert Client().post("/public/case/", {"code": code}).status_code == 200


def test_whoever_had_to_wait_for_the_village_has_not_used_up_tries(people, time, monkeypatch):
    monkeypatch.setattr(filing, "PER_VILLAGE", 1)
    send(people, client=Client(REMOTE_ADDR="198.51.100.1"))
    here = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(filing.PER_ADDRESS.failures + 3):
        assert send(people, client=here).status_code == 429
    time.passes(days=1)
    assert send(people, client=here).status_code == 200


def test_the_poster_leads_to_the_villages_own_form(people, signed_in):
    page = Page(signed_in(people.branch).get(f"/posters/{people.village.code}/"))
    assert f"/public/file/{people.village.code}/" in page.words
    assert "有事要反映，扫这里" in page.headings
    assert signed_in(people.stranger_branch).get(f"/posters/{people.village.code}/").status_code == 404
