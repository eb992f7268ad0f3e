"""Import on the web page: dry run, faults, confirmation, history (contract 9; the queue is tested in browser/)."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Job, JobState
from lianhu.doors import imports
from lianhu.doors.kinds import BOOKS
from registry.models import Cadre, Unit
from tests import county
from tests.doors import books
from tests.pages import Page

pytestmark = pytest.mark.django_db

NEW = {"单位": [{"单位编码": "D9", "单位名称": "新局", "单位类型": "县级部门"}]}


@pytest.fixture
def office(on_day, signed_in, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    on_day("2026-06-15")
    unit = county.add_unit("县联户联情办", code="U-OFFICE")
    person = county.add_cadre("何静", unit=unit, code="P-OFFICE")
    county.grant(person, "county_office")
    client = signed_in(person)
    client.person = person
    return client


def upload(client, rows, *, name="登记表.xlsx", kind="registry"):
    content = rows if isinstance(rows, bytes) else books.save(rows).read_bytes()
    return client.post("/imports/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def run(client, rows, **options):
    """Upload, and the work that a worker does; the page of the result."""
    answer = upload(client, rows, **options)
    assert answer.status_code == 302
    imports.run_import(Job.objects.latest("pk").pk)
    return answer["Location"]


def faulty():
    rows = books.registry()
    rows["户"][0]["人口数"] = "四"
    rows["户"][1]["户主"] = None
    rows["干部"][1]["职级"] = "科长"
    return rows


def test_an_upload_queues_a_dry_run_and_shows_its_progress(office):
    answer = upload(office, books.registry())
    job = Job.objects.get()
    assert (job.kind, job.state, job.title) == ("import_registry", JobState.WAITING, "登记表.xlsx")
    assert job.params["dry_run"]
    assert job.created_by == office.person.user
    assert answer["Location"] == f"/imports/{job.pk}/"
    page = office.get(answer["Location"])
    assert Page(page).statement == "正在试运行"
    assert "排队中" in Page(page).words
    # Without JavaScript one asks again by hand.
    assert b"<noscript>" in page.content


def test_progress_comes_as_a_part_until_it_is_over(office):
    address = upload(office, books.registry())["Location"]
    Job.objects.update(state=JobState.RUNNING, step="核对", percent=55)
    part = office.get(address, headers={"X-Part": "progress"})
    assert b"<html" not in part.content
    assert "核对" in Page(part).words
    assert b'value="55"' in part.content
    assert "X-Over" not in part
    Job.objects.update(state=JobState.FAILED, step="没有空间")
    assert office.get(address, headers={"X-Part": "progress"})["X-Over"] == "1"


def test_faults_are_listed_with_their_place_and_nothing_is_written(office):
    before = books.row_counts()
    page = Page(office.get(run(office, faulty())))
    job = Job.objects.get()
    assert "3 处错误，什么也没有写入" in page.words
    assert [row[:3] for row in page.tables[1][1:]] == [
        ["干部", "3", "职级"],
        ["户", "2", "人口数"],
        ["户", "3", "户主"],
    ]
    assert "“科长”不在列表里" in page.tables[1][1][3]
    assert Page(office.get(f"/imports/{job.pk}/")).links["户 2"] == "?sheet=%E6%88%B7"
    after = books.row_counts()
    assert {name for name in after if after[name] != before[name]} <= {"accounts_job"}
    assert not list((imports.settings.MEDIA_ROOT / "imports").iterdir())


def test_each_sheet_has_its_counts_and_faults_in_the_workbooks_order(office):
    page = Page(office.get(run(office, faulty())))
    assert page.tables[0][0] == ["工作表", "新增", "变化", "相同", "错误"]
    assert [row[0] for row in page.tables[0][1:]] == [sheet.title for sheet in BOOKS["registry"].sheets]
    assert {row[0]: row[4] for row in page.tables[0][1:] if row[4] != "0"} == {"干部": "1", "户": "2"}


def test_faults_can_be_shown_by_sheet(office):
    address = run(office, faulty())
    assert {row[0] for row in Page(office.get(f"{address}?sheet=户")).tables[1][1:]} == {"户"}
    assert len(Page(office.get(f"{address}?sheet=没有这张表")).tables[1]) == 4


def test_faults_can_be_taken_along_as_a_workbook(office):
    rows = faulty()
    rows["干部"][1]["职级"] = "=1+1"
    address = run(office, rows)
    answer = office.get(f"{address}faults.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    listed = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert listed[0] == ["级别", "工作表", "行", "列", "原因"]
    assert len([row for row in listed if row[0] == "错误"]) == Job.objects.get().result["fault_count"]
    assert [row[1:4] for row in listed if row[3] == "人口数"] == [["户", 2, "人口数"]]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert "错误清单" in answer["Content-Disposition"] or "%E9%94%99" in answer["Content-Disposition"]


def test_a_file_that_is_no_workbook_is_a_fault_of_the_whole_file(office):
    page = Page(office.get(run(office, b"hello")))
    assert "1 处错误，什么也没有写入" in page.words
    assert page.tables[1][1][0] == "整个文件"


def test_a_faultless_dry_run_writes_only_when_confirmed(office):
    address = run(office, NEW)
    page = Page(office.get(address))
    assert "没有错误，还没有写入" in page.words
    assert ["单位", "1", "0", "0", "0"] in page.tables[0]
    assert not Unit.objects.filter(code="D9").exists()
    answer = office.post(f"{address}confirm/")
    written = Job.objects.latest("pk")
    assert answer["Location"] == f"/imports/{written.pk}/"
    assert Page(office.get(answer["Location"])).statement == "正在写入"
    imports.run_import(written.pk)
    assert Unit.objects.get(code="D9").name == "新局"
    assert "已写入。" in Page(office.get(answer["Location"])).words
    assert Page(office.get(address)).links["看写入的结果"] == f"/imports/{written.pk}/"


def test_a_second_tap_gives_the_import_of_the_first(office):
    address = run(office, NEW)
    first = office.post(f"{address}confirm/")["Location"]
    assert office.post(f"{address}confirm/")["Location"] == first
    assert Job.objects.count() == 2


def test_the_same_file_again_changes_nothing(office):
    for _ in range(2):
        address = office.post(f"{run(office, NEW)}confirm/")["Location"]
        imports.run_import(Job.objects.latest("pk").pk)
    assert ["单位", "0", "0", "1", "0"] in Page(office.get(address)).tables[0]


def test_warnings_are_told_and_do_not_hinder(office):
    page = Page(office.get(run(office, NEW)))
    assert "提醒 9 条，不妨碍写入" in page.words
    assert "没有“村”工作表" in page.words


def test_nothing_faulty_failed_or_running_can_be_confirmed(office):
    address = run(office, faulty())
    for state in (JobState.DONE, JobState.FAILED, JobState.RUNNING, JobState.WAITING):
        Job.objects.update(state=state)
        answer = office.post(f"{address}confirm/")
        assert answer.status_code == 409
        assert "没有写入" in Page(answer).words
    assert Job.objects.count() == 1


def test_a_dry_run_whose_file_is_gone_asks_for_the_file_again(office):
    address = run(office, NEW)
    for path in (imports.settings.MEDIA_ROOT / "imports").iterdir():
        path.unlink()
    answer = office.post(f"{address}confirm/")
    assert answer.status_code == 409
    assert "请重新选文件" in Page(answer).words


def test_a_failed_import_says_why_and_that_nothing_was_written(office, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(imports, "import_workbook", broken)
    page = Page(office.get(run(office, NEW)))
    assert "没有完成，什么也没有写入" in page.words
    assert "请再试一次" in page.words
    assert "secret detail" not in page.words


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "registry"}, "请选一个文件"),
        ({"kind": "nonsense", "file": "x"}, "请选登记表或走访表"),
        ({"kind": "registry", "file": ""}, "文件是空的"),
        ({}, "请选登记表或走访表"),
    ],
)
def test_an_upload_that_cannot_be_read_says_so_beside_its_field(office, fields, told):
    if "file" in fields:
        fields = fields | {"file": SimpleUploadedFile("a.xlsx", fields["file"].encode())}
    answer = office.post("/imports/", fields)
    assert told in Page(answer).words
    assert b"invalid" in answer.content
    assert not Job.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(office, monkeypatch):
    monkeypatch.setattr(imports, "MAX_UPLOAD", 100)
    assert "超过 100 MB" in Page(upload(office, NEW)).words
    assert not Job.objects.exists()


def test_the_history_says_who_when_what_and_how_it_ended(office):
    run(office, faulty(), name="错.xlsx")
    office.post(f"{run(office, NEW, name='对.xlsx')}confirm/")
    imports.run_import(Job.objects.latest("pk").pk)
    rows = Page(office.get("/imports/")).tables[0][1:]
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("对.xlsx", "何静", "已写入"),
        ("对.xlsx", "何静", "试运行"),
        ("错.xlsx", "何静", "有错误 3 处"),
    ]


def test_the_history_is_paged(office):
    for number in range(45):
        Job.objects.create(kind="import_visits", title=f"{number}.xlsx", state=JobState.WAITING)
    page = Page(office.get("/imports/?page=2"))
    assert "第 21—40 次，共 45 次" in page.words
    assert page.tables[0][1][1] == "24.xlsx"
    assert Page(office.get("/imports/?page=nonsense")).tables[0][1][1] == "44.xlsx"


def test_an_empty_history_says_what_comes_here(office):
    assert "这里会列出每次导入" in Page(office.get("/imports/")).words


def test_work_of_another_kind_is_not_shown_here(office):
    job = Job.objects.create(kind="backup", title="备份")
    assert office.get(f"/imports/{job.pk}/").status_code == 404
    assert "备份" not in Page(office.get("/imports/")).words


def test_a_file_name_is_never_markup(office):
    address = run(office, NEW, name="<script>alert(1)</script>.xlsx")
    for place in (address, "/imports/"):
        assert b"<script>alert" not in office.get(place).content


def test_a_visits_workbook_goes_through_the_same_page(office):
    answer = books.import_(books.registry())
    assert answer["ok"]
    page = Page(office.get(run(office, books.visits(), kind="visits", name="走访表.xlsx")))
    assert "没有错误，还没有写入" in page.words
    assert [row[0] for row in page.tables[0][1:]] == ["驻村", "走访", "诉求", "活动"]


@pytest.mark.parametrize("kind", ["registry", "visits"])
def test_the_empty_workbooks_can_be_fetched(office, kind):
    answer = office.get(f"/imports/template/{kind}/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert set(books.registry() if kind == "registry" else books.visits()) <= set(book.sheetnames)
    assert office.get("/imports/template/nonsense/").status_code == 404


def test_a_registry_brings_accounts_that_cannot_sign_in_yet(office, client):
    address = run(office, books.registry())
    office.post(f"{address}confirm/")
    imports.run_import(Job.objects.latest("pk").pk)
    cadre = Cadre.objects.get(code="00002")
    assert not cadre.user.has_usable_password()
    for password in ("", "00002", "!"):
        assert client.post("/login/", {"username": "00002", "password": password}).status_code == 200
