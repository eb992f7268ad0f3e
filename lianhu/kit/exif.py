"""The few words of a camera that are kept: which side is up, when, where.

Read by hand and only these: a general reader copies whatever the file claims to hold, as often as it does.
"""

import datetime
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from lianhu.kit.clock import SHANGHAI

_ORIENTATION, _CHANGED, _EXIF_PART, _GPS_PART, _TAKEN = 0x0112, 0x0132, 0x8769, 0x8825, 0x9003
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
_LONGEST = 64
# A clock that was never set says 1970 or 1980.
_FIRST_YEAR = 2000


@dataclass(frozen=True)
class Camera:
    orientation: int = 1
    taken_at: datetime.datetime | None = None
    longitude: float | None = None
    latitude: float | None = None


def read_exif(tiff: bytes) -> Camera:
    """What is not there or not well formed is left out: no photo is refused for it."""
    if tiff[:4] not in {b"II*\0", b"MM\0*"}:
        return Camera()
    order = "<" if tiff[:2] == b"II" else ">"
    reader = _Reader(tiff, order)
    main = reader.part(reader.number("I", tiff[4:8]))
    taken = reader.part(reader.number("I", main.get(_EXIF_PART, b"")))
    place = reader.part(reader.number("I", main.get(_GPS_PART, b"")))
    longitude = reader.degrees(place, _LONGITUDE, _LONGITUDE_REF, b"W", 180)
    latitude = reader.degrees(place, _LATITUDE, _LATITUDE_REF, b"S", 90)
    # Half a place is none, and 0, 0 is what a camera without a fix writes.
    known = longitude is not None and latitude is not None and (longitude, latitude) != (0, 0)
    return Camera(
        orientation=reader.number("H", main.get(_ORIENTATION, b"")) or 1,
        taken_at=_moment(taken.get(_TAKEN, b"")) or _moment(main.get(_CHANGED, b"")),
        longitude=longitude if known else None,
        latitude=latitude if known else None,
    )


class _Reader:
    def __init__(self, tiff: bytes, order: str) -> None:
        self.tiff, self.order = tiff, order

    def number(self, kind: str, raw: bytes) -> int:
        """0 if it is not whole."""
        size = struct.calcsize(kind)
        return int(struct.unpack(self.order + kind, raw[:size])[0]) if len(raw) >= size else 0

    def part(self, at: int) -> dict[int, bytes]:
        """The short values of one directory, as they stand."""
        found: dict[int, bytes] = {}
        count = self.number("H", self.tiff[at : at + 2]) if at else 0
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            raw = self.tiff[entry : entry + 12]
            if len(raw) < 12:
                break
            tag, kind, length = struct.unpack(self.order + "HHI", raw[:8])
            size = _SIZES.get(kind, _LONGEST) * length
            if size <= 4:
                found[tag] = raw[8 : 8 + size]
            elif size <= _LONGEST:
                begin = self.number("I", raw[8:])
                found[tag] = self.tiff[begin : begin + size]
        return found

    def degrees(
        self, place: Mapping[int, bytes], tag: int, ref: int, negative: bytes, most: int
    ) -> float | None:
        raw = place.get(tag, b"")
        if len(raw) != 24:
            return None
        parts: tuple[int, ...] = struct.unpack(self.order + "6I", raw)
        if 0 in parts[1::2]:
            return None
        degrees, minutes, seconds = (parts[at] / parts[at + 1] for at in (0, 2, 4))
        value = degrees + minutes / 60 + seconds / 3600
        if value > most:
            return None
        return -value if place.get(ref, b"")[:1] == negative else value


def _moment(raw: bytes) -> datetime.datetime | None:
    """A camera writes the time of the clock on the wall."""
    try:
        said = datetime.datetime.strptime(raw[:19].decode("ascii"), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    return said.replace(tzinfo=SHANGHAI) if said.year >= _FIRST_YEAR else None
