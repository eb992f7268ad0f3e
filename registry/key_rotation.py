"""Sealing again with the ring's first key whatever is sealed with an older one.

May be stopped and begun again at any row, and runs beside people who write: a value is replaced only where
it still is the one that was read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction

from accounts import audit
from accounts.models import AuditKind
from lianhu.kit.privacy import seal, sealing_prefix
from registry.contact import SEALED, SealedColumn, Unopened, opened

BATCH = 500
Progress = Callable[[SealedColumn, int], None]


@dataclass
class Rotated:
    """`unopened` are table, code and column of values that no key in the ring opens; they stay as they are.

    `left` are those still under an older key: unopened, or written meanwhile by a process that was not
    restarted with the new ring.
    """

    sealed_again: dict[SealedColumn, int] = field(default_factory=dict)
    unopened: list[tuple[SealedColumn, str]] = field(default_factory=list)
    left: int = 0

    @property
    def count(self) -> int:
        return sum(self.sealed_again.values())


def rotate_keys(
    progress: Progress = lambda column, done: None,
    *,
    batch: int = BATCH,
    columns: Iterable[SealedColumn] = SEALED,
) -> Rotated:
    """One log entry for the whole round: sealed columns are not logged row by row, their values are the same.

    `columns`: with the registry's own, those of the apps above it.
    """
    rotated, columns = Rotated(), tuple(columns)
    for column in columns:
        done, last = 0, 0
        while True:
            last, changed, unopened = _one_batch(column, after=last, size=batch)
            rotated.unopened += [(column, code) for code in unopened]
            done += changed
            progress(column, done)
            if not last:
                break
        rotated.sealed_again[column] = done
    rotated.left = sum(_left(column) for column in columns)
    if rotated.count:
        audit.log(AuditKind.CHANGED, key="加密密钥", rows=rotated.count)
    return rotated


def _one_batch(column: SealedColumn, *, after: int, size: int) -> tuple[int, int, list[str]]:
    """The last row looked at (0 at the end), how many were sealed again, and codes of what did not open."""
    table, name = column.model._meta.db_table, column.column
    prefix = sealing_prefix()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id, {column.key}, {name} FROM {table}
                WHERE id > %s AND {name} IS NOT NULL AND substring({name} FOR {len(prefix)}) <> %s
                ORDER BY id LIMIT %s""",
            [after, prefix, size],
        )
        rows = cursor.fetchall()
        unopened, ids, old, new = [], [], [], []
        for pk, code, sealed in rows:
            owner = column.owner(str(code))
            try:
                value = opened(sealed, owner)
            except Unopened:
                unopened.append(str(code))
                continue
            ids.append(pk)
            old.append(bytes(sealed))
            new.append(seal(value, owner))
        cursor.execute(
            f"""UPDATE {table} t SET {name} = s.new
                FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) s (id, old, new)
                WHERE t.id = s.id AND t.{name} = s.old""",
            [ids, old, new],
        )
        return rows[-1][0] if rows else 0, cursor.rowcount, unopened


def _left(column: SealedColumn) -> int:
    prefix = sealing_prefix()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FROM {column.model._meta.db_table}
                WHERE substring({column.column} FOR {len(prefix)}) <> %s""",
            [prefix],
        )
        return int(cursor.fetchone()[0])
