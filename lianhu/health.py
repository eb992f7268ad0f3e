"""/healthz: the process answers. /readyz: it can do its work. Neither tells anything of a person."""

from collections.abc import Callable
from shutil import disk_usage

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.calendar import missing_year
from lianhu.kit import clock

BROKER_PATIENCE = 2
LEAST_FREE_BYTES = 200_000_000


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 while any check is red. A check that could not run is red; a warning fails nothing."""
    results = {name: _passes(check) for name, check in CHECKS.items()}
    ready = all(results.values())
    checks = {name: "ok" if passed else "failed" for name, passed in results.items()}
    body = {"status": "ok" if ready else "failed", "checks": checks, "warnings": _warnings()}
    return JsonResponse(body, status=200 if ready else 503)


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever went wrong, this server cannot do its work
        return False


def _warnings() -> list[str]:
    try:
        year = missing_year(clock.today())
    except Exception:  # that the database is gone is told by its own check
        return []
    return [f"calendar {year} missing"] if year else []


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _broker() -> bool:
    options = {"socket_connect_timeout": BROKER_PATIENCE, "socket_timeout": BROKER_PATIENCE}
    with current_app.connection_for_write(transport_options=options) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_PATIENCE)
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _disk() -> bool:
    """Red before a save would fail for want of room."""
    return disk_usage(settings.LIANHU_DATA).free >= LEAST_FREE_BYTES


CHECKS = {"database": _database, "broker": _broker, "migrations": _migrations, "disk": _disk}

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
