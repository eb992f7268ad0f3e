import pytest

from grievances import workflow
from grievances.models import Grievance, GrievanceAction
from grievances.satisfaction import counts, rate_text, set_aside_steps
from tests import county

pytestmark = pytest.mark.django_db

A = GrievanceAction
NONE = {"satisfied": 0, "basically": 0, "dissatisfied": 0, "set_aside": 0, "whole": 0}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def replied(people, **fields):
    return county.add_grievance(
        household=people.household, handler=people.cadre, replied_on="2026-06-10", **fields
    )


def revisit(people, matter, said):
    data = {"satisfaction": said, "asked": "多吉"}
    return workflow.act(matter.pk, A.REVISIT, data, by=people.branch.user)


def reply(people, matter):
    data = {"outcome": "solved", "reason": "水管换好了"}
    return workflow.act(matter.pk, A.REPLY, data, by=people.cadre.user)


def set_aside(people, matter, reason="把另一件事说成这一件"):
    return workflow.act(matter.pk, A.SET_ASIDE, {"reason": reason}, by=people.office.user)


def told(**numbers):
    expected = NONE | numbers
    return expected | {"whole": sum(expected[name] for name in ("satisfied", "basically", "dissatisfied"))}


def test_the_last_revisit_of_each_matter_is_counted(people):
    for said in ("satisfied", "satisfied", "basically"):
        revisit(people, replied(people), said)
    replied(people)
    assert counts(Grievance.objects.all()) == told(satisfied=2, basically=1)


def test_a_dissatisfied_revisit_counts_although_a_later_one_is_satisfied(people):
    matter = replied(people)
    revisit(people, matter, "dissatisfied")
    assert counts(Grievance.objects.all()) == told(dissatisfied=1)
    reply(people, matter)
    revisit(people, matter, "satisfied")
    assert counts(Grievance.objects.all()) == told(satisfied=1, dissatisfied=1)


def test_an_imported_dissatisfied_matter_counts_once(people):
    replied(people, satisfaction="dissatisfied")
    assert counts(Grievance.objects.all()) == told(dissatisfied=1)


def test_what_is_waived_or_void_counts_nowhere(people):
    waived = county.add_grievance(household=people.household, closed_on="2026-06-10", revisit_waived=True)
    Grievance.objects.filter(pk=waived.pk).update(satisfaction="")
    county.add_grievance(household=people.household, closed_on="2026-06-10", void=True)
    assert counts(Grievance.objects.all()) == NONE


def test_what_is_set_aside_is_counted_apart(people):
    matter = replied(people)
    revisit(people, matter, "satisfied")
    revisit(people, replied(people), "basically")
    set_aside(people, matter)
    assert counts(Grievance.objects.all()) == told(basically=1, set_aside=1)


def test_a_dissatisfied_revisit_can_be_set_aside_and_what_is_said_later_counts(people):
    matter = replied(people)
    revisit(people, matter, "dissatisfied")
    set_aside(people, matter)
    assert counts(Grievance.objects.all()) == told(set_aside=1)
    reply(people, matter)
    revisit(people, matter, "basically")
    assert counts(Grievance.objects.all()) == told(basically=1, set_aside=1)


def test_nothing_can_be_set_aside_twice_or_before_somebody_said_it(people):
    untold, matter = replied(people), replied(people)
    with pytest.raises(workflow.Meanwhile, match="还没有回访的评价"):
        set_aside(people, untold)
    revisit(people, matter, "satisfied")
    set_aside(people, matter)
    with pytest.raises(workflow.Meanwhile, match="已经剔除"):
        set_aside(people, matter)


def test_what_was_set_aside_stays_listed_with_reason_and_person_after_a_new_revisit(people):
    matter = replied(people)
    revisit(people, matter, "dissatisfied")
    set_aside(people, matter, "说的是邻村的路")
    reply(people, matter)
    revisit(people, matter, "satisfied")
    step = set_aside_steps().get()
    assert (step.grievance, step.reason, step.by) == (matter, "说的是邻村的路", people.office.user)


def test_counting_takes_two_queries_however_many(people, django_assert_num_queries):
    for _ in range(10):
        revisit(people, replied(people), "satisfied")
    with django_assert_num_queries(2):
        counts(Grievance.objects.all())


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0 件"),
        (3, 4, "3 / 4 件"),
        (4, 5, "80.0 %"),
        (1, 8, "12.5 %"),
        (1, 16, "6.3 %"),
        (2, 3, "2 / 3 件"),
        (7, 7, "100.0 %"),
    ],
)
def test_a_rate_of_fewer_than_five_is_a_count_and_halves_go_up(part, whole, text):
    assert rate_text(part, whole) == text
