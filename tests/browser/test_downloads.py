"""A long list is exported through the real queue, followed on its page, and fetched from 我的下载."""

import openpyxl
import pytest
from playwright.sync_api import expect

from accounts.models import Job
from lianhu.kit import clock
from registry.models import Household
from reports.exports import making
from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_the_office_exports_a_long_list_and_fetches_it(
    desktop, phone, enter, clean, people, worker, tmp_path, monkeypatch
):
    monkeypatch.setattr(making, "SHORT", 2)
    for number in range(4):
        county.add_household(f"户主{number}", village=people.village)
    enter(desktop, people.office)
    desktop.goto("/households/")
    desktop.get_by_role("button", name="导出 Excel").click()
    # The page tells the end by itself.
    expect(desktop.get_by_role("heading", level=1)).to_have_text("户名册导出好了", timeout=30_000)
    with desktop.expect_download() as started:
        desktop.locator("main .acts").get_by_role("link", name="下载").click()
    started.value.save_as(tmp_path / "a.xlsx")
    assert started.value.suggested_filename.startswith("户名册_")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
    assert len(rows) == Household.objects.count()

    enter(phone, people.office)
    phone.goto("/downloads/")
    expect(phone.get_by_role("listitem").filter(has_text="户名册")).to_contain_text("可以下载")
    in_each_state(people.office.user)
    for page in (phone, desktop):
        page.goto("/downloads/")
        clean(page)
        for job in Job.objects.filter(kind="export"):
            page.goto(f"/downloads/{job.pk}/")
            clean(page)


def in_each_state(user):
    gone = {"rows": 8123, "gone": "您能看的村(社区)比做这份文件时少了，这份文件已经收回"}
    states = (
        ("waiting", None, "", 0),
        ("running", None, "已写 4500 行，共 12000 行", 37),
        ("done", gone, "", 100),
        ("failed", None, "服务器的磁盘满了，没有导出。请告诉系统管理员，腾出空间以后再试", 0),
        ("cancelled", None, "", 3),
    )
    for state, result, step, percent in states:
        Job.objects.create(
            kind="export",
            title="入户走访登记表",
            state=state,
            result=result,
            step=step,
            percent=percent,
            params={"asked": {"export": "visits", "query": {}}, "rights": {}, "file": "x.xlsx"},
            created_by=user,
            heartbeat_at=clock.now(),
            ended_at=clock.now(),
        )
