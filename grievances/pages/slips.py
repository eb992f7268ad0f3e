"""民情回执: slips on A4, several to a page, and one on the phone's screen (contract, section 4).

A code is in the answer that made it and nowhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from grievances.desk import code_at_hand
from grievances.family import waiting_notices
from grievances.models import Grievance
from grievances.query_codes import hash_of
from grievances.slips import MOST, address, issue_codes, mark_of, may_issue, slips_of
from lianhu.kit import clock


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def slips(request: HttpRequest) -> HttpResponse:
    """GET prints them without codes and asks before new ones are made; POST makes them."""
    return _answer(request, _chosen(request), "matters/slips.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def matter_slip(request: HttpRequest, number: str) -> HttpResponse:
    """To be held out across the table, or photographed by the family's phone."""
    found = get_object_or_404(_readable(request), number=number)
    return _answer(request, [found], "matters/slip.html")


def _answer(request: HttpRequest, chosen: list[Grievance], template: str) -> HttpResponse:
    user: Any = request.user
    if request.method != "POST":
        with transaction.atomic():
            return _page(request, chosen, template, codes=_at_hand(request, chosen))
    try:
        with transaction.atomic():
            codes = issue_codes(chosen, by=user, seen=_seen(request, chosen))
            for each in chosen:
                each.query_code_hash = hash_of(codes[each.pk])
            return _page(request, chosen, template, codes=codes)
    except PermissionDenied as error:
        raise Http404 from error
    except ValidationError as error:
        with transaction.atomic():
            return _page(request, chosen, template, problem=error.messages[0], status=409)


def _at_hand(request: HttpRequest, chosen: list[Grievance]) -> dict[int, str] | None:
    """Of what was registered a moment ago in this session the code is still known."""
    found = {each.pk: code for each in chosen if (code := code_at_hand(request.session, each))}
    return found or None


def _page(
    request: HttpRequest,
    chosen: list[Grievance],
    template: str,
    *,
    codes: Mapping[int, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    printable = [each for each in chosen if each.voided_at is None]
    mine = set(may_issue(user).filter(pk__in=[each.pk for each in printable]).values_list("pk", flat=True))
    context = {
        "slips": slips_of(printable, by=user, codes=codes),
        "void": [each for each in chosen if each.voided_at is not None],
        "issuing": [(each, mark_of(each)) for each in printable if each.pk in mine],
        "not_mine": [each for each in printable if each.pk not in mine],
        "replacing": sum(1 for each in printable if each.pk in mine and each.query_code_hash),
        "fresh": codes is not None,
        "waiting": list(waiting_notices(Grievance.objects.filter(pk__in=[each.pk for each in printable]))),
        # On a narrow slip it breaks behind a slash, never within a word.
        "address": address().split("/"),
        "problem": problem,
        "most": MOST,
        "today": clock.today(),
    }
    return render(request, template, context, status=status)


def _readable(request: HttpRequest) -> Any:
    return Grievance.objects.visible_to(request.user).select_related(
        "household", "village__township", "handler", "filing"
    )


def _chosen(request: HttpRequest) -> list[Grievance]:
    """By number, or by a notice of theirs; by village and household, as one walks. Not yours is not there."""
    given = request.POST if request.method == "POST" else request.GET
    numbers, notices = _words(given.getlist("number")), _ids(given.getlist("notice"))
    if not numbers and not notices:
        return []
    rows = _readable(request).filter(Q(number__in=numbers) | Q(family_notices__in=notices)).distinct()
    found = list(rows.order_by("village__code", "household__group", "household__code", "number")[: MOST + 1])
    if len(found) > MOST or not set(numbers) <= {each.number for each in found}:
        raise Http404
    return found


def _words(given: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(each.replace("\x00", "")[:40] for each in given if each))


def _ids(given: Sequence[str]) -> list[int]:
    return [int(word) for word in given if word.isascii() and word.isdecimal() and len(word) < 19]


def _seen(request: HttpRequest, chosen: list[Grievance]) -> dict[int, str]:
    """What each had when the person was asked, as `number:mark`."""
    marks = dict(each.rpartition(":")[::2] for each in request.POST.getlist("seen"))
    return {each.pk: marks.get(each.number, "") for each in chosen}
