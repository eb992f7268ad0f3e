"""What must never be false of the ledger is held by PostgreSQL: plain SQL can't break it."""

import pytest

from grievances.models import GrievanceEvent
from tests import county
from tests.refused import insert, refused_by, sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def matter(db):
    return county.add_grievance(published_on="2026-03-20", closed_on="2026-03-10", replied_on="2026-03-08",
                                registered_on="2026-03-05")  # fmt: skip


@pytest.fixture
def event(matter):
    insert("grievances_grievanceevent", grievance_id=matter.pk, action="register", from_state="",
           to_state="registered", on="2026-03-05", reason="", recorded_at="2026-03-05T00:00Z")  # fmt: skip
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE would be refused for what is still to be checked
    return GrievanceEvent.objects.get()


def change(**values):
    return sql(
        "UPDATE grievances_grievance SET " + ", ".join(f"{name} = %({name})s" for name in values), **values
    )


def test_numbers_are_unique(matter):
    county.add_grievance(number="LH-2026-900001")
    with refused_by("grievances_grievance_number_key"):
        change(number="LH-2026-900001")


@pytest.mark.parametrize(
    "values",
    [{"replied_on": "2026-03-04"}, {"closed_on": "2026-03-07"}, {"published_on": "2026-03-09"},
     {"registered_on": "2026-03-09"}],
)  # fmt: skip
@pytest.mark.clause("方案四(四)")
def test_the_days_of_the_steps_are_in_order(matter, values):
    with refused_by("grievance_days_ordered"):
        change(**values)


def test_steps_on_one_day_are_in_order(matter):
    assert change(registered_on="2026-03-20", replied_on="2026-03-20", closed_on="2026-03-20") == 1


@pytest.mark.parametrize(
    "values",
    [{"replied_on": None, "outcome": ""}, {"closed_on": None}, {"outcome": ""}, {"replied_on": None},
     {"published_on": None, "closed_on": None, "replied_on": None}],
)  # fmt: skip
@pytest.mark.clause("方案四(四)")
def test_no_step_is_skipped(matter, values):
    with refused_by("grievance_no_step_skipped"):
        change(**values)


STATEMENTS = [
    "UPDATE grievances_grievanceevent SET reason = '改'",
    "UPDATE grievances_grievanceevent SET reason = reason WHERE id = %(id)s",
    "DELETE FROM grievances_grievanceevent",
    "TRUNCATE grievances_grievanceevent CASCADE",
    "TRUNCATE grievances_grievance CASCADE",
    """INSERT INTO grievances_grievanceevent SELECT * FROM grievances_grievanceevent
       ON CONFLICT (id) DO UPDATE SET reason = '改'""",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_events_are_only_added_to(event, statement):
    with refused_by("grievances_grievanceevent is append-only"):
        sql(statement, id=event.pk)
    assert list(GrievanceEvent.objects.values_list("reason")) == [("",)]


def test_a_matter_with_a_story_can_not_be_deleted(event):
    with refused_by("grievances_grievanc"):
        sql("DELETE FROM grievances_grievance")


def test_categories_are_unique(matter):
    with refused_by("grievances_category_name_key"):
        insert("grievances_category", name="住房", position=99)


def test_a_year_has_one_counter(db):
    insert("grievances_numbercounter", year=2026, highest=1)
    with refused_by("grievances_numbercounter_pkey"):
        insert("grievances_numbercounter", year=2026, highest=2)
