"""Working days: the official lists of FORMATS d, and what holds for a year nobody has published."""

import datetime

import pytest

from accounts.calendar import add_workdays, load_year, next_workday, workday, workdays
from accounts.models import AuditEntry, CalendarDay, CalendarYear

pytestmark = pytest.mark.django_db
DAY = datetime.date

OFF = {
    2025: ["1/1", "1/28–2/4", "4/4–4/6", "5/1–5/5", "5/31–6/2", "10/1–10/8"],
    2026: ["1/1–1/3", "2/15–2/23", "4/4–4/6", "5/1–5/5", "6/19–6/21", "9/25–9/27", "10/1–10/7"],
}
WORKED_WEEKENDS = {
    2025: ["1/26", "2/8", "4/27", "9/28", "10/11"],
    2026: ["1/4", "2/14", "2/28", "5/9", "9/20", "10/10"],
}


def days(year, spans):
    for span in spans:
        first, _, last = span.partition("–")
        begin, end = (DAY(year, *map(int, text.split("/"))) for text in (first, last or first))
        yield from (begin + datetime.timedelta(days=n) for n in range((end - begin).days + 1))


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_of_a_published_year_is_as_published(year):
    off, worked = set(days(year, OFF[year])), set(days(year, WORKED_WEEKENDS[year]))
    found = workdays(DAY(year, 1, 1), DAY(year, 12, 31))
    assert len(found) == 365
    for day, answer in found.items():
        expected = day in worked or (day not in off and day.weekday() < 5)
        assert answer == (expected, True), day


def test_2024_is_there_too():
    assert workday(DAY(2024, 2, 9)) == (True, True)  # 除夕 was no day off that year
    assert workday(DAY(2024, 2, 18)) == (True, True)  # a Sunday worked
    assert workday(DAY(2024, 9, 16)) == (False, True)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2027-01-01", False),
        ("2027-01-02", False),  # a Saturday
        ("2027-01-04", True),
        ("2028-05-01", False),
        ("2028-05-02", False),
        ("2028-05-03", True),
        ("2029-10-01", False),
        ("2029-10-03", False),
        ("2029-10-04", True),
    ],
)
def test_an_unpublished_year_goes_by_weekends_and_fixed_days_and_is_provisional(day, works):
    assert workday(DAY.fromisoformat(day)) == (works, False)


def test_a_day_entered_before_its_year_is_published_holds_and_stays_provisional():
    CalendarDay.objects.create(day=DAY(2027, 2, 17), works=False, name="藏历新年")
    assert workday(DAY(2027, 2, 17)) == (False, False)
    CalendarYear.objects.create(year=2027, source="通知")
    assert workday(DAY(2027, 2, 17)) == (False, True)
    assert workday(DAY(2027, 2, 18)) == (True, True)


def test_counting_passes_holidays_and_takes_worked_weekends():
    assert add_workdays(DAY(2026, 9, 30), 3) == (DAY(2026, 10, 10), True)  # 8, 9, and Saturday the 10th
    assert add_workdays(DAY(2026, 2, 14), 1) == (DAY(2026, 2, 24), True)
    assert add_workdays(DAY(2026, 6, 15), 0) == (DAY(2026, 6, 15), True)
    assert next_workday(DAY(2026, 6, 12)) == (DAY(2026, 6, 15), True)
    worked = [day for day, answer in workdays(DAY(2025, 3, 4), DAY(2026, 12, 31)).items() if answer.works]
    assert add_workdays(DAY(2025, 3, 3), 250).day == worked[249]


def test_what_is_counted_into_an_unpublished_year_is_provisional():
    assert add_workdays(DAY(2026, 12, 29), 2) == (DAY(2026, 12, 31), True)
    assert add_workdays(DAY(2026, 12, 29), 3) == (DAY(2027, 1, 4), False)


def test_a_range_and_a_count_are_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        workdays(DAY(2024, 1, 1), DAY(2028, 12, 31))
    with django_assert_num_queries(1):
        add_workdays(DAY(2026, 9, 30), 10)


def test_a_year_the_package_does_not_know_is_refused():
    with pytest.raises(ValueError, match="2031"):
        load_year(2031)
    assert not CalendarYear.objects.filter(year=2031).exists()


def test_loading_a_year_keeps_what_the_office_entered():
    CalendarDay.objects.filter(day=DAY(2026, 2, 16)).update(name="本县")
    CalendarDay.objects.filter(day=DAY(2026, 2, 17)).delete()
    load_year(2026)
    assert CalendarDay.objects.get(day=DAY(2026, 2, 16)).name == "本县"
    assert CalendarDay.objects.get(day=DAY(2026, 2, 17)).name == "春节"
    load_year(2023)
    assert workday(DAY(2023, 1, 23)) == (False, True)


def test_the_seed_is_not_logged_day_by_day_and_a_change_is():
    assert not AuditEntry.objects.filter(subject_table="accounts_calendarday").exists()
    CalendarDay.objects.filter(day=DAY(2026, 2, 16)).update(works=True)
    assert AuditEntry.objects.filter(subject_table="accounts_calendarday").count() == 1
