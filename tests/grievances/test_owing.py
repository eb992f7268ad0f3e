"""件件有着落、事事有回音: each kind, on the last day it is not and on the first day it is (contract, section 4)."""

import datetime
import uuid

import pytest

from grievances import family
from grievances.models import Filing, Grievance, GrievanceAction, GrievanceState, TellingWay
from grievances.owing import owing
from grievances.workflow import act
from lianhu.kit import clock
from tests import county
from tests.grievances.ledger import fresh, matter, objection, take

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
TODAY = datetime.date(2026, 6, 15)
ONE_DAY = datetime.timedelta(days=1)
WELL = {"assign_due_on": "2026-06-30", "reply_due_on": "2026-06-30"}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def found(person, on=TODAY):
    """Kind → what is in it, of those that are not empty."""
    kinds = {kind.name: list(kind.rows) for kind in owing(fresh(person), on)}
    return {name: rows for name, rows in kinds.items() if rows}


def filing(village, day, **more):
    at = datetime.datetime.combine(county.day(day), datetime.time(23, 30), clock.SHANGHAI)
    row = {"kind": "livelihood", "title": "路灯不亮", "content": "…", "form_id": uuid.uuid4()}
    return Filing.objects.create(
        village=village, query_code_hash=uuid.uuid4().bytes, filed_at=at, **(row | more)
    )


def test_when_all_is_well_each_kind_is_empty(people):
    for state in (S.REGISTERED, S.ASSIGNED):
        matter(people, state, **WELL)
    for state in (S.REPLIED, S.REVISITED, S.CLOSED, S.PUBLISHED):
        matter(people, state)
    assert found(people.office) == {}
    assert len(owing(people.office.user, TODAY)) == 7


def test_nobody_to_handle_it_past_the_day_it_was_to_be_assigned(people):
    made = matter(people, S.REGISTERED, **(WELL | {"assign_due_on": TODAY}))
    assert found(people.office) == {}
    assert found(people.office, TODAY + ONE_DAY) == {"no_handler": [made]}


def test_a_handler_who_left_is_nobody_from_the_day_after(people):
    made = matter(people, S.ASSIGNED, **WELL)
    people.cadre.left_on = TODAY
    people.cadre.save()
    assert found(people.office) == {}
    assert found(people.office, TODAY + ONE_DAY) == {"no_handler": [made]}
    take(made, A.TRANSFER, people.branch, people)
    assert found(people.office, TODAY + ONE_DAY) == {}


def test_without_a_date_to_answer_or_to_assign_by(people):
    one = matter(people, S.ASSIGNED, reply_due_on=None)
    two = matter(people, S.REGISTERED, **(WELL | {"assign_due_on": None}))
    matter(people, S.CLOSED, reply_due_on=None)
    assert found(people.office) == {"no_due_date": [one, two]}


def test_no_answer_past_its_day(people):
    made = matter(people, S.ASSIGNED, reply_due_on=TODAY)
    assert found(people.office) == {}
    assert found(people.office, TODAY + ONE_DAY) == {"no_reply": [made]}
    take(made, A.REPLY, people.cadre, people)
    assert found(people.office, TODAY + ONE_DAY) == {}


def test_closed_without_telling_the_family(people):
    made = matter(people, S.REVISITED)
    take(made, A.CLOSE, people.branch)
    assert found(people.office) == {"family_not_told": [made]}
    family.tell(
        list(family.waiting_notices(Grievance.objects.all())), TellingWay.PHONE, by=people.branch.user
    )
    assert found(people.office) == {}


def test_the_family_of_a_merged_matter_is_told_too(people):
    whole, part = matter(people, S.REVISITED), matter(people, S.ASSIGNED, **WELL)
    take(part, A.MERGE, people.township_liaison, people, parent=whole.number)
    take(whole, A.CLOSE, people.branch)
    waiting = family.waiting_notices(Grievance.objects.filter(pk=whole.pk))
    family.tell(list(waiting), TellingWay.PHONE, by=people.branch.user)
    assert found(people.office) == {"family_not_told": [part]}


def test_an_objection_unanswered_when_the_notice_is_over(people):
    made = matter(people, S.PUBLISHED)
    objection(made)
    last = made.publications.get().ends_on
    assert found(people.office, last) == {}
    assert found(people.office, last + ONE_DAY) == {"objection": [made]}
    act(made.pk, A.KEEP, {"reason": "已经换过"}, by=fresh(people.branch))
    assert found(people.office, last + ONE_DAY) == {}


@pytest.mark.parametrize(
    ("filed", "first"),
    # Friday; three working days are 15, 16, 17. Tuesday the 16th: 17, 18, and 22 after 端午 and the weekend.
    [("2026-06-12", "2026-06-18"), ("2026-06-16", "2026-06-23"), ("2026-06-13", "2026-06-18")],
)
def test_what_a_resident_filed_and_nobody_registered_for_three_working_days(people, filed, first):
    made = filing(people.village, filed)
    assert found(people.branch, county.day(first) - ONE_DAY) == {}
    assert found(people.branch, county.day(first)) == {"filing": [made]}
    assert found(people.stranger_branch, county.day(first)) == {}
    made.state, made.decline_reason, made.decided_at = "declined", "不是本村的事", clock.now()
    made.save()
    assert found(people.branch, county.day(first)) == {}


def test_void_and_merged_matters_owe_nothing(people):
    whole = matter(people, S.REPLIED)
    late = {"reply_due_on": "2026-06-01", "assign_due_on": "2026-06-01"}
    for state in (S.REGISTERED, S.ASSIGNED):
        matter(people, state, void=True, **late)
        matter(people, state, parent=whole, **late)
    assert found(people.office) == {}


def test_each_sees_only_what_is_theirs(people):
    mine = matter(people, S.ASSIGNED, reply_due_on="2026-06-01")
    strange = county.add_grievance(
        household=people.other_household, handler=people.stranger, registered_on="2026-06-01"
    )
    seen = {name: found(person).get("no_reply", []) for name, person in people.people.items()}
    see_mine = {"cadre", "branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader"}
    assert {name for name, rows in seen.items() if mine in rows} == see_mine | {"office"}
    strangers = {name for name in people.people if name.startswith("stranger")}
    assert {name for name, rows in seen.items() if strange in rows} == strangers | {"office"}
    assert seen["admin"] == seen["auditor"] == []


def test_the_oldest_comes_first(people):
    days = ["2026-05-03", "2026-05-01", "2026-05-02"]
    for day in days:
        matter(people, S.ASSIGNED, registered_on=day, reply_due_on=day)
    rows = found(people.office)["no_reply"]
    assert [str(each.registered_on) for each in rows] == sorted(days)
