"""Units and the people in them: ranks, careers, leave."""

import datetime
import random
from collections.abc import Iterator

from lianhu.county import codes, names, places
from lianhu.county.model import (
    CHIEF,
    COUNTY,
    DEPARTMENT,
    DEPUTY,
    ENTERPRISE,
    FORMER,
    GENERAL,
    ONE_DAY,
    TOWNSHIP,
    Cadre,
    County,
    Day,
    Leave,
    Post,
    Unit,
    covers,
)
from lianhu.county.seasons import any_day

_SMALLEST_UNIT = 4
_MATERNITY = 158
_SHORT_LEAVE = (
    ("年休假", 5, 15), ("病假", 3, 25), ("事假", 2, 6), ("婚假", 5, 13), ("探亲假", 10, 20),
    ("护理假", 10, 20), ("丧假", 3, 5),
)  # fmt: skip
_LONG_LEAVE = (("住院治疗", 40, 100), ("脱产学习", 45, 125), ("外出跟班学习", 60, 120))


def add_units(county: County, rng: random.Random) -> None:
    size = county.size
    departments = min(len(places.DEPARTMENTS), 2 + round(size * 0.24))
    townships = min(len(places.TOWNSHIPS), 1 + size // 14)
    enterprises = min(len(places.ENTERPRISES), 1 + size // 20)
    taken: set[str] = set()
    for name, letters in places.DEPARTMENTS[:departments]:
        county.units.append(Unit(_unit_code(letters, taken), name, DEPARTMENT))
    for name in places.TOWNSHIPS[:townships]:
        county.units.append(Unit(_unit_code("XZ", taken), name, TOWNSHIP))
    first = rng.randrange(len(places.ENTERPRISES))
    for number in range(enterprises):
        name = places.ENTERPRISES[(first + number) % len(places.ENTERPRISES)]
        county.units.append(Unit(_unit_code("QS", taken), name, ENTERPRISE))


def _unit_code(letters: str, taken: set[str]) -> str:
    number = 1
    while f"{letters}{number:02d}" in taken:
        number += 1
    taken.add(f"{letters}{number:02d}")
    return f"{letters}{number:02d}"


def add_staff(county: County, rng: random.Random) -> None:
    """Four cadres a size, the two or more county leaders and the two keepers of the system included."""
    units = county.units
    total = max(4 * county.size, _SMALLEST_UNIT * len(units) + 4)
    leaders = min(35, max(2, round(total * 0.025)))
    weights = [rng.uniform(0.6, 1.4) * (1.5 if unit.kind == TOWNSHIP else 1) for unit in units]
    spare = total - leaders - 2 - _SMALLEST_UNIT * len(units)
    for unit, weight in zip(units, weights, strict=True):
        heads = _SMALLEST_UNIT + round(spare * weight / sum(weights))
        for number, rank in enumerate(_ranks(heads, first=unit is units[0])):
            _add(county, rng, unit, rank, leadership=rank in (CHIEF, DEPUTY) and number < 4)
        unit.leader, unit.deputy = unit.staff[0], unit.staff[1]
        unit.liaison = next(cadre for cadre in unit.staff if cadre.rank == GENERAL)
    for number in range(leaders):
        _add(county, rng, units[number % 2], COUNTY, leadership=False)
    for unit in units[:2]:
        _add(county, rng, unit, GENERAL, leadership=False).pairs = False


def _ranks(heads: int, *, first: bool) -> Iterator[str]:
    deputies = max(1, round(heads * 0.22))
    former = 1 if first or heads > 7 else 0
    yield CHIEF
    yield from [DEPUTY] * deputies
    yield from [FORMER] * former
    yield from [GENERAL] * (heads - 1 - deputies - former)


def _add(county: County, rng: random.Random, unit: Unit, rank: str, *, leadership: bool) -> Cadre:
    sex = "男" if rng.random() < (0.7 if rank != GENERAL else 0.52) else "女"
    years = rng.randint(1, 24) if rank != GENERAL else rng.randint(1, 16)
    begin = any_day(rng, Day(county.launch.year - years, 1, 1), Day(county.launch.year - 1, 12, 31))
    care = rng.choices((0.97, 0.85, 0.45), (78, 14, 8))[0]
    code = codes.cadre_code(len(county.cadres) * 3 + 101 + rng.randrange(3))
    cadre = Cadre(
        index=len(county.cadres), code=code, name=names.person(rng, sex), sex=sex, unit=unit,
        rank=rank, leadership=leadership, mobile=codes.mobile(rng) if rng.random() < 0.97 else "",
        begin=begin, care=care,
    )  # fmt: skip
    county.cadres.append(cadre)
    unit.staff.append(cadre)
    return cadre


def add_careers(county: County, rng: random.Random) -> None:
    """Some come, some go, some rise or move: mid-month as often as not. The heads of units stay."""
    movable = [
        cadre
        for cadre in county.cadres
        if cadre.pairs and cadre.rank != COUNTY and cadre is not cadre.unit.liaison
        and cadre is not cadre.unit.leader and cadre is not cadre.unit.deputy
    ]  # fmt: skip
    rng.shuffle(movable)
    total = len(movable)
    queue = iter(movable)

    def some(share: float, least: int = 1) -> list[Cadre]:
        wanted = max(least, round(share * total))
        return [cadre for _, cadre in zip(range(wanted), queue, strict=False)]

    last = county.until - ONE_DAY
    for cadre in some(0.06):
        cadre.begin = _edge(rng, county.start, last)
    for cadre in some(0.05):
        cadre.end = _edge(rng, county.start, last)
    for cadre in some(0.06):
        _promote(cadre, _edge(rng, county.start, last))
    for cadre in some(0.05):
        others = [unit for unit in county.units if unit is not cadre.unit]
        _move(cadre, rng.choice(others), _edge(rng, county.start, last))
    for cadre in some(0.02, least=0):
        cadre.end = county.until + datetime.timedelta(days=rng.randint(5, 240))
    for cadre in some(0.03, least=0):
        cadre.posts = [Post(cadre.unit, cadre.rank, cadre.begin)]


def _edge(rng: random.Random, first: Day, last: Day) -> Day:
    """Any day, a month's last or first one more often than chance would have it."""
    day = any_day(rng, first, last)
    draw = rng.random()
    if draw < 0.15:
        return max(day.replace(day=1), first)
    if draw < 0.3:
        return max(day.replace(day=1) - ONE_DAY, first)
    return day


def _promote(cadre: Cadre, day: Day) -> None:
    before = {GENERAL: GENERAL, DEPUTY: GENERAL, FORMER: CHIEF, CHIEF: DEPUTY}[cadre.rank]
    if cadre.rank == GENERAL:
        cadre.rank = DEPUTY
    cadre.posts = [
        Post(cadre.unit, before, cadre.begin, day - ONE_DAY),
        Post(cadre.unit, cadre.rank, day),
    ]


def _move(cadre: Cadre, former: Unit, day: Day) -> None:
    cadre.posts = [
        Post(former, cadre.rank, cadre.begin, day - ONE_DAY),
        Post(cadre.unit, cadre.rank, day),
    ]


def add_leave(county: County, rng: random.Random) -> None:
    """A maternity leave frees whole months, a sick leave of 14, 15 or 16 days perhaps one."""
    cadres = list(county.cadres)
    rng.shuffle(cadres)
    women = [cadre for cadre in cadres if cadre.sex == "女" and cadre.rank in (GENERAL, DEPUTY)]
    early = county.start - datetime.timedelta(days=60)
    late = county.until + datetime.timedelta(days=30)
    for cadre in women[: max(1, round(len(cadres) * 0.015))]:
        begin = any_day(rng, county.start, county.until)
        _grant(cadre, begin, _MATERNITY, "产假")
    for cadre in cadres[: max(1, round(len(cadres) * 0.03))]:
        reason, least, most = rng.choice(_LONG_LEAVE)
        _grant(cadre, any_day(rng, early, county.until), rng.randint(least, most), reason)
    for cadre in cadres:
        if rng.random() < 0.3:
            reason, least, most = rng.choice(_SHORT_LEAVE)
            _grant(cadre, any_day(rng, early, late), rng.randint(least, most), reason)


def _grant(cadre: Cadre, begin: Day, length: int, reason: str) -> None:
    """Leave lies within the post and never over other leave."""
    end = begin + datetime.timedelta(days=length - 1)
    if not (covers(cadre.begin, cadre.end, begin) and covers(cadre.begin, cadre.end, end)):
        return
    if all(end < other.begin or other.end < begin for other in cadre.leaves):
        cadre.leaves.append(Leave(begin, end, reason))
