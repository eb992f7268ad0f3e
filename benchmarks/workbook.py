"""A large registry workbook: 80,000 households of 20 columns, and a pairing each."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lianhu.kit.excel.write import PlainSheet, plain_workbook
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
