"""挂号 on the web (contract, section 4): the phone's form and rules, duplicates first, sent twice is one."""

import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from grievances import desk, query_codes
from grievances.models import (
    Category,
    FamilyNotice,
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    NumberCounter,
)
from tests import county

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案四(四)")]
CODE = "3K7Q9VX2MT"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    for name in ("饮水用电", "住房"):
        Category.objects.get_or_create(name=name, defaults={"position": 99})
    return county.build()


def said(**fields):
    raw = {
        "household": "",
        "village": "",
        "category": "饮水用电",
        "title": "水管漏水",
        "content": "村口的水管漏了三天。",
        "level": "village",
        "form_id": str(uuid.uuid4()),
    }
    form = desk.DeskForm(raw | fields)
    assert form.is_valid(), form.errors
    return form.cleaned_data


def earlier(people):
    """Of the workbook: its number is not of this year's counter."""
    matter = {"household": people.household, "handler": people.cadre, "category": "饮水用电"}
    return county.add_grievance(number=f"旧-{Grievance.objects.count() + 1}", **matter)


def told(error):
    return {name: [each.code for each in errors] for name, errors in error.value.error_dict.items()}


@pytest.mark.parametrize("person", ["cadre", "branch", "township_liaison", "office"])
def test_cadre_branch_township_and_office_register_for_a_household(people, person):
    by = getattr(people, person).user
    matter = desk.register(said(household=people.household.code, query_code=CODE), by=by)
    assert (matter.household, matter.village, matter.state) == (
        people.household,
        people.village,
        "registered",
    )
    assert matter.number == "LH-2026-000001"
    assert bytes(matter.query_code_hash) == query_codes.hash_of(CODE)
    assert (str(matter.reply_due_on), str(matter.assign_due_on)) == ("2026-06-22", "2026-06-18")
    assert matter.events.get().by == by
    assert FamilyNotice.objects.get(grievance=matter).told_at is None


@pytest.mark.parametrize("person", ["cadre", "branch", "township_liaison", "office"])
def test_they_register_for_a_whole_village_too_and_no_family_is_owed_a_notice(people, person):
    matter = desk.register(said(village=people.village.code), by=getattr(people, person).user)
    assert (matter.household, matter.village) == (None, people.village)
    assert not FamilyNotice.objects.exists()


@pytest.mark.parametrize(
    "person", ["unit_liaison", "unit_leader", "county_leader", "admin", "auditor", "stranger_county_leader"]
)
def test_nobody_else_registers(people, person):
    with pytest.raises(PermissionDenied):
        desk.register(said(household=people.household.code), by=getattr(people, person).user)
    assert not Grievance.objects.exists()


@pytest.mark.parametrize("person", ["stranger", "stranger_branch", "stranger_township_liaison"])
def test_a_household_or_a_village_out_of_scope_is_not_found(people, person):
    by = getattr(people, person).user
    with pytest.raises(ValidationError) as error:
        desk.register(said(household=people.household.code), by=by)
    assert told(error) == {"household": ["not_found"]}
    with pytest.raises(ValidationError) as error:
        desk.register(said(village=people.village.code), by=by)
    assert told(error) == {"village": ["not_found"]}


def test_a_colleague_who_covers_registers_for_the_households_that_are_covered(people):
    people.colleague.role_grants.all().delete()
    assert not desk.may_register(people.colleague.user)
    people.cadre.covers.create(
        colleague=people.colleague, begins_on="2026-06-15", ends_on="2026-06-20", reason="病假"
    )
    people.colleague.user.__dict__.pop("_scopes")
    assert desk.register(said(household=people.household.code), by=people.colleague.user).pk


def test_marks_and_the_way_it_is_handled_are_kept(people):
    words = said(village=people.village.code, marks=["place", "person"], approach="urgent")
    matter = desk.register(words, by=people.branch.user)
    matter.refresh_from_db()
    assert (matter.marks, matter.approach) == (["person", "place"], "urgent")


def test_what_is_answered_on_the_spot_is_replied_by_who_registered(people):
    words = said(household=people.household.code, spot_answer="已经修好", outcome="solved")
    matter = desk.register(words, by=people.branch.user)
    assert (matter.state, matter.handler, matter.reply) == ("replied", people.branch, "已经修好")
    with pytest.raises(ValidationError) as error:
        desk.register(
            said(
                household=people.household.code, title="路", content="坑", category="住房", outcome="solved"
            ),
            by=people.branch.user,
        )
    assert told(error) == {"spot_answer": ["required"]}


def test_likely_duplicates_come_first_and_are_passed_once_seen(people):
    there = earlier(people)
    words = said(household=people.household.code)
    with pytest.raises(desk.Alike) as found:
        desk.register(words, by=people.branch.user)
    assert found.value.matters == [there]
    assert not NumberCounter.objects.exists()
    assert desk.register(words, by=people.branch.user, offered={there.pk}).pk != there.pk


def test_one_that_came_since_is_offered_again(people):
    first = earlier(people)
    words = said(household=people.household.code)
    second = earlier(people)
    with pytest.raises(desk.Alike) as found:
        desk.register(words, by=people.branch.user, offered={first.pk})
    assert set(found.value.matters) == {first, second}


def test_the_township_registers_and_merges_at_once(people):
    parent = earlier(people)
    matter = desk.register_into(
        said(household=people.household.code), parent.number, by=people.township_liaison.user
    )
    matter.refresh_from_db()
    assert (matter.parent, matter.number) == (parent, "LH-2026-000001")
    actions = list(matter.events.values_list("action", flat=True))
    assert actions == [GrievanceAction.REGISTER, GrievanceAction.MERGE]


def test_a_branch_may_not_merge_and_then_nothing_is_registered(people):
    parent = earlier(people)
    with pytest.raises(PermissionDenied):
        desk.register_into(said(household=people.household.code), parent.number, by=people.branch.user)
    assert Grievance.objects.get() == parent
    assert not NumberCounter.objects.exists()


def test_the_handler_adds_what_was_said_to_the_matter_there_is(people):
    there = earlier(people)
    words = said(household=people.household.code)
    assert desk.note_in(words, there.number, by=people.cadre.user) == there
    assert desk.note_in(words, there.number, by=people.cadre.user) == there
    event = GrievanceEvent.objects.get(grievance=there)
    assert (event.action, event.reason) == ("note", "群众又来反映：水管漏水。村口的水管漏了三天。")
    assert Grievance.objects.count() == 1


def test_only_who_may_write_there_adds_to_it(people):
    there = earlier(people)
    for person in (people.branch, people.stranger):
        with pytest.raises(PermissionDenied):
            desk.note_in(said(household=people.household.code), there.number, by=person.user)
    assert not GrievanceEvent.objects.exists()


def test_a_double_tap_is_one_matter(people):
    words = said(household=people.household.code, query_code=CODE)
    first = desk.register(words, by=people.branch.user)
    assert desk.register(words, by=people.branch.user) == first
    assert NumberCounter.objects.get().highest == 1


def test_the_same_form_with_other_words_or_another_hand_is_refused(people):
    words = said(household=people.household.code)
    desk.register(words, by=people.branch.user)
    for changed, by in ((words | {"title": "路坏了"}, people.branch), (words, people.township_liaison)):
        with pytest.raises(ValidationError) as error:
            desk.register(changed, by=by.user)
        assert error.value.code == "sent_before"
    assert Grievance.objects.count() == 1


def test_a_code_that_is_taken_is_refused_beside_its_field(people):
    desk.register(said(household=people.household.code, query_code=CODE), by=people.branch.user)
    with pytest.raises(ValidationError) as error:
        desk.register(
            said(village=people.village.code, title="路", content="坑", category="住房", query_code=CODE),
            by=people.branch.user,
        )
    assert told(error) == {"query_code": ["taken"]}


def test_the_code_is_at_hand_for_a_quarter_of_an_hour_in_that_session_alone(people, on_day, monkeypatch):
    matter = desk.register(said(household=people.household.code, query_code=CODE), by=people.branch.user)
    session = {}
    desk.keep_code(session, matter, "0000000000")
    assert session == {}
    desk.keep_code(session, matter, CODE)
    assert CODE not in str(session)
    assert desk.code_at_hand(session, matter) == CODE
    assert desk.code_at_hand(session, earlier(people)) == ""
    assert desk.code_at_hand({}, matter) == ""
    matter.query_code_hash = b"2" * 16
    assert desk.code_at_hand(session, matter) == ""
    on_day("2026-06-16")
    assert desk.code_at_hand(session, matter) == ""
    assert session == {}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_taps_at_the_same_moment_are_one_matter(people):
    words = said(household=people.household.code, query_code=CODE)
    results = []

    def tap():
        try:
            results.append(desk.register(words, by=people.branch.user).number)
        finally:
            connection.close()

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()
    assert results == ["LH-2026-000001"] * 4
    assert NumberCounter.objects.get().highest == 1
