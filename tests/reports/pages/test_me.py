"""我的: what is owed in words first, then figures, each the way to its evidence."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(people, signed_in):
    client = signed_in(people.cadre)
    return lambda query="": Page(client.get(f"/me/{query}"))


def test_says_what_is_owed_this_month_and_this_year(people, me):
    county.add_trip(people.cadre, people.village, "2026-06-03")
    assert me().statement == "本月还差 1 次下乡、1 天驻村 今年还有 1 户没走访"


def test_says_that_everything_is_done(people, me):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    county.add_visit(people.cadre, people.household, "2026-06-03")
    assert me().statement == "本月的任务都完成了"


def test_a_month_that_is_over_says_what_was_missed(people, me):
    county.add_trip(people.cadre, people.village, "2026-05-03")
    page = me("?month=2026-05")
    assert page.statement.startswith("5月没完成，差 1 次下乡、1 天驻村")
    assert "未完成" in page.words
    assert "已结束" in page.words


def test_a_month_on_leave_is_exempt(people, me):
    county.add_leave(people.cadre, "2026-05-01", "2026-05-31")
    page = me("?month=2026-05")
    assert page.statement.startswith("5月免考")
    assert "免考" in page.words


def test_a_county_leader_is_told_what_the_year_still_asks(people, signed_in):
    client = signed_in(people.county_leader)
    assert Page(client.get("/me/")).statement == "今年还差 2 次宣讲会"
    for day in ("2026-03-05", "2026-04-05"):
        county.add_activity("talk_meeting", day, cadres=[people.county_leader], unit=people.unit)
    assert Page(client.get("/me/")).statement == "今年的任务都完成了"


def test_another_year_is_named(me):
    assert me("?month=2025-12").statement.endswith("2025年还有 1 户没走访")


@pytest.mark.clause("方案三(一)")
def test_the_figures_are_those_of_the_counter(people, me, done_of):
    county.add_trip(people.cadre, people.village, "2026-06-03")
    county.add_visit(people.cadre, people.household, "2026-06-03", talk=True)
    county.add_grievance(household=people.household, handler=people.cadre, closed_on="2026-06-10")
    page = me()
    for code in ("2026-06", "2026"):
        for (quota, subject), (done, total, status) in done_of(code).items():
            if subject == people.cadre.code:
                word = {"met": "已完成", "running": "进行中", "missed": "未完成", "exempt": "免考"}[status]
                shown = [text for text, href in page.links.items() if href and f"/{quota}/cadre/" in href]
                assert len(shown) == 1, quota
                assert f"{done} / {total} " in shown[0]
                assert shown[0].endswith(word)


def test_an_earlier_month_shows_the_year_as_of_its_last_day(people, me):
    county.add_visit(people.cadre, people.household, "2026-06-03")
    assert "到 5月31日" in me("?month=2026-05").words
    assert "今年还有 1 户没走访" in me("?month=2026-05").statement
    assert "没走访" not in me("?month=2026-06").statement


def test_every_figure_opens(people, signed_in):
    client = signed_in(people.cadre)
    page = Page(client.get("/me/"))
    opened = [href for href in page.links.values() if href and href.startswith("/figures/")]
    assert len(opened) == 5
    for address in opened:
        assert client.get(address).status_code == 200


def test_households_longest_unvisited_first(people, me):
    homes = [county.add_household(name, village=people.village) for name in ("甲措", "乙桑", "丙林")]
    for home in homes:
        county.pair(people.cadre, home)
    county.add_visit(people.cadre, homes[0], "2026-06-14")
    county.add_visit(people.cadre, homes[1], "2025-11-20")
    county.add_visit(people.cadre, homes[2], "2024-01-05")
    words = me().words
    places = [words.index(name) for name in ("多吉", "丙林", "乙桑", "甲措")]
    assert places == sorted(places)
    assert "您还没有走访过" in words
    assert "上次 2024年1月5日，892 天前" in words
    assert "上次 去年11月20日，207 天前" in words
    assert "上次 6月14日，1 天前" in words


def test_what_did_not_take_place_is_no_last_visit(people, me):
    county.add_visit(people.cadre, people.household, "2026-06-10", result="not_met")
    county.add_visit(people.cadre, people.household, "2026-06-11", void=True)
    county.add_visit(people.cadre, people.household, "2026-06-20")
    assert "您还没有走访过" in me().words


def test_only_households_of_today_are_listed(people, me):
    former = county.add_household("往户", village=people.village)
    county.pair(people.cadre, former, "2025-01-01", "2026-06-14")
    coming = county.add_household("来户", village=people.village)
    county.pair(people.cadre, coming, "2026-06-16")
    words = me().words
    assert "我的结对户 1 户" in words
    assert "往户" not in words
    assert "来户" not in words


def test_without_households_the_page_says_what_comes_here(people, signed_in):
    words = Page(signed_in(people.colleague).get("/me/")).words
    assert "这里会列出您结对的户" in words


def test_today_is_said_with_its_weekday(me):
    assert "今天 6月15日 (周一)" in me().words


@pytest.mark.parametrize("month", ["2026-07", "2026-13", "2026", "2026Q1", "x", "../etc", "0000-01"])
def test_a_month_that_is_none_or_has_not_begun_is_not_there(people, signed_in, month):
    assert signed_in(people.cadre).get("/me/", {"month": month}).status_code == 404


def test_months_lead_to_their_neighbours_and_not_into_the_future(me):
    page = me()
    assert page.links["5月"] == "?month=2026-05"
    assert "7月" not in page.links
    january = me("?month=2026-01")
    assert january.links["2025年12月"] == "?month=2025-12"
    assert january.links["2月"] == "?month=2026-02"


def test_queries_do_not_grow_with_the_households(people, signed_in):
    client = signed_in(people.cadre)
    asked = []
    for more in (1, 48):
        for _ in range(more):
            home = county.add_household(village=people.village)
            county.pair(people.cadre, home)
            county.add_visit(people.cadre, home, datetime.date(2026, 5, 5))
        with CaptureQueriesContext(connection) as queries:
            page = Page(client.get("/me/"))
        assert f"我的结对户 {people.cadre.pairings.count()} 户" in page.words
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert asked[1] <= 12
