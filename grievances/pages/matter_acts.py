"""Every act on a matter, one page a step: what will happen, the step's form, and what came of it (section 4)."""

from collections.abc import Mapping
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

from accounts.models import User
from grievances import effects, library, publication
from grievances.alike import alike
from grievances.hands import Hand
from grievances.models import Grievance, GrievanceAction
from grievances.pages import act_forms
from grievances.pages.act_words import ASKED, DONE, FINAL, GONE, WILL
from grievances.pages.matter import OBJECTING, hand_of, log_reading, may_object, visible_matter
from grievances.workflow import STEPS, Meanwhile, Step, act, missing_for, steps_for
from lianhu.kit import fields
from lianhu.kit.db import lock_for_transaction, tried_again

A = GrievanceAction
LONGEST_SEEN = 18


class ObjectionForm(forms.Form):
    text = fields.TextField(
        label="群众的异议", max_length=2_000, lines=True, help_text="照群众的原话写，不会公开"
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def matter_act(request: HttpRequest, number: str, step: str) -> HttpResponse:
    found, taken = visible_matter(request, number), _step(step)
    if request.method == "POST":
        return _take(request, found, taken)
    hand = hand_of(request, found)
    if taken not in steps_for(hand):
        return _not_now(request, hand, taken)
    with transaction.atomic():
        log_reading(found)
        return _page(request, hand, taken, act_forms.form_of(hand, taken))


def _step(word: str) -> Step:
    try:
        return STEPS[GrievanceAction(word)]
    except (ValueError, KeyError):
        raise Http404 from None


def _not_now(request: HttpRequest, hand: Hand, step: Step) -> HttpResponse:
    """Who could take it at another time hears why not now; for others it is not there."""
    if not step.who(hand):
        raise Http404
    missing = missing_for(hand, step.action)
    messages.warning(request, missing[0] if missing else _stands(hand.matter, step))
    return redirect("matter", hand.matter.number)


def _stands(matter: Grievance, step: Step) -> str:
    now = "已作废" if matter.voided_at else "已并案" if matter.parent_id else matter.get_state_display()
    return f"这件事现在是“{now}”，不能{step.label}"


def _take(request: HttpRequest, found: Grievance, step: Step) -> HttpResponse:
    words = act_forms.words_of(step, request.POST)
    hand = hand_of(request, found)
    if "find" in request.POST or "insert" in request.POST:
        if not step.who(hand):
            raise Http404
        return _helped(request, hand, step, words)
    form = act_forms.form_of(hand, step, words, sent=True)
    if form.is_valid():
        try:
            _once(found, step, words, form.cleaned_data, by=hand.user, seen=_seen(request))
        except Meanwhile as error:
            return _meanwhile(request, number=found.number, step=step, words=words, told=error.messages[0])
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _done(request, found.number, step)
    return _page(request, hand, step, form, status=422)


def _seen(request: HttpRequest) -> int | None:
    word = request.POST.get("seen", "")
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= LONGEST_SEEN else None


def _once(
    matter: Grievance,
    step: Step,
    words: Mapping[str, Any],
    cleaned: Mapping[str, Any],
    *,
    by: User,
    seen: int | None,
) -> None:
    """The second of two taps finds its own event and adds none; what says something else is no second tap."""

    @transaction.atomic
    def do() -> None:
        lock_for_transaction(f"step:{matter.pk}:{by.pk}")
        since = matter.events.filter(by=by, action=step.action, pk__gt=seen or 0)
        said = {"reason": effects.reason_of(step.action, cleaned)}
        if value := effects.said_in_a_word(cleaned):
            said["value"] = value
        if cleaned.get("handler"):
            said["handler__code"] = cleaned["handler"]
        if not (seen and since.filter(**said).exists()):
            act(matter.pk, step.action, words, by=by, seen=seen)

    tried_again(do)


def _done(request: HttpRequest, number: str, step: Step) -> HttpResponse:
    """Who gave it away may no longer see it."""
    assert isinstance(request.user, User)
    if Grievance.objects.visible_to(request.user).filter(number=number).exists():
        messages.success(request, DONE.get(step.action, f"{step.label}已记录"))
        return redirect("matter", number)
    messages.success(request, f"{number}：{DONE.get(step.action, step.label)}。{GONE}")
    return redirect("ledger")


def _meanwhile(
    request: HttpRequest, *, number: str, step: Step, words: Mapping[str, Any], told: str
) -> HttpResponse:
    """What happened since, with what was typed: to be sent once more if the step still fits, else to be copied."""
    hand = hand_of(request, visible_matter(request, number))
    form = act_forms.form_of(hand, step, words)
    still = step in steps_for(hand)
    return _page(
        request, hand, step, form, status=409, meanwhile=told, still=still, typed=_typed(form, words)
    )


def _typed(form: forms.Form, words: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, field in form.fields.items():
        value = words.get(name) or ""
        said = "、".join(value) if isinstance(value, list) else str(value)
        if said:
            choices = dict(getattr(field, "choices", ()))
            found.append((str(field.label), choices.get(said, said)))
    return found


def _helped(request: HttpRequest, hand: Hand, step: Step, words: dict[str, Any]) -> HttpResponse:
    """Without JavaScript: the list is searched, or a template put in, and all that was typed stays."""
    chosen = request.POST.get("insert", "")
    if chosen and step.action == A.REPLY:
        text = next((each.text for each in _templates(hand) if str(each.pk) == chosen), "")
        words["reason"] = "\n".join(part for part in (words["reason"], text) if part)
    return _page(request, hand, step, act_forms.form_of(hand, step, words), status=200)


def _templates(hand: Hand) -> Any:
    return library.templates_for(hand.matter.category, hand.on)


def _page(
    request: HttpRequest, hand: Hand, step: Step, form: forms.Form, *, status: int = 200, **told: Any
) -> HttpResponse:
    matter, action = hand.matter, step.action
    missing = missing_for(hand, action) if "meanwhile" not in told else []
    context = {
        "matter": matter,
        "step": step,
        "form": form,
        "seen": hand.history[-1].pk if hand.history else "",
        "will": [each.format(matter=matter) for each in WILL.get(action, ())],
        "final": FINAL.get(action, ""),
        "missing": missing,
        "still": True,
        "request_asked": hand.requests.get(ASKED.get(action, "")),
        "objection": publication.waiting_objection(matter) if action in {A.KEEP, A.REOPEN} else None,
        **_helps(request, hand, step, form),
    }
    return render(request, "matters/act.html", context | told, status=status)


def _helps(request: HttpRequest, hand: Hand, step: Step, form: forms.Form) -> dict[str, Any]:
    """What stands beside the fields of this step."""
    post = request.POST
    if step.action in {A.ASSIGN, A.TRANSFER}:
        searched = post.get("search", "")[:60]
        near, far = act_forms.units_for(hand) if step.action == A.ASSIGN else ((), ())
        return {
            "people": act_forms.people_for(hand, searched),
            "searched": searched,
            "picked": post.get("handler", ""),
            "typed_code": post.get("handler_typed", ""),
            "near": near,
            "far": far,
            "ticked": post.getlist("helping") or [unit.code for unit in hand.matter.helping_units.all()],
        }
    if step.action == A.REPLY:
        return {
            "templates": _templates(hand),
            "policies": library.policies_for(hand.matter.category, hand.on),
            "cited": str(form["policy"].value() or ""),
        }
    if step.action == A.EXTEND:
        return {"extended_to": act_forms.extended_to(hand)}
    if step.action == A.MERGE:
        return {
            "candidates": [each for each in alike(hand.matter, hand.user) if each.is_open],
            "picked": post.get("parent", ""),
            "typed_code": post.get("parent_typed", ""),
        }
    return {}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def matter_object(request: HttpRequest, number: str) -> HttpResponse:
    """The village desk registers an objection for the family, while the notice runs."""
    found = visible_matter(request, number)
    hand = hand_of(request, found)
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if not may_object(hand):
        return _no_objection(request, hand)
    if request.method == "POST" and form.is_valid():
        try:
            publication.object_to(found.pk, form.cleaned_data["text"], by=hand.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "异议已登记，必须答复：说明理由，或退回重办")
            return redirect("matter", number)
    with transaction.atomic():
        log_reading(found)
        context = {"matter": found, "form": form, "publication": publication.standing(found)}
        return render(request, "matters/object.html", context, status=422 if form.errors else 200)


def _no_objection(request: HttpRequest, hand: Hand) -> HttpResponse:
    """A second tap, or the notice is over: the desk is led back and told; others find nothing."""
    if hand.roles.isdisjoint(OBJECTING):
        raise Http404
    waits = publication.waiting_objection(hand.matter) is not None
    messages.warning(request, "已经有一条异议在等答复" if waits else "现在没有在公示期内的公示，不能登记异议")
    return redirect("matter", hand.matter.number)
