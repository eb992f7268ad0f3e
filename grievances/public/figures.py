"""Figures for everybody: of the matters registered in a period, how far they are (contract, sections 0, 4 and 10).

Void matters count nowhere, and one that was merged counts as the matter it is part of. What cannot be shown in
public is counted all the same, and so is what was set aside.
"""

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q

from grievances.models import Grievance
from grievances.public import ledger
from grievances.satisfaction import counts, rate_text
from registry.models import Village


@dataclass(frozen=True)
class Figures:
    """`due`: those whose day for an answer has come, or that were answered before it."""

    begins_on: datetime.date
    ends_on: datetime.date
    registered: int
    replied: int
    in_time: int
    due: int
    closed: int
    published: int
    withheld: int
    content: int
    asked: int
    set_aside: int

    @property
    def in_time_rate(self) -> str:
        return rate_text(self.in_time, self.due)

    @property
    def content_rate(self) -> str:
        return rate_text(self.content, self.asked)


def figures(year: int, on: datetime.date, place: str = "") -> Figures:
    """Of one year as it stands on the day, in a fixed number of queries."""
    begins_on = datetime.date(year, 1, 1)
    ends_on = max(begins_on, min(on, datetime.date(year, 12, 31)))
    matters = Grievance.objects.filter(
        registered_on__range=(begins_on, ends_on), voided_at__isnull=True, parent__isnull=True
    )
    if place:
        there = Q(code=place) | Q(township__code=place)
        matters = matters.filter(village__in=Village.objects.filter(there).values("pk"))
    replied, over = Q(replied_on__isnull=False), Q(replied_on__isnull=True, reply_due_on__lt=on)
    found = matters.order_by().aggregate(
        registered=Count("pk"),
        replied=Count("pk", filter=replied),
        in_time=Count("pk", filter=Q(replied_on__lte=F("reply_due_on"))),
        due=Count("pk", filter=replied | over),
        closed=Count("pk", filter=Q(closed_on__isnull=False)),
        withheld=Count("pk", filter=~Q(withheld_kind="")),
    )
    heard = counts(matters)
    return Figures(
        begins_on,
        ends_on,
        **found,
        published=ledger.up().filter(grievance__in=matters.values("pk")).count(),
        content=heard["satisfied"] + heard["basically"],
        asked=heard["whole"],
        set_aside=heard["set_aside"],
    )
