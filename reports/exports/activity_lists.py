"""Lists of activities, errands, 整改, plans and 体检报告 (contract, section 5)."""

from collections.abc import Iterable, Sequence
from typing import Any

from lianhu.kit.excel.write import Column
from registry.models import Role, Unit
from registry.scope import scope_of
from reports.exports.kinds import Asked, Export, Table, day_of
from reports.pages import activities, errands
from visits.activity_kinds import SUBTYPES
from visits.activity_rights import readable
from visits.errands import visible_errands
from visits.models import Activity, ActivityKind, ProjectReview
from visits.self_check import QUESTIONS, visible_checks

Rows = Iterable[Sequence[Any]]


def _may(asked: Asked) -> bool:
    return activities.may_see_activities(asked.user)


def _activities(asked: Asked) -> Table:
    """Of a 谈心谈话 that is not one's own only that it took place."""
    columns = (
        *(Column("日期", "date"), Column("类型"), Column("细类"), Column("单位"), Column("村(社区)")),
        *(Column("参加干部", width=24), Column("人数", "number"), Column("组织者"), Column("主题", width=36)),
        *(Column("内容", width=48), Column("名单", width=24), Column("作废", width=16)),
    )

    def rows(batch: list[Any]) -> Rows:
        reads = readable(batch, asked.user)
        for one in batch:
            read = one.pk in reads
            people = (one.headcount, one.organiser) if read else (None, "")
            words = (one.topic, one.summary, one.names) if read else ("", "", "")
            void = f"已作废：{one.void_reason}" if read else "已作废"
            yield (
                *(one.day, one.get_kind_display(), SUBTYPES.get(one.subtype, "")),
                *(one.unit.name if one.unit else "", one.village.name if one.village else ""),
                *("、".join(each.cadre.name for each in one.people), *people),
                *(*words, void if one.voided_at else ""),
            )

    filtered = activities.Asked.of(asked.query)
    period = f"统计期间：{filtered.period.label}" if filtered.period else ""
    return Table(columns, activities.asked_activities(asked.user, filtered), rows, period=period)


def _errands(asked: Asked) -> Table:
    columns = (
        *(Column("发布日期", "date"), Column("村(社区)"), Column("户"), Column("要办的事", width=40)),
        *(Column("发布人"), Column("认领人"), Column("认领日期", "date"), Column("办完", "date")),
        *(Column("结果", width=40), Column("撤回原因")),
    )
    state = errands.asked_state(asked.get("state"))
    found = errands.in_state(visible_errands(asked.user), state).order_by("-posted_at", "-pk")
    found = found.select_related("village", "household", "taken_by", "posted_by", "activity")

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield (
                *(day_of(one.posted_at), one.village.name, one.household.head_name if one.household else ""),
                *(one.topic, one.posted_by.name, one.taken_by.name if one.taken_by else ""),
                *(day_of(one.taken_at), one.activity.day if one.activity else None),
                *(one.activity.summary if one.activity else "", one.withdraw_reason),
            )

    return Table(columns, found, rows, period=f"状态：{errands.STATES[state]}")


def _rectifications(asked: Asked) -> Table:
    columns = (
        *(Column("项目", width=24), Column("村(社区)"), Column("回头看日期", "date")),
        *(Column("发现的问题", width=40), Column("整改方案", width=40)),
        *(Column("期限", "date"), Column("完成", "date"), Column("状态")),
    )
    done = asked.get("state") == "done"
    visible = Activity.objects.visible_to(asked.user).filter(voided_at=None)
    found = ProjectReview.objects.exclude(fault="").filter(activity__in=visible.values("pk"))
    found = found.filter(plan_done_on__isnull=not done).order_by("plan_due_on", "pk")

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            late = "逾期" if one.plan_due_on < asked.on else "整改中"
            yield (
                *(one.project, one.activity.village.name if one.activity.village else "", one.activity.day),
                *(one.fault, one.plan, one.plan_due_on, one.plan_done_on),
                "已完成" if one.plan_done_on else late,
            )

    return Table(columns, found.select_related("activity__village"), rows)


def _work_plans(asked: Asked) -> Table:
    """Every unit one sees, with its plan of the year or without."""
    columns = (
        Column("单位编码", "code"),
        Column("单位"),
        Column("印发日期", "date"),
        Column("计划", width=48),
    )
    year = asked.get("year")
    year = year if len(year) == 4 and year.isascii() and year.isdigit() else str(asked.on.year)

    def rows(batch: list[Any]) -> Rows:
        plans = Activity.objects.filter(
            kind=ActivityKind.WORK_PLAN, day__year=int(year), voided_at=None, unit__in=batch
        )
        by_unit: dict[Any, list[Activity]] = {}
        for plan in plans.order_by("day", "pk"):
            by_unit.setdefault(plan.unit_id, []).append(plan)
        for unit in batch:
            held = by_unit.get(unit.pk, [])
            yield (
                *(unit.code, unit.name, held[0].day if held else None),
                "；".join(plan.topic for plan in held) or "没有",
            )

    found = Unit.objects.visible_to(asked.user).order_by("code")
    return Table(columns, found, rows, period=f"统计期间：{year}年")


def _self_checks(asked: Asked) -> Table:
    """The figures of 七问; what was written is read on its page."""
    columns = (
        *(Column("干部"), Column("工号", "code"), Column("年"), Column("提交日期", "date")),
        *(Column(f"{words}（{measure}）", "number") for words, measure in QUESTIONS.values()),
    )
    found = visible_checks(asked.user).filter(submitted_at__isnull=False).select_related("cadre")
    year = asked.get("year")
    # As its page: this year's unless said.
    known = year.isascii() and year.isdigit() and len(year) == 4
    found = found.filter(year=int(year) if known else asked.on.year)

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            answers = (one.answers.get(name) for name in QUESTIONS)
            yield one.cadre.name, one.cadre.code, one.year, day_of(one.submitted_at), *answers

    return Table(columns, found.order_by("cadre__code", "-year"), rows)


def _collects(asked: Asked) -> bool:
    return scope_of(asked.user).has(Role.UNIT_LEADER, Role.COUNTY_OFFICE)


EXPORTS = (
    Export("activities", "活动登记表", _may, _activities),
    Export("errands", "代办事项", _may, _errands),
    Export("rectifications", "民生项目整改", _may, _rectifications),
    Export(
        "work_plans",
        "年度工作计划",
        lambda asked: Unit.objects.visible_to(asked.user).exists(),
        _work_plans,
    ),
    Export("self_checks", "思想作风体检报告", _collects, _self_checks),
)
