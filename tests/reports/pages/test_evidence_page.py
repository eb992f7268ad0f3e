"""依据: what counts and what does not, with the reason, as a page and as the panel beside a table."""

import pytest

from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


def address(cadre, quota="trip_days", period="2026-05", **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/figures/{quota}/cadre/{cadre.code}/?period={period}{more}"


@pytest.fixture
def client(people, signed_in):
    return signed_in(people.cadre)


@pytest.mark.clause("方案三(一)")
def test_shows_what_counts_and_what_does_not_with_the_reason(people, client):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    county.add_trip(people.cadre, people.other_village, "2026-05-10")
    county.add_trip(people.cadre, people.village, "2026-05-20", backfilled=True)
    page = Page(client.get(address(people.cadre)))
    assert page.statement == "泽仁初 · 驻村天数"
    assert "2026年5月 2 / 2 天 已完成" in page.words
    assert "计入 1 条 格桑村 2026-05-03 至 05-04" in page.words
    assert "未计入 2 条" in page.words
    after = page.words.split("未计入")[1]
    assert "河坝村 2026-05-10" in after
    assert "补录" in after
    assert "方案三(一)(二)" in page.words


def test_the_way_back_leads_to_where_the_figure_stands(people, client, signed_in):
    own = client.get(address(people.cadre))
    assert Page(own).links["我的"] == "/me/?month=2026-05"
    leader = signed_in(people.unit_leader)
    assert Page(leader.get(address(people.cadre))).links["教育局"] == (
        f"/units/{people.unit.code}/?month=2026-05"
    )
    office = signed_in(people.office)
    village = office.get(f"/figures/forum/village/{people.village.code}/?period=2026-05")
    assert Page(village).links["村(社区)的任务"] == "/villages/?month=2026-05"


def test_the_panel_is_the_same_without_the_frame(people, client):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    panel = client.get(address(people.cadre), headers={"X-Part": "panel"})
    page = Page(panel)
    assert page.statement == "泽仁初 · 驻村天数"
    assert "计入 1 条" in page.words
    assert b"<html" not in panel.content


def test_a_prorated_target_says_so(people, client):
    county.add_leave(people.cadre, "2026-01-01", "2026-07-31")
    page = Page(client.get(address(people.cadre, "household_talk", "2026")))
    assert "每年 2 天，按应考的月数折算为 1 天" in page.words


def test_exempt_says_why(people, client):
    county.add_leave(people.cadre, "2026-05-01", "2026-05-31")
    assert "免考：" in Page(client.get(address(people.cadre))).words


def test_nobody_sees_the_day_after_today(people, client):
    county.add_trip(people.cadre, people.village, "2026-06-20")
    page = Page(client.get(address(people.cadre, period="2026-06", as_of="2030-01-01")))
    assert "按 2026年6月15日所知" in page.words
    assert "计入 0 条" in page.words


def test_an_earlier_day_knows_only_what_was_known_then(people, client):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    page = Page(client.get(address(people.cadre, as_of="2026-05-03")))
    assert "1 / 2 天 进行中" in page.words


def test_what_was_said_in_a_heart_talk_is_not_shown(people, signed_in):
    county.add_activity("heart_talk", "2026-05-03", cadres=[people.unit_leader], topic="家里的难处")
    words = Page(signed_in(people.unit_liaison).get(address(people.unit_leader, "heart_talk", "2026"))).words
    assert "计入 1 条" in words
    assert "家里的难处" not in words


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?period=",
        "?period=2026-13",
        "?period=2026-05&as_of=x",
        "?period=2026-05&as_of=2026-02-30",
        "?period=2026",
    ],
)
def test_an_impossible_question_has_no_page(people, client, query):
    assert client.get(f"/figures/trip_days/cadre/{people.cadre.code}/{query}").status_code == 404


def test_a_rule_that_does_not_bind_has_no_page(people, client):
    assert client.get(address(people.cadre, "heart_talk", "2026")).status_code == 404
    assert client.get(address(people.cadre, "no_such_rule", "2026")).status_code == 404
