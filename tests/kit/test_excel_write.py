"""What comes out is read back with openpyxl, as a stranger would."""

import datetime
import errno
import io
import re
import tracemalloc
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianhu.kit.excel import cells, style
from lianhu.kit.excel.write import (
    Column,
    OfficeSheet,
    PlainSheet,
    Signature,
    WorkbookError,
    office_workbook,
    plain_workbook,
    safe_file_name,
    safe_sheet_name,
)


def read_back(sheets):
    file = io.BytesIO()
    plain_workbook(file, sheets)
    return openpyxl.load_workbook(io.BytesIO(file.getvalue()))


def one_cell(value, kind="text"):
    return read_back([("表", ["列"], [[value]], [kind])]).active["A2"]


def office(**changes):
    given_ = {
        "title": "联户联情工作台账",
        "unit_line": "填报单位：县文旅局",
        "period_line": "统计期间：2026年1月—3月",
        "columns": [
            Column("工号", "code"),
            Column("姓名", width=12),
            Column("次数", "number", group="驻村"),
            Column("天数", "number", group="驻村"),
            Column("完成率", "percent"),
            Column("到岗日期", "date"),
        ],
        "rows": [
            ["00123", "扎西·卓玛", 2, 5, 83.3, datetime.date(2026, 3, 5)],
            ["00124", "𠮷永福", 1, 2, "3/4", None, "请假"],
        ],
        "totals": [[None, None, 3, 7, None, None]],
        "signature": Signature("王强", "李红", "张敏", "0837-7232001", datetime.date(2026, 3, 31)),
    }
    return OfficeSheet(**{**given_, **changes})


@pytest.fixture
def filed():
    file = io.BytesIO()
    office_workbook(file, office())
    return openpyxl.load_workbook(io.BytesIO(file.getvalue())).active


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@SUM(A1)", "＝1", "－2", "＋3", "＠x", "\t=1"])
def test_text_that_looks_like_a_formula_stays_text_and_is_quoted(text):
    cell = one_cell(text)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


@pytest.mark.parametrize("text", ["#N/A", "https://a.cn", "00123", "1.38E+10", "{=A1}", "TRUE", " 前后 "])
def test_text_that_looks_like_something_else_stays_text(text):
    cell = one_cell(text)
    assert (cell.value, cell.data_type) == (text, "s")
    assert not cell.quotePrefix


@pytest.mark.parametrize("text", ["<r></r>", "<r><t>假</t></r>", "<r>&</r>", "a<b>&\"'"])
def test_text_that_looks_like_markup_is_escaped(text):
    assert one_cell(text).value == text


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_comes_back_as_cleaned_and_never_as_a_formula(text):
    cell = one_cell(text)
    wanted = style.clean_text(text).replace("_x", "")
    assert (cell.value or "").replace("_x005F", "").replace("_x", "") == wanted
    assert cell.data_type in "sn"


def test_control_characters_and_lone_surrogates_are_dropped_and_line_ends_become_one():
    assert one_cell("甲\x00乙\x0b丙\ud800丁\r\n戊\r己\ufffe").value == "甲乙丙丁\n戊\n己"


def test_a_cell_holds_32767_characters_as_excel_counts_them_and_not_one_more():
    assert len(one_cell("字" * 32_767).value) == 32_767
    with pytest.raises(WorkbookError, match="工作表“表”第 2 行“列”"):
        one_cell("字" * 32_768)
    with pytest.raises(WorkbookError):
        one_cell("𠮷" * 16_384)


def test_codes_and_phones_are_text_cells_with_the_text_format():
    cell = one_cell("013812345678", "code")
    assert (cell.value, cell.data_type, cell.number_format) == ("013812345678", "s", "@")
    assert one_cell(513224100201, "code").value == "513224100201"


def test_dates_are_real_dates():
    cell = one_cell(datetime.date(2026, 3, 5), "date")
    assert cell.is_date
    assert (cell.value.date(), cell.number_format) == (datetime.date(2026, 3, 5), "yyyy-mm-dd")
    moment = one_cell(datetime.datetime(2026, 3, 5, 8, 30), "datetime")
    assert moment.value == datetime.datetime(2026, 3, 5, 8, 30)


def test_a_date_excel_would_show_one_day_off_is_written_as_text():
    assert one_cell(datetime.date(1900, 2, 28), "date").value == "1900-02-28"


def test_numbers_stay_numbers_and_truth_is_said_in_chinese():
    assert one_cell(-5, "number").value == -5
    assert one_cell(Decimal("103.60125"), "number").value == 103.60125
    assert one_cell(True).value == "是"
    assert one_cell(None, "number").value is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 513224199003150019, object()])
def test_what_a_number_cell_cannot_hold_is_refused_with_its_place(value):
    with pytest.raises(WorkbookError, match="第 2 行“列”"):
        one_cell(value, "number")


def test_rows_beyond_the_limit_are_refused_and_no_file_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "MAX_ROWS", 10)
    target = tmp_path / "a.xlsx"
    assert plain_workbook(target, [("表", ["a"], ([n] for n in range(9)), ["number"])]) == {"表": 9}
    before = target.read_bytes()
    for rows in ([[1]] * 10, ([n] for n in range(10))):
        with pytest.raises(WorkbookError, match="10 行上限"):
            plain_workbook(target, [("表", ["a"], rows, ["number"])])
    assert target.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(WorkbookError, match="第 2 行应有 2 个值"):
        read_back([("表", ["a", "b"], [["1"]], [])])


def test_rows_are_taken_one_at_a_time_while_they_are_written():
    tracemalloc.start()
    rows = (["汉字" * 50, number] for number in range(20_000))
    plain_workbook(io.BytesIO(), [PlainSheet("表", ["a", "b"], rows, ["text", "number"])])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_the_same_content_gives_the_same_bytes():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        office_workbook(file, office())
    assert files[0].getvalue() == files[1].getvalue()


def test_sheets_with_the_same_name_get_different_ones():
    book = read_back([("诉求/台账", ["a"], [], []), ("诉求/台账", ["a"], [], [])])
    assert book.sheetnames == ["诉求_台账", "诉求_台账(2)"]


def test_office_sheet_has_title_unit_line_and_two_level_header(filed):
    assert filed["A1"].value == "联户联情工作台账"
    assert (filed["A2"].value, filed["E2"].value) == (
        "填报单位：县文旅局",
        "统计期间：2026年1月—3月",
    )
    assert [cell.value for cell in filed[3]][:5] == ["序号", "工号", "姓名", "驻村", None]
    assert [cell.value for cell in filed[4]][3:5] == ["次数", "天数"]
    assert filed["H3"].value == "备注"
    merged = {str(area) for area in filed.merged_cells.ranges}
    assert merged == {
        *("A1:H1", "A2:D2", "E2:H2", "A8:H8"),
        *("A3:A4", "B3:B4", "C3:C4", "D3:E3", "F3:F4", "G3:G4", "H3:H4"),
    }


def test_office_sheet_numbers_its_rows_and_keeps_kinds(filed):
    first, second, total = ([cell.value for cell in filed[row]] for row in (5, 6, 7))
    assert first[:6] == [1, "00123", "扎西·卓玛", 2, 5, pytest.approx(0.833)]
    assert filed["F5"].number_format == "0.0%"
    assert second[5:] == ["3/4", None, "请假"]
    assert (total[0], total[3:5]) == ("合计", [3, 7])
    assert filed["A8"].value == (
        "单位负责人(签字)：王强　审核人：李红　填报人：张敏　联系电话：0837-7232001　填报日期：2026年3月31日"
    )


def test_office_sheet_prints_on_one_landscape_a4_width(filed):
    page = filed.page_setup
    assert (page.orientation, int(page.paperSize)) == ("landscape", 9)
    assert (page.fitToWidth or 1, int(page.fitToHeight)) == (1, 0)  # one page wide is the default
    assert filed.sheet_properties.pageSetUpPr.fitToPage
    assert filed.print_title_rows == "$1:$4"
    assert filed.oddFooter.center.text == "第 &P 页 共 &N 页"
    assert 10 <= filed.page_margins.left * 25.4 <= 15
    assert (filed.freeze_panes, filed.auto_filter.ref) == ("A5", "A4:H6")


def test_office_columns_are_as_wide_as_asked_or_as_their_content(filed):
    assert filed.column_dimensions["C"].width == pytest.approx(12, abs=1)
    assert filed.column_dimensions["G"].width == pytest.approx(12, abs=1)


def test_office_sheet_with_no_rows_and_one_header_line_is_whole():
    file = io.BytesIO()
    office_workbook(file, office(columns=[Column("户主")], rows=[], totals=[]))
    sheet = openpyxl.load_workbook(io.BytesIO(file.getvalue())).active
    assert [cell.value for cell in sheet[3]] == ["序号", "户主", "备注"]
    assert sheet["A4"].value.startswith("单位负责人")
    assert sheet.freeze_panes == "A4"


def test_a_title_that_starts_a_formula_is_text():
    file = io.BytesIO()
    office_workbook(file, office(title="=1+1", unit_line="@x"))
    sheet = openpyxl.load_workbook(io.BytesIO(file.getvalue())).active
    assert (sheet["A1"].data_type, sheet["A2"].data_type) == ("s", "s")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("民情台账_××乡_2026年3月.xlsx", "民情台账_××乡_2026年3月.xlsx"),
        ('a/b\\c:d*e?f"g<h>i|j.xlsx', "a_b_c_d_e_f_g_h_i_j.xlsx"),
        ("..", "导出"),
        ("", "导出"),
        ("con.xlsx", "_con.xlsx"),
        ("\u202ecod.xlsx", "cod.xlsx"),
    ],
)
def test_file_names_are_made_safe(name, safe):
    assert safe_file_name(name) == safe


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_file_name_becomes_one_a_file_system_takes(name):
    safe = safe_file_name(name + ".xlsx")
    assert safe
    assert len(safe.encode()) <= 250
    assert not set(safe) & set('\\/:*?"<>|\0')


@settings(deadline=None)
@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=31)))
def test_any_sheet_name_becomes_one_excel_takes(title, taken):
    safe = safe_sheet_name(title, taken)
    assert 1 <= style.utf16_length(safe) <= 31
    assert not set(safe) & set("[]:*?/\\")
    assert not safe.startswith("'")
    assert not safe.endswith("'")
    assert safe.casefold() not in {name.casefold() for name in taken}


def test_a_sheet_of_200000_rows_is_whole():
    file = io.BytesIO()
    rows = (["=1+1" if number % 2 else "🏠\n家"] for number in range(200_000))
    office_workbook(file, office(columns=[Column("甲")], rows=rows, totals=[]))
    with zipfile.ZipFile(file) as package, package.open("xl/worksheets/sheet1.xml") as sheet:
        text = sheet.read().decode()
    assert text.count("<row ") == 200_004
    assert text.count("<f>") == 0
    assert '<c r="B200003" s="' in text
    assert '<autoFilter ref="A3:C200003"/>' in text


@pytest.mark.parametrize(("number", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_excel_names_them(number, letters):
    assert cells.columns_before(number + 1)[number] == f'<c r="{letters}'


def test_values_that_come_again_look_as_they_did_the_first_time():
    """Beyond the rows that are measured a cell is made once for many; 1, 1.0 and True stay apart."""
    day = datetime.date(2026, 3, 5)
    values = [True, 1, "1", None, day, "=1", datetime.datetime(2026, 3, 5), ""]
    rows = [[value] for value in values * 600]
    sheet = read_back([("表", ["列"], rows, ["text"])]).active
    first, last = ([sheet.cell(2 + start + at, 1).value for at in range(8)] for start in (0, 599 * 8))
    assert first == last
    assert first[:4] == ["是", "1", "1", None]


def test_a_file_lies_beside_its_place_until_it_is_whole(tmp_path):
    seen = []

    def rows():
        seen.extend(path.name for path in tmp_path.iterdir())
        yield ["1"]

    plain_workbook(tmp_path / "表.xlsx", [("表", ["a"], rows(), [])])
    assert [name[:8] for name in seen] == [".表.xlsx."]
    assert [path.name for path in tmp_path.iterdir()] == ["表.xlsx"]


def test_a_disk_that_is_full_at_the_end_is_the_disks_own_error(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", full)
    with pytest.raises(OSError, match="No space left") as raised:
        plain_workbook(tmp_path / "a.xlsx", [("表", ["a"], [["1"]], [])])
    assert raised.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_a_row_is_as_tall_as_its_longest_text_and_excel_may_still_change_it():
    texts = ["一行", "第一行\n第二行", "长" * 40, "一行"]
    rows = [[text, "甲"] for text in texts * 600]
    file = io.BytesIO()
    office_workbook(
        file, office(columns=[Column("标题", width=30), Column("码", "code")], rows=rows, totals=[])
    )
    with zipfile.ZipFile(file) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    heights = re.findall(r'<row r="\d+"(?: ht="(\d+)")?><c r="A\d+" s="\d+"><v>', sheet)
    assert heights == ["", "30", "45", ""] * 600
