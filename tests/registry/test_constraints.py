"""What must never be false is held by PostgreSQL itself: each case is plain SQL that tries to break it."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests import county

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids():
    unit, village = county.add_unit(), county.add_village()
    first, second = county.add_cadre(unit=unit), county.add_cadre(unit=unit)
    household = county.add_household(village=village)
    return {
        "unit": unit.pk, "village": village.pk, "cadre": first.pk, "other": second.pk, "household": household.pk,
    }  # fmt: skip


def run(sql, ids):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, ids)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(sql, ids, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        run(sql, ids)


PAIRING = "INSERT INTO registry_pairing (cadre_id, household_id, begins_on, ends_on) VALUES "


@pytest.mark.clause("方案三(三)")
@pytest.mark.parametrize(
    "days",
    [
        "'2026-03-31', '2026-04-01'",
        "'2026-01-01', NULL",
        "'2026-03-05', '2026-03-05'",
        "'2025-01-01', '2026-03-01'",
    ],
)
def test_a_household_has_one_holder_a_day(ids, days):
    run(PAIRING + "(%(cadre)s, %(household)s, '2026-03-01', '2026-03-31')", ids)
    refused(PAIRING + f"(%(other)s, %(household)s, {days})", ids, "pairing_one_holder_a_day")


def test_a_successor_may_begin_the_day_after(ids):
    run(PAIRING + "(%(cadre)s, %(household)s, '2026-03-01', '2026-03-31')", ids)
    run(PAIRING + "(%(other)s, %(household)s, '2026-04-01', NULL)", ids)


def test_an_ended_pairing_is_not_opened_over_its_successor(ids):
    test_a_successor_may_begin_the_day_after(ids)
    refused("UPDATE registry_pairing SET ends_on = NULL WHERE cadre_id = %(cadre)s", ids, "one_holder_a_day")


BACKWARDS = "'2026-03-02', '2026-03-01'"


@pytest.mark.parametrize(
    ("table", "columns", "values", "constraint"),
    [
        ("pairing", "cadre_id, household_id", "%(cadre)s, %(household)s", r"pairing_days|range lower"),
        ("villagelink", "unit_id, village_id", "%(unit)s, %(village)s", "village_link_days_ordered"),
        ("leaderlink", "leader_id, unit_id", "%(cadre)s, %(unit)s", "leader_link_days_ordered"),
        ("leave", "cadre_id, reason", "%(cadre)s, '事假'", "leave_days_ordered"),
        ("rolegrant", "cadre_id, role", "%(cadre)s, 'cadre'", "role_grant_days_ordered"),
        (
            "post",
            "cadre_id, unit_id, rank, kind",
            "%(cadre)s, %(unit)s, 'staff', 'term'",
            r"post_days|range lower",
        ),
    ],
)
def test_days_are_ordered(ids, table, columns, values, constraint):
    sql = f"INSERT INTO registry_{table} ({columns}, begins_on, ends_on) VALUES ({values}, {BACKWARDS})"
    with pytest.raises(DatabaseError, match=constraint):
        run(sql, ids)


def test_a_cadre_does_not_leave_before_coming(ids):
    refused(
        "UPDATE registry_cadre SET left_on = joined_on - 1 WHERE id = %(cadre)s", ids, "cadre_days_ordered"
    )


def test_a_cadre_has_one_term_a_day(ids):
    term = "INSERT INTO registry_post (cadre_id, unit_id, rank, kind, begins_on, ends_on) VALUES "
    run(term + "(%(cadre)s, %(unit)s, 'staff', 'term', '2026-01-01', '2026-06-30')", ids)
    refused(
        term + "(%(cadre)s, %(unit)s, 'staff', 'term', '2026-06-30', NULL)", ids, "post_terms_do_not_overlap"
    )


def test_what_holds_on_a_day_follows_the_posts_and_is_never_two(ids):
    county.add_term(
        county.Cadre.objects.get(pk=ids["cadre"]),
        "2026-01-01",
        "2026-06-30",
        unit=county.Unit.objects.get(pk=ids["unit"]),
        rank="section_chief",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rank, lower(days), upper(days) FROM registry_post_span WHERE cadre_id = %(cadre)s ORDER BY 2",
            ids,
        )
        spans = [(rank, f"{begin}", f"{end}") for rank, begin, end in cursor.fetchall()]
    assert spans == [
        ("staff", "0001-01-01", "2026-01-01"),
        ("section_chief", "2026-01-01", "2026-07-01"),
        ("staff", "2026-07-01", "9999-12-31"),
    ]
    refused(
        """INSERT INTO registry_post_span (key, cadre_id, unit_id, rank, begins_on, ends_on, days)
           VALUES ('x', %(cadre)s, %(unit)s, 'staff', '2026-03-01', '2026-03-31', '[2026-03-01,2026-04-01)')""",
        ids,
        "post_span_one_a_day",
    )


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("INSERT INTO registry_unit (code, name, type) SELECT code, name, type FROM registry_unit", "code"),
        ("UPDATE registry_cadre SET code = (SELECT min(code) FROM registry_cadre)", "code"),
        ("UPDATE registry_village SET code = '12345678901x'", "village_code_12_digits"),
        ("UPDATE registry_household SET people_count = 0", "household_has_people"),
        (
            "INSERT INTO registry_rolegrant (cadre_id, role, begins_on) VALUES (%(cadre)s, 'village_branch', now())",
            "role_grant_has_its_place",
        ),
    ],
)
def test_codes_are_unique_and_values_possible(ids, sql, constraint):
    refused(sql, ids, constraint)


def test_the_same_role_is_not_granted_twice_from_one_day(ids):
    grant = "INSERT INTO registry_rolegrant (cadre_id, role, begins_on) VALUES (%(cadre)s, 'auditor', '2026-01-01')"
    run(grant, ids)
    refused(grant, ids, "role_grant_once")
