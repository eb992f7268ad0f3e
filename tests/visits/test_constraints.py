"""Trips of one cadre in one village do not overlap; what is void makes room (contract, section 3)."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests import county

pytestmark = pytest.mark.django_db

TRIP = """INSERT INTO visits_trip (cadre_id, village_id, begins_on, ends_on, backfilled, void_reason, recorded_at)
          VALUES (%(cadre)s, %(village)s, {days}, false, '', now())"""


@pytest.fixture
def ids():
    cadre, village, other = county.add_cadre(), county.add_village(), county.add_village()
    return {"cadre": cadre.pk, "village": village.pk, "other": other.pk}


def run(sql, ids):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, ids)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "days", ["'2026-03-05', '2026-03-06'", "'2026-03-06', '2026-03-09'", "'2026-03-01', '2026-03-05'"]
)
def test_trips_of_one_cadre_in_one_village_do_not_overlap(ids, days):
    run(TRIP.format(days="'2026-03-05', '2026-03-06'"), ids)
    with pytest.raises(IntegrityError, match="trip_one_a_village_and_day"):
        run(TRIP.format(days=days), ids)


def test_two_villages_on_one_day_are_allowed(ids):
    run(TRIP.format(days="'2026-03-05', '2026-03-06'"), ids)
    run(TRIP.format(days="'2026-03-05', '2026-03-06'").replace("%(village)s", "%(other)s"), ids)


def test_a_void_trip_makes_room(ids):
    run(TRIP.format(days="'2026-03-05', '2026-03-06'"), ids)
    run("UPDATE visits_trip SET voided_at = now(), void_reason = '重复'", ids)
    run(TRIP.format(days="'2026-03-05', '2026-03-06'"), ids)


def test_a_trip_does_not_end_before_it_begins(ids):
    with pytest.raises(DatabaseError, match=r"trip_days_ordered|range lower bound"):
        run(TRIP.format(days="'2026-03-05', '2026-03-04'"), ids)


def test_only_back_fill_is_approved(ids):
    run(TRIP.format(days="'2026-03-05', '2026-03-06'"), ids)
    with pytest.raises(IntegrityError, match="trip_only_backfill_is_approved"):
        run("UPDATE visits_trip SET approved_at = now()", ids)


def test_a_household_is_visited_once_a_day_by_one_cadre():
    cadre, household = county.add_cadre(), county.add_household(village=county.add_village())
    county.add_visit(cadre, household, "2026-03-05", trip=None)
    with pytest.raises(IntegrityError, match="visit_once_a_day"), transaction.atomic():
        county.add_visit(cadre, household, "2026-03-05", trip=None)
