"""A photo as it came, made into one that can be shown: judged by its content, decoded within limits, painted anew.

Of the file that came not one byte is kept (contract, section 3).
"""

import datetime
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from lianhu.kit.exif import read_exif
from lianhu.kit.image_parts import Parts, Unreadable, take_apart

MAX_BYTES = 10 * 1024 * 1024
LONGEST, SMALL = 2000, 320
# A JPEG is decoded at a fraction of its size, the others whole: 17 megapixels are 300 MB of memory.
MAX_PIXELS = {"JPEG": 52_000_000, "PNG": 17_000_000, "WEBP": 17_000_000}
# Cameras write up to a dozen; each one more is a walk over the whole picture.
_MAX_SCANS = 50
_READERS: dict[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_BROKEN = "照片已损坏或没有传完整，请重新选一张"
_HEIC = (
    "这是苹果手机的 HEIC 格式，这里打不开。请在手机“设置”的“相机”“格式”里选“兼容性最佳”后重拍，"
    "或把这张照片截屏，再传一次"
)


class NotAPhoto(ValueError):
    """Refused for good; the reason is for the person who sent it."""


@dataclass(frozen=True)
class Picture:
    """JPEGs painted anew, upright; what the camera said stands beside them. `digest` is of `image`."""

    image: bytes
    thumbnail: bytes
    digest: str
    width: int
    height: int
    taken_at: datetime.datetime | None
    longitude: float | None
    latitude: float | None


def read_photo(data: bytes) -> Picture:
    """Raise NotAPhoto for anything but a still JPEG, PNG or WebP within the limits."""
    parts = _checked(data)
    camera = read_exif(parts.exif)
    try:
        picture = _decoded(parts)
    except MemoryError:
        raise
    except Exception as error:  # decoders raise whatever their broken input led to
        raise NotAPhoto(_BROKEN) from error
    if camera.orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[camera.orientation])
    image = _jpeg(picture)
    small = picture.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Picture(
        image=image,
        thumbnail=_jpeg(small),
        digest=hashlib.sha256(image).hexdigest(),
        width=picture.width,
        height=picture.height,
        taken_at=camera.taken_at,
        longitude=camera.longitude,
        latitude=camera.latitude,
    )


def _checked(data: bytes) -> Parts:
    """Everything that can be said before a decoder sees it."""
    if not data:
        raise NotAPhoto("文件是空的，请重新选一张照片")
    if len(data) > MAX_BYTES:
        raise NotAPhoto("照片超过 10 MB，请缩小后再传")
    try:
        parts = take_apart(data)
    except Unreadable as error:
        raise NotAPhoto(_BROKEN) from error
    if parts is None:
        is_heic = data[4:8] == b"ftyp" and data[8:12] in _HEIF
        raise NotAPhoto(_HEIC if is_heic else "这不是照片：只收 JPEG、PNG、WebP 格式的照片")
    if parts.animated:
        raise NotAPhoto("这是动图，请传照片")
    pixels = parts.width * parts.height
    if not pixels or parts.scans > _MAX_SCANS:
        raise NotAPhoto(_BROKEN)
    if pixels > MAX_PIXELS[parts.format]:
        raise NotAPhoto(f"照片的像素太多（{parts.width}×{parts.height}），请缩小后再传")
    return parts


def _decoded(parts: Parts) -> Image.Image:
    image = _READERS[parts.format](BytesIO(parts.paints))
    if image.size != (parts.width, parts.height):
        raise Unreadable
    # A JPEG's decoder skips what would be thrown away a line below.
    image.draft(None, (LONGEST, LONGEST))
    picture = _opaque(image)
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    picture.info.clear()
    return picture


def _opaque(image: Image.Image) -> Image.Image:
    """RGB; what is transparent shows white."""
    if image.mode.startswith("I"):
        # 16 bits of grey: converting alone would cut off all but the darkest.
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    painted = image.convert("RGBA")
    ground = Image.new("RGB", painted.size, "white")
    ground.paste(painted, mask=painted.getchannel("A"))
    return ground


def _jpeg(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def blacked_out(data: bytes, boxes: Iterable[tuple[int, int, int, int]]) -> bytes:
    """One of our own photos painted anew with black rectangles: left, top, width and height in thousandths.

    What lies under them is in no byte of the answer. A box is widened to whole pixels.
    """
    picture = _decoded(_checked(data))
    brush = ImageDraw.Draw(picture)
    wide, high = picture.size
    for left, top, width, height in boxes:
        right, bottom = -(-(left + width) * wide // 1000), -(-(top + height) * high // 1000)
        brush.rectangle((left * wide // 1000, top * high // 1000, right, bottom), fill="black")
    return _jpeg(picture)
