"""公示照片: what is under a black box is nowhere in what the public gets (contract, section 4)."""

import datetime
import io
import pathlib
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image

from grievances import public_files, public_photos, publication
from grievances.attachments import attach
from grievances.models import PublicPhoto
from grievances.public_photos import Source
from lianhu.kit import clock
from lianhu.kit.images import blacked_out
from tests import county, photos
from tests.grievances import ledger
from tests.grievances.ledger import A, S
from visits.kept_files import photo_storage

pytestmark = pytest.mark.django_db
LEFT_HALF = (0, 0, 500, 1000)


@pytest.fixture
def people(on_day, settings, tmp_path):
    on_day("2026-06-15")
    settings.AUDIT_DIR = tmp_path / "audit"
    photos.use_folder(settings, tmp_path)
    return county.build()


@pytest.fixture
def visit(people):
    return county.add_visit(people.cadre, people.household, "2026-06-14")


@pytest.fixture
def made(people, visit):
    """Closed, with a draft; heard at a visit with one photo."""
    photos.kept(visit)
    made = ledger.matter(people, S.CLOSED, visit=visit)
    ledger.public_text(made, people.branch)
    return made


def of(made, person):
    return public_photos.sources(made, ledger.fresh(person))


def choose(made, people, boxes=(LEFT_HALF,), **more):
    [source] = of(made, people.branch)
    return public_photos.choose(made.pk, source, boxes, "修好的管道", by=people.branch.user, **more)


def picture(name):
    with photo_storage().open(name) as file:
        return Image.open(io.BytesIO(file.read())).convert("RGB")


def public():
    """The files that are there for the public."""
    return photos.files(pathlib.Path(photo_storage().location, "public"))


def is_black(colour):
    return max(colour) < 12


# --- painting ----------------------------------------------------------------------------------


def test_what_lies_under_a_box_is_gone_and_the_rest_is_there():
    painted = Image.open(io.BytesIO(blacked_out(photos.jpeg(200, 100), [LEFT_HALF]))).convert("RGB")
    assert painted.size == (200, 100)
    assert all(is_black(painted.getpixel((x, y))) for x in range(0, 99, 7) for y in range(0, 100, 7))
    assert painted.getpixel((180, 50))[2] > 150


def test_a_box_is_widened_to_whole_pixels_and_may_reach_every_edge():
    painted = Image.open(io.BytesIO(blacked_out(photos.jpeg(64, 48), [(0, 0, 1000, 1000)]))).convert("RGB")
    assert all(is_black(painted.getpixel(each)) for each in ((0, 0), (63, 0), (0, 47), (63, 47)))
    thin = Image.open(io.BytesIO(blacked_out(photos.jpeg(64, 48), [(500, 500, 1, 1)]))).convert("RGB")
    assert max(thin.getpixel((32, 24))) < 120


def test_nothing_of_the_camera_is_left():
    data = blacked_out(photos.jpeg(exif=photos.camera()), [])
    assert b"LianhuCam" not in data
    assert not Image.open(io.BytesIO(data)).getexif()


# --- choosing ----------------------------------------------------------------------------------


def test_photos_of_the_visit_and_of_the_matter_can_be_chosen_and_no_pdf(people, visit):
    photo = photos.kept(visit)
    made = ledger.matter(people, S.ASSIGNED, visit=visit)
    uploads = [SimpleUploadedFile("a.jpg", photos.jpeg()), SimpleUploadedFile("b.pdf", b"%PDF-1.4 %%EOF")]
    attach(made, uploads, by=people.cadre.user)
    found = of(made, people.branch)
    assert [each.photo for each in found] == [photo, None]
    assert [each.attachment and each.attachment.name for each in found] == [None, "a.jpg"]


def test_a_photo_chosen_is_a_new_picture_beside_the_one_it_was_made_of(made, people):
    chosen = choose(made, people)
    assert chosen.file.startswith("public/")
    assert chosen.file != chosen.photo.file
    assert is_black(picture(chosen.file).getpixel((10, 20)))
    assert not is_black(picture(chosen.photo.file).getpixel((10, 20)))
    assert (chosen.boxes, chosen.chosen_by) == ([list(LEFT_HALF)], people.branch.user)


def test_a_photo_chosen_or_removed_asks_for_another_confirmation(made, people):
    chosen = choose(made, people)
    assert publication.standing(made).confirmed_at is None
    text = publication.standing(made)
    publication.confirm(made.pk, seen=publication.fingerprint(text), by=people.branch.user)
    public_photos.remove(made.pk, chosen.pk, by=people.branch.user)
    assert publication.standing(made).confirmed_at is None


def test_painted_again_it_takes_the_place_of_the_first(made, people, django_capture_on_commit_callbacks):
    first = choose(made, people)
    with django_capture_on_commit_callbacks(execute=True):
        second = choose(made, people, boxes=[(0, 0, 1000, 1000)], instead_of=first.pk)
    assert list(PublicPhoto.objects.all()) == [second]
    assert not photo_storage().exists(first.file)
    assert is_black(picture(second.file).getpixel((60, 40)))


def test_what_is_said_of_a_photo_is_scanned_like_the_text(made, people):
    [source] = of(made, people.branch)
    public_photos.choose(made.pk, source, [LEFT_HALF], "多吉家门口", by=people.branch.user)
    assert publication.sensitive_in(publication.standing(made)) == ["“多吉”是登记的姓名，请改成“某某”"]


def test_only_those_who_prepare_the_notice_choose(made, people):
    [source] = of(made, people.branch)
    for person in (people.cadre, people.stranger_branch):
        with pytest.raises(PermissionDenied):
            public_photos.choose(made.pk, source, [], "管道", by=ledger.fresh(person))
    assert public() == []


def test_nine_are_the_most(made, people):
    chosen = choose(made, people)
    for _ in range(8):
        chosen.pk = uuid.uuid4()
        chosen.save(force_insert=True)
    with pytest.raises(ValidationError, match="最多 9 张"):
        choose(made, people)


def test_a_photo_that_was_removed_meanwhile_is_told(made, people):
    [source] = of(made, people.branch)
    photo_storage().delete(source.photo.file)
    with pytest.raises(ValidationError, match="已经清除"):
        public_photos.choose(made.pk, source, [], "管道", by=people.branch.user)


def test_a_choice_that_fails_leaves_no_file(made, people, monkeypatch):
    monkeypatch.setattr(PublicPhoto.objects, "create", lambda **fields: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        choose(made, people)
    assert public() == []


# --- going -------------------------------------------------------------------------------------


def test_its_files_go_when_the_notice_comes_down(made, people, django_capture_on_commit_callbacks):
    chosen = choose(made, people)
    text = publication.standing(made)
    publication.confirm(made.pk, seen=publication.fingerprint(text), by=people.branch.user)
    ledger.take(made, A.PUBLISH, people.township_liaison)
    with django_capture_on_commit_callbacks(execute=True):
        ledger.take(made, A.REOPEN, people.township_liaison, reason="再修")
    chosen.refresh_from_db()
    assert chosen.file == ""
    assert public() == []
    assert photo_storage().exists(chosen.photo.file)


def test_a_file_without_a_row_is_swept_after_a_day(made, people):
    chosen = choose(made, people)
    with transaction.atomic():
        photo_storage().save(f"public/ab/{uuid.uuid4()}.jpg", io.BytesIO(b"left behind"))
    real_now = datetime.datetime.now(clock.SHANGHAI)
    assert public_files.sweep_files(real_now) == 0
    assert public_files.sweep_files(real_now + datetime.timedelta(days=2)) == 1
    assert photo_storage().exists(chosen.file)


def test_a_source_is_named_by_what_it_is(made, people):
    [source] = of(made, people.branch)
    assert source == Source(photo=source.photo)
    assert source.word == f"photo-{source.photo.pk}"
