"""Drafts, the unit's words, and the steps of a report (方案五(二))."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Notice
from lianhu.kit.periods import Period
from registry.models import Unit
from reports.models import QuarterlyReport, ReportAction, ReportEvent, ReportState
from reports.quarterly import rules, services
from reports.quarterly.queries import lines_of
from reports.quarterly.services import Meanwhile, make_drafts, save_words
from reports.quarterly.workflow import STATE_AFTER, STEPS, steps_for
from reports.quotas.freeze import freeze
from tests import county
from tests.reports.quarterly.reports import QUARTER, WORDS, act, draft

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案五(二)")]

Date = datetime.date
LAST_DAY = Date(2026, 6, 30)


@pytest.fixture
def people(on_day):
    on_day("2026-07-08")
    return county.build()


@pytest.fixture
def report(people):
    return draft(people.unit, **WORDS)


def told(person):
    return list(Notice.objects.filter(user=person.user).order_by("pk").values_list("title", flat=True))


# --- drafts ----------------------------------------------------------------------------------


def test_each_unit_gets_a_draft_on_the_quarter_s_last_day(people):
    assert make_drafts(on=LAST_DAY) == Unit.objects.count()
    made = QuarterlyReport.objects.get(unit=people.unit)
    assert (made.period, made.state) == (QUARTER, ReportState.DRAFT)
    assert [(each.action, each.by) for each in made.events.all()] == [(ReportAction.DRAFT, None)]


def test_made_again_or_days_late_they_are_the_same(people):
    make_drafts(on=LAST_DAY)
    assert make_drafts(on=LAST_DAY) == make_drafts(on=Date(2026, 7, 3)) == 0
    assert ReportEvent.objects.count() == Unit.objects.count()
    assert told(people.unit_leader) == ["2026年第二季度报告的草稿已生成，请在 7月10日前报送"]


def test_the_day_before_there_is_none_of_this_quarter(people):
    make_drafts(on=Date(2026, 6, 29))
    assert {each.period.code for each in QuarterlyReport.objects.all()} == {"2026Q1"}


def test_a_county_that_was_off_for_half_a_year_catches_up_from_its_last_reports(people):
    make_drafts(on=Date(2025, 12, 31))
    make_drafts(on=Date(2026, 7, 2))
    found = {each.period.code for each in QuarterlyReport.objects.all()}
    assert found == {"2025Q4", "2026Q1", "2026Q2"}


def test_a_unit_that_came_meanwhile_gets_its_draft_and_alone_is_told(people):
    make_drafts(on=LAST_DAY)
    late = county.add_unit("林业局")
    liaison = county.add_cadre("王芳", unit=late)
    county.grant(liaison, "unit_liaison", unit=late)
    assert make_drafts(on=Date(2026, 7, 2)) == 1
    assert len(told(liaison)) == len(told(people.unit_liaison)) == 1


def test_a_unit_that_came_after_the_freeze_owes_the_quarter_nothing(people, on_day):
    make_drafts(on=LAST_DAY)
    freeze(QUARTER)
    late = county.add_unit("林业局")
    assert make_drafts(on=Date(2026, 7, 9)) == 0
    units = {line.unit for line in lines_of(QUARTER, Unit.objects.all(), today=Date(2026, 7, 18))}
    assert units == set(Unit.objects.exclude(pk=late.pk))


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["unit_liaison", "unit_leader"])
def test_liaison_and_leader_write(people, report, who):
    save_words(report, WORDS | {"problems": "车辆少。"}, seen=0, by=getattr(people, who).user)
    report.refresh_from_db()
    assert (report.problems, report.version) == ("车辆少。", 1)


@pytest.mark.parametrize(
    "who", ["cadre", "office", "county_leader", "township_liaison", "stranger_unit_liaison"]
)
def test_nobody_else_does(people, report, who):
    with pytest.raises(PermissionDenied):
        save_words(report, WORDS | {"problems": "改"}, seen=0, by=getattr(people, who).user)


def test_a_township_s_liaison_writes_the_township_s_own(people):
    report = draft(people.township)
    save_words(report, WORDS, seen=0, by=people.township_liaison.user)
    report.refresh_from_db()
    assert report.work_done == WORDS["work_done"]


def test_two_at_once_the_second_is_told_and_nothing_of_the_first_is_lost(people, report):
    save_words(report, WORDS | {"problems": "第一个人写的"}, seen=0, by=people.unit_liaison.user)
    with pytest.raises(Meanwhile, match="有人保存过"):
        save_words(report, WORDS | {"problems": "第二个人写的"}, seen=0, by=people.unit_leader.user)
    report.refresh_from_db()
    assert report.problems == "第一个人写的"


def test_the_same_words_sent_twice_are_saved_once(people, report):
    changed = WORDS | {"problems": "改了"}
    for _ in range(2):
        save_words(report, changed, seen=0, by=people.unit_liaison.user)
    report.refresh_from_db()
    assert report.version == 1


# --- steps -----------------------------------------------------------------------------------

ALLOWED = {
    ("draft", "submit"): "unit_leader",
    ("returned", "submit"): "unit_leader",
    ("submitted", "return"): "office",
    ("submitted", "accept"): "office",
}


@pytest.mark.parametrize("state", ReportState.values)
@pytest.mark.parametrize("action", [step.action.value for step in STEPS.values()])
def test_each_step_is_taken_from_its_states_and_by_its_people_alone(people, report, state, action):
    accepted_on = Date(2026, 7, 8) if state == "accepted" else None
    QuarterlyReport.objects.update(state=state, accepted_on=accepted_on)
    for name, person in people.people.items():
        report.refresh_from_db()
        if ALLOWED.get((state, action)) == name:
            assert action in [step.action for step in steps_for(person.user, report)]
            continue
        assert action not in [step.action for step in steps_for(person.user, report)]
        with pytest.raises((PermissionDenied, Meanwhile)), transaction.atomic():
            act(report, action, person, reason="请补充")
    assert QuarterlyReport.objects.get().state == state
    assert not ReportEvent.objects.exists()


def test_submitted_returned_mended_submitted_again_and_accepted(people, report, on_day):
    act(report, "submit", people.unit_leader)
    first = QuarterlyReport.objects.get().submitted_at
    act(report, "return", people.office, reason="写具体些")
    save_words(report, WORDS | {"problems": "写具体了"}, seen=2, by=people.unit_liaison.user)
    on_day("2026-07-12")
    act(report, "submit", people.unit_leader)
    done = act(report, "accept", people.office)
    assert (done.state, done.accepted_on, done.submitted_at) == ("accepted", Date(2026, 7, 12), first)
    assert [(each.action, each.reason) for each in report.events.all()] == [
        ("submit", ""),
        ("return", "写具体些"),
        ("submit", ""),
        ("accept", ""),
    ]
    assert told(people.office) == ["2026年第二季度：有季度报告报送，请审阅"] * 2
    assert told(people.unit_liaison) == [
        "2026年第二季度：季度报告被退回，请修改后再报送",
        "2026年第二季度：季度报告已采纳",
    ]
    with pytest.raises(Meanwhile, match="采纳"):
        save_words(done, WORDS, seen=done.version, by=people.unit_leader.user)


def test_a_reason_is_needed_to_return_and_words_to_submit(people):
    report = draft(people.unit, problems="只有问题")
    with pytest.raises(ValidationError) as empty:
        act(report, "submit", people.unit_leader)
    assert set(empty.value.message_dict) == {"work_done", "next_steps"}
    QuarterlyReport.objects.update(state="submitted")
    with pytest.raises(ValidationError) as without:
        act(report, "return", people.office)
    assert set(without.value.message_dict) == {"reason"}


def test_a_unit_without_problems_submits_without_them(people):
    report = draft(people.unit, **WORDS | {"problems": ""})
    assert act(report, "submit", people.unit_leader).state == "submitted"


def test_who_comes_second_hears_who_did_what_and_when(people, report):
    act(report, "submit", people.unit_leader)
    act(report, "accept", people.office)
    with pytest.raises(Meanwhile, match="何静已在 07-08 10:00 采纳，现在是“已采纳”"):
        act(report, "return", people.office, reason="再改改")


def test_what_was_changed_after_the_page_was_opened_is_not_submitted_unseen(people, report):
    save_words(report, WORDS | {"problems": "新写的"}, seen=0, by=people.unit_liaison.user)
    with pytest.raises(Meanwhile, match="有人改过"):
        services.act(report, ReportAction.SUBMIT, seen=0, by=people.unit_leader.user)


def test_only_an_accepted_report_has_a_day_of_acceptance(people, report):
    for values in ({"state": "accepted"}, {"accepted_on": Date(2026, 7, 8)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            QuarterlyReport.objects.update(**values)


def test_history_can_neither_be_changed_nor_deleted(people, report):
    act(report, "submit", people.unit_leader)
    for change in (
        lambda: ReportEvent.objects.update(reason="改"),
        lambda: ReportEvent.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_table_leads_to_every_state():
    assert set(STATE_AFTER.values()) == set(ReportState)


# --- late ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("submitted", "accepted", "on", "late"),
    [
        (None, None, "2026-07-10", 0),
        (None, None, "2026-07-13", 3),
        ("2026-07-10", None, "2026-08-01", 0),
        ("2026-07-12", None, "2026-08-01", 2),
        (None, "2026-06-28", "2026-08-01", 0),
    ],
)
def test_a_report_is_late_after_the_10th_by_its_first_submission(submitted, accepted, on, late):
    report = QuarterlyReport(
        year=2026,
        quarter=2,
        submitted_at=county.evening(submitted) if submitted else None,
        accepted_on=county.day_or_open(accepted),
    )
    assert rules.days_late(report, county.day(on)) == late


def test_it_is_due_on_the_10th_of_the_next_month_also_over_the_new_year():
    assert rules.due_on(QUARTER) == Date(2026, 7, 10)
    assert rules.due_on(Period.parse("2026Q4")) == Date(2027, 1, 10)
