"""May it be so? Rules of activities that are entered now, by page or phone (contract, section 5).

What history brings by workbook is asked none of these: there no kind needs more than a place or a 工号.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from visits.activity_kinds import KINDS
from visits.models import ActivityKind

PLACES = {"unit": "单位", "village": "村"}


class ActivityFacts(Protocol):
    own: str
    roles: frozenset[str]
    county: bool


def kind_is_for_them(row: Values, facts: ActivityFacts) -> Iterator[Fault]:
    """Each kind is entered by those whose work it is."""
    kind = row.get("kind")
    if kind == ActivityKind.SELF_CHECK:
        yield Fault("kind", "self_check", "体检报告请在“体检报告”里写好提交，不在这里录入")
    elif kind and KINDS[kind].roles.isdisjoint(facts.roles):
        yield Fault("kind", "not_yours", f"{ActivityKind(kind).label}不由您录入，请联系单位联络员或村党组织")


def place_is_told(row: Values, facts: ActivityFacts) -> Iterator[Fault]:
    kind = row.get("kind")
    places = KINDS[kind].places if kind else ()
    if places and not any(row.get(name) for name in places):
        told = "或".join(PLACES[name] for name in places)
        yield Fault(places[0], "required", f"请填写在哪个{told}")


def two_people_talk(row: Values, facts: ActivityFacts) -> Iterator[Fault]:
    """谈心谈话 has exactly two people, and only they or the office write of it (contract, section 5)."""
    if row.get("kind") != ActivityKind.HEART_TALK or "cadres" not in row:
        return
    if len(row["cadres"]) != 2:
        yield Fault("cadres", "two_people", "谈心谈话是两个人的：本人和一位谈话对象")
    elif facts.own not in row["cadres"] and not facts.county:
        yield Fault("cadres", "not_yours", "谈心谈话只由谈话的两个人录入")


def subtype_is_of_the_kind(row: Values, facts: ActivityFacts) -> Iterator[Fault]:
    kind, subtype = row.get("kind"), row.get("subtype")
    if kind and subtype and subtype not in KINDS[kind].subtypes:
        yield Fault("subtype", "not_in_list", f"{ActivityKind(kind).label}没有这个细类")


def fault_has_a_plan(row: Values, facts: ActivityFacts) -> Iterator[Fault]:
    """What is found at fault is put right by a date (方案四(四))."""
    if row.get("fault"):
        if row.get("plan") == "":
            yield Fault("plan", "required", "发现了问题，请写整改方案")
        if "plan_due_on" in row and row["plan_due_on"] is None:
            yield Fault("plan_due_on", "required", "请写整改到哪一天")
    due, day = row.get("plan_due_on"), row.get("day")
    if due and day and due < day:
        yield Fault("plan_due_on", "too_early", f"早于回头看的 {day}")


def review_is_of_a_project(row: Values, facts: ActivityFacts) -> Iterator[Fault]:
    told = any(row.get(name) for name in ("checked", "fault", "plan", "plan_due_on"))
    if told and row.get("kind") not in (None, ActivityKind.PROJECT_REVIEW):
        yield Fault("project", "other_kind", "只有民生项目回头看填写项目和整改")
    elif told and row.get("project") == "":
        yield Fault("project", "required", "请写项目名称")


RULES: tuple[Any, ...] = (
    kind_is_for_them,
    place_is_told,
    two_people_talk,
    subtype_is_of_the_kind,
    fault_has_a_plan,
    review_is_of_a_project,
)
