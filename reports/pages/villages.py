"""村: what binds villages this month and quarter, each figure opening its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Village
from registry.scope import scope_of
from reports.models import SubjectKind
from reports.pages.duties import Duty, duties, seen_on
from reports.pages.frozen import Beside, beside
from reports.pages.months import Months, months_of
from reports.pages.unit_table import columns_of
from reports.pages.village_meetings import Meetings, meetings_of
from reports.quotas.compute import Subjects

FEW = 3


@dataclass(frozen=True)
class VillageRow:
    village: Village
    cells: list[Duty]


@login_required
@require_safe
def villages(request: HttpRequest) -> HttpResponse:
    """The villages a person sees, by code: a branch its own, a township its villages, the office all."""
    visible = list(Village.objects.visible_to(request.user).order_by("code").distinct())
    if not visible:
        raise Http404
    months = months_of(request, clock.today())
    found = village_duties(months, frozenset(village.pk for village in visible))
    rows = [
        VillageRow(village, [duty for duty in found if duty.figure.subject_id == village.pk])
        for village in visible
    ]
    open_ = sum(any(cell.left for cell in row.cells) for row in rows)
    context = {
        "months": months,
        "rows": rows,
        "frozen": _frozen(months, visible, found),
        "open": open_,
        "columns": columns_of(found),
        "county": scope_of(request.user).county,
        "meetings": _meetings(months, visible, request.user),
    }
    return render(request, "reports/villages.html", context)


def _meetings(months: Months, visible: Sequence[Village], user: Any) -> list[Meetings]:
    """A branch sees what it has held; with many villages the table says it."""
    return meetings_of(visible, months.month, user, on=months.today) if len(visible) <= FEW else []


def _frozen(months: Months, visible: Sequence[Village], found: Sequence[Duty]) -> Beside | None:
    of_month = [duty for duty in found if duty.period == months.month]
    return beside(months.month, SubjectKind.VILLAGE, visible, of_month, today=months.today)


def village_duties(months: Months, villages: frozenset[int] | None) -> list[Duty]:
    """This month's, and those of the quarter it lies in; None is every village."""
    month = months.month
    only = Subjects(cadres=frozenset(), units=frozenset(), villages=villages)
    quarter = Period.parse(f"{month.first.year}Q{(month.first.month + 2) // 3}")
    return [
        *duties(month, as_of=months.today, subjects=only),
        *duties(quarter, as_of=seen_on(month, months.today), subjects=only),
    ]
