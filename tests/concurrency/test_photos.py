"""Two tabs, many photos, one visit: nothing is doubled, and nine are nine."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests import county, photos
from tests.concurrency.test_two_imports import Thread
from tests.photos import Phone, files, kept, sent
from visits.models import Photo
from visits.photos import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return photos.use_folder(settings, tmp_path)


@pytest.fixture
def visit(on_day):
    on_day("2026-06-15")
    people = county.build()
    return county.add_visit(people.cadre, people.household, "2026-06-14", recorded_by=people.cadre.user)


def at_once(work, count):
    return [thread.result() for thread in [Thread(work) for _ in range(count)]]


def test_four_tabs_that_send_the_same_pieces_make_one_photo(visit, signed_in, folder):
    data, photo_id, item = photos.grainy(500, 400), uuid.uuid4(), sent(visit).pk

    def tab():
        phone, offset = Phone(signed_in(visit.cadre)), 0
        while True:
            status, answer = phone.put(photo_id, item, data[offset : offset + 20_000], offset, len(data))
            assert status in {200, 409}
            offset = answer["received"]
            if answer.get("done"):
                return offset

    assert at_once(tab, 4) == [len(data)] * 4
    assert Photo.objects.count() == 1
    assert len(files(folder)) == 2
    assert all(Image.open(folder / name).width in {320, 500} for name in files(folder))


def test_of_twelve_at_once_nine_are_kept(visit, folder):
    def one():
        try:
            return kept(visit).pk
        except Refused as error:
            return str(error)

    got = at_once(one, 12)
    assert got.count("一次走访最多 9 张照片") == 3
    assert Photo.objects.count() == 9
    assert len(files(folder)) == 18


def test_the_same_photo_under_the_same_id_at_once_is_one(visit, folder):
    photo_id = uuid.uuid4()
    assert {photo.pk for photo in at_once(lambda: kept(visit, photo_id=photo_id), 6)} == {photo_id}
    assert len(files(folder)) == 2


def test_one_id_in_two_visits_at_once_is_in_one_of_them_with_its_files(visit, folder):
    other = county.add_visit(visit.cadre, visit.household, "2026-06-13", trip=None)
    photo_id, places = uuid.uuid4(), [visit, other] * 3

    def one():
        try:
            return kept(places.pop(), photo_id=photo_id).visit_id
        except Refused:
            return None

    taken = set(at_once(one, 6)) - {None}
    assert taken == {Photo.objects.get().visit_id}
    assert len(files(folder)) == 2


def test_the_form_tapped_twice_adds_one(visit, signed_in):
    def tap():
        upload = SimpleUploadedFile("a.jpg", photos.jpeg())
        url = reverse("visit_photos_add", args=[visit.pk])
        return signed_in(visit.cadre).post(url, {"photos": upload}).status_code

    assert at_once(tap, 3) == [302] * 3
    assert Photo.objects.count() == 1
