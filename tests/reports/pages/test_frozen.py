"""定格 beside live on the month's pages and with the evidence (contract, section 6)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianhu.kit.periods import Period
from reports.quotas.freeze import freeze
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

MAY = Period.parse("2026-05")
AFTER = county.evening("2026-06-08")


def late_trip(people, who=None):
    return county.add_trip(
        who or people.cadre, people.village, "2026-05-20", "2026-05-21", backfilled=True, recorded_at=AFTER,
        approved_at=AFTER, recorded_by=people.unit_liaison.user, approved_by=people.unit_leader.user,
    )  # fmt: skip


@pytest.fixture
def frozen(people):
    county.add_trip(people.cadre, people.village, "2026-05-03")
    freeze(MAY)
    return people


def seen(signed_in, person, address):
    return Page(signed_in(person).get(address))


def test_a_month_that_is_not_frozen_says_nothing(people, signed_in):
    assert "定格" not in seen(signed_in, people.cadre, "/me/?month=2026-05").words
    assert "定格" not in seen(signed_in, people.cadre, "/me/").words


def test_a_frozen_month_without_a_change_says_so(frozen, signed_in):
    page = seen(signed_in, frozen.cadre, "/me/?month=2026-05")
    assert "2026年5月的数已在 6月5日定格，现在没有变化" in page.words


def test_a_frozen_month_with_changes_counts_them_and_leads_to_them(frozen, signed_in):
    late_trip(frozen)
    page = seen(signed_in, frozen.cadre, "/me/?month=2026-05")
    assert page.links["现在有 2 个数不同"] == "/me/past/?year=2026#p2026-05"


def test_the_units_page_lists_what_changed_with_the_way_to_the_causes(frozen, signed_in):
    late_trip(frozen)
    page = seen(signed_in, frozen.unit_liaison, f"/units/{frozen.unit.code}/?month=2026-05")
    assert page.links["现在有 2 个数不同"] == "#changed"
    assert "泽仁初 · 驻村天数 定格 1 / 2 天 未完成 现在 3 / 2 天 已完成" in page.words
    assert page.links["泽仁初 · 驻村天数"].startswith(f"/figures/trip_days/cadre/{frozen.cadre.code}/")


def test_the_villages_page_lists_what_changed(frozen, signed_in):
    county.add_activity("forum", "2026-05-10", village=frozen.village, recorded_at=AFTER)
    page = seen(signed_in, frozen.branch, "/villages/?month=2026-05")
    assert "格桑村 · 干群恳谈会 定格 0 / 1 次 未完成 现在 1 / 1 次 已完成" in page.words


def evidence(signed_in, person, cadre, more=""):
    return seen(signed_in, person, f"/figures/trip_days/cadre/{cadre.code}/?period=2026-05{more}")


def test_evidence_shows_both_figures_and_who_made_the_difference(frozen, signed_in):
    late_trip(frozen)
    page = evidence(signed_in, frozen.cadre, frozen.cadre)
    assert "定格（6月5日 0:00） 1 / 2 天 未完成 现在 3 / 2 天 已完成" in page.words
    assert "定格以后变了 1 条" in page.headings
    assert (
        "定格时没有，现在计入 2 天 2026-06-08 20:00 赵敏录入，是补录 2026-06-08 20:00 尼玛批准补录"
        in page.words
    )


def test_evidence_of_a_figure_that_stayed_says_so(frozen, signed_in):
    page = evidence(signed_in, frozen.cadre, frozen.cadre)
    assert "现在 1 / 2 天 没有变化" in page.words
    assert not [heading for heading in page.headings if "变了" in heading]


def test_what_was_known_before_is_not_compared(frozen, signed_in):
    page = evidence(signed_in, frozen.cadre, frozen.cadre, "&as_of=2026-05-15")
    assert "6月5日已定格" in page.words
    assert page.links["看定格的数和现在的数"] == "?period=2026-05"
    assert "现在 1 / 2 天" not in page.words


def test_a_rule_that_no_longer_binds_still_shows_what_was_frozen(frozen, signed_in):
    county.add_term(frozen.cadre, "2026-05-01", unit=frozen.unit, rank="county_leader")
    page = evidence(signed_in, frozen.office, frozen.cadre)
    assert "定格（6月5日 0:00） 1 / 2 天 未完成 现在 按现在的登记不考这一项" in page.words
    assert "任职 教育局县级领导" in page.words


def test_one_who_came_later_was_not_bound_then(frozen, signed_in):
    newcomer = county.add_cadre("新来", unit=frozen.unit)
    page = evidence(signed_in, frozen.unit_leader, newcomer)
    assert "当时不考这一项 现在 0 / 2 天 未完成" in page.words


def test_queries_do_not_grow_with_the_cadres(people, signed_in):
    client = signed_in(people.unit_liaison)
    crowd = [county.add_cadre(unit=people.unit) for _ in range(48)]
    freeze(MAY)
    asked = []
    for late in (crowd[:2], crowd[2:]):
        for cadre in late:
            late_trip(people, cadre)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/units/{people.unit.code}/?month=2026-05")
        asked.append(len(queries))
    assert asked[0] == asked[1]
