"""行前清单: one's own and covered households of a village on a sheet of paper (contract, section 3)."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import AuditKind
from grievances.models import Grievance
from lianhu.kit import clock
from registry.contact import Contact, contact_of
from registry.models import Household, Pairing
from registry.scope import scope_of
from visits.models import Question, Visit, VisitResult


@dataclass(frozen=True)
class Owed:
    """An open matter: by when an answer is owed, or, once answered, the revisit."""

    matter: Grievance
    due_on: datetime.date | None


@dataclass
class Home:
    """What one wants to know at the door. `holder` is named where one covers for somebody (代管)."""

    household: Household
    contact: Contact
    holder: str = ""
    last_met: datetime.date | None = None
    last: Visit | None = None
    matters: list["Owed"] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def order(self) -> tuple[datetime.date, str]:
        return self.last_met or datetime.date.min, self.household.code


@login_required
@require_safe
@never_cache
def before_trip(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever is paired with nobody there finds nothing. Each family on the sheet is logged as read."""
    today = clock.today()
    with transaction.atomic():
        homes = homes_of(request.user, code, today)
        if not homes:
            raise Http404
        full = [home.household for home in homes if home.contact.full]
        audit.log_each(AuditKind.READ, full, fields=["电话"])
        audit.log_each(AuditKind.READ, [home.household for home in homes if not home.contact.full])
        context = {"homes": homes, "village": homes[0].household.village, "today": today}
        return render(request, "visits/before_trip.html", context)


def homes_of(user: Any, village: str, on: datetime.date) -> list[Home]:
    """Longest unvisited first, with what is open; a fixed number of queries."""
    scope = scope_of(user, on)
    held = Pairing.objects.in_force(on).filter(
        cadre__in=scope.cadre_ids, household__village__code=village, household__closed_on__isnull=True
    )
    pairings = held.select_related("cadre", "household__village__township")
    homes = {
        pairing.household_id: Home(
            pairing.household,
            contact_of(pairing.household, full=("phone",)),
            "" if pairing.cadre_id == scope.cadre_id else pairing.cadre.name,
        )
        for pairing in pairings
    }
    _add_visits(homes, scope.cadre_ids, on)
    open_matters = Grievance.objects.open().filter(household__in=homes)
    for matter in open_matters.order_by("registered_on", "number"):
        due = None if matter.replied_on else matter.reply_due_on
        homes[matter.household_id or 0].matters.append(Owed(matter, due))
    asked = Question.objects.filter(
        visit__household__in=homes, visit__cadre__in=scope.cadre_ids, answered_at__isnull=True
    )
    for question in asked.select_related("visit").order_by("pk"):
        homes[question.visit.household_id].questions.append(question)
    return sorted(homes.values(), key=Home.order)


def _add_visits(homes: dict[int, Home], cadres: frozenset[int], on: datetime.date) -> None:
    """The last time oneself (or whom one covers) met the family, and the last record, whoever wrote it."""
    made = Visit.objects.filter(household__in=homes, voided_at__isnull=True, day__lte=on)
    newest = made.order_by("household", "-day", "-pk").distinct("household")
    met = newest.filter(result=VisitResult.MET, cadre__in=cadres)
    for pk, day in met.values_list("household", "day"):
        homes[pk].last_met = day
    for last in newest.filter(record__isnull=False).select_related("record", "cadre"):
        homes[last.household_id].last = last
