"""往期: months, quarters and years as frozen, the live figure beside where it differs (contract, section 7)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianhu.kit.periods import Period
from reports.models import Quota
from reports.quotas.freeze import freeze
from reports.quotas.stored import drain, store_period
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)


def kept(*codes):
    for code in codes:
        freeze(Period.parse(code))
        store_period(Period.parse(code), TODAY)


@pytest.fixture
def past(people, signed_in):
    client = signed_in(people.cadre)
    return lambda query="": Page(client.get(f"/me/past/{query}"))


def test_without_anything_frozen_it_says_what_comes_here(people, past):
    assert "这里会列出您每个月、季度和全年定格的数" in past().words


def test_shows_each_frozen_period_the_newest_first(people, past):
    county.add_trip(people.cadre, people.village, "2026-04-03", "2026-04-04")
    Quota.objects.create(
        **{name: getattr(Quota.objects.get(code="trip_days", binds="staff"), name)
           for name in ("code", "name", "binds", "metric", "measure", "clause")},
        period="quarter", target=6,
    )  # fmt: skip
    kept("2026-03", "2026-04", "2026-05", "2026Q1", "2025")
    page = past()
    assert page.headings[1:] == ["2026年5月", "2026年4月", "2026年第一季度", "2026年3月"]
    assert (
        "2026年4月 2026-05-05 定格 下乡次数 定格 1 / 1 次 已完成 驻村天数 定格 2 / 2 天 已完成" in page.words
    )
    assert "驻村天数 定格 0 / 6 天 未完成" in page.words
    assert page.links["2025年"] == "?year=2025"
    assert past("?year=2025").headings[1:] == ["2025年全年"]


def test_a_figure_that_changed_stands_beside_and_leads_to_the_causes(people, past):
    kept("2026-05")
    county.add_trip(
        people.cadre, people.village, "2026-05-20", "2026-05-21", recorded_at=county.evening("2026-06-08")
    )
    drain(TODAY)
    page = past()
    assert "2026-06-05 定格，2 个数有变化" in page.words
    assert "驻村天数，为什么变了 定格 0 / 2 天 未完成 现在 2 / 2 天 已完成" in page.words
    assert page.links["驻村天数，为什么变了"].startswith(
        f"/figures/trip_days/cadre/{people.cadre.code}/?period=2026-05"
    )


def test_a_year_that_was_never_frozen_shows_the_newest(people, past):
    kept("2026-05")
    assert past("?year=1999").headings[1:] == past("?year=x\x00").headings[1:] == ["2026年5月"]


def test_who_sees_a_cadre_sees_the_past_too(people, signed_in):
    kept("2026-05")
    page = Page(signed_in(people.unit_leader).get(f"/me/past/?cadre={people.cadre.code}"))
    assert page.statement == "泽仁初的往期"
    assert "驻村天数" in page.links
    client = signed_in(people.stranger_unit_leader)
    assert client.get(f"/me/past/?cadre={people.cadre.code}").status_code == 404
    assert client.get("/me/past/?cadre=%00").status_code == 404


def test_queries_do_not_grow_with_the_periods(people, signed_in):
    client = signed_in(people.cadre)
    asked = []
    for codes in (("2026-05", "2026-04"), ("2026-03", "2026-02", "2026-01", "2026Q1")):
        kept(*codes)
        with CaptureQueriesContext(connection) as queries:
            client.get("/me/past/")
        asked.append(len(queries))
    assert asked[0] == asked[1]
