"""Puts the county together, part after part, each with a stream of chance of its own."""

import random

from lianhu.county import homes, pairs, staff, ties
from lianhu.county.model import County, Day
from lianhu.county.seasons import MONTHS, months_back

_MONTHS_BEFORE = 7


def make_county(size: int, seed: int, until: Day) -> County:
    """A county of about 40·size households; the same three arguments give the same county."""
    if size < 1:
        raise ValueError("size starts at 1")
    start = months_back(until, MONTHS - 1)
    county = County(size, seed, months_back(start, _MONTHS_BEFORE), start, until)
    for add in (
        staff.add_units,
        staff.add_staff,
        staff.add_careers,
        staff.add_leave,
        homes.add_villages,
        homes.add_homes,
        pairs.add_pairings,
        ties.add_links,
        ties.add_leader_links,
        ties.add_roles,
    ):
        add(county, stream(county, add.__name__))
    return county


def stream(county: County, part: str) -> random.Random:
    """Chance for one part, so that a change in one does not stir the others."""
    return random.Random(f"{county.seed}/{county.size}/{county.until}/{part}")
