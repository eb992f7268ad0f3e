"""Which colleagues hear of which step, and that the title names nobody (contract, sections 4 and 8)."""

import pytest

from accounts.models import Notice
from grievances import publication
from grievances.models import GrievanceAction, GrievanceState
from tests import county
from tests.grievances.ledger import ask, fresh, matter, objection, public_text, take, told

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


# step, state, who takes it, who hears
TOLD = [
    (A.ASSIGN, S.REGISTERED, "branch", {"cadre"}),
    (A.TRANSFER, S.ASSIGNED, "branch", {"colleague"}),
    (A.ESCALATE, S.ASSIGNED, "cadre", {"township_liaison"}),
    (A.RETURN, S.ASSIGNED, "cadre", {"branch"}),
    (A.ASK_EXTENSION, S.ASSIGNED, "cadre", {"township_liaison"}),
    (A.EXTEND, S.ASSIGNED, "township_liaison", {"cadre"}),
    (A.REFUSE_EXTENSION, S.ASSIGNED, "township_liaison", {"cadre"}),
    (A.REPLY, S.ASSIGNED, "cadre", {"branch"}),
    (A.REVISIT, S.REPLIED, "unit_liaison", {"branch"}),
    (A.ASK_WAIVER, S.REPLIED, "cadre", {"township_liaison"}),
    (A.WAIVE, S.REPLIED, "township_liaison", {"cadre"}),
    (A.REFUSE_WAIVER, S.REPLIED, "township_liaison", {"cadre"}),
    (A.CLOSE, S.REVISITED, "branch", {"cadre"}),
    (A.REOPEN, S.CLOSED, "township_liaison", {"cadre"}),
    (A.MERGE, S.ASSIGNED, "office", {"cadre"}),
    (A.VOID, S.ASSIGNED, "office", {"cadre"}),
    (A.NOTE, S.ASSIGNED, "cadre", {"branch"}),
    (A.REMIND, S.ASSIGNED, "branch", {"cadre"}),
    (A.PUBLISH, S.CLOSED, "township_liaison", set()),
    (A.WITHHOLD, S.CLOSED, "branch", set()),
    (A.SET_ASIDE, S.REVISITED, "office", set()),
]


@pytest.mark.parametrize(("action", "state", "by", "hear"), TOLD, ids=[row[0] for row in TOLD])
def test_those_who_have_to_go_on_hear_of_it(people, action, state, by, hear):
    made = matter(people, state)
    if action in (A.EXTEND, A.REFUSE_EXTENSION):
        ask(made, "extension", people.cadre, days=5)
    if action in (A.WAIVE, A.REFUSE_WAIVER):
        ask(made, "waiver", people.cadre)
    if action == A.PUBLISH:
        public_text(made, people.branch)
    parent = matter(people, S.REGISTERED)
    take(made, action, getattr(people, by), people, parent=parent.number)
    heard = {name for name, person in people.people.items() if told(person)}
    assert heard == hear
    for notice in Notice.objects.all():
        assert notice.title.startswith(made.number)
        assert not any(person.name in notice.title for person in people.people.values())
        assert people.household.head_name not in notice.title


def test_nobody_is_told_of_what_they_did_themselves(people):
    made = matter(people, S.REGISTERED)
    take(made, A.ASSIGN, people.branch, people, handler=people.branch.code)
    assert told(people.branch) == []


def test_dissatisfied_goes_to_the_handler(people):
    made = matter(people, S.REPLIED)
    take(made, A.REVISIT, people.branch, people, satisfaction="dissatisfied")
    assert told(people.cadre) == [f"{made.number} 群众不满意，退回重办"]


def test_the_desk_hears_of_an_objection(people):
    made = matter(people, S.PUBLISHED)
    publication.object_to(made.pk, "没有修好", by=None)
    assert told(people.branch) == [f"{made.number} 公示有异议，请答复"]


def test_what_did_not_happen_is_told_to_nobody(people):
    made = matter(people, S.REGISTERED)
    with pytest.raises(Exception, match="在岗"):
        take(made, A.ASSIGN, people.branch, people, handler="C-NO")
    assert not Notice.objects.exists()


def test_who_left_hears_nothing(people):
    made = matter(people, S.ASSIGNED)
    people.branch.left_on = "2026-06-14"
    people.branch.save()
    take(made, A.REPLY, people.cadre, people)
    assert told(people.branch) == []


def test_an_objection_comes_too_late_after_a_reopening(people):
    made = matter(people, S.PUBLISHED)
    objection(made)
    take(made, A.REOPEN, people.branch, people)
    with pytest.raises(Exception, match="已经退回重办"):
        publication.object_to(made.pk, "没有修好", by=fresh(people.branch))
