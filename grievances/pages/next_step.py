"""What comes next of a matter, what it still lacks, and whose turn it is (contract, section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from grievances.hands import DESKS, Hand
from grievances.models import GrievanceAction, GrievanceState, Level
from grievances.workflow import STEPS, Step, missing_for
from registry.models import Role

A, S = GrievanceAction, GrievanceState
# Somebody asked for it and waits.
DECISIONS = (A.EXTEND, A.WAIVE, A.KEEP)
# The other answer to the same question stands beside it.
_SAID = {
    A.ASSIGN: "还没有主办人。",
    A.REPLY: "还要写清办理结果（已解决、部分解决或政策解释）和答复的话。",
    A.CLOSE: "群众{satisfaction}，可以销号。",
    A.PUBLISH: "公示的文字已经确认，可以公示。",
    A.KEEP: "有一条异议在等答复：说明理由，或退回重办。",
}
DOTS = (
    (A.REGISTER, "挂号"),
    (A.ASSIGN, "交办"),
    (A.REPLY, "答复"),
    (A.REVISIT, "回访"),
    (A.CLOSE, "销号"),
    (A.PUBLISH, "公示"),
)
_DONE = {S.REGISTERED: 1, S.ASSIGNED: 2, S.REPLIED: 3, S.REVISITED: 4, S.CLOSED: 5, S.PUBLISHED: 6}


@dataclass(frozen=True)
class Next:
    """`mine`: the person at the page may take it."""

    action: GrievanceAction
    label: str
    missing: Sequence[str]
    whose: str
    mine: bool


@dataclass(frozen=True)
class Dot:
    """`stands`: done, now or ahead."""

    word: str
    stands: str


def dots(hand: Hand) -> list[Dot]:
    """Six dots from 挂号 to 公示. What stands still, void or merged, has none that is waited for."""
    matter = hand.matter
    done = _DONE[S(matter.state)]
    moves = matter.voided_at is None and matter.parent_id is None and not _withheld(hand)
    found = []
    for place, (step, word) in enumerate(DOTS):
        if step == A.REVISIT and matter.revisit_waived and place < done:
            word = "免回访"
        stands = "done" if place < done else "now" if place == done and moves else "ahead"
        found.append(Dot(word, stands))
    if matter.withheld_kind:
        found[-1] = Dot("不予公示", "done" if matter.state == S.CLOSED else "ahead")
    return found


def main_of(hand: Hand, steps: Sequence[Step]) -> Step | None:
    """The one button: the next step, or the decision that somebody waits for, if this person may take it."""
    mine = {step.action: step for step in steps}
    awaited = [step for step in steps if step.main] + [mine[each] for each in DECISIONS if each in mine]
    return awaited[0] if awaited else None


def next_of(hand: Hand, steps: Sequence[Step]) -> Next | None:
    """None when nobody owes anything more."""
    matter, step = hand.matter, _awaited(hand)
    if step is None or matter.voided_at is not None or matter.parent_id is not None:
        return None
    said = _SAID.get(step.action, "").format(satisfaction=matter.get_satisfaction_display())
    if step.action == A.REVISIT:
        asked = f"{matter.household.head_name}" if matter.household else "群众"
        said = f"还没有问过{asked}满意不满意。"
    if step.action == A.CLOSE and matter.satisfaction == "":
        said = ""
    missing = missing_for(hand, step.action) or [said]
    mine = any(each.action == step.action for each in steps)
    return Next(step.action, step.label, [each for each in missing if each], _whose(hand, step), mine)


def _awaited(hand: Hand) -> Step | None:
    if _withheld(hand):
        return None
    if hand.matter.state == S.PUBLISHED:
        return STEPS[A.KEEP] if not missing_for(hand, A.KEEP) else None
    return next(step for step in STEPS.values() if step.main and hand.matter.state in step.begins)


def _withheld(hand: Hand) -> bool:
    """It counts as done: it never appears in public."""
    return bool(hand.matter.withheld_kind) and hand.matter.state == S.CLOSED


def _whose(hand: Hand, step: Step) -> str:
    matter = hand.matter
    if step.action == A.REPLY and matter.handler:
        unit = f"（{matter.lead_unit.name}）" if matter.lead_unit else ""
        return f"{matter.handler.name}{unit}"
    desk = f"{_place(hand)}{Role(DESKS[Level(matter.level)]).label}"
    return step.who_label.partition("：")[0].replace("本级", desk)


def _place(hand: Hand) -> str:
    village = hand.matter.village
    return {Level.VILLAGE: village.name, Level.TOWNSHIP: f"{village.township.name}的"}.get(
        Level(hand.matter.level), ""
    )
