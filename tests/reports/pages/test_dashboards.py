"""总览: each in their own area, each figure a link to its rows, and a fixed number of statements."""

import re
import types

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from lianhu.kit.periods import Period
from reports.dashboards import queries
from reports.models import QuarterlyReport, Quota
from reports.quotas.freeze import freeze
from reports.quotas.stored import store_period
from tests import county
from tests.pages import Page
from tests.reports.pages.conftest import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(people):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    county.add_visit(people.cadre, people.household, "2026-05-03")
    county.add_grievance(household=people.household, handler=people.cadre, registered_on="2026-05-20")
    county.add_grievance(household=people.household, handler=people.cadre, registered_on="2026-06-12")
    county.add_grievance(household=people.other_household, registered_on="2026-02-01", closed_on="2026-02-09")
    county.add_household("没人结对", village=people.village)
    return people


@pytest.fixture
def office(busy, signed_in):
    return signed_in(busy.office)


def test_the_county_says_its_month_first_and_what_needs_attention(busy, office):
    page = Page(office.get("/county/?period=2026-05"))
    assert page.statement == "全县：5月月度任务完成 7.1 %，今天在办诉求 2 件，1 件逾期"
    assert "5月月度任务完成 7.1 %，26 项没完成" in page.headings
    assert "1 件诉求逾期" in page.links
    assert "1 户没有结对干部" in page.links
    assert "在办 2 件，1 件逾期" in page.headings
    assert "今年挂号 3 件，销号 1 件，2 件在办" in page.headings
    assert "5月见面走访 1 户次，最多一天 1 户次" in page.headings
    assert "全覆盖还有 1 处缺口" in page.headings
    assert "回访 1 次，满意和基本满意 1 / 1 件" in page.headings
    assert "截至 6月15日，每天夜里重算" in page.words


def test_units_stand_by_name_with_counts_and_a_link_each(busy, office):
    page = Page(office.get("/county/?period=2026-05"))
    table = next(table for table in page.tables if table[0][0] == "单位")
    assert [row[0] for row in table[1:]] == ["教育局", "农业局", "桑朗乡", "沙坝乡", "县联户联情办", "合计"]
    assert table[1] == ["教育局", "2 / 8", "25.0 %"]
    assert page.links["教育局"] == f"/units/{busy.unit.code}/?month=2026-05"
    assert table[-1][1] == "2 / 28"


def test_each_figure_opens_onto_as_many_rows(busy, office):
    page = Page(office.get("/county/?period=2026-05"))
    assert "1 件" in Page(office.get(page.links["1 件诉求逾期"])).statement
    assert Page(office.get(page.links["1 户次"])).statement == "2026年5月3日见面走访 1 户次"
    rule = Page(office.get(page.links["驻村天数"]))
    assert rule.statement == "驻村天数：14 项里完成了 1 项"
    assert "泽仁初" in rule.words
    done = Page(office.get(page.links["驻村天数"].split("?")[0] + rule.links["已完成 1"]))
    assert "泽仁初" in done.words
    assert "尼玛" not in done.words


def links_of(answer):
    """One to each kind of page: the first."""
    first = {}
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    for link in re.findall(r'href="(/[^"#]*)"', main):
        if not link.startswith("/static/"):
            first.setdefault(resolve(link.split("?")[0]).url_name, link.replace("&amp;", "&"))
    return list(first.values())


def test_no_link_of_the_page_leads_nowhere(busy, office):
    answer = office.get("/county/?period=2026")
    assert answer.status_code == 200
    for link in links_of(answer):
        assert office.get(link).status_code in (200, 302), link


@pytest.mark.parametrize("code", ["2026-07", "2027", "2026Q1", "nonsense", "2026-13", "1899\0"])
def test_a_period_that_has_not_begun_or_is_none_is_not_there(office, code):
    assert office.get("/county/", {"period": code}).status_code == 404


def test_what_nobody_has_computed_yet_is_said_so(busy, office, monkeypatch):
    monkeypatch.setattr(queries, "CHEAP_CADRES", 0)
    page = Page(office.get("/county/"))
    assert "2026年6月的任务完成情况正在计算" in page.words
    assert page.links["各单位任务表"] == "/county/units/?month=2026-06"
    assert "在办 2 件，1 件逾期" in page.headings, "what is not stored figures is there all the same"


def test_a_leader_sees_what_they_are_linked_to(busy, signed_in):
    page = Page(signed_in(busy.county_leader).get("/overview/?period=2026-05"))
    assert "教育局" in page.words
    assert "农业局" not in page.words
    assert "今年挂号 2 件，销号 0 件，2 件在办" in page.headings
    stranger = Page(signed_in(busy.stranger_county_leader).get("/overview/?period=2026-05"))
    assert "农业局" in stranger.words
    assert "教育局" not in stranger.words
    assert "今年挂号 1 件，销号 1 件，0 件在办" in stranger.headings


def test_a_unit_a_township_and_a_village_have_their_own(busy, signed_in):
    unit = Page(signed_in(busy.unit_leader).get(f"/units/{busy.unit.code}/overview/?period=2026-05"))
    assert unit.statement == "教育局：5月月度任务完成 25.0 %，今天在办诉求 2 件，1 件逾期"
    assert "单位自己的任务" in unit.headings
    assert "每项任务有多少人完成" in unit.headings
    town = Page(signed_in(busy.office).get(f"/units/{busy.township.code}/overview/?period=2026-05"))
    assert "今年挂号 2 件，销号 0 件，2 件在办" in town.headings
    assert "村(社区)的任务" in town.headings
    village = Page(signed_in(busy.branch).get(f"/villages/{busy.village.code}/?period=2026-05"))
    assert village.statement == "格桑村：5月月度任务完成 0 / 2 项，今天在办诉求 2 件，1 件逾期"
    assert "本村的任务" in village.headings
    assert "全覆盖还有 1 处缺口" in village.headings


@pytest.mark.parametrize("role", ["unit_leader", "county_leader", "branch"])
def test_no_link_of_ones_own_page_leads_nowhere(busy, signed_in, role):
    client = signed_in(busy.people[role])
    address = {
        "unit_leader": f"/units/{busy.unit.code}/overview/",
        "branch": f"/villages/{busy.village.code}/",
    }.get(role, "/overview/")
    answer = client.get(f"{address}?period=2026-05")
    assert answer.status_code == 200
    for link in links_of(answer):
        assert client.get(link).status_code in (200, 302), link


def test_statements_do_not_grow_with_the_county(people, office):
    asked = []
    for more in (2, 48):
        for _ in range(more):
            person = county.add_cadre()
            county.add_trip(person, people.village, "2026-05-03")
            county.add_visit(person, people.household, "2026-05-03")
            county.add_grievance(household=people.household, handler=person)
        for code in ("2026-05", "2026Q2", "2026"):
            store_period(Period.parse(code), TODAY)
        with CaptureQueriesContext(connection) as statements:
            assert office.get("/county/?period=2026-05").status_code == 200
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 20, asked


def test_the_map_and_its_list_say_the_same(busy, office):
    busy.village.longitude, busy.village.latitude = 103.5, 32.6
    busy.village.save()
    answer = office.get("/map/")
    page = Page(answer)
    assert page.statement == "2 个村(社区)，在办诉求 2 件，1 件逾期"
    row = next(row for row in page.tables[0] if row[0].startswith("格桑村"))
    assert row[1:] == ["1 / 2 户", "0 户次", "2 件", "1 件"]
    assert "格桑村：本月见面走访 0 户次；在办 2 件，逾期 1 件；1 户没有结对干部" in answer.content.decode()
    assert "没有经纬度、图上没有的：河坝村" in page.words
    assert "<image" not in answer.content.decode()


def test_tiles_are_laid_below_the_map_where_they_are_set(busy, office, settings):
    settings.MAP_TILES = "/tiles/{z}/{x}/{y}.png"
    busy.village.longitude, busy.village.latitude = 103.5, 32.6
    busy.village.save()
    assert re.search(r'<image href="/tiles/14/\d+/\d+\.png"', office.get("/map/").content.decode())


def test_the_map_holds_ones_own_villages_in_a_fixed_number_of_statements(busy, signed_in):
    asked = []
    for more in (1, 30):
        for _ in range(more):
            village = county.add_village(township=busy.township)
            county.add_grievance(household=county.add_household(village=village))
        client = signed_in(busy.township_liaison)
        with CaptureQueriesContext(connection) as statements:
            page = Page(client.get("/map/"))
        asked.append(len(statements))
    assert asked[0] == asked[1], asked
    assert "河坝村" not in page.words
    assert page.statement.startswith("32 个村(社区)")


def test_a_fresh_county_without_villages_has_no_map_but_a_word(db, on_day, signed_in):
    on_day("2026-06-15")
    person = county.add_cadre()
    county.grant(person, "county_office")
    assert signed_in(person).get("/map/").status_code == 404
    page = Page(signed_in(person).get("/county/"))
    assert page.statement


def test_visits_of_a_place_that_is_not_ones_own_are_not_there(busy, signed_in):
    client = signed_in(busy.cadre)
    assert Page(client.get("/visits/?month=2026-05")).statement == "2026年5月见面走访 1 户次"
    for query in (f"place=unit:{busy.other_unit.code}", "place=village:none", "day=2026-02-30", "place=x"):
        assert client.get(f"/visits/?{query}").status_code == 404
    assert signed_in(busy.admin).get("/visits/").status_code == 404
    assert "没有" in Page(client.get("/visits/?day=2026-01-05")).words


def test_a_rule_lists_only_whom_one_may_see(busy, signed_in):
    address = reverse("rule", args=["trip_days", "cadre"]) + "?period=2026-05"
    assert "李强" in Page(signed_in(busy.office).get(address)).words
    mine = Page(signed_in(busy.unit_leader).get(address))
    assert "泽仁初" in mine.words
    assert "李强" not in mine.words
    alone = Page(signed_in(busy.cadre).get(address))
    assert alone.statement == "驻村天数：1 项里完成了 1 项"
    for wrong in (
        "/figures/nonsense/cadre/",
        "/figures/trip_days/cadre/?period=x",
        "/figures/trip_days/village/",
    ):
        assert signed_in(busy.office).get(wrong).status_code == 404


def test_a_report_accepted_after_the_freeze_stands_beside_the_frozen_figure(busy, signed_in, on_day):
    """It is due on the 10th, and its quarter freezes on the 5th (方案五(二))."""
    quarter = Period.parse("2026Q1")
    freeze(quarter)
    QuarterlyReport.objects.create(
        unit=busy.unit, year=2026, quarter=1, state="accepted", accepted_on=county.day("2026-04-08")
    )
    store_period(quarter, TODAY)
    store_period(Period.parse("2026-03"), TODAY)
    rule = Page(signed_in(busy.office).get("/figures/quarterly_report/unit/?period=2026Q1"))
    assert "完成了 0 项，现在 1 项" in rule.statement
    assert "现在 1 / 1 已完成" in rule.words
    assert (
        "现在 1 / 1 已完成"
        in Page(signed_in(busy.unit_leader).get("/units/U-EDU/overview/?period=2026-03")).words
    )
    whole = signed_in(busy.office).get("/county/?period=2026-03")
    table = next(
        table for table in Page(whole).tables if table[0][:2] == ["任务", "期间"] and "现在" in table[0]
    )
    row = next(row for row in table if row[0] == "季度报告")
    assert (row[2], row[4]) == ("0 / 5 个单位", "1 / 5")


def test_what_one_is_linked_to_opens_onto_as_many_rows(busy, signed_in):
    client = signed_in(busy.county_leader)
    answer = client.get("/overview/?period=2026-05")
    [link] = {
        link for link in links_of(answer) if link.startswith("/figures/forum/village/") and "2026-05" in link
    }
    assert "of=linked" in link
    shown = Page(client.get(link))
    [row] = [row for table in Page(answer).tables for row in table if row[0] == "干群恳谈会"]
    assert f"{row[2].split(' / ')[1].split()[0]} 项里" in shown.statement


def test_a_rules_list_says_what_is_owed_in_the_period(busy, office):
    Quota.objects.filter(code="trip_days", binds="staff").update(target=3)
    store_period(Period.parse("2026-05"), TODAY)
    told = Page(office.get("/figures/trip_days/cadre/?period=2026-05"))
    assert "科级每月 2 天；一般干部每月 3 天，方案三" in told.words
    broken = office.post("/exports/rule/?quota=a%00b&kind=cadre&period=2026-05")
    assert broken.status_code == 404


def test_pages_that_only_read_refuse_to_be_sent_to(busy, office):
    for name, args in types.MappingProxyType({"county": [], "map": [], "visits": []}).items():
        assert office.post(reverse(name, args=args)).status_code == 405
