"""Sessions in the database, each with its user and device (Django's documented extension)."""

import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

# What the sign-in writes into the session, and the list of sessions shows.
DEVICE, ADDRESS, SIGNED_IN_AT, SEEN_AT = "device", "address", "signed_in_at", "seen_at"
# Without a request for so long, the session is over.
IDLE_SECONDS = "idle_seconds"


class SessionStore(DatabaseSessions):
    @classmethod
    def get_model_class(cls) -> Any:
        return apps.get_model("accounts", "Session")

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.device, row.address = data.get(DEVICE, ""), data.get(ADDRESS, "")
        row.signed_in_at, row.seen_at = _moment(data.get(SIGNED_IN_AT)), _moment(data.get(SEEN_AT))
        return row


def _moment(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text) if text else None
