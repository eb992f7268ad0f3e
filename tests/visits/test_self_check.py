"""思想作风体检报告: draft, submit, read-only (方案四(一))."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lianhu.kit.periods import Period
from reports.quotas.compute import figures
from reports.self_check_figures import answers_of
from tests import county
from visits.activity_services import void_activity
from visits.models import SelfCheck
from visits.self_check import WRITTEN, own_check, save_draft, submit, visible_checks

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)
WORDS = dict.fromkeys(WRITTEN, "写好了")


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def hand_in(person, year=2026, answers=None):
    draft = save_draft(year, WORDS, seen=own_check(person.user, year).version, on=TODAY, by=person.user)
    answers = answers or answers_of(person.pk, year, as_of=TODAY)
    return submit(year, answers, seen=draft.version, on=TODAY, by=person.user)


@pytest.mark.clause("方案四(一)")
def test_the_six_answers_are_of_the_rows_that_figures_count(people):
    cadre, home = people.cadre, people.household
    second = county.add_household("卓玛", village=people.village)
    county.pair(cadre, second)
    county.add_trip(cadre, people.village, "2026-03-05", "2026-03-06")
    county.add_trip(cadre, people.village, "2026-04-05", "2026-04-05")  # too short for 一般干部
    county.add_trip(cadre, people.other_village, "2026-05-05", "2026-05-06")  # not linked
    county.add_visit(cadre, home, "2026-03-05", record={"opinions": "路灯坏了"})
    county.add_visit(cadre, home, "2026-03-06")
    county.add_visit(cadre, second, "2026-03-06", result="absent")
    county.add_grievance(household=home, handler=cadre, closed_on="2026-05-01")
    county.add_grievance(village=people.village, handler=cadre, closed_on="2026-05-01")
    county.add_grievance(household=home, handler=cadre, closed_on="2026-05-02", outcome="explained")
    answers = answers_of(cadre.pk, 2026, as_of=TODAY)
    assert answers == {"trips": 1, "villages": 1, "households": 1, "facts": 2, "solved": 2, "opinions": 1}


def test_saved_from_an_older_page_it_is_not_overwritten(people):
    save_draft(2026, WORDS, seen=0, on=TODAY, by=people.unit_leader.user)
    with pytest.raises(ValidationError, match="保存过"):
        save_draft(2026, WORDS, seen=0, on=TODAY, by=people.unit_leader.user)


def test_submitted_it_is_the_cadres_activity_counts_and_is_read_only(people):
    check = hand_in(people.unit_leader)
    year = figures(Period.parse("2026"), as_of=TODAY)
    counted = {each.subject: each.done for each in year if each.quota == "self_check"}
    assert counted[people.unit_leader.code] == 1
    for act in (
        lambda: save_draft(2026, WORDS, seen=check.version, on=TODAY, by=people.unit_leader.user),
        lambda: hand_in(people.unit_leader),
    ):
        with pytest.raises(ValidationError, match="已经提交"):
            act()


def test_nothing_unwritten_is_submitted(people):
    draft = save_draft(2026, WORDS | {"duty": " "}, seen=0, on=TODAY, by=people.cadre.user)
    with pytest.raises(ValidationError) as caught:
        submit(2026, {}, seen=draft.version, on=TODAY, by=people.cadre.user)
    assert set(caught.value.error_dict) == {"duty"}


def test_last_years_may_still_be_written_and_is_last_years(people):
    check = hand_in(people.unit_leader, year=2025)
    assert check.activity.day == datetime.date(2025, 12, 31)
    with pytest.raises(PermissionDenied):
        save_draft(2024, WORDS, seen=0, on=TODAY, by=people.unit_leader.user)


def test_submitted_ones_are_read_by_its_leader_and_the_office_drafts_by_nobody_else(people):
    hand_in(people.cadre)
    save_draft(2025, WORDS, seen=0, on=TODAY, by=people.cadre.user)
    seen = {
        name: set(visible_checks(each.user).values_list("year", flat=True))
        for name, each in people.people.items()
    }
    seen = {name: years for name, years in seen.items() if years}
    assert seen == {"cadre": {2025, 2026}, "unit_leader": {2026}, "office": {2026}}


def test_voided_by_its_leader_it_is_a_draft_again(people):
    check = hand_in(people.cadre)
    void_activity(check.activity, "没有写实", on=TODAY, by=people.unit_leader.user)
    again = SelfCheck.objects.get(pk=check.pk)
    assert again.submitted_at is None
    assert hand_in(people.cadre).submitted_at is not None
