"""The parts of a JPEG, PNG or WebP file, told apart before anything is decoded.

A decoder is handed only what paints: texts, profiles and EXIF are where small files unpack to large ones,
and whatever hangs behind the picture is none of its business.
"""

import re
import struct
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PAINTS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_EXIF = b"Exif\0\0"
# Inside a scan FF is followed by 00, by a restart marker or by more FF; anything else ends it.
_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
_SOF = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_EOI, _SOS, _APP0, _APP1, _APP14, _APP15, _COM = 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE


class Unreadable(ValueError):
    """Not built as its first bytes promise."""


@dataclass(frozen=True)
class Parts:
    """`paints` is a file of the same format without anything else; `exif` begins with its byte order."""

    format: str
    width: int
    height: int
    paints: bytes
    exif: bytes = b""
    animated: bool = False
    scans: int = 1


def take_apart(data: bytes) -> Parts | None:
    """None for another kind of file. Raise Unreadable for a broken one."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(_PNG):
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError) as error:
        raise Unreadable from error
    return None


def _jpeg(data: bytes) -> Parts:
    kept, exif, size, scans, at = [data[:2]], b"", (0, 0), 0, 2
    while found := _MARKER.search(data, at):
        marker, begin = found[1][0], found.end() - 2
        if marker == _EOI:
            kept.append(data[begin : begin + 2])
            break
        (length,) = struct.unpack_from(">H", data, begin + 2)
        end = begin + 2 + length
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", data, begin + 5)
            size = width, height
        if marker == _APP1 and not exif and data.startswith(_EXIF, begin + 4):
            exif = data[begin + 4 + len(_EXIF) : end]
        if marker == _SOS:
            scans += 1
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        if not (_APP0 < marker <= _APP15 or marker == _COM) or marker == _APP14:
            kept.append(data[begin:end])
        at = end
    return Parts("JPEG", *size, b"".join(kept), exif, scans=scans)


def _png(data: bytes) -> Parts:
    kept, exif, animated, at = [_PNG], b"", False, len(_PNG)
    if data[12:16] != b"IHDR":
        raise Unreadable
    width, height = struct.unpack_from(">II", data, 16)
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name in _PNG_PAINTS:
            kept.append(data[at:end])
        elif name == b"eXIf":
            exif = data[at + 8 : at + 8 + length]
        animated |= name == b"acTL"
        at = end
        if name == b"IEND" and end <= len(data):
            return Parts("PNG", width, height, b"".join(kept), exif, animated)
    raise Unreadable


def _webp(data: bytes) -> Parts:
    exif, animated, at = b"", False, 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"EXIF":
            exif = data[at + 8 : at + 8 + length].removeprefix(_EXIF)
        animated |= name in {b"ANIM", b"ANMF"}
        at += 8 + length + length % 2
    animated |= data[12:16] == b"VP8X" and bool(data[20] & 0x02)
    return Parts("WEBP", *_webp_size(data), data, exif, animated)


def _webp_size(data: bytes) -> tuple[int, int]:
    first = data[12:16]
    if first == b"VP8X":
        width, height = data[24:27], data[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if first == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if first == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise Unreadable
