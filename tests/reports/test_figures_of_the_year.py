"""Contract section 6, rules 5 to 7: coverage, matters, talks and activities, counted by hand."""

import pytest

from registry.models import Household, Pairing
from tests import county
from visits.models import Visit

pytestmark = pytest.mark.django_db

YEAR = "2026"


# --- rule 5: coverage -------------------------------------------------------------------------


def pair_homes(place, cadre, count, **span):
    homes = [county.add_household(village=place.village) for _ in range(count)]
    for home in homes:
        county.pair(cadre, home, **span)
    return homes


@pytest.mark.parametrize(
    ("visited", "paired", "share", "status"),
    [
        (0, 3, 0, "missed"),
        (1, 3, 33.3, "missed"),
        (2, 3, 66.7, "missed"),
        (1, 8, 12.5, "missed"),
        (1, 16, 6.3, "missed"),  # 6.25, half up
        (3, 16, 18.8, "missed"),  # 18.75
        (3, 3, 100, "met"),
    ],
)
def test_paired_coverage_is_a_share_with_one_decimal_half_up(place, ask, visited, paired, share, status):
    for home in pair_homes(place, place.staff, paired)[:visited]:
        county.add_visit(place.staff, home, "2026-03-05")
    assert ask("paired_coverage", place.staff, YEAR) == (share, 100, status)


def test_a_share_is_met_only_when_nothing_is_left_unrounded(place, ask):
    """Of 2001 households 2000 are 99.95 %, printed 100.0 and not met."""
    homes = Household.objects.bulk_create(
        Household(
            code=f"many-{number}", village=place.village, head_name="多吉", kind="rural", people_count=1
        )
        for number in range(2001)
    )
    Pairing.objects.bulk_create(
        Pairing(cadre=place.staff, household=home, begins_on="2026-01-01") for home in homes
    )
    Visit.objects.bulk_create(
        Visit(cadre=place.staff, household=home, day="2026-03-05", recorded_at=county.evening("2026-03-05"))
        for home in homes[1:]
    )
    assert ask("paired_coverage", place.staff, YEAR) == (100, 100, "missed")


@pytest.mark.parametrize("result", ["absent", "phone"])
def test_only_meeting_the_family_covers_it(place, ask, result):
    county.pair(place.staff, place.home)
    county.add_visit(place.staff, place.home, "2026-03-05", result=result)
    assert ask.actual("paired_coverage", place.staff, YEAR) == 0


def test_nothing_to_cover_is_exempt(place, ask):
    assert ask("paired_coverage", place.chief, YEAR) == (0, 100, "exempt")
    assert ask("key_household_coverage", place.chief, YEAR) == (0, 100, "exempt")


@pytest.mark.parametrize(
    ("as_of", "answer"),
    [
        ("2026-05-31", (100, 100, "met")),  # still the first home
        ("2026-06-01", (0, 100, "running")),  # the second one from this day
        ("2027-01-01", (0, 100, "missed")),
    ],
)
def test_the_households_to_cover_are_those_paired_on_the_reference_day(place, ask, as_of, answer):
    later = county.add_household(village=place.village)
    county.pair(place.staff, place.home, "2026-01-01", "2026-05-31")
    county.pair(place.staff, later, "2026-06-01")
    county.add_visit(place.staff, place.home, "2026-03-05")
    assert ask("paired_coverage", place.staff, YEAR, as_of) == answer


def test_a_household_visited_before_it_was_paired_is_covered(place, ask):
    county.pair(place.staff, place.home, "2026-06-01")
    county.add_visit(place.staff, place.home, "2026-03-05", proxy_reason="同事请假")
    assert ask.actual("paired_coverage", place.staff, YEAR) == 100


def test_another_cadres_visit_covers_nothing_of_mine(place, ask):
    county.pair(place.staff, place.home)
    county.add_visit(place.chief, place.home, "2026-03-05")
    assert ask.actual("paired_coverage", place.staff, YEAR) == 0


@pytest.mark.parametrize("day", ["2025-12-31", "2027-01-01"])
def test_a_visit_of_another_year_covers_nothing(place, ask, day):
    county.pair(place.staff, place.home)
    county.add_visit(place.staff, place.home, day)
    assert ask.actual("paired_coverage", place.staff, YEAR) == 0


def test_key_households_have_any_of_four_marks_in_villages_linked_to_the_unit(place, ask):
    marks = ("is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship")
    homes = [county.add_household(village=place.village, **{mark: True}) for mark in marks]
    county.add_household(village=place.elsewhere, is_hardship=True)
    # The cadre's own pairing links the village for trips, not for this.
    county.pair(place.chief, county.add_household(village=place.elsewhere))
    county.add_visit(place.chief, place.home, "2026-03-05")  # no mark
    for visited, share in enumerate((0, 25, 50, 75, 100)):
        if visited:
            county.add_visit(place.chief, homes[visited - 1], "2026-03-05")
        assert ask.actual("key_household_coverage", place.chief, YEAR) == share


def test_a_household_with_two_marks_is_one_household(place, ask):
    both = county.add_household(village=place.village, is_hardship=True, is_party_member=True)
    county.add_household(village=place.village, is_hardship=True)
    county.link_village(place.unit, place.village, "2026-01-01")  # linked twice
    county.add_visit(place.chief, both, "2026-03-05")
    assert ask.actual("key_household_coverage", place.chief, YEAR) == 50


@pytest.mark.parametrize(("day", "share"), [("2026-03-31", 100), ("2026-04-01", 0)])
def test_key_households_may_be_visited_by_anyone_who_is_of_the_unit_that_day(place, ask, day, share):
    home = county.add_household(village=place.village, is_registered_poor=True)
    guest = county.add_cadre(unit=county.add_unit())
    county.add_term(guest, "2026-03-01", "2026-03-31", unit=place.unit, rank="staff")
    county.add_visit(guest, home, day)
    assert ask.actual("key_household_coverage", place.chief, YEAR) == share


@pytest.mark.parametrize(("as_of", "status"), [("2026-03-31", "running"), ("2026-04-01", "exempt")])
def test_key_households_are_those_linked_on_the_reference_day(place, ask, as_of, status):
    chief = county.add_cadre(unit=county.add_unit(code="D9"), rank="deputy_section_chief")
    unit = chief.posts.get().unit
    county.link_village(unit, place.village, "2026-03-01", "2026-03-31")
    county.add_household(village=place.village, is_village_cadre=True)
    assert ask("key_household_coverage", chief, YEAR, as_of) == (0, 100, status)


# --- rule 6: matters and talks ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"closed_on": "2026-01-01"}, 1),
        ({"closed_on": "2026-12-31"}, 1),
        ({"published_on": "2027-02-01", "closed_on": "2026-12-31"}, 1),
        ({"closed_on": "2025-12-31"}, 0),
        ({"closed_on": "2027-01-01"}, 0),
        ({"replied_on": "2026-03-05"}, 0),  # solved, not yet closed
        ({"closed_on": "2026-03-05", "outcome": "partly"}, 0),
        ({"closed_on": "2026-03-05", "outcome": "explained"}, 0),
        ({"closed_on": "2026-03-05", "registered_on": "2025-11-01"}, 1),
    ],
)
def test_matters_count_when_closed_in_the_period_as_solved(place, ask, fields, count):
    fields = {"registered_on": "2025-12-01"} | fields
    county.add_grievance(household=place.home, handler=place.chief, **fields)
    county.add_grievance(village=place.village, handler=place.chief, **fields)
    assert ask.actual("household_solved", place.chief, YEAR) == count  # paired or not
    assert ask.actual("village_solved", place.chief, YEAR) == count


def test_a_matter_counts_for_its_handler_in_its_scope_alone(place, ask):
    county.add_grievance(household=place.home, handler=place.staff, closed_on="2026-03-05")
    county.add_grievance(household=place.home, closed_on="2026-03-05")
    assert ask("household_solved", place.staff, YEAR) == (1, 1, "met")
    assert ask("household_solved", place.chief, YEAR) == (0, 2, "missed")
    assert ask("village_solved", place.chief, YEAR) == (0, 2, "missed")
    assert ask("village_solved", place.staff, YEAR) is None


def test_household_talk_counts_days_not_talks(place, ask):
    other = county.add_household(village=place.village)
    for home in (place.home, other):
        county.pair(place.staff, home)
        county.add_visit(place.staff, home, "2026-03-05", talk=True)
    county.add_visit(place.staff, other, "2026-03-06", talk=True)
    county.add_visit(place.staff, place.home, "2026-03-07")  # no talk
    assert ask("household_talk", place.staff, YEAR) == (2, 2, "met")


def test_household_talk_is_at_a_household_paired_on_that_day(place, ask):
    county.pair(place.staff, place.home, "2026-03-05", "2026-03-06")
    for day in ("2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07"):
        reason = "" if day[-1] in "56" else "代同事走访"
        county.add_visit(place.staff, place.home, day, talk=True, proxy_reason=reason)
    assert ask.actual("household_talk", place.staff, YEAR) == 2


# --- rule 7: activities -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["heart_talk", "self_check"])
def test_an_activity_is_that_of_its_first_cadre_alone(place, ask, kind):
    deputy = county.add_cadre(unit=place.unit, rank="deputy_section_chief")
    county.add_activity(kind, "2026-03-05", cadres=[place.chief, deputy])
    county.add_activity(kind, "2026-03-05", unit=place.unit)  # nobody's
    assert ask.actual(kind, place.chief, YEAR) == 1
    assert ask.actual(kind, deputy, YEAR) == 0


@pytest.mark.parametrize(
    ("held", "counts"),
    [
        (lambda place: {"unit": place.township}, 1),  # the leader is linked to it
        (lambda place: {"village": place.village}, 1),  # its township is
        (lambda place: {"unit": place.unit}, 0),
        (lambda place: {"village": place.elsewhere}, 0),
        (lambda place: {"unit": place.unit, "village": place.village}, 1),
        (lambda place: {}, 0),
    ],
)
def test_leader_talk_is_held_for_a_unit_or_township_of_the_leader(place, ask, held, counts):
    county.link_leader(place.leader, place.township, "2026-03-01", "2026-03-31")
    for day in ("2026-02-28", "2026-03-01", "2026-04-01"):
        county.add_activity("talk_meeting", day, cadres=[place.leader], **held(place))
    assert ask.actual("leader_talk", place.leader, YEAR) == counts


@pytest.mark.parametrize(("day", "counts"), [("2026-03-05", 1), ("2026-03-09", 0), ("2026-03-10", 1)])
def test_leader_talk_may_be_in_a_village_that_the_leaders_unit_is_linked_to_that_day(place, ask, day, counts):
    county.link_leader(place.leader, place.unit)
    county.link_village(place.unit, place.elsewhere, "2026-03-01", "2026-03-08")
    county.link_village(place.unit, place.elsewhere, "2026-03-10")
    county.link_village(place.unit, place.elsewhere, "2026-03-03", "2026-03-08")
    # The township of the village is linked to another leader only.
    other = county.add_cadre(unit=place.unit, rank="county_leader")
    county.link_leader(other, place.elsewhere.township)
    county.add_activity("talk_meeting", day, cadres=[place.staff, place.leader], village=place.elsewhere)
    assert ask.actual("leader_talk", place.leader, YEAR) == counts
    assert ask.actual("leader_talk", other, YEAR) == 0


def test_leader_talk_is_a_talk_meeting_in_which_the_leader_takes_part(place, ask):
    county.link_leader(place.leader, place.township)
    for kind, cadres in (
        ("talk_meeting", [place.chief]),
        ("forum", [place.leader]),
        ("talk_meeting", [place.chief, place.leader]),  # not the first, yet there
    ):
        county.add_activity(kind, "2026-03-05", cadres=cadres, unit=place.township)
    assert ask("leader_talk", place.leader, YEAR, "2026-06-01") == (1, 2, "running")


def test_units_and_villages_count_what_they_held_whoever_took_part(place, ask):
    for kind in ("joint_activity", "commendation", "work_plan"):
        county.add_activity(kind, "2026-12-31", unit=place.unit, cadres=[place.staff])
    for kind in ("consult", "assess", "notify"):
        county.add_activity(kind, "2026-03-31", unit=place.township, village=place.village)
    county.add_activity("assembly", "2026-01-01", unit=place.unit, village=place.village)
    county.add_activity("forum", "2026-01-31", village=place.village)
    assert ask("joint_activity", place.unit, YEAR) == (1, 2, "missed")
    assert ask("commendation", place.unit, YEAR) == (1, 1, "met")
    assert ask("work_plan", place.township, YEAR) == (0, 1, "missed")
    for quota in ("quarter_consult", "quarter_assess", "quarter_notify"):
        assert ask(quota, place.township, "2026Q1") == (1, 1, "met")
        assert ask(quota, place.township, "2026Q2") == (0, 1, "missed")
        assert ask(quota, place.unit, "2026Q1") == (0, 1, "missed")
    assert ask("assembly", place.village, "2026Q1") == (1, 1, "met")
    assert ask("forum", place.village, "2026-01") == (1, 1, "met")
    assert ask("forum", place.elsewhere, "2026-01") == (0, 1, "missed")


@pytest.mark.parametrize(
    ("accepted_on", "as_of", "answer"),
    [
        (None, "2026-05-01", (0, 1, "missed")),
        ("2026-04-10", "2026-03-31", (0, 1, "running")),
        ("2026-04-10", "2026-04-09", (0, 1, "missed")),
        ("2026-04-10", "2026-04-10", (1, 1, "met")),  # accepted after the quarter, as it must be
    ],
)
def test_a_quarterly_report_counts_once_accepted(place, ask, accepted_on, as_of, answer):
    county.add_quarterly_report(place.unit, "2026Q1", accepted_on)
    county.add_quarterly_report(place.unit, "2025Q1", "2025-04-10")
    county.add_quarterly_report(place.township, "2026Q2", "2026-07-01")
    assert ask("quarterly_report", place.unit, "2026Q1", as_of) == answer
