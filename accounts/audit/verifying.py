"""Verifying the chain: what was changed, missing, inserted or reordered, a cut tail, a re-stamped chain."""

import datetime
import hmac
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from accounts.audit.outside import checkpoints_file, head_file
from accounts.audit.sealing import (
    CANONICAL,
    START,
    Checkpoint,
    alone_with_chain,
    linked,
    mac_of,
)
from accounts.audit.triggers import logged_tables
from accounts.models import AuditEntry
from lianhu.kit import clock


@dataclass(frozen=True)
class Finding:
    """`fault` is in Chinese and empty when all is sound; `number` is the first entry concerned."""

    fault: str
    number: int | None
    entries: int
    unsealed: int
    oldest_unsealed: datetime.timedelta | None

    @property
    def sound(self) -> bool:
        return not self.fault


@dataclass(frozen=True, slots=True)
class _Sealed:
    number: int
    id: int
    canonical: str
    mac: bytes
    hash: bytes
    private: str | None

    @property
    def genuine(self) -> bool:
        return hmac.compare_digest(self.mac, mac_of(self.canonical))


class _Broken(Exception):
    def __init__(self, told: str, number: int | None = None) -> None:
        super().__init__(told)
        self.told, self.number = told, number


def verify() -> Finding:
    """Read the whole chain and hold it against the checkpoints. It fails when it cannot check."""
    entries, number, told = 0, None, ""
    # Nobody seals meanwhile: the chain and the checkpoints are of one moment.
    with alone_with_chain(wait=True):
        try:
            _triggers_in_place()
            entries = _walk(_checkpoints())
        except _Broken as broken:
            told, number = broken.told, broken.number
        waiting = AuditEntry.objects.filter(number__isnull=True)
        oldest = waiting.order_by("id").values_list("at", flat=True).first()
        return Finding(told, number, entries, waiting.count(), clock.now() - oldest if oldest else None)


def _checkpoints() -> dict[int, str]:
    """Heads by count. No checkpoint is right only where nothing has been sealed."""
    lines = []
    for path in (checkpoints_file(), head_file()):
        if path.exists():
            lines += path.read_text().splitlines()
        elif AuditEntry.objects.filter(number__isnull=False).exists():
            raise _Broken(f"无法核对：检查点文件 {path.name} 不见了")
    found: dict[int, str] = {}
    for place, line in enumerate(lines, 1):
        try:
            checkpoint = Checkpoint.read(line)
        except ValueError as error:
            raise _Broken(f"无法核对：第 {place} 个检查点不是本系统的密钥写的") from error
        if found.setdefault(checkpoint.count, checkpoint.head) != checkpoint.head:
            raise _Broken(f"两个检查点对第 {checkpoint.count} 条说法不一", checkpoint.count)
    return found


def _triggers_in_place() -> None:
    """Nobody has switched the log off."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
               WHERE p.proname IN ('accounts_log_change', 'accounts_audit_is_append_only') AND tgenabled = 'O'"""
        )
        enabled = Counter(row[0] for row in cursor.fetchall())
    needed = dict.fromkeys(logged_tables(), 3) | {"accounts_auditentry": 2, "accounts_auditprivate": 2}
    missing = sorted(table for table, count in needed.items() if enabled[table] < count)
    if missing:
        raise _Broken(f"记录修改的触发器被停用或删除：{'、'.join(missing)}")


def _walk(checkpoints: dict[int, str]) -> int:
    before, expected = START, 1
    for row, after in _with_next(_rows()):
        if row.number != expected:
            raise _Broken(f"第 {expected} 条不见了", expected)
        if not row.genuine:
            follows = after is not None and after.genuine and after.hash == linked(before, after.mac)
            told = "是后来插入的" if follows else "被改过"
            raise _Broken(f"第 {expected} 条{told}", expected)
        if row.hash != linked(before, row.mac):
            if after is not None and after.hash == linked(linked(before, row.mac), after.mac):
                raise _Broken(f"第 {expected} 条被改过", expected)
            raise _Broken(_out_of_place(before, expected), expected)
        if row.private is not None:
            raise _Broken(f"第 {expected} 条的家庭信息{row.private}", expected)
        before, expected = row.hash, expected + 1
        if checkpoints.get(row.number, row.hash.hex()) != row.hash.hex():
            raise _Broken(f"到第 {row.number} 条为止整条链被重新盖过章：与库外的检查点不符", row.number)
    highest = max(checkpoints, default=0)
    if highest > expected - 1:
        raise _Broken(f"尾部被截断：检查点有 {highest} 条，库里只有 {expected - 1} 条", expected)
    return expected - 1


def _out_of_place(before: bytes, expected: int) -> str:
    """A genuine entry that does not follow: its true place is elsewhere, or the one before it is gone."""
    if any(row.hash == linked(before, row.mac) for row in _rows(after=expected)):
        return f"第 {expected} 条换了位置"
    return f"第 {expected} 条之前有一条不见了"


def _with_next(rows: Iterator[_Sealed]) -> Iterator[tuple[_Sealed, _Sealed | None]]:
    row = next(rows, None)
    while row is not None:
        after = next(rows, None)
        yield row, after
        row = after


def _rows(after: int = 0) -> Iterator[_Sealed]:
    """In order, a batch at a time. What a family had blacked out must name the entry that did it."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT number, id, {CANONICAL}, mac, hash, CASE
                        WHEN private_digest = '' AND p.entry_id IS NULL THEN NULL
                        WHEN p.entry_id IS NULL THEN '不见了'
                        WHEN p.erased_by_id IS NOT NULL THEN CASE WHEN EXISTS (
                            SELECT FROM accounts_auditentry x WHERE x.id = p.erased_by_id AND x.kind = 'erased')
                            THEN NULL ELSE '被清除，却没有清除记录' END
                        WHEN encode(sha256(convert_to(p.salt || p.body, 'UTF8')), 'hex') <> private_digest
                            THEN '被改过' END
                    FROM accounts_auditentry e LEFT JOIN accounts_auditprivate p ON p.entry_id = e.id
                    WHERE number > %s ORDER BY number LIMIT 5000""",
                [after],
            )
            found = cursor.fetchall()
        for number, id_, canonical, mac, hash_, private in found:
            yield _Sealed(number, id_, canonical, bytes(mac or b""), bytes(hash_ or b""), private)
        if not found:
            return
        after = found[-1][0]
