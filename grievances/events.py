"""Entries of a matter's timeline: append-only (contract, section 4)."""

from typing import Any

from accounts.models import User
from grievances.models import Grievance, GrievanceAction, GrievanceEvent, GrievanceState
from lianhu.kit import clock

# What `grievances.sheets` writes beside the steps of an imported matter.
IMPORTED = "导入的历史"


def is_imported(step: GrievanceEvent) -> bool:
    """A reply or revisit that the workbook brought. Taken here it says its outcome, whatever its words are."""
    return step.reason == IMPORTED and not step.value


def event(
    matter: Grievance,
    action: GrievanceAction,
    *,
    by: User | None,
    was: GrievanceState | str | None = None,
    reason: str = "",
    value: str = "",
) -> GrievanceEvent:
    """Not yet written. `was`: the state it came from, the same if it stayed. `by`: None is the family or the system."""
    now = clock.now()
    return GrievanceEvent(
        grievance=matter,
        action=action,
        from_state=matter.state if was is None else was,
        to_state=matter.state,
        on=now.date(),
        reason=reason,
        handler_id=matter.handler_id,
        level=matter.level,
        value=value,
        by=by,
        recorded_at=now,
    )


def add_event(matter: Grievance, action: GrievanceAction, **options: Any) -> GrievanceEvent:
    written = event(matter, action, **options)
    written.save(force_insert=True)
    return written
