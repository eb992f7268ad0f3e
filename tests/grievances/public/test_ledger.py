"""公开台账: what is up is read by everybody, what is not is not there, and no page knows who reads it."""

import datetime

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from grievances.models import GrievanceState, Policy, PublicPhoto
from lianhu.kit import clock
from tests import county
from tests.grievances.public.publishing import publish, withdraw
from tests.pages import Page
from tests.photos import kept
from visits.kept_files import photo_storage

pytestmark = pytest.mark.django_db
PAGES = ("", "policies/", "feed/", "sitemap.xml", "file/")


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def titles(query="", client=None):
    page = Page((client or Client()).get(f"/public/{query}"))
    return [text for text, href in page.links.items() if href and "/public/LH-" in href]


def test_the_newest_comes_first_with_question_answer_and_how_it_ended(people):
    publish(people, on="2026-06-01", title="路灯不亮", answer="四盏已修好。", outcome="partly")
    publish(people, on="2026-06-10", title="灌溉渠漏水", satisfaction="basically")
    page = Page(Client().get("/public/"))
    assert page.statement == "今年公示 2 件，每件都有答复"
    assert "已解决 1 件，部分解决 1 件。" in page.words
    assert titles() == ["灌溉渠漏水", "路灯不亮"]
    for word in ("四盏已修好。", "群众基本满意", "2026年6月10日 (周三) 公示", "桑朗乡 · 格桑村 · 饮水用电"):
        assert word in page.words
    assert "6月17日前可提异议" in page.links


def test_an_empty_ledger_says_what_comes_here(people):
    page = Page(Client().get("/public/"))
    assert page.statement == "今年还没有公示的事"
    assert "一件事答复、回访、销号以后，在这里公示。" in page.words


def test_it_is_filtered_by_place_category_kind_year_and_words(people):
    here = publish(people, title="渠道漏水")
    there = county.add_household(village=people.other_village)
    publish(people, title="路灯不亮", household=there, category="出行道路", kind="hazard", on="2025-12-30")
    assert titles(f"?place={people.village.code}") == ["渠道漏水"]
    assert titles(f"?place={people.other_township.code}") == ["路灯不亮"]
    assert titles(f"?category={here.category_id}") == ["渠道漏水"]
    assert titles("?kind=hazard") == ["路灯不亮"]
    assert titles("?year=2025") == ["路灯不亮"]
    assert titles("?year=2026") == ["渠道漏水"]
    assert titles("?q=漏水") == ["渠道漏水"]
    assert titles("?q=下游浇") == ["路灯不亮", "渠道漏水"][::-1]
    assert titles(f"?q={here.number.lower()}") == ["渠道漏水"]
    assert titles("?place=T-1&year=2025") == []
    assert Page(Client().get("/public/?place=T-1")).statement == "桑朗乡今年公示 1 件，每件都有答复"


def test_words_that_only_the_desk_has_read_find_nothing(people):
    publish(people)
    for word in ("私密", "13812341234", "多吉", "泽仁"):
        assert titles(f"?q={word}") == []


@pytest.mark.parametrize(
    "query",
    [
        "?q=水",
        "?year=abc",
        "?year=99999",
        "?category=x",
        "?kind=no",
        "?place=%00",
        "?q=%00%00",
        "?before=1-",
        "?before=99999999999999999999-1",
        "?q=%25%25",
        "?q=__",
        "?place=" + "9" * 300,
    ],
)
def test_what_can_be_no_filter_breaks_nothing(people, query):
    publish(people)
    assert Client().get(f"/public/{query}").status_code == 200


def test_one_character_is_too_few_to_look_for(people):
    publish(people)
    page = Page(Client().get("/public/?q=水"))
    assert "至少写两个字。" in page.words
    assert 'value="水"' in Client().get("/public/?q=水").content.decode()


def test_each_notice_is_on_one_page_only_however_many_there_are(people):
    for number in range(45):
        publish(people, title=f"第{number}件")
    client, seen, address = Client(), [], "?place=T-1"
    while address:
        seen += titles(address, client)
        address = Page(client.get(f"/public/{address}")).links.get("更早的 20 件")
    assert seen == [f"第{number}件" for number in range(44, -1, -1)]


def test_a_notice_has_a_page_of_its_own(people):
    matter = publish(people, question="第一行\n第二行 <script>alert(1)</script>")
    answer = Client().get(f"/public/{matter.number}/")
    page = Page(answer)
    assert page.statement == "灌溉渠漏水"
    assert "<script>alert" not in answer.content.decode()
    assert "第二行 <script>alert(1)</script>" in page.words
    assert "答复：已解决" in page.headings
    assert matter.number in page.words


def not_there(number):
    answer = Client().get(f"/public/{number}/")
    return answer.status_code, answer.content


def test_what_is_not_up_is_not_there_whatever_the_reason(people):
    never = not_there("LH-2026-000000")
    assert never[0] == 404
    registered = county.add_grievance(household=people.household)
    closed = county.add_grievance(household=people.household, closed_on="2026-06-01")
    draft = publish(people)
    draft.publications.update(published_at=None, ends_on=None)
    reopened = publish(people)
    withdraw(reopened)
    void = publish(people, void=True)
    merged = publish(people, parent=registered)
    back = publish(people)
    type(back).objects.filter(pk=back.pk).update(
        state=GrievanceState.ASSIGNED, published_on=None, closed_on=None, replied_on=None, outcome=""
    )
    for matter in (registered, closed, draft, reopened, void, merged, back):
        assert not_there(matter.number) == never
    withheld = county.add_grievance(
        household=people.household, closed_on="2026-06-01", withheld_kind="privacy", withheld_reason="隐私"
    )
    assert not_there(withheld.number) == never
    assert titles() == []
    feed = Client().get("/public/feed/").content.decode()
    table = b"".join(Client().get("/public/open-data/").streaming_content).decode()
    for text in (feed, table, Client().get("/public/sitemap.xml").content.decode()):
        assert "LH-2026" not in text


def test_an_address_that_is_none_knows_nobody_either(people, signed_in):
    answer = signed_in(people.cadre).get("/public/no/such/")
    assert (answer.status_code, answer.content) == not_there("LH-2026-000000")
    assert not answer.cookies
    assert "Vary" not in answer
    assert Client().get("/public/case")["Location"] == "/public/case/"


def test_nothing_personal_is_in_any_public_page(people):
    matter = publish(people)
    never = [
        "私密标题",
        "私密内容",
        "13812341234",
        "多吉",
        "泽仁初",
        people.household.code,
        people.cadre.code,
    ]
    for address in (
        "",
        f"{matter.number}/",
        "feed/",
        "sitemap.xml",
        "file/",
        "policies/",
        f"file/{people.village.code}/",
    ):
        text = Client().get(f"/public/{address}").content.decode()
        assert not [word for word in never if word in text], address
    table = b"".join(Client().get("/public/open-data/").streaming_content).decode()
    assert not [word for word in never if word in table]


# --- kept, and the same for everybody ---


@pytest.mark.parametrize("address", PAGES)
def test_a_kept_page_asks_nothing_of_the_database_and_knows_nobody(
    people, signed_in, address, django_assert_num_queries
):
    matter = publish(people)
    client = signed_in(people.cadre)
    for path in (address, f"{matter.number}/"):
        first = Client().get(f"/public/{path}")
        assert first.status_code == 200
        with django_assert_num_queries(0):
            second = client.get(f"/public/{path}")
        assert second.content == first.content
        assert second["ETag"] == first["ETag"]
        assert not second.cookies
        assert "Vary" not in second
        assert second["Cache-Control"] == "public, max-age=20, s-maxage=20"
        with django_assert_num_queries(0):
            again = client.get(f"/public/{path}", HTTP_IF_NONE_MATCH=first["ETag"])
            since = client.get(f"/public/{path}", HTTP_IF_MODIFIED_SINCE=first["Last-Modified"])
        assert (again.status_code, since.status_code) == (304, 304)
        assert not again.content
        assert again["Cache-Control"] == second["Cache-Control"]


def test_one_address_said_in_two_ways_is_one_page(people, django_assert_num_queries):
    publish(people)
    Client().get("/public/?year=2026&place=T-1&utm_source=wechat")
    with django_assert_num_queries(0):
        Client().get("/public/?place=T-1&kind=&year=2026&q=")


def test_what_goes_up_or_down_shows_within_a_minute(people, monkeypatch):
    moment = clock.now()
    matter = publish(people)
    before = Client().get("/public/")
    assert titles() == ["灌溉渠漏水"]
    withdraw(matter)
    publish(people, title="路灯不亮")
    monkeypatch.setattr(clock, "now", lambda: moment + datetime.timedelta(seconds=20))
    assert titles() == ["路灯不亮"]
    after = Client().get("/public/", HTTP_IF_NONE_MATCH=before["ETag"])
    assert after.status_code == 200
    assert after["Last-Modified"] != before["Last-Modified"]


def test_a_page_made_anew_that_says_the_same_keeps_its_moment(people, monkeypatch):
    moment = clock.now()
    publish(people)
    before = Client().get("/public/")
    monkeypatch.setattr(clock, "now", lambda: moment + datetime.timedelta(seconds=300))
    after = Client().get("/public/")
    assert (after["ETag"], after["Last-Modified"]) == (before["ETag"], before["Last-Modified"])


def test_what_is_typed_fills_no_memory(people):
    publish(people)
    for number in range(10):
        Client().get(f"/public/?q=漏水{number}")
        Client().get(f"/public/?before={1_700_000_000_000_000 + number}-1")
    assert len(caches["public"]._cache) == 0


def test_a_page_costs_the_same_for_two_notices_and_for_fifty(people, django_assert_max_num_queries):
    for count in (2, 48):
        for _ in range(count):
            publish(people)
        caches["public"].clear()
        with django_assert_max_num_queries(9):
            assert len(titles()) <= 20


def test_a_signed_in_reader_is_not_asked_for_a_second_factor_and_not_kept_awake(people, signed_in):
    client = signed_in(people.office)
    key = client.session.session_key
    before = client.session.model.objects.filter(pk=key).values().get()
    assert client.get("/public/").status_code == 200
    assert client.session.model.objects.filter(pk=key).values().get() == before


# --- figures ---


def figures_of(query):
    return Page(Client().get(f"/public/{query}")).words.replace(" ", "")


def test_figures_say_their_period_and_show_counts_instead_of_small_rates(people):
    publish(people, on="2026-06-10")
    county.add_grievance(household=people.household, registered_on="2026-05-01")
    county.add_grievance(household=people.household, registered_on="2025-12-31")
    county.add_grievance(household=people.household, registered_on="2026-05-02", void=True)
    said = figures_of("")
    assert "2026年1月1日到2026年6月15日挂号的事" in said
    for figure in ("挂号2件", "已答复1件", "按时答复1/2件", "已销号1件", "满意和基本满意1/1件"):
        assert figure in said
    last_year = figures_of("?year=2025")
    assert "2025年1月1日到2025年12月31日挂号的事" in last_year
    assert "挂号1件" in last_year


def test_what_was_set_aside_is_counted_openly(people):
    for _ in range(5):
        publish(people)
    aside = publish(people)
    type(aside).objects.filter(pk=aside.pk).update(set_aside_at=timezone.now(), set_aside_reason="录错")
    said = figures_of("")
    assert "满意和基本满意100.0%回访5次里5次；另有1次评价经县联户联情办剔除，不计入" in said
    assert "群众满意（不计入统计）" in said
    assert "录错" not in said


# --- feed, table, policies, robots ---


def test_the_feed_is_rss_of_the_filter_and_survives_any_text(people):
    publish(people, title="<b>标题</b> & 𠮷", question="问\x0b题")
    there = county.add_household(village=people.other_village)
    publish(people, title="别处的事", household=there)
    answer = Client().get("/public/feed/?place=T-1")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("application/rss+xml")
    assert "&lt;b&gt;标题&lt;/b&gt; &amp; 𠮷" in text
    assert "别处的事" not in text
    assert "http://testserver/public/LH-" in text


def test_the_table_opens_in_excel_and_starts_no_formula(people):
    publish(people, title="=HYPERLINK(1)", question=" +1", answer='@SUM(1)\n第二行，“引号”"')
    answer = Client().get("/public/open-data/")
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff编号,乡镇,村,")
    assert "'=HYPERLINK(1)" in text
    assert "' +1" in text
    assert "'@SUM(1)" in text
    assert answer["Cache-Control"].startswith("public")
    assert "attachment" in answer["Content-Disposition"]
    assert text.count("\r\n") == 2


def test_policies_in_force_are_read_and_the_retired_are_not(people):
    category = publish(people).category
    row = {"category": category, "added_at": clock.now(), "added_by": people.office.user}
    Policy.objects.create(title="饮水管护办法", text="谁受益谁管护。", source="县水〔2024〕1号", **row)
    Policy.objects.create(title="旧办法", text="停用。", retired_on="2026-06-01", **row)
    page = Page(Client().get("/public/policies/"))
    assert "饮水管护办法" in page.headings
    assert "旧办法" not in page.words
    assert "依据：县水〔2024〕1号" in page.words
    assert "饮水管护办法" in Page(Client().get("/public/policies/?q=管护")).words
    assert "没有找到" in Page(Client().get("/public/policies/?q=房屋")).statement


def test_search_engines_may_read_what_is_public_alone(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        text = client.get("/robots.txt").content.decode()
    assert "Allow: /public/" in text
    assert "Disallow: /\n" in text
    assert "Sitemap: http://testserver/public/sitemap.xml" in text


def test_a_photo_is_shown_as_long_as_its_notice_is_up(people):
    matter = publish(people)
    row = {"description": "修好的渠道", "chosen_at": clock.now(), "chosen_by": people.branch.user}
    source = kept(county.add_visit(people.cadre, people.household, "2026-06-01"))
    name = photo_storage().save("public/test.jpg", ContentFile(b"\xff\xd8painted anew"))
    photo = PublicPhoto.objects.create(publication=matter.publications.get(), photo=source, file=name, **row)
    address = f"/public/photos/{photo.pk}/"
    assert f'src="{address}" alt="修好的渠道"' in Client().get(f"/public/{matter.number}/").content.decode()
    answer = Client().get(address)
    assert b"".join(answer.streaming_content) == b"\xff\xd8painted anew"
    assert answer["Cache-Control"].startswith("public, max-age=20")
    withdraw(matter)
    assert Client().get(address).status_code == 404
