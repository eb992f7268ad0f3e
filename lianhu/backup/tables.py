"""The tables of the database as they are, not as the models say: out of a snapshot, and in again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

# A session that was ended since the backup must not come back to life: nobody's is carried.
LEFT_OUT = frozenset({"accounts_session"})

_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum), pg_table_size(c.oid)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
GROUP BY c.oid, c.relname ORDER BY c.relname
"""
_SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() ORDER BY sequencename
"""
_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY conname
"""
_WITH_TRIGGERS = """
SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[str]
    size: int

    @property
    def part(self) -> str:
        return f"tables/{self.name}.copy"


def found_tables(cursor: Any) -> dict[str, Table]:
    cursor.execute(_TABLES)
    return {name: Table(name, columns, size) for name, columns, size in cursor.fetchall()}


def sequences(cursor: Any) -> dict[str, int | None]:
    """The last value of each, None where none was taken yet."""
    cursor.execute(_SEQUENCES)
    return dict(cursor.fetchall())


def copy_out(cursor: Any, table: Table, sink: Any) -> None:
    cursor.copy_expert(f"COPY {_q(table.name)} ({_list(table.columns)}) TO STDOUT", sink)


def copy_in(cursor: Any, table: str, columns: list[str], source: Any) -> None:
    cursor.copy_expert(f"COPY {_q(table)} ({_list(columns)}) FROM STDIN", source)


def count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {_q(table)}")
    return int(cursor.fetchone()[0])


def set_sequences(cursor: Any, last: dict[str, int | None]) -> None:
    """Not by setval, which a rollback does not take back."""
    for name, value in last.items():
        where = "" if value is None else f" WITH {int(value) + 1}"
        cursor.execute(f"ALTER SEQUENCE {_q(name)} RESTART{where}")


@contextmanager
def emptied(cursor: Any, tables: Iterable[str]) -> Iterator[None]:
    """All of them empty, to be filled without their own triggers and, until the end, without their foreign keys.

    The keys are made anew at the end, which asks each of them for all rows at once.
    """
    cursor.execute(_FOREIGN_KEYS)
    keys = cursor.fetchall()
    cursor.execute(_WITH_TRIGGERS)
    silenced = [name for (name,) in cursor.fetchall()]
    for table, name, _ in keys:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in silenced:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(f"TRUNCATE {_list(tables)}")
    yield
    for table, name, definition in keys:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for table in silenced:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(_q, names))


def _q(name: str) -> str:
    return connection.ops.quote_name(name)
