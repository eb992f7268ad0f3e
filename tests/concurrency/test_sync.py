"""The same batch from two tabs, two hands on one day, eight phones on one counter: each item exactly once."""

import datetime
import re

import pytest

from grievances.models import Grievance, NumberCounter
from lianhu.doors import sync
from lianhu.doors.sync import read_item, take_in
from lianhu.kit import clock
from tests import county
from tests.concurrency.test_sign_in import at_once
from tests.doors.phone import matter, trip, visit
from visits.entry_facts import EntryFacts
from visits.models import Trip, Visit, VisitRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def sent_by(cadre, *raw):
    """A callable that sends the batch and gives the statuses."""
    today = clock.today()
    user = type(cadre.user).objects.select_related("cadre").get(pk=cadre.user_id)

    def go():
        items = [read_item(each, clock.now()) for each in raw]
        return [result.status for result in take_in(items, by=user, on=today)]

    return go


def test_the_same_batch_from_eight_tabs_is_taken_once(people):
    today = clock.today().isoformat()
    stay = trip(people.village, today)
    seen = visit(people.household, today, trip=stay["id"])
    told = matter(people.household, visit=seen["id"])
    answers = at_once(sent_by(people.cadre, stay, seen, told))
    assert sorted(answers)[0] == ["accepted"] * 3
    assert sorted(answers)[1:] == [["duplicate"] * 3] * 7
    assert (Trip.objects.count(), Visit.objects.count(), VisitRecord.objects.count()) == (1, 1, 1)
    assert NumberCounter.objects.get().highest == Grievance.objects.count() == 1


def test_eight_entries_of_one_visit_under_their_own_ids_leave_one(people):
    today = clock.today().isoformat()
    county.add_trip(people.cadre, people.village, today)
    sends = [sent_by(people.cadre, visit(people.household, today)) for _ in range(8)]
    answers = at_once(lambda: sends.pop()())
    assert sorted(answers) == [["accepted"], *[["rejected"]] * 7]
    assert Visit.objects.count() == 1


def test_eight_phones_register_without_a_gap(people):
    sends = [
        sent_by(people.cadre, *(matter(people.household, title=f"第 {place} 件") for _ in range(5)))
        for place in range(8)
    ]
    at_once(lambda: sends.pop()())
    numbers = sorted(
        int(re.search(r"\d{6}$", each)[0]) for each in Grievance.objects.values_list("number", flat=True)
    )
    assert numbers == list(range(1, 41))


def test_a_batch_that_meets_another_writer_is_asked_again_item_by_item(people, monkeypatch):
    """The other writer's row is seen only when the database refuses: good items go in, the late one is told."""
    today = clock.today().isoformat()
    county.add_trip(people.cadre, people.village, today)
    home = county.add_household(village=people.village)
    county.pair(people.cadre, home)
    late, good = visit(people.household, today), visit(home, today)
    county.add_visit(people.cadre, people.household, today)
    monkeypatch.setattr("visits.entry_facts.EntryFacts._read_visits", lambda facts, rows: None)
    assert sent_by(people.cadre, late, good)() == ["rejected", "accepted"]
    told = take_in([read_item(late, clock.now())], by=people.cadre.user, on=clock.today())
    assert "冲突" in told[0].errors[sync.WHOLE][0]


def test_a_trip_made_shorter_meanwhile_is_noticed(people, monkeypatch):
    """Facts were read before the change: the visit would lie outside its trip."""
    today = clock.today()
    stay = county.add_trip(people.cadre, people.village, today - datetime.timedelta(days=2), today)
    read = EntryFacts._read_trips

    def read_then_shortened(facts, rows):
        read(facts, rows)
        Trip.objects.filter(pk=stay.pk).update(ends_on=today - datetime.timedelta(days=1))

    monkeypatch.setattr(EntryFacts, "_read_trips", read_then_shortened)
    one = read_item(visit(people.household, today.isoformat()), clock.now())
    told = take_in([one], by=people.cadre.user, on=today)
    assert told[0].status == "rejected"
    assert not Visit.objects.exists()
