"""The pages' tables as offices file them (FORMATS b): same rows, same figures, no cell a formula."""

import io

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", '=HYPERLINK("http://evil.example","x")']


@pytest.fixture
def unit(people, signed_in):
    client = signed_in(people.unit_leader)
    return lambda rest: client.get(f"/units/{people.unit.code}/{rest}")


def sheet_of(answer):
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    return openpyxl.load_workbook(io.BytesIO(content)).active


def body_of(sheet):
    """Rows between the header and the sum line, without 序号 and 备注."""
    top = int(sheet.freeze_panes[1:])
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=top)]
    return [row[1:-1] for row in rows if isinstance(row[0], int)]


def header_of(sheet):
    return [cell.value for cell in sheet[int(sheet.freeze_panes[1:]) - 1]]


@pytest.mark.parametrize("which", ["unit", "county"])
def test_the_layout_is_the_one_of_the_office(people, signed_in, which):
    place = {"unit": f"/units/{people.unit.code}", "county": "/county/units"}[which]
    sheet = sheet_of(signed_in(people.office).get(f"{place}/export.xlsx?month=2026-05"))
    last = get_column_letter(sheet.max_column)
    merged = {str(one) for one in sheet.merged_cells.ranges}
    assert "联户联情任务完成情况（2026年5月）" in sheet["A1"].value
    assert f"A1:{last}1" in merged
    assert sheet["A1"].font.sz >= 18
    assert sheet["A2"].value == "填报单位：" + {"unit": "教育局", "county": "县联户联情办"}[which]
    assert any("统计期间：2026年5月" in str(cell.value) for cell in sheet[2])
    assert sheet["A3"].value == "序号"
    assert sheet.cell(3, sheet.max_column).value == "备注"
    assert sheet.freeze_panes == "A5"
    assert sheet.print_title_rows == "$1:$4"
    assert sheet.auto_filter.ref.startswith("A4:")
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    # What the file does not say is 1.
    assert sheet.page_setup.fitToWidth in (None, 1)
    assert int(sheet.page_setup.fitToHeight) == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "&P" in sheet.oddFooter.center.text
    signature = sheet.cell(sheet.max_row, 1).value
    assert signature.startswith("单位负责人(签字)：")
    assert signature.endswith("填报日期：2026年6月15日")
    # Data is never merged: that would break sort and filter.
    assert all(one.max_row <= 4 or one.min_row == sheet.max_row for one in sheet.merged_cells.ranges)


def test_the_file_has_the_pages_rows_and_figures(people, unit):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    county.add_visit(people.cadre, people.household, "2026-05-03", talk=True)
    page, sheet = Page(unit("?month=2026-05")), sheet_of(unit("export.xlsx?month=2026-05"))
    shown = page.tables[0]
    assert header_of(sheet)[4:-1] == shown[1][1:]
    rows = body_of(sheet)
    assert [f"{row[1]} {row[2]}" for row in rows] == [row[0] for row in shown[2:-1]]
    assert [row[3:] for row in rows] == [row[1:] for row in shown[2:-1]]
    total = [cell.value for cell in sheet[sheet.max_row - 1]]
    assert total[0] == "已完成"
    assert total[4:-1] == shown[-1][1:]


def test_the_countys_file_has_the_pages_figures(people, signed_in):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    office = signed_in(people.office)
    shown = Page(office.get("/county/units/?month=2026-05")).tables[0]
    rows = body_of(sheet_of(office.get("/county/units/export.xlsx?month=2026-05")))
    assert [row[1] for row in rows] == [row[0] for row in shown[2:-1]]
    assert [row[3:] for row in rows] == [row[1:] for row in shown[2:-1]]


def test_the_file_keeps_the_pages_filter(people, unit):
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    query = "month=2026-05&state=missed&rank=staff&duty=trip_days"
    link = Page(unit(f"?{query}")).links["导出 Excel"]
    assert [row[1] for row in body_of(sheet_of(unit(link)))] == ["杨小燕", "赵敏"]


@pytest.mark.parametrize("name", RISKY)
def test_a_name_cannot_start_a_formula(people, unit, name):
    county.add_cadre(name, unit=people.unit, code="A-FIRST")
    sheet = sheet_of(unit("export.xlsx"))
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    found = [cell for cell in cells if cell.value == name]
    assert len(found) == 1
    assert found[0].quotePrefix
    assert found[0].data_type == "s"


def test_a_units_name_cannot_start_a_formula_or_break_the_file_name(people, signed_in):
    people.unit.name = '=1+1/../"x"\r\nSet-Cookie: a=b'
    people.unit.save()
    office = signed_in(people.office)
    answer = office.get(f"/units/{people.unit.code}/export.xlsx")
    assert "Set-Cookie" not in answer.headers
    assert "\n" not in answer["Content-Disposition"]
    sheet = sheet_of(office.get("/county/units/export.xlsx"))
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_codes_stay_text(people, unit):
    county.add_cadre("零号", unit=people.unit, code="00012")
    sheet = sheet_of(unit("export.xlsx"))
    cell = next(row[1] for row in sheet.iter_rows() if row[1].value == "00012")
    assert cell.data_type == "s"
    assert cell.number_format == "@"


def test_an_empty_table_is_a_file_too(people, unit):
    sheet = sheet_of(unit("export.xlsx?q=没有这个人"))
    assert body_of(sheet) == []
    assert sheet.cell(sheet.max_row, 1).value.startswith("单位负责人(签字)：")
