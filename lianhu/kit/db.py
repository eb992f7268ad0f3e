"""What PostgreSQL itself must hold: ordered dates, no overlap, append-only tables."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import OperationalError, connection, migrations, models
from django.db.models import F, Func, Q, Value


def day_span(begin: str = "begins_on", end: str = "ends_on") -> Func:
    """Both days inclusive; an open end goes on (contract 6, rule 0)."""
    return Func(F(begin), F(end), Value("[]"), function="daterange")


def ordered_days(name: str, begin: str = "begins_on", end: str = "ends_on") -> models.CheckConstraint:
    condition = Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(begin)})
    return models.CheckConstraint(name=name, condition=condition)


def no_overlap(name: str, equal: Sequence[str], condition: Q | None = None) -> ExclusionConstraint:
    """At most one row a day for what is named in `equal`."""
    expressions: list[tuple[Any, str]] = [(field, "=") for field in equal]
    return ExclusionConstraint(name=name, expressions=[*expressions, (day_span(), "&&")], condition=condition)


class RefuseChange(migrations.RunSQL):
    """Rows of the table are only ever added: change, deletion and TRUNCATE are refused."""

    def __init__(self, table: str) -> None:
        self.table = table
        function = f"{table}_is_append_only"
        super().__init__(
            sql=f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER {function}_row BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION {function}();
            CREATE TRIGGER {function}_all BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
            """,
            reverse_sql=f"DROP FUNCTION {function}() CASCADE",
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "RefuseChange", [self.table], {}


def may_pass(error: OperationalError) -> bool:
    """A deadlock, a serialization failure or a lock not given: the same work may pass when done again."""
    return getattr(error.__cause__, "pgcode", "") in {"40P01", "40001", "55P03"}


_TRIES = 4
_Answer = TypeVar("_Answer")


def tried_again(do: Callable[[], _Answer]) -> _Answer:
    """What `do` returns. It opens a transaction of its own; ended by PostgreSQL for the sake of others it is done
    again, four times in all. Within a larger transaction it is that one that has to begin again.
    """
    for left in reversed(range(_TRIES)):
        try:
            return do()
        except OperationalError as error:
            if not left or connection.in_atomic_block or not may_pass(error):
                raise
    raise AssertionError("the last try returns or raises")


def lock_for_transaction(name: str) -> None:
    """Wait for the named lock; PostgreSQL gives it back when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for rows that are yet to be written: what points to them can be written first (foreign keys are asked
    when the transaction ends).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
