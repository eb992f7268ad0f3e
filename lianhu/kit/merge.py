"""Rows by natural key against what is there, in a few statements however many rows there are.

Rows are staged in a temporary table by COPY, compared with what the database holds, and only then
added or changed. A column that a file does not have keeps what is there.
"""

import datetime
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Merge:
    """One kind of row.

    `columns`: name to PostgreSQL type, natural keys as text, '' for none. `existing`: a SELECT of
    `id` and the same columns. `writes`: statements in order, over the table `diff`, which holds the
    columns, `existing_id` and `verdict`. `compared`: what decides on "changed" where it is not the
    columns (a sealed value differs each time it is sealed; its hash does not). `keeps`: a row
    of `existing` whose column `kept` is true stays as it is, whatever an old file still says of it: it
    was blacked out, or somebody has worked on it here since.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    existing: str
    writes: tuple[str, ...]
    not_compared: frozenset[str] = frozenset()
    keeps: bool = False

    @property
    def _diff(self) -> str:
        return f"diff_{self.name}"

    def there(
        self, keys: Iterable[Sequence[Any]], names: Sequence[str]
    ) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """Key and named columns of those rows that the database has already."""
        typed = ", ".join(f"{_quoted(name)} {self.columns[name]}" for name in self.key)
        on = " AND ".join(f"k.{_quoted(name)} = e.{_quoted(name)}" for name in self.key)
        picked = ", ".join(f"e.{_quoted(name)}" for name in (*self.key, *names))
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE keys_{self.name} ({typed}) ON COMMIT DROP")
            cursor.cursor.copy_expert(f"COPY keys_{self.name} FROM STDIN", _Lines(keys))
            cursor.execute(f"SELECT {picked} FROM keys_{self.name} k JOIN ({self.existing}) e ON {on}")
            for row in cursor:
                yield row[: len(self.key)], row[len(self.key) :]

    def stage(self, rows: Iterable[Sequence[Any]], absent: frozenset[str]) -> dict[str, int]:
        """Stage rows (values in the columns' order) and count new, changed, same."""
        stage = f"stage_{self.name}"
        typed = ", ".join(f"{_quoted(name)} {kind}" for name, kind in self.columns.items())
        with connection.cursor() as cursor:
            # An earlier import in the same transaction may have left them.
            cursor.execute(f"DROP TABLE IF EXISTS {stage}, {self._diff}, keys_{self.name}")
            cursor.execute(f"CREATE TEMP TABLE {stage} ({typed}) ON COMMIT DROP")
            cursor.cursor.copy_expert(f"COPY {stage} FROM STDIN", _Lines(rows))
            cursor.execute(f"ANALYZE {stage}")
            cursor.execute(self._compare(stage, absent))
            cursor.execute(f"SELECT verdict, count(*) FROM {self._diff} GROUP BY 1")
            counts = dict(cursor.fetchall())
        return {verdict: counts.get(verdict, 0) for verdict in ("new", "changed", "same")}

    def _compare(self, stage: str, absent: frozenset[str]) -> str:
        picked = ", ".join(
            f"coalesce(e.{column}, s.{column}) AS {column}" if name in absent else f"s.{column}"
            for name, column in ((name, _quoted(name)) for name in self.columns)
        )
        compared = [
            _quoted(name)
            for name in self.columns
            if name not in self.key and name not in absent and name not in self.not_compared
        ]
        left, right = (", ".join(f"{side}.{name}" for name in compared) for side in "se")
        differs = f"({left}) IS DISTINCT FROM ({right})" if compared else "false"
        if self.keeps:
            differs = f"NOT e.kept AND {differs}"
        on = " AND ".join(f"s.{_quoted(name)} = e.{_quoted(name)}" for name in self.key)
        return f"""
            CREATE TEMP TABLE {self._diff} ON COMMIT DROP AS
            SELECT {picked}, e.id AS existing_id,
                   CASE WHEN e.id IS NULL THEN 'new' WHEN {differs} THEN 'changed' ELSE 'same' END AS verdict
            FROM {stage} s LEFT JOIN ({self.existing}) e ON {on}"""

    def write(self, params: Mapping[str, Any]) -> None:
        """Add what is new, change what differs."""
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self._diff}")
            for statement in self.writes:
                cursor.execute(statement.replace("{diff}", self._diff), params)


def _quoted(name: str) -> str:
    return f'"{name}"'


class _Lines(io.RawIOBase):
    """COPY's text format, made as it is read, so that no second copy of the rows is held."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._lines = self._encode(rows)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._rest], len(self._rest)
        for block in self._lines:
            parts.append(block)
            length += len(block)
            if 0 <= size <= length:
                break
        joined = b"".join(parts)
        self._rest = joined[size:] if size >= 0 else b""
        return joined[:size] if size >= 0 else joined

    @staticmethod
    def _encode(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        for row in rows:
            yield ("\t".join([copy_text(value) for value in row]) + "\n").encode()


def copy_text(value: Any) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        # Nearly every text needs no escaping, and to see that is cheaper than to escape it.
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "、".join(value).translate(_ESCAPES)
    return str(value)
