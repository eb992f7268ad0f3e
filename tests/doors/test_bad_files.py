"""Files nobody should send: each is read rightly or told with a place; nothing is written, nothing breaks."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from registry.models import Cadre, Household, Unit
from tests.doors import books, raw

pytestmark = pytest.mark.django_db
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNITS = raw.row(1, "单位编码", "单位名称", "单位类型")


def right():
    return books.save(books.registry()).read_bytes()


def zipped(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def with_parts(changes):
    """The right file with some parts changed; `changes` maps a part to a function of its bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(right())) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
        for name in set(changes) - set(old.namelist()):
            new.writestr(name, changes[name](b""))
    return file.getvalue()


def doctype(xml):
    head, mark, rest = xml.partition(b"?>")
    if not mark:
        head, mark, rest = b"", b"", xml
    return head + mark + b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + rest


def utf16(xml):
    return b"\xff\xfe" + doctype(xml).decode().replace("utf-8", "utf-16").replace("UTF-8", "utf-16").encode(
        "utf-16-le"
    )


SHEET, BOOK, STYLES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"
UNREADABLE = {
    "text": (lambda: "工号,姓名".encode(), "not_xlsx"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "not_xlsx"),
    "pdf": (lambda: b"%PDF-1.7\n" + bytes(100), "not_xlsx"),
    "csv in GBK": (lambda: "工号,姓名\n1,张三\n".encode("gbk"), "not_xlsx"),
    "empty": (lambda: b"", "not_xlsx"),
    "xls": (lambda: OLE + bytes(2000), "old_format"),
    "password": (lambda: OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), "password"),
    "zip without workbook": (lambda: zipped(a="b"), "not_xlsx"),
    "empty zip": (lambda: zipped(), "not_xlsx"),
    "ods": (lambda: zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "not_xlsx"),
    "xlsb": (lambda: with_parts({BOOK: lambda xml: b"\x83\x01\x00\x80"}), "broken"),
    "truncated": (lambda: right()[:3000], "not_xlsx"),
    "macros": (lambda: with_parts({"xl/vbaProject.bin": lambda xml: b"x"}), "macros"),
    "no sheet part": (lambda: with_parts({"xl/_rels/workbook.xml.rels": lambda xml: b"<a/>"}), "no_sheets"),
    "torn sheet": (lambda: with_parts({SHEET: lambda xml: xml[:-40]}), "broken"),
    "torn book": (lambda: with_parts({BOOK: lambda xml: xml[:-20]}), "not_xlsx"),
    "torn styles": (lambda: with_parts({STYLES: lambda xml: xml[: len(xml) // 2]}), "broken"),
    "row of no number": (
        lambda: with_parts({SHEET: lambda xml: xml.replace(b'<row r="1"', b'<row r="x"')}), "broken"),
    "entities in the sheet": (lambda: with_parts({SHEET: doctype}), "entities"),
    "entities in the book": (lambda: with_parts({BOOK: doctype}), "entities"),
    "entities in the styles": (lambda: with_parts({STYLES: doctype}), "entities"),
    "entities in the types": (lambda: with_parts({"[Content_Types].xml": doctype}), "entities"),
    "entities in the relations": (lambda: with_parts({"_rels/.rels": doctype}), "entities"),
    "entities behind UTF-16": (lambda: with_parts({SHEET: utf16}), "broken"),
    "entities in a book of UTF-16": (lambda: with_parts({BOOK: utf16}), "broken"),
    "entities behind EBCDIC": (
        lambda: with_parts({BOOK: lambda xml: b'<?xml version="1.0" encoding="cp037"?>' + xml}), "broken"),
    "unknown entity": (lambda: with_parts({SHEET: lambda xml: xml.replace(b"<t>", b"<t>&x;", 1)}), "entities"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_is_no_plain_workbook_is_told_as_a_whole(what, tmp_path):
    make, code = UNREADABLE[what]
    path = tmp_path / "book.xlsx"
    path.write_bytes(make())
    answer = books.import_(path, kind="registry")
    assert books.codes(answer) == [code]
    assert books.places(answer) == [("", 0, "")]
    assert Unit.objects.count() == 0


def test_damage_anywhere_is_told_and_never_a_traceback(tmp_path):
    """Every 97th byte turned over, one file each: refused, or read as if nothing had been."""
    whole, path = right(), tmp_path / "book.xlsx"
    for at in range(0, len(whole), 97 * 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        answer = books.import_(path, kind="registry", dry_run=True)
        assert answer["ok"] or answer["faults"], at


def test_a_size_that_is_a_lie_is_told(tmp_path):
    whole = bytearray(right())
    entry = whole.rindex(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    path = tmp_path / "book.xlsx"
    path.write_bytes(bytes(whole))
    assert books.codes(books.import_(path, kind="registry")) == ["broken"]


def test_a_declared_size_means_nothing(tmp_path):
    rows = [UNITS, *(raw.row(n, f"D{n}", "局", "县级部门") for n in range(2, 30))]
    for declared in ("A1:XFD1048576", "A1:A2", "A1"):
        sheet = raw.worksheet(*rows, before=f'<dimension ref="{declared}"/>')
        answer = books.import_(raw.write(tmp_path / "b.xlsx", {"单位": sheet}), kind="registry", dry_run=True)
        assert answer["counts"]["单位"]["new"] == 28


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1048576"><c r="xfd1048576"><v>1</v></c></row>',
        '<row r="1048576"><c t="str" r="XFD1048576"><v></v></c></row>',
        '<row r="2">' + "<c><v>1</v></c>" * 16384 + '</row><row r="1048576"><c><v>1</v></c></row>',
        '<row r="999999999"><c r="A999999999"><v>1</v></c></row>',
    ],
)
def test_one_cell_at_the_far_corner_is_refused_before_room_is_made_for_it(far, tmp_path):
    path = raw.write(tmp_path / "b.xlsx", {"单位": raw.worksheet(UNITS, far)})
    answer = books.import_(path, kind="registry")
    assert books.codes(answer)[0] in ("too_many_cells", "broken")


def test_blank_cells_at_the_far_corner_are_no_cells(tmp_path):
    far = '<row r="1048576" s="1"><c r="XFD1048576" s="1"/></row>'
    path = raw.write(tmp_path / "b.xlsx", {"单位": raw.worksheet(UNITS, raw.row(2, "D", "局", "乡镇"), far)})
    assert books.import_(path, kind="registry")["counts"]["单位"]["new"] == 1


def column(cells, *, styles="", properties="", head="到岗日期"):
    """Sheet 干部 with one row a cell; what each gives in that column."""
    numbered = (
        f'<row r="{n}">{raw.inline(f"A{n}", f"C{n}")}{cell.replace("@", f"B{n}")}</row>'
        for n, cell in enumerate(cells, 2)
    )
    sheet = raw.worksheet(raw.row(1, "工号", head), *numbered)
    path = raw.write(
        Path(books.tempfile.mkdtemp()) / "b.xlsx", {"干部": sheet}, styles=styles, properties=properties
    )
    answer = books.import_(path, kind="registry")
    found = {fault["row"]: fault["code"] for fault in answer["faults"] if fault["column"] == head}
    return [found.get(n, "") for n in range(2, len(cells) + 2)]


STYLES_XML = (
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/>'
    '<numFmt numFmtId="165" formatCode="[$-804]yyyy/m/d;@"/></numFmts><cellXfs>'
    + "".join(f'<xf numFmtId="{n}"/>' for n in (0, 14, 31, 57, 164, 165, 22, 46))
    + "</cellXfs>"
)
SERIALS = [
    ('<c r="@" s="1"><v>46000</v></c>', ""), ('<c r="@" s="2"><v>46000</v></c>', ""),
    ('<c r="@" s="3"><v>46000</v></c>', ""), ('<c r="@" s="4"><v>46000</v></c>', ""),
    ('<c r="@" s="5"><v>46000</v></c>', ""), ('<c r="@" s="6"><v>46000.5</v></c>', ""),
    ('<c r="@" t="d"><v>2026-03-05</v></c>', ""), ('<c r="@" t="d"><v>2026-02-30</v></c>', "no_such_day"),
    ('<c r="@"><v>46000</v></c>', "not_a_date"), ('<c r="@" s="7"><v>46000</v></c>', "not_a_date"),
    ('<c r="@" s="1"><v>0.5</v></c>', "not_a_date"), ('<c r="@" s="1"><v>60</v></c>', "date_out_of_range"),
    ('<c r="@" s="1"><v>61</v></c>', ""), ('<c r="@" s="1"><v>2958465</v></c>', "date_out_of_range"),
    ('<c r="@" s="1"><v>2958466</v></c>', "not_a_date"), ('<c r="@" s="1"><v>1e300</v></c>', "not_a_date"),
    ('<c r="@" s="1"><v>-1</v></c>', "not_a_date"), ('<c r="@" t="b"><v>1</v></c>', "not_a_date"),
]  # fmt: skip


def test_serials_are_dates_only_where_the_cell_is_one():
    assert column([cell for cell, _ in SERIALS], styles=STYLES_XML) == [code for _, code in SERIALS]


@pytest.mark.parametrize(
    ("properties", "day"), [("", "2025-12-09"), ('<workbookPr date1904="1"/>', "2029-12-10")]
)
def test_the_1904_date_system_is_known(properties, day, tmp_path):
    books.import_({"单位": books.registry()["单位"][1:]})
    sheet = raw.worksheet(
        raw.row(1, "工号", "姓名", "单位编码", "职级", "到岗日期"),
        raw.row(2, "C", "张三", "D2", "一般干部", '<c r="E2" s="1"><v>46000</v></c>'),
    )
    path = raw.write(tmp_path / "b.xlsx", {"干部": sheet}, styles=STYLES_XML, properties=properties)
    assert books.import_(path, kind="registry")["ok"]
    assert str(Cadre.objects.get().joined_on) == day


FORMULAS = [
    ('<c r="@" t="str"><f>A1</f><v>2026-03-05</v></c>', ""),
    ('<c r="@" s="1"><f>TODAY()</f><v>46000</v></c>', ""),
    ('<c r="@"><f>TODAY()</f></c>', "formula_without_result"),
    ('<c r="@"><f>TODAY()</f><v></v></c>', "formula_without_result"),
    ('<c r="@"><f t="shared" si="0"/></c>', "formula_without_result"),
    ('<c r="@" s="1"><f t="shared" si="0"/><v>46000</v></c>', ""),
    ('<c r="@" t="str"><f>""</f><v></v></c>', "required"),
    ('<c r="@" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "error_cell"),
    ('<c r="@" t="e"><v>#N/A</v></c>', "error_cell"),
]


def test_a_formula_counts_as_its_stored_result():
    assert column([cell for cell, _ in FORMULAS], styles=STYLES_XML) == [code for _, code in FORMULAS]


@pytest.mark.parametrize(
    ("text", "code"),
    [("张_x0000_三", "control_character"), ("张_x0007_", "control_character"), ("张_x005F_x0000_", ""),
     ("张_x000D_&#10;三", ""), ("张&#x200B;三", "")],
)  # fmt: skip
def test_characters_that_excel_escapes_are_what_they_stand_for(text, code):
    assert column([raw.inline("@", text)], head="姓名") == [code]


def test_phonetic_notes_are_no_part_of_a_name(tmp_path):
    noted = '<c r="B2" t="inlineStr"><is><r><t>乡</t></r><r><t>镇</t></r><rPh sb="0" eb="1"><t>xiang</t></rPh></is></c>'
    sheet = raw.worksheet(UNITS, raw.row(2, "D", noted, "乡镇"))
    assert books.import_(raw.write(tmp_path / "b.xlsx", {"单位": sheet}), kind="registry")["ok"]
    assert Unit.objects.get().name == "乡镇"


def test_external_links_are_read_as_saved_with_a_warning(tmp_path):
    path = tmp_path / "b.xlsx"
    path.write_bytes(with_parts({"xl/externalLinks/externalLink1.xml": lambda xml: b"<externalLink/>"}))
    answer = books.import_(path, kind="registry")
    assert answer["ok"]
    assert [warning["code"] for warning in answer["warnings"]] == ["external_links"]


def test_headers_may_carry_blanks_breaks_stars_and_full_width():
    book = books.workbook(books.registry())
    for sheet in book:
        for cell in sheet[1]:
            cell.value = f" {cell.value[0]}\n{cell.value[1:]}　＊"
    book["户"].cell(1, 14).value = "特殊困难户*"
    assert books.import_(book)["ok"]


def test_titles_may_stand_above_the_header_and_columns_in_any_order():
    book = openpyxl.Workbook()
    page = book.active
    page.title = " 单 位 "
    page["A1"] = "桑朗县单位登记表"
    page.merge_cells("A1:C1")
    page["A2"], page["C2"] = "填报单位：办公室", "2026年3月"
    for row in (["单位类型", "单位编码", "备注", "单位名称"], ["乡镇", "T1", "无", "桑朗乡"]):
        page.append(row)
    answer = books.import_(book, kind="registry")
    assert answer["ok"]
    assert [(w["sheet"], w["row"], w["column"]) for w in answer["warnings"]][:1] == [("单位", 3, "备注")]
    assert Unit.objects.get().name == "桑朗乡"


def test_missing_columns_are_told_once_and_nobody_else_is_blamed():
    rows = books.registry()
    rows["户"][0]["人口数"] = "四"
    columns = {
        sheet: names.replace("户编码 ", "", 1) for sheet, names in books.COLUMNS.items() if sheet == "户"
    }
    columns["干部"] = books.COLUMNS["干部"].replace("工号", "员工号").replace("到岗日期", "")
    assert books.places(books.import_(rows, columns=columns)) == [
        ("干部", 1, "工号"), ("干部", 1, "到岗日期"), ("户", 1, "户编码"), ("户", 2, "人口数"),
    ]  # fmt: skip


def test_a_header_twice_or_merged_is_told_at_the_header():
    book = books.workbook(books.registry())
    book["户"].cell(1, 25, "户主*")
    book["干部"].insert_cols(3)
    book["干部"].merge_cells("B1:C1")
    assert books.places(books.import_(book)) == [("干部", 1, "姓名"), ("户", 1, "户主")]


def test_a_header_may_be_two_rows_high():
    book = books.workbook(books.registry())
    page = book["请假"]
    page.insert_rows(2)
    for letter in "ABCD":
        page.merge_cells(f"{letter}1:{letter}2")
    answer = books.import_(book)
    assert answer["ok"], answer["faults"]


def test_cells_under_a_merged_one_are_told_one_by_one():
    rows = books.registry()
    rows["户"][1]["村民小组"] = rows["户"][2]["村民小组"] = "一组"
    book = books.workbook(rows)
    book["户"].merge_cells("C2:C4")
    book["结对"].merge_cells("H2:J9")  # only decoration
    answer = books.import_(book)
    assert books.places(answer) == [("户", 3, "村民小组"), ("户", 4, "村民小组")]
    assert set(books.codes(answer)) == {"merged_cell"}


def test_a_sheet_twice_is_told_and_nobody_is_blamed_for_what_it_holds():
    rows = books.registry()
    rows["户 "] = rows["户"][2:]
    rows["户"] = rows["户"][:2]
    book = books.workbook(rows)
    assert books.places(books.import_(book)) == [("户", 0, "")]


def test_a_renamed_sheet_is_ignored_with_a_warning_and_missing():
    book = books.workbook(books.registry())
    book["请假"].title = "请假表"
    answer = books.import_(book)
    assert answer["ok"]
    assert [(w["sheet"], w["code"]) for w in answer["warnings"]] == [
        ("请假表", "sheet_unknown"), ("请假", "sheet_missing"),
    ]  # fmt: skip


def test_an_empty_workbook_is_empty_sheets():
    answer = books.import_(openpyxl.Workbook(), kind="registry")
    assert answer["ok"]
    assert len(answer["warnings"]) == 11


def test_numbers_and_text_in_each_others_place():
    rows = books.registry()
    rows["户"][0] |= {"电话": 13900000001, "人口数": "４", "经度": "103.11", "户编码": "Ｈ１"}
    rows["户"] += [
        {"户编码": 88, "村编码": int(books.V1), "户主": "甲", "人口数": 3.0, "户类型": "农村户", "党员户": True},
        {"户编码": "H9", "村编码": books.V1, "户主": 12, "人口数": 2.5, "户类型": True, "身份证号": 513224199003150019,
         "电话": "1.38E+10", "党员户": 1},
        {"户编码": "1.38E+10", "村编码": 5.13e11 + 0.5, "户主": "乙", "人口数": "1e1", "户类型": "农村户",
         "电话": 1.38e10},
    ]  # fmt: skip
    answer = books.import_(rows)
    assert [(fault["row"], fault["column"], fault["code"]) for fault in answer["faults"]] == [
        (7, "户主", "not_a_name"), (7, "电话", "not_a_phone"), (7, "身份证号", "id_number_as_number"),
        (7, "人口数", "not_a_number"), (7, "户类型", "not_in_list"), (7, "党员户", "not_yes_or_no"),
        (8, "户编码", "not_a_code"), (8, "村编码", "not_a_code"), (8, "人口数", "not_a_number"),
    ]  # fmt: skip
    rows["户"] = rows["户"][:5]
    assert books.import_(rows)["ok"]
    assert set(Household.objects.values_list("code", flat=True)) == {"H1", "H2", "H3", "H4", "88"}


def test_a_numeric_code_that_does_not_exist_may_have_lost_its_zeros():
    rows = books.registry()
    rows["请假"][0]["工号"] = 2
    answer = books.import_(rows)
    assert books.places(answer) == [("请假", 2, "工号")]
    assert "前面的 0" in answer["faults"][0]["message"]
