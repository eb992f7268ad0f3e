"""One JSON object a line on standard error, without personal data.

An exception is told by its type and the places it passed, never by its message: a database's
message quotes the row.
"""

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

request_id: ContextVar[str] = ContextVar("request_id", default="")
access = logging.getLogger("lianhu.request")
GIVEN_ID = re.compile(r"[\w-]{8,64}")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.name == "celery.app.trace":
            line |= _task_fields(record)
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])
            line["error"] = record.exc_info[0].__name__
            line["stack"] = [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
        return json.dumps(line, ensure_ascii=False)


def _task_fields(record: logging.LogRecord) -> dict[str, Any]:
    """Celery writes a task's result, or its exception's message, into the text: neither is kept."""
    data = getattr(record, "data", {})
    outcome = "task failed" if record.levelno >= logging.ERROR else "task done"
    return {"message": outcome, "task": data.get("name"), "task_id": data.get("id")}


class RequestLog:
    """Logs each request: id, path without its query, status, milliseconds, user id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            self._write(request, response.status_code, time.perf_counter() - begin)
            return response
        finally:
            request_id.reset(token)

    def _write(self, request: HttpRequest, status: int, seconds: float) -> None:
        fields: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        # Only a user that the view has already loaded: a log line costs no query.
        user = getattr(request, "_cached_user", None)
        if user is not None and user.pk:
            fields["user"] = user.pk
        access.info("request", extra={"fields": fields})


def logging_settings(*, plain: bool) -> dict[str, Any]:
    """Plain text with full tracebacks for a developer's DEBUG, JSON otherwise."""
    formatter: dict[str, Any] = {"()": "lianhu.logging.JsonFormatter"}
    if plain:
        formatter = {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # The request line above says it already; faults of the server come through.
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }
