"""Who holds which family, and since when: one current pairing a household and day. 方案三"""

import datetime
import random
from dataclasses import dataclass
from itertools import accumulate

from lianhu.county.model import (
    COUNTY,
    ONE_DAY,
    RETIRED,
    STAFF,
    TOWNSHIP,
    Cadre,
    County,
    Day,
    Household,
    Pairing,
    Unit,
)
from lianhu.county.seasons import any_day


@dataclass(slots=True)
class _Chain:
    """The holders of one household, one after the other."""

    county: County
    home: Household

    def add(self, cadre: Cadre, begin: Day, end: Day | None = None) -> None:
        pairing = Pairing(cadre, self.home, begin, end)
        self.county.pairings.append(pairing)
        cadre.holds.append(pairing)


def add_pairings(county: County, rng: random.Random) -> None:
    """Families in order of villages meet cadres in order of units, so that units keep together."""
    open_to_all = [home for home in county.homes if home.kind not in (RETIRED, STAFF)]
    # Not everyone is covered: the coverage page has something to show.
    covered = [home for home in open_to_all if rng.random() > 0.025]
    cadres = [cadre for unit in _in_order(county, rng) for cadre in _holders(unit, rng)]
    handing_over = {cadre: rng.random() < 0.6 for cadre in cadres if cadre.end}
    weights = [rng.uniform(0.75, 1.25) * (0.5 if cadre.rank == COUNTY else 1) for cadre in cadres]
    reached = list(accumulate(weights))
    done = 0
    for cadre, upto in zip(cadres, reached, strict=True):
        last = round(len(covered) * upto / reached[-1])
        for home in covered[done:last]:
            _hold(_Chain(county, home), rng, cadre, handing_over.get(cadre, False))
        done = last
    for home in county.homes:
        if home.kind == STAFF and home.member:
            begin = max(county.launch, home.member.begin)
            _Chain(county, home).add(home.member, begin)
        elif home.kind == RETIRED and home.former_unit and rng.random() > 0.05:
            _hold_retired(_Chain(county, home), rng, home.former_unit)


def _in_order(county: County, rng: random.Random) -> list[Unit]:
    """Each township's own unit first, then the departments dealt to it."""
    towns = county.units_of(TOWNSHIP)
    others = [unit for unit in county.units if unit.kind != TOWNSHIP]
    rng.shuffle(others)
    return [unit for number, town in enumerate(towns) for unit in (town, *others[number :: len(towns)])]


def _holders(unit: Unit, rng: random.Random) -> list[Cadre]:
    fixed = (unit.leader, unit.deputy, unit.liaison)
    return [c for c in unit.staff if c.pairs and (c in fixed or rng.random() > 0.03)]


def _hold(chain: _Chain, rng: random.Random, cadre: Cadre, handing_over: bool) -> None:
    county = chain.county
    begin = county.launch
    if rng.random() < 0.2:
        begin = any_day(rng, county.launch, county.start - ONE_DAY)
    if cadre.begin > begin:
        before = _colleague(rng, cadre, begin, cadre.begin)
        if before and rng.random() < 0.9:
            chain.add(before, begin, cadre.begin - ONE_DAY)
        begin = cadre.begin
    if cadre.end and cadre.end < county.until:
        after = _colleague(rng, cadre, cadre.end + ONE_DAY, county.until)
        if handing_over and after:
            chain.add(cadre, begin, cadre.end)
            chain.add(after, cadre.end + ONE_DAY)
        else:
            chain.add(cadre, begin)
        return
    _hold_with_changes(chain, rng, cadre, begin)


def _hold_with_changes(chain: _Chain, rng: random.Random, cadre: Cadre, begin: Day) -> None:
    """Mostly one holder; now and then a handover, a gap, or an end without a successor."""
    county, draw = chain.county, rng.random()
    earliest = max(begin, county.start) + ONE_DAY
    if draw > 0.07 or earliest > county.until:
        chain.add(cadre, begin)
        return
    day = any_day(rng, earliest, county.until)
    if rng.random() < 0.3 and day.replace(day=1) >= earliest:
        day = day.replace(day=1)
    after = _colleague(rng, cadre, day, county.until)
    chain.add(cadre, begin, day - ONE_DAY)
    if draw < 0.045 and after:
        chain.add(after, day)
    elif draw < 0.06:
        again = day + datetime.timedelta(days=rng.randint(3, 50))
        if again <= county.until:
            chain.add(cadre, again)


def _hold_retired(chain: _Chain, rng: random.Random, unit: Unit) -> None:
    """Only a 班子成员 of the unit they retired from; these two stay in their posts throughout."""
    county = chain.county
    pair = [cadre for cadre in (unit.leader, unit.deputy) if cadre]
    rng.shuffle(pair)
    if rng.random() < 0.06:
        day = any_day(rng, county.start, county.until)
        chain.add(pair[0], county.launch, day - ONE_DAY)
        chain.add(pair[1], day)
    else:
        chain.add(pair[0], county.launch)


def _colleague(rng: random.Random, cadre: Cadre, first: Day, last: Day) -> Cadre | None:
    others = [
        other
        for other in cadre.unit.staff
        if other is not cadre and other.pairs and other.in_post(first) and other.in_post(last)
    ]
    return rng.choice(others) if others else None
