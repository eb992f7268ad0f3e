import datetime
import gc
import hashlib
import os
import subprocess
import sys
import time

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.db.backends.postgresql.creation import DatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.sessions import IDLE_SECONDS, SEEN_AT
from lianhu.embedded import redis
from lianhu.embedded.locks import FileLock
from lianhu.embedded.supervisor import die_with_parent
from lianhu.kit import clock
from tests import chromium

if "HYPOTHESIS_PROFILE" not in os.environ:
    # The same examples each time: a fault that shows now and then is nobody's. A name given searches for more.
    hypothesis.settings.register_profile("alike", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("alike")


def _digest_of_the_product():
    """Of all that may have a part in migrating: migrations call functions of their apps."""
    digest = hashlib.sha256(str(sys.version_info).encode())
    for app in ("lianhu", "accounts", "registry", "visits", "grievances", "reports", "requirements.txt"):
        place = settings.BASE_DIR / app
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(f"{path.relative_to(settings.BASE_DIR)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


PRODUCT = _digest_of_the_product()


def pytest_collection_finish():
    """What is loaded by now stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def on_day(monkeypatch):
    """`on_day("2026-06-15")`: from now on it is ten o'clock of that day."""

    def go(day):
        moment = datetime.datetime.combine(
            datetime.date.fromisoformat(day), datetime.time(10), clock.SHANGHAI
        )
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment.date()

    return go


@pytest.fixture(autouse=True)
def _nothing_kept():
    """What one test made public is not read by the next."""
    caches["public"].clear()


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_listed_once():
    """Each test client sets the middleware up for itself, and WhiteNoise would look at every file again."""
    lists, listed = WhiteNoiseMiddleware.add_files_from_finders, {}

    def once(middleware):
        if not listed:
            lists(middleware)
            listed.update(middleware.files)
        middleware.files.update(listed)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture
def signed_in():
    """`signed_in(cadre)`: a client that acts as this person, in a session that does not end by itself."""

    def enter(cadre):
        client = Client()
        client.force_login(cadre.user)
        session = client.session
        session.update({SEEN_AT: clock.now().isoformat(), IDLE_SECONDS: 10**9})
        session.save()
        return client

    return enter


@pytest.fixture(scope="session", autouse=True)
def _emptied_between_tests():
    """A test that commits is cleaned up after by DELETE: tests hold few rows, and TRUNCATE writes each table anew.

    TRUNCATE would also wait for, and deadlock with, a request that the live server is still answering. Append-only
    tables refuse both, so triggers are off while it is done. What migrations brought is kept beside the tables and
    put back at once: Django would save each row of it through the ORM before each such test.
    """
    before = DatabaseOperations.sql_flush, DatabaseOperations.execute_sql_flush
    serialize = DatabaseCreation.serialize_db_to_string
    execute = DatabaseOperations.execute_sql_flush
    seeded = []

    def keeps_seeds(creation):
        tables = creation.connection.introspection.django_table_names(only_existing=True, include_views=False)
        with creation.connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS seeds CASCADE; CREATE SCHEMA seeds")
            for table in tables:
                cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
                if cursor.fetchone()[0]:
                    cursor.execute(f"CREATE TABLE seeds.{table} AS TABLE public.{table}")
                    seeded.append(table)
        # Nothing for Django itself to put back.
        return "[]"

    def deletes(operations, style, tables, **options):
        return [
            "; ".join(
                [f"DELETE FROM {table}" for table in tables]
                + [f"INSERT INTO {table} TABLE seeds.{table}" for table in seeded]
            )
        ]

    def without_triggers(operations, statements):
        _wait_for_the_others(operations.connection)
        with transaction.atomic(using=operations.connection.alias):
            with operations.connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
            execute(operations, statements)

    DatabaseOperations.sql_flush, DatabaseOperations.execute_sql_flush = deletes, without_triggers
    DatabaseCreation.serialize_db_to_string = keeps_seeds
    yield
    DatabaseOperations.sql_flush, DatabaseOperations.execute_sql_flush = before
    DatabaseCreation.serialize_db_to_string = serialize


@pytest.fixture(scope="session", autouse=True)
def _migrated_once():
    """Sixty migrations take a worker twenty seconds: the first one's database is copied by the others.

    The copy stays for later runs, until a line of the product changes, whichever.
    """
    create = DatabaseCreation.create_test_db

    def copies(creation, *given, keepdb=False, **options):
        if keepdb:
            return create(creation, *given, keepdb=keepdb, **options)
        template = f"migrated_{PRODUCT}"
        with FileLock(settings.LIANHU_DATA / "migrated.lock"):
            with creation._nodb_cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated_%'")
                there = {name for (name,) in cursor.fetchall()}
            if template in there:
                creation.connection.settings_dict["TEST"]["TEMPLATE"] = template
            made = create(creation, *given, keepdb=keepdb, **options)
            # Of a product that was changed meanwhile nobody knows which half is in there.
            if template not in there and _digest_of_the_product() == PRODUCT:
                creation.connection.close()
                with creation._nodb_cursor() as cursor:
                    for old in there:
                        cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
                    cursor.execute(f'CREATE DATABASE "{template}" TEMPLATE "{made}"')
        return made

    DatabaseCreation.create_test_db = copies
    yield
    DatabaseCreation.create_test_db = create


def _wait_for_the_others(connection):
    """What the live server still writes for a page that is closed would be left over for the next test."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"""
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.02)


@pytest.fixture(scope="session")
def queue():
    """A Redis-compatible server behind settings.REDIS_URL."""
    data = settings.QUEUE_DATA
    data.mkdir(parents=True, exist_ok=True)
    with (data / "redis.log").open("ab") as log:
        server = subprocess.Popen(redis.command(data), stdout=log, stderr=log, preexec_fn=die_with_parent)
    deadline = time.monotonic() + 60
    while not redis.answers(data):
        assert server.poll() is None, "the queue did not start"
        assert time.monotonic() < deadline, "the queue does not answer"
        time.sleep(0.02)
    yield settings.REDIS_URL
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="session")
def browser(django_db_setup):
    """Chromium. A machine without one fails the test: `make test` gets one first."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=chromium.PATIENCE)
    # Playwright's synchronous interface runs an event loop in this thread; Django would refuse.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    executable = chromium.lean()
    assert executable, "no browser: run `make browser`"
    migrated = getattr(connection, "_test_serialized_contents", None)
    with sync_playwright() as playwright:
        # Under an event loop Django opens a connection of its own: it must know what migrations brought.
        if migrated is not None:
            connection._test_serialized_contents = migrated
        # Chromium's own sandbox does not start as root.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=executable, args=options)
        yield running
        running.close()
        connection.close()


@pytest.fixture
def desktop(browser, live_server):
    """A page of 1440 × 900 whose relative addresses are the live server's."""
    yield from _page(browser, live_server, width=1440, height=900)


@pytest.fixture
def phone(browser, live_server):
    """A page of 390 × 844 with touch."""
    yield from _page(browser, live_server, width=390, height=844, has_touch=True, is_mobile=True)


def _page(browser, live_server, *, width, height, **options):
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        **options,
    )
    context.set_default_timeout(chromium.PATIENCE)
    yield context.new_page()
    context.close()
