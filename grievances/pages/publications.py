"""公示: what waits to be made public, what is up, what was objected to; the sheet for the village's board."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from grievances import publication, publications
from grievances.hands import Hand
from grievances.models import Grievance, GrievanceAction, Objection, Publication
from grievances.pages.matter import visible_matter
from grievances.workflow import STEPS
from lianhu.kit import clock
from lianhu.kit.qr import qr_svg
from registry.scope import scope_of

A_PAGE = 50


@dataclass(frozen=True)
class Row:
    """`standing`: how far the text is, or how long the notice still runs."""

    matter: Grievance
    text: Publication | None
    objection: Objection | None
    standing: str
    days: int | None = None


@login_required
@require_safe
@never_cache
def publications_page(request: HttpRequest) -> HttpResponse:
    user, on = _at_a_desk(request), clock.today()
    mine = publications.at_desks_of(user, on)
    tabs = publications.tabs(on)
    tab = tab_of(request.GET.get("show", ""), on)
    counts = {each.name: mine.filter(each.condition).count() for each in tabs if each.counted}
    page = Paginator(found_for(user, tab, on), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "tab": tab,
        "tabs": [(each, counts.get(each.name)) for each in tabs],
        "waiting": counts["waiting"],
        "objections": counts["objections"],
        "rows": [row_of(matter, on) for matter in page],
        "page": page,
        "query": f"show={tab.name}&",
        "today": on,
    }
    return render(request, "matters/publications.html", context)


def tab_of(name: str, on: datetime.date) -> publications.Tab:
    tabs = publications.tabs(on)
    return next((each for each in tabs if each.name == name), tabs[0])


def found_for(user: User, tab: publications.Tab, on: datetime.date) -> QuerySet[Grievance]:
    """Page and export ask the same."""
    mine = publications.at_desks_of(user, on)
    return publications.with_texts(mine.filter(tab.condition)).order_by(*tab.order)


def _at_a_desk(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    if not scope_of(request.user).has(*publications.PREPARING):
        raise Http404
    return request.user


def row_of(matter: Any, on: datetime.date) -> Row:
    text = matter.texts[0] if matter.texts else None
    objection = text.waiting[0] if text and text.waiting else None
    if text is None:
        return Row(matter, None, None, "还没有写公示的文字")
    if text.published_at is None:
        word = f"文字已确认（{text.confirmed_by.name}）" if text.confirmed_at else "有草稿，还没有确认"
        return Row(matter, text, None, word)
    days = (text.ends_on - on).days
    left = f"还有 {days} 天" if days > 0 else "今天最后一天" if days == 0 else "公示期已满"
    return Row(matter, text, objection, left, days)


@login_required
@require_safe
@never_cache
def publication_sheet(request: HttpRequest, number: str) -> HttpResponse:
    """One notice on A4 for the board; it is no 公文 and has no red head (FORMATS a)."""
    user, on = _at_a_desk(request), clock.today()
    found = visible_matter(request, number)
    up = publication.standing(found)
    if not publication.may_prepare(Hand(found, user, on)) or not _is_up(found, up):
        raise Http404
    return render(request, "matters/sheet.html", {"matter": found, "lines": [_line(up)], "today": on})


def _is_up(matter: Grievance, text: Publication | None) -> bool:
    return matter.state == STEPS[GrievanceAction.PUBLISH].to and bool(text and text.published_at)


def _line(text: Publication | None) -> dict[str, Any]:
    assert text is not None
    address = f"{settings.SITE_URL}{reverse('public_notice', args=[text.grievance.number])}"
    return {"text": text, "matter": text.grievance, "address": address, "qr": qr_svg(address)}


@login_required
@require_safe
@never_cache
def board(request: HttpRequest) -> HttpResponse:
    """All that is up in one village, one after the other."""
    user, on = _at_a_desk(request), clock.today()
    places = publications.villages_of(user, on)
    asked = request.GET.get("village", "").replace("\x00", "")[:50]
    choices = list(places[:2])
    village = get_object_or_404(places, code=asked) if asked else choices[0] if len(choices) == 1 else None
    lines = [_line(text) for text in publications.up_in(village, on)] if village else []
    context = {
        "village": village,
        "lines": lines,
        "today": on,
        "one_village": len(choices) == 1,
        "villages": places if village is None else (),
    }
    return render(request, "matters/board.html", context)
