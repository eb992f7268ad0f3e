"""What the import commands print: the contract's JSON and nothing else, with the right exit code."""

import json
import logging

import openpyxl
import pytest
from django.core.management import call_command

from accounts.models import Job
from lianhu.doors.faults import LISTED, FaultLog, Place
from registry.models import Household
from tests.doors import books

pytestmark = pytest.mark.django_db
KEYS = ["ok", "counts", "fault_count", "faults", "warnings"]


@pytest.fixture
def run(capfd, tmp_path):
    """Run a command as a shell would; return exit code, standard output and standard error."""

    def run(kind, path, *options):
        if isinstance(path, dict):
            path = books.save(path, tmp_path / "book.xlsx")
        capfd.readouterr()
        try:
            call_command(f"import_{kind}", str(path), *options)
            code = 0
        except SystemExit as stop:
            code = stop.code
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_a_right_file_is_answered_in_exactly_the_contracts_keys(run):
    code, out, _ = run("registry", books.registry(), "--format", "json")
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == KEYS
    assert (answer["ok"], answer["fault_count"], answer["faults"], answer["warnings"]) == (True, 0, [], [])
    assert set(answer["counts"]) == set(books.registry())
    assert all(list(counts) == ["new", "changed", "same"] for counts in answer["counts"].values())
    assert Job.objects.get().params["dry_run"] is False


def test_a_faulty_file_is_exit_1_and_nothing_written(run):
    rows = books.registry()
    rows["户"][1]["人口数"] = "二"
    before = books.row_counts()
    code, out, _ = run("registry", rows, "--format", "json")
    answer = json.loads(out)
    assert code == 1
    assert list(answer) == KEYS
    assert (answer["ok"], answer["fault_count"]) == (False, 1)
    assert answer["faults"] == [
        {"sheet": "户", "row": 3, "column": "人口数", "code": "not_a_number", "message": "“二”不是整数"}
    ]
    assert books.row_counts() == before


def test_warnings_have_the_same_shape_and_let_the_file_in(run, tmp_path):
    rows = books.registry()
    del rows["请假"]
    book = books.workbook(rows)
    book["户"].cell(1, 25, "备注")
    book.create_sheet("说明")
    book["结对"].sheet_state = "hidden"
    book["干部"].sheet_state = "veryHidden"
    code, out, _ = run("registry", books.save(book, tmp_path / "b.xlsx"), "--format", "json")
    answer = json.loads(out)
    assert code == 0
    assert [(w["sheet"], w["row"], w["column"], w["code"]) for w in answer["warnings"]] == [
        ("说明", 0, "", "sheet_unknown"), ("干部", 0, "", "sheet_hidden"), ("请假", 0, "", "sheet_missing"),
        ("户", 1, "备注", "column_unknown"), ("结对", 0, "", "sheet_hidden"),
    ]  # fmt: skip
    assert Household.objects.count() == 4


@pytest.mark.parametrize("there", ["text", "folder", "nothing", "empty"])
def test_a_file_that_cannot_be_read_is_exit_1_and_still_json(run, tmp_path, there):
    path = tmp_path / "book.xlsx"
    if there == "folder":
        path.mkdir()
    elif there != "nothing":
        path.write_text("工号,姓名\n" if there == "text" else "")
    code, out, err = run("registry", path, "--format", "json")
    answer = json.loads(out)
    assert code == 1
    assert answer["fault_count"] == 1
    assert (answer["faults"][0]["sheet"], answer["faults"][0]["row"], answer["faults"][0]["column"]) == (
        "",
        0,
        "",
    )
    assert answer["counts"]["户"] == {"new": 0, "changed": 0, "same": 0}
    assert "Traceback" not in err


def test_logs_do_not_reach_standard_output(run):
    logging.getLogger("lianhu").warning("一条日志")
    code, out, _ = run("visits", books.registry(), "--format", "json")
    assert code == 0  # sheets it does not know are ignored, its own are missing
    assert json.loads(out)["ok"]


def test_a_dry_run_writes_no_row_anywhere(run):
    before = books.row_counts()
    assert run("registry", books.registry(), "--dry-run", "--format", "json")[0] == 0
    assert books.row_counts() == before


def test_the_text_answer_names_each_place(run):
    rows = books.registry()
    rows["户"][1]["人口数"] = "二"
    code, out, _ = run("registry", rows)
    assert code == 1
    assert "错误 户 3 人口数：“二”不是整数" in out
    assert "1 处错误，什么也没有写入。" in out
    assert "已写入。" in run("registry", books.registry())[1]


def test_the_first_thousand_faults_are_listed_and_all_are_counted():
    rows = books.registry()
    rows["干部"] += [{"工号": f"X{n}", "到岗日期": "昨天"} for n in range(700)]
    rows["户"] += [{"户编码": "H1", "户主": "甲"} for n in range(700)]
    answer = books.import_(rows)
    assert answer["fault_count"] == 700 * 4 + 700 * 4
    assert len(answer["faults"]) == LISTED
    places = books.places(answer)
    assert places[:4] == [("干部", 6, name) for name in ("姓名", "单位编码", "职级", "到岗日期")]
    assert places == sorted(places, key=lambda place: place[1])


def test_faults_are_listed_by_sheet_row_and_column_whatever_step_found_them():
    log = FaultLog()
    for step in ("rules", "cells"):
        for row in range(2, 3000):
            log.add(step, Place("户", row, "户编码" if step == "rules" else "电话", step, ""))
    log.add("rules", Place("村", 9, "村编码", "x", ""))
    listed = log.listed([("村", ""), ("村", "村编码"), ("户", ""), ("户", "户编码"), ("户", "电话")])
    assert log.count == 2 * 2998 + 1
    assert (listed[0]["sheet"], listed[0]["row"]) == ("村", 9)
    assert [(fault["row"], fault["column"]) for fault in listed[1:5]] == [
        (2, "户编码"), (2, "电话"), (3, "户编码"), (3, "电话"),
    ]  # fmt: skip
    assert listed[-1]["row"] == 501


def test_repeated_keys_crowd_out_no_earlier_fault():
    rows = {"村": books.registry()["村"][:1]}
    rows["村"][0]["乡镇编码"] = "NOPE"
    rows["村"] += [dict(rows["村"][0]) for _ in range(1500)]
    places = books.places(books.import_(rows))
    assert places[:3] == [("村", 2, "乡镇编码"), ("村", 3, "村编码"), ("村", 3, "乡镇编码")]


def test_the_answer_is_the_same_each_time():
    rows = books.registry()
    rows["户"][1] |= {"人口数": "二", "村编码": "1"}
    rows["结对"][0]["工号"] = "NOPE"
    assert books.import_(rows) == books.import_(rows)


def test_numbers_in_the_answer_are_as_excel_shows_them():
    book = openpyxl.Workbook()
    page = book.active
    page.title = "村"
    page["B2"] = "桑朗乡的村"
    for column, label in enumerate("村编码 村名称 乡镇编码 类型".split(), 2):
        page.cell(4, column, label)
    page["B7"] = "51322120020"
    answer = books.import_(book, kind="registry")
    assert books.places(answer) == [("村", 7, name) for name in ("村编码", "村名称", "乡镇编码", "类型")]
