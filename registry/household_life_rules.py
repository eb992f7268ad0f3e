"""户变动: may it be so? Values and facts in, faults out; no query, no request (contract, section 2)."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from registry.household_life_forms import AWAY, ENDS, WITHIN
from registry.models import HouseholdChangeKind as Kind

WHOLE = ""  # a fault of the household itself, not of a field


@dataclass(frozen=True, slots=True)
class Held:
    """A pairing as far as the rules need it."""

    cadre: str
    begins_on: datetime.date
    ends_on: datetime.date | None

    def holds(self, day: datetime.date) -> bool:
        return self.begins_on <= day and (self.ends_on is None or self.ends_on >= day)


@dataclass(frozen=True)
class LifeFacts:
    """What is so when it is asked, under the row's lock when it is written.

    `closed`: when, by whom and how it was closed, in words; empty for a household that is open. `last`: the day
    and the kind of its last change. `other`: of the household merged into, None where there is none that this
    person keeps. `known`: the codes of the new household that are there, by kind of thing.
    """

    today: datetime.date
    code: str = ""
    village: str = ""
    head_name: str = ""
    people_count: int = 0
    closed: str = ""
    closed_on: datetime.date | None = None
    last: tuple[datetime.date, str] | None = None
    pairings: tuple[Held, ...] = ()
    other: "LifeFacts | None" = None
    known: dict[str, set[str]] = field(default_factory=dict)

    def holder(self, day: datetime.date) -> Held | None:
        return next((each for each in self.pairings if each.holds(day)), None)


Rule = Callable[[Values, LifeFacts], Iterator[Fault]]


def is_open(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    """Two at once: the second is told what the first did."""
    if facts.closed:
        yield Fault(WHOLE, "closed", facts.closed)


def is_closed(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if not facts.closed:
        yield Fault(WHOLE, "open", "这一户没有销户，不用恢复")
    elif facts.closed_on and row["on"] < facts.closed_on:
        yield Fault("on", "before_last_change", f"{facts.closed_on} 销户，不能早于这一天")


def not_in_the_future(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if row["on"] > facts.today:
        yield Fault("on", "future", f"不能填以后的日期，今天是 {facts.today}")


def not_before_the_last_change(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    """What became of a household is told in order."""
    if facts.last and row["on"] < facts.last[0]:
        yield Fault("on", "before_last_change", f"{facts.last[0]} 登记过{facts.last[1]}，不能早于这一天")


def not_before_the_pairing(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    """A pairing that begins later would outlive the household; history is never overwritten."""
    later = [each for each in facts.pairings if each.begins_on > row["on"]]
    if later:
        first = min(later, key=lambda each: each.begins_on)
        told = f"{first.cadre} 从 {first.begins_on} 起结对这一户，不能早于这一天"
        if first.begins_on > facts.today:
            told = f"已安排 {first.cadre} 从 {first.begins_on} 起结对这一户，请先改结对"
        yield Fault("on", "before_pairing", told)


def not_before_the_pairing_it_ends(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if row["where"] == AWAY or row["pairing"] == ENDS:
        yield from not_before_the_pairing(row, facts)


def some_stay(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if row["left"] > facts.people_count:
        yield Fault("left", "too_many", f"现在登记的是 {facts.people_count} 人，分户后不会更多")


def code_is_free(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if row["code"] in facts.known["household"]:
        yield Fault("code", "code_taken", f"户编码 {row['code']} 已经用了，请换一个")


def codes_are_there(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    """`village` where this person may register a household."""
    told = {
        "village": "请在列表里选一个您负责的村",
        "former_unit": "没有这个单位编码，请核对",
        "family_cadre": "没有这个工号，请核对",
    }
    for name, message in told.items():
        if row[name] and row[name] not in facts.known[name]:
            yield Fault(name, "not_found", message)


def into_another(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    other = facts.other
    if row["into"] == facts.code:
        yield Fault("into", "same", "这就是本户，请填另一户的户编码")
    elif other is None:
        yield Fault("into", "not_found", "您负责的户里没有这个户编码，请核对")
    elif other.closed:
        yield Fault("into", "closed", f"那一户不能并入：{other.closed}")
    elif other.last and row["on"] < other.last[0]:
        yield Fault(
            "on", "before_last_change", f"那一户 {other.last[0]} 登记过{other.last[1]}，不能早于这一天"
        )


def goes_somewhere(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if row["where"] != WITHIN:
        return
    if row["village"] == facts.village:
        yield Fault("village", "same", "本来就在这个村，请选另一个村")
    elif row["village"] not in facts.known["village"]:
        yield Fault(
            "village", "not_found", "请选迁往的村" if not row["village"] else "没有这个村编码，请核对"
        )
    if facts.holder(row["on"]) and not row["pairing"]:
        yield Fault("pairing", "required", "请选结对不变，还是到迁出日期为止")


def head_changes(row: Values, facts: LifeFacts) -> Iterator[Fault]:
    if row["new_head"] == facts.head_name:
        yield Fault("new_head", "same", f"现在登记的户主就是{facts.head_name}")


_IN_ORDER: tuple[Rule, ...] = (not_in_the_future, not_before_the_last_change)
_STANDS: tuple[Rule, ...] = (is_open, *_IN_ORDER)
RULES: dict[str, tuple[Rule, ...]] = {
    Kind.SPLIT: (*_STANDS, not_before_the_pairing, some_stay, code_is_free),
    Kind.MERGE: (*_STANDS, not_before_the_pairing, into_another),
    Kind.MOVE_IN: (not_in_the_future, code_is_free, codes_are_there),
    Kind.MOVE_OUT: (*_STANDS, not_before_the_pairing_it_ends, goes_somewhere),
    Kind.CLOSE: (*_STANDS, not_before_the_pairing),
    Kind.REOPEN: (is_closed, *_IN_ORDER),
    Kind.CHANGE_HEAD: (*_STANDS, head_changes),
}


def faults_of(kind: str, row: Values, facts: LifeFacts) -> list[Fault]:
    return [fault for rule in RULES[kind] for fault in rule(row, facts)]
