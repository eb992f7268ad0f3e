"""Adding an entry: the one way for whatever is not a change of a row."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from accounts.acting import acting
from accounts.models import AuditEntry, AuditKind, User
from lianhu.kit import clock


def log(
    kind: AuditKind,
    subject: models.Model | None = None,
    /,
    *,
    key: str = "",
    by: User | None = None,
    **detail: Any,
) -> AuditEntry:
    """Add an entry. It shares the transaction of the act, so that neither is there without the other.

    `key` is the subject's natural key, read off the subject unless given. `by` is who acts, where the
    request does not know it yet (a sign-in). `detail` must hold no phone, ID number or password.
    """
    entry = _entry(kind, subject, key, by, detail)
    entry.save(force_insert=True)
    return entry


def log_each(kind: AuditKind, subjects: Iterable[models.Model], /, **detail: Any) -> None:
    """An entry for each, as `log` adds it, in one statement: a page that shows many."""
    AuditEntry.objects.bulk_create(_entry(kind, subject, "", None, detail) for subject in subjects)


def _entry(
    kind: AuditKind, subject: models.Model | None, key: str, by: User | None, detail: dict[str, Any]
) -> AuditEntry:
    who = acting()
    natural = key or next(
        (str(getattr(subject, name)) for name in ("code", "number", "username") if hasattr(subject, name)), ""
    )
    return AuditEntry(
        at=clock.now(),
        kind=kind,
        actor_id=by.pk if by else who.id,
        actor_name=by.username if by else who.name,
        address=who.address,
        request_id=who.request,
        subject_table=subject._meta.db_table if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        subject_key=natural[:100],
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else "",
    )


def importing() -> None:
    """Until the transaction's end rows that are added are not logged one by one.

    The import's own entry names the file by its hash, with the counts; changed rows are logged as ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lianhu.importing', 'on', true)")
