"""One visit with its 民情记录表, on the screen and on paper (contract, section 3; 方案四(四)).

Each opening is logged on the household in the transaction that reads it.
"""

import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import AuditKind
from accounts.settings import setting
from grievances.models import Grievance
from lianhu.kit import clock
from registry.contact import contact_of
from registry.holding import is_paired_today
from reports.pages.visit_forms import AddendumForm, AnswerForm, AskForm
from visits.models import Clear, Question, Seen, Visit, VisitRecord
from visits.rights import rights_over_visit


@login_required
@require_safe
@never_cache
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        return opened_visit(request, visible_visit(request, pk))


@login_required
@require_safe
@never_cache
def visit_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The form on paper. The full phone is on it only for whoever is paired today; that is logged."""
    with transaction.atomic():
        opened = visible_visit(request, pk)
        home = opened.household
        paired = is_paired_today(request.user, home, on=clock.today())
        contact = contact_of(home, full=("phone",) if paired else ())
        _log(opened, **({"fields": ["电话"]} if contact.full else {}))
        context = {"visit": opened, "home": home, "record": record_of(opened), "contact": contact}
        return render(request, "visits/print.html", context | {"addenda": _addenda(opened)})


def visible_visit(request: HttpRequest, pk: int) -> Visit:
    """Not yours answers as not there."""
    visible = Visit.objects.visible_to(request.user)
    found: Visit = get_object_or_404(
        visible.select_related(
            *("cadre", "household__village__township", "trip", "record", "recorded_by"),
            *("accompanies__record", "accompanies__cadre", "approved_by", "refused_by"),
        ),
        pk=pk,
    )
    return found


def record_of(found: Visit) -> VisitRecord | None:
    """A companion's visit has none of its own: what was heard is in that of the visit it names."""
    return getattr(found.accompanies or found, "record", None)


def opened_visit(request: HttpRequest, found: Visit, *, status: int = 200, **forms: Any) -> HttpResponse:
    _log(found)
    today = clock.today()
    record = record_of(found)
    questions = list(Question.objects.filter(visit=found).select_related("asked_by", "answered_by"))
    days = setting("amend_days", on=today)
    context = {
        "visit": found,
        "home": found.household,
        "record": record,
        "clear": labels(Clear, record.clear if record else []),
        "seen": labels(Seen, record.seen if record else []),
        "opens_main": found.accompanies_id
        and Visit.objects.visible_to(request.user).filter(pk=found.accompanies_id).exists(),
        "companions": found.companions.select_related("cadre").order_by("pk"),
        "photos": found.photos.filter(removed_at__isnull=True),
        "matters": Grievance.objects.filter(visit=found).order_by("number"),
        "opens_matters": _opened_matters(request, found),
        "addenda": _addenda(found),
        "questions": questions,
        "open_question": next((each for each in questions if each.answered_at is None), None),
        "may": rights_over_visit(request.user, found, on=today),
        "amend_until": found.day + datetime.timedelta(days=days),
        "amend_days": days,
        "today": today,
        "add_form": AddendumForm(),
        "ask_form": AskForm(),
        "answer_form": AnswerForm(),
    }
    return render(request, "visits/visit.html", context | forms, status=status)


def _opened_matters(request: HttpRequest, found: Visit) -> set[int]:
    return set(Grievance.objects.visible_to(request.user).filter(visit=found).values_list("pk", flat=True))


def labels(choices: Any, values: list[str]) -> str:
    """What is ticked of a checklist, in its order."""
    return "、".join(label for value, label in choices.choices if value in values)


def _addenda(found: Visit) -> Any:
    return (found.accompanies or found).addenda.select_related("added_by")


def _log(found: Visit, **told: Any) -> None:
    audit.log(AuditKind.READ, found.household, visit=found.pk, **told)
