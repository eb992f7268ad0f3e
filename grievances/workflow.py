"""The one table of a matter's steps, and the one function that moves along it (contract, section 4).

Web pages, bulk actions and the public pages call `act`; buttons, timeline and the diagram in the docs are made
from `STEPS`. 挂号 itself is `grievances.entry.register`, which makes the matter that all steps begin from.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from grievances import effects, step_rules
from grievances import step_forms as said
from grievances.events import add_event
from grievances.family import owe
from grievances.hands import Hand
from grievances.models import (
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    Occasion,
    RequestKind,
)
from grievances.telling import tell_colleagues
from lianhu.kit import clock
from lianhu.kit.db import tried_again
from lianhu.kit.errors import Fault, raise_faults

Date = datetime.date
S, A = GrievanceState, GrievanceAction
Who = Callable[[Hand], bool]
Rule = Callable[[Hand, Mapping[str, Any]], Iterator[Fault]]

BEFORE_REPLY = frozenset({S.REGISTERED, S.ASSIGNED})
OPEN = frozenset({S.REGISTERED, S.ASSIGNED, S.REPLIED, S.REVISITED})


@dataclass(frozen=True)
class Step:
    """`to`: where it leads; None stays where it is. `also`: other states it may lead to, by what was said.

    `who` may take it; `needs` are the rules it is asked, with the cleaned words of `form`; `do` sets what it
    sets on the locked matter. `tells`: the family hears of it. `main`: the button that stands alone.
    `quiet`: it changes nothing that another step was chosen for.
    """

    action: GrievanceAction
    begins: frozenset[GrievanceState]
    to: GrievanceState | None
    who: Who
    who_label: str
    form: type[forms.Form] = said.ReasonForm
    needs: tuple[Rule, ...] = ()
    do: Callable[[Hand, Mapping[str, Any]], None] = effects.nothing
    also: frozenset[GrievanceState] = frozenset()
    tells: Occasion | None = None
    main: bool = False
    quiet: bool = False
    merged_too: bool = False

    @property
    def label(self) -> str:
        return str(self.action.label)


_TABLE = (
    Step(
        A.ASSIGN,
        frozenset({S.REGISTERED}),
        S.ASSIGNED,
        who=lambda hand: hand.at_desk,
        who_label="本级：村党组织、乡镇、县联户联情办",
        form=said.AssignForm,
        needs=(step_rules.handler_can_take_it, step_rules.helping_units_are_there),
        do=effects.assign,
        main=True,
    ),
    Step(
        A.TRANSFER,
        frozenset({S.ASSIGNED}),
        S.ASSIGNED,
        who=lambda hand: hand.holds or hand.at_desk,
        who_label="主办人、本级",
        form=said.TransferForm,
        needs=(step_rules.handler_can_take_it, step_rules.handler_is_another),
        do=effects.transfer,
    ),
    Step(
        A.ESCALATE,
        BEFORE_REPLY,
        S.REGISTERED,
        who=lambda hand: hand.holds or hand.at_desk,
        who_label="主办人、本级",
        needs=(step_rules.there_is_a_level_above,),
        do=effects.escalate,
    ),
    Step(
        A.RETURN,
        frozenset({S.ASSIGNED}),
        S.REGISTERED,
        who=lambda hand: hand.holds,
        who_label="主办人",
        do=effects.give_back,
    ),
    Step(
        A.ASK_EXTENSION,
        frozenset({S.ASSIGNED}),
        None,
        who=lambda hand: hand.holds,
        who_label="主办人",
        form=said.ExtensionForm,
        needs=(step_rules.extended_once, step_rules.within_sixty_days),
        do=effects.ask_extension,
        quiet=True,
    ),
    Step(
        A.EXTEND,
        frozenset({S.ASSIGNED}),
        None,
        who=lambda hand: hand.above and not hand.asked(RequestKind.EXTENSION) and not hand.holds,
        who_label="上一级；县级的由县联户联情办另一人",
        form=said.NothingForm,
        needs=(step_rules.extension_is_asked,),
        do=effects.extend,
        tells=Occasion.EXTEND,
        quiet=True,
    ),
    Step(
        A.REFUSE_EXTENSION,
        frozenset({S.ASSIGNED}),
        None,
        who=lambda hand: hand.above and not hand.asked(RequestKind.EXTENSION) and not hand.holds,
        who_label="上一级；县级的由县联户联情办另一人",
        needs=(step_rules.extension_is_asked,),
        do=effects.refuse_extension,
        quiet=True,
    ),
    Step(
        A.REPLY,
        BEFORE_REPLY,
        S.REPLIED,
        who=lambda hand: hand.holds or (hand.matter.state == S.REGISTERED and hand.answers_on_the_spot),
        who_label="主办人；没有交办的由挂号的干部当场答复",
        form=said.ReplyForm,
        needs=(step_rules.policy_is_cited,),
        do=effects.reply,
        tells=Occasion.REPLY,
        main=True,
    ),
    Step(
        A.REVISIT,
        frozenset({S.REPLIED}),
        S.REVISITED,
        who=lambda hand: not hand.replied,
        who_label="看得到这件事的人，答复的人除外",
        form=said.RevisitForm,
        needs=(step_rules.revisit_day_fits,),
        do=effects.revisit,
        also=frozenset({S.ASSIGNED, S.REGISTERED}),
        main=True,
    ),
    Step(
        A.ASK_WAIVER,
        frozenset({S.REPLIED}),
        None,
        who=lambda hand: hand.holds or hand.at_desk,
        who_label="主办人、本级",
        needs=(step_rules.waiver_is_asked_once,),
        do=effects.ask_waiver,
        quiet=True,
    ),
    Step(
        A.WAIVE,
        frozenset({S.REPLIED}),
        S.CLOSED,
        who=lambda hand: hand.above and not hand.asked(RequestKind.WAIVER) and not hand.handled,
        who_label="上一级；县级的由县联户联情办另一人",
        form=said.NothingForm,
        needs=(step_rules.waiver_is_asked,),
        do=effects.waive,
        tells=Occasion.CLOSE,
    ),
    Step(
        A.REFUSE_WAIVER,
        frozenset({S.REPLIED}),
        None,
        who=lambda hand: hand.above and not hand.asked(RequestKind.WAIVER) and not hand.handled,
        who_label="上一级；县级的由县联户联情办另一人",
        needs=(step_rules.waiver_is_asked,),
        do=effects.refuse_waiver,
        quiet=True,
    ),
    Step(
        A.CLOSE,
        frozenset({S.REVISITED}),
        S.CLOSED,
        who=lambda hand: hand.may_close,
        who_label="本级，办理过的人除外；本级的人都办理过的，由上一级",
        form=said.NothingForm,
        needs=(step_rules.family_is_content,),
        do=effects.close,
        tells=Occasion.CLOSE,
        main=True,
    ),
    Step(
        A.PUBLISH,
        frozenset({S.CLOSED}),
        S.PUBLISHED,
        who=lambda hand: hand.at_desk_or_above and (hand.in_office or not hand.closed),
        who_label="本级和上级；销号的人不能公示，县联户联情办除外",
        form=said.NothingForm,
        needs=(step_rules.not_withheld, step_rules.public_text_is_confirmed),
        do=effects.publish,
        main=True,
    ),
    Step(
        A.WITHHOLD,
        OPEN | {S.CLOSED},
        None,
        who=lambda hand: hand.at_desk_or_above,
        who_label="本级和上级",
        form=said.WithholdForm,
        needs=(step_rules.not_withheld,),
        do=effects.withhold,
        quiet=True,
    ),
    Step(
        A.REOPEN,
        frozenset({S.REPLIED, S.REVISITED, S.CLOSED, S.PUBLISHED}),
        S.ASSIGNED,
        who=lambda hand: hand.at_desk_or_above,
        who_label="本级和上级",
        do=effects.reopen,
        also=frozenset({S.REGISTERED}),
    ),
    Step(
        A.KEEP,
        frozenset({S.PUBLISHED}),
        None,
        who=lambda hand: hand.at_desk_or_above,
        who_label="本级和上级",
        form=said.AnswerForm,
        needs=(step_rules.objection_waits,),
        do=effects.keep,
        quiet=True,
    ),
    Step(
        A.MERGE,
        OPEN,
        None,
        who=lambda hand: hand.at_township_or_office,
        who_label="乡镇、县联户联情办",
        form=said.MergeForm,
        needs=(step_rules.parent_can_take_it,),
        do=effects.merge,
    ),
    Step(
        A.UNMERGE,
        OPEN,
        None,
        who=lambda hand: hand.at_township_or_office,
        who_label="乡镇、县联户联情办",
        needs=(step_rules.is_merged,),
        do=effects.unmerge,
        merged_too=True,
    ),
    Step(
        A.VOID,
        OPEN,
        None,
        who=lambda hand: hand.in_office,
        who_label="县联户联情办",
        needs=(step_rules.nothing_is_merged_into_it,),
        do=effects.void,
        merged_too=True,
    ),
    Step(
        A.NOTE,
        OPEN,
        None,
        who=lambda hand: hand.holds or hand.helps,
        who_label="主办人、协办单位",
        form=said.NoteForm,
        quiet=True,
    ),
    Step(
        A.REMIND,
        BEFORE_REPLY,
        None,
        who=lambda hand: hand.at_desk_or_above,
        who_label="本级和上级",
        form=said.NothingForm,
        needs=(step_rules.reminded_once_a_day,),
        quiet=True,
    ),
    Step(
        A.SET_ASIDE,
        frozenset(S),
        None,
        who=lambda hand: hand.in_office,
        who_label="县联户联情办",
        needs=(step_rules.satisfaction_counts,),
        do=effects.set_aside,
        quiet=True,
    ),
)
STEPS: Mapping[GrievanceAction, Step] = {step.action: step for step in _TABLE}


class Meanwhile(ValidationError):
    """Somebody else was first: who did what, when. Nothing was written."""


def steps_for(hand: Hand) -> list[Step]:
    """What this person may do now, in the table's order: the buttons of the matter's page."""
    return [step for step in _TABLE if _stands(hand.matter, step) and step.who(hand) and _asked(hand, step)]


def missing_for(hand: Hand, action: GrievanceAction) -> list[str]:
    """What the step still lacks before a word is typed, in sentences."""
    return [fault.message for rule in STEPS[action].needs for fault in rule(hand, {}) if not fault.field]


def _asked(hand: Hand, step: Step) -> bool:
    """A decision is offered when somebody waits for it; a step that only fits a merged matter, there alone."""
    return not any(fault.code == "not_asked" for rule in step.needs for fault in rule(hand, {}))


def _stands(matter: Grievance, step: Step) -> bool:
    if matter.voided_at is not None or (matter.parent_id is not None and not step.merged_too):
        return False
    return matter.state in step.begins


def act(
    pk: int,
    action: GrievanceAction,
    data: Mapping[str, Any] | None = None,
    *,
    by: User,
    seen: int | None = None,
) -> Grievance:
    """Take one step of a matter, today: the row is locked, the step checked, its event written.

    `data`: the words of the step's form, raw. `seen`: the last event the person had on the screen. Raise
    PermissionDenied for who may not (also for a matter out of scope), Meanwhile when the matter moved on,
    ValidationError by field for what is wrong. Of two at the same moment the second waits, then hears who was
    first.
    """
    step, on = STEPS[action], clock.today()
    form = step.form(data or {})
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    words = form.cleaned_data
    return tried_again(lambda: _act(pk, step, words, by=by, on=on, seen=seen))


def _act(pk: int, step: Step, words: Mapping[str, Any], *, by: User, on: Date, seen: int | None) -> Grievance:
    with transaction.atomic():
        hand = _locked(pk, words, by=by, on=on)
        _check(hand, step, seen)
        if _is_said_again(hand, step, words):
            return hand.matter
        faults = [fault for rule in step.needs for fault in rule(hand, words)]
        for fault in faults:
            if fault.code == "not_asked":
                raise Meanwhile(f"{fault.message}。{_what_happened(hand, _last_of(hand))}", code="meanwhile")
        raise_faults(faults)
        return _take(hand, step, words)


def _locked(pk: int, words: Mapping[str, Any], *, by: User, on: Date) -> Hand:
    """The matter, what is merged into it and the other one of a merge, locked in the order of their ids.

    Out of scope is forbidden.
    """
    other = Grievance.objects.filter(number=words["parent"]).first() if words.get("parent") else None
    wanted = {pk} | ({other.pk} if other else set())
    # Bare rows are locked, and read only then: who waited for a lock would see what is joined to them, and what
    # was merged into them, as it was before. NO KEY: an event of another matter that names one of them by its
    # foreign key waits for nobody.
    rows = Grievance.objects.filter(Q(pk__in=wanted) | Q(parent=pk)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    related = ("village", "household", "handler__user", "parent")
    locked = {row.pk: row for row in rows.select_related(*related)}
    seen = set(Grievance.objects.visible_to(by).filter(pk__in=wanted).values_list("pk", flat=True))
    if pk not in locked or pk not in seen:
        raise PermissionDenied
    merged = [row for row in locked.values() if row.parent_id == pk]
    return Hand(
        locked[pk], by, on, other=locked[other.pk] if other and other.pk in seen else None, merged=merged
    )


# A button pressed twice: what only adds a line to the timeline is not added again.
_TWICE = datetime.timedelta(minutes=1)


def _is_said_again(hand: Hand, step: Step, words: Mapping[str, Any]) -> bool:
    last = _last_of(hand)
    if last is None or step.do is not effects.nothing or clock.now() - last.recorded_at >= _TWICE:
        return False
    this = (step.action, hand.user.pk, effects.reason_of(step.action, words))
    return (last.action, last.by_id, last.reason) == this


def _last_of(hand: Hand, besides: Collection[str] = ()) -> GrievanceEvent | None:
    return next((each for each in reversed(hand.history) if each.action not in besides), None)


def _check(hand: Hand, step: Step, seen: int | None) -> None:
    last = _last_of(hand, _QUIET)
    if not _stands(hand.matter, step) or (seen is not None and not step.quiet and last and last.pk > seen):
        raise Meanwhile(_what_happened(hand, last), code="meanwhile")
    if not step.who(hand):
        raise PermissionDenied


def _what_happened(hand: Hand, last: GrievanceEvent | None) -> str:
    if last is None:
        return f"这件事现在是“{hand.matter.get_state_display()}”，不能这样办。"
    who = last.by.name if last.by else "导入"
    at = last.recorded_at.astimezone(clock.SHANGHAI)
    now = "已作废" if hand.matter.voided_at else hand.matter.get_state_display()
    if hand.matter.parent is not None:
        now = f"已并入 {hand.matter.parent.number}"
    return f"{who}已在 {at:%m-%d %H:%M} {last.get_action_display()}，现在是“{now}”。您这一次没有写入。"


_QUIET = {step.action for step in _TABLE if step.quiet} | {
    A.OVERDUE,
    A.TELL,
    A.RATE,
    A.RESCHEDULE,
    A.OBJECT,
}


def _take(hand: Hand, step: Step, words: Mapping[str, Any]) -> Grievance:
    matter, before = hand.matter, GrievanceState(hand.matter.state)
    if step.to is not None:
        matter.state = step.to
    step.do(hand, words)
    after = GrievanceState(matter.state)
    assert after in {step.to or before, *step.also}, (step.action, after)
    matter.save()
    event = add_event(
        matter,
        step.action,
        by=hand.user,
        was=before,
        reason=effects.reason_of(step.action, words),
        value=effects.value_of(step.action, words, hand),
    )
    if step.tells:
        owe(matter, step.tells, event)
        for part in hand.merged:
            _pass_on(part, step.tells, event, by=hand.user)
    tell_colleagues(matter, event)
    return matter


def _pass_on(part: Grievance, occasion: Occasion, event: GrievanceEvent, *, by: User) -> None:
    """The family whose matter was merged hears what came of it; the words were said to another one."""
    whole = event.grievance
    told = f"并入的 {whole.number} {event.get_action_display()}"
    noted = add_event(part, A.NOTE, by=by, reason=told)
    owe(part, occasion, noted, answered=whole)


@dataclass(frozen=True)
class Result:
    """Of one matter among many: what was wrong, or nothing."""

    matter: Grievance
    fault: str = ""


def act_on_many(
    matters: Iterable[Grievance], action: GrievanceAction, data: Mapping[str, Any], *, by: User
) -> Sequence[Result]:
    """Each in a transaction of its own: one that can't be moved holds up no other. Raise ValidationError for
    words that are wrong for all of them.
    """
    form = STEPS[action].form(data)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    results = []
    for matter in sorted(matters, key=lambda each: each.pk):
        try:
            results.append(Result(act(matter.pk, action, data, by=by)))
        except PermissionDenied:
            results.append(Result(matter, f"您不能{STEPS[action].label}这一件"))
        except ValidationError as error:
            results.append(Result(matter, "；".join(error.messages)))
    return results
