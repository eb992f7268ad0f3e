"""Two hands on one rule, a freeze, and all figures being computed: nobody's change is lost, nobody waits long."""

import datetime
import itertools
import re
import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction
from django.db.models import QuerySet

from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.periods import Period
from reports.models import Compliance, FrozenFigure, Quota, Touched
from reports.quotas import editing, freeze, stored
from reports.quotas.editing import Act, FiguresBusy, Wanted, edit_rule, history, version_of
from tests import county
from tests.concurrency.test_ledger import race
from tests.concurrency.test_sign_in import at_once
from tests.grievances.ledger import fresh
from tests.reports.quotas.test_stored import computed, kept

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)
JUNE = Period.parse("2026-06")
JULY = datetime.date(2026, 7, 1)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    people = county.build()
    second = county.add_cadre("郑梅", unit=people.office.post_spans.get().unit)
    county.grant(second, "county_office")
    object.__setattr__(people, "second", second)
    return people


def rule():
    return Quota.objects.filter(code="trip_days", binds="staff").latest("pk")


def step(person, act, day=JULY, **wanted):
    """By somebody who has the rule on the screen as it was."""
    one, seen, user = rule(), version_of(rule()), fresh(person)
    return lambda: edit_rule(one, Wanted(act, day, **wanted), seen=seen, reason=f"依据{person.name}", by=user)


def change_twice(people):
    return [step(people.office, Act.CHANGE, target=3), step(people.second, Act.CHANGE, target=4)]


def change_and_end(people):
    later = JULY.replace(month=8)
    return [step(people.office, Act.CHANGE, later, target=5), step(people.second, Act.END, later)]


def add_twice(people):
    both = {"target": 1, "binds": "county_leaders"}
    return [step(people.office, Act.ADD, **both), step(people.second, Act.ADD, **both)]


def test_of_two_at_the_same_moment_one_wins_and_the_other_hears_who_was_faster(people):
    for make in (add_twice, change_twice, change_and_end):
        before, rows = version_of(rule()), history().count()
        answers = race(make(people))
        [lost] = [answer for answer in answers if answer]
        assert re.search(r"(何静|郑梅)在 06-15 10:00 刚改过这一项，您的还没有保存", lost.messages[0])
        # What was done is told once, by whoever did it.
        assert history().count() == rows + 1
        assert history()[0].actor.name in lost.messages[0]
        assert version_of(rule()) != before
        spans = [
            (one.begins_on or datetime.date.min, one.ends_on or datetime.date.max)
            for one in Quota.objects.filter(code="trip_days", binds="staff").order_by("pk")
        ]
        assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))


def test_without_the_lock_both_would_win(people, monkeypatch):
    """What the lock is for: the later one writes over what it has not seen."""
    gate, asked = threading.Barrier(2), editing.faults_of

    def ask_then_wait(*args, **options):
        found = asked(*args, **options)
        gate.wait(60)
        return found

    Quota.objects.filter(pk=rule().pk).update(begins_on=JULY)
    monkeypatch.setattr(editing, "_lock_figures", lambda: None)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset)
    monkeypatch.setattr(editing, "faults_of", ask_then_wait)
    assert race(change_twice(people)) == [None, None]


def meanwhile(work):
    """The same work by another hand, on a connection of its own; what it returned or raised."""
    found = []

    def run():
        try:
            found.append(work())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, found


def wait_until_somebody_waits():
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for the lock")


def test_while_all_figures_are_computed_a_person_is_told_so_and_nothing_changes(people, monkeypatch):
    monkeypatch.setattr(editing, "LOCK_TIMEOUT", "100ms")
    save = step(people.office, Act.CHANGE, target=3)
    with transaction.atomic():
        lock_for_transaction("figures")
        thread, found = meanwhile(save)
        thread.join(30)
    assert isinstance(found[0], FiguresBusy)
    assert (rule().target, history().count()) == (2, 0)
    assert save().target == 3


def test_a_rule_that_waited_over_the_cut_off_is_refused(people, monkeypatch):
    """Asked at the last second, it gets its turn after the freeze: the moment is that of its turn."""
    monkeypatch.setattr(editing, "LOCK_TIMEOUT", "60s")
    midnight = freeze.cut_off(JUNE)
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    monkeypatch.setattr(clock, "now", lambda: midnight - datetime.timedelta(seconds=1))
    save = step(people.office, Act.CHANGE, JUNE.first, target=3)
    with transaction.atomic():
        lock_for_transaction("figures")
        thread, found = meanwhile(save)
        wait_until_somebody_waits()
        monkeypatch.setattr(clock, "now", lambda: midnight + datetime.timedelta(seconds=1))
        assert freeze.freeze(JUNE)
    thread.join(60)
    assert isinstance(found[0], ValidationError)
    assert "定格，不能再改" in found[0].messages[0]
    assert rule().target == 2
    frozen = FrozenFigure.objects.filter(period="2026-06", quota__code="trip_days", quota__binds="staff")
    assert set(frozen.values_list("target", flat=True)) == {2}


def test_between_two_periods_of_a_long_drain_others_have_their_turn(people, monkeypatch):
    """After an import all of it is computed; a rule changed meanwhile is in the figures after the next drain."""
    monkeypatch.setattr(editing, "LOCK_TIMEOUT", "2s")
    periods = [JUNE, Period.parse("2026-05"), Period.parse("2026-04")]
    for period in periods:
        stored.store_period(period, TODAY)
    Touched.objects.all().delete()
    stored.touch_everyone()
    save, said = step(people.office, Act.CHANGE, JUNE.first, target=3), []

    def say(step_told, percent):
        said.append(step_told)
        if len(said) == 2:
            [answer] = at_once(save, count=1)
            assert answer.target == 3

    assert stored.drain(TODAY, say=say) == 1
    assert len(said) == 3
    # June was over when the rule changed: that is noted, and found the next time.
    assert Touched.objects.exists()
    assert stored.drain(TODAY)
    assert not Touched.objects.exists()
    for period in periods:
        assert kept(period) == computed(period, TODAY)
    assert Compliance.objects.get(period="2026-06", quota=rule(), subject_id=people.cadre.pk).target == 3
