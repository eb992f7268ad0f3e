"""What may be a photo, and what is left of it: the picture alone (contract, section 3)."""

import datetime
import hashlib
import io
import random
import re
import time
import tracemalloc
import zipfile

import pytest
from PIL import Image

from lianhu.kit import clock
from lianhu.kit.exif import Camera, read_exif
from lianhu.kit.images import MAX_BYTES, NotAPhoto, read_photo
from tests import photos


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def close(pixel, colour):
    return all(abs(got - wanted) < 40 for got, wanted in zip(pixel, colour, strict=True))


def reason(data):
    with pytest.raises(NotAPhoto) as caught:
        read_photo(data)
    return str(caught.value)


@pytest.mark.parametrize("data", [photos.jpeg(), photos.png(), photos.webp(), photos.webp(lossless=True)])
def test_the_three_formats_become_a_jpeg_and_a_small_one(data):
    picture = read_photo(data)
    for part in (picture.image, picture.thumbnail):
        image = opened(part)
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 48))
        assert close(image.getpixel((10, 20)), photos.RED)
        assert close(image.getpixel((54, 20)), photos.BLUE)
    assert (picture.width, picture.height) == (64, 48)
    assert picture.digest == hashlib.sha256(picture.image).hexdigest()


@pytest.mark.parametrize(
    ("size", "large", "small"),
    [
        ((4000, 3000), (2000, 1500), (320, 240)),
        ((3000, 4000), (1500, 2000), (240, 320)),
        ((2000, 10), (2000, 10), (320, 2)),
        ((6000, 1), (2000, 1), (320, 1)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_the_longest_side_is_at_most_2000_and_of_the_small_one_320(size, large, small):
    for data in (photos.jpeg(*size), photos.png(*size)):
        picture = read_photo(data)
        assert opened(picture.image).size == (picture.width, picture.height) == large
        assert opened(picture.thumbnail).size == small


@pytest.mark.parametrize(
    "data",
    [
        photos.saved(photos.two_sides(mode="CMYK"), "JPEG"),
        photos.saved(photos.two_sides(), "JPEG", progressive=True),
        photos.png(mode="P"),
        photos.png(mode="RGBA"),
        photos.png(interlace=1),
        photos.saved(photos.two_sides().quantize(4), "PNG", transparency=3),
    ],
)
def test_each_way_of_writing_colours_is_read(data):
    image = opened(read_photo(data).image)
    assert image.mode == "RGB"
    assert close(image.getpixel((10, 20)), photos.RED)
    assert close(image.getpixel((54, 20)), photos.BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_black_and_white_is_read(mode):
    image = Image.new("L", (40, 30), 0)
    image.paste(255, (20, 0, 40, 30))
    read = opened(read_photo(photos.saved(image.convert(mode), "PNG")).image)
    assert close(read.getpixel((5, 5)), (0, 0, 0))
    assert close(read.getpixel((35, 5)), photos.WHITE)


def test_sixteen_bits_of_grey_keep_their_shades():
    image = Image.frombytes("I;16", (40, 30), (b"\x00\x40" * 20 + b"\x00\xc0" * 20) * 30)
    read = opened(read_photo(photos.saved(image, "PNG")).image)
    assert close(read.getpixel((5, 5)), (64, 64, 64))
    assert close(read.getpixel((35, 5)), (192, 192, 192))


def test_what_is_transparent_shows_white():
    image = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    image.paste((*photos.RED, 255), (20, 0, 40, 30))
    for format in ("PNG", "WEBP"):
        read = opened(read_photo(photos.saved(image, format)).image)
        assert close(read.getpixel((5, 5)), photos.WHITE)
        assert close(read.getpixel((35, 5)), photos.RED)


# Where the red half, left in the camera's own picture, belongs.
@pytest.mark.parametrize(
    ("orientation", "red", "blue"),
    [
        (1, (0.1, 0.5), (0.9, 0.5)),
        (2, (0.9, 0.5), (0.1, 0.5)),
        (3, (0.9, 0.5), (0.1, 0.5)),
        (4, (0.1, 0.5), (0.9, 0.5)),
        (5, (0.5, 0.1), (0.5, 0.9)),
        (6, (0.5, 0.1), (0.5, 0.9)),
        (7, (0.5, 0.9), (0.5, 0.1)),
        (8, (0.5, 0.9), (0.5, 0.1)),
        (77, (0.1, 0.5), (0.9, 0.5)),
    ],
)
@pytest.mark.parametrize("make", [photos.jpeg, photos.png, photos.webp])
def test_a_photo_stands_as_it_was_taken(make, orientation, red, blue):
    picture = read_photo(make(exif=photos.camera(orientation=orientation)))
    assert (picture.width > picture.height) is (orientation not in (5, 6, 7, 8))
    for part in (picture.image, picture.thumbnail):
        image = opened(part)
        for place, colour in ((red, photos.RED), (blue, photos.BLUE)):
            at = int(place[0] * image.width), int(place[1] * image.height)
            assert close(image.getpixel(at), colour)


@pytest.mark.parametrize("make", [photos.jpeg, photos.png, photos.webp])
def test_time_and_place_are_read(make):
    picture = read_photo(make(exif=photos.camera()))
    assert picture.taken_at == datetime.datetime(2026, 6, 14, 16, 20, 5, tzinfo=clock.SHANGHAI)
    assert picture.latitude == pytest.approx(31 + 54 / 60 + 9.5 / 3600)
    assert picture.longitude == pytest.approx(102 + 13 / 60 + 20 / 3600)
    southwest = read_photo(make(exif=photos.camera(refs="SW")))
    assert (southwest.latitude, southwest.longitude) == (-picture.latitude, -picture.longitude)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        photos.camera()[:60],
        photos.camera(taken="0000:00:00 00:00:00", place=((0, 0, 0), (0, 0, 0))),
        photos.camera(taken="1970:01:01 00:00:00", place=((91, 0, 0), (102, 0, 0))),
        photos.camera(taken="昨天"[:1], place=((31, 0, 0), (181, 0, 0))),
    ],
)
def test_a_camera_that_wrote_nonsense_is_left_aside_and_its_photo_kept(exif):
    picture = read_photo(photos.jpeg(exif=exif))
    assert (picture.taken_at, picture.longitude, picture.latitude) == (None, None, None)


def test_any_cut_of_what_a_camera_wrote_is_read_without_a_fault():
    whole = photos.camera().removeprefix(b"Exif\0\0")
    for end in range(len(whole)):
        read_exif(whole[:end])
        read_exif(whole[:end] + b"\xff" * 40)
    endless = b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" * 3
    assert read_exif(endless) == Camera(orientation=6)


@pytest.mark.parametrize(
    "data",
    [
        photos.jpeg(exif=photos.camera(), comment=b"LianhuCam", xmp=b"<x>LianhuCam</x>", icc_profile=b"LianhuCam"),
        photos.noted_png(),
        photos.webp(exif=photos.camera(), xmp=b"LianhuCam"),
    ],
)  # fmt: skip
def test_nothing_but_the_picture_is_in_what_is_kept(data):
    assert b"LianhuCam" in data
    picture = read_photo(data)
    for part in (picture.image, picture.thumbnail):
        assert b"LianhuCam" not in part
        assert dict(opened(part).getexif()) == {}
        assert set(opened(part).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        # JFIF, tables, frame, scan: no APP1 (EXIF, XMP), no APP2 (profile), no comment.
        assert not re.search(rb"\xff[\xe1-\xef\xfe]..(Exif|http|ICC)", part, re.DOTALL)


def test_what_hangs_on_a_photo_is_gone():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    for tail in (packed.getvalue(), b"<html><script>alert(1)</script></html>", b"%PDF-1.7 <<>>"):
        for make in (photos.jpeg, photos.png, photos.webp):
            picture = read_photo(make() + tail)
            for part in (picture.image, picture.thumbnail):
                assert tail not in part
                assert b"script" not in part
                assert not zipfile.is_zipfile(io.BytesIO(part))
                assert part.endswith(b"\xff\xd9")
    hidden = photos.jpeg(comment=b"*/=alert(1)/*<html><script>alert(1)</script>")
    assert b"alert" not in read_photo(hidden).image


def test_a_second_picture_in_the_same_file_is_not_looked_at():
    two = photos.saved(photos.two_sides(), "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    assert read_photo(two).width == 64


@pytest.mark.parametrize(
    "data",
    [
        photos.SVG,
        b"%PDF-1.7\n" + photos.jpeg(),
        b"<html>" + photos.jpeg(),
        b"PK\x03\x04" + photos.jpeg(),
        photos.saved(photos.two_sides(), "GIF"),
        photos.saved(photos.two_sides(), "BMP"),
        photos.saved(photos.two_sides(), "TIFF"),
        photos.saved(photos.two_sides(), "AVIF"),
        "就是几个字".encode(),
        b"\xff\xd8",
        b"\0",
    ],
)
def test_another_kind_of_file_is_refused_whatever_its_name(data):
    assert reason(data) == "这不是照片：只收 JPEG、PNG、WebP 格式的照片"


def test_heic_is_refused_with_the_way_out():
    assert "HEIC" in reason(photos.HEIC)
    assert "兼容性最佳" in reason(photos.HEIC)


def test_an_empty_file_and_one_too_large_are_refused():
    assert reason(b"") == "文件是空的，请重新选一张照片"
    assert reason(bytes(40 * 1024 * 1024)) == "照片超过 10 MB，请缩小后再传"
    exactly = photos.jpeg()
    assert read_photo(exactly + bytes(MAX_BYTES - len(exactly)))
    assert "10 MB" in reason(exactly + bytes(MAX_BYTES - len(exactly) + 1))


@pytest.mark.parametrize("make", [photos.jpeg, photos.png, photos.webp])
def test_a_file_cut_anywhere_is_refused(make):
    whole = make(300, 200)
    for share in (0.2, 0.5, 0.9, 0.98):
        assert reason(whole[: int(len(whole) * share)]).startswith("照片已损坏")


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(format):
    assert reason(photos.moving(format)) == "这是动图，请传照片"


@pytest.mark.parametrize("bomb", [photos.png_bomb(), photos.png_bomb(2**31 - 1), photos.webp_bomb()])
def test_a_bomb_is_told_by_its_header_before_it_is_unpacked(bomb):
    assert len(bomb) < MAX_BYTES
    begun = time.perf_counter()
    tracemalloc.start()
    assert "像素太多" in reason(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize("format", ["text", "PNG", "WEBP"])
def test_a_bomb_beside_the_picture_is_not_unpacked(format):
    bomb = photos.exif_bomb()
    data = photos.text_bomb() if format == "text" else photos.saved(photos.two_sides(), format, exif=bomb)
    tracemalloc.start()
    assert read_photo(data).width == 64
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


def test_a_jpeg_of_countless_scans_is_refused():
    whole = photos.saved(photos.two_sides(), "JPEG", progressive=True)
    first = whole.index(b"\xff\xda")
    assert reason(whole[:first] + whole[first:-2] * 60 + b"\xff\xd9").startswith("照片已损坏")


def test_bytes_changed_at_random_are_read_or_refused_and_nothing_else():
    chance = random.Random(5)
    for make in (photos.jpeg, photos.png, photos.webp):
        whole = make(exif=photos.camera())
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                read_photo(bytes(data))
            except NotAPhoto:
                continue


def test_a_large_photo_is_read_in_little_time_and_memory():
    data = photos.jpeg(8000, 6000)
    begun = time.perf_counter()
    assert read_photo(data).width == 2000
    assert time.perf_counter() - begun < 5
