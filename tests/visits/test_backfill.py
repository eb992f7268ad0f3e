"""补录: who approves what, once, and what the cadre is told (contract, section 3)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lianhu.kit import clock
from tests import county
from tests.refused import refused_by
from visits.backfill import approve, refuse, trips_to_decide, visits_to_decide
from visits.models import Trip, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def trip(people):
    return county.add_trip(people.cadre, people.village, "2026-05-05", "2026-05-06", backfilled=True)


@pytest.fixture
def visit(people):
    """Entered late in a trip that was entered in time."""
    county.add_trip(people.cadre, people.village, "2026-05-20")
    return county.add_visit(people.cadre, people.household, "2026-05-20", backfilled=True)


def deciders(people, rows):
    found = set()
    for name, person in people.people.items():
        listed = [
            *trips_to_decide(person.user, on=clock.today()),
            *visits_to_decide(person.user, on=clock.today()),
        ]
        if listed:
            assert listed == rows
            found.add(name)
    return found


def test_the_leader_of_the_unit_decides_and_nobody_else(people, trip, visit):
    assert deciders(people, [trip, visit]) == {"unit_leader"}
    for name, person in people.people.items():
        if name != "unit_leader":
            with pytest.raises(PermissionDenied):
                approve([trip], [], on=clock.today(), by=person.user)
            with pytest.raises(PermissionDenied):
                refuse([], [visit], reason="不实", on=clock.today(), by=person.user)
    done = approve([trip], [visit], on=clock.today(), by=people.unit_leader.user)
    assert (done.done, done.overtaken) == (2, [])
    trip.refresh_from_db()
    visit.refresh_from_db()
    assert trip.approved_by == visit.approved_by == people.unit_leader.user
    assert deciders(people, []) == set()


def test_it_is_the_unit_of_that_day(people, trip):
    """The cadre was lent to 农业局 in May."""
    county.add_term(people.cadre, "2026-05-01", "2026-05-31", unit=people.other_unit, rank="staff")
    assert deciders(people, [trip]) == {"stranger_unit_leader"}


def test_the_leaders_own_goes_to_the_county_office(people):
    own = county.add_trip(people.unit_leader, people.village, "2026-05-05", backfilled=True)
    second = county.add_cadre("第二位负责人", unit=people.unit, rank="section_chief")
    county.grant(second, "unit_leader", unit=people.unit)
    assert deciders(people, [own]) == {"office"}
    for person in (people.unit_leader, second):
        with pytest.raises(PermissionDenied):
            approve([own], [], on=clock.today(), by=person.user)
    assert approve([own], [], on=clock.today(), by=people.office.user).done == 1


def test_a_unit_without_a_leader_is_not_left_waiting(people, trip):
    people.unit_leader.role_grants.update(ends_on="2026-06-14")
    assert deciders(people, [trip]) == {"office"}


def test_whoever_is_of_the_office_does_not_decide_their_own(people):
    own = county.add_trip(people.office, people.village, "2026-05-05", backfilled=True)
    assert deciders(people, [own]) == set()
    with pytest.raises(PermissionDenied):
        approve([own], [], on=clock.today(), by=people.office.user)


def test_what_was_decided_or_voided_waits_no_more(people):
    county.add_trip(people.cadre, people.village, "2026-05-01", approved=True)
    county.add_trip(people.cadre, people.village, "2026-05-02", backfilled=True, void=True)
    county.add_trip(people.cadre, people.village, "2026-05-03", backfilled=True, refused_at=clock.now())
    county.add_trip(people.cadre, people.village, "2026-05-04")
    assert deciders(people, []) == set()


def test_the_visits_of_a_late_trip_go_with_it(people, trip):
    visit = county.add_visit(people.cadre, people.household, "2026-05-05", backfilled=True)
    assert deciders(people, [trip]) == {"unit_leader"}
    refuse([trip], [], reason="与实际不符", on=clock.today(), by=people.unit_leader.user)
    visit.refresh_from_db()
    assert (visit.refuse_reason, visit.refused_by) == ("与实际不符", people.unit_leader.user)


@pytest.mark.parametrize("reason", ["", " ", "不", " 不 "])
def test_no_refusal_without_a_reason(people, trip, reason):
    with pytest.raises(ValidationError):
        refuse([trip], [], reason=reason, on=clock.today(), by=people.unit_leader.user)
    trip.refresh_from_db()
    assert trip.refused_at is None


def test_the_second_hand_is_told_who_was_first(people, trip):
    refuse([trip], [], reason="与实际不符", on=clock.today(), by=people.unit_leader.user)
    late = approve([trip], [], on=clock.today(), by=people.unit_leader.user)
    assert late.done == 0
    assert [row.refused_by for row in late.overtaken] == [people.unit_leader.user]
    trip.refresh_from_db()
    assert (trip.approved_at, trip.refuse_reason) == (None, "与实际不符")


def test_the_database_knows_no_row_that_is_both(people, trip, visit):
    now = clock.now()
    for model, row in ((Trip, trip), (Visit, visit)):
        name = f"{model._meta.model_name}_approved_or_refused"
        with refused_by(name):
            model.objects.filter(pk=row.pk).update(approved_at=now, refused_at=now)


def test_the_cadre_is_told_without_a_name_in_the_title(people, trip, visit):
    refuse([], [visit], reason="与实际不符", on=clock.today(), by=people.unit_leader.user)
    approve([trip], [], on=clock.today(), by=people.unit_leader.user)
    told = {notice.url: notice.title for notice in people.cadre.user.notices.all()}
    assert told == {
        f"/visits/{visit.pk}/": "您的补录没有批准，请看原因",
        f"/trips/{trip.pk}/": "您的补录已批准",
    }


def test_many_at_once_are_one_notice_and_no_more_queries(people, django_assert_max_num_queries):
    trips = [
        county.add_trip(people.cadre, people.village, f"2026-05-{day:02}", backfilled=True)
        for day in range(1, 31)
    ]
    with django_assert_max_num_queries(14):
        assert approve(trips, [], on=clock.today(), by=people.unit_leader.user).done == 30
    [notice] = people.cadre.user.notices.all()
    assert notice.url == "/trips/"
