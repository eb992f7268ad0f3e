"""What changed a figure since it was frozen, and who did it (contract, section 6)."""

import datetime

import pytest
from django.db import connection

from accounts.acting import Acting, acting_as
from grievances.models import Grievance, GrievanceEvent
from lianhu.kit.periods import Period
from registry.models import Pairing
from reports.models import FrozenFigure, Quota, ReportAction, ReportEvent
from reports.quotas.changes import changed_since
from reports.quotas.compute import figures
from reports.quotas.freeze import freeze
from tests import county
from visits.models import Trip

pytestmark = pytest.mark.django_db

# Long past: what the database itself logs has its own clock.
MARCH = Period.parse("2024-03")
YEAR = Period.parse("2024")
AFTER = county.evening("2024-04-06")
LATER = county.evening("2025-01-20")
TODAY = datetime.date(2025, 6, 15)


@pytest.fixture
def people():
    """The log says nothing of how the county was built: it was there before."""
    built = county.build()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM accounts_auditprivate; DELETE FROM accounts_auditentry")
        cursor.execute("SET LOCAL session_replication_role = origin")
    return built


@pytest.fixture
def acts():
    """`with acts(cadre):` as the page of this person would."""
    return lambda cadre: acting_as(Acting(cadre.user_id, cadre.user.username))


def changes(code, person, period=MARCH, binds="staff"):
    return changed_since(Quota.objects.get(code=code, binds=binds), period, person.pk, on=TODAY)


def trip(people, *days, **fields):
    return county.add_trip(people.cadre, people.village, *days, **fields)


def test_a_period_that_is_not_frozen_has_no_changes(people):
    trip(people, "2024-03-05", "2024-03-06", recorded_at=AFTER)
    assert changes("trip_days", people.cadre) == []


def test_a_figure_that_did_not_change_has_none(people):
    trip(people, "2024-03-05", "2024-03-06")
    freeze(MARCH)
    assert changes("trip_days", people.cadre) == []


def test_a_trip_entered_late_and_approved_says_who_entered_and_who_approved_it(people):
    freeze(MARCH)
    trip(
        people, "2024-03-20", "2024-03-21", backfilled=True, recorded_at=AFTER, approved_at=AFTER.replace(day=8),
        recorded_by=people.unit_liaison.user, approved_by=people.unit_leader.user,
    )  # fmt: skip
    [change] = changes("trip_days", people.cadre)
    assert (change.then, change.now) == ("没有", "计入 2 天")
    assert change.place == "格桑村"
    assert change.why == ("2024-04-06 20:00 赵敏录入，是补录", "2024-04-08 20:00 尼玛批准补录")
    [one] = changes("trip_count", people.cadre)
    assert (one.then, one.now) == ("没有", "计入")


def test_a_trip_that_waited_says_what_it_waited_for(people):
    waiting = trip(
        people, "2024-03-20", "2024-03-21", backfilled=True, recorded_at=county.evening("2024-04-01")
    )
    freeze(MARCH)
    Trip.objects.filter(pk=waiting.pk).update(approved_at=AFTER, approved_by=people.unit_leader.user)
    [change] = changes("trip_days", people.cadre)
    assert (change.then, change.now) == ("未计入（补录还没有批准）", "计入 2 天")
    assert change.why == ("2024-04-06 20:00 尼玛批准补录",)


def test_a_trip_voided_later_says_who_voided_it_and_why(people, acts):
    gone = trip(people, "2024-03-05", "2024-03-06")
    freeze(MARCH)
    with acts(people.office):
        Trip.objects.filter(pk=gone.pk).update(voided_at=AFTER, void_reason="重复录入")
    [change] = changes("trip_days", people.cadre)
    assert (change.then, change.now) == ("计入 2 天", "未计入（已作废）")
    assert change.why == ("2024-04-06 20:00 何静作废：重复录入",)


def test_a_trip_that_ended_after_the_cut_off_says_so(people):
    trip(people, "2024-03-31", "2024-04-07", recorded_at=county.evening("2024-04-01"))
    freeze(MARCH)
    [change] = changes("trip_count", people.cadre)
    assert change.then == "未计入（还没有结束，最后一天到了才算）"
    assert change.why == ("2024-04-07 00:00 这次下乡才结束",)


def test_a_household_tells_the_visits_that_changed_it(people):
    freeze(YEAR)
    trip(people, "2024-05-05")
    county.add_visit(
        people.cadre, people.household, "2024-05-05", recorded_at=LATER, recorded_by=people.cadre.user
    )
    [change] = changes("paired_coverage", people.cadre, YEAR)
    assert (change.then, change.now) == ("未计入（还没有见面走访）", "计入")
    assert change.why == ("2025-01-20 20:00 泽仁初 2024-05-05 的走访，泽仁初录入",)


def test_a_visit_follows_its_trip(people):
    on = trip(people, "2024-05-05")
    county.add_visit(people.cadre, people.household, "2024-05-05", talk=True)
    freeze(YEAR)
    Trip.objects.filter(pk=on.pk).update(voided_at=LATER)
    [change] = changes("household_talk", people.cadre, YEAR)
    assert change.now == "未计入（所在的下乡已作废）"
    assert change.why == ("2025-01-20 20:00 所在的下乡由系统作废",)


def test_a_pairing_that_was_corrected_is_told_from_the_log(people, acts):
    county.add_visit(people.cadre, people.household, "2024-05-05")
    freeze(YEAR)
    with acts(people.office):
        Pairing.objects.filter(cadre=people.cadre).update(ends_on="2024-05-31")
    assert FrozenFigure.objects.get(quota__code="paired_coverage", subject_id=people.cadre.pk).total == 1
    [change] = changes("paired_coverage", people.cadre, YEAR)
    assert (change.place, change.what, change.then) == ("登记信息变动", "结对 多吉户", "")
    assert change.why[0].endswith("何静修改结束日期 空 → 2024-05-31")


def test_a_change_of_the_registry_outside_the_period_is_not_told(people):
    other = county.add_household("泽仁", village=people.village)
    county.pair(people.cadre, other, "2026-01-01")
    county.add_visit(people.cadre, people.household, "2024-05-05")
    freeze(YEAR)
    Pairing.objects.filter(household=other).update(ends_on="2026-02-01")
    Pairing.objects.filter(household=people.household).update(ends_on="2024-05-31")
    assert [change.what for change in changes("paired_coverage", people.cadre, YEAR)] == ["结对 多吉户"]


def test_leave_that_was_entered_later_is_told_where_it_changes_what_is_asked(people, acts):
    freeze(MARCH)
    with acts(people.unit_leader):
        county.add_leave(people.cadre, "2024-03-01", "2024-03-31")
    [change] = changes("trip_days", people.cadre)
    assert change.what == "请假 2024-03-01 至 2024-03-31"
    assert change.why[0].endswith("尼玛新增")


def test_a_trip_whose_last_day_was_corrected_is_told_from_the_log(people, acts):
    longer = trip(people, "2024-03-05", "2024-03-06")
    freeze(MARCH)
    with acts(people.cadre):
        Trip.objects.filter(pk=longer.pk).update(ends_on="2024-03-05")
    [change] = changes("trip_days", people.cadre)
    assert change.what == "下乡 格桑村 2024-03-05"
    assert change.why[0].endswith("泽仁初修改结束日期 2024-03-06 → 2024-03-05")


def test_a_report_accepted_later_says_who_accepted_it(people):
    report = county.add_quarterly_report(people.unit, "2024Q1")
    quarter = Period.parse("2024Q1")
    freeze(quarter)
    report.state, report.accepted_on = "accepted", AFTER.date()
    report.save()
    ReportEvent.objects.create(report=report, action=ReportAction.ACCEPT, by=people.office.user, at=AFTER)
    [change] = changes("quarterly_report", people.unit, quarter, "units")
    assert change.then == "未计入（还没有采纳）"
    assert change.why == ("2024-04-06 20:00 何静采纳",)


def test_an_activity_of_a_village_entered_later(people):
    freeze(MARCH)
    county.add_activity("forum", "2024-03-10", village=people.village, recorded_at=AFTER)
    [change] = changes("forum", people.village, MARCH, "villages")
    assert change.why == ("2024-04-06 20:00 系统录入",)


def test_after_a_change_of_rank_the_other_rule_binds(people, acts):
    trip(people, "2024-03-05", "2024-03-06")
    freeze(MARCH)
    with acts(people.office):
        county.add_term(people.cadre, "2024-03-01", "2024-03-31", unit=people.unit, rank="section_chief")
    found = figures(MARCH, as_of=TODAY)
    assert [one for one in found if one.subject == people.cadre.code and one.quota == "trip_days"]
    county.add_leave(people.cadre, "2024-03-01", "2024-03-31")
    told = changes("trip_days", people.cadre, binds="section_level")
    assert {change.what for change in told} == {"任职 教育局正科级", "请假 2024-03-01 至 2024-03-31"}


def test_a_matter_tells_the_steps_taken_since(people):
    matter = county.add_grievance(
        household=people.household, handler=people.cadre, registered_on="2024-03-01", replied_on="2024-03-03"
    )

    def step(action, before, after, at, **said):
        GrievanceEvent.objects.create(
            grievance=matter, action=action, from_state=before, to_state=after, on=at.date(), handler=people.cadre,
            recorded_at=at, **said,
        )  # fmt: skip

    step("register", "", "registered", county.evening("2024-03-01"))
    step("reply", "assigned", "replied", county.evening("2024-03-03"), value="solved")
    freeze(YEAR)
    step("note", "replied", "replied", LATER, by=people.office.user)
    step("close", "revisited", "closed", LATER, by=people.office.user)
    Grievance.objects.filter(pk=matter.pk).update(
        closed_on="2024-12-30", state="closed", satisfaction="satisfied"
    )
    [change] = changes("household_solved", people.cadre, YEAR)
    assert (change.then, change.now) == ("未计入（还没有销号）", "计入")
    assert change.why == ("2025-01-20 20:00 何静销号",)
