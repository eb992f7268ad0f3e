"""One matter: what was asked, where it stands, what comes next, all that happened (contract, section 4).

Reading a household's matter is logged on the household, in the transaction that reads it.
"""

import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import AuditKind, User
from grievances import publication
from grievances.alike import alike
from grievances.attachments import may_attach
from grievances.deadlines import with_lights
from grievances.family import notices_of
from grievances.filings import decidable_by, phone_of
from grievances.hands import Hand
from grievances.library import may_keep
from grievances.models import (
    Approach,
    Filing,
    Grievance,
    GrievanceAction,
    GrievanceState,
    Level,
    Mark,
    Publication,
)
from grievances.pages import timeline
from grievances.pages.next_step import dots, main_of, next_of
from grievances.workflow import Step, missing_for, steps_for
from lianhu.kit import clock
from registry.contact import contact_of
from registry.models import Household, Role
from visits.models import Photo, Visit

A = GrievanceAction
OBJECTING = frozenset({Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.COUNTY_OFFICE})
HINTS = {
    A.ESCALATE: "本级办不了，交上一级",
    A.RETURN: "不该由您办的，退给交办的人",
    A.ASK_EXTENSION: "要写理由，由上一级批准",
    A.ASK_WAIVER: "要写理由，由上一级批准后销号",
    A.WITHHOLD: "涉密、隐私、举报的不公开",
    A.REOPEN: "群众不满意或有异议，重新办理",
    A.MERGE: "和另一件是同一件事",
    A.VOID: "录错的，写明原因，不能恢复",
    A.SET_ASIDE: "写明原因，不计入满意率，公开说明",
}


@login_required
@require_safe
@never_cache
def matter(request: HttpRequest, number: str) -> HttpResponse:
    with transaction.atomic():
        found = visible_matter(request, number)
        log_reading(found)
        return render(request, "matters/matter.html", page_of(request, found))


def visible_matter(request: HttpRequest, number: str) -> Grievance:
    """Not yours answers as not there."""
    visible = with_lights(Grievance.objects.visible_to(request.user), clock.today())
    found: Grievance = get_object_or_404(
        visible.select_related(
            *("category", "household__village", "village__township", "handler__user", "lead_unit"),
            *("visit__cadre", "policy", "parent", "filing", "recorded_by", "set_aside_by"),
        ),
        number=number,
    )
    return found


def log_reading(found: Grievance) -> None:
    if found.household is not None:
        audit.log(AuditKind.READ, found.household, matter=found.number)


def hand_of(request: HttpRequest, found: Grievance) -> Hand:
    assert isinstance(request.user, User)
    events = list(found.events.select_related("by", "handler").order_by("pk"))
    return Hand(found, request.user, clock.today(), events=events)


def page_of(request: HttpRequest, found: Grievance) -> dict[str, Any]:
    hand = hand_of(request, found)
    steps = steps_for(hand)
    main = main_of(hand, steps)
    entries = timeline.timeline(found, hand.events)
    shown = request.GET.get("show", "")
    until = _until(found, hand.on)
    children = list(found.merged.order_by("number"))
    publications = list(_publications(found))
    return {
        "matter": found,
        "today": hand.on,
        "level": timeline.LEVEL_WORDS[Level(found.level)],
        "light": light_words(found, hand.on),
        "kept_date": _kept_date(found),
        "publication": next((each for each in publications if each.withdrawn_at is None), None),
        "opens_publication": _opens_publication(hand),
        "dots": dots(hand),
        "next": next_of(hand, steps),
        "main": main,
        "prepares": _prepares_publication(hand, main),
        "more": [(step, HINTS.get(step.action, "")) for step in _more(steps, main)],
        "requests": list(hand.requests.values()),
        "opens_home": _opens_home(hand),
        "phone": _phone(found),
        "opens_filing": _opens_filing(hand),
        "marks": [Mark(each).label for each in found.marks],
        "approach": Approach(found.approach).label if found.approach else "",
        "helping": list(found.helping_units.order_by("name")),
        "provisional": found.state == GrievanceState.REGISTERED and not found.assign_due_certain,
        "age": (until - found.registered_on).days,
        "held": (hand.on - (found.held_since or found.registered_on)).days if found.is_open else None,
        "holds": hand.holds,
        "stays": timeline.stays(found, hand.events, until),
        "entries": [each for each in entries if not shown or each.group == shown],
        "filters": _filters(entries, shown),
        "children": children,
        "opens": _opens(request, found, children, entries),
        "notices": notices_of(found),
        "publications": publications,
        "may_object": may_object(hand),
        "in_office": hand.in_office,
        "feeds_library": found.state == GrievanceState.PUBLISHED and may_keep(hand.user),
        "ratings": found.ratings.order_by("pk"),
        "attachments": found.attachments.filter(removed_at__isnull=True).select_related("added_by"),
        "may_attach": may_attach(hand),
        "photos": _photos_of_the_visit(request, found),
        "opens_visit": _opens_visit(request, found),
        "alike": alike(found, hand.user) if found.is_open else [],
    }


def _until(found: Grievance, today: datetime.date) -> datetime.date:
    """The clock never pauses; it stops with the closing, or with the voiding."""
    if found.closed_on:
        return found.closed_on
    return found.voided_at.astimezone(clock.SHANGHAI).date() if found.voided_at else today


def light_words(found: Any, today: datetime.date) -> str:
    """Of a matter with its light: by how much it is late, or how soon it is due, and for what."""
    if not found.light:
        return ""
    assigns = found.state == GrievanceState.REGISTERED and found.due_on == found.assign_due_on
    what, days = "交办" if assigns else "答复", (found.due_on - today).days
    if days < 0:
        return f"逾期 {-days} 天没有{what}"
    return f"临期，今天要{what}" if not days else f"临期，还有 {days} 天{what}"


def _kept_date(found: Grievance) -> tuple[str, str] | None:
    """Whether the reply that stands came by its date."""
    if found.replied_on is None or found.reply_due_on is None:
        return None
    late = (found.replied_on - found.reply_due_on).days
    return ("late-word", f"逾期 {late} 天答复") if late > 0 else ("kept-word", "按期答复")


def _opens_publication(hand: Hand) -> bool:
    """From the closing on, for those who may prepare it or have it published."""
    over = hand.matter.state in {GrievanceState.CLOSED, GrievanceState.PUBLISHED}
    return over and not hand.matter.withheld_kind and publication.may_prepare(hand)


def _more(steps: list[Step], main: Step | None) -> list[Step]:
    return [step for step in steps if step is not main]


def _prepares_publication(hand: Hand, main: Step | None) -> bool:
    """What is missing is the public text: the button leads there."""
    return main is not None and main.action == A.PUBLISH and bool(missing_for(hand, A.PUBLISH))


def _opens_home(hand: Hand) -> bool:
    home = hand.matter.household_id
    return home is not None and Household.objects.visible_to(hand.user).filter(pk=home).exists()


def _filing_of(found: Grievance) -> Filing | None:
    return getattr(found, "filing", None)


def _phone(found: Grievance) -> str:
    """Masked always: the household's page and the filing's show it in full, for a reason that is logged."""
    if found.household is not None:
        return contact_of(found.household).phone
    filing = _filing_of(found)
    return phone_of(filing) if filing else ""


def _opens_filing(hand: Hand) -> bool:
    filing = _filing_of(hand.matter)
    return filing is not None and decidable_by(hand.user).filter(pk=filing.pk).exists()


def _opens_visit(request: HttpRequest, found: Grievance) -> bool:
    return (
        found.visit_id is not None
        and Visit.objects.visible_to(request.user).filter(pk=found.visit_id).exists()
    )


def _photos_of_the_visit(request: HttpRequest, found: Grievance) -> "QuerySet[Photo]":
    """Those of the visit at which it was heard, for whoever may see the visit."""
    if found.visit_id is None:
        return Photo.objects.none()
    visits = Visit.objects.visible_to(request.user).filter(pk=found.visit_id)
    return Photo.objects.filter(visit__in=visits, removed_at__isnull=True).order_by("added_at", "pk")


def _filters(entries: list[timeline.Entry], shown: str) -> list[dict[str, Any]]:
    counts = {
        group: sum(1 for each in entries if not group or each.group == group) for group in timeline.SHOWN
    }
    return [
        {"group": group, "label": label, "count": counts[group], "current": group == shown}
        for group, label in timeline.SHOWN.items()
    ]


def _opens(
    request: HttpRequest, found: Grievance, children: list[Grievance], entries: list[timeline.Entry]
) -> set[str]:
    """Numbers of other matters on the page that may be opened."""
    named = {child.number for child in children} | {entry.parent for entry in entries if entry.parent}
    if found.parent:
        named.add(found.parent.number)
    visible = Grievance.objects.visible_to(request.user).filter(number__in=named)
    return set(visible.values_list("number", flat=True)) if named else set()


def _publications(found: Grievance) -> "QuerySet[Publication]":
    rows = found.publications.select_related("confirmed_by", "published_by")
    return rows.prefetch_related("objections__by", "objections__answered_by").order_by("-pk")


def may_object(hand: Hand) -> bool:
    """The village desk, or a desk above it, for the family; while the notice runs and no other objection waits."""
    if hand.matter.state != GrievanceState.PUBLISHED or hand.roles.isdisjoint(OBJECTING):
        return False
    up = publication.standing(hand.matter)
    return (
        up is not None
        and publication.runs(up, hand.on)
        and publication.waiting_objection(hand.matter) is None
    )
