"""Codes, identity numbers and phones that look and check like real ones. FORMATS c."""

import datetime
import random

from lianhu.county.model import RURAL_COMMUNITY, TOWN_COMMUNITY, Day
from lianhu.kit.identity import check_character

COUNTY_PREFIX = "513224"
_NEIGHBOURS = ("513221", "513223", "513225", "513228", "513230", "510722", "620523")
_MOBILE_HEADS = (
    "134 135 136 137 138 139 147 150 151 152 157 158 159 166 173 176 177 178 180 181 182 183 184 "
    "187 188 189 191 193 195 198 199"
).split()


def id_number(rng: random.Random, sex: str, born: Day) -> str:
    area = COUNTY_PREFIX if rng.random() < 0.9 else rng.choice(_NEIGHBOURS)
    odd = 1 if sex == "男" else 0
    # The registrar begins each day's sequence anew: low numbers are the common ones.
    sequence = rng.randrange(1, 400) * 2 + odd
    first_17 = f"{area}{born:%Y%m%d}{sequence:03d}"
    return first_17 + check_character(first_17)


def birthday(rng: random.Random, youngest: int, oldest: int, on: Day) -> Day:
    age = rng.randint(youngest, oldest)
    return Day(on.year - age, 1, 1) + datetime.timedelta(days=rng.randrange(365))


def mobile(rng: random.Random) -> str:
    return f"{rng.choice(_MOBILE_HEADS)}{rng.randrange(10**8):08d}"


def landline(rng: random.Random) -> str:
    return f"0837-{rng.choice('278')}{rng.randrange(10**6):06d}"


def township_digits(serial: int, *, town: bool) -> str:
    """100–199 are 镇, 200–399 乡."""
    return f"{(100 if town else 200) + serial:03d}"


def village_code(township: str, kind: str, serial: int) -> str:
    """001–199 are 居民委员会, 200–399 村民委员会."""
    base = 0 if kind in (TOWN_COMMUNITY, RURAL_COMMUNITY) else 199
    return f"{COUNTY_PREFIX}{township}{base + serial:03d}"


def household_code(village: str, serial: int) -> str:
    return f"{village}{serial:04d}"


def cadre_code(serial: int) -> str:
    return f"{serial:05d}"


def matter_number(year: int, serial: int) -> str:
    return f"LH-{year}-{serial:06d}"
