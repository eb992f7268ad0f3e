"""What a chart says, and that it says no more than may be said."""

import datetime
from collections import Counter

from lianhu.kit.periods import Period
from registry.models import Unit
from reports.dashboards import charts
from reports.dashboards.queries import Kept, Tally

TODAY = datetime.date(2026, 6, 15)
MAY, JUNE = Period.parse("2026-05"), Period.parse("2026-06")
NOTHING = Kept({}, {})


def tally(met, missed, exempt=0):
    return Tally(Counter(met=met, missed=missed, exempt=exempt))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_statement_has_the_figures_in_it():
    assert plain(charts.duty_statement(MAY, tally(13, 2, 5), TODAY)) == "5月月度任务完成 86.7 %，2 项没完成"
    assert plain(charts.duty_statement(JUNE, tally(13, 2), TODAY)) == "6月月度任务完成 86.7 %，2 项还没完成"
    assert charts.duty_statement(JUNE, tally(0, 0, 3), TODAY) == "6月没有要完成的月度任务"
    year = Period.parse("2026")
    assert plain(charts.duty_statement(year, tally(3, 1), TODAY)) == "今年年度任务完成 3 / 4 项，1 项还没完成"
    assert charts.duty_statement(Period.parse("2025-12"), tally(0, 0), TODAY).startswith("2025年12月没有")


def units(number, kinds):
    return [Unit(pk=at, code=f"U{at}", name=f"单位{at}", type=kinds[at % len(kinds)]) for at in range(number)]


def test_many_units_are_drawn_in_columns_by_their_type():
    kinds = ["township", "county_department"]
    for number, shown in ((40, 1), (42, 2)):
        listed = units(number, kinds)
        found = charts.by_unit(listed, {unit.pk: tally(8, 2) for unit in listed}, {}, MAY, NOTHING, TODAY)
        assert len(found) == shown
        assert sum(len(chart.rows) for chart in found) == number
    assert plain(found[1].statement) == "乡镇：5月月度任务完成 80.0 %，42 项没完成"


def test_a_unit_that_differs_from_its_frozen_figure_shows_both():
    (unit,) = units(1, ["township"])
    (chart,) = charts.by_unit([unit], {0: tally(8, 2)}, {0: tally(9, 1)}, MAY, NOTHING, TODAY)
    assert [cell.text for cell in chart.rows[0]] == ["单位0", "8 / 10", "80.0 %", "9 / 10"]
    (same,) = charts.by_unit([unit], {0: tally(8, 2)}, {0: tally(8, 2)}, MAY, NOTHING, TODAY)
    assert same.rows[0][-1].text == "相同"


def chart_of(tallies, today=TODAY, begun=""):
    months = [Period.parse(f"2026-0{month}") for month in range(1, 7)]
    found = dict(zip((month.code for month in months), tallies, strict=False))
    return charts.trend(months, found, NOTHING, lambda month: f"?period={month.code}", today, begun=begun)


def test_the_trend_compares_the_last_two_months_that_are_over():
    chart = chart_of([tally(9, 1), tally(8, 2), tally(9, 1), tally(8, 2), tally(9, 1), tally(1, 9)])
    assert chart.statement == "5月完成率比4月高 10.0 个百分点"
    assert [point["value"] for point in chart.drawn["points"]] == [90, 80, 90, 80, 90, 10]


def test_months_before_the_county_began_have_no_figure():
    chart = chart_of([tally(0, 10), tally(0, 10), tally(8, 2), tally(0, 10)], begun="2026-02")
    assert [point["value"] for point in chart.drawn["points"]] == [None, 0, 80, 0, None, None]
    assert [row[1].text for row in chart.rows[:4]] == ["—", "0 / 10", "8 / 10", "0 / 10"]


def test_a_month_of_fewer_than_five_has_no_point_and_shows_its_count():
    chart = chart_of([tally(1, 2), tally(8, 2)])
    assert chart.drawn["points"][0]["value"] is None
    assert chart.rows[0][1].text == "1 / 3"
    assert chart.rows[0][2].text == ""
    assert chart.rows[5][1].text == "—"
    assert not chart_of([tally(1, 2)]).drawn
    few = chart_of([tally(1, 2)])
    assert few.statement == "1月完成 1 / 3 项"
    assert few.told_anyway
    assert chart_of([]).statement == "近十二个月还没有月度任务"


def test_a_bar_of_fewer_than_five_has_no_length():
    line = charts.RuleLine("干群恳谈会", MAY, "village", tally(2, 1), "/x/")
    chart = charts.by_rule("villages", "村(社区)的任务", [line], NOTHING)
    assert chart.drawn["rows"][0]["values"] == [0]
    assert chart.drawn["rows"][0]["text"] == "2 / 3"
    assert "%" not in str(chart.rows)
