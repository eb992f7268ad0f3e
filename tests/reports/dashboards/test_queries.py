"""What dashboards read is what the counter says; frozen where frozen, live beside it."""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances.ledger import Asked
from grievances.models import Grievance
from lianhu.kit.periods import Period
from registry.models import Cadre
from reports.dashboards import queries
from reports.dashboards.area import county_area, linked_area, unit_area, village_area
from reports.models import Compliance, StoredPeriod
from reports.quotas.compute import figures
from reports.quotas.freeze import freeze
from tests import county

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 6, 15)
MAY, JUNE, YEAR = Period.parse("2026-05"), Period.parse("2026-06"), Period.parse("2026")


@pytest.fixture
def office(people):
    return county_area(fresh(people.office))


def fresh(cadre):
    return get_user_model().objects.get(pk=cadre.user_id)


def kept(*periods):
    return queries.kept_of(periods)


def test_by_unit_and_by_rule_are_the_counters_own(people, office, store):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    county.add_leave(people.colleague, "2026-05-01", "2026-05-31")
    county.add_activity("forum", "2026-05-05", village=people.village)
    store("2026-05", "2026")
    found = queries.duties(office, MAY, [YEAR], kept(MAY, YEAR))
    whole = [each for each in figures(MAY, as_of=TODAY) if each.status != "exempt"]
    of_cadres = [each for each in whole if each.subject_kind == "cadre"]
    assert sum(tally.all for tally in found.by_unit.values()) == len(of_cadres)
    assert found.by_unit[people.unit.pk].met == sum(each.status == "met" for each in of_cadres) == 2
    for (period, kind, quota), tally in found.by_quota.items():
        asked = figures(Period.parse(period), as_of=TODAY)
        rows = [each for each in asked if each.quota_id == quota and each.subject_kind == kind]
        assert tally.cells.total() == len(rows)
        assert tally.met == sum(each.status == "met" for each in rows)
    assert not found.by_unit_now


def test_a_frozen_month_is_shown_as_frozen_with_the_present_beside_it(people, office, store):
    moment = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
    county.add_trip(people.cadre, people.village, "2026-04-03", "2026-04-04", recorded_at=moment)
    april = Period.parse("2026-04")
    freeze(april)
    late = datetime.datetime(2026, 5, 20, 12, tzinfo=datetime.UTC)
    county.add_trip(people.unit_leader, people.village, "2026-04-08", "2026-04-09", recorded_at=late)
    store("2026-04")
    found = queries.duties(office, april, [], kept(april))
    assert found.by_unit[people.unit.pk].met == 2
    assert found.by_unit_now[people.unit.pk].met == 4
    assert sum(tally.met for tally in found.by_quota.values()) == 2
    assert sum(tally.met for tally in found.by_quota_now.values()) == 4
    assert queries.begun([april.previous(), april, MAY]) == "2026-04"
    months = queries.trend(office, [april, MAY], kept(april, MAY))
    assert months["2026-04"].met == 2
    assert "2026-05" not in months, "what nobody has computed is not nought"


def test_a_leader_and_a_unit_read_only_their_own_rows(people, store):
    store("2026-05")
    units = {people.unit.pk, people.township.pk}
    leader = linked_area(fresh(people.county_leader))
    found = queries.duties(leader, MAY, [], kept(MAY))
    assert set(found.by_unit) == units
    villages = sum(tally.cells.total() for (_, kind, _), tally in found.by_quota.items() if kind == "village")
    # 干群恳谈会 and 农民夜校 of one village.
    assert villages == 2
    one = queries.duties(unit_area(fresh(people.unit_leader), people.unit), MAY, [], kept(MAY))
    assert set(one.by_unit) == {people.unit.pk}


def test_a_village_has_its_own_rows_and_their_trend(people, store):
    county.add_activity("forum", "2026-05-05", village=people.village)
    store("2026-05", "2026Q2")
    area = village_area(fresh(people.branch), people.village)
    quarter = Period.parse("2026Q2")
    rows = queries.own_rows(area, "village", [MAY, quarter], kept(MAY, quarter))
    assert sorted((row.period, row.status) for row in rows) == [
        ("2026-05", "met"),
        ("2026-05", "missed"),
        ("2026Q2", "running"),
    ]
    assert queries.trend(area, [MAY], kept(MAY))["2026-05"].met == 1


def test_a_fresh_small_county_is_computed_while_one_waits(people, office, monkeypatch):
    assert queries.compute_if_cheap([MAY, YEAR], kept(MAY, YEAR), TODAY)
    assert set(StoredPeriod.objects.values_list("code", flat=True)) == {"2026-05", "2026"}
    assert Compliance.objects.filter(period="2026-05").exists()
    assert not queries.compute_if_cheap([MAY, YEAR], kept(MAY, YEAR), TODAY)
    monkeypatch.setattr(queries, "CHEAP_CADRES", 1)
    assert not queries.compute_if_cheap([JUNE], kept(JUNE), TODAY), "a large one waits for its night"
    assert Cadre.objects.count() > 1


def test_visits_by_day_tell_days_off_by_the_calendar(people, office):
    for day in ("2026-06-01", "2026-06-06", "2026-06-06"):
        county.add_visit(county.add_cadre(unit=people.unit), people.household, day)
    days = {each.day.day: each for each in queries.visits_by_day(office, JUNE, TODAY)}
    assert len(days) == 15
    assert (days[1].count, days[1].off, days[6].count, days[6].off) == (1, False, 2, True)
    months = queries.visits_by_day(office, YEAR, TODAY)
    assert [each.count for each in months] == [0, 0, 0, 0, 0, 3]


def test_matters_are_what_the_ledger_lists(people, office):
    home, other = people.household, people.other_household
    county.add_grievance(household=home, registered_on="2026-06-10", category="饮水用电")
    county.add_grievance(household=home, registered_on="2026-05-20", category="饮水用电")
    county.add_grievance(household=other, registered_on="2026-03-01", replied_on="2026-03-05")
    county.add_grievance(household=home, registered_on="2026-02-01", closed_on="2026-02-09")
    county.add_grievance(household=home, registered_on="2026-02-01", published_on="2026-02-20")
    county.add_grievance(household=home, registered_on="2025-11-01", void=True)
    found = queries.matters(office, 2026, TODAY)
    assert found.in_work == 3
    assert found.late == 1
    assert [found.of_age(age) for age in ("7", "15", "30", "60", "more")] == [1, 0, 1, 0, 1]
    assert found.of_age("30", only_late=True) == 1
    assert {kind.name: number for kind, number in found.kinds} == {"其他": 1, "饮水用电": 2}
    assert found.heard["satisfied"] == 2
    for asked in (
        Asked(age="open"), Asked(age="7"), Asked(age="30", due="late"), Asked(age="more"),
        Asked(reached="closed", year="2026"), Asked(reached="replied", year="2026"),
    ):  # fmt: skip
        listed = asked.apply(Grievance.objects.all(), TODAY).count()
        assert (
            listed == {"open": 3, "7": 1, "30": 1, "more": 1, "": 2 + (asked.reached == "replied")}[asked.age]
        )


def test_matters_of_a_township_a_unit_and_a_village_are_theirs(people):
    county.add_grievance(household=people.household, handler=people.cadre, registered_on="2026-06-10")
    county.add_grievance(household=people.other_household, handler=people.cadre, registered_on="2026-06-10")
    office = fresh(people.office)

    def count(area):
        return queries.matters(area, 2026, TODAY).in_work

    assert count(county_area(office)) == count(unit_area(office, people.unit)) == 2
    assert count(unit_area(office, people.township)) == count(village_area(office, people.village)) == 1
    assert count(linked_area(fresh(people.stranger_township_liaison))) == 1


def test_coverage_is_what_its_page_counts(people, office):
    county.add_household(village=people.village)
    county.add_village(township=people.township)
    people.stranger.left_on = datetime.date(2026, 5, 1)
    people.stranger.save()
    found = queries.coverage(office, TODAY)
    assert (found.villages, found.villages_bare) == (3, 1)
    assert (found.households, found.households_bare) == (3, 1)
    assert (found.pairings, found.pairings_left) == (2, 1)
    assert found.gaps == 3
    nothing = queries.coverage(linked_area(fresh(people.admin)), TODAY)
    assert nothing.gaps == 0


def test_everything_is_a_fixed_number_of_statements(people, office, store):
    store("2026-05", "2026")

    def ask():
        with CaptureQueriesContext(connection) as statements:
            queries.duties(office, MAY, [YEAR], kept(MAY, YEAR))
            queries.trend(office, [MAY], kept(MAY))
            queries.visits_by_day(office, MAY, TODAY)
            queries.matters(office, 2026, TODAY)
            queries.coverage(office, TODAY)
        return len(statements)

    ask()  # The scope is read once.
    few = ask()
    for _ in range(10):
        county.add_visit(county.add_cadre(), people.household, "2026-05-03")
        county.add_grievance(household=people.household)
    store("2026-05", "2026")
    assert ask() == few
