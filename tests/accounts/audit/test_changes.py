"""Every change is logged with before and after, by whom, whoever makes it."""

import json

import pytest
from django.db import connection, transaction
from django.http import HttpResponse

from accounts.acting import Acting, acting_as
from accounts.audit.triggers import logged_tables
from accounts.middleware import ActingUser
from accounts.models import AuditEntry, AuditPrivate
from lianhu.kit.privacy import keyed_hash, seal
from registry.models import Household, RoleGrant
from tests import county
from tests.doors import books

pytestmark = pytest.mark.django_db


def entries(table, **filters):
    return AuditEntry.objects.filter(subject_table=table, **filters).order_by("id")


def detail(entry):
    return json.loads(entry.detail or "{}")


def test_a_change_is_told_with_before_and_after_and_by_whom(household):
    office = county.add_cadre("何静", code="P-OFFICE")
    with acting_as(Acting(id=office.user_id, name="P-OFFICE", address="10.0.0.1", request="r-1")):
        household.people_count = 5
        household.save()
    entry = entries("registry_household", kind="changed").get()
    assert detail(entry) == {"before": {"people_count": 4}, "after": {"people_count": 5}}
    assert (entry.actor, entry.actor_name, entry.address, entry.request_id) == (
        office.user, "P-OFFICE", "10.0.0.1", "r-1"
    )  # fmt: skip
    assert (entry.subject_id, entry.subject_key) == (household.pk, household.code)


def test_what_a_family_may_have_blacked_out_stands_apart(household):
    household.address = "格桑村四组"
    household.save()
    entry = entries("registry_household", kind="changed").get()
    assert entry.detail == "{}"
    assert json.loads(entry.private.body) == {
        "before": {"address": "格桑村三组 12 号"}, "after": {"address": "格桑村四组"}
    }  # fmt: skip
    assert len(entry.private_digest) == 64


def test_phone_and_id_number_are_never_in_the_log(household):
    Household.objects.filter(pk=household.pk).update(
        phone_sealed=seal("13800138000", f"household:{household.code}:phone"),
        phone_hash=keyed_hash("13800138000", "phone"),
        phone_tail_hash=keyed_hash("8000", "phone_tail"),
    )
    entry = entries("registry_household", kind="changed").get()
    assert detail(entry)["after"] == {"phone_hash": "***"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text || coalesce(p::text, ''), '') FROM accounts_auditentry e "
                       "LEFT JOIN accounts_auditprivate p ON p.entry_id = e.id")  # fmt: skip
        assert "13800138000" not in cursor.fetchone()[0]


def test_a_password_is_told_as_changed_and_nothing_more(household):
    user = county.add_cadre().user
    user.set_password("Kitchen-table-2026")
    user.save()
    assert detail(entries("accounts_user", kind="changed").get()) == {
        "before": {"password": "***"}, "after": {"password": "***"}
    }  # fmt: skip


def test_sealing_the_same_phone_anew_is_no_change(household):
    phone = {"phone_sealed": seal("13800138000", "x"), "phone_hash": b"h", "phone_tail_hash": b"t"}
    Household.objects.filter(pk=household.pk).update(**phone)
    before = AuditEntry.objects.count()
    Household.objects.filter(pk=household.pk).update(phone_sealed=seal("13800138000", "x"))
    assert AuditEntry.objects.count() == before


def test_roles_given_and_taken_are_told():
    cadre = county.add_cadre()
    given = county.grant(cadre, "county_office")
    RoleGrant.objects.filter(pk=given.pk).update(ends_on="2026-06-30")
    given.delete()
    assert [entry.kind for entry in entries("registry_rolegrant")] == ["added", "changed", "removed"]
    assert detail(entries("registry_rolegrant")[1])["after"] == {"ends_on": "2026-06-30"}


def test_a_change_by_plain_sql_is_told_with_the_database_account(household):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lianhu.acting', '', true)")
        # Not through Django's cursor, so nobody says who acts.
        cursor.cursor.execute("UPDATE registry_household SET people_count = 9")
    entry = entries("registry_household", kind="changed").get()
    assert entry.actor is None
    assert entry.actor_name.startswith("db:")


def test_a_change_taken_back_leaves_no_entry(household):
    before = AuditEntry.objects.count()
    with transaction.atomic():
        household.people_count = 6
        household.save()
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before


def test_a_request_names_its_person_and_address(household, rf):
    office = county.add_cadre("何静", code="P-OFFICE")

    def page(request):
        # What AuthenticationMiddleware keeps once somebody asked for the user.
        request._cached_user = office.user
        Household.objects.update(people_count=8)
        return HttpResponse()

    ActingUser(page)(rf.get("/", REMOTE_ADDR="10.1.2.3"))
    entry = entries("registry_household", kind="changed").get()
    assert (entry.actor, entry.actor_name, entry.address) == (office.user, "P-OFFICE", "10.1.2.3")


def test_an_import_is_one_entry_with_the_files_hash_and_its_changes_each_one():
    books.import_(books.registry())
    added = AuditEntry.objects.filter(kind="added", subject_table="registry_household")
    assert not added.exists()
    first = AuditEntry.objects.get(kind="import")
    assert len(detail(first)["sha256"]) == 64
    assert detail(first)["counts"]["户"]["new"] == 4
    books.import_(books.changed("户", 0, 人口数=7))
    change = entries("registry_household", kind="changed").get()
    assert detail(change)["after"] == {"people_count": 7}


def test_a_dry_run_is_not_told_as_an_import():
    books.import_(books.registry(), dry_run=True)
    assert not AuditEntry.objects.filter(kind="import").exists()


def test_every_table_of_facts_is_logged_or_named_as_an_exception():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
               WHERE p.proname = 'accounts_log_change' GROUP BY 1 HAVING count(*) = 3"""
        )
        assert {row[0] for row in cursor.fetchall()} == logged_tables()


def test_private_parts_belong_to_their_entry(household):
    assert AuditPrivate.objects.get(entry__subject_id=household.pk).entry.kind == "added"
