"""By when an answer is owed (contract, section 4): calendar days from 挂号日期, by the rule of that day."""

import datetime
from dataclasses import dataclass

from accounts.models import Setting
from accounts.settings import DEFINITIONS
from grievances.models import Level


def _name(level: str) -> str:
    return f"reply_days_{level}"


@dataclass(frozen=True)
class ReplyTerms:
    """The days of each level, with the days from which they hold; read once for any number of matters."""

    changes: dict[str, list[tuple[datetime.date, int]]]

    @classmethod
    def load(cls) -> "ReplyTerms":
        changes: dict[str, list[tuple[datetime.date, int]]] = {_name(level): [] for level in Level}
        rows = Setting.objects.filter(name__in=changes).order_by("begins_on")
        for name, begins_on, value in rows.values_list("name", "begins_on", "value"):
            changes[name].append((begins_on, value))
        return cls(changes)

    def days(self, level: str, on: datetime.date) -> int:
        name = _name(level)
        values = [value for begins_on, value in self.changes[name] if begins_on <= on]
        return values[-1] if values else DEFINITIONS[name].first

    def due(self, level: str, registered_on: datetime.date) -> datetime.date:
        return registered_on + datetime.timedelta(days=self.days(level, registered_on))
