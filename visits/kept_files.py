"""Files that rows name: they go with the row, by their age, or when no row names them (contract, section 8)."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import AuditKind
from accounts.settings import setting
from lianhu.kit import clock

A_ROUND = 500
# As long as the slowest upload may hold its transaction, many times over.
LEFT_BEHIND = datetime.timedelta(days=1)


def photo_storage() -> Storage:
    return storages["photos"]


def delete_files(names: Iterable[str]) -> None:
    for name in names:
        photo_storage().delete(name)


def let_go(rows: "QuerySet[Any]", *columns: str, **also: Any) -> int:
    """The files in these columns go when the caller's transaction is through; the rows stay, as the fact that
    there was one. Returns how many rows. `also`: what else of a row is set.
    """
    found = list(rows)
    names = [name for row in found for column in columns if (name := getattr(row, column))]
    kept = rows.model._base_manager.filter(pk__in=[row.pk for row in found])
    kept.update(**dict.fromkeys(columns, ""), **also)
    transaction.on_commit(lambda: delete_files(names))
    return len(found)


def remove_by_age(what: str, a_round: Callable[[datetime.datetime], int], *, on: datetime.date) -> int:
    """What came `photo_years` years before the day, or earlier, a transaction a round. Done again it finds nothing.

    `a_round` lets go of at most `A_ROUND` that came before the moment and tells how many; `what` names them in the log.
    """
    years = setting("photo_years", on=on)
    ended = clock.midnight(years_before(on, years) + datetime.timedelta(days=1))
    removed = 0
    while True:
        with transaction.atomic():
            gone = a_round(ended)
            if gone:
                audit.log(AuditKind.ERASED, key=what, rows=gone, reason=f"保存满 {years} 年，到期清除")
        if not gone:
            return removed
        removed += gone


def sweep(folder: str, named: Callable[[str, set[str]], set[str]], now: datetime.datetime) -> int:
    """Delete files below the folder that no row names: a process was killed between the one and the other.

    `named`: of the files found in one of its folders, at least those that a row names.
    """
    storage, swept = photo_storage(), 0
    for part in listed(storage, folder)[0]:
        inside = f"{folder}/{part}" if folder else part
        found = {f"{inside}/{name}" for name in listed(storage, inside)[1]}
        left = found - named(inside, found)
        old = [name for name in left if storage.get_modified_time(name) < now - LEFT_BEHIND]
        delete_files(old)
        swept += len(old)
    return swept


def listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def years_before(day: datetime.date, years: int) -> datetime.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
