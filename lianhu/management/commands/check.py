"""Django's own, and the checks of the database where one answers already: it starts none."""

from pathlib import Path
from typing import Any

from django.core.management.commands import check
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection

from lianhu.embedded import postgres


class Command(check.Command):
    def handle(self, *app_labels: Any, **options: Any) -> None:
        if options["databases"] is None and _answers():
            options["databases"] = [DEFAULT_DB_ALIAS]
        super().handle(*app_labels, **options)


def _answers() -> bool:
    data = connection.settings_dict.get("LIANHU_DATA")
    if data is not None and not postgres.server(Path(data)).running():
        return False
    try:
        connection.ensure_connection()
    except DatabaseError:
        return False
    return True
