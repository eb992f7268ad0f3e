"""Eight writers with the audit log against the same eight without, and against a chain that needs a lock."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, transaction

from accounts import audit
from accounts.acting import Acting, acting_as
from accounts.models import AuditEntry
from benchmarks import county
from benchmarks.timing import tell
from registry.models import Unit

WRITERS, EACH = 8, 300
_TABLES = ("visits_visit", "visits_visitrecord")


def run() -> None:
    call_command("migrate", verbosity=0)
    if not Unit.objects.exists():
        print("generating a large county, some minutes ...", flush=True)
        county.fill()
    without, with_log, with_lock = [], [], []
    for _ in range(3):
        with _switched_off():
            without.append(_rate())
        with _sealer():
            with_log.append(_rate())
            with_lock.append(_rate(lock=True))
    plain, logged, locked = max(without), max(with_log), max(with_lock)
    tell(
        f"{WRITERS} writers, a visit and its record a transaction, with the audit log against without",
        logged / plain,
        "the log makes no queue: far above the rate with one lock held to commit",
        f"{logged:.0f} a second against {plain:.0f}; with one lock held to commit {locked:.0f}",
    )


def _rate(*, lock: bool = False) -> float:
    """Transactions a second of all writers together."""
    writers = [threading.Thread(target=_write, args=(number, lock)) for number in range(WRITERS)]
    begun = time.perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    taken = time.perf_counter() - begun
    with _switched_off(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM visits_visitrecord WHERE opinions = 'benchmark'")
        cursor.execute("DELETE FROM visits_visit WHERE day >= '2030-01-01'")
    return WRITERS * EACH / taken


def _write(number: int, lock: bool) -> None:
    try:
        with acting_as(Acting(name=f"writer {number}")):
            for turn in range(EACH):
                with transaction.atomic(), connection.cursor() as cursor:
                    if lock:
                        cursor.execute("SELECT pg_advisory_xact_lock(42)")
                    cursor.execute(
                        """INSERT INTO visits_visit (cadre_id, household_id, day, result, policy_talk,
                               proxy_reason, void_reason, recorded_at)
                           VALUES (%s, %s, DATE '2030-01-01' + %s, 'met', false, '', '', now()) RETURNING id""",
                        [number + 1, number + 1, turn],
                    )
                    cursor.execute(
                        """INSERT INTO visits_visitrecord (visit_id, talk_topic, income_sources, difficulties,
                               opinions, solved_on_spot)
                           VALUES (%s, '', '务工', '饮水管道漏水，盼望尽快修好', 'benchmark', false)""",
                        [cursor.fetchone()[0]],
                    )
    finally:
        connection.close()


@contextmanager
def _switched_off() -> Iterator[None]:
    for table in _TABLES:
        _alter(table, "DISABLE")
    try:
        yield
    finally:
        for table in _TABLES:
            _alter(table, "ENABLE")


def _alter(table: str, how: str) -> None:
    with connection.cursor() as cursor:
        for kind in ("added", "removed"):
            cursor.execute(f"ALTER TABLE {table} {how} TRIGGER log_{kind}")


@contextmanager
def _sealer() -> Iterator[None]:
    """As the scheduler does it, every few seconds."""
    over = threading.Event()

    def work() -> None:
        try:
            while not over.wait(1):
                audit.seal()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        audit.seal()
        assert not AuditEntry.objects.filter(number__isnull=True).exists()
