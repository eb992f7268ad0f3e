"""全县: units down, duties across; its sums are those of the units' pages and of the counter."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import PostSpan
from reports.models import Quota
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def table_of(page):
    columns = page.tables[0][1]
    return {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in page.tables[0][2:]}


def busy_month(people):
    for person in (people.cadre, people.unit_leader, people.stranger):
        county.add_trip(person, people.village, "2026-05-03", "2026-05-04")
    county.add_visit(people.cadre, people.household, "2026-05-03", talk=True)
    county.add_leave(people.colleague, "2026-05-01", "2026-05-31")
    # Left in March: asked for the year's months in post, and no longer for May.
    county.add_cadre("走了", unit=people.unit, left_on="2026-03-31")


def test_says_the_rate_of_the_month_first(people, office):
    busy_month(people)
    # 13 cadres below county rank, without those on leave or gone, two duties each: 4 of 26.
    assert Page(office.get("/county/units/?month=2026-05")).statement == "5月月度任务完成 15.4 %，22 项没完成"


def test_each_figure_is_met_of_all_bound_by_the_counter(people, office, done_of):
    busy_month(people)
    shown = table_of(Page(office.get("/county/units/?month=2026-05")))
    end = datetime.date(2026, 5, 31)
    unit_of = dict(
        PostSpan.objects.filter(begins_on__lte=end, ends_on__gte=end).values_list("cadre__code", "unit__name")
    )
    expected = {}
    for (quota, subject), (_, _, status) in (done_of("2026-05") | done_of("2026", end)).items():
        if subject in unit_of and status != "exempt":
            met, everyone = expected.get((unit_of[subject], quota), (0, 0))
            expected[unit_of[subject], quota] = (met + (status == "met"), everyone + 1)
    names = dict(Quota.objects.values_list("code", "name"))
    assert expected
    for (unit, quota), (met, everyone) in expected.items():
        assert shown[unit][names[quota]].startswith(f"{met} / {everyone}")


def test_the_sums_are_those_of_the_units_own_pages(people, office):
    busy_month(people)
    page = Page(office.get("/county/units/?month=2026-05"))
    for name, cells in table_of(page).items():
        if name == "合计":
            continue
        below = Page(office.get(page.links[name]))
        totals = dict(zip(*(below.tables[0][index] for index in (1, -1)), strict=True))
        for duty, cell in cells.items():
            if cell != "—":
                assert totals[duty] == cell, (name, duty)


def test_a_figure_leads_to_the_cadres_it_is_made_of(people, office):
    busy_month(people)
    answer = office.get("/county/units/?month=2026-05").content.decode()
    assert f'href="/units/{people.unit.code}/?month=2026-05&amp;duty=heart_talk"' in answer
    below = Page(office.get(f"/units/{people.unit.code}/?month=2026-05&duty=heart_talk"))
    assert [row[0] for row in below.tables[0][2:-1]] == ["尼玛 正科级"]


def test_units_stand_by_the_spelling_of_their_name_and_are_never_ranked(people, office):
    names = list(table_of(Page(office.get("/county/units/"))))
    assert names == ["教育局", "农业局", "桑朗乡", "沙坝乡", "县联户联情办", "合计"]


def test_a_type_of_unit_can_be_chosen(people, office):
    names = list(table_of(Page(office.get("/county/units/?type=township"))))
    assert names == ["桑朗乡", "沙坝乡", "合计"]
    empty = Page(office.get("/county/units/?type=enterprise"))
    assert "没有这一类单位" in empty.words
    assert len(table_of(Page(office.get("/county/units/?type=nonsense")))) == 6


def test_villages_are_summed_below(people, office):
    county.add_activity("forum", "2026-05-05", village=people.village)
    words = Page(office.get("/county/units/?month=2026-05")).words
    assert "1 / 2 村 干群恳谈会" in words
    assert "0 / 2 村 农民夜校" in words
    assert "0 / 2 村 群众(代表)大会" in words


def test_an_empty_county_says_how_it_starts(db, on_day, client):
    on_day("2026-06-15")
    person = county.add_cadre()
    county.grant(person, "county_office")
    client.force_login(person.user)
    page = Page(client.get("/county/units/?month=2019-01"))
    assert "没有要完成的月度任务" in page.statement or page.statement == "还没有单位"


def test_queries_do_not_grow_with_the_cadres(people, office):
    asked = []
    for more in (2, 48):
        for _ in range(more):
            person = county.add_cadre()
            county.add_trip(person, people.village, "2026-06-03")
        for address in ("/county/units/", "/county/units/export.xlsx"):
            with CaptureQueriesContext(connection) as queries:
                assert office.get(address).status_code == 200
            asked.append(len(queries))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 20
