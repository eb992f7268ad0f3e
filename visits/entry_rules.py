"""May it be so? Rules of trips, visits and activities that are entered now (contract, section 3).

History brought by workbook is not asked these: only `visits.rules`, which hold for both.
"""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values, ends_after_begin
from visits import rules
from visits.entry_facts import EntryFacts

Rule = Callable[[Values, EntryFacts], Iterator[Fault]]


def may_be_entered(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    """One's own, or 代录 by the liaison of the cadre's unit (contract, section 3)."""
    cadre = row.get("cadre", "")
    if not cadre:
        yield Fault("cadre", "required", "您的账号不是干部，请填写替谁录入的工号")
    elif not facts.knows("cadre", cadre):
        yield Fault("cadre", "not_found", f"没有工号 {cadre}，请核对")
    elif cadre not in facts.enters:
        yield Fault("cadre", "not_yours", f"您不能替 {facts.name_of(cadre)} 录入，只有其单位联络员可以代录")


def village_is_there(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    code = row.get("village")
    if code and not facts.knows("village", code):
        yield Fault("village", "not_found", f"没有村编码 {code}，请核对")


def trip_has_begun(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    begin = row.get("begins_on")
    if begin and begin > facts.on:
        yield Fault(
            "begins_on", "future", f"第一天 {begin} 还没有到（今天是 {facts.on}），请核对手机上的日期"
        )


LONGEST_TRIP = datetime.timedelta(days=92)
FARTHEST_AHEAD = datetime.timedelta(days=31)


def trip_ends_in_reason(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    """A slip of the year would fill a lifetime with one trip."""
    begin, end = row.get("begins_on"), row.get("ends_on")
    if end and end > facts.on + FARTHEST_AHEAD:
        yield Fault(
            "ends_on", "too_far_ahead", f"最后一天 {end} 太远，最多登记到 {facts.on + FARTHEST_AHEAD}"
        )
    elif begin and end and end - begin > LONGEST_TRIP:
        yield Fault("ends_on", "too_long", "一次下乡最多 92 天，更长的请分几次登记")


def cadre_is_in_post(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    person = facts.people.get(row.get("cadre", ""))
    if person is None:
        return
    begin, end = row.get("begins_on"), row.get("ends_on")
    if begin and begin < person.joined_on:
        yield Fault("begins_on", "not_in_post", f"{person.name} {person.joined_on} 才到岗")
    if end and person.left_on and end > person.left_on:
        yield Fault("ends_on", "not_in_post", f"{person.name} 已于 {person.left_on} 离岗")


def day_has_come(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    day = row.get("day")
    if day and day > facts.on:
        yield Fault("day", "future", f"日期 {day} 还没有到（今天是 {facts.on}），请核对手机上的日期")


def household_is_known(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    """What may not be seen answers as what is not there."""
    code, day, cadre = row.get("household"), row.get("day"), row.get("cadre")
    if code and day and cadre and not facts.may_name(code, cadre, day):
        yield Fault("household", "not_found", f"没有您能走访的户 {code}，请核对户编码")


def household_is_open(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    home, day = facts.homes.get(row.get("household", "")), row.get("day")
    if home and day and home.closed_on and day > home.closed_on:
        yield Fault("household", "closed", f"这一户已于 {home.closed_on} 销户")


def paired_that_day(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    """Only the paired cadre visits, unless marked 代访 with a reason (方案三(三); contract, section 3).

    A colleague who covers the holder (代管) needs no other reason.
    """
    code, day, cadre = row.get("household"), row.get("day"), row.get("cadre")
    if not (code and day and cadre) or row.get("proxy_reason") or not facts.may_name(code, cadre, day):
        return
    holder = facts.holder(code, day)
    if holder == cadre or facts.covers(code, cadre, day):
        return
    since = facts.paired_since(code, day)
    now = f"，{facts.name_of(holder)}从 {since} 起结对这一户" if holder else "，这一天这一户没有结对干部"
    yield Fault(
        "household",
        "not_paired",
        f"走访当日 {day} 您未与该户结对{now}。替别人去的，请标为代访并写明原因；日期写错了，请改日期",
    )


def one_visit_a_day(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    code, day, cadre = row.get("household"), row.get("day"), row.get("cadre")
    if code and day and cadre:
        if facts.visited(cadre, code, day):
            yield Fault("day", "visit_there", f"{day} 对这一户的走访已经有了；要改，请打开那一份记录")
        else:
            facts.take_visit(cadre, code, day)


def companions_may_visit(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    """Each companion gets the visit if paired or marked 代访 (contract, section 3)."""
    for code in row.get("companions") or ():
        if not facts.knows("cadre", code):
            yield Fault("companions", "not_found", f"没有工号 {code}，请核对")
        elif code == row.get("cadre"):
            yield Fault("companions", "oneself", "同行干部里不用填本人")
        elif (
            row.get("household")
            and row.get("day")
            and not row.get("companion_reason")
            and facts.holder(row["household"], row["day"]) != code
        ):
            told = f"{facts.name_of(code)} 没有结对这一户，请写明同行代访的原因"
            yield Fault("companion_reason", "not_paired", told)


def place_is_whole(row: Values, facts: EntryFacts) -> Iterator[Fault]:
    if (row.get("longitude") is None) != (row.get("latitude") is None):
        yield Fault("longitude", "half_a_place", "经度和纬度要么都有，要么都没有")


def of_known(rule: Callable[[Values, Any], Iterator[Fault]]) -> Rule:
    """Asked only of a household that may be named: else its refusal would tell what may not be seen."""

    def asked(row: Values, facts: EntryFacts) -> Iterator[Fault]:
        code, cadre, day = (row.get(name) for name in ("household", "cadre", "day"))
        if not code or (cadre and day and facts.may_name(code, cadre, day)):
            yield from rule(row, facts)

    return asked


TRIP: tuple[Rule, ...] = (
    may_be_entered,
    village_is_there,
    ends_after_begin(),  # type: ignore[assignment]
    trip_has_begun,
    trip_ends_in_reason,
    cadre_is_in_post,
)
TRIP_CLAIMS: tuple[Rule, ...] = (rules.one_trip_a_village_and_day,)
VISIT: tuple[Rule, ...] = (
    may_be_entered,
    day_has_come,
    household_is_known,
    of_known(household_is_open),
    of_known(paired_that_day),
    of_known(rules.visit_lies_in_a_trip),
    of_known(companions_may_visit),
    place_is_whole,
)
VISIT_CLAIMS: tuple[Rule, ...] = (one_visit_a_day,)


def faults_of(
    row: Values, facts: EntryFacts, rules: tuple[Rule, ...], claims: tuple[Rule, ...]
) -> list[Fault]:
    """Claims (days that only one may hold) are asked only of a row that is right otherwise."""
    found = [fault for rule in rules for fault in rule(row, facts)]
    return found or [fault for rule in claims for fault in rule(row, facts)]
