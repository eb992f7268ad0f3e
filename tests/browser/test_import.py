"""The office brings the county's workbook in, through the real queue and a worker of its own."""

import openpyxl
import pytest
from playwright.sync_api import expect

from registry.models import Household
from tests import county
from tests.doors import books

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def office(desktop, enter, worker):
    person = county.add_cadre("何静", unit=county.add_unit("县联户联情办"), code="P-OFFICE")
    county.grant(person, "county_office")
    enter(desktop, person)
    desktop.goto("/imports/")
    return desktop


def upload(page, rows, tmp_path, name):
    page.get_by_label("登记表", exact=True).check()
    page.get_by_label("Excel 文件").set_input_files(books.save(rows, tmp_path / name))
    page.get_by_role("button", name="试运行").click()


def test_the_office_mends_a_faulty_workbook_and_writes_it(office, tmp_path):
    wrong = books.registry()
    wrong["户"][0]["人口数"] = "四"
    upload(office, wrong, tmp_path, "错.xlsx")
    # The page tells the end by itself.
    expect(office.get_by_role("alert")).to_contain_text("1 处错误，什么也没有写入", timeout=30_000)
    expect(office.locator("table.records tbody tr")).to_have_text("户2人口数“四”不是整数")
    with office.expect_download() as started:
        office.get_by_role("link", name="错误清单 Excel").click()
    started.value.save_as(tmp_path / "faults.xlsx")
    listed = openpyxl.load_workbook(tmp_path / "faults.xlsx").active
    assert [cell.value for cell in listed[2]][:4] == ["错误", "户", 2, "人口数"]
    assert not Household.objects.exists()

    office.get_by_role("link", name="重新选文件").click()
    upload(office, books.registry(), tmp_path, "对.xlsx")
    expect(office.locator(".banner.ok")).to_contain_text("没有错误，还没有写入", timeout=30_000)
    assert not Household.objects.exists()
    office.get_by_role("button", name="写入").click()
    expect(office.locator(".banner.ok")).to_contain_text("已写入。", timeout=30_000)
    assert Household.objects.count() == 4

    office.get_by_role("link", name="导入", exact=True).first.click()
    outcomes = office.locator("table.records tbody tr td:last-child").all_inner_texts()
    assert [text.strip() for text in outcomes] == ["已写入", "试运行", "有错误 1 处"]
