"""A workbook as rows of plain values, with Excel's numbers."""

import datetime

import openpyxl
import pytest

from lianhu.kit.excel.read import UnreadableWorkbook, open_workbook
from lianhu.kit.excel.scan import column_number
from lianhu.kit.fields import MERGED, NO_RESULT
from tests.doors import raw


def rows(path):
    [sheet] = open_workbook(path).sheets
    return list(sheet.rows())


@pytest.fixture
def read(tmp_path):
    """Rows of the one sheet that the given XML rows make."""
    return lambda *lines, **more: rows(raw.write(tmp_path / "b.xlsx", {"表": raw.worksheet(*lines, **more)}))


def test_values_have_their_types(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(
        ["文", 1, 1.5, True, datetime.date(2026, 3, 5), datetime.datetime(2026, 3, 5, 12), None, "00123"]
    )
    book.save(tmp_path / "b.xlsx")
    assert rows(tmp_path / "b.xlsx") == [
        (1, ["文", 1.0, 1.5, True, datetime.date(2026, 3, 5), datetime.datetime(2026, 3, 5, 12), "", "00123"])
    ]


def test_rows_and_columns_are_counted_from_the_first_of_the_sheet(read):
    assert read('<row r="3"><c r="C3"><v>5</v></c></row>', '<row r="6"><c r="D6"><v>7</v></c></row>') == [
        (3, ["", "", 5.0, ""]), (6, ["", "", "", 7.0]),
    ]  # fmt: skip


def test_places_may_be_left_out(read):
    assert read("<row><c><v>1</v></c><c><v>2</v></c></row>", "<row><c><v>3</v></c></row>") == [
        (1, [1.0, 2.0]), (2, [3.0, ""]),
    ]  # fmt: skip


def test_an_empty_sheet_has_no_rows(read):
    assert read() == []
    assert read('<row r="5" s="1"><c r="A5" s="1"/></row>') == []


def test_a_formula_without_a_result_and_an_error_are_no_blanks(read):
    line = '<row r="2"><c r="A2"><f>1+1</f></c><c r="B2" t="e"><v>#N/A</v></c><c r="C2"><f>1</f><v>1</v></c></row>'
    assert read(line) == [(2, [NO_RESULT, "#N/A", 1.0])]
    assert read('<row r="9"><c r="B9"><f>1</f></c></row>') == [(9, ["", NO_RESULT])]


def test_cells_under_a_merged_one_are_marked_until_the_header_ends(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page["A1"], page["B1"], page["A3"], page["C3"], page["B5"] = "题", "x", "甲", "乙", "丙"
    for merged in ("A1:A2", "A3:B4", "C5:D6"):
        page.merge_cells(merged)
    book.save(tmp_path / "b.xlsx")
    [sheet] = open_workbook(tmp_path / "b.xlsx").sheets
    assert list(sheet.rows()) == [
        (1, ["题", "x", ""]), (2, [MERGED, "", ""]), (3, ["甲", MERGED, "乙"]), (4, [MERGED, MERGED, ""]),
        (5, ["", "丙", ""]),
    ]  # fmt: skip
    found = sheet.rows()
    next(found)
    sheet.end_merges()
    assert next(found) == (3, ["甲", MERGED, "乙"])


def test_sheets_keep_their_names_and_tell_that_they_are_hidden(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "户 "
    book.create_sheet("干部").sheet_state = "hidden"
    book.create_sheet("结对").sheet_state = "veryHidden"
    book.create_chartsheet("图")
    book.save(tmp_path / "b.xlsx")
    sheets = open_workbook(tmp_path / "b.xlsx").sheets
    assert [(sheet.name, sheet.hidden) for sheet in sheets] == [
        ("户 ", False),
        ("干部", True),
        ("结对", True),
    ]


def test_prefixes_of_the_namespace_do_not_matter(tmp_path):
    sheet = (
        f'<x:worksheet xmlns:x="{raw.MAIN}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c>'
        '<x:c r="B1"><x:f>1</x:f></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert rows(raw.write(tmp_path / "b.xlsx", {"表": sheet})) == [(1, [1.0, NO_RESULT])]


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(UnreadableWorkbook, match="没有这个文件"):
        open_workbook(tmp_path / "nothing.xlsx")


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("xfd", 16384)])
def test_columns_are_numbered(letters, number):
    assert column_number(letters) == number
