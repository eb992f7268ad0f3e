"""手机: whom to help with what waits on a phone, and nothing else about use."""

import datetime
import uuid

import pytest

from accounts.models import Phone
from lianhu.kit import clock
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def add_phone(cadre, *, waiting=0, refused=0, silent=0, oldest=None):
    """Last heard of `silent` days ago; the oldest item was written `oldest` days ago."""
    now = clock.now()
    return Phone.objects.create(
        id=uuid.uuid4(),
        user=cadre.user,
        waiting=waiting,
        refused=refused,
        contact_at=now - datetime.timedelta(days=silent),
        oldest_at=None if oldest is None else now - datetime.timedelta(days=oldest),
    )


def rows(page):
    return [row for table in page.tables for row in table[1:]]


def test_who_has_something_waiting_is_listed_those_longest_out_of_contact_first(people, office):
    add_phone(people.cadre, waiting=3, refused=1, silent=0, oldest=2)
    add_phone(people.stranger, waiting=1, silent=9, oldest=12)
    add_phone(people.colleague, refused=2, silent=4, oldest=0)
    page = Page(office.get("/phones/"))
    assert rows(page) == [
        ["李强", "P2-cadre", "农业局", "2026-06-06 10:00 9 天前", "1 条", "0 条", "12 天前写下"],
        ["杨小燕", "P1-colleague", "教育局", "2026-06-11 10:00 4 天前", "0 条", "2 条", "今天写下"],
        ["泽仁初", "P1-cadre", "教育局", "2026-06-15 10:00 今天", "3 条", "1 条", "2 天前写下"],
    ]
    assert "只为帮忙：每月 5 日封存前提醒还没上传的人。没有待上传的人不在这里。" in page.words


def test_who_has_nothing_waiting_is_not_there(people, office):
    add_phone(people.cadre, silent=40)
    page = Page(office.get("/phones/"))
    assert page.statement == "没有人的手机里有没上传的内容"
    assert "手机里有内容没传上来的干部会列在这里" in page.words
    assert "泽仁初" not in page.words


def test_two_phones_of_one_cadre_are_one_row_and_an_empty_one_counts_for_nothing(people, office):
    add_phone(people.cadre, waiting=3, silent=10, oldest=11)
    add_phone(people.cadre, waiting=2, silent=1, oldest=1)
    add_phone(people.cadre, silent=30)
    assert rows(Page(office.get("/phones/"))) == [
        [
            *("泽仁初", "P1-cadre", "教育局", "2026-06-05 10:00 10 天前，2 部手机里最久的一部"),
            *("5 条", "0 条", "11 天前写下"),
        ]
    ]


def test_a_clock_that_is_ahead_and_a_phone_that_does_not_say(people, office):
    add_phone(people.cadre, waiting=1, silent=-1, oldest=-400)
    add_phone(people.stranger, waiting=1)
    cells = {row[0]: row[3:] for row in rows(Page(office.get("/phones/")))}
    assert cells["泽仁初"][0].endswith("今天")
    assert cells["泽仁初"][3] == "今天写下"
    assert cells["李强"][3] == "—"


def test_one_unit_can_be_asked_for_without_any_sum(people, office):
    add_phone(people.cadre, waiting=3)
    add_phone(people.colleague, waiting=4)
    add_phone(people.stranger, waiting=1)
    page = Page(office.get("/phones/?unit=U-AGRI"))
    assert [row[0] for row in rows(page)] == ["李强"]
    page = Page(office.get("/phones/?unit=U-EDU"))
    assert {row[0] for row in rows(page)} == {"泽仁初", "杨小燕"}
    assert "7 条" not in page.words
    assert page.links["看全部"] == "/phones/"


@pytest.mark.parametrize("unit", ["U-NONE", "U-OFFICE", "\0"])
def test_a_unit_that_leads_to_nobody_filters_nothing(people, office, unit):
    add_phone(people.cadre, waiting=3)
    assert [row[0] for row in rows(Page(office.get("/phones/", {"unit": unit})))] == ["泽仁初"]


def test_the_office_alone_has_it_in_the_menu_and_may_open_it(people, office, signed_in):
    assert Page(office.get("/phones/")).links["手机"] == "/phones/"
    for person in ("unit_liaison", "unit_leader", "township_liaison", "county_leader", "admin", "auditor"):
        client = signed_in(getattr(people, person))
        assert client.get("/phones/").status_code == 404
        assert "手机" not in Page(client.get("/me/")).links


def test_a_new_page_keeps_the_unit(people, office):
    for _ in range(31):
        add_phone(county.add_cadre(unit=people.unit), waiting=1)
    page = Page(office.get("/phones/?unit=U-EDU"))
    assert page.links["下一页"] == "?unit=U-EDU&page=2"
    assert len(rows(Page(office.get("/phones/?unit=U-EDU&page=2")))) == 1


def test_the_list_costs_the_same_for_two_and_for_fifty(people, office, django_assert_max_num_queries):
    for count in (2, 48):
        for _ in range(count):
            add_phone(county.add_cadre(unit=people.unit), waiting=1)
        with django_assert_max_num_queries(14):
            assert rows(Page(office.get("/phones/")))
