"""Short ones at once, long ones by a job; the right is asked when it is made and when it is fetched."""

import errno
import json

import pytest

from accounts import downloads, jobs
from accounts.models import AuditEntry, AuditKind, Job, JobState, Notice
from lianhu.kit.excel import grid, style
from registry.models import RoleGrant, VillageLink
from reports.exports import kinds, making
from tests import county
from tests.pages import Page
from tests.reports.exports.conftest import Sheet, content_of


def file_of(client, job):
    answer = client.get(f"/downloads/{job.pk}/file/")
    return Sheet(content_of(answer)) if answer.status_code == 200 else answer


def files(tmp_path):
    return sorted(path.name for path in (tmp_path / "exports").iterdir())


def logged():
    return [
        json.loads(entry.detail) for entry in AuditEntry.objects.filter(kind=AuditKind.EXPORT).order_by("pk")
    ]


def test_a_short_list_is_the_answer_and_is_logged_without_the_number_searched_for(people, exported):
    exported(people.office, "households", "?q=13812345678")
    [entry] = logged()
    assert (entry["export"], entry["rows"], entry["filter"]) == ("households", 0, {"q": "****"})
    assert not Job.objects.exists()


def test_a_long_list_becomes_a_job_whose_file_is_the_list(people, made, signed_in, tmp_path, monkeypatch):
    monkeypatch.setattr(kinds, "BATCH", 2)
    for number in range(5):
        county.add_household(f"户主{number}", village=people.village, code=f"HX-{number}")
    job = made(people.office, "households", f"?village={people.village.code}")
    assert (job.state, job.percent, job.result["rows"]) == (JobState.DONE, 100, 6)
    assert files(tmp_path) == [job.params["file"]]
    sheet = file_of(signed_in(people.office), job)
    assert sheet.column("户编码") == ["HH-1", *(f"HX-{number}" for number in range(5))]
    assert [bool(entry.get("fetched")) for entry in logged()] == [False, True]
    [notice] = Notice.objects.filter(user=people.office.user)
    assert (notice.url, "户名册" in notice.title) == (f"/downloads/{job.pk}/", True)


def test_the_file_is_saved_under_its_name_and_not_kept_by_the_browser(people, made, signed_in):
    answer = signed_in(people.office).get(f"/downloads/{made(people.office, 'households').pk}/file/")
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E6%88%B7")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_proxy_sends_the_file_where_it_is_set_up(people, made, signed_in, settings):
    settings.EXPORT_ACCEL = "/kept-exports/"
    job = made(people.office, "households")
    answer = signed_in(people.office).get(f"/downloads/{job.pk}/file/")
    assert answer["X-Accel-Redirect"] == f"/kept-exports/{job.params['file']}"
    assert answer.content == b""


def test_a_double_tap_is_one_job(people, begun):
    first = begun(people.office, "households", "?q=多")
    assert begun(people.office, "households", "?q=多&page=2") == first
    assert begun(people.office, "households", "?q=达") != first
    making.make(first.pk)
    assert begun(people.office, "households", "?q=多") == first
    assert begun(people.unit_leader, "households", "?q=多") != first


def test_three_are_made_at_a_time_and_a_fourth_is_told_where_they_stand(people, begun, signed_in):
    for word in ("", "?q=多", "?q=达"):
        begun(people.office, "households", word)
    answer = signed_in(people.office).post("/exports/households/?q=第四", follow=True)
    page = Page(answer)
    assert Job.objects.count() == 3
    assert "您有 3 份导出还没有做好" in page.words
    assert "有 3 份导出正在做" in page.statement
    assert "前面还有 2 份" in page.words
    assert begun(people.unit_leader, "households")


def test_progress_is_said_in_rows(people, begun, signed_in, monkeypatch):
    said = []
    monkeypatch.setattr(kinds, "BATCH", 1)
    monkeypatch.setattr(jobs.Heartbeat, "say", lambda self, step, percent: said.append((step, percent)))
    county.add_household(village=people.village)
    job = begun(people.branch, "households")
    page = signed_in(people.branch).get(f"/downloads/{job.pk}/")
    assert "排队中" in Page(page).words
    assert b"<noscript>" in page.content
    making.make(job.pk)
    assert said == [("正在统计行数", 0), ("已写 1 行，共 2 行", 50), ("已写 2 行，共 2 行", 99)]
    part = signed_in(people.branch).get(f"/downloads/{job.pk}/", headers={"X-Part": "progress"})
    assert part["X-Over"] == "1"


def test_another_persons_export_is_not_there(people, made, signed_in):
    job = made(people.office, "households")
    for person in (people.unit_leader, people.admin, people.auditor):
        client = signed_in(person)
        assert client.get(f"/downloads/{job.pk}/").status_code == 404
        assert client.get(f"/downloads/{job.pk}/file/").status_code == 404
        assert client.post(f"/downloads/{job.pk}/cancel/").status_code == 404
        assert "户名册" not in Page(client.get("/downloads/")).words


# --- cancelled --------------------------------------------------------------------------------------


def test_what_waits_is_cancelled_at_once(people, begun, signed_in, tmp_path):
    job = begun(people.office, "households")
    answer = signed_in(people.office).post(f"/downloads/{job.pk}/cancel/", follow=True)
    assert "已取消" in Page(answer).words
    making.make(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert not (tmp_path / "exports").exists() or not files(tmp_path)
    # It may be wanted again.
    assert begun(people.office, "households") != job


def test_what_runs_stops_and_leaves_no_file(people, begun, tmp_path, monkeypatch):
    job = begun(people.office, "households")

    def cancelled(self, step, percent):
        raise jobs.Cancelled

    monkeypatch.setattr(jobs.Heartbeat, "say", cancelled)
    making.make(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert files(tmp_path) == []
    assert not Notice.objects.exists()


# --- the right, asked again -------------------------------------------------------------------------


def end_roles(person):
    RoleGrant.objects.filter(cadre=person).update(ends_on="2026-06-14")


def test_who_lost_the_role_before_it_is_made_gets_nothing(people, begun, signed_in, tmp_path):
    job = begun(people.office, "households")
    end_roles(people.office)
    making.make(job.pk)
    job.refresh_from_db()
    assert (job.state, files(tmp_path)) == (JobState.FAILED, [])
    assert job.step == "没有导出：您的角色“县联户联情办”已经结束"


def lose_role(people):
    end_roles(people.unit_leader)
    return "您的角色“单位负责人”已经结束"


def lose_unit(people):
    """The same role, for another unit."""
    RoleGrant.objects.filter(cadre=people.unit_leader).update(unit=people.other_unit)
    return "您能看的单位比做这份文件时少了"


def lose_village(people):
    VillageLink.objects.filter(unit=people.unit).update(ends_on="2026-06-14")
    return "您能看的村(社区)比做这份文件时少了"


def lose_cadre(people):
    county.add_term(people.cadre, "2026-06-10", unit=people.other_unit, rank="staff")
    return "您能看的干部比做这份文件时少了"


def lose_account(people):
    people.unit_leader.user.is_active = False
    people.unit_leader.user.save()
    return "账号已停用"


@pytest.mark.parametrize("lose", [lose_role, lose_unit, lose_village, lose_cadre])
def test_what_was_lost_since_it_was_made_is_said_and_the_file_is_taken_away(
    people, made, signed_in, tmp_path, django_capture_on_commit_callbacks, lose
):
    job = made(people.unit_leader, "households")
    told = lose(people)
    client = signed_in(people.unit_leader)
    with django_capture_on_commit_callbacks(execute=True):
        answer = file_of(client, job)
    assert answer.status_code == 410
    assert f"{told}，这份文件已经收回" in Page(answer).words
    assert files(tmp_path) == []
    # Given back, the right does not bring the file back.
    assert file_of(client, job).status_code == 410
    assert told in Page(client.get("/downloads/")).words
    assert [entry for entry in logged() if entry.get("fetched")] == []


def test_an_account_that_is_closed_gets_nothing(people, begun, tmp_path):
    job = begun(people.unit_leader, "households")
    told = lose_account(people)
    making.make(job.pk)
    job.refresh_from_db()
    assert (job.step, files(tmp_path)) == (f"没有导出：{told}", [])


def test_more_than_before_is_no_loss(people, made, signed_in):
    job = made(people.unit_leader, "households")
    county.grant(people.unit_leader, "county_office")
    assert file_of(signed_in(people.unit_leader), job).column("户主") == ["多吉"]


def test_the_rows_are_those_of_the_moment_it_is_made(people, begun, signed_in):
    job = begun(people.branch, "households")
    county.add_household("后来的", village=people.village)
    making.make(job.pk)
    assert "后来的" in file_of(signed_in(people.branch), job).column("户主")


# --- what goes wrong --------------------------------------------------------------------------------


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["rows", "end"])
def test_a_full_disk_is_told_and_leaves_no_row_without_a_file(
    people, begun, signed_in, tmp_path, monkeypatch, where
):
    if where == "rows":
        monkeypatch.setattr(grid, "row_xml", full)
    else:
        monkeypatch.setattr("xlsxwriter.workbook.ZipFile", full)
    job = begun(people.office, "households")
    making.make(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result, files(tmp_path)) == (JobState.FAILED, None, [])
    page = Page(signed_in(people.office).get(f"/downloads/{job.pk}/"))
    assert "服务器的磁盘满了，没有导出" in page.words
    assert not logged()


def test_a_full_disk_at_once_is_told_on_the_page_one_came_from(people, signed_in, monkeypatch):
    monkeypatch.setattr(grid, "row_xml", full)
    client = signed_in(people.office)
    answer = client.post(
        "/exports/households/", follow=True, headers={"Referer": "http://testserver/households/?q="}
    )
    assert answer.redirect_chain == [("/households/?q=", 302)]
    assert "服务器的磁盘满了，没有导出" in Page(answer).words
    assert not logged()


def test_more_rows_than_a_sheet_holds_are_told(people, begun, monkeypatch):
    monkeypatch.setattr(style, "MAX_ROWS", 4)
    job = begun(people.office, "households")
    making.make(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "4 行上限，请缩小范围后分批导出" in job.step


def test_an_error_on_the_way_is_told_without_its_words(people, begun, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret")

    monkeypatch.setattr(making, "_sheet", broken)
    job = begun(people.office, "households")
    making.make(job.pk)
    job.refresh_from_db()
    assert job.step.startswith("导出中途出错")


def test_a_file_that_is_lost_is_told_and_can_be_made_again(people, made, signed_in, tmp_path):
    job = made(people.office, "households")
    (tmp_path / "exports" / job.params["file"]).unlink()
    answer = file_of(signed_in(people.office), job)
    assert answer.status_code == 410
    assert "文件已经不在了，请重新导出" in Page(answer).words


def test_a_task_that_comes_twice_makes_one_file(people, made):
    job = made(people.office, "households")
    before = (job.ended_at, job.attempt)
    making.make(job.pk)
    job.refresh_from_db()
    assert (job.ended_at, job.attempt) == before
    assert len(logged()) == 1


def test_what_an_attempt_left_that_was_killed_is_cleared_away(people, begun, tmp_path):
    job = begun(people.office, "households")
    left = tmp_path / "exports" / f".{job.params['file']}.abc"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    making.make(job.pk)
    assert files(tmp_path) == [job.params["file"]]


def test_a_half_file_is_never_offered(people, begun, signed_in, tmp_path):
    job = begun(people.office, "households")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / job.params["file"]).write_bytes(b"half")
    assert signed_in(people.office).get(f"/downloads/{job.pk}/file/").status_code == 404
    assert not downloads.is_ready(job)
