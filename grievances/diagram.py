"""docs/workflow.md, made from `grievances.workflow.STEPS`: the diagram and the table say what the code does."""

from collections import defaultdict
from collections.abc import Iterator

from grievances.models import GrievanceState
from grievances.workflow import STEPS, Step

HEAD = """\
# The steps of a matter

Made from `grievances/workflow.py` by `manage.py workflow_diagram > docs/workflow.md`; a test compares. 挂号 is
`grievances.entry.register`, what a resident filed (待挂号) becomes a matter by it. 提出异议 and the entries that move
nothing (告知群众, 群众评价, 逾期上报, 重算期限, 接替) are written by `grievances.events`.
"""
BELOW = """\

## What else holds

- **Who.** 本级 is the branch, township or office of the matter's level (村, 乡, 县); where nobody is at that desk, the
  next level up stands in. Whoever handles the matter or has, or has answered it, does not close it; when that is
  everybody of the desk, the next level up closes. Whoever closed it does not publish it, but for the office.
- **At the same moment.** The row is locked; the second hears who took which step, when. Nothing of it was written.
- **Dates.** `grievances/deadlines.py`: to be assigned within working days from the day it came to its level, to be
  answered within calendar days from 挂号日期 by the level. The clock never pauses. An answer sent back keeps its date.
- **Settings with effect dates.** Days to answer, the most days of an extension and the 60 days hold by 挂号日期: a new
  value is for what is registered from that day on. Days to assign hold by the day the matter came to its level. 临期
  holds from that day for all. The notice's days hold by the day of publication.
- **暂定.** A date reckoned over a year that is not published yet is marked, and recomputed once the year is entered
  (on saving it, and every night); the timeline says so. What had become certain stays.
- **逾期上报.** Each working day, hourly from 8:30: one notice a person of the next level up, with the count; the first
  time at a level and in one pair of hands it is on the timeline too (`grievances/escalation.py`).
- **并案.** One level deep. What the family of the whole is told, the families of its parts are told too.
- **History.** Imported matters keep the steps they had, with the import as actor; their handler counts as who replied.
"""


def document() -> str:
    return "\n".join([HEAD, "```mermaid", *_diagram(), "```", "", *_table(), BELOW.rstrip("\n"), ""])


def _diagram() -> Iterator[str]:
    yield "stateDiagram-v2"
    for state in GrievanceState:
        yield f'    state "{state.label}" as {state.name}'
    yield f"    [*] --> {GrievanceState.REGISTERED.name}: 挂号"
    for (begin, end), labels in _moves().items():
        yield f"    {begin.name} --> {end.name}: {'、'.join(labels)}"


def _moves() -> dict[tuple[GrievanceState, GrievanceState], list[str]]:
    """Which steps lead from one state to another, or back to the same by another hand."""
    moves: dict[tuple[GrievanceState, GrievanceState], list[str]] = defaultdict(list)
    for step in STEPS.values():
        for begin in GrievanceState:
            for end in ends_of(step) if begin in step.begins else ():
                if step.to is not None:
                    moves[begin, end].append(step.label)
    return moves


def ends_of(step: Step) -> tuple[GrievanceState, ...]:
    return tuple(state for state in GrievanceState if state == step.to or state in step.also)


def _table() -> Iterator[str]:
    yield "| 步骤 | 从 | 到 | 谁 | 要填 | 告知群众 |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for step in STEPS.values():
        begins = "、".join(state.label for state in GrievanceState if state in step.begins)
        ends = " / ".join(state.label for state in ends_of(step)) or "不变"
        fields = step.form.base_fields.values()
        asked = "、".join(f"{each.label}{'' if each.required else '（可空）'}" for each in fields)
        merged = "；已并案的也可以" if step.merged_too else ""
        yield (
            f"| {step.label} `{step.action}` | {begins}{merged} | {ends} | {step.who_label} | {asked} "
            f"| {step.tells.label if step.tells else ''} |"
        )
