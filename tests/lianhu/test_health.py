import json
import logging
import socket
import time

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from accounts.models import CalendarYear
from lianhu import health
from lianhu.logging import JsonFormatter, access
from tests.broker import use_broker


def test_healthz_answers_without_a_database(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_green_when_all_parts_answer(client, queue):
    answer = client.get("/readyz")
    assert answer.json()["checks"] == dict.fromkeys(["database", "broker", "migrations", "disk"], "ok")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_missing_calendar_year_is_a_warning_from_november_and_fails_nothing(client, queue, on_day, capsys):
    for day, missing in (("2026-10-31", False), ("2026-11-01", True)):
        on_day(day)
        answer = client.get("/readyz")
        assert answer.json()["warnings"] == (["calendar 2027 missing"] if missing else [])
        assert answer.status_code == 200
        call_command("check")
        assert ("2027 年的放假安排还没有录入" in capsys.readouterr().err) == missing
    CalendarYear.objects.create(year=2027, source="通知")
    assert client.get("/readyz").json()["warnings"] == []


def test_check_and_readyz_do_without_a_database(client, monkeypatch):
    def gone(*args, **options):
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "ensure_connection", gone)
    call_command("check")
    assert health._warnings() == []


@pytest.mark.django_db
def test_readyz_is_red_for_each_part_by_itself(client, queue, monkeypatch):
    for name in health.CHECKS:
        with monkeypatch.context() as patch:
            patch.setitem(health.CHECKS, name, lambda: False)
            answer = client.get("/readyz")
        assert answer.status_code == 503
        red = [part for part, state in answer.json()["checks"].items() if state != "ok"]
        assert red == [name]


@pytest.mark.django_db
def test_readyz_tells_nothing_of_a_failing_check(client, queue, monkeypatch):
    def broken():
        raise RuntimeError("password of 扎西 at 10.0.0.1")

    monkeypatch.setitem(health.CHECKS, "database", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "扎西" not in answer.content.decode()


def test_a_broker_that_is_gone_or_silent_is_red_within_two_seconds(celery_broker):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for url in ("redis+socket:///nonexistent/redis.sock", f"redis://127.0.0.1:{port}/0"):
            celery_broker(url)
            begin = time.monotonic()
            assert health._passes(health.CHECKS["broker"]) is False
            # Two, and what a busy machine takes for itself.
            assert time.monotonic() - begin < 6


@pytest.fixture
def celery_broker():
    from celery import current_app

    before = current_app.conf.broker_url

    yield use_broker
    use_broker(before)


def test_pages_forbid_inline_script_and_framing(client):
    answer = client.get("/healthz")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_request_log_has_no_query_and_no_message_of_an_error(client, capsys, settings):
    lines = []
    handler = catch(lines, JsonFormatter())
    access.addHandler(handler)
    try:
        client.get("/healthz?phone=13812341234", headers={"X-Request-ID": "abcdefgh-1"})
    finally:
        access.removeHandler(handler)
    line = json.loads(lines[0])
    assert line["path"] == "/healthz"
    assert line["request_id"] == "abcdefgh-1"
    assert line["status"] == 200
    assert "138" not in lines[0].replace(line["time"], "").replace(str(line["ms"]), "")
    assert settings.LOGGING["handlers"]["stderr"]["class"] == "logging.StreamHandler"


def test_an_exception_is_logged_by_type_and_place_only():
    lines = []
    logger = logging.getLogger("tests.exception")
    logger.addHandler(catch(lines, JsonFormatter()))
    try:
        raise ValueError("Key (phone)=(13812341234) already exists")
    except ValueError:
        logger.exception("import failed")
    line = json.loads(lines[0])
    assert line["error"] == "ValueError"
    assert "test_health.py" in line["stack"][0]
    assert "13812341234" not in lines[0]


def test_a_task_is_logged_without_its_result_and_its_error_message():
    data = {"name": "visits.tasks.remind", "id": "7", "return_value": "扎西", "exc": "13812341234"}
    for level, outcome in ((logging.INFO, "task done"), (logging.ERROR, "task failed")):
        text = "Task %(name)s[%(id)s]: %(return_value)s %(exc)s"
        record = logging.LogRecord("celery.app.trace", level, "", 0, text, (data,), None)
        record.data = data
        line = JsonFormatter().format(record)
        assert json.loads(line)["message"] == outcome
        assert json.loads(line)["task"] == "visits.tasks.remind"
        assert "扎西" not in line
        assert "13812341234" not in line


def catch(lines, formatter):
    class Handler(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Handler()
    handler.setFormatter(formatter)
    return handler


def test_settings_of_the_tests_use_their_own_data():
    assert settings.LIANHU_DATA.parent.name == "var"
    assert settings.LIANHU_DATA.name.startswith("test")
