"""Many people with several roles take whatever step they like, for weeks: what must hold, holds after each.

By hand, longer: LEDGER_EXAMPLES=400 LEDGER_STEPS=60 pytest tests/grievances/test_workflow_machine.py
"""

import datetime
import os
from collections import Counter
from contextlib import suppress

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import CalendarDay, CalendarYear
from grievances import deadlines, escalation, family, publication
from grievances.hands import Hand
from grievances.models import (
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    Objection,
    TellingWay,
)
from grievances.owing import owing
from grievances.workflow import STEPS, act, steps_for
from lianhu.kit import clock
from registry.models import Cadre
from tests import county
from tests.grievances import ledger

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
ONE_DAY = datetime.timedelta(days=1)
# Four weeks later 2027 has begun, whose schedule is not known at first.
BEGIN = datetime.date(2026, 12, 14)
REST_2027 = [datetime.date(2027, 1, day) for day in (1, 4, 5)]
WORK_2027 = [datetime.date(2027, 1, 9)]
REPLY_DAYS = {"village": 7, "township": 15, "county": 30}


def build():
    """Nine people, some with two or three roles, one household each for three matters, and a village's."""
    people = county.build()
    office = people.office.post_spans.get().unit
    extra = {
        "second": county.add_cadre("郑梅", unit=office),
        "branch2": county.add_cadre("王芳", unit=people.township),
        "both": county.add_cadre("何平", unit=people.township),
    }
    county.grant(extra["second"], "county_office")
    county.grant(extra["branch2"], "village_branch", village=people.village)
    county.grant(extra["both"], "township", unit=people.township)
    county.grant(extra["both"], "village_branch", village=people.village)
    county.grant(people.cadre, "village_branch", village=people.village)
    homes = [people.household, *(county.add_household(name, village=people.village) for name in "央次")]
    for home in homes[1:]:
        county.pair(people.cadre, home)
    cast = [
        *(people.cadre, people.branch, people.township_liaison, people.office, people.unit_liaison),
        *(people.county_leader, *extra.values()),
    ]
    matters = [
        ledger.entered(people.cadre, household=homes[0].code),
        ledger.entered(people.branch, household=homes[1].code),
        ledger.entered(people.cadre, household=homes[2].code, level="township"),
        ledger.entered(people.branch, village=people.village.code, level="county"),
    ]
    # Some are well on their way when it begins.
    for matter, desk in ((matters[1], people.branch), (matters[2], people.township_liaison)):
        ledger.take(matter, A.ASSIGN, desk, people, handler=people.unit_liaison.code)
        ledger.take(matter, A.REPLY, people.unit_liaison, people)
    ledger.take(matters[1], A.REVISIT, people.township_liaison, people)
    return people, extra["second"], cast, matters


# How often each step was taken in all examples: printed, for whoever runs it longer.
reached = Counter()


class Ledger(RuleBasedStateMachine):
    """`known`: the events each matter has had so far; `years`: those the calendar knows."""

    built = None

    def __init__(self):
        super().__init__()
        self.people, self.second, self.cast, self.matters = self.built
        self.at = datetime.datetime.combine(BEGIN, datetime.time(10), clock.SHANGHAI)
        self.real, clock.now = clock.now, lambda: self.at
        self.around = transaction.atomic()
        self.around.__enter__()
        self.years, self.gone = {2026}, set()
        self.known = {matter.pk: [] for matter in self.matters}

    def teardown(self):
        reached.update(GrievanceEvent.objects.values_list("action", flat=True))
        self.the_page_that_must_be_empty_holds_what_a_naive_count_finds()
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)
        clock.now = self.real

    # --- what people do ---

    @property
    def today(self):
        return self.at.date()

    def user(self, person):
        return ledger.fresh(person)

    def words(self, action, data):
        draw = data.draw
        said = {
            "reason": "情况说明",
            "handler": draw(st.sampled_from(self.cast)).code,
            "days": draw(st.sampled_from([1, 10, 30])),
            "outcome": draw(st.sampled_from(["solved", "partly", "explained"])),
            "satisfaction": draw(st.sampled_from(["satisfied", "satisfied", "basically", "dissatisfied"])),
            "asked": "家里人",
            "kind": "privacy",
            "parent": draw(st.sampled_from(self.matters)).number,
        }
        return {name: said[name] for name in STEPS[action].form.base_fields if name in said}

    def attempt(self, matter, action, person, data):
        self.at += datetime.timedelta(minutes=2)
        with suppress(PermissionDenied, ValidationError):
            act(matter.pk, action, self.words(action, data), by=self.user(person))

    @rule(data=st.data())
    def people_press_buttons_they_have(self, data):
        for _ in range(data.draw(st.integers(1, 4))):
            self.press(Grievance.objects.get(pk=data.draw(st.sampled_from(self.matters)).pk), data)

    def press(self, matter, data):
        person = data.draw(st.sampled_from(self.cast))
        steps = steps_for(Hand(matter, self.user(person), self.today))
        if steps and matter in Grievance.objects.visible_to(self.user(person)):
            # Ends and requests rather than 不予公示 and 作废, or each matter ends there.
            last = {A.VOID, A.WITHHOLD, A.SET_ASIDE, A.REMIND, A.NOTE}
            likely = [step.action for step in steps if step.action not in last] or [steps[0].action]
            every = [step.action for step in steps]
            self.attempt(matter, data.draw(st.sampled_from(likely * 4 + every)), person, data)

    @rule(data=st.data())
    def the_right_people_go_on(self, data):
        """So that matters come to their end often enough."""
        matter = data.draw(st.sampled_from(self.matters))
        for _ in range(data.draw(st.integers(1, 6))):
            self.go_on(Grievance.objects.get(pk=matter.pk), data)

    def go_on(self, matter, data):
        if matter.state == S.CLOSED and publication.standing(matter) is None:
            ledger.public_text(matter, self.people.branch)
        for person in data.draw(st.permutations(self.cast)):
            main = [s for s in steps_for(Hand(matter, self.user(person), self.today)) if s.main]
            if main and matter in Grievance.objects.visible_to(self.user(person)):
                self.attempt(matter, main[0].action, person, data)
                return

    @rule(data=st.data())
    def a_request_is_made_and_decided(self, data):
        """延期 and 免回访: rare by chance, since each needs two people one after the other."""
        matter = data.draw(st.sampled_from(self.matters))
        for asked, decided in (
            (A.ASK_EXTENSION, [A.EXTEND, A.EXTEND, A.REFUSE_EXTENSION]),
            (A.ASK_WAIVER, [A.WAIVE, A.WAIVE, A.REFUSE_WAIVER]),
        ):
            self.by_whoever_may(matter, asked, data)
            if data.draw(st.booleans()):
                self.at += ONE_DAY
            self.by_whoever_may(matter, data.draw(st.sampled_from(decided)), data)

    def by_whoever_may(self, matter, action, data):
        matter = Grievance.objects.get(pk=matter.pk)
        for person in data.draw(st.permutations(self.cast)):
            steps = steps_for(Hand(matter, self.user(person), self.today))
            if action in {step.action for step in steps}:
                self.attempt(matter, action, person, data)
                return

    @rule(data=st.data(), action=st.sampled_from(list(STEPS)))
    def somebody_sends_any_step(self, data, action):
        matter = data.draw(st.sampled_from(self.matters))
        self.attempt(matter, action, data.draw(st.sampled_from(self.cast)), data)

    @rule(data=st.data())
    def the_family_objects(self, data):
        matter = data.draw(st.sampled_from(self.matters))
        with suppress(ValidationError):
            publication.object_to(matter.pk, "没有修好", by=None)

    @rule()
    def the_families_are_told(self):
        waiting = family.waiting_notices(Grievance.objects.all())
        family.tell(list(waiting), TellingWay.PHONE, by=self.user(self.people.office))

    @rule(days=st.sampled_from([1, 1, 2, 4, 8]))
    def days_go_by(self, days):
        self.at += datetime.timedelta(days=days)

    @rule()
    def the_morning_comes(self):
        escalation.escalate_overdue(self.today)

    @precondition(lambda self: 2027 not in self.years)
    @rule()
    def the_schedule_of_the_next_year_is_entered(self):
        CalendarDay.objects.bulk_create(
            [CalendarDay(day=day, works=False, name="元旦") for day in REST_2027]
            + [CalendarDay(day=day, works=True, name="元旦调休上班") for day in WORK_2027]
        )
        CalendarYear.objects.create(year=2027, source="通知")
        self.years.add(2027)
        deadlines.reschedule()

    @precondition(lambda self: not self.gone)
    @rule(data=st.data())
    def a_cadre_leaves(self, data):
        person = data.draw(st.sampled_from([self.people.unit_liaison, self.people.cadre]))
        self.gone.add(person.pk)
        Cadre.objects.filter(pk=person.pk).update(left_on=self.today - ONE_DAY)

    # --- what must hold ---

    def each(self):
        events = GrievanceEvent.objects.order_by("pk").select_related("by__cadre")
        return Grievance.objects.prefetch_related(Prefetch("events", events), "requests", "family_notices")

    @invariant()
    def what_must_hold_holds(self):
        rows = {matter.pk: matter for matter in self.each()}
        for matter in rows.values():
            events = list(matter.events.all())
            self.no_event_is_lost(matter, events)
            self.no_step_is_skipped(matter, events)
            self.hands_are_kept_apart(events)
            self.dates_are_those_of_a_naive_count(matter)
            self.requests_wait_only_where_they_can_be_decided(matter)
            self.each_step_the_family_hears_of_owes_one_notice(matter, events)
            if matter.parent_id:
                assert rows[matter.parent_id].parent_id is None
                assert rows[matter.parent_id].voided_at is None

    def no_event_is_lost(self, matter, events):
        pks = [event.pk for event in events]
        assert pks[: len(self.known[matter.pk])] == self.known[matter.pk]
        self.known[matter.pk] = pks
        came = ""
        for event in events:
            assert event.from_state == came
            came = event.to_state
        assert matter.state == came

    def no_step_is_skipped(self, matter, events):
        """From the last time it lay on a desk or in hands: 答复, 回访 or 免回访, 销号, 公示."""
        moves = [event for event in events if event.from_state != event.to_state]
        back = max(place for place, event in enumerate(moves) if event.to_state in (S.REGISTERED, S.ASSIGNED))
        taken = [event.action for event in moves[back + 1 :]]
        whole = [A.REPLY, A.REVISIT, A.CLOSE, A.PUBLISH]
        waived = [A.REPLY, A.WAIVE, A.PUBLISH]
        assert taken in (whole[: len(taken)], waived[: len(taken)])
        if matter.state == S.PUBLISHED:
            assert taken in (whole, waived)
            assert None not in (matter.replied_on, matter.closed_on, matter.published_on)
            assert matter.outcome
            assert not matter.withheld_kind

    def hands_are_kept_apart(self, events):
        handlers, answered, closer = set(), set(), None
        office = {self.people.office.user_id, self.second.user_id}
        for event in events:
            if event.action in (A.CLOSE, A.WAIVE):
                assert event.by.cadre.pk not in handlers
                assert event.by_id not in answered
                closer = event.by_id
            if event.action == A.PUBLISH:
                assert event.by_id != closer or event.by_id in office
            if event.action == A.REPLY:
                answered.add(event.by_id)
            handlers.add(event.handler_id)

    def dates_are_those_of_a_naive_count(self, matter):
        days = REPLY_DAYS[matter.level]
        if matter.extension_days:
            days = max(days, min(days + matter.extension_days, 60))
        assert matter.reply_due_on == matter.registered_on + days * ONE_DAY
        assert (matter.reply_due_on - matter.registered_on).days <= 60
        if matter.state == S.REGISTERED and matter.voided_at is None:
            day, left, certain = matter.held_since, 3, True
            while left:
                day += ONE_DAY
                certain = certain and day.year in self.years
                left -= self.works(day)
            assert (matter.assign_due_on, matter.assign_due_certain) == (day, certain)

    def works(self, day):
        if 2027 in self.years and day in REST_2027 + WORK_2027:
            return day in WORK_2027
        return day.weekday() < 5 and (day.month, day.day) != (1, 1)

    def requests_wait_only_where_they_can_be_decided(self, matter):
        waiting = [each for each in matter.requests.all() if each.decided_at is None]
        for request in waiting:
            assert matter.state == (S.ASSIGNED if request.kind == "extension" else S.REPLIED)
            assert matter.voided_at is None

    def each_step_the_family_hears_of_owes_one_notice(self, matter, events):
        if matter.household_id is None:
            assert not matter.family_notices.all()
            return
        heard = {
            event.pk for event in events if event.action in (A.REGISTER, A.REPLY, A.EXTEND, A.CLOSE, A.WAIVE)
        }
        assert heard <= {notice.event_id for notice in matter.family_notices.all()}

    @rule()
    def the_page_that_must_be_empty_holds_what_a_naive_count_finds(self):
        today, office = self.today, self.user(self.people.office)
        found = {kind.name: set(kind.rows.values_list("pk", flat=True)) for kind in owing(office, today)}
        left = dict(Cadre.objects.filter(left_on__lt=today).values_list("pk", "left_on"))
        waiting = {notice.grievance_id for notice in family.waiting_notices(Grievance.objects.all())}
        naive = {name: set() for name in found}
        for matter in self.each():
            over = matter.state in (S.CLOSED, S.PUBLISHED)
            still = not over and matter.voided_at is None and matter.parent_id is None
            at_desk = matter.state == S.REGISTERED
            if still and (
                matter.handler_id in left
                or (matter.assign_due_on < today if at_desk else matter.handler_id is None)
            ):
                naive["no_handler"].add(matter.pk)
            if still and not matter.replied_on and matter.reply_due_on < today:
                naive["no_reply"].add(matter.pk)
            if matter.pk in waiting and (
                over or (matter.parent and matter.parent.state in (S.CLOSED, S.PUBLISHED))
            ):
                naive["family_not_told"].add(matter.pk)
        for each in Objection.objects.filter(answered_at=None).select_related("publication"):
            if each.publication.ends_on < today:
                naive["objection"].add(each.publication.grievance_id)
        assert found == naive


def test_people_do_what_they_like_and_what_must_hold_holds(on_day):
    on_day(BEGIN.isoformat())
    Ledger.built = build()
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=int(os.environ.get("LEDGER_EXAMPLES", 8)),
            stateful_step_count=int(os.environ.get("LEDGER_STEPS", 35)),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(sorted(reached.items()))
