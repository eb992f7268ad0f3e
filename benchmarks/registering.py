"""Eight connections registering matters against a bare counter update and insert, a transaction each.

The audit log is on in both. `entry.register` one matter a transaction, as a desk does it; and the phone's whole way
(`doors.sync.take_in`: fields, facts, rules, ids, then `entry.register`) in batches.
"""

import multiprocessing
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from accounts.acting import Acting, acting_as
from accounts.models import User
from benchmarks import county
from benchmarks.own_database import own_database
from benchmarks.timing import tell
from grievances.entry import LedgerEntryFacts, register
from grievances.models import Category
from lianhu.doors.sync import read_item, take_in
from lianhu.kit import clock
from registry.models import Cadre, Pairing
from visits.services import Entered

CLIENTS, EACH, BATCH = 8, 100, 20
TITLE, CONTENT = "饮水管道漏水", "村口饮水管道漏水，水压不足，请协调维修。"


class Client:
    """A cadre with a paired household, as the rules want it."""

    def __init__(self, cadre: Cadre) -> None:
        self.user, self.code = User.objects.get(pk=cadre.user_id), cadre.code
        held = Pairing.objects.filter(cadre=cadre, ends_on__isnull=True).select_related("household__village")
        self.home = held[0].household
        self.category = Category.objects.order_by("position")[0]
        self.said = {
            "household": self.home.code,
            "category": self.category.name,
            "title": TITLE,
            "content": CONTENT,
            "level": "village",
        }
        self.facts = LedgerEntryFacts.load([self.row()], by=self.user, on=clock.today())

    def row(self) -> dict[str, object]:
        """Cleaned, as the form leaves it."""
        rest = {"kind": "livelihood", "query_code": "", "spot_answer": "", "outcome": "", "visit": None}
        return self.said | rest | {"cadre": self.code, "village": self.home.village.code}


def run() -> None:
    with own_database("registering") as made:
        if made:
            county.fill(county.REGISTRY)
        cadres = Cadre.objects.filter(left_on__isnull=True, code__gt="C00010").order_by("code")[:CLIENTS]
        bare, one, phone = [], [], []
        for _ in range(3):
            clients = [Client(cadre) for cadre in cadres]
            bare.append(_rate(clients, _bare))
            one.append(_rate(clients, _one_by_one))
            phone.append(_rate(clients, _phone))
    _tell("registering one matter a transaction", max(one), max(bare))
    _tell(f"the phone's whole way in batches of {BATCH}", max(phone), max(bare))


def _tell(what: str, ours: float, bare: float) -> None:
    tell(
        f"{CLIENTS} connections, {what}, against a bare counter update and insert",
        ours / bare,
        "at least 0.5",
        f"{ours:.0f} matters a second against {bare:.0f}",
    )


def _rate(clients: list[Client], work: Callable[[Client], None]) -> float:
    """Matters a second of all connections together, a process each as the web server has them."""
    connection.close()
    fork = multiprocessing.get_context("fork")
    ready, over = fork.Barrier(CLIENTS + 1), fork.Barrier(CLIENTS + 1)
    processes = [fork.Process(target=_as, args=(client, work, ready, over)) for client in clients]
    for process in processes:
        process.start()
    ready.wait(60)
    begun = time.perf_counter()
    over.wait(600)
    taken = time.perf_counter() - begun
    for process in processes:
        process.join()
    return CLIENTS * EACH / taken


def _as(client: Client, work: Callable[[Client], None], ready: Any, over: Any) -> None:
    try:
        with acting_as(Acting(id=client.user.pk, name=client.user.username)):
            connection.ensure_connection()
            ready.wait(60)
            work(client)
            over.wait(600)
    finally:
        connection.close()


def _bare(client: Client) -> None:
    today = clock.today()
    for _ in range(EACH):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO grievances_numbercounter AS c (year, highest) VALUES (%(year)s, 1)
                   ON CONFLICT (year) DO UPDATE SET highest = c.highest + 1 RETURNING highest""",
                {"year": today.year},
            )
            (serial,) = cursor.fetchone()
            cursor.execute(
                """INSERT INTO grievances_grievance (number, kind, category_id, household_id, village_id, title,
                       content, level, state, registered_on, reply_due_on, held_since, outcome, satisfaction,
                       void_reason, recorded_at, recorded_by_id)
                   VALUES (%s, 'livelihood', %s, %s, %s, %s, %s, 'village', 'registered', %s, %s, %s, '', '', '',
                       now(), %s)""",
                [
                    *(
                        f"LH-{today.year}-{serial:06}",
                        client.category.pk,
                        client.home.pk,
                        client.home.village_id,
                    ),
                    *(TITLE, CONTENT, today, today, today, client.user.pk),
                ],
            )


def _one_by_one(client: Client) -> None:
    for _ in range(EACH):
        with transaction.atomic():
            register([Entered(client.row(), clock.now())], by=client.user, facts=client.facts)


def _phone(client: Client) -> None:
    for _ in range(EACH // BATCH):
        now = clock.now()
        items = [
            {
                "id": str(uuid.uuid4()),
                "kind": "grievance",
                "captured_at": now.isoformat(),
                "payload": client.said,
            }
            for _ in range(BATCH)
        ]
        read = [read_item(item, now) for item in items]
        answers = take_in(read, by=client.user, on=clock.today())  # type: ignore[arg-type]
        assert {answer.status for answer in answers} == {"accepted"}, answers[0]
