"""Likely duplicates: listed for the office to settle, never merged by themselves (contract, section 2).

Alike: the same ID number, or the same head and phone, in two households that are both open. Of a group that
shares one number each is set beside the next few only, so that a number typed for fifty gives no thousand pairs.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from lianhu.kit import clock
from registry.models import DuplicateVerdict, Household
from registry.scope import scope_of

BESIDE = 5

_ALIKE = """
WITH keyed AS (
    SELECT id, 'id_number' AS why, encode(id_number_hash, 'hex') AS key FROM registry_household
    WHERE id_number_hash IS NOT NULL AND (closed_on IS NULL OR closed_on > %(day)s)
    UNION ALL
    SELECT id, 'head_and_phone', encode(phone_hash, 'hex') || head_name FROM registry_household
    WHERE phone_hash IS NOT NULL AND (closed_on IS NULL OR closed_on > %(day)s)
), grouped AS (
    SELECT id, why, key, row_number() OVER (PARTITION BY why, key ORDER BY id) AS place,
           count(*) OVER (PARTITION BY why, key) AS size
    FROM keyed
), alike AS (
    SELECT a.id AS first_id, b.id AS second_id, bool_or(a.why = 'id_number') AS same_id,
           bool_or(a.why = 'head_and_phone') AS same_phone, max(a.size) AS size
    FROM grouped a JOIN grouped b
      ON b.why = a.why AND b.key = a.key AND b.place BETWEEN a.place + 1 AND a.place + %(beside)s
    WHERE a.size > 1
    GROUP BY 1, 2
), unsettled AS (
    SELECT * FROM alike
    WHERE NOT EXISTS (
        SELECT FROM registry_duplicateverdict v
        WHERE v.first_id = alike.first_id AND v.second_id = alike.second_id)
)
"""
_COUNT = _ALIKE + "SELECT count(*) FROM unsettled"
_PAGE = (
    _ALIKE
    + """
SELECT first_id, second_id, same_id, same_phone, size FROM unsettled
ORDER BY same_id DESC, first_id, second_id LIMIT %(limit)s OFFSET %(offset)s"""
)


@dataclass(frozen=True)
class Alike:
    """`size` is how many households share that number."""

    first: Household
    second: Household
    same_id: bool
    same_phone: bool
    size: int


class Unsettled(Sequence[Alike]):
    """Pairs without a verdict; a paginator asks for a slice of them, and only that is read."""

    def __init__(self, on: datetime.date) -> None:
        self._params = {"day": on, "beside": BESIDE}

    def __len__(self) -> int:
        return int(self._rows(_COUNT, self._params)[0][0])

    def __getitem__(self, wanted: Any) -> Any:
        piece = slice(wanted, wanted + 1) if isinstance(wanted, int) else wanted
        start, stop = piece.start or 0, piece.stop
        params = self._params | {"offset": start, "limit": None if stop is None else stop - start}
        rows = self._rows(_PAGE, params)
        ids = {pk for row in rows for pk in row[:2]}
        homes = Household.objects.select_related("village__township").in_bulk(ids)
        found = [Alike(homes[first], homes[second], *rest) for first, second, *rest in rows]
        return found[0] if isinstance(wanted, int) else found

    @staticmethod
    def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())


def settled() -> "QuerySet[DuplicateVerdict]":
    """What the office found, the newest first."""
    beside = ("first__village", "second__village", "settled_by")
    return DuplicateVerdict.objects.select_related(*beside).order_by("-settled_at", "-id")


def in_order(one: Household, other: Household) -> tuple[Household, Household]:
    return (one, other) if one.pk < other.pk else (other, one)


def settle(one: Household, other: Household, *, same: bool, note: str, by: User) -> DuplicateVerdict:
    """The office's verdict on two households; found again, it takes the place of the former (the log keeps both)."""
    if not scope_of(by).county:
        raise PermissionDenied("settle_duplicate")
    first, second = in_order(one, other)
    with transaction.atomic():
        verdict, _ = DuplicateVerdict.objects.update_or_create(
            first=first,
            second=second,
            defaults={"same": same, "note": note, "settled_at": clock.now(), "settled_by": by},
        )
    return verdict
