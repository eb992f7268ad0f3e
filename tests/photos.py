"""Photos as phones, browsers and enemies send them, and the phone that does."""

import io
import random
import struct
import uuid
import zlib

from django.core.files.storage import InMemoryStorage
from PIL import Image, PngImagePlugin

from accounts.models import SyncItem
from lianhu.kit import clock
from visits.photos import keep_photo

# Red left of blue, so that one can see which side is up.
RED, BLUE, WHITE = (220, 30, 30), (30, 30, 220), (255, 255, 255)


def two_sides(width=64, height=48, mode="RGB"):
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


def saved(image, format="JPEG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(width=64, height=48, **options):
    return saved(two_sides(width, height), "JPEG", quality=90, **options)


def grainy(width, height, seed=1):
    """A JPEG that does not compress, as large in bytes as photos are."""
    noise = random.Random(seed).randbytes(width * height * 3)
    return saved(Image.frombytes("RGB", (width, height), noise), "JPEG", quality=95)


def png(width=64, height=48, mode="RGB", **options):
    return saved(two_sides(width, height, mode), "PNG", **options)


def webp(width=64, height=48, **options):
    return saved(two_sides(width, height), "WEBP", **options)


def camera(*, orientation=1, taken="2026:06:14 16:20:05", place=((31, 54, 9.5), (102, 13, 20)), refs="NE"):
    """What a camera writes into its file; a place is degrees, minutes and seconds."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "LianhuCam"
    exif.get_ifd(0x8769)[0x9003] = taken
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = refs[0], place[0], refs[1], place[1]
    return exif.tobytes()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb(side=30_000):
    """Under a megabyte of file, a gigabyte of picture."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    body = zlib.compress(bytes(3_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def webp_bomb():
    """A canvas of 16,384 × 16,384 that the decoder would lay out at once."""
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\x3f\x00" * 2 + webp()[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def moving(format):
    frames = [two_sides(), Image.new("RGB", (64, 48), WHITE)]
    return saved(frames[0], format, save_all=True, append_images=frames[1:], duration=100)


def exif_bomb(entries=60_000, claimed=9_000_000):
    """Each entry claims the whole file as its own value: read all, they are hundreds of gigabytes."""
    ifd = b"".join(struct.pack("<HHII", 0x8000 + at % 0x7000, 7, claimed, 8) for at in range(entries))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", entries) + ifd + bytes(claimed - len(ifd))


def text_bomb():
    """A comment of 60 MB, packed."""
    packed = zlib.compress(bytes(60_000_000), 1)
    plain = png()
    return plain[:33] + chunk(b"zTXt", b"Comment\0\0" + packed) + plain[33:]


def noted_png():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "LianhuCam")
    return png(pnginfo=notes, exif=camera())


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafheix" + bytes(500)


# --- and what becomes of them ------------------------------------------------------------------


def use_folder(settings, path):
    """A media folder of the test's own; return where photos are kept."""
    settings.MEDIA_ROOT = path / "media"
    place = settings.MEDIA_ROOT / "photos"
    own = {"BACKEND": "lianhu.kit.stored_files.DurableFiles", "OPTIONS": {"location": str(place)}}
    settings.STORAGES = settings.STORAGES | {"photos": own}
    return place


class Remote(InMemoryStorage):
    """A store elsewhere, as lianhu.kit.s3_files is."""

    def url(self, name, parameters, expire):
        assert parameters["ResponseContentType"] == "image/jpeg"
        return f"https://store.example/{name}?seconds={expire}"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def partial_files(folder):
    return [path for path in (folder.parent / "photos-partial").rglob("*") if path.is_file()]


def kept(visit, data=None, photo_id=None):
    return keep_photo(photo_id or uuid.uuid4(), data or jpeg(), visit_id=visit.pk, by=visit.cadre.user)


def sent(visit, by=None):
    """The visit as an item that has come in."""
    return SyncItem.objects.create(
        id=uuid.uuid4(),
        kind="visit",
        author=by or visit.cadre.user,
        digest="0" * 64,
        subject_id=visit.pk,
        received_at=clock.now(),
    )


class Phone:
    """Sends as the phone does; each answer is its status and its JSON."""

    def __init__(self, client):
        self.client = client

    def put(self, photo, item, body, offset=0, total=None):
        total = len(body) if total is None else total
        url = f"/api/photos/{photo}/?visit={item}&offset={offset}&total={total}"
        answer = self.client.put(url, body, content_type="application/octet-stream")
        return answer.status_code, answer.json()

    def state(self, photo):
        return self.client.get(f"/api/photos/{photo}/").json()
