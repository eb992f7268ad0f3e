"""A county that is committed, people who are signed in, a worker that works."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from celery import current_app
from django.conf import settings
from django.db import connection
from django.test import Client

from lianhu.embedded.supervisor import die_with_parent
from tests import county

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Kitchen-table-2026"


@pytest.fixture
def people(transactional_db, on_day):
    """15 June 2026. May had one trip that counts and three that do not."""
    on_day("2026-06-15")
    people = county.build()
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    county.add_trip(people.cadre, people.other_village, "2026-05-10")
    county.add_trip(people.cadre, people.village, "2026-06-03")
    county.add_visit(people.cadre, people.household, "2025-11-20")
    for name in ("罗尔依", "黄志军", "尕让他"):
        home = county.add_household(name, village=people.village, is_registered_poor=True)
        county.pair(people.cadre, home)
        county.add_visit(people.cadre, home, "2026-05-03", talk=True)
    return people


@pytest.fixture
def enter(live_server):
    """`enter(page, cadre)`: signed in, without going through the form each time."""

    def go(page, cadre):
        if cadre is None:
            return
        client = Client()
        client.force_login(cadre.user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )

    return go


def _axe(page):
    """As Axe().run does; but its half megabyte goes into a document once, and only faults come back."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"]}
    return AxeResults(
        page.evaluate("(options) => axe.run(options).then(({ violations }) => ({ violations }))", options)
    )


@pytest.fixture
def clean():
    """`clean(page)`: axe finds nothing, and nothing is wider than the screen."""

    def check(page):
        found = _axe(page)
        assert not found.violations_count, found.generate_report()
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, f"{page.url} is {wider} px too wide"

    return check


@pytest.fixture
def worker(transactional_db, queue):
    """A Celery worker in a process of its own, on the tests' database and queue."""
    names = {
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "LIANHU_TEST_DATABASE": connection.settings_dict["NAME"],
    }
    words = ["-m", "celery", "-A", "lianhu", "worker", "--pool", "solo", "--loglevel", "INFO"]
    log = settings.QUEUE_DATA / "worker.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *words, "--without-mingle", "--without-gossip"],
            cwd=ROOT,
            env=os.environ | names,
            stdout=file,
            stderr=file,
            preexec_fn=die_with_parent,
        )
    deadline = time.monotonic() + 60
    while not current_app.control.inspect(timeout=0.5).ping():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the worker does not answer"
    yield process
    process.terminate()
    process.wait(20)
