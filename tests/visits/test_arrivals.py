"""双报到: who confirms that a cadre came to the village, and what a wrong tap leaves behind (方案五(一))."""

import pytest
from django.core.exceptions import PermissionDenied

from lianhu.kit import clock
from tests import county
from visits.arrivals import confirm_arrivals, confirmed_lately, take_back_arrivals, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def trip(people):
    return county.add_trip(people.cadre, people.village, "2026-06-10", "2026-06-11")


def confirm(trips, person):
    return confirm_arrivals(trips, on=clock.today(), by=person.user)


def take_back(trips, person):
    return take_back_arrivals(trips, on=clock.today(), by=person.user)


def listed(person):
    return list(waiting(person.user, on=clock.today()))


def test_only_the_branch_and_the_township_of_the_village_confirm(people, trip):
    may = {"branch", "township_liaison"}
    wrong = {}
    for name, person in people.people.items():
        try:
            done = confirm([trip], person)
        except PermissionDenied:
            done = 0
        if done != (name in may) or bool(listed(person)):
            wrong[name] = done
        type(trip).objects.update(arrival_confirmed_at=None, arrival_confirmed_by=None)
        if (trip in listed(person)) != (name in may):
            wrong[name] = "list"
    assert not wrong


def test_the_first_word_stands_however_often_it_is_tapped(people, trip, on_day):
    assert confirm([trip], people.branch) == 1
    on_day("2026-06-16")
    assert confirm([trip], people.township_liaison) == 0
    trip.refresh_from_db()
    assert trip.arrival_confirmed_by == people.branch.user
    assert trip.arrival_confirmed_at.astimezone(clock.SHANGHAI).date().isoformat() == "2026-06-15"
    assert list(confirmed_lately(people.branch.user, on=clock.today())) == [trip]


def test_all_at_once_in_a_fixed_number_of_queries(people, django_assert_max_num_queries):
    trips = [county.add_trip(people.cadre, people.village, f"2026-05-{day:02}") for day in range(1, 25)]
    with django_assert_max_num_queries(9):
        assert confirm(trips, people.branch) == 24
    assert listed(people.branch) == []


def test_a_wrong_tap_is_taken_back_on_the_same_day_and_no_later(people, trip, on_day):
    confirm([trip], people.branch)
    assert take_back([trip], people.branch) == 1
    assert listed(people.branch) == [trip]
    confirm([trip], people.branch)
    on_day("2026-06-16")
    assert take_back([trip], people.branch) == 0
    assert listed(people.branch) == []


def test_what_a_workbook_brought_long_ago_stands_apart(people, trip):
    old = county.add_trip(people.cadre, people.village, "2026-03-01")
    assert listed(people.branch) == [trip]
    user, on = people.branch.user, clock.today()
    assert list(waiting(user, on=on, older=True)) == [old]
    assert confirm_arrivals([old], on=on, by=user) == 1


def test_the_newest_first_and_neither_void_nor_refused_nor_to_come(people, trip):
    older = county.add_trip(people.cadre, people.village, "2026-05-10")
    county.add_trip(people.cadre, people.village, "2026-05-20", void=True)
    county.add_trip(
        people.cadre,
        people.village,
        "2026-04-20",
        backfilled=True,
        refused_at=clock.now(),
        refuse_reason="不实",
    )
    late = county.add_trip(people.cadre, people.village, "2026-04-18", backfilled=True)
    county.add_trip(people.cadre, people.village, "2026-06-16")
    county.add_trip(people.cadre, people.other_village, "2026-06-12")
    assert listed(people.branch) == [trip, older, late]


def test_a_trip_voided_since_the_page_was_opened_is_passed_over(people, trip):
    type(trip).objects.update(voided_at=clock.now(), void_reason="录错")
    assert confirm([trip], people.branch) == 0


def test_nobody_confirms_their_own_arrival(people):
    own = county.add_trip(people.branch, people.village, "2026-06-10")
    assert listed(people.branch) == []
    with pytest.raises(PermissionDenied):
        confirm([own], people.branch)
    assert confirm([own], people.township_liaison) == 1
