"""Two hands on one household, one leave, one cover: one has it, the other is told."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from grievances.handover import hand_over
from grievances.models import Grievance, GrievanceEvent
from registry.covers import name_cover
from registry.leave import ask_leave, decide_leave
from registry.models import Cover, Handover, Leave, Pairing
from tests import county
from tests.concurrency.test_sign_in import at_once

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def told(act):
    """None, or the words of the refusal."""
    try:
        act()
    except ValidationError as error:
        return " ".join(error.messages)


def fresh(cadre):
    return User.objects.select_related("cadre").get(pk=cadre.user_id)


@pytest.mark.clause("方案五(一)")
def test_of_eight_handovers_of_one_household_one_is_done_and_the_others_hear_of_it(people):
    homes = [people.household, county.add_household(village=people.village)]
    county.pair(people.cadre, homes[1])
    matter = county.add_grievance(household=people.household, handler=people.cadre)
    successors = iter([county.add_cadre(unit=people.unit) for _ in range(8)])
    turn = iter(range(8))

    def hand():
        chosen = homes if next(turn) % 2 else homes[::-1]
        by = fresh(people.unit_liaison)
        return told(lambda: hand_over(people.cadre, next(successors), chosen, on=TODAY, reason="调动", by=by))

    answers = at_once(hand)
    assert answers.count(None) == 1
    assert all("已由赵敏在" in answer for answer in answers if answer)
    made = Handover.objects.get()
    for home in homes:
        assert Pairing.objects.in_force(TODAY).get(household=home).cadre == made.successor
    assert Grievance.objects.get(pk=matter.pk).handler == made.successor
    assert GrievanceEvent.objects.filter(grievance=matter).count() == 1


def test_of_two_handovers_that_share_a_household_neither_is_half_done(people):
    shared, left, right = (county.add_household(village=people.village) for _ in range(3))
    for home in (shared, left, right):
        county.pair(people.cadre, home)
    sets = iter([[left, shared], [shared, right]])
    successors = iter([people.colleague, people.unit_leader])

    def hand():
        by = fresh(people.unit_liaison)
        return told(
            lambda: hand_over(people.cadre, next(successors), next(sets), on=TODAY, reason="调动", by=by)
        )

    answers = at_once(hand, count=2)
    assert answers.count(None) == 1
    moved = Pairing.objects.filter(handover__isnull=False)
    assert moved.count() == 2
    assert Pairing.objects.in_force(TODAY).filter(household__in=[shared, left, right]).count() == 3


def test_of_two_covers_of_one_cadre_one_is_named(people):
    codes = iter([people.colleague.code, people.unit_leader.code])

    def name():
        values = {"colleague": next(codes), "begins_on": TODAY, "ends_on": TODAY, "reason": "病假"}
        by = fresh(people.unit_liaison)
        return told(lambda: name_cover(people.cadre, values, on=TODAY, by=by))

    answers = at_once(name, count=2)
    assert answers.count(None) == 1
    assert Cover.objects.count() == 1


def test_one_leave_approved_by_eight_hands_is_one_leave(people):
    values = {"begins_on": TODAY, "ends_on": TODAY, "reason": "病假"}
    asked = ask_leave(people.cadre, values, by=people.cadre.user)
    decisions = at_once(lambda: decide_leave([asked.pk], approve=True, by=fresh(people.unit_leader)))
    assert sorted(len(one.done) for one in decisions) == [0] * 7 + [1]
    assert Leave.objects.count() == 1


def test_the_same_leave_asked_by_eight_taps_is_one_request(people):
    values = {"begins_on": TODAY, "ends_on": TODAY, "reason": "病假"}
    asked = at_once(lambda: ask_leave(people.cadre, values, by=fresh(people.cadre)).pk)
    assert len(set(asked)) == 1
