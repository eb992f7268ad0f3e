"""The county as the two workbooks of the data contract. SPEC section 9."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lianhu.county.activities import Agenda
from lianhu.county.matters import ledger
from lianhu.county.model import RETIRED, Cadre, County, Unit
from lianhu.county.population import stream
from lianhu.county.trips import Trip, make_trips
from lianhu.county.visits import Field
from lianhu.kit.excel.style import Kind
from lianhu.kit.excel.write import PlainSheet, plain_workbook

Row = list[Any]

_DATES = {"开始日期", "结束日期", "到岗日期", "离岗日期", "走访日期", "日期"}
_DATES |= {"挂号日期", "答复日期", "销号日期", "公示日期"}
_NUMBERS = {"经度", "纬度", "人口数", "人数"}
_CODES = {"单位编码", "村编码", "乡镇编码", "工号", "干部工号", "户编码", "原单位编码", "诉求编号"}
_CODES |= {"手机", "电话", "身份证号", "主要负责人", "分管班子成员", "联络员"}


def write_registry(county: County, path: Path) -> dict[str, int]:
    """`registry.xlsx`; returns the rows of each sheet."""
    return plain_workbook(path, _registry(county))


def write_visits(county: County, path: Path) -> dict[str, int]:
    """`visits.xlsx`, its visits written as they are made up."""
    return plain_workbook(path, _work(county))


def _sheet(title: str, headers: str, rows: Iterable[Row]) -> PlainSheet:
    names = headers.split()
    return PlainSheet(title, names, rows, [_kind(name) for name in names])


def _kind(header: str) -> Kind:
    if header in _DATES:
        return "date"
    if header in _NUMBERS:
        return "number"
    return "code" if header in _CODES else "text"


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _code(thing: Cadre | Unit | None) -> str | None:
    return thing.code if thing else None


def _registry(county: County) -> Iterator[PlainSheet]:
    yield _sheet(
        "单位",
        "单位编码 单位名称 单位类型 主要负责人 分管班子成员 联络员",
        ([u.code, u.name, u.kind, _code(u.leader), _code(u.deputy), _code(u.liaison)] for u in county.units),
    )
    yield _sheet(
        "村",
        "村编码 村名称 乡镇编码 类型 经度 纬度",
        ([v.code, v.name, v.town.code, v.kind, v.longitude, v.latitude] for v in county.villages),
    )
    yield _sheet(
        "单位包村",
        "单位编码 村编码 开始日期 结束日期",
        ([x.unit.code, x.village.code, x.begin, x.end] for x in county.links),
    )
    yield _sheet(
        "领导包联",
        "工号 单位编码 开始日期 结束日期",
        ([x.leader.code, x.unit.code, x.begin, x.end] for x in county.leader_links),
    )
    yield from _people(county)
    yield _sheet(
        "户",
        "户编码 村编码 村民小组 户主 电话 身份证号 人口数 户类型 原单位编码 干部工号 党员户 "
        "村组干部户 建档立卡户 特殊困难户 困难原因 经济来源 地址 经度 纬度",
        _homes(county),
    )
    yield _sheet(
        "结对",
        "工号 户编码 开始日期 结束日期",
        ([x.cadre.code, x.home.code, x.begin, x.end] for x in county.pairings),
    )
    yield _sheet(
        "账号角色",
        "工号 角色 单位编码 村编码 开始日期 结束日期",
        _roles(county),
    )


def _people(county: County) -> Iterator[PlainSheet]:
    yield _sheet(
        "干部",
        "工号 姓名 单位编码 职级 班子成员 手机 到岗日期 离岗日期",
        (
            [c.code, c.name, c.unit.code, c.rank, _yes(c.leadership), c.mobile, c.begin, c.end]
            for c in county.cadres
        ),
    )
    yield _sheet(
        "任职",
        "工号 单位编码 职级 开始日期 结束日期",
        ([c.code, p.unit.code, p.rank, p.begin, p.end] for c in county.cadres for p in c.posts),
    )
    yield _sheet(
        "请假",
        "工号 开始日期 结束日期 事由",
        (
            [c.code, leave.begin, leave.end, leave.reason]
            for c in county.cadres
            for leave in sorted(c.leaves, key=lambda leave: leave.begin)
        ),
    )


def _homes(county: County) -> Iterator[Row]:
    for h in county.homes:
        unit = h.former_unit if h.kind == RETIRED else None
        yield [
            h.code, h.village.code, h.group, h.head, h.phone, h.id_number, h.people, h.kind,
            _code(unit), _code(h.member), _yes(h.party), _yes(h.village_cadre),
            _yes(h.registered_poor), _yes(bool(h.hardship)), h.hardship, h.income, h.address,
            h.longitude, h.latitude,
        ]  # fmt: skip


def _roles(county: County) -> Iterator[Row]:
    # Each cadre works with an account; the row 干部 says since when.
    for cadre in county.cadres:
        if cadre.pairs and cadre.begin <= county.until:
            end = cadre.end if cadre.end and cadre.end <= county.until else None
            yield [cadre.code, "干部", None, None, max(cadre.begin, county.launch), end]
    for role in county.roles:
        village = role.village.code if role.village else None
        yield [role.cadre.code, role.role, _code(role.unit), village, role.begin, role.end]


def _work(county: County) -> Iterator[PlainSheet]:
    trips = make_trips(county, stream(county, "trips"))
    field = Field(county, trips, stream(county, "visits"))
    yield _sheet("驻村", "工号 村编码 开始日期 结束日期 补录", (_trip(trip) for trip in trips))
    yield _sheet(
        "走访",
        "工号 户编码 走访日期 结果 宣讲 宣讲主题 经济来源 存在困难 群众意见 当场解决",
        (
            [
                v.cadre.code, v.home.code, v.day, v.result, _yes(v.talk), v.topic, v.home.income,
                v.difficulty, v.opinion, _yes(v.solved),
            ]
            for v in field.visits()
        ),
    )  # fmt: skip
    yield _sheet(
        "诉求",
        "诉求编号 工号 户编码 村编码 类型 类别 标题 内容 层级 挂号日期 答复日期 答复结果 回访结果 "
        "销号日期 公示日期",
        _matters(county, field),
    )
    yield _sheet(
        "活动",
        "类型 日期 单位编码 村编码 工号 人数 主题",
        (
            [
                one.kind, one.day, _code(one.unit), one.village.code if one.village else None,
                "、".join(cadre.code for cadre in one.people), one.headcount, one.topic,
            ]
            for one in Agenda(county, stream(county, "activities")).all()
        ),
    )  # fmt: skip


def _trip(trip: Trip) -> Row:
    mark = "是" if trip.back_filled else None
    return [trip.cadre.code, trip.village.code, trip.begin, trip.end, mark]


def _matters(county: County, field: Field) -> Iterator[Row]:
    for number, heard, step in ledger(field, stream(county, "matters")):
        home = heard.home.code if heard.home else None
        village = None if heard.home else heard.village.code
        yield [
            number, heard.cadre.code, home, village, heard.matter.kind, heard.matter.category,
            heard.title, heard.text, step.level, heard.day, step.replied, step.outcome,
            step.revisit, step.closed, step.published,
        ]  # fmt: skip
