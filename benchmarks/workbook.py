"""Workbooks out: a large registry (80,000 households of 20 columns), and the speed of an office sheet."""

import datetime
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from benchmarks.timing import best, tell
from lianhu.kit.excel.style import Kind
from lianhu.kit.excel.write import Column, OfficeSheet, PlainSheet, office_workbook, plain_workbook
from lianhu.kit.identity import check_character

HOUSEHOLDS, CADRES, UNITS, VILLAGES = 80_000, 6_000, 120, 400


def large_registry(path: Path) -> None:
    begin = datetime.date(2020, 1, 1)
    headers = (
        "户编码 村编码 村民小组 户主 电话 身份证号 人口数 户类型 原单位编码 干部工号 党员户 村组干部户 "
        "建档立卡户 特殊困难户 困难原因 经济来源 地址 经度 纬度 备用"
    ).split()
    plain_workbook(
        path,
        [
            PlainSheet("单位", ("单位编码", "单位名称", "单位类型"), (
                (f"XU{n:03}", f"第{n}单位", "乡镇" if n < 20 else "县级部门") for n in range(UNITS))),
            PlainSheet("村", ("村编码", "村名称", "乡镇编码", "类型"), (
                (_village(n), f"第{n}村", f"XU{n % 20:03}", "行政村") for n in range(VILLAGES))),
            PlainSheet("干部", ("工号", "姓名", "单位编码", "职级", "到岗日期"), (
                (f"XC{n:05}", f"张{chr(0x4E00 + n % 3000)}", f"XU{n % UNITS:03}", "一般干部", begin)
                for n in range(CADRES)), ("code", "text", "code", "text", "date")),
            PlainSheet("户", headers, _households()),
            PlainSheet("结对", ("工号", "户编码", "开始日期"), (
                (f"XC{n % CADRES:05}", f"XH{n:06}", begin) for n in range(HOUSEHOLDS)), ("code", "code", "date")),
        ],
    )  # fmt: skip


def _village(number: int) -> str:
    return f"513225{100 + number % 20:03}{200 + number // 20:03}"


def _households() -> Iterator[tuple[Any, ...]]:
    for n in range(HOUSEHOLDS):
        born = datetime.date(1950, 1, 1) + datetime.timedelta(days=n % 18_000)
        yield (
            f"XH{n:06}", _village(n % VILLAGES), f"{n % 6 + 1}组",
            f"{'王李张刘陈杨'[n % 6]}{chr(0x4E00 + n % 5000)}{chr(0x4E00 + n * 7 % 5000)}",
            f"13{n % 10}{n:08}", _id_number(born, n), n % 7 + 1, "农村户", "", "",
            "是" if n % 9 == 0 else "否", "否", "是" if n % 5 == 0 else "否", "是" if n % 11 == 0 else "否",
            "因病" if n % 11 == 0 else "", "务工、种植", f"{n % 6 + 1}组{n % 90 + 1}号",
            103.5 + n % 100 / 1000, 32.5 + n % 90 / 1000, "",
        )  # fmt: skip


def _id_number(born: datetime.date, number: int) -> str:
    first_17 = f"513224{born:%Y%m%d}{number % 1000:03}"
    return first_17 + check_character(first_17)


ROWS = 100_000
_KINDS: tuple[Kind, ...] = (
    *("code", "text", "text", "text", "text", "text", "text", "text", "text", "date"),
    *("date", "text", "number", "number", "date", "text", "text", "text"),
)


def run() -> None:
    """100,000 rows of 20 columns in the office layout, beside openpyxl's write-only mode with the same bare cells.

    Memory is that of a process that does nothing else.
    """
    with tempfile.TemporaryDirectory() as folder:
        ours = best(lambda: _office(Path(folder) / "ours.xlsx"), tries=2)
        theirs = best(lambda: _openpyxl(Path(folder) / "theirs.xlsx"), tries=2)
        words = [sys.executable, "-c", f"from benchmarks import workbook; workbook.alone({folder!r})"]
        peak = int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    tell(
        "office layout, 100,000 × 20 cells, over openpyxl write-only",
        ours / theirs,
        "at most 0.7, aim 0.3; memory at most 200 MiB",
        f"{ours:.1f} s against {theirs:.1f} s; {peak} MiB",
    )


def alone(folder: str) -> None:
    _office(Path(folder) / "alone.xlsx")
    # Not ru_maxrss: that begins at the size of the process one was started from.
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) // 1024)


def _office(path: Path) -> None:
    columns = [Column(f"列{number}", kind) for number, kind in enumerate(_KINDS)]
    office_workbook(
        path, OfficeSheet("诉求台账", "填报单位：县联户联情办", "截至2026年3月31日", columns, _matters())
    )


def _openpyxl(path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for number, row in enumerate(_matters(), 1):
        sheet.append((number, *row, None))
    book.save(path)


def _matters() -> Iterator[tuple[Any, ...]]:
    """Of a ledger: some columns repeat, some never do, some are empty."""
    begin = datetime.date(2026, 1, 1)
    for n in range(ROWS):
        day = begin + datetime.timedelta(days=n % 300)
        yield (
            f"LH-2026-{n:06}", f"第{n}户屋顶漏水，雨天无法住人，请求帮助解决", f"第{n % VILLAGES}村",
            f"{'王李张刘陈杨'[n % 6]}{chr(0x4E00 + n % 5000)}{chr(0x4E00 + n * 7 % 5000)}",
            "民生诉求", "住房", "村级", "已答复", f"李{chr(0x4E00 + n % 997)}", day,
            day + datetime.timedelta(days=7), "逾期 3 天" if n % 5 == 0 else "", n % 60, n % 30,
            day, "已解决", "满意", "",
        )  # fmt: skip
