"""Import from the web page: kept, tried, confirmed once, written, and the file thrown away."""

import datetime
import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Job, JobState
from lianhu.doors import imports
from lianhu.doors.imports import confirm_import, run_import, start_import
from lianhu.kit import clock
from registry.models import Household
from tests import county
from tests.doors import books

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path, monkeypatch):
    """Files go to a place of the test's own; no worker is woken."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("accounts.jobs._wake", lambda kind, job_id: None)
    # The beat writes through a connection of its own, which does not see this test's transaction.
    monkeypatch.setattr("accounts.jobs.Heartbeat._beat", lambda self: None)
    return tmp_path / "imports"


@pytest.fixture
def office(db):
    return county.add_cadre("何静").user


def upload(rows, name="登记表.xlsx"):
    return SimpleUploadedFile(name, books.save(rows).read_bytes())


def run(job):
    run_import(job.pk)
    job.refresh_from_db()
    return job


def test_a_file_is_tried_confirmed_and_written(office, media):
    file = upload(books.registry())
    job = start_import("registry", file, dry_run=True, by=office)
    assert (job.state, job.title) == (JobState.WAITING, "登记表.xlsx")
    file.seek(0)
    assert job.params["sha256"] == hashlib.sha256(file.read()).hexdigest()
    assert (media / job.params["file"]).stat().st_mode & 0o077 == 0 or media.stat().st_mode & 0o077 == 0

    run(job)
    assert (job.state, job.percent, job.result["ok"], job.result["written"]) == (
        JobState.DONE,
        100,
        True,
        False,
    )
    assert job.result["counts"]["户"]["new"] == 4
    assert Household.objects.count() == 0

    written = confirm_import(job, by=office)
    assert confirm_import(job, by=office).pk == written.pk  # a second tap
    run(written)
    assert (written.state, written.result["written"]) == (JobState.DONE, True)
    assert Household.objects.count() == 4
    assert list(media.iterdir()) == []


def test_faults_are_a_result_and_the_file_is_not_kept(office, media):
    rows = books.registry()
    rows["户"][0]["人口数"] = "四"
    job = run(start_import("registry", upload(rows), dry_run=True, by=office))
    assert (job.state, job.result["fault_count"]) == (JobState.DONE, 1)
    assert list(media.iterdir()) == []
    with pytest.raises(ValidationError):
        confirm_import(job, by=office)


def test_a_job_is_done_once_however_often_it_is_delivered(office):
    job = start_import("registry", upload(books.registry()), dry_run=False, by=office)
    run(job)
    first = job.result
    run(job)
    assert job.result == first
    assert job.attempt == 1


def test_what_changed_between_trial_and_confirmation_is_told(office):
    books.import_(books.registry())
    rows = {
        "结对": [
            {
                "工号": "00009",
                "户编码": "H1",
                "开始日期": books.DAY(2024, 1, 1),
                "结束日期": books.DAY(2024, 2, 1),
            }
        ]
    }
    job = run(start_import("registry", upload(rows), dry_run=True, by=office))
    assert job.result["ok"]
    rows["结对"][0]["工号"] = "00001"
    assert books.import_(rows)["ok"]
    written = run(confirm_import(job, by=office))
    assert (written.result["ok"], written.result["written"]) == (False, False)


@pytest.mark.parametrize("content", [b"", b"x" * 11])
def test_a_file_empty_or_too_large_is_refused_at_once(office, content, media, monkeypatch):
    monkeypatch.setattr(imports, "MAX_UPLOAD", 10)
    with pytest.raises(ValidationError):
        start_import("registry", SimpleUploadedFile("a.xlsx", content), dry_run=True, by=office)
    assert not media.exists()
    assert Job.objects.count() == 0


def test_a_file_that_is_none_is_a_result(office):
    job = run(start_import("visits", SimpleUploadedFile("a.xlsx", b"no workbook"), dry_run=True, by=office))
    assert job.state == JobState.DONE
    assert [fault["code"] for fault in job.result["faults"]] == ["not_xlsx"]


def test_a_file_gone_meanwhile_is_told(office, media):
    job = start_import("registry", upload(books.registry()), dry_run=False, by=office)
    (media / job.params["file"]).unlink()
    run(job)
    assert job.result["faults"][0]["code"] == "no_file"
    assert str(media) not in job.result["faults"][0]["message"]


def test_an_error_of_our_own_fails_the_job_with_words_and_writes_nothing(office, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("boom")

    monkeypatch.setattr(imports, "import_workbook", broken)
    job = run(start_import("registry", upload(books.registry()), dry_run=False, by=office))
    assert job.state == JobState.FAILED
    assert "什么也没有写入" in job.step


def test_progress_is_said_in_order(tmp_path):
    said = []
    path = books.save(books.registry())
    imports.import_workbook(
        "registry", path, by=None, on=books.TODAY, progress=lambda step, percent: said.append((percent, step))
    )
    assert [percent for percent, _ in said] == sorted(percent for percent, _ in said)
    assert said[0][1] == "打开文件"
    assert said[-1][1] == "写入"


def test_a_file_tried_and_never_confirmed_goes_after_a_day(office, media):
    job = start_import("registry", upload(books.registry()), dry_run=True, by=office)
    run(job)
    imports.sweep_uploads(clock.now() + datetime.timedelta(hours=23))
    assert len(list(media.iterdir())) == 1
    imports.sweep_uploads(clock.now() + datetime.timedelta(hours=25))
    assert not list(media.iterdir())
    with pytest.raises(ValidationError, match="重新选文件"):
        confirm_import(job, by=office)
