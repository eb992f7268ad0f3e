"""Numbers are unique, steps are not skipped, and what happened is only added to (contract, section 4)."""

import pytest
from django.db import IntegrityError, connection, transaction

from grievances.models import Grievance, GrievanceEvent
from lianhu.kit import clock
from tests import county

pytestmark = pytest.mark.django_db


def open_matter():
    household = county.add_household(village=county.add_village())
    return county.add_grievance(handler=county.add_cadre(), household=household, registered_on="2026-03-01")


@pytest.fixture
def matter():
    matter = open_matter()
    GrievanceEvent.objects.create(
        grievance=matter, action="register", to_state="registered", on="2026-03-01", recorded_at=clock.now()
    )
    return matter


def run(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        # TRUNCATE waits for no deferred check: the fixture's are made first.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE grievances_grievanceevent SET reason = '改写'",
        "DELETE FROM grievances_grievanceevent",
        "TRUNCATE grievances_grievanceevent",
        "TRUNCATE grievances_grievance CASCADE",
    ],
)
def test_events_are_only_added_to(matter, sql):
    with pytest.raises(IntegrityError, match="append-only"):
        run(sql)
    assert GrievanceEvent.objects.get().reason == ""


def test_a_matter_with_a_history_is_not_deleted(matter):
    with pytest.raises(IntegrityError):
        run("DELETE FROM grievances_grievance")


def test_a_number_is_given_once(matter):
    other = open_matter()
    with pytest.raises(IntegrityError, match="number"):
        run(f"UPDATE grievances_grievance SET number = '{matter.number}' WHERE id = {other.pk}")


@pytest.mark.clause("方案四(四)")
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("closed_on = '2026-03-09'", "grievance_no_step_skipped"),
        ("replied_on = '2026-03-02', outcome = 'solved', published_on = '2026-03-09'", "no_step_skipped"),
        ("replied_on = '2026-03-02'", "no_step_skipped"),
        ("outcome = 'solved'", "no_step_skipped"),
        ("replied_on = '2026-02-28', outcome = 'solved'", "grievance_days_ordered"),
        ("replied_on = '2026-03-02', outcome = 'solved', closed_on = '2026-03-01'", "days_ordered"),
    ],
)
def test_no_step_is_skipped_or_taken_backwards(matter, values, constraint):
    assert Grievance.objects.get().replied_on is None
    with pytest.raises(IntegrityError, match=constraint):
        run(f"UPDATE grievances_grievance SET {values}")
