"""The chain attacked by SQL, as somebody with all rights on the database would: each attack is found and named."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts import audit
from accounts.audit import sealing
from accounts.models import AuditEntry, AuditKind, AuditPrivate

pytestmark = pytest.mark.django_db


def as_dba(*statements):
    """Past the triggers, and past unique numbers for the length of the attack."""
    with connection.cursor() as cursor:
        # Deferred checks must be over before session_replication_role hides them.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def swap(first, second):
    return (
        f"UPDATE accounts_auditentry SET number = -1 WHERE number = {first}",
        f"UPDATE accounts_auditentry SET number = {first} WHERE number = {second}",
        f"UPDATE accounts_auditentry SET number = {second} WHERE number = -1",
    )


def insert_at(number):
    """A forged copy in the middle; all later numbers move up by one."""
    return (
        f"UPDATE accounts_auditentry SET number = -number WHERE number >= {number}",
        "UPDATE accounts_auditentry SET number = -number + 1 WHERE number < 0",
        f"""INSERT INTO accounts_auditentry (at, kind, actor_name, address, request_id, subject_table, subject_key,
                detail, private_digest, number, mac, hash)
            SELECT at, kind, 'forged', address, request_id, subject_table, subject_key,
                detail, private_digest, {number}, mac, hash FROM accounts_auditentry WHERE number = {number - 1}""",
    )


def close_gap(number):
    """Delete one and move the rest up, so that no number is missing."""
    return (
        f"DELETE FROM accounts_auditentry WHERE number = {number}",
        f"UPDATE accounts_auditentry SET number = -number + 1 WHERE number > {number}",
        "UPDATE accounts_auditentry SET number = -number WHERE number < 0",
    )


ATTACKS = {
    "a word changed": (["UPDATE accounts_auditentry SET detail = '{}' WHERE number = 4"], 4, "第 4 条被改过"),
    "the time changed": (
        ["UPDATE accounts_auditentry SET at = at + interval '1 microsecond' WHERE number = 4"],
        4,
        "第 4 条被改过",
    ),
    "the person changed": (
        ["UPDATE accounts_auditentry SET actor_name = 'x' WHERE number = 4"], 4, "第 4 条被改过"
    ),
    "only its hash changed": (
        ["UPDATE accounts_auditentry SET hash = sha256('x') WHERE number = 4"], 4, "第 4 条被改过"
    ),
    "one removed": (["DELETE FROM accounts_auditentry WHERE number = 4"], 4, "第 4 条不见了"),
    "the first removed": (["DELETE FROM accounts_auditentry WHERE number = 1"], 1, "第 1 条不见了"),
    "one removed and the gap closed": (close_gap(4), 4, "第 4 条之前有一条不见了"),
    "one inserted": (insert_at(4), 4, "第 4 条是后来插入的"),
    "two neighbours swapped": (swap(4, 5), 4, "第 4 条换了位置"),
    "two far ones swapped": (swap(2, 9), 2, "第 2 条换了位置"),
    "the tail cut": (["DELETE FROM accounts_auditentry WHERE number > 7"], 8, "尾部被截断"),
    "all removed": (["DELETE FROM accounts_auditentry"], 1, "尾部被截断"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_by_sql_is_found_and_named(chain, attack):
    statements, number, told = ATTACKS[attack]
    as_dba(*statements)
    finding = audit.verify()
    assert finding.number == number
    assert told in finding.fault


def test_a_sound_chain_is_told_as_sound(chain, capsys):
    call_command("verify_audit", format="json")
    assert json.loads(capsys.readouterr().out) == {
        "ok": True, "fault": "", "number": None, "entries": 10, "unsealed": 0, "unsealed_seconds": 0
    }  # fmt: skip


def test_the_command_fails_for_a_broken_chain_and_seals_nothing_onto_it(chain):
    audit.log(AuditKind.READ, key="HH-11")
    as_dba("UPDATE accounts_auditentry SET detail = '' WHERE number = 4")
    with pytest.raises(CommandError, match="第 4 条被改过"):
        call_command("verify_audit")
    assert AuditEntry.objects.filter(number__isnull=True).count() == 1


def restamp(key, settings):
    """Every mac and hash made anew, from a changed entry on, with a key."""
    kept = settings.AUDIT_KEY
    settings.AUDIT_KEY = key
    as_dba(
        "UPDATE accounts_auditentry SET detail = '' WHERE number = 4",
        "UPDATE accounts_auditentry SET number = NULL, mac = NULL, hash = NULL",
    )
    while sealing._seal_batch():
        pass
    settings.AUDIT_KEY = kept


def test_a_chain_stamped_anew_with_another_key_is_found(chain, settings):
    restamp("A" * 43 + "=", settings)
    assert audit.verify().fault == "第 1 条被改过"


def test_a_chain_stamped_anew_with_the_true_key_is_found_by_the_checkpoints(chain, settings):
    restamp(settings.AUDIT_KEY, settings)
    assert "整条链被重新盖过章" in audit.verify().fault


def test_it_fails_when_it_cannot_check(chain, outside):
    head = outside / "head.json"
    kept = head.read_text()
    head.unlink()
    assert "无法核对" in audit.verify().fault
    head.write_text(kept.replace('"count": 10', '"count": 9'))
    assert "无法核对" in audit.verify().fault
    head.write_text("")
    (outside / "checkpoints.jsonl").unlink()
    assert "无法核对" in audit.verify().fault


def test_a_log_that_was_switched_off_is_found(chain):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_household DISABLE TRIGGER log_changed")
    assert "registry_household" in audit.verify().fault


def test_what_is_not_sealed_yet_is_told_with_its_age(chain, on_day):
    on_day("2026-06-16")
    audit.log(AuditKind.READ, key="HH-12")
    on_day("2026-06-17")
    finding = audit.verify()
    assert finding.sound
    assert finding.unsealed == 1
    assert finding.oldest_unsealed.days == 1


def test_a_changed_private_part_is_found(chain, household):
    household.address = "格桑村四组"
    household.save()
    audit.seal()
    number = AuditEntry.objects.get(kind="changed").number
    as_dba("UPDATE accounts_auditprivate SET body = replace(body, '格桑村四组', '格桑村五组')")
    assert audit.verify().fault == f"第 {number} 条的家庭信息被改过"
    as_dba("DELETE FROM accounts_auditprivate")
    assert "家庭信息不见了" in audit.verify().fault


def test_a_private_part_erased_without_an_entry_that_says_so_is_found(chain, household):
    audit.seal()
    other = AuditEntry.objects.filter(kind="read").first()
    AuditPrivate.objects.update(salt="", body="", erased_by=other)
    assert "没有清除记录" in audit.verify().fault


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET detail = ''",
        "UPDATE accounts_auditentry SET number = number + 100",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry CASCADE",
        "UPDATE accounts_auditprivate SET body = 'x'",
        "DELETE FROM accounts_auditprivate",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_entries(chain, household, statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_entries_that_commit_out_of_order_are_sealed_each_once(chain):
    """A smaller id may be committed after a greater one was sealed: it gets the next number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('accounts_auditentry_id_seq')")
        early = cursor.fetchone()[0]
    audit.log(AuditKind.READ, key="late")
    audit.seal()
    AuditEntry.objects.create(id=early, at="2026-06-15T10:00:00+08:00", kind="read", subject_key="early")
    audit.seal()
    assert list(AuditEntry.objects.filter(number__gt=10).order_by("number").values_list("subject_key", flat=True)) == [
        "late", "early"
    ]  # fmt: skip
    assert audit.verify().sound
