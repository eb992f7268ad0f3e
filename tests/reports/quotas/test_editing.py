"""Rules as data: changed from a date on, with reason, history and preview (contract, section 6)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lianhu.kit import clock
from lianhu.kit.periods import Period
from reports.models import Compliance, Quota, Touched
from reports.quotas.compute import figures, rules_in_force
from reports.quotas.editing import (
    Act,
    Gone,
    Wanted,
    acts_for,
    edit_rule,
    faults_of,
    history,
    most,
    version_of,
)
from reports.quotas.freeze import freeze
from reports.quotas.stored import drain, store_period
from reports.quotas.trial import preview
from tests import county

pytestmark = pytest.mark.django_db

Date = datetime.date
TODAY = Date(2026, 6, 15)
JULY = Date(2026, 7, 1)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def rule(code="trip_days", binds="staff"):
    return Quota.objects.filter(code=code, binds=binds).latest("pk")


def edit(people, one, act, day, *, seen=None, by=None, reason="县委办〔2026〕9 号", **wanted):
    return edit_rule(
        one, Wanted(act, day, **wanted), seen=seen or version_of(one), reason=reason,
        by=by or people.office.user,
    )  # fmt: skip


def told(one, act, day, **wanted):
    return {
        fault.code: fault.message for fault in faults_of(one, Wanted(act, day, **wanted), now=clock.now())
    }


def target_of(people, period, quota="trip_days"):
    found = figures(Period.parse(period), as_of=TODAY)
    return next((one.target for one in found if (one.quota, one.subject) == (quota, people.cadre.code)), None)


def test_a_new_target_holds_from_its_day_and_the_old_one_until_the_day_before(people):
    old = rule()
    new = edit(people, old, Act.CHANGE, JULY, target=3)
    old.refresh_from_db()
    assert (old.target, old.ends_on) == (2, Date(2026, 6, 30))
    assert (new.target, new.begins_on, new.ends_on, new.code, new.clause) == (
        3,
        JULY,
        None,
        "trip_days",
        old.clause,
    )
    assert (target_of(people, "2026-06"), target_of(people, "2026-07")) == (2, 3)


def test_a_day_within_a_month_decides_of_the_whole_month(people):
    edit(people, rule(), Act.CHANGE, Date(2026, 6, 20), target=3)
    assert (target_of(people, "2026-05"), target_of(people, "2026-06")) == (2, 3)


def test_the_least_days_of_a_trip_are_those_of_the_group(people):
    new = edit(people, rule("trip_count"), Act.CHANGE, JULY, target=1, min_days=3)
    assert new.params == {"min_days": {"staff": 3}}
    assert rule("trip_count", "section_level").params == {"min_days": {"staff": 2}}
    county.add_trip(people.cadre, people.village, "2026-07-01", "2026-07-02")
    july = figures(Period.parse("2026-07"), as_of=Date(2026, 7, 31))
    assert (
        next(one.done for one in july if (one.quota, one.subject) == ("trip_count", people.cadre.code)) == 0
    )


def test_a_rule_ends_and_another_group_is_bound(people):
    edit(people, rule("night_school", "villages"), Act.END, JULY)
    assert not [one for one in rules_in_force(Period.parse("2026-07")) if one.code == "night_school"]
    added = edit(people, rule(), Act.ADD, JULY, target=1, binds="county_leaders")
    assert (added.binds, added.target, added.begins_on) == ("county_leaders", 1, JULY)
    leaders = [one for one in figures(Period.parse("2026-07"), as_of=TODAY) if one.quota_id == added.pk]
    assert {one.subject for one in leaders} == {people.county_leader.code, people.stranger_county_leader.code}


def test_what_is_frozen_stays_and_the_reason_says_from_when_one_may(people):
    found = told(rule(), Act.CHANGE, Date(2026, 5, 20), target=3)
    assert found == {"frozen": "2026年5月的数在 2026-06-05 定格，不能再改。最早从 2026-06-01 起"}
    assert "2026年的数" not in str(
        told(rule("heart_talk", "section_level"), Act.CHANGE, Date(2026, 1, 1), target=5)
    )
    assert "最早从 2026-04-01" in told(rule("assembly", "villages"), Act.END, Date(2026, 3, 1))["frozen"]
    with pytest.raises(ValidationError):
        edit(people, rule(), Act.CHANGE, Date(2026, 5, 20), target=3)


def test_until_the_5th_the_month_before_may_still_change(people, on_day):
    on_day("2026-07-04")
    assert told(rule(), Act.CHANGE, Date(2026, 6, 1), target=3) == {}
    on_day("2026-07-05")
    assert "frozen" in told(rule(), Act.CHANGE, Date(2026, 6, 1), target=3)


def test_what_cannot_be_is_told_in_words(people):
    assert "same" in told(rule(), Act.CHANGE, JULY, target=2)
    assert "other_kind" in told(rule(), Act.ADD, JULY, target=1, binds="villages")
    bound = told(rule(), Act.ADD, JULY, target=1, binds="section_level")
    assert bound == {"bound": "科级已经考这一项，不能再加科级"}
    assert "bound" in told(rule("quarter_consult", "townships"), Act.ADD, JULY, target=1, binds="units")
    new = edit(people, rule(), Act.CHANGE, JULY, target=3)
    old = Quota.objects.get(code="trip_days", binds="staff", target=2)
    assert told(old, Act.CHANGE, Date(2026, 7, 2), target=4) == {
        "after_it": "这条规则到 2026-06-30 为止，请改接着的那一条"
    }
    assert "before_it" in told(new, Act.CHANGE, Date(2026, 6, 30), target=4)
    assert "never_held" in told(new, Act.END, JULY)
    assert "too_far" in told(new, Act.CHANGE, Date(2099, 1, 1), target=4)
    assert "goes_on" in told(new, Act.RESUME, Date(2026, 8, 1))


def test_one_that_has_not_begun_is_changed_in_place(people):
    new = edit(people, rule(), Act.CHANGE, JULY, target=3)
    again = edit(people, new, Act.CHANGE, JULY, target=4)
    assert (again.pk, again.target) == (new.pk, 4)


def test_a_change_before_a_later_one_ends_where_that_begins(people):
    october = Date(2026, 10, 1)
    edit(people, rule(), Act.CHANGE, october, target=4)
    old = Quota.objects.get(code="trip_days", binds="staff", begins_on=None)
    between = edit(people, old, Act.CHANGE, JULY, target=3)
    assert (between.begins_on, between.ends_on) == (JULY, Date(2026, 9, 30))


def test_of_two_at_once_the_second_is_told_who_was_faster(people):
    one, seen = rule(), version_of(rule())
    edit(people, one, Act.CHANGE, JULY, target=3)
    with pytest.raises(ValidationError, match=r"何静在 .* 刚改过这一项"):
        edit(people, one, Act.CHANGE, JULY, target=4, seen=seen)
    assert rule().target == 3


def test_only_the_county_office_changes_rules(people):
    for person in (people.admin, people.unit_leader, people.county_leader, people.cadre):
        with pytest.raises(PermissionDenied):
            edit(people, rule(), Act.CHANGE, JULY, target=3, by=person.user)


def test_the_reason_is_kept_with_who_and_what(people):
    edit(people, rule(), Act.CHANGE, JULY, target=3)
    entry = history(["trip_days"]).get()
    assert "县委办〔2026〕9 号" in entry.detail
    assert "驻村天数 (一般干部)：2 天 → 3 天，从 2026-07-01 起" in entry.detail


def test_the_preview_says_whom_it_binds_and_writes_nothing(people):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    county.add_leave(people.colleague, "2026-06-01", "2026-06-30")
    rows, touched = Quota.objects.count(), Touched.objects.count()
    shown = preview(rule(), Wanted(Act.CHANGE, JULY, target=3), today=TODAY)
    assert (shown.period.code, shown.first.code) == ("2026-06", "2026-07")
    assert (shown.now.met, shown.now.exempt) == (1, 1)
    assert shown.then.met == 0
    assert shown.now.bound == shown.then.bound == shown.then.open + 1
    assert (Quota.objects.count(), Touched.objects.count()) == (rows, touched)
    ended = preview(rule(), Wanted(Act.END, JULY), today=TODAY)
    assert (ended.now.bound, ended.then.bound) == (shown.now.bound, 0)
    leaders = preview(rule(), Wanted(Act.ADD, JULY, target=1, binds="county_leaders"), today=TODAY)
    assert (leaders.now.bound, leaders.then.bound) == (0, 2)


def test_stored_figures_follow_and_frozen_ones_do_not(people):
    freeze(Period.parse("2026-05"))
    june = Period.parse("2026-06")
    store_period(june, TODAY)
    edit(people, rule(), Act.CHANGE, Date(2026, 6, 1), target=3)
    drain(TODAY)
    kept = Compliance.objects.get(period="2026-06", quota__code="trip_days", subject_id=people.cadre.pk)
    assert kept.target == 3
    assert target_of(people, "2026-05") == 2


# --- taken back ------------------------------------------------------------------------------


def test_one_that_was_stopped_by_mistake_goes_on_as_before(people):
    one = rule()
    edit(people, one, Act.END, JULY)
    one.refresh_from_db()
    assert Act.RESUME in acts_for(one, clock.now())
    assert "still_holds" in told(one, Act.RESUME, Date(2026, 6, 30))
    again = edit(people, one, Act.RESUME, JULY)
    assert (again.pk, again.ends_on, acts_for(again, clock.now())) == (
        one.pk,
        None,
        [Act.CHANGE, Act.END, Act.ADD],
    )


def test_one_that_was_stopped_is_taken_up_later_with_another_target(people):
    one = rule()
    edit(people, one, Act.END, JULY)
    one.refresh_from_db()
    again = edit(people, one, Act.RESUME, Date(2026, 9, 1), target=3)
    assert (again.begins_on, again.ends_on, again.target) == (Date(2026, 9, 1), None, 3)
    targets = [target_of(people, month) for month in ("2026-06", "2026-07", "2026-08", "2026-09")]
    assert targets == [2, None, None, 3]
    assert Act.RESUME not in acts_for(one, clock.now())


def test_one_that_was_added_by_mistake_is_taken_back_with_its_figures(people):
    added = edit(people, rule(), Act.ADD, Date(2026, 6, 1), binds="county_leaders", target=1)
    store_period(Period.parse("2026-06"), TODAY)
    assert Compliance.objects.filter(quota=added).exists()
    assert Act.UNDO in acts_for(added, clock.now())
    edit(people, added, Act.UNDO, Date(2026, 6, 1))
    assert not Quota.objects.filter(pk=added.pk).exists()
    assert "撤回从 2026-06-01 起的 1 天" in history(["trip_days"]).first().detail


def test_a_change_that_is_taken_back_leaves_the_rule_before_it_in_force(people):
    first = rule()
    later = edit(people, first, Act.CHANGE, Date(2026, 10, 1), target=4)
    first.refresh_from_db()
    changed = edit(people, first, Act.CHANGE, JULY, target=3)
    assert preview(changed, Wanted(Act.UNDO, JULY), today=TODAY).target == 2
    edit(people, changed, Act.UNDO, JULY)
    first.refresh_from_db()
    assert (first.target, first.ends_on) == (2, Date(2026, 9, 30))
    assert Quota.objects.filter(pk=later.pk).exists()


def test_what_is_frozen_is_not_taken_back(people, on_day):
    changed = edit(people, rule(), Act.CHANGE, Date(2026, 6, 1), target=3)
    on_day("2026-07-06")
    assert Act.UNDO not in acts_for(changed, clock.now())
    assert "frozen" in told(changed, Act.UNDO, Date(2026, 6, 1))
    assert "from_the_start" in told(rule("trip_count"), Act.UNDO, JULY)


def test_of_two_who_take_it_back_the_second_hears_who_was_faster(people):
    changed = edit(people, rule(), Act.CHANGE, JULY, target=3)
    edit(people, changed, Act.UNDO, JULY)
    with pytest.raises(Gone, match="何静在"):
        edit(people, changed, Act.UNDO, JULY, seen="x")


def test_no_target_that_february_cannot_meet(people):
    assert (most(rule()), most(rule("trip_count"))) == (28, 999)
    assert most(rule("paired_coverage")) == 100


def test_the_preview_names_those_for_whom_it_comes_out_differently(people):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    shown = preview(rule(), Wanted(Act.CHANGE, JULY, target=3), today=TODAY)
    [moved] = shown.moved
    assert (moved.word, moved.count) == ("已完成 → 还没完成", 1)
    assert [(of.unit, of.count, of.names, of.more) for of in moved.units] == [("教育局", 1, ["泽仁初"], 0)]
    ended = preview(rule(), Wanted(Act.END, JULY), today=TODAY)
    assert {moved.word for moved in ended.moved} == {"已完成 → 不考", "还没完成 → 不考"}
    assert not preview(rule(), Wanted(Act.CHANGE, JULY, target=2), today=TODAY).moved


def test_without_a_gap_it_goes_on_with_its_own_target_first(people):
    one = rule()
    edit(people, one, Act.END, JULY)
    one.refresh_from_db()
    assert "same_first" in told(one, Act.RESUME, JULY, target=3)


def test_the_preview_of_taking_back_counts_a_rule_that_is_yet_to_begin(people):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    changed = edit(people, rule(), Act.CHANGE, JULY, target=3)
    shown = preview(changed, Wanted(Act.UNDO, JULY), today=TODAY)
    assert (shown.now.met, shown.then.met) == (0, 1)
    assert [moved.word for moved in shown.moved] == ["还没完成 → 已完成"]
