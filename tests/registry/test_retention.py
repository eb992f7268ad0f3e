"""ID numbers go when a household has been closed for as long as the office set."""

import datetime

import pytest

from accounts.models import AuditEntry, AuditKind, Setting
from lianhu.kit.privacy import keyed_hash, seal
from registry.retention import remove_id_numbers
from tests import county
from tests.by_the_clock import run

pytestmark = pytest.mark.django_db

NUMBER = "11010519491231002X"


def closed(village, on):
    code = f"HH-{on}"
    return county.add_household(
        village=village,
        code=code,
        closed_on=on,
        id_number_sealed=seal(NUMBER, f"household:{code}:id_number"),
        id_number_hash=keyed_hash(NUMBER, "id_number"),
        phone_hash=keyed_hash("13812341234", "phone"),
    )


def kept(*homes):
    for home in homes:
        home.refresh_from_db()
    return [bool(home.id_number_sealed) and bool(home.id_number_hash) for home in homes]


@pytest.fixture
def village(db):
    return county.add_village()


def test_they_go_a_year_after_the_household_was_closed(village, on_day):
    today = on_day("2026-06-15")
    due, not_yet, open_ = (closed(village, day) for day in ("2025-06-15", "2025-06-16", None))
    assert remove_id_numbers(on=today) == 1
    assert kept(due, not_yet, open_) == [False, True, True]
    assert due.phone_hash


def test_again_finds_nothing_and_logs_nothing(village, on_day):
    today = on_day("2026-06-15")
    closed(village, "2025-01-01")
    closed(village, "2024-01-01")
    assert remove_id_numbers(on=today) == 2
    round_ = AuditEntry.objects.get(kind=AuditKind.ERASED)
    assert '"rows": 2' in round_.detail
    changed = AuditEntry.objects.filter(kind=AuditKind.CHANGED, subject_table="registry_household")
    assert changed.count() == 2
    assert not changed.filter(detail__contains=NUMBER).exists()
    before = AuditEntry.objects.count()
    assert run("remove_id_numbers") is None
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("closed_on", "today", "gone"),
    [
        ("2024-02-29", "2025-02-27", False),
        ("2024-02-29", "2025-02-28", True),
        ("2027-02-28", "2028-02-27", False),
        ("2027-02-28", "2028-02-28", True),
        ("2027-03-01", "2028-02-29", False),
    ],
)
def test_on_29_february(village, closed_on, today, gone):
    home = closed(village, closed_on)
    remove_id_numbers(on=datetime.date.fromisoformat(today))
    assert kept(home) == [not gone]


def test_the_office_sets_the_years_from_a_day_on(village, on_day):
    today = on_day("2026-06-15")
    Setting.objects.create(name="id_number_years", value=3, begins_on="2026-06-15")
    home, old = closed(village, "2025-01-01"), closed(village, "2023-06-15")
    remove_id_numbers(on=today)
    assert kept(home, old) == [True, False]


def test_half_of_a_number_goes_too(village, on_day):
    today = on_day("2026-06-15")
    home = closed(village, "2025-01-01")
    home.id_number_sealed = None
    home.save()
    assert remove_id_numbers(on=today) == 1
    home.refresh_from_db()
    assert home.id_number_hash is None
