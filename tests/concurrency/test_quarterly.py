"""Two hands on one quarterly report, or a hand and the freeze: one wins, the other hears who did what, when.

The gate stands where each has read the report and has not written yet; with the lock only one can be there.
"""

import re
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from reports.models import (
    CountySummary,
    FrozenCount,
    FrozenFigure,
    FrozenPeriod,
    QuarterlyReport,
    ReportAction,
    ReportEvent,
    ReportState,
)
from reports.quarterly import rules, services, summary
from reports.quarterly.figures import months_of, read
from reports.quotas.freeze import as_of, freeze, freeze_due
from tests import county
from tests.concurrency.test_sign_in import at_once
from tests.reports.quarterly.reports import QUARTER, WORDS, act, draft

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案五(二)")]

A, S = ReportAction, ReportState
SAID = {"document_number": "联办〔2026〕3号", "opening": "总的情况是好的。", "requirements": "逐户补访。"}


@pytest.fixture
def people(on_day):
    on_day("2026-07-05")
    people = county.build()
    other = county.add_cadre("郑梅", unit=people.office.post_spans.get().unit)
    county.grant(other, "county_office")
    object.__setattr__(people, "second", other)
    county.add_visit(people.cadre, people.household, "2026-04-07")
    return people


@pytest.fixture
def submitted(people):
    report = draft(people.unit, **WORDS)
    act(report, "submit", people.unit_leader)
    return report


def step(report, action, person, **said):
    """By somebody who has the report on the screen as it was."""
    found = QuarterlyReport.objects.get(pk=report.pk)
    return lambda: services.act(found, action, seen=found.version, by=person.user, **said)


def race(*steps):
    """What each of the steps got: None, or the refusal."""
    turns = iter(steps)

    def go():
        try:
            next(turns)()
        except ValidationError as error:
            return error

    return at_once(go, count=len(steps))


def accepting_and_returning(people, report):
    return [
        step(report, A.ACCEPT, people.office),
        step(report, A.RETURN, people.second, reason="写一个事例"),
    ]


def accepting_twice(people, report):
    return [step(report, A.ACCEPT, people.office), step(report, A.ACCEPT, people.second)]


@pytest.mark.parametrize("make", [accepting_and_returning, accepting_twice])
def test_of_two_of_the_office_one_decides_and_the_other_hears_who_did_what_when(people, submitted, make):
    answers = race(*make(people, submitted))
    assert answers.count(None) == 1
    [lost] = [answer for answer in answers if answer]
    assert re.search(r"(何静|郑梅)已在 07-05 10:00 (采纳|退回)，现在是“已(采纳|退回)”", lost.messages[0])
    first, decided = submitted.events.all()
    assert first.action == A.SUBMIT
    submitted.refresh_from_db()
    assert submitted.state == {"accept": S.ACCEPTED, "return": S.RETURNED}[decided.action]
    assert decided.by.name in lost.messages[0]


def test_without_the_lock_both_would_decide(people, submitted, monkeypatch):
    """What the lock is for: each only looks before it writes."""
    gate = threading.Barrier(2)
    needs = services.raise_faults

    def wait(faults):
        needs(faults)
        gate.wait(60)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset)
    monkeypatch.setattr(services, "raise_faults", wait)
    assert race(*accepting_and_returning(people, submitted)) == [None, None]
    assert submitted.events.count() == 3


def test_a_liaison_who_saves_while_the_leader_submits_is_told_or_comes_first(people):
    report = draft(people.unit, **WORDS)
    answers = race(
        step(report, A.SUBMIT, people.unit_leader),
        lambda: services.save_words(
            report, WORDS | {"problems": "最后一刻"}, seen=0, by=people.unit_liaison.user
        ),
    )
    assert answers.count(None) == 1
    [lost] = [answer for answer in answers if answer]
    report.refresh_from_db()
    if report.state == S.SUBMITTED:
        assert "尼玛已在 07-05 10:00 报送" in lost.messages[0]
        assert report.problems == WORDS["problems"]
    else:
        assert "有人改过" in lost.messages[0]
        assert report.problems == "最后一刻"


def test_a_report_submitted_while_the_quarter_freezes_is_submitted_and_the_freeze_is_whole(people):
    report = draft(people.unit, **WORDS)
    live = read(QUARTER, today=as_of(QUARTER))
    now = county.evening("2026-07-05")
    assert (
        race(step(report, A.SUBMIT, people.unit_leader), lambda: freeze_due(now), lambda: freeze_due(now))
        == [None] * 3
    )
    report.refresh_from_db()
    assert (report.state, report.events.count()) == (S.SUBMITTED, 1)
    frozen = read(QUARTER, today=as_of(QUARTER))
    assert frozen.frozen
    assert frozen.by_unit == live.by_unit
    assert FrozenPeriod.objects.filter(code=QUARTER.code).count() == 1
    due = FrozenFigure.objects.get(
        period=QUARTER.code, quota__code="quarterly_report", subject_id=people.unit.pk
    )
    assert due.status == "missed"
    assert FrozenCount.objects.get(unit=people.unit, name="visits").number == 1


def test_a_summary_issued_while_the_quarter_freezes_is_issued_frozen_or_refused(people):
    for period in months_of(QUARTER):
        freeze(period)
    summary.save_summary(QUARTER, SAID, seen=0, by=people.office.user)
    day = rules.due_on(QUARTER)
    answers = race(
        lambda: summary.issue(QUARTER, seen=1, by=people.office.user, on=day),
        lambda: freeze(QUARTER),
    )
    refused = [answer for answer in answers if answer]
    issued = CountySummary.objects.get().issued_on
    assert (issued is None) == bool(refused)
    assert all("系统还没有做完" in answer.messages[0] for answer in refused)
    assert ReportEvent.objects.count() == 0


def test_of_two_who_issue_one_does_and_the_other_hears_it(people):
    freeze(QUARTER)
    summary.save_summary(QUARTER, SAID, seen=0, by=people.office.user)
    day = rules.due_on(QUARTER)
    answers = race(
        *(
            lambda who=who: summary.issue(QUARTER, seen=1, by=who.user, on=day)
            for who in (people.office, people.second)
        )
    )
    assert answers.count(None) == 1
    [lost] = [answer for answer in answers if answer]
    assert "这份通报已在 7月10日印发，不能再改" in lost.messages[0]
