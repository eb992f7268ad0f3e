"""kill -9 in the middle of batches: after restart and resend each item is there exactly once."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from django.db import connection

from accounts.models import SyncItem
from accounts.tokens import make_token
from grievances.models import Grievance
from lianhu.embedded.supervisor import die_with_parent
from lianhu.kit import clock
from tests import county
from tests.doors.phone import matter, trip, visit
from visits.models import Trip, Visit, VisitRecord

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
HOMES, PHONES, KILLS = 120, 4, 6


class Server:
    """gunicorn as in production, in a process of its own, on the test's database."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    def start(self):
        names = {
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "LIANHU_TEST_DATABASE": connection.settings_dict["NAME"],
        }
        words = ["-m", "gunicorn", "lianhu.wsgi", "--workers", "2", "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [sys.executable, *words, "--log-level", "critical"],
            cwd=ROOT,
            env=os.environ | names,
            preexec_fn=die_with_parent,
        )
        deadline = time.monotonic() + 120
        while not self.answers():
            assert time.monotonic() < deadline, "the server does not come up"
            time.sleep(0.1)

    def answers(self):
        try:
            return self.get("/healthz") == 200
        except OSError:
            return False

    def get(self, path):
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        asked.request("GET", path, headers={"Host": "localhost"})
        return asked.getresponse().status

    def kill(self):
        """All of it at once, as when the power goes."""
        parts = [
            self.process.pid,
            *(part.pid for part in psutil.Process(self.process.pid).children(recursive=True)),
        ]
        for pid in parts:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(60)

    def post(self, token, items):
        """The answers; OSError or HTTPException when there was none."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Host": "localhost",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        asked.request("POST", "/api/sync/", json.dumps(items), headers)
        answer = asked.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise http.client.HTTPException(answer.status)
        return json.loads(body)["results"]


@pytest.fixture
def server():
    made = Server()
    made.start()
    yield made
    if made.process.poll() is None:
        made.kill()


def queue_of(people, homes, today):
    """A trip, a visit to each home, and a matter heard at each third of them."""
    stay = trip(people.village, today)
    items = [stay]
    for place, home in enumerate(homes):
        seen = visit(home, today, trip=stay["id"])
        items.append(seen)
        if place % 3 == 0:
            items.append(matter(home, visit=seen["id"]))
    return items


def send_until_all_are_in(server, token, items, size=10):
    """As the phone does: what got no answer is sent again; what waits stays; others go on."""
    waiting, statuses = list(items), []
    deadline = time.monotonic() + 300
    while waiting:
        assert time.monotonic() < deadline, f"{len(waiting)} items still wait"
        batch = waiting[:size]
        try:
            answers = server.post(token, batch)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        done = {each["id"] for each in answers if each["status"] in ("accepted", "duplicate")}
        statuses += [each["status"] for each in answers]
        waiting = [item for item in waiting if item["id"] not in done]
    return statuses


def test_killed_in_the_middle_each_item_is_there_exactly_once(server):
    people, today = county.build(), clock.today().isoformat()
    homes = [county.add_household(village=people.village) for _ in range(HOMES)]
    for home in homes:
        county.pair(people.cadre, home)
    _, token = make_token(people.cadre.user, name="手机", days=1)
    queue = queue_of(people, homes, today)
    # The trip first, then several tabs, each with the whole rest: the same items at once, too.
    server.post(token, queue[:1])
    found = []
    senders = [
        threading.Thread(
            target=lambda order=order: found.append(send_until_all_are_in(server, token, order)), daemon=True
        )
        for order in (queue[1:], queue[1:], list(reversed(queue[1:])))
    ]
    for sender in senders:
        sender.start()
    chance = random.Random(7)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.15, 0.5))
        server.kill()
        server.start()
    for sender in senders:
        sender.join(320)
    assert len(found) == len(senders)
    matters = sum(item["kind"] == "grievance" for item in queue)
    assert SyncItem.objects.count() == len(queue)
    assert (Trip.objects.count(), Visit.objects.count(), VisitRecord.objects.count()) == (1, HOMES, HOMES)
    numbers = sorted(Grievance.objects.values_list("number", flat=True))
    assert numbers == [f"LH-{today[:4]}-{serial:06}" for serial in range(1, matters + 1)]


def test_an_answer_that_never_arrived_is_given_again(server):
    people, today = county.build(), clock.today().isoformat()
    _, token = make_token(people.cadre.user, name="手机", days=1)
    stay = trip(people.village, today)
    body = json.dumps([stay]).encode()
    head = (
        f"POST /api/sync/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        gone.sendall(head + body)
    deadline = time.monotonic() + 60
    while not Trip.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [each["status"] for each in server.post(token, [stay])] == ["duplicate"]
    assert Trip.objects.count() == 1


def test_a_batch_cut_off_half_way_leaves_nothing(server):
    people, today = county.build(), clock.today().isoformat()
    _, token = make_token(people.cadre.user, name="手机", days=1)
    body = json.dumps([trip(people.village, today)]).encode()
    head = (
        f"POST /api/sync/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        gone.sendall(head + body[: len(body) // 2])
    assert server.answers()
    assert not Trip.objects.exists()
