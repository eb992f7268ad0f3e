"""What each step sets on the locked matter (contract, section 4). The workflow saves it and writes the event."""

from collections.abc import Mapping
from typing import Any

from grievances import publication
from grievances.deadlines import Terms
from grievances.hands import ABOVE, Hand
from grievances.models import GrievanceAction, GrievanceState, Level, RequestKind, Satisfaction, StepRequest
from lianhu.kit import clock
from registry.models import Cadre, Unit

Words = Mapping[str, Any]


def nothing(hand: Hand, words: Words) -> None:
    """The event is all."""


def assign(hand: Hand, words: Words) -> None:
    _give(hand, words["handler"])
    hand.matter.approach = words["approach"] or hand.matter.approach
    hand.matter.helping_units.set(Unit.objects.filter(code__in=words["helping"]))


def transfer(hand: Hand, words: Words) -> None:
    _give(hand, words["handler"])


def _give(hand: Hand, code: str) -> None:
    cadre = Cadre.objects.get(code=code)
    hand.matter.handler = cadre
    hand.matter.lead_unit_id = hand.unit_of(cadre)
    hand.matter.held_since = hand.on


def escalate(hand: Hand, words: Words) -> None:
    """The new level's days, still from 挂号日期; its desk has its own days to assign it."""
    matter = hand.matter
    matter.level = ABOVE[Level(matter.level)]
    matter.reply_due_on = Terms.load().reply_due(matter.level, matter.registered_on, matter.extension_days)
    _lie_on_desk(hand)


def give_back(hand: Hand, words: Words) -> None:
    hand.matter.returns += 1
    _lie_on_desk(hand)


def _lie_on_desk(hand: Hand) -> None:
    matter = hand.matter
    matter.handler = None
    matter.lead_unit = None
    matter.held_since = hand.on
    matter.assign_due_on, matter.assign_due_certain = Terms.load().assign_due(hand.on)
    _lapse(hand)


def _lapse(hand: Hand) -> None:
    """A request that nobody decided falls with the step it was for."""
    waiting = hand.matter.requests.filter(decided_at__isnull=True)
    waiting.update(approved=False, decided_at=clock.now(), decided_by=hand.user)


def ask_extension(hand: Hand, words: Words) -> None:
    _ask(hand, RequestKind.EXTENSION, words, days=words["days"])


def ask_waiver(hand: Hand, words: Words) -> None:
    _ask(hand, RequestKind.WAIVER, words)


def _ask(hand: Hand, kind: RequestKind, words: Words, days: int | None = None) -> None:
    StepRequest.objects.create(
        grievance=hand.matter,
        kind=kind,
        days=days,
        reason=words["reason"],
        asked_at=clock.now(),
        asked_by=hand.user,
    )


def extend(hand: Hand, words: Words) -> None:
    matter, request = hand.matter, _decide(hand, RequestKind.EXTENSION, approved=True)
    matter.extension_days = request.days or 0
    matter.reply_due_on = Terms.load().reply_due(matter.level, matter.registered_on, matter.extension_days)


def refuse_extension(hand: Hand, words: Words) -> None:
    _decide(hand, RequestKind.EXTENSION, approved=False)


def refuse_waiver(hand: Hand, words: Words) -> None:
    _decide(hand, RequestKind.WAIVER, approved=False)


def _decide(hand: Hand, kind: RequestKind, *, approved: bool) -> StepRequest:
    request = hand.requests[kind]
    request.approved, request.decided_at, request.decided_by = approved, clock.now(), hand.user
    request.save()
    return request


def reply(hand: Hand, words: Words) -> None:
    matter = hand.matter
    if matter.handler_id is None:
        # On the spot: who answers has handled it.
        matter.handler = hand.user.cadre
        matter.lead_unit_id = hand.unit_of(matter.handler)
        matter.held_since = hand.on
    matter.replied_on = hand.on
    matter.outcome = words["outcome"]
    matter.reply = words["reason"]
    matter.policy_id = words["policy"]
    _lapse(hand)


def revisit(hand: Hand, words: Words) -> None:
    matter = hand.matter
    if words["satisfaction"] == Satisfaction.DISSATISFIED:
        _back_to_work(hand)
        return
    matter.satisfaction = words["satisfaction"]
    matter.revisited_on = words["day"] or hand.on
    # What was said after a 剔除 counts.
    matter.set_aside_at, matter.set_aside_by, matter.set_aside_reason = None, None, ""
    _lapse(hand)


def _back_to_work(hand: Hand) -> None:
    """退回重办: to the same handler; to the desk where there is none in post. What was said stays on the timeline."""
    matter = hand.matter
    matter.reopenings += 1
    matter.replied_on = matter.revisited_on = matter.closed_on = matter.published_on = None
    matter.outcome = matter.reply = matter.satisfaction = matter.set_aside_reason = ""
    matter.set_aside_at = matter.set_aside_by = None
    matter.policy = None
    matter.revisit_waived = False
    handler = matter.handler
    if handler is None or (handler.left_on is not None and handler.left_on < hand.on):
        matter.state = GrievanceState.REGISTERED
        _lie_on_desk(hand)
        return
    matter.state = GrievanceState.ASSIGNED
    matter.held_since = hand.on
    _lapse(hand)


def reopen(hand: Hand, words: Words) -> None:
    publication.withdraw(hand.matter, answer=words["reason"], by=hand.user)
    _back_to_work(hand)


def waive(hand: Hand, words: Words) -> None:
    _decide(hand, RequestKind.WAIVER, approved=True)
    hand.matter.revisit_waived = True
    hand.matter.closed_on = hand.on


def close(hand: Hand, words: Words) -> None:
    hand.matter.closed_on = hand.on


def publish(hand: Hand, words: Words) -> None:
    hand.matter.published_on = hand.on
    publication.put_up(hand.matter, on=hand.on, by=hand.user)


def withhold(hand: Hand, words: Words) -> None:
    hand.matter.withheld_kind = words["kind"]
    hand.matter.withheld_reason = words["reason"]


def keep(hand: Hand, words: Words) -> None:
    publication.answer_objection(hand.matter, words["reason"], by=hand.user)


def merge(hand: Hand, words: Words) -> None:
    hand.matter.parent = hand.other


def unmerge(hand: Hand, words: Words) -> None:
    hand.matter.parent = None


def void(hand: Hand, words: Words) -> None:
    hand.matter.voided_at = clock.now()
    hand.matter.void_reason = words["reason"]
    hand.matter.parent = None
    _lapse(hand)


def set_aside(hand: Hand, words: Words) -> None:
    """剔除: the satisfaction stays where it is, and is not counted."""
    hand.matter.set_aside_at = clock.now()
    hand.matter.set_aside_by = hand.user
    hand.matter.set_aside_reason = words["reason"]


def reason_of(action: GrievanceAction, words: Words) -> str:
    """The words of the event. Whom a revisit asked is among them: names are kept where they can be blacked out."""
    reason = str(words.get("reason") or "")
    if action == GrievanceAction.REVISIT:
        return f"问了{words['asked']}" + (f"：{reason}" if reason else "")
    if action == GrievanceAction.ASSIGN and words["helping"]:
        return f"{reason}（协办：{'、'.join(words['helping'])}）"
    return reason


def value_of(action: GrievanceAction, words: Words, hand: Hand) -> str:
    """The one word of the event: an outcome, a satisfaction, days, the other matter's number, a kind."""
    if action == GrievanceAction.EXTEND:
        return str(hand.matter.extension_days)
    return said_in_a_word(words)


def said_in_a_word(words: Words) -> str:
    names = ("outcome", "satisfaction", "days", "parent", "kind")
    return next((str(words[name]) for name in names if words.get(name)), "")
