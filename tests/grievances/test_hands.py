"""What a person is to a matter: by role, by post, by cover, by what they did."""

import datetime

import pytest

from grievances.events import IMPORTED
from grievances.handover import hand_over
from grievances.hands import Hand, desk_people
from grievances.models import GrievanceAction, GrievanceState
from lianhu.kit import clock
from registry.models import Cover
from tests import county
from tests.grievances.ledger import fresh, matter

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def hand(made, person, on=TODAY):
    return Hand(made, fresh(person), on)


def test_a_role_counts_from_its_first_day_to_its_last(people):
    made = matter(people, S.REGISTERED, level="township")
    person = county.add_cadre(unit=people.township)
    county.grant(person, "township", "2026-06-10", "2026-06-15", unit=people.township)
    days = [datetime.date(2026, 6, day) for day in (9, 10, 15, 16)]
    assert [hand(made, person, on).at_desk for on in days] == [False, True, True, False]


def test_a_role_for_another_place_is_none_here(people):
    made = matter(people, S.REGISTERED, level="township")
    assert hand(made, people.township_liaison).at_desk
    assert not hand(made, people.stranger_township_liaison).at_desk
    assert not hand(made, people.stranger_township_liaison).at_township_or_office


def test_several_roles_add_up(people):
    made = matter(people, S.ASSIGNED)
    county.grant(people.cadre, "village_branch", village=people.village)
    county.grant(people.cadre, "township", unit=people.township)
    person = hand(made, people.cadre)
    assert all((person.holds, person.at_desk, person.above, person.at_township_or_office))
    assert (person.handled, person.may_close) == (True, False)


def test_a_colleague_holds_what_they_cover_on_those_days_alone(people):
    made = matter(people, S.ASSIGNED)
    cover = {"begins_on": "2026-06-10", "ends_on": "2026-06-15", "reason": "病假"}
    Cover.objects.create(cadre=people.cadre, colleague=people.colleague, **cover)
    assert hand(made, people.colleague).holds
    assert not hand(made, people.colleague, datetime.date(2026, 6, 16)).holds
    # To cover is not to have handled.
    assert not hand(made, people.colleague).handled


def test_who_left_is_at_no_desk(people):
    assert list(desk_people(people.village, "village", TODAY)) == [people.branch.user]
    people.branch.left_on = datetime.date(2026, 6, 14)
    people.branch.save()
    assert not desk_people(people.village, "village", TODAY).exists()


def test_the_next_level_stands_in_for_an_empty_desk_alone(people):
    made = matter(people, S.REGISTERED)
    assert not hand(made, people.township_liaison).at_desk
    people.branch.left_on = datetime.date(2026, 6, 14)
    people.branch.save()
    assert hand(made, people.township_liaison).at_desk
    assert not hand(made, people.office).at_desk
    assert not hand(made, people.county_leader).at_desk


def test_of_an_imported_reply_the_handler_is_who_replied(people):
    made = county.add_grievance(
        household=people.household, handler=people.cadre, replied_on="2026-06-01", satisfaction=""
    )
    made.events.model.objects.create(
        grievance=made,
        action=A.REPLY,
        from_state=S.ASSIGNED,
        to_state=S.REPLIED,
        on=TODAY,
        reason=IMPORTED,
        by=people.office.user,
        recorded_at=datetime.datetime.now(datetime.UTC),
    )
    handler, importer = hand(made, people.cadre), hand(made, people.office)
    assert (handler.replied, handler.handled) == (True, True)
    assert (importer.replied, importer.handled) == (False, False)


def test_helping_is_by_unit_for_those_who_run_it(people):
    """Who of the unit does not run it would not see the matter."""
    made = matter(people, S.ASSIGNED)
    made.helping_units.set([people.other_unit])
    assert hand(made, people.stranger_unit_liaison).helps
    assert not hand(made, people.stranger).helps
    assert not hand(made, people.colleague).helps


def test_who_handed_a_matter_over_has_handled_it(people):
    made = county.add_grievance(household=people.household, handler=people.cadre)
    county.grant(people.cadre, "village_branch", village=people.village)
    hand_over(
        people.cadre,
        people.colleague,
        [people.household],
        on=datetime.date(2026, 6, 16),
        reason="调离",
        by=fresh(people.unit_liaison),
    )
    made.refresh_from_db()
    assert made.handler == people.colleague
    assert hand(made, people.cadre).handled


def test_who_is_named_for_an_answer_on_the_spot_gave_it(people):
    made = matter(people, S.REGISTERED)
    made.events.create(
        action=A.REPLY,
        from_state=S.REGISTERED,
        to_state=S.REPLIED,
        on=TODAY,
        value="solved",
        handler=people.cadre,
        by=people.unit_liaison.user,
        recorded_at=clock.now(),
    )
    assert hand(made, people.cadre).replied
    assert hand(made, people.unit_liaison).replied
    assert not hand(made, people.branch).replied
