"""Large and hostile sizes: sensible time, bounded memory, each in a process of its own."""

import json
import subprocess
import sys
import zipfile

import pytest

from lianhu.kit.excel.read import UnreadableWorkbook, open_workbook
from tests.doors import books, raw

MIB = 1 << 20
_MEASURE = """
import json, resource, sys
from pathlib import Path
from lianhu.kit.excel.read import UnreadableWorkbook, open_workbook
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    said = sum(1 for sheet in open_workbook(Path(sys.argv[1])).sheets for _ in sheet.rows())
except UnreadableWorkbook as error:
    said = error.code
print(json.dumps([said, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024]))
"""
HEAD = f'<worksheet xmlns="{raw.MAIN}"><sheetData>'
TAIL = "</sheetData></worksheet>"


def measured(path):
    """Rows read or the code of the refusal; MiB it took; within a time a person would wait."""
    command = [sys.executable, "-c", _MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def many(count, line, labels=""):
    """A sheet in pieces: the labels' row and `count` rows below it, # being Excel's number."""
    yield HEAD + labels
    for first in range(2, count + 2, 1000):
        yield "".join(line.replace("#", str(n)) for n in range(first, min(first + 1000, count + 2)))
    yield TAIL


SIZES = {
    "a million blank rows with a style": (
        lambda: many(1_000_000, '<row r="#" s="1" customFormat="1"><c r="A#" s="1"/><c r="T#" s="1"/></row>'), 0, 60),
    "errors without end": (
        lambda: many(400_000, '<row r="#"><c r="A#" t="e"><v>#N/A</v></c></row>'), "too_many_errors", 200),
    "one text without end": (lambda: [HEAD, "<row><c><is><t>", *["A" * MIB] * 200, TAIL], "too_large", 20),
    "strings without end": (lambda: [HEAD, *["<c><v>1</v></c>" * 50_000] * 200, TAIL], "too_large", 20),
    "merges without end": (
        lambda: [HEAD, raw.row(1, "a"), "</sheetData>", *['<mergeCell ref="A1:B2"/>' * 1000] * 100, "</worksheet>"],
        "too_many_merges", 40),
}  # fmt: skip


@pytest.mark.parametrize("what", SIZES)
def test_a_bomb_takes_no_memory(what, tmp_path):
    make, said, most = SIZES[what]
    path = raw.write(tmp_path / "b.xlsx", {"户": make()})
    answer, taken = measured(path)
    assert answer == said
    assert taken <= most


def test_a_book_without_end_is_refused(tmp_path):
    sheets = ["<workbook>", *['<sheet name="a"/>' * 10_000] * 200, "</workbook>"]
    path = raw.write(tmp_path / "b.xlsx", {"户": HEAD + TAIL}, parts={"xl/workbook.xml": sheets})
    assert measured(path)[0] == "too_large"


def test_parts_without_end_are_refused(tmp_path):
    path = raw.write(tmp_path / "b.xlsx", {"户": HEAD + TAIL})
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(2001):
            archive.writestr(f"xl/media/{number}", "")
    with pytest.raises(UnreadableWorkbook) as refused:
        open_workbook(path)
    assert refused.value.code == "broken"


LABELS = raw.row(1, "户编码", "村编码", "户主", "人口数", "户类型")


@pytest.mark.django_db
def test_thirty_thousand_rows_of_faults_are_counted_and_the_first_told(tmp_path):
    line = raw.row("#", "H#", books.V1, "多吉", "四", "农村户")
    path = raw.write(tmp_path / "b.xlsx", {"户": many(30_000, line, LABELS)})
    answer = books.import_(path, kind="registry")
    assert answer["fault_count"] == 60_000  # the count of people, and a village that is not there
    assert books.places(answer)[:3] == [("户", 2, "村编码"), ("户", 2, "人口数"), ("户", 3, "村编码")]
    assert len(answer["faults"]) == 1000
    assert answer["faults"][-1]["row"] == 501


@pytest.mark.django_db
def test_a_hundred_thousand_households_are_written(tmp_path):
    assert books.import_(books.registry())["ok"]
    line = raw.row("#", "R#", books.V1, "多吉", "4", "农村户")
    path = raw.write(tmp_path / "b.xlsx", {"户": many(100_000, line, LABELS)})
    assert books.import_(path, kind="registry")["counts"]["户"] == {"new": 100_000, "changed": 0, "same": 0}
