"""The village desk, where a family stands without a phone: find it, tell it, register what it says (section 4)."""

import datetime
import uuid
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import AuditKind, User
from grievances import desk as service
from grievances import filings, query_codes
from grievances.deadlines import Terms, with_lights
from grievances.family import waiting_notices
from grievances.models import Grievance, Level, Objection, Publication
from grievances.pages.matter import OBJECTING
from grievances.slips import address
from lianhu.kit import clock
from lianhu.kit.fields import fold
from lianhu.kit.qr import qr_svg
from registry.household_search import LONGEST, best_first, matching
from registry.models import Household, Pairing, Village
from registry.scope import scope_of

SHOWN = 20
LATELY = datetime.timedelta(days=180)
ROWS = 4
# The list of villages is for choosing; a county has more than one scrolls through.
MOST_VILLAGES = 400


@login_required
@require_safe
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """Finding opens no record; opening a family's matters does, and is logged."""
    user = registering(request)
    text = fold(request.GET.get("q", ""))[:LONGEST].replace("\x00", "")
    visible = Household.objects.visible_to(user).select_related("village")
    found = list(best_first(matching(visible, text), text)[: SHOWN + 1]) if text else []
    with transaction.atomic():
        home = _opened(request, visible, found)
        context = {
            "text": text,
            "rows": _rows(user, found[:SHOWN]),
            "more": len(found) > SHOWN,
            "home": home,
            "done": _done(request, user),
            "waiting": filings.waiting(user).count(),
            "today": clock.today(),
        }
        if home is not None:
            context |= _family(user, home)
        return render(request, "matters/desk.html", context)


def registering(request: HttpRequest) -> Any:
    user: Any = request.user
    if not service.may_register(user):
        raise Http404
    return user


def _opened(request: HttpRequest, visible: QuerySet[Any], found: list[Household]) -> Household | None:
    """The family that was chosen, or the only one found."""
    code = request.GET.get("household", "").replace("\x00", "")[:50]
    home: Household | None = get_object_or_404(visible, code=code) if code else None
    if home is None and len(found) == 1:
        home = found[0]
    if home is not None:
        audit.log(AuditKind.READ, home, fields=["诉求"])
    return home


def _rows(user: User, homes: list[Household]) -> list[dict[str, Any]]:
    """Who holds each today, and how many matters are open: a statement each for all of them."""
    if not homes:
        return []
    held = Pairing.objects.in_force(clock.today()).filter(household__in=homes)
    holders = dict(held.values_list("household", "cadre__name"))
    matters = Grievance.objects.visible_to(user).open().filter(household__in=homes).order_by()
    counts = dict(matters.values_list("household").annotate(Count("pk")))
    return [
        {"home": home, "holder": holders.get(home.pk, ""), "count": counts.get(home.pk, 0)} for home in homes
    ]


def _family(user: User, home: Household) -> dict[str, Any]:
    """Its matters: what is open, and what ended within half a year, with what there is to tell."""
    today = clock.today()
    lately = Q(closed_on__isnull=True) | Q(closed_on__gte=today - LATELY)
    seen = Grievance.objects.visible_to(user).filter(household=home, voided_at__isnull=True)
    shown = with_lights(seen.filter(lately), today).select_related("handler", "category", "parent")
    matters = list(shown.order_by("-registered_on", "-pk")[: SHOWN * 2])
    running = _running(user, matters)
    for matter in matters:
        matter.objections_until = running.get(matter.pk)
    held = Pairing.objects.in_force(today).filter(household=home).select_related("cadre").first()
    return {
        "open_matters": [each for each in matters if each.is_open],
        "ended": [each for each in matters if not each.is_open],
        "holder": held.cadre.name if held else "",
        "untold": waiting_notices(seen).count(),
    }


def _running(user: User, matters: list[Grievance]) -> dict[int, datetime.date]:
    """Until when an objection may be registered here, of those that have none waiting."""
    if not scope_of(user).has(*OBJECTING):
        return {}
    waits = Objection.objects.filter(publication=OuterRef("pk"), answered_at__isnull=True)
    notices = Publication.objects.filter(
        ~Exists(waits),
        grievance__in=matters,
        published_at__isnull=False,
        withdrawn_at__isnull=True,
        ends_on__gte=clock.today(),
    )
    return {matter: day for matter, day in notices.values_list("grievance", "ends_on") if day}


def _done(request: HttpRequest, user: User) -> dict[str, Any] | None:
    """What was registered a moment ago, with its code while that is at hand."""
    number = request.GET.get("done", "").replace("\x00", "")[:40]
    matter = Grievance.objects.visible_to(user).filter(number=number).first() if number else None
    if matter is None:
        return None
    code = service.code_at_hand(request.session, matter)
    return {
        "matter": matter,
        "code": query_codes.shown(code) if code else "",
        "qr": qr_svg(f"{address()}#{code}") if code else "",
    }


class NewForm(service.DeskForm):
    """As the page shows it: lists to choose from, boxes to write in."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms, today = Terms.load(), clock.today()
        levels = [
            (level.value, f"{level.label}（{terms.reply_days(level, today)} 天内答复）") for level in Level
        ]
        choices = {"category": service.categories(), "level": levels}
        for name, each in choices.items():
            self.fields[name].widget = forms.Select(choices=each)
        blanks = {"approach": "没有特别的办法", "outcome": "没有当场答复"}
        for name, blank in blanks.items():
            self.fields[name].widget = forms.Select(choices=[("", blank), *self.fields[name].choices])  # type: ignore[attr-defined]
        self.fields["content"].widget.attrs["rows"] = ROWS
        self.fields["spot_answer"].widget.attrs["rows"] = 2
        for name in ("household", "village", "query_code"):
            self.fields[name].widget = forms.HiddenInput()
        self.initial = {
            "level": service.usual_level(user),
            "form_id": uuid.uuid4(),
            "query_code": query_codes.new_code(),
            **self.initial,
        }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("query_code")
def matter_new(request: HttpRequest) -> HttpResponse:
    """挂号 for a household or a whole village. The code comes with the page, so that a second tap shows the same."""
    user = registering(request)
    place = _place(request, user)
    if request.method != "POST":
        return _new(request, user, place, NewForm(user=user, initial=_codes(place)))
    form = NewForm(request.POST, user=user)
    if not form.is_valid():
        return _new(request, user, place, form, status=422)
    words = form.cleaned_data
    try:
        matter = _said(request, words, user)
    except service.Alike as alike:
        return _new(request, user, place, form, status=409, alike=alike.matters)
    except PermissionDenied as error:
        raise Http404 from error
    except ValidationError as error:
        add_faults(form, error)
        return _new(request, user, place, form, status=422)
    return _led_on(request, words, matter)


def _said(request: HttpRequest, words: dict[str, Any], user: User) -> Grievance:
    """Registered as a new one, put into another, or only noted there: by the button that was pressed."""
    if number := request.POST.get("into"):
        return service.register_into(words, number[:40].replace("\x00", ""), by=user)
    if number := request.POST.get("note"):
        return service.note_in(words, number[:40].replace("\x00", ""), by=user)
    return service.register(words, by=user, offered=offered_in(request))


def _led_on(request: HttpRequest, words: dict[str, Any], matter: Grievance) -> HttpResponse:
    if "note" in request.POST:
        messages.success(request, f"已写进 {matter.number} 的办理进展，没有另外挂号")
        asked = {"household": words["household"]} if words["household"] else {}
    else:
        service.keep_code(request.session, matter, words["query_code"])
        asked = {"done": matter.number} | ({"household": words["household"]} if words["household"] else {})
    return redirect(f"{reverse('desk')}?{urlencode(asked)}")


def offered_in(request: HttpRequest) -> frozenset[int]:
    named = request.POST.get("offered", "").split(",")[:50]
    return frozenset(int(each) for each in named if each.isascii() and each.isdecimal() and len(each) < 19)


def _place(request: HttpRequest, user: User) -> Household | Village | None:
    """Whose matter it is: out of scope is not there."""
    asked = request.POST if request.method == "POST" else request.GET
    home, village = (asked.get(name, "").replace("\x00", "")[:50] for name in ("household", "village"))
    if home:
        found: Household = get_object_or_404(
            Household.objects.visible_to(user).select_related("village__township"), code=home
        )
        return found
    if village:
        return get_object_or_404(service.villages_of(user), code=village)
    return None


def _codes(place: Household | Village | None) -> dict[str, str]:
    if isinstance(place, Household):
        return {"household": place.code}
    return {"village": place.code} if place else {}


def _new(
    request: HttpRequest,
    user: User,
    place: Household | Village | None,
    form: NewForm,
    *,
    status: int = 200,
    alike: Any = (),
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "home": place if isinstance(place, Household) else None,
        "village": place if isinstance(place, Village) else None,
        **offers(alike, user),
        "answered": bool(form["spot_answer"].value() or form["outcome"].value()),
        "marked": bool(form["marks"].value() or form["approach"].value()),
    }
    if place is None:
        context["villages"] = service.villages_of(user)[:MOST_VILLAGES]
        return render(request, "matters/new_place.html", context, status=status)
    context["place_code"] = place.code
    return render(request, "matters/new.html", context, status=status)


def offers(alike: Collection[Grievance], user: User, *, note: bool = True) -> dict[str, Any]:
    """What may be done with each instead; the workflow asks again. `note`: to write it there, and no more."""
    scope = scope_of(user)
    shown = [
        {
            "matter": matter,
            "may_merge": matter.is_open and scope.has(*service.MERGING),
            "may_note": note and matter.is_open and matter.handler_id in scope.cadre_ids,
        }
        for matter in alike
    ]
    return {"alike": shown, "offered": ",".join(str(each.pk) for each in alike)}


def add_faults(form: forms.Form, error: ValidationError) -> None:
    """Beside its field where the page shows it, else on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    hidden_ones = {field.name for field in form.hidden_fields()}
    for name, errors in error.error_dict.items():
        beside = name in form.fields and name not in hidden_ones
        form.add_error(name if beside else None, errors)
