"""Tiered responsibility and accounts: units to villages, leaders to units, roles to people."""

import datetime
import random
from collections import Counter

from lianhu.county.model import (
    COUNTY,
    DEPARTMENT,
    GENERAL,
    ONE_DAY,
    RETIRED,
    STAFF,
    TOWNSHIP,
    Cadre,
    County,
    LeaderLink,
    Link,
    Role,
    Unit,
    Village,
)
from lianhu.county.seasons import any_day

_FEW = 3


def add_links(county: County, rng: random.Random) -> None:
    """A unit is linked to the villages where its people hold families."""
    held: Counter[tuple[Unit, Village]] = Counter()
    for pairing in county.pairings:
        if pairing.home.kind not in (RETIRED, STAFF) and pairing.end is None:
            held[pairing.cadre.unit, pairing.home.village] += 1
    by_village: dict[Village, list[Unit]] = {village: [] for village in county.villages}
    for (unit, village), count in held.items():
        if count >= _FEW:
            by_village[village].append(unit)
    idle = [u for u in county.units if not any(u in units for units in by_village.values())]
    for unit in idle:
        by_village[rng.choice(county.villages)].append(unit)
    changing = rng.sample(county.villages, k=min(3, len(county.villages) // 4))
    for village in county.villages:
        units = by_village[village] or [village.town]
        for unit in units:
            _link(county, unit, village)
        if village in changing:
            _change(county, rng, village, changing.index(village))
    year_end = datetime.date(county.until.year + 1, 12, 31)
    for link in county.links:
        if link.end is None and rng.random() < 0.1:
            link.end = year_end


def _link(county: County, unit: Unit, village: Village, **span: datetime.date) -> Link:
    link = Link(unit, village, **{"begin": county.launch, **span})
    county.links.append(link)
    unit.links.append(link)
    return link


def _change(county: County, rng: random.Random, village: Village, number: int) -> None:
    """One village changed hands, one lost its unit, one gets another next quarter."""
    links = [link for link in county.links if link.village is village]
    taken = [link.unit for link in links]
    others = [unit for unit in county.units if unit not in taken]
    day = any_day(rng, county.start + ONE_DAY, county.until)
    if number == 0 and others:
        for link in links:
            link.begin = day
        _link(county, rng.choice(others), village, end=day - ONE_DAY)
    elif number == 1:
        for link in links:
            link.end = day - ONE_DAY
    elif number == 2 and others:
        _link(county, rng.choice(others), village, begin=county.until + datetime.timedelta(40))


def add_leader_links(county: County, rng: random.Random) -> None:
    leaders = [cadre for cadre in county.cadres if cadre.rank == COUNTY]
    units = [unit for unit in county.units if unit.kind in (TOWNSHIP, DEPARTMENT)]
    # Townships come first, so that each leader has one as long as there are enough.
    units.sort(key=lambda unit: unit.kind != TOWNSHIP)
    for number, unit in enumerate(units):
        leader = leaders[number % len(leaders)]
        if rng.random() < 0.1:
            before = leaders[(number + 1) % len(leaders)]
            day = any_day(rng, county.start, county.until)
            county.leader_links.append(LeaderLink(before, unit, county.launch, day - ONE_DAY))
            county.leader_links.append(LeaderLink(leader, unit, day))
        else:
            county.leader_links.append(LeaderLink(leader, unit, county.launch))


def add_roles(county: County, rng: random.Random) -> None:
    """Each role at least once, each unit its leader and liaison, each village its branch."""
    roles, begin = county.roles, county.launch
    for unit in county.units:
        for cadre, role in ((unit.leader, "单位负责人"), (unit.liaison, "单位联络员")):
            assert cadre is not None
            roles.append(Role(cadre, role, begin, unit=unit))
        if unit.kind == TOWNSHIP:
            assert unit.deputy is not None
            roles.append(Role(unit.deputy, "乡镇", begin, unit=unit))
    _change_a_liaison(county, rng)
    _add_branches(county, rng)
    first, second = county.units[0], county.units[1]
    assert first.deputy is not None
    assert first.liaison is not None
    roles.append(Role(first.deputy, "县联户联情办", begin))
    roles.append(Role(first.liaison, "县联户联情办", begin))
    leaders = [cadre for cadre in county.cadres if cadre.rank == COUNTY]
    roles.extend(Role(cadre, "县级领导", begin) for cadre in leaders)
    keepers = [cadre for unit in (first, second) for cadre in unit.staff if not cadre.pairs]
    for cadre, role in zip(keepers, ("系统管理员", "审计员"), strict=True):
        roles.append(Role(cadre, role, begin))


def _change_a_liaison(county: County, rng: random.Random) -> None:
    """In one unit the liaison of today took over from a colleague."""
    day = any_day(rng, county.start, county.until)
    for role in county.roles:
        if role.role != "单位联络员" or role.unit is None:
            continue
        before = [c for c in role.unit.staff if c is not role.cadre and c.in_post(day) and c.pairs]
        before = [c for c in before if c.rank == GENERAL and c.in_post(county.launch)]
        if before:
            county.roles.append(Role(before[0], role.role, county.launch, day - ONE_DAY, role.unit))
            role.begin = day
            return


def _add_branches(county: County, rng: random.Random) -> None:
    """The branch's account is held by someone of the township, or the first secretary sent there."""
    used: set[Cadre] = set()
    for village in county.villages:
        sent = [link.unit for link in village_links(county, village)]
        near = [c for unit in (village.town, *sent) for c in unit.staff]
        able = [c for c in near if c.pairs and c.end is None and c.begin <= county.launch]
        able = [c for c in able if c.rank != COUNTY]
        free = [c for c in able if c not in used and c.rank == GENERAL]
        cadre = (free or [c for c in able if c not in used] or able)[0]
        used.add(cadre)
        county.roles.append(Role(cadre, "村党组织", county.launch, village=village))


def village_links(county: County, village: Village) -> list[Link]:
    return [link for link in county.links if link.village is village]
