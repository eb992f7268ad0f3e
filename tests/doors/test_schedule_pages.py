"""定时任务: the office sees how each went, and runs one once more."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from accounts import jobs
from accounts.models import Job, JobState
from lianhu.kit import clock
from lianhu.schedule import ENTRIES, SCHEDULE, run_by_hand, tick_schedule
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    found = []
    monkeypatch.setattr(jobs, "_wake", lambda kind, job_id: found.append(job_id) or True)
    return found


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def ran(kind, state=JobState.DONE, **fields):
    now = clock.now()
    row = {"started_at": now - datetime.timedelta(seconds=75), "ended_at": now, "slot": now} | fields
    job = Job.objects.create(kind=kind, title=ENTRIES[kind].title, state=state, **row)
    Job.objects.filter(pk=job.pk).update(created_at=now)
    return job


def line_of(page, title):
    return next(row for row in page.tables[0] if row[0] == title)


def test_before_the_first_run_the_page_says_so(office):
    page = Page(office.get("/schedule/"))
    assert page.statement == "定时任务还没有运行过"
    assert len(page.tables[0]) == len(SCHEDULE) + 1
    assert line_of(page, "定格") == ["定格", "每天 00:00", "还没有", "—", "—", "2026-06-16 00:00"]


def test_last_run_next_run_duration_and_what_was_done(office):
    ran("freeze_figures", result={"told": "定格了 2 个期间"})
    page = Page(office.get("/schedule/"))
    assert page.statement == "定时任务都在按时运行"
    assert line_of(page, "定格") == [
        *("定格", "每天 00:00", "2026-06-15 09:58", "1 分 15 秒"),
        *("完成 定格了 2 个期间", "2026-06-16 00:00"),
    ]


def test_what_failed_stands_first_with_its_reason(office):
    ran("figures_nightly", result={"told": ""})
    ran("freeze_figures", JobState.FAILED, step="磁盘满了。请系统管理员腾出空间，再立即运行。")
    page = Page(office.get("/schedule/"))
    assert page.statement == "有 1 项没有完成"
    assert page.words.count("磁盘满了") == 2
    assert page.links["查看定格"] == "/schedule/freeze_figures/"


def test_what_failed_says_how_often_and_when_it_is_tried_again(office):
    ran("figures_nightly", result={"told": ""})
    ran("freeze_figures", JobState.FAILED, step="数据库当时连不上或太忙。", attempt=4)
    page = Page(office.get("/schedule/"))
    assert "定格没有完成。数据库当时连不上或太忙。已试 4 次，2026-06-15 10:30 自动再试。" in page.words
    assert line_of(page, "定格")[-1] == "2026-06-15 10:30"
    page = Page(office.get("/schedule/freeze_figures/"))
    assert "已试 4 次，2026-06-15 10:30 自动再试。" in page.words


def test_a_schedule_that_stands_still_is_told(office, on_day):
    ran("figures_touched")
    on_day("2026-06-16")
    page = Page(office.get("/schedule/"))
    assert page.statement == "定时任务停了"
    assert "2026-06-15 10:00 以后没有运行" in page.words


def test_run_now_asks_first_and_a_second_tap_starts_nothing(
    office, people, woken, django_capture_on_commit_callbacks
):
    page = Page(office.get("/schedule/freeze_figures/"))
    assert "现在就运行一次？" in page.words
    assert not Job.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            answer = office.post("/schedule/freeze_figures/run/")
            assert answer.headers["Location"] == "/schedule/freeze_figures/"
    job = Job.objects.get()
    assert (job.created_by, job.slot, woken) == (people.office.user, None, [job.pk])
    page = Page(office.get("/schedule/freeze_figures/"))
    assert "它已经在运行，没有再开始一次" in page.words
    assert "排队中" in page.words
    assert "现在就运行一次？" not in page.words


def test_progress_is_a_part_that_says_when_it_is_over(office):
    job = ran("freeze_figures", JobState.RUNNING, ended_at=None, step="2026年5月", percent=40)
    answer = office.get("/schedule/freeze_figures/", headers={"X-Part": "progress"})
    assert "2026年5月" in answer.content.decode()
    assert "X-Over" not in answer.headers
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, ended_at=clock.now())
    answer = office.get("/schedule/freeze_figures/", headers={"X-Part": "progress"})
    assert answer.headers["X-Over"] == "1"


def test_the_runs_of_one_are_listed_with_who_asked(office, people):
    ran("freeze_figures", attempt=1)
    ran("freeze_figures", slot=None, created_by=people.admin.user, attempt=1)
    table = Page(office.get("/schedule/freeze_figures/")).tables[0]
    assert [row[1] for row in table[1:]] == ["罗杰要求", "2026-06-15 10:00"]


def test_an_unknown_one_is_not_there_and_nobody_else_may(people, signed_in, office):
    assert office.get("/schedule/nothing/").status_code == 404
    assert office.post("/schedule/nothing/run/").status_code == 404
    assert signed_in(people.unit_leader).post("/schedule/freeze_figures/run/").status_code == 404
    with pytest.raises(PermissionDenied):
        run_by_hand(ENTRIES["freeze_figures"], by=people.unit_leader.user)
    assert not Job.objects.exists()


def test_many_runs_cost_the_page_no_more_questions(office, django_assert_max_num_queries):
    tick_schedule()
    costs = []
    for count in (2, 48):
        for place in range(count):
            ran("freeze_figures", slot=clock.now() - datetime.timedelta(days=place + count))
        for address in ("/schedule/", "/schedule/freeze_figures/"):
            with django_assert_max_num_queries(40) as asked:
                office.get(address)
            costs.append(len(asked))
    assert costs[:2] == costs[2:]
