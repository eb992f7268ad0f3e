"""A trip that is there: its last day moved, or the whole of it voided."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lianhu.kit import clock
from tests import county
from visits.trip_changes import change_last_day, void_trip

pytestmark = pytest.mark.django_db
MAY = {"cadre", "unit_liaison", "unit_leader", "office"}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def trip(people):
    return county.add_trip(people.cadre, people.village, "2026-06-10", "2026-06-12")


def move(trip, day, person):
    return change_last_day(trip, datetime.date.fromisoformat(day), on=clock.today(), by=person.user)


def why(trip, day, person):
    with pytest.raises(ValidationError) as refused:
        move(trip, day, person)
    [error] = refused.value.error_dict["ends_on"]
    return error.code


def test_who_moves_the_last_day(people, trip):
    found = set()
    for name, person in people.people.items():
        try:
            move(trip, "2026-06-11" if len(found) % 2 else "2026-06-13", person)
        except PermissionDenied:
            continue
        found.add(name)
    assert found == MAY


@pytest.mark.parametrize(("on", "may"), [("2026-06-19", True), ("2026-06-20", False)])
def test_the_cadre_moves_it_within_seven_days_of_it(people, trip, on_day, on, may):
    on_day(on)
    if may:
        assert move(trip, "2026-06-13", people.cadre).ends_on.isoformat() == "2026-06-13"
        return
    with pytest.raises(PermissionDenied):
        move(trip, "2026-06-13", people.cadre)
    assert move(trip, "2026-06-13", people.unit_liaison).ends_on.isoformat() == "2026-06-13"


def test_not_before_its_first_day_nor_its_last_visit(people, trip):
    visit = county.add_visit(people.cadre, people.household, "2026-06-11")
    assert why(trip, "2026-06-09", people.cadre) == "end_before_begin"
    assert why(trip, "2026-06-10", people.cadre) == "visits_left_out"
    move(trip, "2026-06-11", people.cadre)
    visit.voided_at, visit.void_reason = clock.now(), "录错"
    visit.save()
    move(trip, "2026-06-10", people.cadre)


def test_not_into_another_trip_to_the_village_but_into_one_elsewhere_or_void(people, trip):
    county.add_trip(people.cadre, people.village, "2026-06-14")
    county.add_trip(people.cadre, people.other_village, "2026-06-13")
    county.add_trip(people.cadre, people.village, "2026-06-13", void=True)
    assert why(trip, "2026-06-14", people.cadre) == "overlap"
    trip.refresh_from_db()
    assert trip.ends_on.isoformat() == "2026-06-12"
    move(trip, "2026-06-13", people.cadre)


def test_not_beyond_the_cadres_post(people, trip):
    people.cadre.left_on = "2026-06-12"
    people.cadre.save()
    assert why(trip, "2026-06-13", people.office) == "not_in_post"


@pytest.mark.parametrize("late", [False, True])
def test_whether_it_is_back_filled_stays_as_it_was_entered(people, late):
    trip = county.add_trip(people.cadre, people.village, "2026-06-01", backfilled=late)
    move(trip, "2026-06-14", people.unit_liaison)
    trip.refresh_from_db()
    assert (trip.backfilled, trip.approved_at) == (late, None)


def test_who_voids_a_trip(people, trip):
    found = set()
    for name, person in people.people.items():
        try:
            void_trip(trip, "没有去", on=clock.today(), by=person.user)
        except PermissionDenied:
            continue
        found.add(name)
        type(trip).objects.update(voided_at=None, void_reason="")
    assert found == MAY


def test_a_trip_with_standing_visits_is_not_voided_and_says_which(people, trip):
    visit = county.add_visit(people.cadre, people.household, "2026-06-11")
    with pytest.raises(ValidationError) as refused:
        void_trip(trip, "没有去", on=clock.today(), by=people.cadre.user)
    assert refused.value.messages == ["这次下乡还有 1 次走访没有作废：2026-06-11 多吉户"]
    visit.voided_at, visit.void_reason = clock.now(), "录错"
    visit.save()
    void_trip(trip, "没有去", on=clock.today(), by=people.unit_liaison.user)
    trip.refresh_from_db()
    assert (trip.voided_at, trip.void_reason) == (clock.now(), "没有去")
    assert people.cadre.user.notices.get().title == "您的一次下乡已作废，请看原因"


@pytest.mark.parametrize("reason", ["", "错", " 错 "])
def test_no_voiding_without_a_reason(people, trip, reason):
    with pytest.raises(ValidationError):
        void_trip(trip, reason, on=clock.today(), by=people.cadre.user)


def test_what_is_void_is_told_and_moves_no_more(people, trip):
    void_trip(trip, "没有去", on=clock.today(), by=people.cadre.user)
    for act in (
        lambda: move(trip, "2026-06-13", people.cadre),
        lambda: void_trip(trip, "没有去", on=clock.today(), by=people.cadre.user),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert refused.value.code == "void"
