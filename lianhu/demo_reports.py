"""Quarterly reports of the demo county: accepted ones, and of the last quarter one in each state."""

import datetime
from collections.abc import Mapping

from accounts.models import User
from lianhu.kit.clock import SHANGHAI
from lianhu.kit.periods import Period
from registry.models import Cadre, Role, RoleGrant, Unit
from reports.models import CountySummary, QuarterlyReport, ReportAction, ReportEvent, ReportState
from reports.quarterly.rules import quarter_of

_QUARTERS = 4

_WORK = (
    "（一）走访到户。干部按月到村，坐下来听群众讲困难、讲意见，当场能答的当场答复，不能答的挂号交办。\n"
    "（二）办实事。围绕饮水、出行、就医等群众反映多的事，会同村“两委”逐件核实，办完一件答复一件、销号一件。\n"
    "（三）讲政策。结合入户和农民夜校，宣讲医保缴费、农机补贴和护林员选聘，发放明白卡。",
    "本季度，单位主要负责人带队到包联村召开座谈会，梳理出需要县级协调的事项并上报。干部驻村期间与群众同吃同住，帮助"
    "农户抢收青稞、检修水管。\n对外出务工家庭，逐户电话联系，留下联系卡。",
    "（一）把走访和本职工作结合起来，组织业务骨干到村开展义诊、义教和技术指导。\n"
    "（二）对上季度没有走访的户，列出清单逐户补访，重点是独居老人和有病人的家庭。\n"
    "（三）开展季度会商和研判，对久拖未决的事项明确责任人和时限。",
)
_PROBLEMS = (
    "个别干部下乡时间集中在月底，听取意见不够细；外出务工户较多，见面难。",
    "部分诉求涉及项目资金，办理周期长，群众等得久。",
    "",
)
_NEXT = (
    "下季度把没有走访到的户排进每月计划；对在办诉求每周过一遍，快到期的提前向群众说明进展。",
    "一是盯住在办事项，按期答复；二是做好冬季取暖、防火和道路安全的入户提醒；三是配合村里开好群众代表大会。",
)
_RETURNED = "“工作开展情况”只有一句话，请写清做法和一两个事例；“下一步打算”要有时间。"


def fill(chosen: Mapping[str, Cadre], today: datetime.date) -> None:
    """The leader who is signed in to finds a draft to submit, the office something to read."""
    quarters = [quarter_of(today).previous()]
    while len(quarters) < _QUARTERS:
        quarters.append(quarters[-1].previous())
    leaders = dict(
        RoleGrant.objects.in_force(today).filter(role=Role.UNIT_LEADER).values_list("unit", "cadre__user")
    )
    own = {
        unit
        for unit, user in leaders.items()
        if Role.UNIT_LEADER in chosen and user == chosen[Role.UNIT_LEADER].user_id
    }
    office = chosen[Role.COUNTY_OFFICE].user
    reports, events = [], []
    for index, unit in enumerate(Unit.objects.order_by("code")):
        for quarter in quarters:
            state = _state(index, own=unit.pk in own) if quarter == quarters[0] else ReportState.ACCEPTED
            report = _report(unit, quarter, state, index)
            reports.append(report)
            events += _events(report, leaders.get(unit.pk), office, index)
    QuarterlyReport.objects.bulk_create(reports)
    ReportEvent.objects.bulk_create(events)
    for number, quarter in enumerate(reversed(quarters[1:]), 1):
        _summary(quarter, number)


def _state(index: int, *, own: bool) -> ReportState:
    if own or index % 9 == 8:
        return ReportState.DRAFT
    return {5: ReportState.SUBMITTED, 3: ReportState.RETURNED}.get(index % 9, ReportState.ACCEPTED)


def _report(unit: Unit, quarter: Period, state: ReportState, index: int) -> QuarterlyReport:
    written = state != ReportState.DRAFT or index % 2 == 0
    submitted = _moment(quarter, _day_of(index)) if state != ReportState.DRAFT else None
    return QuarterlyReport(
        unit=unit,
        year=quarter.first.year,
        quarter=(quarter.first.month + 2) // 3,
        state=state,
        work_done=_WORK[index % len(_WORK)] if written else "",
        problems=_PROBLEMS[index % len(_PROBLEMS)] if written else "",
        next_steps=_NEXT[index % len(_NEXT)] if state != ReportState.DRAFT else "",
        submitted_at=submitted,
        accepted_on=_moment(quarter, _day_of(index) + 1).date() if state == ReportState.ACCEPTED else None,
        version=1 if written else 0,
    )


def _day_of(index: int) -> int:
    """Most in time; every eleventh on the 13th."""
    return 13 if index % 11 == 7 else 4 + index % 6


def _moment(quarter: Period, day: int) -> datetime.datetime:
    return datetime.datetime.combine(
        quarter.following().first.replace(day=day), datetime.time(15, 20), SHANGHAI
    )


def _events(report: QuarterlyReport, leader: int | None, office: User, index: int) -> list[ReportEvent]:
    made = datetime.datetime.combine(report.period.last, datetime.time(18), SHANGHAI)
    events = [ReportEvent(report=report, action=ReportAction.DRAFT, at=made)]
    if report.submitted_at:
        events.append(
            ReportEvent(report=report, action=ReportAction.SUBMIT, by_id=leader, at=report.submitted_at)
        )
    decided = _moment(report.period, _day_of(index) + 1)
    if report.state == ReportState.RETURNED:
        events.append(
            ReportEvent(report=report, action=ReportAction.RETURN, reason=_RETURNED, by=office, at=decided)
        )
    elif report.state == ReportState.ACCEPTED:
        events.append(ReportEvent(report=report, action=ReportAction.ACCEPT, by=office, at=decided))
    return events


def _summary(quarter: Period, number: int) -> None:
    CountySummary.objects.create(
        year=quarter.first.year,
        quarter=(quarter.first.month + 2) // 3,
        opening="全县各单位按要求组织干部到村入户，季度报告全部采纳。走访、诉求办理和单位任务的情况见附表。",
        requirements="各单位要对没有走访的户和在办诉求列出清单，下季度第一个月内逐户逐件落实。",
        document_number=f"联办〔{quarter.following().first.year}〕{number}号",
        issued_on=_moment(quarter, 18).date(),
        version=1,
    )
