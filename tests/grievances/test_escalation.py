"""逾期上报: the next level up is told once a working day (contract, section 4)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice
from grievances.escalation import escalate_overdue
from grievances.models import Grievance, GrievanceAction, GrievanceState
from tests import county
from tests.by_the_clock import run
from tests.grievances.ledger import again, last_event, matter, take, told

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
TODAY = datetime.date(2026, 6, 15)
ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def overdue(people, level="village", state=S.ASSIGNED, **fields):
    return matter(people, state, level=level, **({"reply_due_on": "2026-06-14"} | fields))


def notices(person):
    return list(Notice.objects.filter(user=person.user).values_list("title", "url"))


def test_each_level_reports_to_the_next_with_one_notice_a_person(people):
    for level, count in (("village", 3), ("township", 2), ("county", 1)):
        for _ in range(count):
            overdue(people, level)
    county.add_grievance(village=people.other_village, reply_due_on="2026-06-14")
    matter(people, S.ASSIGNED, reply_due_on="2026-06-15")  # due today is not overdue
    assert escalate_overdue(TODAY) == 3
    late = "/grievances/?due=late"
    assert notices(people.township_liaison) == [("下一级有 3 件诉求逾期，请督促办理", late)]
    assert notices(people.office) == [("下一级有 3 件诉求逾期，请督促办理", late)]
    assert notices(people.stranger_township_liaison) == [("下一级有 1 件诉求逾期，请督促办理", late)]
    assert notices(people.branch) == notices(people.cadre) == notices(people.county_leader) == []


def test_done_again_it_is_done_once_and_the_next_working_day_again(people):
    made = overdue(people)
    for on in (TODAY, TODAY, TODAY + ONE_DAY, TODAY + ONE_DAY):
        escalate_overdue(on)
    assert len(told(people.township_liaison)) == 2
    assert [event.action for event in made.events.all()].count(A.OVERDUE) == 1


@pytest.mark.parametrize("day", ["2026-06-20", "2026-06-19", "2026-06-14"])
def test_nobody_is_told_on_a_day_off(people, day):
    overdue(people, reply_due_on="2026-06-01")
    assert escalate_overdue(county.day(day)) == 0
    assert not Notice.objects.exists()


def test_a_worked_saturday_is_a_working_day(people):
    overdue(people)
    assert escalate_overdue(datetime.date(2026, 9, 20)) == 1


def test_it_is_on_the_timeline_once_a_level_and_once_in_the_same_hands(people, on_day):
    made = overdue(people)
    escalate_overdue(TODAY)
    event = last_event(made)
    assert (event.action, event.by, event.level, event.handler) == (A.OVERDUE, None, "village", people.cadre)
    assert event.reason == "答复期限 2026-06-14 已过，报乡级"
    assert (event.from_state, event.to_state) == (S.ASSIGNED, S.ASSIGNED)
    take(made, A.TRANSFER, people.branch, people)
    escalate_overdue(on_day("2026-06-16"))
    assert last_event(made).handler == people.colleague
    take(made, A.ESCALATE, people.colleague, people)
    Grievance.objects.filter(pk=made.pk).update(reply_due_on="2026-06-15")
    escalate_overdue(on_day("2026-06-17"))
    assert (last_event(made).level, last_event(made).reason) == (
        *("township",),
        "答复期限 2026-06-15 已过，报县级",
    )
    assert [event.action for event in made.events.all()].count(A.OVERDUE) == 3


def test_what_was_not_assigned_in_time_is_told_as_such(people):
    made = overdue(people, state=S.REGISTERED, assign_due_on="2026-06-12", reply_due_on="2026-06-20")
    escalate_overdue(TODAY)
    assert last_event(made).reason == "交办期限 2026-06-12 已过，报乡级"


def test_what_is_answered_merged_void_or_closed_is_not_overdue(people):
    whole = overdue(people, state=S.REPLIED)
    for made in (
        whole,
        overdue(people, parent=whole),
        overdue(people, void=True),
        overdue(people, state=S.CLOSED),
    ):
        assert escalate_overdue(TODAY) == 0
        assert again(made).events.filter(action=A.OVERDUE).count() == 0


def test_with_nobody_in_the_township_the_office_hears(people):
    overdue(people)
    people.township_liaison.left_on = "2026-06-14"
    people.township_liaison.save()
    escalate_overdue(TODAY)
    assert len(told(people.office)) == 1


def test_who_has_two_roles_gets_one_notice_with_the_sum(people):
    overdue(people)
    county.add_grievance(village=people.other_village, reply_due_on="2026-06-14", level="township")
    county.grant(people.office, "township", unit=people.township)
    escalate_overdue(TODAY)
    assert told(people.office) == ["下一级有 2 件诉求逾期，请督促办理"]


def test_fifty_overdue_matters_cost_as_many_queries_as_two(people):
    def cost(count, on):
        for _ in range(count):
            overdue(people)
        with CaptureQueriesContext(connection) as asked:
            escalate_overdue(on)
        return len(asked)

    assert cost(2, TODAY) == cost(48, TODAY + ONE_DAY)


def test_the_tasks_are_on_the_schedule_and_repeatable(people):
    made = overdue(people)
    Grievance.objects.filter(pk=made.pk).update(reply_due_on=None)
    for _ in range(2):
        run("keep_dates")
        run("escalate_overdue")
    assert again(made).reply_due_on == datetime.date(2026, 6, 15)
