"""Eight phones sending visits by POST /api/sync/ against the same rows inserted by bare SQL, a transaction each."""

import datetime
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, transaction

from accounts.acting import Acting, acting_as
from accounts.models import User
from accounts.tokens import make_token
from benchmarks.timing import tell
from lianhu.kit import clock
from registry.models import Cadre, Household, Pairing, Post, Unit, Village
from visits.models import Trip

CLIENTS, HOMES, DAYS, BATCH = 8, 25, 24, 50
LONG_AGO = datetime.date(2020, 1, 1)
SAID = {"difficulties": "饮水管道漏水，盼望尽快修好", "opinions": "路灯晚一点关", "income_sources": ""}


def run() -> None:
    call_command("migrate", verbosity=0)
    today = clock.today()
    days = [today - datetime.timedelta(days=back) for back in range(DAYS)]
    bare_rates, sync_rates, requests = [], [], 0
    with _server() as port:
        for _ in range(3):
            clients = [_client(days) for _ in range(CLIENTS)]
            bare_rates.append(_rate(clients, lambda client: _bare(client, days)))
            clients = [_client(days) for _ in range(CLIENTS)]
            sync_rates.append(_rate(clients, lambda client: _sync(client, days, port)))
        requests = _drain(port, days)
    bare, sync = max(bare_rates), max(sync_rates)
    tell(
        f"{CLIENTS} phones sending visits in batches of {BATCH} against the same rows by bare SQL, one "
        "transaction each",
        sync / bare,
        "at least 0.5",
        f"{sync:.0f} visits a second against {bare:.0f}; 500 queued items in {requests} requests",
    )


class Client:
    def __init__(self, cadre: Cadre, user: User, trip: Trip, homes: list[Household]) -> None:
        self.cadre, self.user, self.trip, self.homes = cadre, user, trip, homes
        _, self.token = make_token(user, name="benchmark", days=1)


def _client(days: list[datetime.date]) -> Client:
    """A cadre with a village, households and a trip of their own."""
    mark = uuid.uuid4().hex[:10]
    unit, _ = Unit.objects.get_or_create(code="BENCH", defaults={"name": "基准", "type": "township"})
    number = f"99{int(mark, 16) % 10**10:010}"
    village = Village.objects.create(code=number, name="基准村", township=unit, type="village")
    user = User.objects.create_user(f"B{mark}", "基准")
    cadre = Cadre.objects.create(code=f"B{mark}", name="基准", user=user, joined_on=LONG_AGO)
    Post.objects.create(cadre=cadre, unit=unit, rank="staff", kind="standing")
    homes = [
        Household.objects.create(
            code=f"B{mark}-{place}", village=village, head_name="扎西", people_count=4, kind="rural"
        )
        for place in range(HOMES)
    ]
    Pairing.objects.bulk_create(Pairing(cadre=cadre, household=home, begins_on=LONG_AGO) for home in homes)
    trip = Trip.objects.create(
        cadre=cadre, village=village, begins_on=days[-1], ends_on=days[0], recorded_at=clock.now()
    )
    return Client(cadre, user, trip, homes)


def _rate(clients: list[Client], work: Callable[[Client], None]) -> float:
    """Visits a second of all clients together."""
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * HOMES * DAYS / (time.perf_counter() - begun)


def _bare(client: Client, days: list[datetime.date]) -> None:
    """The rows that the endpoint writes for a visit: it, its record, and the id that makes it once."""
    try:
        with acting_as(Acting(id=client.user.pk, name=client.user.username)):
            for day in days:
                for home in client.homes:
                    with transaction.atomic(), connection.cursor() as cursor:
                        cursor.execute(
                            """INSERT INTO visits_visit (cadre_id, household_id, trip_id, day, result, policy_talk,
                                   proxy_reason, void_reason, recorded_at, recorded_by_id)
                               VALUES (%s, %s, %s, %s, 'met', false, '', '', now(), %s) RETURNING id""",
                            [client.cadre.pk, home.pk, client.trip.pk, day, client.user.pk],
                        )
                        (pk,) = cursor.fetchone()
                        cursor.execute(
                            """INSERT INTO visits_visitrecord (visit_id, talk_topic, income_sources, difficulties,
                                   opinions, solved_on_spot) VALUES (%s, '', '', %s, %s, false)""",
                            [pk, SAID["difficulties"], SAID["opinions"]],
                        )
                        cursor.execute(
                            """INSERT INTO accounts_syncitem (id, kind, author_id, digest, subject_id, captured_at,
                                   received_at) VALUES (%s, 'visit', %s, repeat('0', 64), %s, now(), now())""",
                            [str(uuid.uuid4()), client.user.pk, pk],
                        )
    finally:
        connection.close()


def _items(client: Client, days: list[datetime.date]) -> list[dict[str, object]]:
    now = clock.now().isoformat()
    return [
        {
            "id": str(uuid.uuid4()),
            "kind": "visit",
            "captured_at": now,
            "payload": {"household": home.code, "day": day.isoformat(), "result": "met", "policy_talk": False}
            | SAID,
        }
        for day in days
        for home in client.homes
    ]


def _sync(client: Client, days: list[datetime.date], port: int) -> None:
    _send(client, _items(client, days), port)


def _send(client: Client, items: list[dict[str, object]], port: int) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Host": "localhost", "Authorization": f"Bearer {client.token}"}
    requests = 0
    for begin in range(0, len(items), BATCH):
        line.request("POST", "/api/sync/", json.dumps(items[begin : begin + BATCH]), headers)
        answer = json.loads(line.getresponse().read())
        assert {each["status"] for each in answer["results"]} == {"accepted"}, answer["results"][0]
        requests += 1
    return requests


def _drain(port: int, days: list[datetime.date]) -> int:
    """How many requests 500 queued items take."""
    client = _client(days)
    return _send(client, _items(client, days)[:500], port)


@contextmanager
def _server() -> Iterator[int]:
    """gunicorn with as many processes as the machine has cores."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    workers = str(os.cpu_count() or 2)
    words = ["-m", "gunicorn", "lianhu.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", workers]
    process = subprocess.Popen([sys.executable, *words, "--log-level", "critical"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                line.request("GET", "/healthz", headers={"Host": "localhost"})
                line.getresponse().read()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server does not come up"
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)
