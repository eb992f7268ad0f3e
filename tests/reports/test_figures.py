"""Contract section 6, rules 0 to 4, 8 and 10, each by cases counted by hand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianhu.kit.periods import Period
from registry.models import Cadre
from reports.models import Quota
from reports.quotas.compute import figures
from tests import county

pytestmark = pytest.mark.django_db

MARCH = "2026-03"


# --- rule 0: days, periods, what is known -----------------------------------------------------


@pytest.mark.parametrize(("day", "counted"), [("03-09", 0), ("03-10", 1), ("03-12", 1), ("03-13", 0)])
def test_begin_and_end_dates_are_inclusive(place, ask, day, counted):
    county.link_village(place.unit, place.elsewhere, "2026-03-10", "2026-03-12")
    county.add_trip(place.staff, place.elsewhere, f"2026-{day}")
    assert ask.actual("trip_days", place.staff, MARCH) == counted


@pytest.mark.parametrize(
    ("as_of", "trip_days", "trip_count"),
    [("03-04", 0, 0), ("03-05", 1, 0), ("03-06", 2, 0), ("03-07", 3, 1), ("04-30", 3, 1)],
)
def test_of_a_trip_only_its_days_to_the_as_of_day_are_known(place, ask, as_of, trip_days, trip_count):
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-07")
    assert ask.actual("trip_days", place.staff, MARCH, f"2026-{as_of}") == trip_days
    assert ask.actual("trip_count", place.staff, MARCH, f"2026-{as_of}") == trip_count


@pytest.mark.parametrize(("as_of", "known"), [("2026-06-09", 0), ("2026-06-10", 1)])
def test_visits_matters_and_activities_are_known_from_their_own_day(place, ask, as_of, known):
    county.pair(place.chief, place.home)
    county.add_visit(place.chief, place.home, "2026-06-10", talk=True)
    county.add_grievance(household=place.home, handler=place.chief, closed_on="2026-06-10")
    county.add_grievance(village=place.village, handler=place.chief, closed_on="2026-06-10")
    county.add_activity("heart_talk", "2026-06-10", cadres=[place.chief])
    county.add_activity("work_plan", "2026-06-10", unit=place.unit)
    for quota in ("household_talk", "household_solved", "village_solved", "heart_talk"):
        assert ask.actual(quota, place.chief, "2026", as_of) == known, quota
    assert ask.actual("paired_coverage", place.chief, "2026", as_of) == 100 * known
    assert ask.actual("work_plan", place.unit, "2026", as_of) == known


def test_what_was_entered_late_is_known_by_its_own_date(place, ask):
    entered = county.evening("2026-09-01")
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-06", recorded_at=entered)
    assert ask.actual("trip_days", place.staff, MARCH, "2026-03-31") == 2


def test_future_leave_is_taken_as_it_stands_now(place, ask):
    county.add_leave(place.staff, "2026-03-10", "2026-03-31")
    assert ask.status("trip_count", place.staff, MARCH, "2026-03-05") == "exempt"


def test_approval_and_voiding_hold_for_every_as_of_day(place, ask):
    late = county.evening("2026-09-01")
    county.add_trip(place.staff, place.village, "2026-03-05", approved=True, approved_at=late)
    county.add_trip(place.chief, place.village, "2026-03-05", voided_at=late, void_reason="录错")
    assert ask.actual("trip_days", place.staff, MARCH, "2026-03-31") == 1
    assert ask.actual("trip_days", place.chief, MARCH, "2026-03-31") == 0


@pytest.mark.parametrize(
    ("code", "quota", "last", "after"),
    [
        ("2024-02", "forum", "2024-02-29", "2024-03-01"),
        ("2025-02", "forum", "2025-02-28", "2025-03-01"),
        ("2026Q2", "assembly", "2026-06-30", "2026-07-01"),
    ],
)
def test_a_period_is_over_from_the_day_after_its_last_day(place, ask, code, quota, last, after):
    assert ask.status(quota, place.village, code, last) == "running"
    assert ask.status(quota, place.village, code, after) == "missed"


@pytest.mark.parametrize(
    ("as_of", "bound"), [("2026-03-14", "staff"), ("2026-03-15", "chief"), ("2026-05-01", "chief")]
)
def test_the_rank_is_that_of_the_earlier_of_last_day_and_as_of_day(place, ask, as_of, bound):
    county.add_term(place.staff, "2026-03-15", "2026-03-31", unit=place.unit, rank="former_leader")
    county.add_trip(place.staff, place.village, "2026-03-05")
    one_day_is_enough = int(bound == "chief")
    assert ask.actual("trip_count", place.staff, MARCH, as_of) == one_day_is_enough
    assert (ask("heart_talk", place.staff, "2026", as_of) is not None) == (as_of == "2026-03-15")


@pytest.mark.parametrize("as_of", ["2026-03-05", "2026-05-01"])
@pytest.mark.parametrize(("code", "target"), [("2026-02", 2), (MARCH, 5), ("2026-04", 5)])
def test_a_period_takes_the_rule_in_force_on_its_last_day(place, ask, code, target, as_of):
    old = Quota.objects.get(code="night_school")
    Quota.objects.filter(pk=old.pk).update(ends_on="2026-03-30")
    old.pk, old.target, old.begins_on, old._state.adding = None, 5, "2026-03-31", True
    old.save()
    assert ask.target("night_school", place.village, code, as_of) == target


def test_a_month_a_quarter_and_a_year_print_their_own_rules(place, rows):
    printed = {code: {row["quota"] for row in rows(code, "2026-03-05")} for code in (MARCH, "2026Q1", "2026")}
    assert printed[MARCH] == {"trip_count", "trip_days", "forum", "night_school"}
    assert printed["2026Q1"] == {
        "quarterly_report", "quarter_consult", "quarter_assess", "quarter_notify", "assembly",
    }  # fmt: skip
    assert printed["2026"] == {
        "key_household_coverage", "paired_coverage", "household_solved", "village_solved",
        "household_talk", "leader_talk", "self_check", "heart_talk", "joint_activity",
        "commendation", "work_plan",
    }  # fmt: skip


# --- rule 1: linked villages ------------------------------------------------------------------


def test_a_pairing_links_the_village_on_its_days(place, ask):
    home = county.add_household(village=place.elsewhere)
    county.pair(place.staff, home, "2026-03-10", "2026-03-11")
    county.add_trip(place.staff, place.elsewhere, "2026-03-09", "2026-03-12")
    assert ask.actual("trip_days", place.staff, MARCH) == 2


def test_a_village_of_the_cadres_own_township_is_not_linked_by_that(place, ask):
    liaison = county.add_cadre(unit=place.township)
    county.add_trip(liaison, place.village, "2026-03-05", "2026-03-06")
    assert ask.actual("trip_days", liaison, MARCH) == 0
    assert ask.actual("trip_count", liaison, MARCH) == 0


def test_the_link_is_that_of_the_unit_of_that_very_day(place, ask):
    county.add_term(place.staff, "2026-03-06", "2026-03-07", unit=county.add_unit(), rank="staff")
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-08")
    assert ask.actual("trip_days", place.staff, MARCH) == 2


def test_a_changed_unit_and_rank_hold_from_their_day_and_the_first_ones_before(place, ask):
    county.add_standing(place.staff, county.add_unit(), "former_leader", "2026-03-10")
    county.add_trip(place.staff, place.village, "2026-03-08", "2026-03-11")
    assert ask.actual("trip_days", place.staff, MARCH) == 2
    assert ask.status("heart_talk", place.staff, "2026", "2026-03-09") is None
    assert ask.status("heart_talk", place.staff, "2026", "2026-03-10") == "running"


# --- rule 2: trips ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "staff", "chief"),
    [
        ("2026-03-05", "2026-03-05", 0, 1),  # 一般干部: at least two days
        ("2026-03-05", "2026-03-06", 1, 1),
        ("2026-03-31", "2026-04-01", 1, 1),  # the month of the first day
        ("2026-02-28", "2026-03-02", 0, 0),
    ],
)
def test_a_trip_counts_in_the_month_of_its_first_day(place, ask, first, last, staff, chief):
    for cadre, count in ((place.staff, staff), (place.chief, chief)):
        county.add_trip(cadre, place.village, first, last)
        assert ask.actual("trip_count", cadre, MARCH) == count


def test_a_trip_counts_once_its_last_day_has_come(place, ask):
    county.add_trip(place.chief, place.village, "2026-03-31", "2026-04-02")
    assert ask("trip_count", place.chief, MARCH, "2026-04-01") == (0, 1, "missed")
    assert ask("trip_count", place.chief, MARCH, "2026-04-02") == (1, 1, "met")


def test_a_trip_counts_by_the_link_of_its_first_day_a_day_by_its_own(place, ask):
    county.link_village(place.unit, place.elsewhere, "2026-03-10", "2026-03-20")
    county.add_trip(place.staff, place.elsewhere, "2026-03-09", "2026-03-11")
    county.add_trip(place.staff, place.elsewhere, "2026-03-20", "2026-03-21")
    assert ask.actual("trip_count", place.staff, MARCH) == 1
    assert ask.actual("trip_days", place.staff, MARCH) == 3


@pytest.mark.parametrize(("code", "days"), [("2025-12", 2), ("2026-01", 31), ("2026-02", 28), (MARCH, 1)])
def test_trip_days_fall_in_their_own_months(place, ask, code, days):
    county.add_trip(place.staff, place.village, "2025-12-30", "2026-03-01")
    assert ask.actual("trip_days", place.staff, code) == days


def test_a_day_in_two_trips_counts_once(place, ask):
    county.link_village(place.unit, place.elsewhere)
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-07")
    county.add_trip(place.staff, place.elsewhere, "2026-03-07", "2026-03-08")
    assert ask.actual("trip_days", place.staff, MARCH) == 4
    assert ask.actual("trip_count", place.staff, MARCH) == 2


def test_a_trip_on_leave_counts(place, ask):
    county.add_leave(place.staff, "2026-03-01", "2026-03-10")
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-06")
    assert ask("trip_days", place.staff, MARCH) == (2, 2, "met")


# --- rule 3: void and 补录 --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "counts"),
    [({}, 1), ({"void": True}, 0), ({"backfilled": True}, 0), ({"approved": True}, 1)],
)
def test_void_never_counts_and_backfill_once_approved(place, ask, state, counts):
    county.pair(place.chief, place.home)
    trip = county.add_trip(place.chief, place.village, "2026-03-05", **state)
    county.add_visit(place.chief, place.home, "2026-03-05", trip=trip, talk=True)
    assert ask.actual("trip_days", place.chief, MARCH) == counts
    assert ask.actual("trip_count", place.chief, MARCH) == counts
    assert ask.actual("household_talk", place.chief, "2026") == counts
    assert ask.actual("paired_coverage", place.chief, "2026") == 100 * counts


def test_void_visits_matters_and_activities_never_count(place, ask):
    county.pair(place.chief, place.home)
    county.add_visit(place.chief, place.home, "2026-03-05", talk=True, void=True)
    closed = {"handler": place.chief, "closed_on": "2026-03-05", "void": True}
    county.add_grievance(household=place.home, **closed)
    county.add_activity("self_check", "2026-03-05", cadres=[place.chief], void=True)
    county.add_activity("forum", "2026-03-05", village=place.village, void=True)
    for quota in ("household_talk", "paired_coverage", "household_solved", "self_check"):
        assert ask.actual(quota, place.chief, "2026") == 0, quota
    assert ask.actual("forum", place.village, MARCH) == 0


# --- rule 4: obliged months -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "first", "last", "exempt"),
    [
        ("2025-02", "2025-02-01", "2025-02-13", False),  # 15 of 28 days left
        ("2025-02", "2025-02-01", "2025-02-14", True),  # 14
        ("2024-02", "2024-02-16", "2024-02-29", False),  # 15 of 29
        ("2024-02", "2024-02-15", "2024-02-29", True),
        ("2026-04", "2026-04-16", "2026-05-10", False),  # 15 of 30
        ("2026-04", "2026-04-15", None, True),
        (MARCH, "2026-02-20", "2026-03-15", False),  # 16 of 31
        (MARCH, "2026-02-20", "2026-03-16", False),  # 15
        (MARCH, "2026-02-20", "2026-03-17", True),  # 14
    ],
)
def test_a_cadre_is_obliged_with_15_days_not_on_leave(place, ask, code, first, last, exempt):
    county.add_leave(place.staff, first, last)
    assert ask("trip_days", place.staff, code) == (0, 2, "exempt" if exempt else "missed")


@pytest.mark.parametrize(
    ("joined_on", "left_on", "exempt"),
    [
        ("2026-03-17", None, False),
        ("2026-03-18", None, True),
        ("2020-01-01", "2026-03-15", False),
        ("2020-01-01", "2026-03-14", True),
        ("2026-03-08", "2026-03-22", False),
        ("2026-03-09", "2026-03-22", True),
    ],
)
def test_a_cadre_is_obliged_with_15_days_in_post(place, ask, joined_on, left_on, exempt):
    cadre = county.add_cadre(unit=place.unit, joined_on=joined_on, left_on=left_on)
    assert ask.status("trip_count", cadre, MARCH) == ("exempt" if exempt else "missed")


def test_days_on_two_leaves_at_once_are_days_once(place, ask):
    county.add_leave(place.staff, "2026-03-01", "2026-03-16")
    county.add_leave(place.staff, "2026-03-05", "2026-03-12")
    assert ask.status("trip_count", place.staff, MARCH) == "missed"


@pytest.mark.parametrize(
    ("months_on_leave", "heart_talk", "household_talk", "village_solved"),
    [(0, 4, 4, 2), (3, 3, 3, 2), (4, 3, 3, 2), (6, 2, 2, 1), (7, 2, 2, 1), (11, 1, 1, 1)],
)
def test_yearly_numbers_are_prorated_by_obliged_months_rounded_up(
    place, ask, months_on_leave, heart_talk, household_talk, village_solved
):
    if months_on_leave:
        county.add_leave(place.chief, "2026-01-01", f"2026-{months_on_leave:02}-28")
    for quota, target in (
        ("heart_talk", heart_talk),
        ("household_talk", household_talk),
        ("village_solved", village_solved),
        ("self_check", 1),
    ):
        assert ask(quota, place.chief, "2026") == (0, target, "missed"), quota


def test_obliged_months_are_all_twelve_future_ones_too(place, ask):
    county.add_leave(place.chief, "2026-07-01")
    assert ask.target("heart_talk", place.chief, "2026", "2026-01-05") == 2


def test_with_no_obliged_month_every_yearly_rule_of_the_cadre_is_exempt(place, ask):
    county.add_leave(place.chief, "2025-12-01", "2026-12-31")
    county.pair(place.chief, place.home)
    county.add_visit(place.chief, place.home, "2026-03-05", talk=True)
    assert ask("household_talk", place.chief, "2026") == (1, 0, "exempt")
    assert ask("heart_talk", place.chief, "2026") == (0, 0, "exempt")
    assert ask("paired_coverage", place.chief, "2026") == (100, 100, "exempt")


# --- rules 8 and 10: status, rows -------------------------------------------------------------


def test_an_exempt_row_shows_the_real_actual_and_is_exempt_even_when_met(place, ask):
    county.add_leave(place.staff, "2026-03-01", "2026-03-31")
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-07")
    assert ask("trip_days", place.staff, MARCH) == (3, 2, "exempt")
    assert ask("trip_count", place.staff, MARCH) == (1, 1, "exempt")


def test_met_before_the_period_is_over_is_met_and_less_is_running(place, ask):
    county.add_activity("night_school", "2026-03-05", village=place.village)
    assert ask("night_school", place.village, MARCH, "2026-03-06") == (1, 2, "running")
    county.add_activity("night_school", "2026-03-05", village=place.village)
    assert ask("night_school", place.village, MARCH, "2026-03-06") == (2, 2, "met")


def test_every_cadre_bound_has_one_row_those_who_left_too(place, rows):
    gone = county.add_cadre(unit=place.unit, left_on="2021-06-30", code="Z-gone")
    coming = county.add_cadre(unit=place.unit, joined_on="2029-01-01", code="Z-coming")
    found = [row for row in rows(MARCH, "2026-03-31") if row["quota"] == "trip_days"]
    subjects = [row["subject"] for row in found]
    assert subjects == sorted({place.staff.code, place.chief.code, gone.code, coming.code})
    assert Cadre.objects.count() == 5  # the county leader is not bound


def test_units_and_villages_bound_have_one_row_each(place, rows):
    county.add_unit(code="E1", type="enterprise")
    year, quarter = rows("2026", "2026-03-31"), rows("2026Q1", "2026-03-31")

    def subjects(found, quota):
        return [row["subject"] for row in found if row["quota"] == quota]

    assert subjects(year, "joint_activity") == ["D1"]
    assert subjects(year, "work_plan") == ["D1", "E1", "T1", "T2"]
    assert subjects(quarter, "quarterly_report") == ["D1", "E1", "T1", "T2"]
    assert subjects(quarter, "quarter_notify") == ["D1", "T1", "T2"]
    assert subjects(quarter, "assembly") == sorted([place.village.code, place.elsewhere.code])


def test_rows_have_the_contracts_keys_and_are_sorted_by_quota_then_subject(place, rows):
    county.add_cadre(unit=place.unit, code="a-lower")
    county.add_cadre(unit=place.unit, code="工号")
    found = rows(MARCH, "2026-03-31")
    keys = [(row["quota"], row["subject"]) for row in found]
    assert keys == sorted(keys)
    wanted = {"quota", "subject_kind", "subject", "actual", "target", "status"}
    assert all(set(row) == wanted for row in found)
    assert {row["subject_kind"] for row in found} == {"cadre", "village"}


@pytest.mark.parametrize("code", [MARCH, "2026Q1", "2026"])
def test_the_number_of_statements_does_not_grow_with_the_county(place, code):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            figures(Period.parse(code), as_of=county.day("2026-03-31"))
        return len(captured)

    few = statements()
    for number in range(50):
        cadre = county.add_cadre(unit=county.add_unit(), rank="former_leader")
        home = county.add_household(village=county.add_village(township=place.township))
        county.pair(cadre, home)
        county.add_trip(cadre, home.village, "2026-03-05")
        county.add_visit(cadre, home, "2026-03-05", talk=number % 2 == 0)
    assert statements() == few
