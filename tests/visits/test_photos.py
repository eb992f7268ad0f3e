"""Photos from the table to the page: sent in pieces, kept once, seen by those who may see the visit."""

import datetime
import errno
import io
import os
import stat
import uuid

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import AuditEntry, Setting, SyncItem
from lianhu.kit import clock
from registry.models import Cover
from tests import county, photos
from tests.by_the_clock import run
from tests.photos import Phone, files, kept, partial_files, sent
from visits import partials
from visits.kept_files import photo_storage
from visits.models import Photo
from visits.photos import remove_old_photos, remove_photos_of, sweep_files

pytestmark = pytest.mark.django_db

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return photos.use_folder(settings, tmp_path)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def visit(people):
    county.add_trip(people.cadre, people.village, "2026-06-14")
    return county.add_visit(people.cadre, people.household, "2026-06-14", recorded_by=people.cadre.user)


@pytest.fixture
def item(visit):
    return sent(visit).pk


@pytest.fixture
def phone(people, signed_in):
    return Phone(signed_in(people.cadre))


# --- from the phone ----------------------------------------------------------------------------


def test_a_photo_sent_whole_is_kept(phone, item, visit, folder, people):
    photo_id = uuid.uuid4()
    data = photos.jpeg(3000, 2000, exif=photos.camera())
    assert phone.put(photo_id, item, data) == (200, {"received": len(data), "done": True})
    photo = Photo.objects.get()
    assert (photo.pk, photo.visit, photo.added_by) == (photo_id, visit, people.cadre.user)
    assert (photo.width, photo.height) == (2000, 1333)
    assert photo.taken_at == datetime.datetime(2026, 6, 14, 16, 20, 5, tzinfo=clock.SHANGHAI)
    assert photo.longitude == pytest.approx(102.2222, abs=1e-4)
    assert files(folder) == sorted([photo.file, photo.thumbnail])
    assert partial_files(folder) == []
    stored = photo_storage().open(photo.file).read()
    assert b"LianhuCam" not in stored
    assert dict(Image.open(io.BytesIO(stored)).getexif()) == {}


def test_a_photo_comes_in_pieces_over_a_connection_that_breaks(phone, item, folder):
    photo_id, data = uuid.uuid4(), photos.grainy(400, 300)
    assert phone.state(photo_id) == {"received": 0, "done": False}
    third = len(data) // 3
    assert phone.put(photo_id, item, data[:third], 0, len(data)) == (200, {"received": third, "done": False})
    assert phone.state(photo_id) == {"received": third, "done": False}
    assert not Photo.objects.exists()
    assert phone.put(photo_id, item, data[third:], third, len(data)) == (
        200,
        {"received": len(data), "done": True},
    )
    assert Photo.objects.count() == 1
    assert phone.state(photo_id)["done"] is True


def test_an_offset_that_does_not_follow_is_told_where_to_go_on(phone, item):
    photo_id, data = uuid.uuid4(), photos.grainy(200, 150)
    assert phone.put(photo_id, item, data[50:], 50, len(data)) == (409, {"received": 0})
    phone.put(photo_id, item, data[:100], 0, len(data))
    assert phone.put(photo_id, item, data[:100], 0, len(data)) == (409, {"received": 100})
    assert phone.put(photo_id, item, data[300:], 300, len(data)) == (409, {"received": 100})
    assert phone.put(photo_id, item, data[100:], 100, len(data))[1]["done"] is True


def test_sent_again_after_a_lost_answer_it_is_one(phone, item, folder):
    photo_id, data = uuid.uuid4(), photos.jpeg()
    first = phone.put(photo_id, item, data)
    for offset in (0, 10, len(data)):
        assert phone.put(photo_id, item, data[offset:], offset, len(data)) == first
    assert Photo.objects.count() == 1
    assert len(files(folder)) == 2


def test_a_process_killed_before_the_photo_was_made_is_gone_on_from(phone, item, people):
    photo_id, data = uuid.uuid4(), photos.jpeg()
    partials.Partial(photo_id, of=people.cadre.user).append(data, at=0, total=len(data))
    assert phone.state(photo_id) == {"received": len(data), "done": False}
    assert phone.put(photo_id, item, data) == (409, {"received": len(data)})
    assert phone.put(photo_id, item, b"", len(data), len(data)) == (
        200,
        {"received": len(data), "done": True},
    )


def test_another_file_under_the_same_id_begins_anew(phone, item):
    photo_id, data = uuid.uuid4(), photos.jpeg()
    phone.put(photo_id, item, bytes(5000), 0, 9000)
    assert phone.put(photo_id, item, data[9:], 9, len(data)) == (409, {"received": 0})
    assert phone.put(photo_id, item, data)[1]["done"] is True


def test_a_photo_waits_for_its_visit(phone, people, signed_in):
    assert phone.put(uuid.uuid4(), uuid.uuid4(), photos.jpeg())[1]["code"] == "waiting"
    trip = SyncItem.objects.create(
        id=uuid.uuid4(), kind="trip", author=people.cadre.user, digest="", subject_id=1, received_at=clock.now()
    )  # fmt: skip
    status, answer = phone.put(uuid.uuid4(), trip.pk, photos.jpeg())
    assert (status, answer["code"]) == (404, "waiting")


def test_nobody_adds_to_what_another_wrote(people, item, signed_in, folder):
    for name in ("colleague", "office", "unit_leader", "branch", "stranger"):
        other = Phone(signed_in(getattr(people, name)))
        status, answer = other.put(uuid.uuid4(), item, photos.jpeg())
        assert (status, answer["code"]) == (409, "other_author"), name
    assert not Photo.objects.exists()
    assert files(folder) == partial_files(folder) == []


def test_the_liaison_who_typed_the_visit_adds_its_photos(people, visit, signed_in):
    typed = sent(visit, by=people.unit_liaison.user)
    assert Phone(signed_in(people.unit_liaison)).put(uuid.uuid4(), typed.pk, photos.jpeg())[0] == 200


def test_an_id_that_another_visit_has_is_refused(phone, people, item, visit):
    other = county.add_visit(people.cadre, people.household, "2026-06-13", trip=None)
    photo = kept(other)
    status, answer = phone.put(photo.pk, item, photos.jpeg())
    assert (status, answer) == (422, {"errors": ["这张照片已经在另一次走访里"]})
    assert photo_storage().exists(photo.file)


def test_without_a_session_or_its_token_nothing_is_taken(people, item, phone):
    visitor = Phone(Client())
    status, answer = visitor.put(uuid.uuid4(), item, photos.jpeg())
    assert (status, answer["code"]) == (401, "sign_in")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = phone.client.cookies
    status, answer = Phone(strict).put(uuid.uuid4(), item, photos.jpeg())
    assert (status, answer["code"]) == (403, "csrf")


def test_a_photo_over_10_mb_is_refused_at_once(phone, item, folder):
    assert phone.put(uuid.uuid4(), item, b"x", 0, 40 * MEGABYTE)[0] == 413
    assert phone.put(uuid.uuid4(), item, bytes(11 * MEGABYTE), 0, 10 * MEGABYTE)[0] == 413
    assert partial_files(folder) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "visit=x&offset=0&total=1",
        "visit={}&offset=-1&total=1",
        "visit={}&offset=0&total=0",
        "visit={}&offset=9&total=3",
        "visit={}&offset=x&total=1",
    ],
)
def test_what_is_not_understood_is_told(phone, item, query):
    answer = phone.client.put(
        f"/api/photos/{uuid.uuid4()}/?{query.format(item)}", b"x", content_type="image/jpeg"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (photos.SVG, "不是照片"),
        (photos.HEIC, "HEIC"),
        (b"%PDF-1.7 " + photos.jpeg(), "不是照片"),
        (photos.png_bomb(), "像素太多"),
        (photos.moving("PNG"), "动图"),
        (photos.grainy(200, 100)[:-3000], "已损坏"),
    ],
)
def test_what_is_no_photo_is_refused_for_good_and_nothing_of_it_stays(phone, item, folder, data, word):
    for _ in range(2):
        status, answer = phone.put(uuid.uuid4(), item, data)
        assert status == 422
        assert word in answer["errors"][0]
    assert not Photo.objects.exists()
    assert files(folder) == partial_files(folder) == []


def test_what_hangs_on_a_photo_is_not_served(phone, item):
    photo_id = uuid.uuid4()
    phone.put(photo_id, item, photos.jpeg() + b"<html><script>alert(1)</script></html>")
    answer = phone.client.get(f"/photos/{photo_id}/")
    assert b"script" not in answer.getvalue()


def test_the_tenth_photo_is_refused(phone, item, visit, folder):
    for _ in range(9):
        assert phone.put(uuid.uuid4(), item, photos.jpeg())[0] == 200
    status, answer = phone.put(uuid.uuid4(), item, photos.jpeg())
    assert (status, answer) == (422, {"errors": ["一次走访最多 9 张照片"]})
    assert Photo.objects.count() == 9
    assert len(files(folder)) == 18
    assert partial_files(folder) == []


def test_a_household_that_was_blacked_out_takes_no_photo(phone, item, people):
    people.household.erased_at = clock.now()
    people.household.save(update_fields=["erased_at"])
    status, answer = phone.put(uuid.uuid4(), item, photos.jpeg())
    assert status == 422
    assert "遮蔽" in answer["errors"][0]


def test_a_voided_visit_keeps_its_photos_and_takes_those_that_were_on_their_way(phone, item, visit):
    before = kept(visit)
    visit.voided_at, visit.void_reason = clock.now(), "录错"
    visit.save()
    assert phone.client.get(f"/photos/{before.pk}/").status_code == 200
    assert phone.put(uuid.uuid4(), item, photos.jpeg())[0] == 200


# --- a full disk and other faults --------------------------------------------------------------


def full_disk(*args, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_and_leaves_nothing_half_written(phone, item, folder, monkeypatch):
    photo_id, data = uuid.uuid4(), photos.grainy(300, 200)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_disk)
        status, answer = phone.put(photo_id, item, data)
    assert (status, answer["code"]) == (507, "storage_full")
    assert not Photo.objects.exists()
    assert files(folder) == []
    # What came in stays: with room again the phone only asks for the end.
    assert phone.put(photo_id, item, b"", len(data), len(data))[1]["done"] is True


def test_a_disk_that_fills_up_under_the_pieces_keeps_what_was_whole(phone, item, people, monkeypatch):
    photo_id, data = uuid.uuid4(), photos.grainy(300, 200)
    phone.put(photo_id, item, data[:100], 0, len(data))
    partial = partials.Partial(photo_id, of=people.cadre.user)

    class Full(io.FileIO):
        def write(self, piece):
            super().write(bytes(piece)[:5])
            full_disk()

    with monkeypatch.context() as patched:
        patched.setattr(partials.os, "fdopen", lambda descriptor, *_, **__: Full(descriptor, "a"))
        assert phone.put(photo_id, item, data[100:], 100, len(data))[0] == 507
    assert partial.received == 100
    assert phone.put(photo_id, item, data[100:], 100, len(data))[1]["done"] is True


def test_a_transaction_that_fails_leaves_no_file_and_one_that_holds_keeps_them(visit, folder, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(Photo, "save", lambda *_, **__: connection.cursor().execute("SELECT 1/0"))
        with pytest.raises(DatabaseError):
            kept(visit)
    assert files(folder) == []
    assert not Photo.objects.exists()
    photo = kept(visit)
    assert files(folder) == sorted([photo.file, photo.thumbnail])


def test_files_are_for_the_owner_alone(visit, folder, phone, item):
    photo = kept(visit)
    phone.put(uuid.uuid4(), item, photos.jpeg()[:50], 0, 100)
    for path in [folder / photo.file, folder / photo.thumbnail, *partial_files(folder)]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_a_killed_process_left_behind_is_swept_after_a_day(visit, folder):
    photo = kept(visit)
    gone = kept(visit)
    left = f"{str(gone.pk)[:2]}/{gone.pk}.jpg"
    Photo.objects.filter(pk=gone.pk).update(file="", thumbnail="")
    (folder / "ab").mkdir(exist_ok=True)
    (folder / "ab" / "tmp12345").write_bytes(b"half")
    assert sweep_files(clock.now() - datetime.timedelta(days=400)) == 0
    real_now = datetime.datetime.now(datetime.UTC)
    assert sweep_files(real_now) == 0
    assert left in files(folder)
    assert sweep_files(real_now + datetime.timedelta(days=2)) == 3
    assert files(folder) == sorted([photo.file, photo.thumbnail])


def test_partial_photos_are_swept_after_three_days(phone, item, folder):
    phone.put(uuid.uuid4(), item, b"x" * 50, 0, 100)
    (path,) = partial_files(folder)
    now = datetime.datetime.now(datetime.UTC)
    partials.sweep_partials(now + datetime.timedelta(days=2, hours=23))
    assert path.exists()
    partials.sweep_partials(now + datetime.timedelta(days=3, hours=1))
    assert not path.exists()


def test_the_tasks_run_on_an_empty_county(people):
    for kind in ("sweep_photo_files", "sweep_photo_uploads", "remove_old_photos"):
        assert run(kind) is None


# --- from the page -----------------------------------------------------------------------------


def add(client, visit, *uploads):
    url = reverse("visit_photos_add", args=[visit.pk])
    given = [SimpleUploadedFile(name, data, content_type="image/jpeg") for name, data in uploads]
    return client.post(url, {"photos": given})


def test_a_plain_form_adds_several_photos(people, visit, signed_in):
    answer = add(signed_in(people.cadre), visit, ("a.jpg", photos.jpeg()), ("b.png", photos.png(90, 90)))
    assert answer.status_code == 302
    assert answer["Location"] == f"/visits/{visit.pk}/"
    assert visit.photos.count() == 2


def test_the_same_form_sent_twice_adds_nothing(people, visit, signed_in):
    client, upload = signed_in(people.cadre), ("a.jpg", photos.jpeg())
    add(client, visit, upload)
    assert add(client, visit, upload, upload).status_code == 302
    assert visit.photos.count() == 1


def test_each_faulty_file_is_told_by_name_and_the_good_ones_are_kept(people, visit, signed_in):
    answer = add(
        signed_in(people.cadre),
        visit,
        ("院子.jpg", photos.jpeg()),
        ("IMG_1.HEIC", photos.HEIC),
        ("<b>.jpg", photos.SVG),
        ("空.jpg", b""),
        ("大.jpg", bytes(40 * MEGABYTE)),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert visit.photos.count() == 1
    assert "4 张照片没有存上" in page
    assert "另外 1 张已存上" in page
    for told in (
        "IMG_1.HEIC：这是苹果手机的 HEIC",
        "&lt;b&gt;.jpg：这不是照片",
        "空.jpg：文件是空的",
        "大.jpg：照片超过 10 MB",
    ):
        assert told in page


def test_a_form_without_a_file_says_so(people, visit, signed_in):
    answer = add(signed_in(people.cadre), visit)
    assert answer.status_code == 422
    assert "请先选照片" in answer.content.decode()


def test_a_full_disk_is_told_on_the_page_too(people, visit, signed_in, monkeypatch, folder):
    monkeypatch.setattr(os, "fsync", full_disk)
    answer = add(signed_in(people.cadre), visit, ("a.jpg", photos.jpeg()))
    assert answer.status_code == 507
    assert "存储空间已满" in answer.content.decode()
    assert files(folder) == []


def test_only_to_ones_own_visit_that_stands(people, visit, signed_in):
    for name, cadre in people.people.items():
        if name != "cadre":
            assert add(signed_in(cadre), visit, ("a.jpg", photos.jpeg())).status_code == 404, name
    visit.voided_at, visit.void_reason = clock.now(), "录错"
    visit.save()
    assert add(signed_in(people.cadre), visit, ("a.jpg", photos.jpeg())).status_code == 404
    assert not Photo.objects.exists()


# --- seen --------------------------------------------------------------------------------------


SEES = {"cadre", "branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader", "office"}


def test_whoever_may_see_the_visit_sees_its_photos_and_nobody_else(people, visit, signed_in):
    photo = kept(visit)
    for name, cadre in people.people.items():
        client = signed_in(cadre)
        for url in (f"/photos/{photo.pk}/", f"/photos/{photo.pk}/small/"):
            assert client.get(url).status_code == (200 if name in SEES else 404), name
    assert signed_in(people.office).get(f"/photos/{uuid.uuid4()}/").status_code == 404
    assert Client().get(f"/photos/{photo.pk}/").status_code == 302


def test_who_covers_the_cadre_sees_them_while_it_lasts(people, visit, signed_in, on_day):
    photo = kept(visit)
    Cover.objects.create(
        cadre=people.cadre, colleague=people.colleague, begins_on="2026-06-15", ends_on="2026-06-15"
    )
    assert signed_in(people.colleague).get(f"/photos/{photo.pk}/").status_code == 200
    on_day("2026-06-16")
    assert signed_in(people.colleague).get(f"/photos/{photo.pk}/").status_code == 404


def test_a_photo_is_shown_as_a_picture_and_never_as_anything_else(people, visit, signed_in):
    photo, client = kept(visit, photos.jpeg(900, 600)), signed_in(people.office)
    for url, width in ((f"/photos/{photo.pk}/", 900), (f"/photos/{photo.pk}/small/", 320)):
        answer = client.get(url)
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"] == 'inline; filename="photo.jpg"'
        assert answer["Cache-Control"].startswith("private")
        assert Image.open(io.BytesIO(answer.getvalue())).width == width


def test_the_proxy_in_front_may_send_it(people, visit, signed_in, settings):
    settings.PHOTO_ACCEL = "/kept-photos/"
    photo = kept(visit)
    answer = signed_in(people.cadre).get(f"/photos/{photo.pk}/small/")
    assert answer["X-Accel-Redirect"] == f"/kept-photos/{str(photo.pk)[:2]}/{photo.pk}-small.jpg"
    assert (answer.content, answer["Content-Type"]) == (b"", "image/jpeg")
    assert signed_in(people.stranger).get(f"/photos/{photo.pk}/").status_code == 404


def test_a_store_elsewhere_sends_it_by_an_address_for_a_minute(people, visit, signed_in, settings):
    settings.STORAGES = settings.STORAGES | {"photos": {"BACKEND": "tests.photos.Remote"}}
    photo = kept(visit)
    answer = signed_in(people.cadre).get(f"/photos/{photo.pk}/")
    assert answer.status_code == 302
    assert answer["Location"] == f"https://store.example/{photo.file}?seconds=60"
    assert answer["Cache-Control"] == "private, no-store"
    assert signed_in(people.stranger).get(f"/photos/{photo.pk}/").status_code == 404


def test_a_file_that_is_missing_answers_as_not_there(people, visit, signed_in, folder):
    photo = kept(visit)
    (folder / photo.file).unlink()
    assert signed_in(people.cadre).get(f"/photos/{photo.pk}/").status_code == 404


def test_the_same_picture_in_two_visits_has_the_same_digest(people, visit):
    other = county.add_visit(people.cadre, people.household, "2026-06-13", trip=None)
    assert kept(visit).digest == kept(other).digest


# --- kept no longer than needed ----------------------------------------------------------------


def test_after_three_years_the_files_go_and_the_fact_stays(
    people, visit, on_day, folder, signed_in, django_capture_on_commit_callbacks
):
    photo = kept(visit, photos.jpeg(exif=photos.camera()))
    day = on_day("2029-06-14")
    assert remove_old_photos(on=day) == 0
    day = on_day("2029-06-15")
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old_photos(on=day) == 1
    photo.refresh_from_db()
    assert (photo.file, photo.thumbnail, photo.longitude, photo.latitude) == ("", "", None, None)
    assert photo.removed_at == clock.now()
    assert files(folder) == []
    assert "保存满 3 年" in AuditEntry.objects.filter(kind="erased").get().detail
    assert signed_in(people.office).get(f"/photos/{photo.pk}/").status_code == 404
    assert remove_old_photos(on=day) == 0


def test_the_office_sets_how_many_years(visit, on_day):
    kept(visit)
    day = on_day("2027-06-15")
    assert remove_old_photos(on=day) == 0
    Setting.objects.create(name="photo_years", begins_on=day, value=1)
    assert remove_old_photos(on=day) == 1


def test_on_the_familys_request_they_go_with_the_transaction(
    people, visit, folder, django_capture_on_commit_callbacks
):
    photo = kept(visit)
    strange = county.add_visit(people.stranger, people.other_household, "2026-06-14", trip=None)
    others = kept(strange)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        assert remove_photos_of(people.household) == 1
        transaction.set_rollback(True)
    assert len(files(folder)) == 4
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_photos_of(people.household) == 1
    assert files(folder) == sorted([others.file, others.thumbnail])
    photo.refresh_from_db()
    assert photo.removed_at is not None
    assert remove_photos_of(people.household) == 0


def test_the_photo_store_is_a_storage_of_its_own(settings, folder):
    assert storages["photos"].location == str(folder)
    assert not folder.is_relative_to(settings.STATICFILES_DIRS[0])
