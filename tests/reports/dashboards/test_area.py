"""Whose picture: each figure of a dashboard is narrowed as the list it opens onto."""

import datetime

import pytest
from django.contrib.auth import get_user_model

from reports.dashboards.area import county_area, has_overview, linked_area, unit_area, village_area
from tests import county

pytestmark = pytest.mark.django_db
MAY = (datetime.date(2026, 5, 1), datetime.date(2026, 5, 31))


def fresh(cadre):
    return get_user_model().objects.get(pk=cadre.user_id)


def count(area):
    return area.visits(*MAY).count()


def test_visits_count_as_the_figures_count_them(people):
    county.add_visit(people.cadre, people.household, "2026-05-03")
    county.add_visit(people.cadre, people.household, "2026-05-04", result="absent")
    county.add_visit(people.cadre, people.household, "2026-05-05", void=True)
    county.add_visit(people.cadre, people.household, "2026-05-06", backfilled=True)
    bad = county.add_trip(people.cadre, people.village, "2026-05-07", backfilled=True)
    county.add_visit(people.cadre, people.household, "2026-05-07", trip=bad)
    assert count(county_area(fresh(people.office))) == 1


def test_visits_are_those_of_the_villages_or_of_the_units_people_of_the_day(people):
    county.add_visit(people.cadre, people.household, "2026-05-03")
    county.add_visit(people.stranger, people.other_household, "2026-05-03")
    moved = county.add_cadre("换了单位", unit=people.other_unit)
    county.add_term(moved, "2026-01-01", "2026-05-31", unit=people.unit, rank="staff")
    county.add_visit(moved, people.other_household, "2026-05-04")
    office = fresh(people.office)
    assert count(county_area(office)) == 3
    assert count(unit_area(office, people.unit)) == 2
    assert count(unit_area(office, people.other_unit)) == 1
    assert count(unit_area(office, people.township)) == 1
    assert count(village_area(office, people.other_village)) == 2


def test_a_county_leader_sees_what_they_are_linked_to_and_no_more(people):
    county.add_visit(people.cadre, people.household, "2026-05-03")
    county.add_visit(people.stranger, people.other_household, "2026-05-03")
    leader, stranger = fresh(people.county_leader), fresh(people.stranger_county_leader)
    assert linked_area(leader).unit_ids == {people.unit.pk, people.township.pk}
    assert linked_area(leader).village_ids == {people.village.pk}
    assert count(linked_area(leader)) == count(linked_area(stranger)) == 1
    assert {visit.cadre for visit in linked_area(leader).visits(*MAY)} == {people.cadre}


def test_only_leaders_and_townships_have_an_overview_of_what_they_are_linked_to(people):
    may = {name for name, person in people.people.items() if has_overview(fresh(person))}
    assert may == {
        *("county_leader", "stranger_county_leader", "township_liaison", "stranger_township_liaison")
    }
