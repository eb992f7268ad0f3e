"""Sealing: entries get their number and their place in the keyed chain, in batches (RELIABILITY).

A chain needs one order, and a lock held to commit would make one queue of the whole county. So entries
are added without it; one sealer at a time numbers what is committed.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from accounts.audit.outside import checkpoints_file, exchange, head_file
from accounts.models import AuditEntry
from lianhu.kit import clock

BATCH = 5_000
_LOCK = "hashtextextended('seal audit', 0)"
START = b"lianhu audit chain"
# One text for each entry, of values that come back as they went in: no JSON object, no time zone.
CANONICAL = """
    jsonb_build_array(id, (extract(epoch FROM at) * 1000000)::bigint, kind, actor_id, actor_name, address,
                      request_id, subject_table, subject_id, subject_key, detail, private_digest)::text"""


def keyed(*parts: bytes) -> bytes:
    """HMAC-SHA-256 of the parts, each with its length (RFC 2104)."""
    mac = hmac.new(base64.b64decode(settings.AUDIT_KEY), digestmod=hashlib.sha256)
    for part in parts:
        mac.update(len(part).to_bytes(8, "big") + part)
    return mac.digest()


def mac_of(canonical: str) -> bytes:
    return keyed(b"entry", canonical.encode())


def linked(before: bytes, mac: bytes) -> bytes:
    return keyed(b"link", before, mac)


def seal() -> int:
    """Seal all entries that are committed and write a checkpoint; return how many.

    Somebody else sealing at this moment is no fault: nothing is sealed twice.
    """
    sealed = 0
    with alone_with_chain() as mine:
        while mine:
            done = _seal_batch()
            if not done:
                break
            sealed += done
        if sealed:
            write_checkpoint()
    return sealed


@contextmanager
def alone_with_chain(*, wait: bool = False) -> Iterator[bool]:
    """Yields whether this process alone has the chain until the end of the block, with the checkpoints that are its."""
    with connection.cursor() as cursor:
        attempt = "pg_advisory_lock({})" if wait else "pg_try_advisory_lock({})"
        cursor.execute("SELECT " + attempt.format(_LOCK))
        mine = wait or cursor.fetchone()[0]
        try:
            if mine:
                exchange()
            yield mine
        finally:
            if mine:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})")


def _seal_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        number, head = chain_head()
        cursor.execute(
            f"SELECT id, {CANONICAL} FROM accounts_auditentry WHERE number IS NULL ORDER BY id LIMIT %s",
            [BATCH],
        )
        rows: list[tuple[int, int, bytes, bytes]] = []
        for entry_id, canonical in cursor.fetchall():
            mac = mac_of(canonical)
            head, number = linked(head, mac), number + 1
            rows.append((entry_id, number, mac, head))
        if rows:
            ids, numbers, macs, hashes = (list(column) for column in zip(*rows, strict=True))
            cursor.execute(
                """UPDATE accounts_auditentry e SET number = s.number, mac = s.mac, hash = s.hash
                   FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[]) s (id, number, mac, hash)
                   WHERE e.id = s.id""",
                [ids, numbers, macs, hashes],
            )
    return len(rows)


def chain_head() -> tuple[int, bytes]:
    """Number and hash of the last sealed entry."""
    last = AuditEntry.objects.aggregate(number=Max("number"))["number"]
    if last is None:
        return 0, START
    return last, bytes(AuditEntry.objects.get(number=last).hash or b"")


@dataclass(frozen=True)
class Checkpoint:
    """Count and head of the chain at a moment, kept outside the database."""

    at: str
    count: int
    head: str
    mac: str

    @classmethod
    def of(cls, at: str, count: int, head: bytes) -> "Checkpoint":
        return cls(at, count, head.hex(), cls._mac(at, count, head.hex()))

    @classmethod
    def read(cls, line: str) -> "Checkpoint":
        """Raise ValueError for a line that this key did not write."""
        try:
            found = cls(**json.loads(line))
            genuine = hmac.compare_digest(found.mac, cls._mac(found.at, found.count, found.head))
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(line) from error
        if not genuine:
            raise ValueError(line)
        return found

    @staticmethod
    def _mac(at: str, count: int, head: str) -> str:
        return keyed(b"checkpoint", at.encode(), str(count).encode(), head.encode()).hex()


_KEEP_EVERY = 1_000


def write_checkpoint() -> None:
    """The newest head takes the place of the one before; every thousandth entry's stays for good."""
    number, head = chain_head()
    folder = Path(settings.AUDIT_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps(vars(Checkpoint.of(clock.now().isoformat(), number, head))) + "\n"
    if number // _KEEP_EVERY > _kept() // _KEEP_EVERY or not checkpoints_file().exists():
        _write(checkpoints_file(), line, "a")
    temporary = head_file().with_suffix(".tmp")
    _write(temporary, line, "w")
    temporary.replace(head_file())


def _kept() -> int:
    """The count of the head that is about to be replaced."""
    try:
        return int(json.loads(head_file().read_text())["count"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _write(path: Path, text: str, mode: Any) -> None:
    with path.open(mode) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
