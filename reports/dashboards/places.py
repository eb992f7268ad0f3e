"""The map of villages (contract, section 7): where each lies in a drawing, and the tiles below where there are any.

Positions are those of the registry (WGS 84) in web Mercator, as tile servers use it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from registry.models import Village

TILE = 256
WIDEST, HIGHEST, EDGE = 900, 640, 60
# One village alone, or two that touch, are not drawn nearer than this.
NEAREST = 14
LETTER, LINE = 15, 18
# Where a name may stand: from the spot to the name's anchor, and which end of it that is.
_PLACES = ((0, 26, "middle"), (0, -14, "middle"), (14, 5, "start"), (-14, 5, "end"))


class Name(NamedTuple):
    x: float
    y: float
    anchor: str


class Spot(NamedTuple):
    """`name` is None where there is no room; the list has it all the same."""

    village: Village
    x: float
    y: float
    name: Name | None


class Tile(NamedTuple):
    url: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """Everything in the pixels of one zoom; `box` is the viewBox."""

    spots: Sequence[Spot]
    tiles: Sequence[Tile]
    width: float
    height: float

    @property
    def box(self) -> str:
        return f"0 0 {self.width:.0f} {self.height:.0f}"


def has_place(village: Village) -> bool:
    """Web Mercator ends before the poles."""
    return (
        village.longitude is not None
        and village.latitude is not None
        and abs(village.longitude) <= 180
        and abs(village.latitude) <= 85
    )


def draw(villages: Sequence[Village], tiles: str = "") -> Drawing | None:
    """None without a village that has a position."""
    placed = [village for village in villages if has_place(village)]
    if not placed:
        return None
    zoom = _zoom([_pixel(village, 0) for village in placed])
    if tiles:
        zoom = math.floor(zoom)
    at = [_pixel(village, zoom) for village in placed]
    left, top = min(x for x, _ in at) - EDGE, min(y for _, y in at) - EDGE
    width = max(x for x, _ in at) + EDGE - left
    height = max(y for _, y in at) + EDGE - top
    points = [(round(x - left, 1), round(y - top, 1)) for x, y in at]
    names = _names(placed, points, width)
    spots = [Spot(village, *point, name) for village, point, name in zip(placed, points, names, strict=True)]
    below = _tiles(tiles, math.floor(zoom), left, top, width, height) if tiles else []
    return Drawing(spots, below, width, height)


def _zoom(at: Sequence[tuple[float, float]]) -> float:
    """At which they fill the drawing; `at` in the pixels of zoom 0."""
    wide = max(x for x, _ in at) - min(x for x, _ in at)
    high = max(y for _, y in at) - min(y for _, y in at)
    most = [
        (WIDEST - 2 * EDGE) / wide if wide else math.inf,
        (HIGHEST - 2 * EDGE) / high if high else math.inf,
    ]
    return max(0.0, min(NEAREST, math.log2(min(most)))) if min(most) < math.inf else NEAREST


def _names(
    villages: Sequence[Village], points: Sequence[tuple[float, float]], width: float
) -> list[Name | None]:
    """Each where it covers no mark and no other name; the first place that is free."""
    taken = [(x - 10, y - 10, x + 10, y + 10) for x, y in points]
    found: list[Name | None] = []
    for village, (x, y) in zip(villages, points, strict=True):
        free = None
        for right, down, anchor in _PLACES:
            wide = LETTER * len(village.name)
            begin = x + right - {"middle": wide / 2, "start": 0, "end": wide}[anchor]
            box = (begin, y + down - LINE + 4, begin + wide, y + down + 4)
            within = begin >= 0 and begin + wide <= width
            if within and not any(_touch(box, other) for other in taken):
                free = Name(round(x + right, 1), round(y + down, 1), anchor)
                taken.append(box)
                break
        found.append(free)
    return found


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _pixel(village: Village, zoom: float) -> tuple[float, float]:
    longitude, latitude = village.longitude or 0, math.radians(village.latitude or 0)
    size = TILE * 2**zoom
    y = (1 - math.asinh(math.tan(latitude)) / math.pi) / 2
    return (longitude + 180) / 360 * size, y * size


def _tiles(address: str, zoom: int, left: float, top: float, width: float, height: float) -> list[Tile]:
    count = 2**zoom
    columns = range(math.floor(left / TILE), math.floor((left + width) / TILE) + 1)
    rows = range(math.floor(top / TILE), math.floor((top + height) / TILE) + 1)
    return [
        Tile(
            address.replace("{z}", str(zoom)).replace("{x}", str(x % count)).replace("{y}", str(y)),
            round(x * TILE - left, 1),
            round(y * TILE - top, 1),
        )
        for y in rows
        if 0 <= y < count
        for x in columns
    ]
