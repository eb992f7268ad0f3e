"""What must never be false of trips and visits is held by PostgreSQL: plain SQL can't break it."""

import datetime

import pytest
from django.utils import timezone

from tests import county
from tests.refused import insert, refused_by, sql

DAY = datetime.date
pytestmark = pytest.mark.django_db


@pytest.fixture
def cadre(db):
    return county.add_cadre()


@pytest.fixture
def village(db):
    return county.add_village()


def trip(cadre, village, begin, end, **values):
    row = {"cadre_id": cadre.pk, "village_id": village.pk, "begins_on": begin, "ends_on": end}
    rest = {"backfilled": False, "void_reason": "", "recorded_at": timezone.now()}
    return insert("visits_trip", **row, **(rest | values))


OVERLAPS = [
    (DAY(2026, 3, 7), DAY(2026, 3, 9)),
    (DAY(2026, 3, 1), DAY(2026, 3, 5)),
    (DAY(2026, 3, 6), DAY(2026, 3, 6)),
    (DAY(2026, 3, 1), DAY(2026, 3, 31)),
]


@pytest.mark.parametrize(("begin", "end"), OVERLAPS)
def test_trips_of_one_cadre_in_one_village_do_not_overlap(cadre, village, begin, end):
    trip(cadre, village, DAY(2026, 3, 5), DAY(2026, 3, 7))
    with refused_by("trip_one_a_village_and_day"):
        trip(cadre, village, begin, end)


def test_another_cadre_another_village_and_a_voided_trip_are_free(cadre, village):
    days = DAY(2026, 3, 5), DAY(2026, 3, 7)
    trip(cadre, village, *days)
    trip(county.add_cadre(), village, *days)
    trip(cadre, county.add_village(), *days)
    trip(cadre, village, *days, voided_at=timezone.now())
    with refused_by("trip_one_a_village_and_day"):
        sql("UPDATE visits_trip SET voided_at = NULL")


def test_a_trip_ends_not_before_it_begins(cadre, village):
    with refused_by("trip_days_ordered"):
        trip(cadre, village, DAY(2026, 3, 5), DAY(2026, 3, 4))


def test_only_back_fill_is_approved(cadre, village):
    with refused_by("trip_only_backfill_is_approved"):
        trip(cadre, village, DAY(2026, 3, 5), DAY(2026, 3, 5), approved_at=timezone.now())
    trip(cadre, village, DAY(2026, 3, 5), DAY(2026, 3, 5), approved_at=timezone.now(), backfilled=True)


def test_a_cadre_visits_a_household_once_a_day(cadre, village):
    home = county.add_household(village=village)
    row = {
        "cadre_id": cadre.pk,
        "household_id": home.pk,
        "day": DAY(2026, 3, 5),
        "result": "met",
        "policy_talk": False,
    }
    rest = {"proxy_reason": "", "void_reason": "", "recorded_at": timezone.now()}
    insert("visits_visit", **row, **rest)
    with refused_by("visit_once_a_day"):
        insert("visits_visit", **row, **rest)
    insert("visits_visit", **row, **rest, voided_at=timezone.now())


def test_nobody_takes_part_twice_and_one_comes_first(cadre):
    activity = county.add_activity("consult", "2026-03-05", cadres=[cadre])
    with refused_by("participant_once"):
        insert("visits_participant", activity_id=activity.pk, cadre_id=cadre.pk, place=1)
    with refused_by("participant_place_once"):
        insert("visits_participant", activity_id=activity.pk, cadre_id=county.add_cadre().pk, place=0)
