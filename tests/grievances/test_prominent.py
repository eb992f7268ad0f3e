import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Notice
from grievances import prominent as lists
from grievances.models import ProminentProblem
from tests import county

pytestmark = pytest.mark.django_db

DUE = datetime.date(2026, 12, 31)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def words(people, **other):
    said = {"title": "两个村的饮水管道漏水", "promise": "年底前换新管", "progress": "", "done_on": None}
    return said | {"unit": people.unit.code, "due_on": DUE} | other


def picked(people, matter=None, year=2026, **other):
    matter = matter or county.add_grievance(household=people.household, handler=people.cadre)
    return lists.pick(matter.number, words(people, **other), year=year, by=people.office.user)


def order(year=2026):
    return list(ProminentProblem.objects.filter(year=year).order_by("position").values_list("pk", flat=True))


def faults_of(error):
    return {name: [each.code for each in found] for name, found in error.value.error_dict.items()}


def test_a_picked_matter_stands_last_and_its_unit_is_told(people):
    first, second = picked(people), picked(people)
    assert order() == [first.pk, second.pk]
    told = Notice.objects.filter(key__startswith="prominent:").values_list("user__cadre__code", flat=True)
    assert set(told) == {"P1-unit_liaison", "P1-unit_leader"}


def test_only_the_office_writes_the_list(people):
    problem, matter = picked(people), county.add_grievance(household=people.household)
    for person in (people.unit_leader, people.township_liaison, people.county_leader, people.admin):
        by = person.user
        for act in (
            lambda by=by: lists.pick(matter.number, words(people), year=2026, by=by),
            lambda by=by: lists.edit(problem, words(people), by=by),
            lambda by=by: lists.move(problem, up=True, by=by),
            lambda by=by: lists.take_off(problem, by=by),
            lambda by=by: lists.publish(2026, by=by),
        ):
            with pytest.raises(PermissionDenied):
                act()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"void": True}, "voided"),
        ({"withheld_kind": "privacy", "withheld_reason": "家事"}, "withheld"),
    ],
)
def test_a_matter_that_may_not_be_public_is_refused(people, fields, code):
    matter = county.add_grievance(household=people.household, **fields)
    with pytest.raises(ValidationError) as error:
        picked(people, matter)
    assert faults_of(error) == {"number": [code]}


def test_a_merged_matter_names_the_one_to_pick(people):
    whole = county.add_grievance(household=people.household)
    part = county.add_grievance(household=people.household, parent=whole)
    with pytest.raises(ValidationError, match=whole.number):
        picked(people, part)


def test_a_matter_stands_once_a_year_and_may_stand_again_the_next(people):
    matter = county.add_grievance(household=people.household)
    picked(people, matter)
    with pytest.raises(ValidationError) as error:
        picked(people, matter)
    assert faults_of(error) == {"number": ["listed"]}
    picked(people, matter, year=2027)


def test_the_eleventh_is_refused(people):
    for _ in range(10):
        picked(people)
    with pytest.raises(ValidationError, match="已经有 10 件"):
        picked(people)


def test_neighbours_change_places_and_the_ends_stay(people):
    one, two, three = (picked(people).pk for _ in range(3))
    lists.move(ProminentProblem.objects.get(pk=three), up=True, by=people.office.user)
    assert order() == [one, three, two]
    lists.move(ProminentProblem.objects.get(pk=one), up=True, by=people.office.user)
    lists.move(ProminentProblem.objects.get(pk=two), up=False, by=people.office.user)
    assert order() == [one, three, two]


def test_who_is_taken_off_leaves_no_gap(people):
    one, two, three = (picked(people) for _ in range(3))
    lists.take_off(two, by=people.office.user)
    assert order() == [one.pk, three.pk]
    assert [row.position for row in ProminentProblem.objects.order_by("position")] == [1, 2]


def test_what_is_public_stays_with_unit_and_date_and_takes_progress(people, on_day):
    problem = picked(people)
    assert lists.publish(2026, by=people.office.user) == 1
    with pytest.raises(ValidationError, match="不能移出"):
        lists.take_off(problem, by=people.office.user)
    changed = words(
        people, unit=people.other_unit.code, due_on=datetime.date(2027, 6, 1), progress="管子已到"
    )
    lists.edit(problem, changed, by=people.office.user)
    problem.refresh_from_db()
    assert (problem.unit, problem.due_on, problem.progress) == (people.unit, DUE, "管子已到")


@pytest.mark.parametrize("name", ["title", "promise", "progress"])
def test_what_names_a_person_is_refused_beside_its_field(people, name):
    with pytest.raises(ValidationError) as error:
        picked(people, **{name: "多吉家的水管"})
    assert faults_of(error) == {name: ["sensitive"]}


def test_words_are_scanned_again_when_they_become_public(people):
    picked(people, title="卓嘎家的水管")
    county.add_household("卓嘎", village=people.village)
    with pytest.raises(ValidationError, match="第 1 件"):
        lists.publish(2026, by=people.office.user)
    assert not lists.public()


def test_a_problem_is_done_when_its_matter_is(people):
    problem = picked(people)
    today = datetime.date(2026, 6, 15)
    with pytest.raises(ValidationError, match="还没有销号"):
        lists.edit(problem, words(people, done_on=today), by=people.office.user)
    over = picked(people, county.add_grievance(household=people.household, closed_on="2026-06-10"))
    lists.edit(over, words(people, done_on=today), by=people.office.user)
    over.refresh_from_db()
    assert lists.Line.of(over, today).word == "已完成"


@pytest.mark.parametrize(
    ("on", "state", "word"), [("2026-12-31", "running", "办理中"), ("2027-01-02", "missed", "超期 2 天")]
)
def test_a_promise_is_late_from_the_day_after_its_date(people, on, state, word):
    line = lists.Line.of(picked(people), datetime.date.fromisoformat(on))
    assert (line.state, line.word) == (state, word)


def test_who_reads_what_before_and_after_it_is_public(people):
    problem = picked(people)

    def readers():
        return {name for name, one in people.people.items() if problem in lists.visible_to(one.user)}

    assert readers() == {"cadre", "colleague", "unit_liaison", "unit_leader", "county_leader", "office"}
    lists.publish(2026, by=people.office.user)
    assert readers() == set(people.people)


def test_a_matter_withheld_or_void_since_leaves_the_public_list(people):
    problem = picked(people)
    lists.publish(2026, by=people.office.user)
    problem.grievance.withheld_kind, problem.grievance.withheld_reason = "privacy", "家事"
    problem.grievance.save()
    assert not lists.public()
