"""本单位: cadres down, duties across, what is missing first."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.models import Quota
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(people, signed_in):
    client = signed_in(people.unit_leader)
    return lambda query="": Page(client.get(f"/units/{people.unit.code}/{query}"))


def row_of(page, name):
    columns = page.tables[0][1]
    found = [row for row in page.tables[0] if row[0].startswith(name)]
    assert len(found) <= 1
    return dict(zip(columns, found[0], strict=True)) if found else None


def names(page):
    return [row[0].split(" ")[0] for row in page.tables[0][2:-1]] if page.tables else []


def test_says_who_is_behind_and_how_many_days_are_missing(people, unit):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    county.add_trip(people.colleague, people.village, "2026-06-03")
    assert unit().statement == "6月有 3 人还没完成，共差 5 天驻村"
    assert unit("?month=2026-05").statement == "5月有 4 人没完成，共差 8 天驻村"


def test_says_that_all_is_done(people, unit):
    for person in (people.cadre, people.colleague, people.unit_liaison, people.unit_leader):
        county.add_trip(person, people.village, "2026-06-03", "2026-06-04")
    assert unit().statement == "6月的月度任务都完成了"


def test_a_cell_has_its_figure_and_its_state(people, unit):
    county.add_trip(people.cadre, people.village, "2026-06-03")
    row = row_of(unit(), "泽仁初")
    assert row["干部"] == "泽仁初 一般干部"
    assert row["下乡次数"] == "0 / 1 进行中"
    assert row["驻村天数"] == "1 / 2 进行中"
    assert row["四类户走访"] == "—"


def test_every_figure_is_that_of_the_counter(people, unit, done_of):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    county.add_visit(people.cadre, people.household, "2026-05-03", talk=True)
    county.add_leave(people.unit_liaison, "2026-05-01", "2026-05-31")
    page = unit("?month=2026-05")
    states = {"met": "已完成", "running": "进行中", "missed": "未完成", "exempt": "免考"}
    end = datetime.date(2026, 5, 31)
    figures = done_of("2026-05") | done_of("2026", end)
    quota_names = dict(Quota.objects.values_list("code", "name"))
    for person in (people.cadre, people.colleague, people.unit_liaison, people.unit_leader):
        row = row_of(page, person.name)
        for (quota, subject), (done, total, status) in figures.items():
            if subject == person.code:
                assert row[quota_names[quota]] == f"{done} / {total} {states[status]}", (person, quota)


def test_the_sum_line_leaves_out_who_is_exempt(people, unit):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    county.add_leave(people.colleague, "2026-06-01", "2026-06-30")
    total = dict(zip(*(unit().tables[0][index] for index in (1, -1)), strict=True))
    assert total["干部"] == "已完成 不含免考"
    assert total["驻村天数"] == "1 / 3"


def test_a_rate_is_told_from_five_on(people, unit):
    for _ in range(2):
        county.add_cadre(unit=people.unit)
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    columns, total = (unit().tables[0][index] for index in (1, -1))
    assert dict(zip(columns, total, strict=True))["驻村天数"] == "1 / 6 16.7 %"


def test_filters_by_state_rank_duty_and_name(people, unit):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    everyone = {"泽仁初", "杨小燕", "赵敏", "尼玛", "高原"}
    assert set(names(unit("?month=2026-05"))) == everyone
    behind = names(unit("?month=2026-05&state=missed"))
    assert set(behind) == {"杨小燕", "赵敏", "尼玛"}
    assert names(unit("?rank=section_chief")) == ["尼玛"]
    assert names(unit("?duty=heart_talk")) == ["尼玛"]
    assert names(unit("?q=杨小")) == ["杨小燕"]
    assert names(unit("?q=p1-CADRE")) == ["泽仁初"]
    assert names(unit("?month=2026-05&duty=trip_days&state=missed&rank=staff")) == ["杨小燕", "赵敏"]
    assert set(names(unit("?state=nonsense&rank=nonsense&duty=nonsense"))) == everyone


def test_the_counts_beside_the_states_are_what_one_gets(people, unit):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    page = unit("?month=2026-05&rank=staff")
    for label, query in (("有未完成 2", "missed"), ("全部 3", "")):
        assert label in page.links
        assert len(names(unit(page.links[label]))) == int(label.split()[1]), query


def test_nothing_found_offers_the_way_back(unit):
    page = unit("?q=没有这个人")
    assert "没有符合条件的干部" in page.words
    assert "去掉筛选，看全部 5 人" in page.links


def test_an_empty_unit_says_what_comes_here(people, signed_in):
    empty = county.add_unit("新单位", code="U-NEW")
    page = Page(signed_in(people.office).get(f"/units/{empty.code}/"))
    assert page.statement == "本单位还没有干部"
    assert "这里会列出本单位的干部" in page.words


def test_who_left_stays_as_long_as_something_was_asked(people, unit):
    county.add_cadre("走了", unit=people.unit, left_on="2026-03-31")
    county.add_cadre("早走了", unit=people.unit, left_on="2025-03-31")
    county.add_cadre("要来", unit=people.unit, joined_on="2027-01-01")
    page = unit()
    assert row_of(page, "走了")["干部"] == "走了 一般干部，已离岗"
    assert row_of(page, "走了")["驻村天数"] == "0 / 2 免考"
    assert row_of(page, "早走了") is None
    assert row_of(page, "要来") is None
    assert "已离岗" not in row_of(unit("?month=2026-03"), "走了")["干部"]


def test_a_cadre_stands_in_the_unit_of_the_months_end(people, unit):
    moved = county.add_cadre("调走", unit=people.unit)
    county.add_term(moved, "2026-05-01", unit=people.other_unit, rank="staff")
    assert "调走" in names(unit("?month=2026-04"))
    assert "调走" not in names(unit("?month=2026-05"))


def test_the_units_own_duties_are_below(people, unit, done_of):
    county.add_activity("consult", "2026-05-05", unit=people.unit)
    page = unit()
    assert "单位自己的任务" in page.headings
    done, total, _ = done_of("2026Q2")["quarter_consult", people.unit.code]
    assert (done, total) == (1, 1)
    assert "季度会商 1 / 1 次 已完成" in page.links


def test_names_are_shown_as_they_are_and_never_as_markup(people, unit):
    county.add_cadre("<b>坏</b>", unit=people.unit)
    assert "<b>坏</b>" in names(unit())


def test_several_units_are_told_by_name(people, signed_in):
    county.grant(people.unit_liaison, "unit_liaison", unit=people.other_unit)
    page = Page(signed_in(people.unit_liaison).get("/me/"))
    assert page.links["教育局"] == f"/units/{people.unit.code}/"
    assert page.links["农业局"] == f"/units/{people.other_unit.code}/"


def test_queries_do_not_grow_with_the_cadres(people, signed_in):
    client = signed_in(people.unit_leader)
    asked = []
    for more in (2, 48):
        for _ in range(more):
            person = county.add_cadre(unit=people.unit)
            county.add_trip(person, people.village, "2026-06-03")
        for address in (f"/units/{people.unit.code}/", f"/units/{people.unit.code}/export.xlsx"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            asked.append(len(queries))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 20
