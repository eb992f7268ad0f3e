"""Files of an activity: kept once, seen by those who read it, gone after their time."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from lianhu.kit import clock
from tests import county, photos
from visits.activity_files import attach, remove_old, sweep_files, take_away, visible_files
from visits.kept_files import photo_storage
from visits.models import ActivityFile

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return photos.use_folder(settings, tmp_path)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def forum(people):
    return county.add_activity("forum", "2026-06-12", village=people.village, recorded_by=people.branch.user)


def sent(*files):
    return [SimpleUploadedFile(name, data) for name, data in files]


def test_the_good_ones_are_kept_painted_anew_and_the_others_told(people, forum, folder):
    uploads = sent(
        ("会场.jpg", photos.jpeg()), ("纪要.pdf", PDF), ("病毒.exe", b"MZ"), ("会场2.jpg", photos.jpeg())
    )
    faults = attach(forum, uploads, by=people.branch.user)
    assert [each.name for each in faults] == ["病毒.exe"]
    # The same photo again is the same attachment.
    assert sorted(forum.files.values_list("name", "is_photo")) == [("会场.jpg", True), ("纪要.pdf", False)]
    assert len(photos.files(folder)) == 3


def test_without_the_right_to_change_nothing_is_attached(people, forum):
    with pytest.raises(PermissionDenied):
        attach(forum, sent(("纪要.pdf", PDF)), by=people.cadre.user)


def test_of_a_heart_talk_only_the_two_and_the_office_get_the_file(people):
    talk = county.add_activity(
        "heart_talk", "2026-06-12", unit=people.unit, cadres=[people.unit_leader, people.cadre]
    )
    attach(talk, sent(("谈话.pdf", PDF)), by=people.unit_leader.user)
    get = {name for name, each in people.people.items() if visible_files(each.user).exists()}
    assert get == {"unit_leader", "cadre", "office"}


def test_taken_away_the_row_stays_and_the_file_goes(
    people, forum, folder, django_capture_on_commit_callbacks
):
    attach(forum, sent(("纪要.pdf", PDF)), by=people.branch.user)
    with django_capture_on_commit_callbacks(execute=True):
        take_away(forum.files.get(), by=people.branch.user)
    assert forum.files.get().removed_at is not None
    assert photos.files(folder) == []
    attach(forum, sent(("纪要.pdf", PDF)), by=people.branch.user)
    assert len(photos.files(folder)) == 1


def test_photos_go_after_their_years_and_papers_stay(
    people, forum, folder, django_capture_on_commit_callbacks
):
    attach(forum, sent(("会场.jpg", photos.jpeg()), ("纪要.pdf", PDF)), by=people.branch.user)
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old(on=datetime.date(2029, 6, 14)) == 0
        assert remove_old(on=datetime.date(2029, 6, 15)) == 1
        assert remove_old(on=datetime.date(2029, 6, 15)) == 0
    assert list(ActivityFile.objects.exclude(file="").values_list("name", flat=True)) == ["纪要.pdf"]
    assert len(photos.files(folder)) == 1


def test_a_file_without_a_row_is_swept_after_a_day(people, forum, folder):
    attach(forum, sent(("纪要.pdf", PDF)), by=people.branch.user)
    left = "activities/ab/left.pdf"
    photo_storage().save(left, SimpleUploadedFile("left.pdf", PDF))
    now = datetime.datetime.now(clock.SHANGHAI)
    assert sweep_files(now) == 0
    assert sweep_files(now + datetime.timedelta(days=2)) == 1
    assert len(photos.files(folder)) == 1
