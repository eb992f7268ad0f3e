"""台账: 等我办 and 全部, with filters, counts and pages (contract, section 4)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from grievances import ledger
from grievances.deadlines import with_lights
from grievances.desk import may_register
from grievances.filings import DECIDING
from grievances.inbox import LABELS, NOTHING, STANDS, desks_of, inbox_of
from grievances.ledger import DUE_FIRST, LIGHTS, NEWEST, SORTS, STANDING, STANDINGS, Asked
from grievances.models import (
    Grievance,
    GrievanceKind,
    GrievanceState,
    Level,
    Mark,
    Satisfaction,
    SavedFilter,
)
from grievances.querysets import GrievanceQuerySet
from lianhu.kit import clock
from registry.models import Household, Pairing, Role, Unit
from registry.scope import scope_of

PAGE = 50
BULK = (Role.TOWNSHIP, Role.COUNTY_OFFICE)
_S = GrievanceState
_BEFORE_REPLY = (_S.REGISTERED, _S.ASSIGNED)
_LONG = ("content", "reply", "bigrams")
_DESKS = {Level.VILLAGE: "村党组织", Level.TOWNSHIP: "乡镇", Level.COUNTY: "县联户联情办"}
# The word of the link at a row's end, of what is the viewer's to do.
_ACTS = {
    _S.REGISTERED: "交办",
    _S.ASSIGNED: "答复",
    _S.REPLIED: "回访",
    _S.REVISITED: "销号",
    _S.CLOSED: "公示",
}


def may_have_matters(user: Any) -> bool:
    """By role or grant, or paired with a household; else whoever sees a matter at all."""
    scope = scope_of(user)
    if scope.county or scope.unit_ids or scope.village_ids or scope.has(Role.CADRE):
        return True
    paired = Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids)
    return paired.exists() or Grievance.objects.visible_to(user).exists()


@login_required
@require_safe
@never_cache
def ledger_page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if not may_have_matters(user):
        raise Http404
    on, asked = clock.today(), Asked.of(request.GET.dict())
    if request.GET.get("jump"):
        return _jump(request, asked, on)
    found = found_for(user, asked, on)
    places = {name: request.GET.get(name, "") for name in ("newer", "older")}
    page = ledger.page_of(found.matters, DUE_FIRST if found.due_first else NEWEST, PAGE, **places)
    rows = rows_of(page.ids, user, on)
    context = {
        "asked": asked,
        "found": found,
        "mine": found.mine,
        "rows": rows,
        "page": page,
        "paged": any(places.values()),
        "total": found.total,
        "late": found.counts.get("late", 0),
        "soon": found.counts.get("soon", 0),
        "chips": _chips(asked, *(("todo", LABELS) if found.mine else ("state", STANDINGS)), found.counts),
        "lights": _chips(asked, "due", LIGHTS, found.counts),
        "query": asked.query(),
        "saved": list(SavedFilter.objects.filter(user=user)),
        "bulk": scope_of(user, on).has(*BULK) and any(row.movable for row in rows),
        "office": scope_of(user, on).county,
        "registers": may_register(user),
        "decides": scope_of(user, on).has(*DECIDING),
        **_choices(user),
    }
    return render(request, "matters/ledger.html", context)


@dataclass(frozen=True)
class Found:
    """What the filter finds; `counts` are those of the links that change one thing of it."""

    matters: GrievanceQuerySet
    total: int
    counts: dict[str, int]
    mine: bool
    due_first: bool


def found_for(user: User, asked: Asked, on: datetime.date) -> Found:
    """等我办 for who has something to do by role unless 全部 is asked for; page and export ask the same."""
    visible = Grievance.objects.visible_to(user)
    desks = desks_of(user, on)
    acts = bool(desks) or scope_of(user, on).has(Role.CADRE)
    mine = asked.tab == "mine" or (not asked.tab and acts)
    due_first = mine or asked.sort == "due"
    if asked.too_short:
        return Found(visible.none(), 0, {}, mine, due_first)
    if mine:
        work = inbox_of(user, on, desks)
        found = asked.but("todo", "state").apply(visible, on)
        counts = ledger.count_work(found, work, on)
        chosen = [work[asked.todo]] if asked.todo in work else list(work.values())
        waiting = found.filter(STANDS & reduce(or_, chosen, NOTHING))
        return Found(waiting, counts[asked.todo if asked.todo in work else "all"], counts, mine, due_first)
    cells = ledger.count(asked.but("state", "due").apply(visible, on), on)
    counts = {each: cells.of(each, asked.due) for each in STANDINGS}
    counts |= {each: cells.of(asked.state, each) for each in LIGHTS}
    return Found(asked.apply(visible, on), cells.of(asked.state, asked.due), counts, mine, due_first)


def _jump(request: HttpRequest, asked: Asked, on: datetime.date) -> HttpResponse:
    """To a day or a number of the whole list, newest first."""
    place = ledger.jump(Grievance.objects.visible_to(request.user), request.GET["jump"], on)
    if not place:
        messages.error(request, "没有您能看到的这个编号；日期请写成 2026-03-05 的样子")
        return redirect(f"{request.path}?{asked.query()}")
    return redirect(f"{request.path}?{asked.but('todo', 'sort', 'q').query(tab='all')}&older={place}")


@dataclass(frozen=True)
class Chip:
    """A link that keeps the rest of the filter; pressed again it lets go."""

    label: str
    count: int
    query: str
    current: bool


def _chips(asked: Asked, name: str, labels: dict[str, str], counts: dict[str, int]) -> list[Chip]:
    now = getattr(asked, name)
    return [
        Chip(label, counts.get(value, 0), asked.query(**{name: "" if value == now else value}), value == now)
        for value, label in labels.items()
        if counts.get(value) or value == now
    ]


def _choices(user: Any) -> dict[str, Any]:
    scope = scope_of(user)
    townships = Unit.objects.filter(type="township").order_by("code") if scope.county else []
    return {
        "kinds": GrievanceKind.choices,
        "levels": Level.choices,
        "categories": ledger.categories(),
        "marks": Mark.choices,
        "satisfactions": Satisfaction.choices,
        "scopes": ledger.SCOPES.items(),
        "ages": ledger.AGES.items(),
        "reaches": ledger.REACHED.items(),
        "sorts": SORTS.items(),
        "townships": townships,
        "years": years(),
        "places": bool(scope.county or scope.unit_ids or len(scope.village_ids) > 1),
    }


def years() -> list[str]:
    """From this one back to that of the county's first matter."""
    first = Grievance.objects.order_by("registered_on", "pk").values_list("registered_on", flat=True).first()
    now = clock.today().year
    return [str(year) for year in range(now, (first.year if first else now) - 1, -1)]


# --- rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line, its words made here: cells are cheap (PERFORMANCE 10)."""

    matter: Grievance
    family: str
    standing: str
    holder: str
    due: str
    light: str
    told: str
    age: int
    held: int | None
    act: str
    # It can be assigned or reminded of, with others at once.
    movable: bool


def rows_of(ids: list[int], user: User, on: datetime.date) -> list[Row]:
    """In the order of the ids; the head of a household only of those the person may see."""
    found = with_lights(Grievance.objects.filter(pk__in=ids), on).annotate(standing=STANDING)
    near = ("village", "household", "category", "handler", "parent")
    found = found.defer(*_LONG, *(f"parent__{each}" for each in _LONG))
    place = {pk: at for at, pk in enumerate(ids)}
    matters = sorted(found.select_related(*near), key=lambda matter: place[matter.pk])
    homes = {matter.household_id for matter in matters if matter.household_id}
    seen = set(Household.objects.visible_to(user).filter(pk__in=homes).values_list("pk", flat=True))
    return [_row(matter, matter.household_id in seen, on) for matter in matters]


def _row(matter: Any, family_seen: bool, on: datetime.date) -> Row:
    family = "全村" if matter.household_id is None else matter.household.head_name if family_seen else "一户"
    stands = matter.standing in _S.values
    is_open = matter.is_open
    end = on if is_open else (matter.closed_on or on)
    return Row(
        matter=matter,
        family=family,
        standing=STANDINGS[matter.standing],
        holder=_holder(matter, stands),
        due=matter.due_on.isoformat() if matter.due_on else "",
        light=matter.light,
        told=_told(matter, on),
        age=(end - matter.registered_on).days,
        held=(on - matter.held_since).days if is_open and matter.held_since else None,
        act=_ACTS.get(matter.state, "") if stands else "",
        movable=stands and matter.state in _BEFORE_REPLY,
    )


def _holder(matter: Any, stands: bool) -> str:
    if matter.parent_id is not None:
        return f"并入 {matter.parent.number}"
    if matter.handler is not None:
        return str(matter.handler.name)
    return f"{_DESKS[matter.level]}（未交办）" if stands else ""


@dataclass(frozen=True)
class DueRow:
    """A matter of the cadre's own first page."""

    matter: Grievance
    light: str
    told: str


def due_rows(user: User, on: datetime.date, most: int) -> list[DueRow]:
    found: Any = ledger.due_now(user, on).select_related("village").defer(*_LONG)[:most]
    return [DueRow(matter, matter.light, _told(matter, on)) for matter in found]


def _told(matter: Any, on: datetime.date) -> str:
    """The light in words: never by colour alone."""
    if not matter.light:
        return ""
    days = (matter.due_on - on).days
    if days < 0:
        return f"逾期 {-days} 天"
    return f"还有 {days} 天" if days else "今天到期"


def numbers(ids: Iterable[str]) -> set[int]:
    """Ids as a form sends them; what is none is left out."""
    return {int(word) for word in ids if word.isascii() and word.isdecimal() and len(word) < 19}
