"""Photos and PDFs of a matter: judged by content, kept once, seen by who may see the matter, gone when they must."""

import datetime

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry, Setting
from grievances import attachments
from grievances.attachments import A_MATTER, attach, remove_old, sweep_files
from grievances.models import Attachment, PublicPhoto
from lianhu.kit import clock
from registry.models import Household
from tests import county, photos
from tests.by_the_clock import run
from tests.grievances import ledger
from tests.grievances.ledger import S
from tests.photos import files
from visits.kept_files import photo_storage

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return photos.use_folder(settings, tmp_path)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def made(people):
    return ledger.matter(people, S.ASSIGNED)


@pytest.fixture
def send(signed_in):
    """`send(person, matter, name=bytes, …)` from the page."""

    def go(person, made, **bodies):
        uploads = [SimpleUploadedFile(name.replace("_", "."), body) for name, body in bodies.items()]
        return signed_in(person).post(f"/grievances/{made.number}/files/", {"files": uploads})

    return go


def test_a_photo_and_a_pdf_are_kept(people, made, send, folder):
    data = photos.jpeg(exif=photos.camera())
    answer = send(people.cadre, made, 塌方处_jpg=data, 批复_pdf=PDF)
    assert answer.status_code == 302
    photo, pdf = Attachment.objects.exclude(thumbnail="").get(), Attachment.objects.get(thumbnail="")
    assert (photo.name, pdf.name) == ("塌方处.jpg", "批复.pdf")
    assert files(folder) == sorted([photo.file, photo.thumbnail, pdf.file])
    assert all(name.startswith("matters/") for name in files(folder))
    assert b"LianhuCam" not in photo_storage().open(photo.file).read()
    assert photo_storage().open(pdf.file).read() == PDF


def test_the_same_file_twice_is_one(people, made, send, folder):
    for _ in range(2):
        assert send(people.cadre, made, a_jpg=photos.jpeg(), b_pdf=PDF).status_code == 302
    assert Attachment.objects.count() == 2
    other = ledger.matter(people, S.ASSIGNED)
    send(people.cadre, other, a_jpg=photos.jpeg())
    assert other.attachments.count() == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (photos.HEIC, "HEIC"),
        (photos.SVG, "photo.jpg"),
        (b"", "photo.jpg"),
        (b"%PDF-1.4\n cut off", "PDF 已损坏"),
        (b"%PDF-1.4\n" + bytes(10 * 1024 * 1024) + b"%%EOF", "超过 10 MB"),
        (b"<html>%PDF-1.4 %%EOF", "photo.jpg"),
        (b"PK\x03\x04 a workbook", "photo.jpg"),
    ],
)
def test_what_is_neither_is_refused_by_its_name_and_the_good_one_is_kept(
    body, told, people, made, send, folder
):
    answer = send(people.cadre, made, photo_jpg=body, good_pdf=PDF)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert told in text
    assert "另外 1 个已存上" in text
    assert [each.name for each in Attachment.objects.all()] == ["good.pdf"]
    assert len(files(folder)) == 1


def test_nothing_chosen_is_told(people, made, send):
    assert "请先选文件" in send(people.cadre, made).content.decode()


def test_twenty_a_matter(people, made):
    bodies = [b"%PDF-1.4 " + str(at).encode() + b"\n%%EOF" for at in range(A_MATTER + 1)]
    uploads = [SimpleUploadedFile(f"{at}.pdf", body) for at, body in enumerate(bodies)]
    [fault] = attach(made, uploads, by=people.cadre.user)
    assert "最多 20 个附件" in str(fault.error)
    assert made.attachments.count() == A_MATTER


def test_who_may_write_of_its_progress_and_its_desk_may_add(people, made, send):
    made.helping_units.add(people.other_unit)
    statuses = {name: send(person, made, a_pdf=PDF).status_code for name, person in people.people.items()}
    adding = {name for name, status in statuses.items() if status == 302}
    helping = {f"stranger_{role}" for role in ("unit_liaison", "unit_leader", "county_leader")}
    assert adding == {"cadre", "branch"} | helping
    assert set(statuses.values()) == {302, 404}


@pytest.mark.parametrize(
    "over", [{"state": S.CLOSED}, {"state": S.ASSIGNED, "void": True}, {"state": S.PUBLISHED}]
)
def test_what_is_over_takes_no_more(over, people, send):
    made = ledger.matter(people, over.pop("state"), **over)
    for person in (people.cadre, people.branch, people.office):
        assert send(person, made, a_pdf=PDF).status_code == 404


def test_a_household_that_was_blacked_out_takes_no_more(people, made, send):
    Household.objects.filter(pk=people.household.pk).update(erased_at=clock.now())
    assert "已应要求遮蔽" in send(people.cadre, made, a_pdf=PDF).content.decode()


# --- going out ---------------------------------------------------------------------------------


def test_seen_by_who_may_see_the_matter_and_by_nobody_else(people, made, signed_in):
    attach(made, [SimpleUploadedFile("a.jpg", photos.jpeg())], by=people.cadre.user)
    photo = made.attachments.get()
    for name in ("matter_file", "matter_file_small"):
        address = reverse(name, args=[photo.pk])
        assert signed_in(people.office).get(address).status_code == 200
        for stranger in ("stranger", "stranger_branch", "admin"):
            assert signed_in(getattr(people, stranger)).get(address).status_code == 404


def test_a_photo_is_shown_and_a_pdf_is_only_ever_saved(people, made, signed_in, settings):
    uploads = [SimpleUploadedFile("a.jpg", photos.jpeg()), SimpleUploadedFile("批复 1.PDF", PDF)]
    attach(made, uploads, by=people.cadre.user)
    photo, pdf = made.attachments.exclude(thumbnail="").get(), made.attachments.get(thumbnail="")
    client = signed_in(people.cadre)
    shown, saved = (client.get(reverse("matter_file", args=[each.pk])) for each in (photo, pdf))
    assert (shown["Content-Type"], shown["Content-Disposition"]) == (
        "image/jpeg",
        'inline; filename="photo.jpg"',
    )
    assert saved["Content-Type"] == "application/pdf"
    assert saved["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%89%B9%E5%A4%8D%201.PDF"
    for answer in (shown, saved):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, max-age=300"
    assert b"".join(saved.streaming_content) == PDF
    assert client.get(reverse("matter_file_small", args=[pdf.pk])).status_code == 404
    settings.PHOTO_ACCEL = "/protected/"
    there = client.get(reverse("matter_file", args=[pdf.pk]))
    assert there["X-Accel-Redirect"] == f"/protected/{pdf.file}"
    assert there["Content-Disposition"].startswith("attachment")


# --- how long ----------------------------------------------------------------------------------


def test_photos_go_after_their_years_and_papers_stay(
    people, made, folder, on_day, django_capture_on_commit_callbacks
):
    uploads = [SimpleUploadedFile("a.jpg", photos.jpeg()), SimpleUploadedFile("b.pdf", PDF)]
    attach(made, uploads, by=people.cadre.user)
    Setting.objects.create(name="photo_years", begins_on="2020-01-01", value=2)
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old(on=datetime.date(2028, 6, 14)) == 0
        assert remove_old(on=datetime.date(2028, 6, 15)) == 1
        assert remove_old(on=datetime.date(2028, 6, 15)) == 0
    assert [name.rpartition(".")[2] for name in files(folder)] == ["pdf"]
    assert AuditEntry.objects.get(subject_key="诉求照片").kind == "erased"


def test_what_was_painted_for_the_public_goes_with_its_years(
    people, folder, django_capture_on_commit_callbacks
):
    made = ledger.matter(people, S.ASSIGNED)
    attach(made, [SimpleUploadedFile("a.jpg", photos.jpeg())], by=people.cadre.user)
    name = storages["photos"].save("matters/public.jpg", SimpleUploadedFile("p.jpg", photos.jpeg()))
    shown = PublicPhoto.objects.create(
        publication=ledger.public_text(made, people.branch), attachment=made.attachments.get(), file=name,
        description="修好的水管", chosen_at=clock.now(), chosen_by=people.branch.user,
    )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old(on=datetime.date(2099, 1, 1)) == 2
    shown.refresh_from_db()
    assert shown.file == ""
    assert files(folder) == []


def test_what_a_killed_process_left_is_swept_and_what_has_a_row_stays(people, made, folder):
    attach(made, [SimpleUploadedFile("a.jpg", photos.jpeg())], by=people.cadre.user)
    kept = files(folder)
    for name in ("matters/ab/left.jpg", "matters/ab/left.pdf"):
        storages["photos"].save(name, SimpleUploadedFile("x", b"x"))
    assert sweep_files(clock.now()) == 0, "somebody may be writing it now"
    later = datetime.datetime.now(clock.SHANGHAI) + datetime.timedelta(days=2)
    assert sweep_files(later) == 2
    assert files(folder) == kept


def test_the_sweep_of_visits_leaves_them_alone(people, made, folder):
    from visits.photos import sweep_files as sweep_visits

    attach(made, [SimpleUploadedFile("a.jpg", photos.jpeg())], by=people.cadre.user)
    assert sweep_visits(datetime.datetime.now(clock.SHANGHAI) + datetime.timedelta(days=9)) == 0
    assert len(files(folder)) == 2


def test_a_disk_that_is_full_keeps_nothing(people, made, folder, monkeypatch):
    import errno

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(type(photo_storage()), "save", full)
    [fault] = attach(made, [SimpleUploadedFile("a.jpg", photos.jpeg())], by=people.cadre.user)
    assert "存储空间已满" in str(fault.error)
    assert not Attachment.objects.exists()
    assert files(folder) == []


def test_the_schedule_calls_them(monkeypatch):
    called = []
    monkeypatch.setattr(attachments, "sweep_files", lambda now: called.append("sweep") or 0)
    monkeypatch.setattr(attachments, "remove_old", lambda on: called.append("old") or 0)
    run("sweep_matter_files")
    run("remove_old_matter_photos")
    assert called == ["sweep", "old"]
