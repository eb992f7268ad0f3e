"""查进度, and what a family may do from there: object to a notice, say how satisfied it is.

No CSRF token on any of these: whoever sends one has the code in the same request, or the ticket that it was known
a moment ago, and nothing of a session is asked. So a browser that keeps no cookies, as in many a chat app, is
served as well, and a forged form gains nothing.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from grievances import family, publication
from grievances.models import Grievance
from grievances.public import caching
from grievances.public.case import case_of, reply_event
from grievances.public.forms import CaseForm, ObjectionForm, RatingForm, TicketForm
from grievances.public.look_up import Answer, by_ticket, look_up, ticket_of
from grievances.public.rating import rate
from lianhu.kit import clock

_NEVER = "code", "ticket", "text"


@csrf_exempt
@sensitive_post_parameters(*_NEVER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def public_case(request: HttpRequest) -> HttpResponse:
    """The code comes in the body: never in an address, so in no log and no browser's history."""
    form = CaseForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _asked(form, None, status=422 if form.is_bound else 200)
    answer = look_up(**form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""))
    if answer.published:
        return redirect("public_notice", answer.published)
    if answer.matter is not None:
        family.seen_online(answer.matter)
        return _case(answer.matter)
    if answer.filing is not None:
        return _page("public/case.html", {"form": CaseForm(), "answer": answer, "filing": answer.filing})
    return _asked(form, answer)


@csrf_exempt
@sensitive_post_parameters(*_NEVER)
@never_cache
@require_POST
def public_case_object(request: HttpRequest) -> HttpResponse:
    """提异议, within the notice's seven days."""

    def act(matter: Grievance, words: dict[str, Any]) -> None:
        try:
            publication.object_to(matter.pk, words["text"], by=None)
        except ValidationError:
            # A double tap: what was sent twice is one objection.
            waiting = publication.waiting_objection(matter)
            if waiting is None or waiting.text != words["text"]:
                raise

    return _act(request, ObjectionForm, act, "objected")


@csrf_exempt
@sensitive_post_parameters(*_NEVER)
@never_cache
@require_POST
def public_case_rate(request: HttpRequest) -> HttpResponse:
    """满意不满意, once a reply."""

    def act(matter: Grievance, words: dict[str, Any]) -> None:
        standing = reply_event(matter, list(matter.events.order_by("pk")))
        if standing is None:
            raise ValidationError("还没有可以评价的答复", code="no_reply")
        rate(matter, standing, words["satisfaction"], words["text"])

    return _act(request, RatingForm, act, "rated")


# Both forms stand on one page.
_FORMS = {"objected": ("objection_form", "objection_%s"), "rated": ("rating_form", "rating_%s")}


def _act(
    request: HttpRequest,
    form_class: type[TicketForm],
    act: Callable[[Grievance, dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    name, ids = _FORMS[done]
    form = form_class(request.POST, auto_id=ids)
    valid = form.is_valid()
    matter = by_ticket(request.POST.get("ticket", ""))
    if matter is None:
        answer = _by_code_again(request)
        matter = answer.matter if answer else None
        if matter is None:
            return _asked_again(form, answer, done)
    if not valid:
        return _case(matter, status=422, **{name: form})
    try:
        act(matter, form.cleaned_data)
    except ValidationError as error:
        form.add_error("text", error)
        return _case(matter, status=409, **{name: form})
    matter.refresh_from_db()
    return _case(matter, done=done)


def _by_code_again(request: HttpRequest) -> Answer | None:
    code = request.POST.get("code", "")[:40]
    return look_up(code=code, number="", address=request.META.get("REMOTE_ADDR", "")) if code else None


def _asked_again(form: TicketForm, answer: Answer | None, done: str) -> HttpResponse:
    """The page lay open for too long: the code once more, and every word that was typed."""
    context = {"form": form, "answer": answer, "done": done}
    return _waiting(_page("public/case_again.html", context, status=_status(answer)), answer)


def _asked(form: CaseForm, answer: Answer | None, status: int | None = None) -> HttpResponse:
    context = {"form": form, "answer": answer}
    return _waiting(_page("public/case.html", context, status=status or _status(answer)), answer)


def _status(answer: Answer | None) -> int:
    return 429 if answer and answer.wait_seconds else 422


def _waiting(page: HttpResponse, answer: Answer | None) -> HttpResponse:
    if answer and answer.wait_seconds:
        page["Retry-After"] = str(answer.wait_seconds)
    return page


def _case(matter: Grievance, status: int = 200, **shown: Any) -> HttpResponse:
    context = {
        "form": CaseForm(),
        "case": case_of(matter, clock.today()),
        "ticket": ticket_of(matter),
        "objection_form": ObjectionForm(auto_id="objection_%s"),
        "rating_form": RatingForm(auto_id="rating_%s"),
    }
    return _page("public/case.html", context | shown, status)


def _page(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = context.get("answer")
    wait_minutes = -(-answer.wait_seconds // 60) if answer else 0
    return caching.plain(template, {"here": "case", "wait_minutes": wait_minutes, **context}, status)
