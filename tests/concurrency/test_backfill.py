"""Two hands on one 补录, one trip, one question: one wins, the other is told."""

import datetime
import itertools

import pytest
from django.core.exceptions import ValidationError

from lianhu.kit import clock
from tests import county
from tests.concurrency.test_sign_in import at_once
from visits.backfill import approve, refuse
from visits.models import Question, Trip, Visit
from visits.records import send_back
from visits.trip_changes import change_last_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def test_approved_and_refused_at_once_is_one_of_both(people):
    second = county.add_cadre("第二位负责人", unit=people.unit, rank="section_chief")
    county.grant(second, "unit_leader", unit=people.unit)
    trip = county.add_trip(people.cadre, people.village, "2026-05-05", backfilled=True)
    visit = county.add_visit(people.cadre, people.household, "2026-05-05", backfilled=True)
    turns = itertools.cycle([(people.unit_leader, True), (second, False)])

    def decide():
        person, yes = next(turns)
        options = {"on": clock.today(), "by": person.user}
        return approve([trip], [], **options) if yes else refuse([trip], [], reason="不符", **options)

    found = at_once(decide)
    assert [decision.done for decision in found].count(1) == 1
    assert sum(len(decision.overtaken) for decision in found) == 7
    trip, visit = Trip.objects.get(), Visit.objects.get()
    assert (trip.approved_at is None) != (trip.refused_at is None)
    assert (visit.approved_at is None) == (trip.approved_at is None)
    assert people.cadre.user.notices.count() == 1


def test_two_questions_at_once_leave_one_open(people):
    visit = county.add_visit(people.cadre, people.household, "2026-06-10")
    askers = itertools.cycle([people.branch, people.township_liaison, people.office])

    def ask():
        person = next(askers)
        try:
            send_back(visit, f"{person.name}问", on=clock.today(), by=person.user)
        except ValidationError as error:
            return error.code
        return "asked"

    assert set(at_once(ask, count=3)) == {"asked", "one_open"}
    assert Question.objects.count() == 1


def test_two_trips_made_longer_at_once_do_not_overlap(people):
    trips = [
        county.add_trip(people.cadre, people.village, "2026-06-01"),
        county.add_trip(people.cadre, people.village, "2026-06-03"),
    ]
    turns = iter(trips)

    def lengthen():
        try:
            change_last_day(next(turns), datetime.date(2026, 6, 5), on=clock.today(), by=people.office.user)
        except ValidationError as error:
            return error.error_dict["ends_on"][0].code

    assert sorted(map(str, at_once(lengthen, count=2))) == ["None", "overlap"]
