"""请假: asked, entered, approved or refused; what is approved is a leave, and nobody decides on their own."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Notice
from registry.leave import ask_leave, decidable_by, decide_leave, state_of, withdraw_leave
from registry.models import Leave, LeaveRequest, RoleGrant
from tests import county

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def ask(people, begin="2026-06-20", end="2026-06-25", *, cadre="cadre", by=None):
    values = {"begins_on": county.day(begin), "ends_on": county.day(end), "reason": "病假"}
    return ask_leave(getattr(people, cadre), values, by=getattr(people, by or cadre).user)


def decide(people, *asked, by="unit_leader", approve=True, reason=""):
    return decide_leave(
        [each.pk for each in asked], approve=approve, reason=reason, by=getattr(people, by).user
    )


def state(asked):
    return state_of(LeaveRequest.objects.get(pk=asked.pk))


def told(person):
    return list(Notice.objects.filter(user=person.user).order_by("pk").values_list("title", flat=True))


def test_approved_it_becomes_a_leave_and_both_sides_are_told(people):
    asked = ask(people)
    assert state(asked) == "waiting"
    assert not Leave.objects.exists()
    assert told(people.unit_leader) == ["有一份请假申请等您审批"]
    decide(people, asked)
    leave = Leave.objects.get()
    assert (leave.cadre, leave.request, state(asked)) == (people.cadre, asked, "approved")
    assert (leave.begins_on.isoformat(), leave.ends_on.isoformat()) == ("2026-06-20", "2026-06-25")
    assert told(people.cadre) == ["您的请假申请批准了"]


def test_refused_it_says_why_and_no_leave_is_made(people):
    asked = ask(people)
    decide(people, asked, approve=False, reason="那几天要开会")
    assert state(asked) == "refused"
    assert not Leave.objects.exists()
    assert told(people.cadre) == ["您的请假申请没有批准"]
    assert "那几天要开会" in Notice.objects.get(user=people.cadre.user).body


def test_the_liaison_enters_for_a_cadre_of_the_unit_and_both_hear_of_it(people):
    asked = ask(people, by="unit_liaison")
    decide(people, asked)
    assert told(people.cadre) == ["您的请假申请批准了"]
    assert told(people.unit_liaison) == ["您录入的请假申请批准了"]


@pytest.mark.parametrize("by", ["colleague", "unit_leader", "office", "stranger_unit_liaison", "admin"])
def test_nobody_else_asks_for_a_cadre(people, by):
    with pytest.raises(PermissionDenied):
        ask(people, by=by)


@pytest.mark.parametrize(
    "by", ["cadre", "colleague", "unit_liaison", "office", "county_leader", "admin", "stranger_unit_leader"]
)
def test_only_the_units_leader_decides(people, by):
    asked = ask(people)
    assert asked not in decidable_by(getattr(people, by).user)
    with pytest.raises(PermissionDenied):
        decide(people, asked, by=by)
    assert state(asked) == "waiting"


def test_a_leaders_own_is_decided_by_the_office(people):
    second = county.add_cadre(unit=people.unit)
    county.grant(second, "unit_leader", unit=people.unit)
    asked = ask(people, cadre="unit_leader")
    assert told(people.office) == ["有一份请假申请等您审批"]
    assert told(second) == []
    for person in (people.unit_leader, second):
        with pytest.raises(PermissionDenied):
            decide_leave([asked.pk], approve=True, by=person.user)
    decide(people, asked, by="office")
    assert state(asked) == "approved"


def test_nobody_of_the_office_decides_on_their_own(people):
    other = county.add_cadre(unit=people.unit)
    county.grant(other, "county_office")
    asked = ask(people, cadre="office")
    assert told(people.office) == []
    with pytest.raises(PermissionDenied):
        decide(people, asked, by="office")
    decide_leave([asked.pk], approve=True, by=other.user)


def test_in_a_unit_without_a_leader_the_office_decides(people):
    RoleGrant.objects.filter(role="unit_leader", unit=people.unit).update(ends_on="2026-06-14")
    asked = ask(people)
    assert told(people.office) == ["有一份请假申请等您审批"]
    decide(people, asked, by="office")
    assert state(asked) == "approved"


OVERLAPS = [("2026-06-25", "2026-06-30"), ("2026-06-01", "2026-06-20"), ("2026-06-22", "2026-06-22")]


@pytest.mark.parametrize("days", OVERLAPS)
def test_days_already_taken_are_told(people, days):
    first = ask(people)
    with pytest.raises(ValidationError, match="与还在等待审批的申请（2026-06-20 到 2026-06-25）日期重叠"):
        ask(people, *days)
    decide(people, first)
    with pytest.raises(ValidationError, match="与已经批准的请假（2026-06-20 到 2026-06-25）日期重叠"):
        ask(people, *days)


def test_a_leave_that_came_meanwhile_is_told_at_the_decision_and_the_others_go_on(people):
    asked, other = ask(people), ask(people, cadre="colleague")
    county.add_leave(people.cadre, "2026-06-22")
    decision = decide(people, asked, other)
    assert (decision.done, state(asked), state(other)) == ([other], "waiting", "approved")
    assert decision.left == ["泽仁初：与已经批准的请假（2026-06-22 起）日期重叠，不能批准"]


@pytest.mark.parametrize(
    ("days", "code"),
    [(("2026-06-25", "2026-06-20"), "end_before_begin"), (("2026-06-20", "2027-06-21"), "too_long")],
)
def test_days_make_a_leave(people, days, code):
    with pytest.raises(ValidationError) as refused:
        ask(people, *days)
    assert [each.code for each in refused.value.error_dict["ends_on"]] == [code]


def test_the_same_asked_twice_is_asked_once(people):
    assert ask(people) == ask(people)
    assert LeaveRequest.objects.count() == 1
    assert len(told(people.unit_leader)) == 1


def test_its_author_withdraws_it_before_it_is_decided_and_it_stays_visible(people):
    asked = ask(people, by="unit_liaison")
    with pytest.raises(PermissionDenied):
        withdraw_leave(asked, by=people.cadre.user)
    withdraw_leave(asked, by=people.unit_liaison.user)
    assert state(asked) == "withdrawn"
    assert asked not in decidable_by(people.unit_leader.user)
    assert decide(people, asked).left == ["泽仁初 2026-06-20 起的请假已由赵敏在 06-15 10:00 撤回"]
    assert state(ask(people)) == "waiting"


def test_of_two_decisions_the_second_is_told_who_was_first(people):
    asked = ask(people)
    second = county.add_cadre("第二位负责人", unit=people.unit)
    county.grant(second, "unit_leader", unit=people.unit)
    decide(people, asked)
    decision = decide_leave([asked.pk], approve=False, reason="不同意", by=second.user)
    assert decision.done == []
    assert decision.left == ["泽仁初 2026-06-20 起的请假已由尼玛在 06-15 10:00 批准"]
    with pytest.raises(ValidationError, match="批准"):
        withdraw_leave(asked, by=people.cadre.user)
    assert state(asked) == "approved"


def test_many_at_once(people):
    asked = [ask(people), ask(people, cadre="colleague"), ask(people, cadre="unit_liaison")]
    assert len(decide(people, *asked).done) == 3
    assert Leave.objects.count() == 3
