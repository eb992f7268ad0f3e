"""Plain SQL that PostgreSQL must refuse."""

from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction


def sql(statement, **params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


@contextmanager
def refused_by(constraint):
    """The statement inside fails because of this very constraint or trigger, and leaves nothing behind.

    A foreign key's name ends in a hash: its beginning is enough.
    """
    with pytest.raises(IntegrityError) as refused, transaction.atomic():  # noqa: PT012
        yield
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    error = refused.value.__cause__
    named = error.diag.constraint_name or error.diag.message_primary
    assert named.startswith(constraint), named


def insert(table, **values):
    names = ", ".join(f'"{name}"' for name in values)
    given = ", ".join(f"%({name})s" for name in values)
    return sql(f"INSERT INTO {table} ({names}) VALUES ({given})", **values)
