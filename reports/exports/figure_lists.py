"""Tables of figures and their evidence, and what the county office keeps (contract, sections 0, 3 and 6)."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import Http404

from lianhu.kit import clock
from lianhu.kit.excel.write import Column
from lianhu.kit.periods import Period
from registry.models import Unit, Village
from reports.dashboards import charts
from reports.exports.kinds import Asked, Export, Table
from reports.exports.registry_lists import of_the_office
from reports.models import SubjectKind
from reports.pages import feedback, phones, quarterly, rule, village_map, villages
from reports.pages.duties import duties
from reports.pages.months import months_in
from reports.pages.unit_table import columns_of
from reports.quarterly.queries import sees_reports
from reports.quotas.evidence import EvidenceRow, evidence, only
from reports.quotas.rules import SUBJECTS

Rows = Iterable[Sequence[Any]]


def _villages(asked: Asked) -> Table:
    """The page's table: what binds each village this month and quarter."""
    months = months_in(asked.query, asked.on)
    visible = list(
        Village.objects.visible_to(asked.user).select_related("township").order_by("code").distinct()
    )
    found = villages.village_duties(months, frozenset(village.pk for village in visible))
    cells = {(duty.figure.subject_id, duty.quota.code): f"{duty.text} {duty.word}" for duty in found}
    quotas = columns_of(found)
    columns = [
        *(Column("村编码", "code"), Column("村(社区)"), Column("乡镇")),
        *(Column(f"{quota.name}（{quota.get_period_display()}）") for quota in quotas),
    ]

    def rows(batch: list[Village]) -> Rows:
        for one in batch:
            told = (cells.get((one.pk, quota.code), "—") for quota in quotas)
            yield one.code, one.name, one.township.name, *told

    return Table(columns, visible, rows, period=f"统计期间：{months.label}")


def _subject(asked: Asked) -> Any:
    model = SUBJECTS.get(asked.get("kind"))
    return model and model.objects.visible_to(asked.user).filter(code=asked.get("code")).first()


def _evidence(asked: Asked) -> Table:
    """依据 of one figure: the rows that count and those that do not, with the reason."""
    subject, kind = _subject(asked), asked.get("kind")
    try:
        period = Period.parse(asked.get("period"))
        as_of = min(datetime.date.fromisoformat(asked.get("as_of") or asked.on.isoformat()), asked.on)
    except ValueError as error:
        raise Http404 from error
    if subject is None:
        raise Http404
    found = duties(period, as_of=as_of, subjects=only(SubjectKind(kind), subject.pk))
    duty = next((duty for duty in found if duty.quota.code == asked.get("quota")), None)
    if duty is None:
        raise Http404
    columns = (
        *(
            Column("是否计入"),
            Column("从", "date"),
            Column("到", "date"),
            Column("地点"),
            Column("内容", width=40),
        ),
        Column("没有计入的原因", width=30),
    )

    def rows(batch: list[EvidenceRow]) -> Rows:
        for row in batch:
            yield (
                *("计入" if row.counts else "未计入", row.day, row.last_day, row.place, row.what),
                row.why_not,
            )

    listed = evidence(duty.quota, period, as_of=as_of, subject_id=subject.pk)
    listed.sort(key=lambda row: not row.counts)
    told = f"{subject.name} · {duty.quota.name}：{duty.text}（{period.label}，按{as_of}所知）"
    return Table(columns, listed, rows, period=told)


def _phones(asked: Asked) -> Table:
    found = phones.waiting_cadres(asked.on)
    unit = Unit.objects.filter(code=asked.get("unit")).first() if asked.get("unit") else None
    if unit:
        found = phones.of_unit(found, unit, asked.on)
    columns = (
        *(Column("干部"), Column("工号", "code"), Column("单位"), Column("最后联系", "datetime")),
        *(Column("待上传", "number"), Column("被退回", "number"), Column("最早一条", "date")),
    )

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            oldest = _local(one.oldest_at)
            yield (
                *(one.name, one.code, one.unit_name, _local(one.contact_at), one.waiting, one.refused),
                oldest.date() if oldest else None,
            )

    return Table(columns, found, rows)


def _feedback(asked: Asked) -> Table:
    columns = (
        *(Column("提出时间", "datetime"), Column("提出人"), Column("工号", "code"), Column("在哪一页")),
        *(
            Column("意见建议", width=40),
            Column("答复", width=40),
            Column("答复人"),
            Column("答复时间", "datetime"),
        ),
    )

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield (
                *(_local(one.created_at), one.author.name, one.author.username, one.page, one.text),
                *(one.answer, one.answered_by.name if one.answered_by else "", _local(one.answered_at)),
            )

    return Table(columns, feedback.found_for(asked.get("state")), rows)


def _map(asked: Asked) -> Table:
    """What the map says of each village, in its order."""
    villages = village_map.villages_of(asked.user)
    columns = (
        *(Column("村编码", "code"), Column("村(社区)"), Column("乡镇"), Column("户数", "number")),
        *(Column("没有结对的户", "number"), Column("本月见面走访(户次)", "number")),
        *(Column("在办诉求", "number"), Column("逾期诉求", "number")),
    )

    def rows(batch: list[village_map.Line]) -> Rows:
        for one in batch:
            place = one.village
            yield (
                *(place.code, place.name, place.township.name, one.households, one.bare),
                *(one.visits, one.open, one.late),
            )

    month = Period.month_of(asked.on).label
    return Table(columns, village_map.lines_of(asked.user, villages, asked.on), rows, period=month)


def _rule(asked: Asked) -> Table:
    """Of one rule: who has done it and who has not."""
    shown = rule.shown_for(asked.user, asked.get("quota"), asked.get("kind"), asked.query, asked.on)
    columns = (
        *(Column("编号", "code"), Column("名称"), Column("单位")),
        *(Column("完成", "number"), Column("应完成", "number"), Column("状态"), Column("现在")),
    )

    def rows(batch: list[rule.Row]) -> Rows:
        for row, line in zip(batch, shown.lines(batch), strict=True):
            yield line.code, line.name, line.beside, row.done, row.total, line.word, line.now

    since = charts.since(shown.period, shown.kept)
    told = f"统计期间：{shown.period.label}　{shown.rule.name}　{since}"
    return Table(columns, shown.chosen, rows, period=told)


def _reports(asked: Asked) -> Table:
    """季度报告 by unit; of one unit by quarter."""
    shown = quarterly.shown_for(asked.user, asked.query, asked.on)
    columns = (
        *(Column("单位"), Column("类型"), Column("季度"), Column("状态")),
        *(Column("报送时间", "datetime"), Column("采纳日期", "date"), Column("迟报")),
    )

    def rows(batch: list[Any]) -> Rows:
        for line in batch:
            at = line.report and _local(line.report.submitted_at)
            accepted = line.report and line.report.accepted_on
            yield (
                *(line.unit.name, line.unit.get_type_display(), line.quarter.label, line.word),
                *(at, accepted, line.late_word),
            )

    return Table(columns, shown.asked, rows, period="" if shown.own else shown.quarter.label)


def _local(moment: datetime.datetime | None) -> datetime.datetime | None:
    """As a clock on the wall shows it: Excel knows no zone."""
    return moment.astimezone(clock.SHANGHAI).replace(tzinfo=None, second=0, microsecond=0) if moment else None


EXPORTS = (
    Export(
        "villages",
        "村(社区)任务完成情况",
        lambda asked: Village.objects.visible_to(asked.user).exists(),
        _villages,
    ),
    Export("map", "各村(社区)情况", lambda asked: Village.objects.visible_to(asked.user).exists(), _map),
    Export("rule", "任务完成名单", lambda asked: rule.may_list(asked.user, asked.query, asked.on), _rule),
    Export("reports", "季度报告报送情况", lambda asked: sees_reports(asked.user), _reports),
    Export("evidence", "任务依据", lambda asked: _subject(asked) is not None, _evidence),
    Export("phones", "手机里还没上传的内容", of_the_office, _phones),
    Export("feedback", "意见建议", of_the_office, _feedback),
)
