"""From what was heard to the ledger: open, late, solved, explained, published. 方案四(四)"""

import datetime
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lianhu.county import codes
from lianhu.county.model import Day
from lianhu.county.visits import Field, Heard

_TERM = {"村": 7, "乡": 15, "县": 30}
SOLVED, PARTLY, EXPLAINED = "已解决", "部分解决", "政策解释"
GLAD, CONTENT, UNHAPPY = "满意", "基本满意", "不满意"


@dataclass(slots=True)
class Step:
    """How far a matter has come by the last day; each date is empty until the one before it."""

    level: str
    replied: Day | None = None
    outcome: str = ""
    revisit: str = ""
    closed: Day | None = None
    published: Day | None = None


def ledger(field: Field, rng: random.Random) -> Iterator[tuple[str, Heard, Step]]:
    """Matters by day with their numbers. A number left out was a slip the office crossed out."""
    if not field.done:
        raise RuntimeError("the visits come first: what is heard there makes the ledger")
    serials: Counter[int] = Counter()
    for heard in sorted(field.heard, key=lambda heard: (heard.day, heard.cadre.code)):
        serials[heard.day.year] += 2 if rng.random() < 0.01 else 1
        number = codes.matter_number(heard.day.year, serials[heard.day.year])
        yield number, heard, _course(rng, heard, field.county.until)


def _course(rng: random.Random, heard: Heard, until: Day) -> Step:
    step = Step(heard.matter.level)
    if step.level != "县" and rng.random() < 0.06:
        step.level = "县" if step.level == "乡" else "乡"
    draw = rng.random()
    if draw < 0.02:
        return step  # forgotten: open and long overdue
    term = _TERM[step.level]
    if draw < 0.14:
        wait = rng.randint(term + 1, 60)
    else:
        wait = 0 if draw < 0.3 and step.level == "村" else rng.randint(1, term)
    replied = _after(heard.day, wait, until)
    if replied is None:
        return step
    step.replied = replied
    step.outcome = _outcome(rng, heard)
    revisited = _after(replied, rng.randint(0, 10), until)
    if revisited is None or rng.random() < 0.02:
        return step
    step.revisit = rng.choices((GLAD, CONTENT, UNHAPPY), (72, 24, 4))[0]
    if step.revisit == UNHAPPY:
        return step
    step.closed = _after(revisited, rng.randint(0, 5), until)
    if step.closed and rng.random() < 0.93:
        step.published = _after(step.closed, rng.randint(1, 12), until)
    return step


def _outcome(rng: random.Random, heard: Heard) -> str:
    if heard.matter.category == "政策咨询":
        return EXPLAINED if rng.random() < 0.7 else SOLVED
    return rng.choices((SOLVED, PARTLY, EXPLAINED), (84, 8, 8))[0]


def _after(day: Day, days: int, until: Day) -> Day | None:
    later = day + datetime.timedelta(days=days)
    return later if later <= until else None
