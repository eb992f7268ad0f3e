"""Commands that need the county's tables."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class DataCommand(BaseCommand):
    """Nothing has to be set up for the embedded default: a new or older database is brought up to date.

    In production migrations are a step of their own.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        if settings.EMBEDDED and getattr(self, "_called_from_command_line", False):
            _bring_up_to_date()
        return super().execute(*args, **options)


def _bring_up_to_date() -> None:
    """One command does it, another that starts at the same moment waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('migrate', 0))")
        try:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('migrate', 0))")
