"""What a family reads of its own matter, having shown its code (contract, sections 4 and 10).

Dates, steps and labels in plain words, the answer itself, why it was put off, and what was said to its objection.
No name, no phone, not its own words: whoever looks over a shoulder learns no more than that.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from grievances import masking, publication
from grievances.hands import ABOVE
from grievances.models import (
    FamilyRating,
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    Level,
    Objection,
    Outcome,
    Publication,
    Satisfaction,
    WithheldKind,
)

A, S = GrievanceAction, GrievanceState
_WAY = (S.REGISTERED, S.ASSIGNED, S.REPLIED, S.REVISITED, S.CLOSED, S.PUBLISHED)
_STEPS = ("挂号", "交办", "答复", "回访", "销号", "公示")


@dataclass(frozen=True)
class Stage:
    """One of the six. `state`: done, now, or coming."""

    label: str
    state: str


@dataclass(frozen=True)
class Told:
    on: datetime.date
    words: str


@dataclass(frozen=True)
class Case:
    """All that a page without sign-in may say of a matter to whoever has its code."""

    number: str
    category: str
    village: str
    state: str
    state_label: str
    voided: bool
    merged_into: str
    unit: str
    registered_on: datetime.date
    reply_due_on: datetime.date | None
    extension_days: int
    extended_for: str
    replied_on: datetime.date | None
    outcome: str
    reply: str
    closed_on: datetime.date | None
    withheld: str
    stages: list[Stage]
    told: list[Told]
    notice_until: datetime.date | None
    may_object: bool
    objections: list[Objection]
    reply_event: GrievanceEvent | None
    rating: str

    @property
    def is_up(self) -> bool:
        return self.notice_until is not None

    @property
    def may_rate(self) -> bool:
        return self.reply_event is not None and not self.rating


def case_of(matter: Grievance, on: datetime.date) -> Case:
    """What is answered stands on the matter it was merged into: that one's steps and days are told."""
    lead = matter.parent or matter
    # Whoever holds the slip reads this: no name and no number, not even in the answer.
    family = masking.family_of(matter)
    events = list(lead.events.order_by("pk"))
    up = _up(lead)
    said = list(Objection.objects.filter(publication__grievance=matter).order_by("pk"))
    for each in said:
        each.answer = _masked(each.answer, family)
    waits = any(each.answered_at is None for each in said)
    reply = reply_event(matter, events)
    rating = FamilyRating.objects.filter(reply_event=reply).first() if reply else None
    return Case(
        number=matter.number,
        category=matter.category.name,
        village=matter.village.name,
        state=lead.state,
        state_label=lead.get_state_display(),
        voided=matter.voided_at is not None,
        merged_into=lead.number if matter.parent else "",
        unit=lead.lead_unit.name if lead.lead_unit else "",
        registered_on=matter.registered_on,
        reply_due_on=lead.reply_due_on,
        extension_days=lead.extension_days,
        extended_for="" if matter.parent else _masked(_extended_for(lead), family),
        replied_on=lead.replied_on,
        outcome=lead.get_outcome_display(),
        # Another family's answer may hold what is theirs.
        reply="" if matter.parent else _masked(matter.reply, family),
        closed_on=lead.closed_on,
        withheld=WithheldKind(lead.withheld_kind).label if lead.withheld_kind else "",
        stages=list(_stages(lead)),
        told=[
            Told(each.on, words)
            for each in reversed(events)
            if (words := _words(each, events, lead)) and not (matter.parent and each.action in _OTHERS_WORDS)
        ],
        notice_until=up.ends_on if up else None,
        may_object=up is not None and matter.parent is None and publication.runs(up, on) and not waits,
        objections=said,
        reply_event=reply,
        rating=rating.get_satisfaction_display() if rating else "",
    )


def _masked(words: str, family: masking.Family) -> str:
    return masking.propose(words, family).text if words else ""


def reply_event(matter: Grievance, events: list[GrievanceEvent]) -> GrievanceEvent | None:
    """The answer that stands, of a matter that is its own: what a family may say how satisfied it is with."""
    if matter.replied_on is None or matter.voided_at is not None or matter.parent_id is not None:
        return None
    return next((each for each in reversed(events) if each.action == A.REPLY), None)


def _up(matter: Grievance) -> Publication | None:
    if matter.state != S.PUBLISHED or matter.voided_at is not None:
        return None
    return publication.standing(matter)


def _extended_for(matter: Grievance) -> str:
    if not matter.extension_days:
        return ""
    asked = matter.requests.filter(kind="extension", approved=True).values_list("reason", flat=True)
    return asked.first() or ""


def _stages(matter: Grievance) -> Iterator[Stage]:
    here = _WAY.index(S(matter.state))
    for place, label in enumerate(_STEPS):
        skipped = label == "回访" and matter.revisit_waived and here > place
        hidden = label == "公示" and matter.withheld_kind
        name = "不公示" if hidden else "免回访" if skipped else label
        yield Stage(name, "done" if place < here else "now" if place == here else "coming")


# What the family of the matter it was merged into said.
_OTHERS_WORDS = {A.REVISIT, A.RATE, A.OBJECT, A.KEEP, A.SET_ASIDE}

_PLAIN: dict[str, str] = {
    A.REGISTER: "已经挂号",
    A.TRANSFER: "转给别的人办",
    A.RETURN: "交错了，退回来重新安排",
    A.WAIVE: "已经销号，不再回访",
    A.CLOSE: "已经销号",
    A.PUBLISH: "在公开台账公示",
    A.REOPEN: "退回重办",
    A.OBJECT: "收到异议",
    A.KEEP: "异议已经答复",
    A.MERGE: "和相同的事并在一起办",
    A.UNMERGE: "从并在一起的事里取出来，单独办",
    A.VOID: "已经作废，不再办理",
    A.OVERDUE: "过了期限，已经报给上一级",
    A.HAND_OVER: "换了人接着办",
    A.SET_ASIDE: "回访的意见不计入统计",
}


def _words(event: GrievanceEvent, events: list[GrievanceEvent], matter: Grievance) -> str:
    """Labels only: the reasons on the desk's timeline are the desk's. Empty for what is no news to a family."""
    match event.action:
        case A.ASSIGN:
            last = [each for each in events if each.action in (A.ASSIGN, A.TRANSFER)][-1]
            known = matter.lead_unit is not None and last.pk == event.pk and event.handler_id is not None
            return f"交给{matter.lead_unit.name}办" if known and matter.lead_unit else "交给人办"
        case A.ESCALATE:
            level = event.level or ABOVE.get(Level(matter.level), matter.level)
            return f"升到{Level(level).label}一级办"
        case A.EXTEND:
            return f"答复的期限延长 {event.value} 天"
        case A.REPLY:
            outcome = Outcome(event.value).label if event.value in Outcome.values else ""
            return f"已经答复{f'：{outcome}' if outcome else ''}"
        case A.REVISIT:
            heard = Satisfaction(event.value).label if event.value in Satisfaction.values else ""
            again = "，退回重办" if event.value == Satisfaction.DISSATISFIED else ""
            return f"已经回访{f'：{heard}' if heard else ''}{again}"
        case A.RATE:
            return (
                f"收到评价：{Satisfaction(event.value).label}" if event.value in Satisfaction.values else ""
            )
        case A.WITHHOLD:
            kind = WithheldKind(event.value).label if event.value in WithheldKind.values else ""
            return f"不在公开台账公示{f'（{kind}）' if kind else ''}"
    return _PLAIN.get(event.action, "")
