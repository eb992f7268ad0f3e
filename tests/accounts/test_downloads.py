"""Files that expire: removed after their days, with what killed workers left behind."""

import datetime
import os

import pytest

from accounts import downloads
from accounts.models import Job, JobState, Setting, User
from lianhu.kit import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(on_day, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    on_day("2026-06-15")
    return User.objects.create_user("P1", "何静")


def write(job, path, say):
    path.write_bytes(b"whole")
    return {"as": "户名册.xlsx", "rows": 1}


def made(person, asked):
    job = downloads.ask("户名册", {"asked": asked}, rights={}, by=person)
    downloads.make(job.pk, write)
    return Job.objects.get(pk=job.pk)


def later(**span):
    return clock.now() + datetime.timedelta(**span)


def test_a_file_is_kept_three_days_and_then_gone(person, tmp_path, django_capture_on_commit_callbacks):
    job = made(person, "a")
    assert downloads.kept_until(job) == datetime.date(2026, 6, 18)
    assert downloads.remove_expired(later(days=3, seconds=-1)) == 0
    assert downloads.is_ready(job)
    with django_capture_on_commit_callbacks(execute=True):
        assert downloads.remove_expired(later(days=3)) == 1
        assert downloads.remove_expired(later(days=3)) == 0
    job.refresh_from_db()
    assert not downloads.is_ready(job)
    assert (job.state, job.result["gone"]) == (JobState.DONE, "过了保存的天数，已经删除")
    assert list((tmp_path / "exports").iterdir()) == []


def test_the_office_sets_for_how_many_days(person):
    job = made(person, "a")
    Setting.objects.create(name="download_days", value=10, begins_on="2026-06-15")
    assert downloads.kept_until(job) == datetime.date(2026, 6, 25)
    assert downloads.remove_expired(later(days=9)) == 0
    assert downloads.remove_expired(later(days=10)) == 1


def test_what_no_job_names_is_removed_after_a_day_and_what_one_names_is_not(person, tmp_path):
    kept = made(person, "a")
    waiting = downloads.ask("户名册", {"asked": "b"}, rights={}, by=person)
    folder, old = tmp_path / "exports", (clock.now() - datetime.timedelta(days=2)).timestamp()
    (folder / waiting.params["file"]).write_bytes(b"renamed, not recorded yet")
    (folder / "left.xlsx").write_bytes(b"x")
    (folder / ".left.xlsx.abc").mkdir()
    (folder / "new.xlsx").write_bytes(b"x")
    for path in folder.iterdir():
        if path.name != "new.xlsx":
            os.utime(path, (old, old))
    downloads.remove_expired(clock.now())
    left = {path.name for path in folder.iterdir()}
    assert left == {kept.params["file"], waiting.params["file"], "new.xlsx"}


def test_the_place_in_the_queue_counts_everybodys(person):
    other = User.objects.create_user("P2", "李红")
    first = downloads.ask("甲", {"n": 1}, rights={}, by=other)
    second = downloads.ask("乙", {"n": 1}, rights={}, by=person)
    assert (downloads.ahead_of(first), downloads.ahead_of(second)) == (0, 1)
    downloads.make(first.pk, write)
    assert downloads.ahead_of(second) == 0


def test_the_same_again_after_the_double_tap_is_another(person, monkeypatch):
    first = made(person, "a")
    assert downloads.ask("户名册", {"asked": "a"}, rights={}, by=person) == first
    Job.objects.filter(pk=first.pk).update(created_at=clock.now() - datetime.timedelta(seconds=11))
    assert downloads.ask("户名册", {"asked": "a"}, rights={}, by=person) != first
