"""Two hands on one matter: one wins, the other hears who did what, when. Without the lock both would.

The gate stands where each has read the matter and has not written yet; with the lock only one can be there.
"""

import datetime
import random
import re
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from grievances import publication, workflow
from grievances.escalation import escalate_overdue
from grievances.models import (
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    NumberCounter,
    Objection,
)
from grievances.workflow import act
from lianhu.kit import clock
from tests import county
from tests.concurrency.test_sign_in import at_once
from tests.grievances import ledger
from tests.grievances.ledger import ask, fresh, last_event, matter, words

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    people = county.build()
    office = people.office.post_spans.get().unit
    for name in ("second", "third"):
        person = county.add_cadre("郑梅" if name == "second" else "吴刚", unit=office)
        county.grant(person, "county_office")
        county.grant(person, "township", unit=people.township)
        county.grant(person, "village_branch", village=people.village)
        object.__setattr__(people, name, person)
    return people


def step(people, made, action, person, **more):
    """By somebody who has the matter on the screen as it was."""
    said, user, seen = words(people, action, **more), fresh(person), last_event(made).pk
    return lambda: act(made.pk, action, said, by=user, seen=seen)


def closing_twice(people):
    made = matter(people, S.REVISITED)
    return made, [step(people, made, A.CLOSE, who) for who in (people.second, people.third)]


def closing_and_merging(people):
    made, other = matter(people, S.REVISITED), matter(people, S.ASSIGNED)
    return made, [
        step(people, made, A.CLOSE, people.second),
        step(people, made, A.MERGE, people.third, parent=other.number),
    ]


def closing_what_another_is_merged_into(people):
    made, other = matter(people, S.REVISITED), matter(people, S.ASSIGNED)
    return made, [
        step(people, made, A.CLOSE, people.second),
        step(people, other, A.MERGE, people.third, parent=made.number),
    ]


def merging_each_into_the_other(people):
    made, other = matter(people, S.ASSIGNED), matter(people, S.ASSIGNED)
    return made, [
        step(people, made, A.MERGE, people.second, parent=other.number),
        step(people, other, A.MERGE, people.third, parent=made.number),
    ]


def replying_and_escalating(people):
    made = matter(people, S.ASSIGNED)
    return made, [step(people, made, A.REPLY, people.cadre), step(people, made, A.ESCALATE, people.second)]


def replying_and_voiding(people):
    made = matter(people, S.ASSIGNED)
    return made, [step(people, made, A.REPLY, people.cadre), step(people, made, A.VOID, people.second)]


def two_desks_assigning(people):
    made = matter(people, S.REGISTERED)
    return made, [step(people, made, A.ASSIGN, who) for who in (people.second, people.third)]


def deciding_twice(people):
    made = matter(people, S.REPLIED)
    ask(made, "waiver", people.cadre)
    return made, [
        step(people, made, A.WAIVE, people.second),
        step(people, made, A.REFUSE_WAIVER, people.third),
    ]


RACES = [
    closing_twice,
    closing_and_merging,
    closing_what_another_is_merged_into,
    merging_each_into_the_other,
    replying_and_escalating,
    replying_and_voiding,
    two_desks_assigning,
    deciding_twice,
]


def race(steps):
    """What each of the steps got: None, or the refusal."""
    turns = iter(steps)

    def go():
        try:
            next(turns)()
        except (ValidationError, PermissionDenied) as error:
            return error

    return at_once(go, count=len(steps))


def test_of_two_at_the_same_moment_one_wins_and_the_other_hears_who_did_what_when(people):
    for make in RACES:
        made, steps = make(people)
        answers = race(steps)
        if make is closing_what_another_is_merged_into and answers == [None, None]:
            # The merge came first, and what it was merged into was closed after.
            newest = GrievanceEvent.objects.order_by("-pk")
            assert newest.filter(action=A.MERGE)[0].pk < newest.filter(action=A.CLOSE)[0].pk
            continue
        assert answers.count(None) == 1, (make.__name__, answers)
        [lost] = [answer for answer in answers if answer]
        assert re.search(r"(郑梅|吴刚|泽仁初)(已在)? 06-15 10:00", " ".join(lost.messages)), (
            make.__name__,
            lost,
        )
        written = Grievance.objects.get(pk=made.pk)
        assert written.events.order_by("pk").last().to_state == written.state
        assert not (written.parent and written.parent.parent)


def test_without_the_lock_both_would_win(people, monkeypatch):
    """What the lock is for: each only looks before it writes."""
    check = workflow._check
    gate = threading.Barrier(2)

    def check_then_wait(*args):
        check(*args)
        gate.wait(60)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset)
    monkeypatch.setattr(workflow, "_check", check_then_wait)
    for make in RACES:
        _, steps = make(people)
        assert race(steps) == [None, None], make.__name__
    crossed = Grievance.objects.filter(parent__parent__isnull=False)
    assert crossed.exists(), "each was merged into the other"


def test_closing_replying_and_merging_at_once(people):
    for _ in range(3):
        made, other = matter(people, S.REVISITED), matter(people, S.ASSIGNED)
        answers = race(
            [
                step(people, made, A.CLOSE, people.second),
                step(people, made, A.REPLY, people.cadre),
                step(people, made, A.MERGE, people.third, parent=other.number),
            ]
        )
        assert answers.count(None) == 1
        assert made.events.count() == 5


def objecting_and_reopening(people):
    made = matter(people, S.PUBLISHED)
    return made, [
        lambda: publication.object_to(made.pk, "没有修好", by=None),
        step(people, made, A.REOPEN, people.second),
    ]


def test_an_objection_at_the_moment_of_a_reopening_is_answered_by_it_or_told(people):
    for _ in range(4):
        made, steps = objecting_and_reopening(people)
        told = [str(answer) for answer in race(steps) if answer]
        assert Grievance.objects.get(pk=made.pk).state == S.ASSIGNED
        objections = Objection.objects.filter(publication__grievance=made)
        assert objections.count() + len(told) == 1
        assert all("已经退回重办" in each for each in told)
        assert all(each.reopened for each in objections)


def test_without_the_lock_an_objection_would_wait_for_ever(people, monkeypatch):
    check, runs, gate = workflow._check, publication.runs, threading.Barrier(2)
    # The objection is written when the reopening is through.
    done = threading.Event()

    def check_then_wait(*args):
        check(*args)
        gate.wait(60)

    def runs_then_wait(*args):
        answer = runs(*args)
        gate.wait(60)
        assert done.wait(60)
        return answer

    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset)
    monkeypatch.setattr(workflow, "_check", check_then_wait)
    monkeypatch.setattr(publication, "runs", runs_then_wait)
    made, (object_to, reopen) = objecting_and_reopening(people)

    def reopen_then_tell():
        reopen()
        done.set()

    assert race([object_to, reopen_then_tell]) == [None, None]
    assert Grievance.objects.get(pk=made.pk).state == S.ASSIGNED
    assert Objection.objects.filter(publication__grievance=made, answered_at=None).exists()


def test_a_storm_of_merges_and_replies_neither_deadlocks_nor_makes_a_cycle(people):
    made = [matter(people, S.ASSIGNED) for _ in range(4)]
    seeds = iter(range(6))

    def storm():
        chance, user = random.Random(next(seeds)), fresh(people.second)
        handler = fresh(people.cadre)
        for _ in range(12):
            one, other = chance.sample(made, 2)
            action = chance.choice([A.MERGE, A.MERGE, A.UNMERGE, A.REPLY, A.REOPEN])
            try:
                act(
                    one.pk,
                    action,
                    words(people, action, parent=other.number),
                    by=handler if action == A.REPLY else user,
                )
            except (ValidationError, PermissionDenied):
                continue
            assert not Grievance.objects.filter(parent__parent__isnull=False).exists()
        return True

    assert at_once(storm, count=6) == [True] * 6
    for each in Grievance.objects.prefetch_related("events"):
        came = ""
        for event in sorted(each.events.all(), key=lambda event: event.pk):
            assert event.from_state == came
            came = event.to_state
        assert each.state == came


def test_numbers_have_no_gap_when_registrations_fail_and_the_year_changes_at_midnight(people, monkeypatch):
    """Eight desks, each of whose third registrations falls through; half of them already live in 2027."""
    old = datetime.datetime(2026, 12, 31, 23, 59, 59, tzinfo=clock.SHANGHAI)
    new = old + datetime.timedelta(seconds=1)
    mine = threading.local()
    monkeypatch.setattr(clock, "now", lambda: getattr(mine, "at", old))
    desks = iter(range(8))

    def desk():
        number, made = next(desks), []
        mine.at = old if number % 2 else new
        person = people.branch
        for place in range(9):
            try:
                with transaction.atomic():
                    one = ledger.entered(person, household=people.household.code, title=f"{number}-{place}")
                    if place % 3 == 2:
                        raise InterruptedError
            except InterruptedError:
                continue
            made.append(one.number)
        return made

    numbers = sorted(number for made in at_once(desk) for number in made)
    expected = [f"LH-{year}-{serial:06}" for year in (2026, 2027) for serial in range(1, 25)]
    assert numbers == expected
    assert dict(NumberCounter.objects.values_list("year", "highest")) == {2026: 24, 2027: 24}


def test_two_beats_note_what_is_overdue_once(people):
    made = [matter(people, S.ASSIGNED, reply_due_on="2026-06-14") for _ in range(5)]
    today = clock.today()
    at_once(lambda: escalate_overdue(today), count=4)
    for each in made:
        assert each.events.filter(action=A.OVERDUE).count() == 1


def test_a_matter_that_is_being_answered_is_not_noted_as_overdue_with_a_state_it_left(people):
    made = matter(people, S.ASSIGNED, reply_due_on="2026-06-14")
    today = clock.today()
    with transaction.atomic():
        act(made.pk, A.REPLY, words(people, A.REPLY), by=fresh(people.cadre))
        at_once(lambda: escalate_overdue(today), count=1)
    assert [event[0] for event in ledger.story(made)] == [A.REGISTER, A.ASSIGN, A.REPLY]
