"""恳谈会, 夜校 and 大会 of a village this month: part of the village's page (方案四(五))."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lianhu.kit.periods import Period
from registry.models import Village
from reports.pages.activities import kinds_for
from visits.activity_kinds import VILLAGE_MEETINGS
from visits.models import Activity, ActivityKind


@dataclass(frozen=True)
class Meetings:
    """Of one village: kind, its label, and those held in the month; `enters`: whether one may add to them."""

    village: Village
    kinds: list[tuple[str, str, list[Activity]]]
    enters: bool


def meetings_of(
    villages: Collection[Village], month: Period, user: Any, *, on: datetime.date
) -> list[Meetings]:
    """One statement for any number of villages. They are shown by `activities/_village_meetings.html`."""
    enters = ActivityKind.FORUM in kinds_for(user, on)
    held = Activity.objects.visible_to(user).filter(
        kind__in=VILLAGE_MEETINGS,
        village__in=[village.pk for village in villages],
        day__range=(month.first, month.last),
        voided_at=None,
    )
    found: dict[tuple[int | None, str], list[Activity]] = {}
    for each in held.order_by("day", "pk"):
        found.setdefault((each.village_id, each.kind), []).append(each)
    return [
        Meetings(
            village,
            [
                (kind, ActivityKind(kind).label, found.get((village.pk, kind), []))
                for kind in VILLAGE_MEETINGS
            ],
            enters,
        )
        for village in villages
    ]
