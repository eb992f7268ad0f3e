"""One matter's public text: proposed, edited, scanned once more, read as the public will, confirmed, put up.

Contract, section 4.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from grievances import publication
from grievances.hands import Hand
from grievances.models import Grievance, GrievanceAction, GrievanceState, Publication
from grievances.pages.matter import hand_of, log_reading, visible_matter
from grievances.public.ledger import notice_of
from grievances.workflow import STEPS, act, steps_for
from lianhu.kit import clock, fields

PUBLISH = GrievanceAction.PUBLISH
ORIGINALS = (("title", "标题"), ("question", "内容"), ("answer", "答复"))


class PublicTextForm(forms.Form):
    title = fields.TextField(label="公开标题", max_length=200)
    question = fields.TextField(label="反映的问题", max_length=5_000, lines=True)
    answer = fields.TextField(label="答复", max_length=5_000, lines=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def publication_page(request: HttpRequest, number: str) -> HttpResponse:
    found = visible_matter(request, number)
    hand = hand_at_desk(request, found)
    if request.method == "POST":
        return _save(request, hand)
    with transaction.atomic():
        log_reading(found)
        return _page(request, hand)


def hand_at_desk(request: HttpRequest, found: Grievance) -> Hand:
    """Who may not prepare it finds nothing here."""
    hand = hand_of(request, found)
    if not publication.may_prepare(hand):
        raise Http404
    return hand


def _save(request: HttpRequest, hand: Hand) -> HttpResponse:
    form = PublicTextForm(request.POST)
    if not form.is_valid():
        return _page(request, hand, form=form, status=422)
    words = publication.Words(
        **form.cleaned_data,
        harmless=tuple(dict.fromkeys(each[:100] for each in request.POST.getlist("harmless")[:100])),
    )
    try:
        text = publication.save_text(hand.matter.pk, words, seen=request.POST.get("seen", ""), by=hand.user)
    except PermissionDenied:
        raise Http404 from None
    except ValidationError as error:
        return _page(request, hand, form=form, told=error.messages[0], status=409)
    if publication.findings_in(text):
        return _page(request, hand, form=form, status=422)
    return redirect("publication_preview", hand.matter.number)


def _page(
    request: HttpRequest, hand: Hand, *, form: forms.Form | None = None, told: str = "", status: int = 200
) -> HttpResponse:
    matter, text = hand.matter, publication.standing(hand.matter)
    why_not = publication.why_not(hand)
    proposals = publication.proposed(matter) if not why_not else {}
    if form is None and not why_not:
        form = PublicTextForm(initial=_initial(text, proposals))
    context = {
        "matter": matter,
        "text": text,
        "why_not": why_not,
        "form": form,
        "told": told,
        "seen": publication.fingerprint(text) if text else "",
        "originals": [(label, proposals[name]) for name, label in ORIGINALS] if proposals else [],
        "masked": sum(each.count for each in proposals.values()),
        "findings": publication.findings_in(text) if text and not why_not else [],
        "harmless": text.harmless if text else [],
        "confirmed": text is not None and publication.is_confirmed(text),
        "steps": {step.action.value for step in steps_for(hand)},
        **_standing(text, hand),
    }
    return render(request, "matters/publication.html", context, status=status)


def _initial(text: Publication | None, proposals: dict[str, Any]) -> dict[str, str]:
    if text is not None:
        return {name: getattr(text, name) for name, _ in ORIGINALS}
    return {name: each.text for name, each in proposals.items()}


def _standing(text: Publication | None, hand: Hand) -> dict[str, Any]:
    """Of a notice that is up: as the public reads it, and what was objected."""
    if text is None or text.published_at is None or hand.matter.state != GrievanceState.PUBLISHED:
        return {"notice": None}
    assert text.ends_on is not None
    return {
        "notice": notice_of(text, at=text.published_at, ends_on=text.ends_on),
        "photos": text.photos.exclude(file=""),
        "today": hand.on,
        "days": (text.ends_on - hand.on).days,
        "objections": text.objections.select_related("by", "answered_by"),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def publication_preview(request: HttpRequest, number: str) -> HttpResponse:
    """Exactly what the public will read; confirming it, and putting it up."""
    found = visible_matter(request, number)
    hand = hand_at_desk(request, found)
    if request.method == "POST":
        return _settle(request, hand)
    text = publication.standing(found)
    if publication.why_not(hand) or text is None:
        return redirect("publication", number)
    return _preview(request, hand, text)


def _preview(
    request: HttpRequest, hand: Hand, text: Publication, *, faults: list[str] | None = None, status: int = 200
) -> HttpResponse:
    ends_on = publication.ends_on(hand.on)
    findings = publication.findings_in(text)
    confirmed = publication.is_confirmed(text)
    context = {
        "matter": hand.matter,
        "text": text,
        "notice": notice_of(text, at=clock.now(), ends_on=ends_on),
        "photos": text.photos.exclude(file=""),
        "photo_view": "publication_photo",
        "ends_on": ends_on,
        "findings": findings,
        "faults": faults or [],
        "confirmed": confirmed,
        # Confirmed once, and said anew since.
        "lapsed": text.confirmed_at is not None and not confirmed,
        "may_publish": STEPS[PUBLISH].who(hand),
        "who_label": STEPS[PUBLISH].who_label,
        "seen": publication.fingerprint(text),
        "today": hand.on,
    }
    return render(request, "matters/preview.html", context, status=status)


def _settle(request: HttpRequest, hand: Hand) -> HttpResponse:
    """确认, 公示 or both: the second of two taps finds it done."""
    number, wanted = hand.matter.number, request.POST.get("action")
    try:
        with transaction.atomic():
            if wanted in {"confirm", "both"}:
                publication.confirm(hand.matter.pk, seen=request.POST.get("seen", ""), by=hand.user)
            if wanted in {"publish", "both"}:
                act(hand.matter.pk, PUBLISH, by=hand.user)
    except PermissionDenied:
        raise Http404 from None
    except ValidationError as error:
        return _not_settled(request, number, error)
    done = "已公示，满 7 天前都可以提异议" if wanted in {"publish", "both"} else "文字已确认，等公示"
    messages.success(request, done)
    return redirect("publication", number)


def _not_settled(request: HttpRequest, number: str, error: ValidationError) -> HttpResponse:
    """With the text as it is now."""
    found = visible_matter(request, number)
    hand, text = hand_at_desk(request, found), publication.standing(found)
    if publication.why_not(hand) or text is None:
        messages.warning(request, error.messages[0].rstrip("。"))
        return redirect("publication", number)
    return _preview(request, hand, text, faults=error.messages, status=409)
