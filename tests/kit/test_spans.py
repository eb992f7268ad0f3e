"""Days taken by the first who came, against a day-by-day count."""

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from lianhu.kit.spans import OPEN_END, Occupied

FIRST = datetime.date(2026, 1, 1)


def day(number):
    return FIRST + datetime.timedelta(days=number)


def test_free_days_are_taken_and_taken_days_tell_by_whom():
    taken = Occupied()
    assert taken.take(day(5), day(9), "a") is None
    assert taken.take(day(10), None, "b") is None
    assert taken.take(day(0), day(4), "c") is None
    assert taken.take(day(9), day(9), "d") == "a"
    assert taken.take(day(400), day(401), "e") == "b"
    assert taken.take(day(0), None, "f") == "c"


def test_an_open_end_goes_on():
    taken = Occupied()
    taken.take(FIRST, None, "a")
    assert taken.take(OPEN_END, OPEN_END, "b") == "a"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), max_size=15))
def test_it_agrees_with_counting_day_by_day(stays):
    taken, holder = Occupied(), {}
    for label, (begin, length) in enumerate(stays):
        days = range(begin, begin + length + 1)
        first = next((holder[number] for number in days if number in holder), None)
        assert taken.take(day(begin), day(begin + length), label) == first
        for number in days:
            holder.setdefault(number, label)
