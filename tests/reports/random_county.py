"""Small random counties, biased to the edges where two countings part.

Who and where are numbers that are taken modulo what there is, so that whatever rows are dropped
the rest is a valid county: that is how Hypothesis finds a small one.
"""

import calendar
import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from hypothesis import strategies as st

from registry.models import Rank, UnitType
from tests.county import LONG_AGO

Date = datetime.date
ONE_DAY = datetime.timedelta(days=1)
# 28, 29, 30 and 31 days; the last and the first of a year, and of a quarter.
MONTHS = [(2023, 2), (2024, 2), (2026, 4), (2026, 3), (2025, 12), (2026, 1), (2026, 7)]
RANKS = list(Rank)
LENGTHS = [0, 0, 1, 1, 2, 3, 6, 13, 14, 15, 16, 27, 28, 29, 30, 31, 60, 200, None]
STATES = ["", "", "", "", "void", "backfilled", "approved", "approved void"]
RESULTS = ["met", "met", "met", "met", "absent", "phone"]
OUTCOMES = ["solved", "solved", "solved", "partly", "explained"]
KINDS = [
    "self_check", "heart_talk", "heart_talk", "joint_activity", "commendation", "work_plan",
    "consult", "assess", "notify", "forum", "forum", "night_school", "night_school", "assembly",
    "talk_meeting", "talk_meeting", "talk_meeting", "talk_meeting",
]  # fmt: skip
MARKS = ["is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship"]


@dataclass
class Plan:
    """What is drawn; `write_county.write` puts it into the database."""

    year: int
    month: int
    units: list[Any]
    villages: list[Any]
    cadres: list[Any]
    households: list[Any]
    restandings: list[Any] = field(default_factory=list)
    terms: list[Any] = field(default_factory=list)
    leaves: list[Any] = field(default_factory=list)
    handovers: list[Any] = field(default_factory=list)
    pairings: list[Any] = field(default_factory=list)
    village_links: list[Any] = field(default_factory=list)
    leader_links: list[Any] = field(default_factory=list)
    trips: list[Any] = field(default_factory=list)
    visits: list[Any] = field(default_factory=list)
    loose_visits: list[Any] = field(default_factory=list)
    matters: list[Any] = field(default_factory=list)
    activities: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    rule_changes: list[Any] = field(default_factory=list)

    def likely_places(self) -> list[tuple[int, int]]:
        """Cadre and village that a pairing or a link joins, on some days at least."""
        pairs = [(home, who) for home, who, *_ in [*self.handovers, *self.pairings]]
        paired = [(who, self.households[home % len(self.households)][0]) for home, who in pairs]
        units = len(self.units) + 1
        return paired + [
            (who, where)
            for who, (unit, *_) in enumerate(self.cadres)
            for of, where, _ in self.village_links
            if of % units == unit % units
        ]


def edges(year: int, month: int) -> list[Date]:
    """Days about the ends and the middle of the month, the quarter and the year."""
    last = calendar.monthrange(year, month)[1]
    in_month = [Date(year, month, day) for day in (1, 2, 13, 14, 15, 16, 17, 18, last - 1, last)]
    quarter = (month - 1) // 3 * 3 + 1
    turns = [in_month[0], in_month[-1] + ONE_DAY, Date(year, quarter, 1), Date(year, 1, 1)]
    turns.append(Date(year + 1, 1, 1))
    around = [turn + n * ONE_DAY for turn in turns for n in (-2, -1, 0, 1)]
    return in_month * 2 + around


class Dice:
    """What a row holds, from a seed: dense, where Hypothesis alone would draw mostly nothing."""

    def __init__(self, seed: int, year: int, month: int) -> None:
        self.random = random.Random(seed)
        self.edges = edges(year, month)
        self.first = Date(year - 1, 12, 1)

    def often(self, chance: float = 0.5) -> bool:
        return self.random.random() < chance

    def one(self, values: list[Any]) -> Any:
        return self.random.choice(values)

    def who(self) -> int:
        """Mostly one of the first few, so that rows meet."""
        return self.random.randrange(4) if self.often(0.6) else self.random.randrange(60)

    def day(self) -> Date:
        if self.often(0.6):
            return self.one(self.edges)
        return self.first + self.random.randrange(425) * ONE_DAY

    def span(self) -> tuple[Date, int | None]:
        return self.day(), self.one(LENGTHS)

    def since(self) -> tuple[Date, int | None]:
        return (LONG_AGO, None) if self.often() else self.span()

    def leave(self) -> tuple[Any, ...]:
        if self.often():
            return self.span()
        return self.one([14, 15, 16]), self.often(), self.random.randrange(3)

    def trip(self, linked: list[tuple[int, int]]) -> tuple[Any, ...]:
        who, where = self.one(linked) if linked and self.often(0.7) else (self.who(), self.who())
        return who, where, (self.day(), self.one([0, 0, 1, 1, 2, 3, 5, 33])), self.one(STATES)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """The seed says what each row holds; Hypothesis chooses, and when shrinking drops, the rows."""
    year, month = draw(st.sampled_from(MONTHS))
    roll = Dice(draw(st.integers(0, 2**32)), year, month)
    kept = st.sampled_from([False, *[True] * draw(st.sampled_from([9, 4, 1]))])

    def some(least: int, most: int, row: Callable[[], Any]) -> list[Any]:
        every = [row() for _ in range(most)]
        mask = draw(st.lists(kept, min_size=most - least, max_size=most - least))
        return every[:least] + list(compress(every[least:], mask))

    def marks() -> list[bool]:
        return [roll.often(0.3) for _ in MARKS]

    plan = Plan(
        year,
        month,
        units=some(1, 3, lambda: roll.one(list(UnitType))),
        villages=some(3, 6, roll.who),
        cadres=some(
            4,
            10,
            lambda: (
                roll.who(),
                roll.one(RANKS),
                LONG_AGO if roll.often(0.7) else roll.day(),
                None if roll.often(0.7) else roll.day(),
            ),
        ),
        households=some(5, 20, lambda: (roll.who(), *marks())),
        restandings=some(0, 3, lambda: (roll.who(), roll.who(), roll.one(RANKS), roll.day())),
        terms=some(0, 6, lambda: (roll.who(), roll.who(), roll.one(RANKS), roll.span())),
        leaves=some(0, 6, lambda: (roll.who(), roll.leave())),
        handovers=some(0, 8, lambda: (roll.who(), roll.who(), roll.who(), roll.day())),
        pairings=some(0, 24, lambda: (roll.random.randrange(60), roll.who(), roll.since())),
        village_links=some(0, 10, lambda: (roll.who(), roll.who(), roll.since())),
        leader_links=some(0, 6, lambda: (roll.who(), roll.who(), roll.since())),
    )
    linked = plan.likely_places()
    plan.trips = some(0, 40, lambda: roll.trip(linked))
    plan.visits = some(0, 40, lambda: (*roll_visit(roll), roll.random.randrange(40)))
    plan.loose_visits = some(0, 20, lambda: (*roll_visit(roll), roll.day()))
    plan.matters = some(
        0,
        20,
        lambda: (
            roll.who(),
            roll.who(),
            roll.often(),
            roll.day() if roll.often(0.9) else None,
            roll.one(OUTCOMES),
            roll.often(0.15),
        ),
    )
    plan.activities = some(
        0,
        40,
        lambda: (
            roll.one(KINDS),
            roll.day(),
            roll.who() if roll.often(0.7) else None,
            roll.who() if roll.often(0.7) else None,
            [roll.who() for _ in range(roll.random.randrange(4))],
            roll.often(0.15),
        ),
    )
    plan.reports = some(
        0,
        8,
        lambda: (roll.who(), roll.one([-4, -1, 0, 0, 1]), roll.day() if roll.often(0.8) else None),
    )
    plan.rule_changes = some(0, 2, lambda: (roll.random.randrange(60), roll.day(), roll.one([1, 2, 3, 7])))
    return plan


def roll_visit(roll: Dice) -> tuple[Any, ...]:
    return roll.who(), roll.who(), roll.often(), roll.one(RESULTS), roll.often(), roll.one(STATES)
