"""联系卡: who is called at this door, where a matter is looked up, and who prints them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from lianhu.kit.privacy import seal
from registry.models import Cadre
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

PHONE = "13987654321"


@pytest.fixture
def phone(people):
    sealed = seal(PHONE, f"cadre:{people.cadre.code}:phone")
    Cadre.objects.filter(pk=people.cadre.pk).update(phone_sealed=sealed)


def test_the_card_has_the_cadre_the_phone_in_full_and_the_query_page(people, phone, signed_in, settings):
    settings.SITE_URL = "https://lianhu.example.cn"
    answer = signed_in(people.branch).get("/households/HH-1/card/")
    page = Page(answer)
    assert page.statement == "多吉户的联系卡，4 张"
    for said in ("泽仁初", PHONE, "教育局", "格桑村 · 多吉户", "https://lianhu.example.cn/public/case/"):
        assert page.words.count(said) >= 4, said
    assert "2026年6月15日印" in page.words
    words = answer.content.decode()
    assert words.count('aria-label="查询网址的二维码"') == 4
    assert not re.search(r"<svg[^>]*style=", words)


@pytest.mark.parametrize(("asked", "cards"), [("1", 1), ("8", 8), ("3", 4), ("x", 4), ("100000", 4)])
def test_as_many_as_one_chooses(people, signed_in, asked, cards):
    answer = signed_in(people.cadre).get(f"/households/HH-1/card/?count={asked}")
    assert len(answer.context["cards"]) == cards


def test_a_phone_that_is_not_there_or_can_not_be_read_is_left_to_be_written(people, signed_in):
    client = signed_in(people.branch)
    assert "卡上留了空" in Page(client.get("/households/HH-1/card/")).words
    Cadre.objects.filter(pk=people.cadre.pk).update(phone_sealed=b"gone:1234567890123456789012")
    page = Page(client.get("/households/HH-1/card/"))
    assert (page.status, "卡上留了空" in page.words) == (200, True)


def test_after_a_handover_the_card_has_the_successor(people, phone, signed_in):
    people.household.pairings.update(ends_on="2026-06-14")
    county.pair(people.colleague, people.household, "2026-06-15")
    page = Page(signed_in(people.branch).get("/households/HH-1/card/"))
    assert "杨小燕" in page.words
    assert PHONE not in page.words


def test_without_a_holder_there_is_nothing_to_print_and_it_says_so(people, signed_in):
    people.household.pairings.all().delete()
    page = Page(signed_in(people.branch).get("/households/HH-1/card/"))
    assert "现在没有结对干部" in page.words


def test_all_doors_of_one_cadre_for_the_cadre_and_the_liaison(people, phone, signed_in):
    for code in ("HH-3", "HH-4"):
        county.pair(people.cadre, county.add_household("白玛", village=people.village, code=code))
    gone = county.add_household("走了", village=people.village, code="HH-5", closed_on="2026-06-15")
    county.pair(people.cadre, gone, ends_on="2026-06-15")
    for person, query in ((people.cadre, ""), (people.unit_liaison, f"?cadre={people.cadre.code}")):
        answer = signed_in(person).get(f"/cards/{query}")
        assert [card.household.code for card in answer.context["cards"]] == ["HH-1", "HH-3", "HH-4"]
    entry = AuditEntry.objects.filter(kind=AuditKind.EXPORT).last()
    assert (entry.actor_id, entry.subject_key) == (people.unit_liaison.user_id, people.cadre.code)


def test_nobody_prints_the_cards_of_a_cadre_of_another_unit(people, signed_in):
    seen = {
        person
        for person, cadre in people.people.items()
        if signed_in(cadre).get(f"/cards/?cadre={people.cadre.code}").status_code == 200
    }
    assert seen == {"cadre", "unit_liaison"}


def test_a_cadre_without_households_reads_what_comes_here(people, signed_in):
    assert "现在没有结对户" in Page(signed_in(people.colleague).get("/cards/")).words


def test_more_doors_take_no_more_queries(people, phone, signed_in):
    client = signed_in(people.cadre)
    county.pair(people.cadre, county.add_household(village=people.village))
    client.get("/cards/")
    with CaptureQueriesContext(connection) as few:
        client.get("/cards/")
    for _ in range(48):
        county.pair(people.cadre, county.add_household(village=people.village))
    with CaptureQueriesContext(connection) as many:
        assert len(client.get("/cards/").context["cards"]) == 50
    assert len(many) == len(few)
