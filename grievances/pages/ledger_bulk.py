"""批量交办 and 批量催办, in the township's and the office's inbox (contract, section 4)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from grievances import workflow
from grievances.models import Grievance, GrievanceAction
from grievances.pages.ledger import BULK, numbers, rows_of
from lianhu.kit import clock
from registry.scope import scope_of

MOST = 200
ACTIONS = {"assign": GrievanceAction.ASSIGN, "remind": GrievanceAction.REMIND}


@login_required
@require_POST
@never_cache
def ledger_bulk(request: HttpRequest) -> HttpResponse:
    """Chosen rows first, then what to say of them, then what became of each."""
    user: Any = request.user
    action = ACTIONS.get(request.POST.get("action", ""))
    if not scope_of(user).has(*BULK):
        raise Http404
    chosen = _chosen(user, request.POST.getlist("matter"))
    if action is None or not chosen or len(chosen) > MOST:
        context = {"back": request.POST.get("back", "")[:600], "chosen": chosen, "most": MOST}
        return render(request, "matters/bulk_nothing.html", context, status=422)
    form = workflow.STEPS[action].form(request.POST if "do" in request.POST else None)
    if "do" in request.POST:
        try:
            results = workflow.act_on_many(chosen, action, request.POST, by=user)
        except ValidationError:
            form.is_valid()
        else:
            return _answer(request, action, results, user)
    return _ask(request, action, chosen, form, user)


def _chosen(user: User, words: list[str]) -> list[Grievance]:
    """Those that may be seen; another's is not there, and says nothing."""
    return list(Grievance.objects.visible_to(user).filter(pk__in=numbers(words)).order_by("pk"))


def _ask(
    request: HttpRequest, action: GrievanceAction, chosen: list[Grievance], form: forms.Form, user: User
) -> HttpResponse:
    context = {
        "action": action,
        "form": form,
        "rows": rows_of([matter.pk for matter in chosen], user, clock.today()),
        "back": request.POST.get("back", "")[:600],
    }
    return render(request, "matters/bulk.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True)
class Told:
    """Of one matter: what was wrong, or nothing."""

    matter: Grievance
    fault: str


def _answer(request: HttpRequest, action: GrievanceAction, results: Any, user: User) -> HttpResponse:
    """Nothing is lost: what was not done keeps its box ticked and can be tried again."""
    before = _done_before(action, results, request.POST.get("handler", ""), user)
    told = [Told(each.matter, "" if each.matter.pk in before else each.fault) for each in results]
    context = {
        "action": action,
        "told": told,
        "done": sum(not each.fault for each in told),
        "left": [each for each in told if each.fault],
        "back": request.POST.get("back", "")[:600],
    }
    return render(request, "matters/bulk_done.html", context)


def _done_before(action: GrievanceAction, results: Any, handler: str, user: User) -> set[int]:
    """The second tap of two finds its work done by the first: that is no fault."""
    faulty = [each.matter.pk for each in results if each.fault]
    now = Grievance.objects.filter(pk__in=faulty, events__action=action, events__by=user)
    now = now.filter(events__on=clock.today())
    if action == GrievanceAction.ASSIGN:
        now = now.filter(handler__code=handler.strip(), events__handler__code=handler.strip())
    return set(now.values_list("pk", flat=True))
