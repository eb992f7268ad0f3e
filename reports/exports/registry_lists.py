"""Lists of the registry: households, coverage, handover, cover, leave, accounts (contract, sections 2 and 8).

Phones stand on none of these pages, so they stand in none of these files.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import Http404

from lianhu.kit.excel.write import Column
from registry import account_list
from registry.answering import runs_a_unit
from registry.coverage import area_of
from registry.covers import moment_of
from registry.duplicates import Alike, Unsettled, settled
from registry.leave import decidable_by, state_of
from registry.models import LeaveRequest, Pairing, Rank
from registry.rights import may
from registry.scope import scope_of
from reports.exports.kinds import Asked, Export, Table, day_of
from reports.pages import coverage, covers, handover, households, leave

Rows = Iterable[Sequence[Any]]
_HOMES = (
    Column("户主"),
    Column("户编码", "code"),
    Column("村(社区)"),
    Column("村民小组"),
    Column("户类型"),
    Column("人口数", "number"),
    Column("标识", width=24),
    Column("结对干部"),
    Column("上次见面", "date"),
)


def of_the_office(asked: Asked) -> bool:
    return scope_of(asked.user).county


def _households(asked: Asked) -> Table:
    found = households.found_for(asked.user, households.asked_in(asked.query))

    def rows(batch: list[Any]) -> Rows:
        for row in households.rows_of(batch, asked.on):
            home: Any = row.household
            marks = [*home.marks(), *(["已销户"] if home.closed_on else [])]
            yield (
                home.head_name,
                home.code,
                home.village.name,
                home.group,
                home.get_kind_display(),
                home.people_count,
                "、".join(marks),
                row.holder,
                row.last_visit,
            )

    return Table(_HOMES, found, rows)


# --- 全覆盖 -----------------------------------------------------------------------------------------


def _covered(asked: Asked) -> coverage.Asked:
    return coverage.Asked.of(asked.query)


def _may_cover(asked: Asked) -> bool:
    which = _covered(asked)
    place = {"unit": which.unit, "village": which.village}
    return households.sees_more_than_own(asked.user) and area_of(asked.user, asked.on, **place) is not None


def _coverage(asked: Asked) -> Table:
    which = _covered(asked)
    area = area_of(asked.user, asked.on, unit=which.unit, village=which.village)
    if area is None:
        raise Http404
    lists = coverage.lists_of(asked.user, area, asked.on)
    name = which.which
    if name not in lists:
        name = coverage.first_of({each: found.count() for each, found in lists.items()})
    columns, rows = _COVERAGE[name]
    return Table(columns, lists[name], lambda batch: rows(batch, asked), period=coverage.LISTS[name])


def _bare_homes(batch: list[Any], asked: Asked) -> Rows:
    for home in coverage.homes_of(asked.user, batch, asked.on):
        one = home.household
        yield (
            one.head_name,
            one.code,
            one.village.township.name,
            one.village.name,
            one.group,
            one.get_kind_display(),
            home.last.cadre.name if home.last else "",
            home.last.ends_on if home.last else None,
        )


def _bare_villages(batch: list[Any], asked: Asked) -> Rows:
    return ((one.code, one.name, one.township.name, one.get_type_display()) for one in batch)


def _bare_cadres(batch: list[Any], asked: Asked) -> Rows:
    return ((one.code, one.name, one.unit_name, Rank(one.rank).label if one.rank else "") for one in batch)


def _left(batch: list[Pairing], asked: Asked) -> Rows:
    for one in batch:
        home = one.household
        yield home.head_name, home.code, home.village.name, one.cadre.name, one.cadre.code, one.cadre.left_on


_COVERAGE: Mapping[str, tuple[tuple[Column, ...], Any]] = {
    "households": (
        (
            *(Column("户主"), Column("户编码", "code"), Column("乡镇"), Column("村(社区)")),
            *(Column("村民小组"), Column("户类型"), Column("原结对干部"), Column("原结对到", "date")),
        ),
        _bare_homes,
    ),
    "villages": (
        (Column("村编码", "code"), Column("村(社区)"), Column("乡镇"), Column("类型")),
        _bare_villages,
    ),
    "cadres": ((Column("工号", "code"), Column("姓名"), Column("单位"), Column("职级")), _bare_cadres),
    "left": (
        (
            *(Column("户主"), Column("户编码", "code"), Column("村(社区)")),
            *(Column("结对干部"), Column("工号", "code"), Column("离岗日期", "date")),
        ),
        _left,
    ),
}


# --- who looks after whom ---------------------------------------------------------------------------


def _handovers(asked: Asked) -> Table:
    columns = (
        *(Column("原结对干部"), Column("工号", "code"), Column("接替干部"), Column("接替工号", "code")),
        *(Column("接替日期", "date"), Column("户数", "number"), Column("原因", width=30), Column("登记人")),
        *(Column("登记日期", "date"), Column("备案"), Column("备案日期", "date")),
    )

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield (
                *(one.cadre.name, one.cadre.code, one.successor.name, one.successor.code),
                *(one.on, one.homes, one.reason, one.recorded_by.name, day_of(one.recorded_at)),
                *("已备案" if one.filed_at else "待备案", day_of(one.filed_at)),
            )

    return Table(columns, handover.found_for(asked.user, asked.get("state")), rows)


def _covers(asked: Asked) -> Table:
    columns = (
        *(Column("干部"), Column("工号", "code"), Column("代管人"), Column("代管人工号", "code")),
        *(Column("从", "date"), Column("到", "date"), Column("事由", width=30), Column("状态")),
    )

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield (
                *(one.cadre.name, one.cadre.code, one.colleague.name, one.colleague.code),
                *(one.begins_on, one.ends_on, one.reason, covers.WORDS[moment_of(one, asked.on)][1]),
            )

    return Table(columns, covers.found_for(asked.user, asked.on), rows)


_LEAVE = (
    *(Column("干部"), Column("工号", "code"), Column("从", "date"), Column("到", "date")),
    *(Column("事由", width=30), Column("状态"), Column("申请或录入"), Column("提交日期", "date")),
    *(Column("审批人"), Column("审批日期", "date")),
)


def _leave(asked: Asked) -> Table:
    """What waits for one's decision, one's own, and what one entered."""
    mine = leave.requests_of(asked.user)
    waiting = decidable_by(asked.user).values("pk")
    either = LeaveRequest.objects.filter(pk__in=mine.values("pk")) | LeaveRequest.objects.filter(
        pk__in=waiting
    )
    found = either.select_related("cadre", "asked_by", "decided_by").order_by("-begins_on", "-pk")

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield (
                *(one.cadre.name, one.cadre.code, one.begins_on, one.ends_on, one.reason),
                *(leave.WORDS[state_of(one)][1], one.asked_by.name, day_of(one.asked_at)),
                *(one.decided_by.name if one.decided_by else "", day_of(one.decided_at)),
            )

    return Table(_LEAVE, found, rows)


def _away(asked: Asked) -> Table:
    columns = (Column("干部"), Column("工号", "code"), Column("从", "date"), Column("到", "date"))

    def rows(batch: list[Any]) -> Rows:
        return ((one.cadre.name, one.cadre.code, one.begins_on, one.ends_on, one.reason) for one in batch)

    return Table((*columns, Column("事由", width=30)), leave.leaves_ahead(asked.user, asked.on), rows)


# --- the office's ---------------------------------------------------------------------------------


def _pair(one: Any, other: Any) -> tuple[Any, ...]:
    return tuple(value for home in (one, other) for value in (home.code, home.head_name, home.village.name))


_PAIR = tuple(
    column
    for word in ("甲户", "乙户")
    for column in (
        Column("户编码", "code", group=word),
        Column("户主", group=word),
        Column("村(社区)", group=word),
    )
)


def _duplicates(asked: Asked) -> Table:
    def rows(batch: list[Alike]) -> Rows:
        for one in batch:
            same = [
                word for word, is_so in (("身份证号", one.same_id), ("户主和电话", one.same_phone)) if is_so
            ]
            yield *_pair(one.first, one.second), "、".join(same), one.size

    return Table((*_PAIR, Column("相同的"), Column("几户相同", "number")), Unsettled(asked.on), rows)


def _settled(asked: Asked) -> Table:
    columns = (*_PAIR, Column("认定"), Column("说明", width=30), Column("认定人"), Column("认定日期", "date"))

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            word = "是同一户" if one.same else "是两户"
            yield *_pair(one.first, one.second), word, one.note, one.settled_by.name, day_of(one.settled_at)

    return Table(columns, settled(), rows)


def _accounts(asked: Asked) -> Table:
    columns = (
        *(Column("工号", "code"), Column("姓名"), Column("单位"), Column("角色", width=30)),
        *(Column("状态"), Column("激活条有效到", "date"), Column("两步验证")),
    )
    wanted = account_list.Asked.of(asked.query)
    found = wanted.in_state(wanted.narrowed(account_list.kept_by(asked.user), asked.on), asked.on).order_by(
        "username"
    )

    def rows(batch: list[Any]) -> Rows:
        for account in batch:
            row = account_list.Row(account, "")
            yield (
                *(account.username, account.name, account.unit_name, "、".join(map(_role, row.roles))),
                *(row.state.label, row.code_until if row.code_works else None),
                "已打开" if account.second_factor else "没有打开",
            )

    return Table(columns, account_list.with_columns(found, asked.on), rows)


def _role(grant: Any) -> str:
    place = grant.unit or grant.village
    return f"{grant.get_role_display()}（{place.name}）" if place else str(grant.get_role_display())


def _is_signed_in(asked: Asked) -> bool:
    return bool(asked.user.is_active)


EXPORTS = (
    Export("households", "户名册", lambda asked: households.may_list(asked.user), _households),
    Export("coverage", "全覆盖清单", _may_cover, _coverage),
    Export("handovers", "接替登记表", lambda asked: runs_a_unit(asked.user), _handovers),
    Export("covers", "代管登记表", _is_signed_in, _covers),
    Export("leave", "请假申请表", _is_signed_in, _leave),
    Export("leave_away", "请假人员表", lambda asked: runs_a_unit(asked.user), _away),
    Export("duplicates", "疑似重复户", of_the_office, _duplicates),
    Export("duplicates_settled", "已认定的重复户", of_the_office, _settled),
    Export("accounts", "账号清单", lambda asked: may(asked.user, "see_accounts"), _accounts),
)
