"""A county that is built once a process, and put back row for row by each test after the first.

Building writes a hundred rows in as many statements, each with its triggers: two thousand tests would pay for it.
Put back is what the first one left in whatever table, entries of the log and stale figures included.
"""

import functools
import json
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone

County = TypeVar("County")
# Columns that say when a row was written say so anew.
MOMENTS = {"created_at", "at"}
MOMENT = "the moment it is put back"


@dataclass
class Kept:
    county: bytes
    rows: dict[str, str]
    last_ids: dict[str, int]  # by the table's sequence

    @classmethod
    def of(cls, county: object, tables: Iterable[str]) -> "Kept":
        rows, last_ids = {}, {}
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT coalesce(json_agg(t), '[]') FROM {table} t")
                found = cursor.fetchone()[0]
                for row in found:
                    row |= dict.fromkeys(MOMENTS & row.keys(), MOMENT)
                rows[table] = json.dumps(found)
                if "id" in found[0]:
                    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
                    last_ids[cursor.fetchone()[0]] = max(row["id"] for row in found)
        return cls(pickle.dumps(county), rows, last_ids)

    def put_back(self) -> Any:
        now = timezone.now()
        statements = ["SET LOCAL session_replication_role = replica"]
        for table, rows in self.rows.items():
            text = rows.replace(MOMENT, now.isoformat()).replace("'", "''")
            statements.append(
                f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, '{text}')"
            )
        # A database that was copied before the first county was built has not counted so far.
        statements += [
            f"SELECT setval('{sequence}', {last}) FROM {sequence} WHERE last_value < {last}"
            for sequence, last in self.last_ids.items()
        ]
        statements.append("SET LOCAL session_replication_role = origin")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join(statements))
        county = pickle.loads(self.county)
        for person in county.people.values():
            person.user.created_at = now
        return county


def _counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables))
        return dict(cursor.fetchall())


def _any_rows(tables: Iterable[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(f"EXISTS (SELECT FROM {table})" for table in tables))
        return bool(cursor.fetchone()[0])


def put_back(build: Callable[[], County]) -> Callable[[], County]:
    """`build`, which is called the first time, and where something is already there that it must fit in with."""
    kept: Kept | None = None

    @functools.wraps(build)
    def again() -> County:
        nonlocal kept
        if kept is not None:
            return build() if _any_rows(kept.rows) else kept.put_back()
        before = _counts()
        county = build()
        written = {table for table, count in _counts().items() if count != before[table]}
        if not any(before[table] for table in written):
            kept = Kept.of(county, written)
        return county

    return again
