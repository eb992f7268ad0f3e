"""The report and the 通报 as offices file sheets (FORMATS b)."""

import datetime

from lianhu.kit import clock
from lianhu.kit.excel.write import Column, OfficeSheet, Signature
from lianhu.kit.periods import Period
from reports.models import QuarterlyReport
from reports.quarterly.figures import Reading
from reports.quarterly.lines import groups, month_labels
from reports.quarterly.outcomes import County
from reports.quarterly.services import WORDS


def period_line(quarter: Period) -> str:
    return f"统计期间：{quarter.first.year}年{quarter.first.month}月—{quarter.last.month}月"


def report_sheets(report: QuarterlyReport, reading: Reading, *, with_words: bool) -> list[OfficeSheet]:
    unit, label = report.unit, report.period.label
    handed_in = report.submitted_at
    signature = Signature(date=handed_in.astimezone(clock.SHANGHAI).date() if handed_in else None)
    lines = [(group, line) for group in groups(reading, unit) for line in group.lines]
    figures = OfficeSheet(
        title=f"“联户联情”工作季度报告（{label}）",
        unit_line=f"填报单位：{unit.name}",
        period_line=period_line(report.period),
        columns=[
            *(Column("类别"), Column("项目"), Column("单位")),
            *(Column(month, "number") for month in month_labels(report.period)),
            *(Column("本季度", "number"), Column("状态或比率")),
        ],
        rows=[
            [
                group.title.partition("（")[0],
                line.name,
                line.measure,
                *([cell.value for cell in line.months] or [""] * 3),
                line.quarter.value,
                line.quarter.word,
            ]
            for group, line in lines
        ],
        sheet_name="工作数据",
        signature=signature,
    )
    if not with_words:
        return [figures]
    words = OfficeSheet(
        title=f"“联户联情”工作季度报告（{label}）",
        unit_line=f"填报单位：{unit.name}",
        period_line=period_line(report.period),
        columns=[Column("项目"), Column("内容", width=90)],
        rows=[[label, getattr(report, name)] for name, label in WORDS.items()],
        sheet_name="文字情况",
        signature=signature,
    )
    return [figures, words]


def summary_sheet(county: County, *, today: datetime.date) -> OfficeSheet:
    """Figures are numbers; units stand by name."""
    columns = [
        *(Column("单位名称"), Column("季度报告"), Column("单位任务"), Column("干部月度任务")),
        *(Column(title, "number") for title in ("见面走访", "挂号", "答复", "销号", "逾期没有答复")),
    ]
    rows = [[each.unit.name, *each.words, *each.numbers] for each in county.outcomes]
    sums = [sum(column) for column in zip(*(each.numbers for each in county.outcomes), strict=True)]
    return OfficeSheet(
        title=f"各单位“联户联情”工作情况（{county.quarter.label}）",
        unit_line="填报单位：县联户联情办",
        period_line=period_line(county.quarter),
        columns=columns,
        rows=rows,
        totals=[["", "", "", "", *sums]] if rows else [],
        sheet_name="各单位工作情况",
        signature=Signature(date=county.summary.issued_on or today),
    )
