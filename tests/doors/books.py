"""Workbooks for the import's tests: a small right one, and one thing in it changed.

    rows = books.registry()
    rows["户"][0]["人口数"] = "四"
    answer = books.import_(rows)
    assert books.places(answer) == [("户", 2, "人口数")]

Row 0 is Excel's row 2.
"""

import copy
import datetime
import hashlib
import tempfile
from pathlib import Path

import openpyxl
from django.db import connection

from lianhu.doors.workbook import import_workbook
from tests import county_contract

COLUMNS = county_contract.REGISTRY | county_contract.VISITS
TODAY = datetime.date(2026, 6, 15)
V1, V2 = "513221200201", "513221201202"
DAY = datetime.date


def _rows(sheet, *rows):
    names = COLUMNS[sheet].split()
    return [dict(zip(names, row, strict=False)) for row in rows]


_REGISTRY = {
    "单位": _rows(
        "单位",
        ["D1", "教育局", "县级部门", "00001", "00001", "00002"],
        ["D2", "农业局", "县级部门"],
        ["T1", "桑朗乡", "乡镇"],
    ),
    "村": _rows(
        "村", [V1, "格桑村", "T1", "行政村", 103.1, 31.2], [V2, "河坝村", "T1", "行政村"]
    ),
    "单位包村": _rows("单位包村", ["D1", V1, DAY(2026, 1, 1)], ["D2", V2, DAY(2026, 1, 1), DAY(2026, 12, 31)]),
    "领导包联": _rows("领导包联", ["00009", "D1", DAY(2026, 1, 1)]),
    "干部": _rows(
        "干部",
        ["00001", "尼玛", "D1", "正科级", "是", "13812341234", DAY(2020, 1, 1)],
        ["00002", "泽仁初", "D1", "一般干部", None, None, DAY(2020, 1, 1)],
        ["00003", "扎西·卓玛", "D2", "副科级", "是", "0837-6123456", DAY(2020, 1, 1), DAY(2026, 12, 31)],
        ["00009", "𠮷英", "D2", "县级领导", "是", None, DAY(2020, 1, 1)],
    ),
    "任职": _rows("任职", ["00003", "D2", "一般干部", DAY(2020, 1, 1), DAY(2024, 12, 31)]),
    "请假": _rows("请假", ["00002", DAY(2026, 3, 1), DAY(2026, 3, 5), "病假"]),
    "户": _rows(
        "户",
        ["H1", V1, "一组", "多吉", "13900000001", "513224199003150019", 4, "农村户", None, None,
         "是", None, "是", "是", "因病", "务农", "桑朗乡格桑村", 103.11, 31.21],
        ["H2", V1, None, "张三", None, None, 2, "城镇居民户"],
        ["H3", V2, None, "欧阳明", None, None, 3, "离退休干部户", "D1"],
        ["H4", V2, None, "泽仁初", None, None, 3, "干部职工家庭", None, "00002"],
    ),
    "结对": _rows(
        "结对",
        ["00002", "H1", DAY(2025, 1, 1), DAY(2025, 12, 31)],
        ["00003", "H1", DAY(2026, 1, 1)],
        ["00002", "H2", DAY(2026, 1, 1)],
        ["00001", "H3", DAY(2026, 1, 1)],
        ["00002", "H4", DAY(2026, 1, 1)],
    ),
    "账号角色": _rows(
        "账号角色",
        ["00001", "单位负责人", "D1", None, DAY(2026, 1, 1)],
        ["00002", "村党组织", None, V1, DAY(2026, 1, 1)],
        ["00009", "县级领导", None, None, DAY(2026, 1, 1)],
    ),
}  # fmt: skip
_VISITS = {
    "驻村": _rows(
        "驻村",
        ["00002", V1, DAY(2026, 3, 5), DAY(2026, 3, 6)],
        ["00002", V1, DAY(2026, 4, 5), DAY(2026, 4, 9), "是"],
        ["00003", V2, DAY(2026, 3, 5), DAY(2026, 3, 5), "否"],
    ),
    "走访": _rows(
        "走访",
        ["00002", "H1", DAY(2026, 3, 5), None, "是", "医保政策", "务农", "屋顶漏雨\n路灯不亮", "无", "是"],
        ["00002", "H2", DAY(2026, 3, 6), "未遇", "否", "低保", None, "无", "无"],
        ["00003", "H3", DAY(2026, 3, 5), "电话联系", None, None, None, "无", "无"],
    ),
    "诉求": _rows(
        "诉求",
        ["LH-2026-000007", "00002", "H1", None, "民生诉求", "住房", "屋顶漏雨", "请修", "村", DAY(2026, 3, 5)],
        ["LH-2026-000003", "00002", None, V1, "问题隐患", "出行道路", "路灯不亮", "请修", "乡", DAY(2026, 3, 6),
         DAY(2026, 3, 9), "已解决", "满意", DAY(2026, 3, 10), DAY(2026, 3, 20)],
    ),
    "活动": _rows(
        "活动",
        ["宣讲会", DAY(2026, 3, 8), "D1", V1, "00002、00001", 30, "医保"],
        ["会商", DAY(2026, 3, 9), "D2", None, None, None, "季度会商"],
        ["谈心谈话", DAY(2026, 3, 9), None, None, "00003", 1, "谈心"],
    ),
}  # fmt: skip


def registry():
    return copy.deepcopy(_REGISTRY)


def visits():
    return copy.deepcopy(_VISITS)


def changed(sheet, row, **values):
    """The right registry with some cells of one row changed; the row after the last is a new one."""
    rows = registry()
    if row == len(rows[sheet]):
        rows[sheet].append({})
    rows[sheet][row].update(values)
    return rows


def workbook(rows, columns=None):
    """`columns` replaces the headers of a sheet (and so leaves columns out)."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet, found in rows.items():
        names = (columns or {}).get(sheet, COLUMNS[sheet.strip()]).split()
        page = book.create_sheet(sheet)
        page.append(names)
        for row in found:
            page.append([row.get(name) for name in names])
    return book


def save(rows, path=None, columns=None):
    """Rows by sheet, or a workbook of openpyxl, as a file."""
    path = path or Path(tempfile.mkdtemp(prefix="lianhu-book-")) / "book.xlsx"
    (workbook(rows, columns) if isinstance(rows, dict) else rows).save(path)
    return path


def import_(rows, *, kind="", on=TODAY, dry_run=False, columns=None, by=None):
    """Import rows, an openpyxl workbook or a path; the answer as `--format json` prints it."""
    path = rows if isinstance(rows, Path) else save(rows, columns=columns)
    titles = rows if isinstance(rows, dict) else getattr(rows, "sheetnames", ())
    kind = kind or ("visits" if set(titles) & set(_VISITS) else "registry")
    return import_workbook(kind, path, by=by, on=on, dry_run=dry_run).as_json()


def both():
    """The small county, imported."""
    for rows in (registry(), visits()):
        answer = import_(rows)
        assert answer["ok"], answer["faults"]


def places(answer):
    return [(fault["sheet"], fault["row"], fault["column"]) for fault in answer["faults"]]


def codes(answer):
    return [fault["code"] for fault in answer["faults"]]


# The last ones are the import's own, gone with its transaction.
_IGNORED = ("django_", "auth_", "guardian_", "stage_", "diff_", "keys_")


def tables():
    names = connection.introspection.table_names()
    return sorted(name for name in names if not name.startswith(_IGNORED))


def row_counts():
    with connection.cursor() as cursor:
        counts = {}
        # The audit log grows by one entry an import.
        for table in set(tables()) - {"accounts_auditentry", "accounts_auditprivate"}:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


def fingerprint():
    """A hash of every row of every table: equal when nothing at all has changed, ciphertexts included."""
    with connection.cursor() as cursor:
        whole = {}
        # The audit log grows by one entry an import.
        for table in set(tables()) - {"accounts_auditentry", "accounts_auditprivate"}:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            whole[table] = hashlib.sha256("\n".join(row[0] for row in cursor.fetchall()).encode()).hexdigest()
    return whole
