"""Days as people say them."""

import datetime

import pytest

from lianhu.templatetags.days import seen_from, with_weekday

DAY = datetime.date


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (DAY(2026, 3, 5), "3月5日 (周四)"),
        (DAY(2026, 3, 8), "3月8日 (周日)"),
        (DAY(2026, 12, 28), "12月28日 (周一)"),
    ],
)
def test_a_day_is_said_with_its_weekday(day, words):
    assert with_weekday(day) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (DAY(2026, 1, 1), "1月1日"),
        (DAY(2025, 12, 31), "去年12月31日"),
        (DAY(2024, 2, 29), "2024年2月29日"),
    ],
)
def test_a_past_day_is_said_with_no_more_year_than_needed(day, words):
    assert seen_from(day, DAY(2026, 6, 15)) == words
