"""Who acts: known to every statement that writes, so that the database's own triggers can log it.

A request, a task and a command each say so once, where they begin; nobody hands it on.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created


@dataclass(frozen=True)
class Acting:
    """`id` of the account, if any; `name` as the log shows it."""

    id: int | None = None
    name: str = ""
    address: str = ""
    request: str = ""


# Outside a request it is the command: manage.py import_registry, celery worker.
_PROCESS = Acting(name=" ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])[:100])
_acting: ContextVar[Callable[[], Acting]] = ContextVar("acting", default=lambda: _PROCESS)


def acting() -> Acting:
    return _acting.get()()


@contextmanager
def acting_as(who: Acting | Callable[[], Acting]) -> Iterator[None]:
    """Until the end of the block. A callable is asked at each write: a request learns late who it is."""
    token = _acting.set(who if callable(who) else lambda: who)
    try:
        yield
    finally:
        _acting.reset(token)


_WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM))\b", re.I | re.S
)


def _say_who(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Put the name before the statement itself: it holds for its transaction, and costs no round trip."""
    if isinstance(sql, str) and _WRITES.match(sql):
        said = json.dumps(asdict(acting()), ensure_ascii=False).replace("'", "''")
        if params is not None:
            said = said.replace("%", "%%")
        sql = f"SELECT set_config('lianhu.acting', '{said}', true); {sql}"
    return execute(sql, params, many, context)


def _watch(connection: Any, **kwargs: Any) -> None:
    if _say_who not in connection.execute_wrappers:
        connection.execute_wrappers.append(_say_who)


def watch_connections() -> None:
    connection_created.connect(_watch, dispatch_uid="accounts.acting")
