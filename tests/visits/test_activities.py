"""Activities as they are entered, changed and voided: by page and phone the same rules (contract, section 5)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from registry.models import Cover
from tests import county
from visits.activity_forms import ActivityEntryForm
from visits.activity_kinds import KINDS, SUBTYPES
from visits.activity_rights import readable, rights_over_activity, words_for
from visits.activity_services import change_activity, enter_activity, finish_plan, void_activity
from visits.models import Activity, ActivityKind, Errand, ProjectReview

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def values(kind, **told):
    blank = {name: field.empty for name, field in ActivityEntryForm.base_fields.items()}
    return blank | {"kind": kind, "day": TODAY, "topic": "医保政策"} | told


def enter(by, kind, **told):
    return enter_activity(values(kind, **told), on=TODAY, by=by.user)


def codes(caught):
    return {name: [each.code for each in errors] for name, errors in caught.value.error_dict.items()}


def test_every_kind_is_described_and_its_subtypes_have_one_meaning():
    assert set(KINDS) == set(ActivityKind)
    assert len(SUBTYPES) == sum(len(of.subtypes) for of in KINDS.values())
    assert len(set(SUBTYPES.values())) == len(SUBTYPES)
    longest = Activity._meta.get_field("subtype").max_length
    assert all(len(name) <= longest for name in SUBTYPES)


def test_a_branch_holds_its_meetings_and_a_cadre_who_takes_part_may_write_them_down(people):
    village = people.village.code
    held = enter(people.branch, "forum", village=village, cadres=(people.cadre.code,), headcount=30)
    assert held.village == people.village
    enter(people.cadre, "night_school", village=village, cadres=(people.cadre.code,))
    with pytest.raises(ValidationError) as caught:
        enter(people.stranger_branch, "forum", village=village)
    assert codes(caught) == {"village": ["not_found"]}


def test_what_a_unit_holds_is_entered_by_its_liaison_or_leader(people):
    for person in (people.unit_liaison, people.unit_leader):
        enter(person, "consult", unit=people.unit.code, topic=person.name)
    enter(people.township_liaison, "consult", unit=people.township.code)
    with pytest.raises(ValidationError) as caught:
        enter(people.cadre, "consult", unit=people.unit.code)
    assert codes(caught) == {"kind": ["not_yours"]}


@pytest.mark.parametrize(
    ("kind", "told", "where"),
    [
        ("forum", {}, "village"),
        ("joint_activity", {}, "unit"),
        ("dispute_work", {"cadres": ("P0-county_office",)}, "village"),
        ("forum", {"village": "FROM", "day": datetime.date(2026, 6, 16)}, "day"),
        ("forum", {"village": "FROM", "subtype": "rules"}, "subtype"),
        ("forum", {"village": "FROM", "project": "饮水", "fault": "漏"}, "project"),
        ("project_review", {"village": "FROM", "project": "饮水", "fault": "漏"}, "plan"),
    ],
)
def test_what_a_kind_needs_is_asked_beside_its_field(people, kind, told, where):
    told = {name: people.village.code if value == "FROM" else value for name, value in told.items()}
    with pytest.raises(ValidationError) as caught:
        enter(people.office, kind, **told)
    assert where in codes(caught)


def test_a_heart_talk_has_exactly_two_people_and_one_of_them_writes_it_down(people):
    own, other = people.cadre.code, people.colleague.code
    enter(people.cadre, "heart_talk", cadres=(own, other))
    for crowd in ((own,), (own, other, people.unit_leader.code)):
        with pytest.raises(ValidationError) as caught:
            enter(people.cadre, "heart_talk", cadres=crowd)
        assert codes(caught) == {"cadres": ["two_people"]}
    with pytest.raises(ValidationError) as caught:
        enter(people.unit_liaison, "heart_talk", cadres=(own, other), topic="代录")
    assert codes(caught) == {"cadres": ["not_yours"]}
    enter(people.office, "heart_talk", cadres=(own, other), topic="联户办补记")


def test_a_self_check_is_not_entered_as_a_plain_activity(people):
    with pytest.raises(ValidationError):
        enter(people.unit_leader, "self_check", cadres=(people.unit_leader.code,))


def test_the_same_again_is_refused_and_another_topic_is_another(people):
    village = people.village.code
    enter(people.branch, "night_school", village=village)
    with pytest.raises(ValidationError) as caught:
        enter(people.branch, "night_school", village=village)
    assert codes(caught) == {"topic": ["twice"]}
    enter(people.branch, "night_school", village=village, topic="医保政策（晚上）")


def test_its_words_are_read_by_the_two_and_the_office_and_nobody_else(people):
    talk = county.add_activity("heart_talk", "2026-06-10", cadres=[people.unit_leader, people.cadre])
    visit = county.add_activity("forum", "2026-06-10", village=people.village)
    reads = {
        name for name, person in people.people.items() if talk.pk in readable([talk, visit], person.user)
    }
    assert reads == {"unit_leader", "cadre", "office"}
    by_condition = {
        name
        for name, person in people.people.items()
        if Activity.objects.filter(words_for(person.user), pk=talk.pk).exists()
    }
    assert by_condition == reads


def test_whoever_covers_one_of_the_two_does_not_read_it(people):
    talk = county.add_activity("heart_talk", "2026-06-10", cadres=[people.unit_leader, people.cadre])
    Cover.objects.create(
        cadre=people.cadre,
        colleague=people.colleague,
        begins_on=TODAY,
        ends_on=TODAY,
        reason="病假",
    )
    assert not readable([talk], people.colleague.user)


def test_it_is_changed_within_seven_days_by_its_own_and_later_by_the_office(people, on_day):
    forum = enter(people.branch, "forum", village=people.village.code)
    changed = values("forum", village=people.village.code, topic="用水", headcount=12)
    change_activity(forum, changed, seen=0, on=TODAY, by=people.branch.user)
    with pytest.raises(ValidationError, match="又有修改"):
        change_activity(forum, changed, seen=0, on=TODAY, by=people.branch.user)
    late = on_day("2026-06-23")
    with pytest.raises(PermissionDenied):
        change_activity(forum, changed, seen=1, on=late, by=people.branch.user)
    change_activity(forum, changed | {"topic": "用电"}, seen=1, on=late, by=people.office.user)
    forum.refresh_from_db()
    assert (forum.topic, forum.headcount, forum.version) == ("用电", 12, 2)


def test_what_is_void_stays_and_is_neither_changed_nor_voided_again(people):
    forum = enter(people.branch, "forum", village=people.village.code)
    with pytest.raises(PermissionDenied):
        void_activity(forum, "没有举办", on=TODAY, by=people.cadre.user)
    void_activity(forum, "没有举办", on=TODAY, by=people.branch.user)
    with pytest.raises(ValidationError, match="已作废"):
        void_activity(forum, "没有举办", on=TODAY, by=people.branch.user)
    assert not rights_over_activity(people.office.user, Activity.objects.get(pk=forum.pk), on=TODAY).change


def test_a_liaison_voids_the_units_work_but_judges_no_heart_talk(people):
    talk = county.add_activity("heart_talk", "2026-06-10", cadres=[people.unit_leader, people.cadre])
    work = county.add_activity("joint_activity", "2026-01-10", unit=people.unit)
    assert not rights_over_activity(people.unit_liaison.user, talk, on=TODAY).void
    assert rights_over_activity(people.unit_liaison.user, work, on=TODAY).void
    assert not rights_over_activity(people.stranger_unit_liaison.user, work, on=TODAY).void


def test_a_fault_of_a_project_is_done_once_on_a_day_that_has_come(people):
    told = {
        "project": "安全饮水",
        "checked": ("quality",),
        "fault": "漏水",
        "plan": "换管",
        "plan_due_on": TODAY,
    }
    made = enter(
        people.cadre, "project_review", village=people.village.code, cadres=(people.cadre.code,), **told
    )
    with pytest.raises(ValidationError, match="还没有到"):
        finish_plan(made, datetime.date(2026, 6, 16), on=TODAY, by=people.cadre.user)
    finish_plan(made, TODAY, on=TODAY, by=people.cadre.user)
    assert ProjectReview.objects.get(activity=made).plan_done_on == TODAY
    with pytest.raises(PermissionDenied):
        finish_plan(made, TODAY, on=TODAY, by=people.colleague.user)


def test_a_voided_errand_is_with_its_cadre_again(people):
    activity = county.add_activity("errand", "2026-06-12", village=people.village, cadres=[people.cadre])
    errand = Errand.objects.create(
        village=people.village,
        topic="代办",
        posted_at=county.evening("2026-06-10"),
        posted_by=people.branch.user,
        taken_by=people.cadre,
        taken_at=county.evening("2026-06-11"),
        activity=activity,
    )
    void_activity(activity, "没有办成", on=TODAY, by=people.office.user)
    errand.refresh_from_db()
    assert (errand.activity, errand.taken_by) == (None, people.cadre)
