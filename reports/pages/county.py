"""全县: units down, duties across, each figure the met of all that are bound (contract 6, rule 8)."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.excel.write import Column, OfficeSheet, Signature
from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import PostSpan, Unit, UnitType
from registry.scope import scope_of
from reports.models import Quota
from reports.pages.duties import Duty, duties, seen_on
from reports.pages.exports import office_download, quota_columns
from reports.pages.months import Months, months_of
from reports.pages.unit_table import Tally, columns_of, tally
from reports.pages.villages import village_duties
from reports.quotas.compute import Subjects

_CADRES_ONLY = Subjects(units=frozenset(), villages=frozenset())


@dataclass(frozen=True)
class UnitRow:
    unit: Unit
    cells: Sequence[tuple[Quota, Tally]]


@dataclass(frozen=True)
class CountyTable:
    months: Months
    year_as_of: datetime.date
    month_columns: Sequence[Quota]
    year_columns: Sequence[Quota]
    rows: Sequence[UnitRow]
    totals: Sequence[Tally]
    month_met: Tally

    @property
    def columns(self) -> list[Quota]:
        return [*self.month_columns, *self.year_columns]


@login_required
@require_safe
def county(request: HttpRequest) -> HttpResponse:
    months, unit_type = _asked(request)
    table = county_table(months, unit_type)
    context = {
        "months": months,
        "table": table,
        "statement": _statement(table),
        "types": UnitType.choices,
        "unit_type": unit_type,
        "villages": village_tallies(months),
        "export": f"export.xlsx?{request.GET.urlencode()}",
    }
    return render(request, "reports/county.html", context)


@login_required
@require_safe
def export_county(request: HttpRequest) -> FileResponse:
    months, unit_type = _asked(request)
    sheet = _sheet(county_table(months, unit_type))
    return office_download(sheet, f"联户联情各单位任务_{months.label}.xlsx")


def _asked(request: HttpRequest) -> tuple[Months, str]:
    if not scope_of(request.user).county:
        raise Http404
    unit_type = request.GET.get("type", "")
    return months_of(request, clock.today()), unit_type if unit_type in UnitType.values else ""


def county_table(months: Months, unit_type: str) -> CountyTable:
    """Units by name, never ranked (contract, section 0); a fixed number of statements."""
    as_of = seen_on(months.month, months.today)
    of_month = duties(months.month, as_of=months.today, subjects=_CADRES_ONLY)
    of_year = duties(Period.year_of(months.month.first), as_of=as_of, subjects=_CADRES_ONLY)
    unit_of = dict(
        PostSpan.objects.filter(begins_on__lte=as_of, ends_on__gte=as_of).values_list("cadre_id", "unit_id")
    )
    by_place: dict[tuple[int, str], list[Duty]] = defaultdict(list)
    for duty in (*of_month, *of_year):
        by_place[unit_of[duty.figure.subject_id], duty.quota.code].append(duty)
    month_columns, year_columns = columns_of(of_month), columns_of(of_year)
    columns = [*month_columns, *year_columns]
    units = Unit.objects.filter(type=unit_type) if unit_type else Unit.objects.all()
    rows = [
        UnitRow(unit, [(quota, tally(by_place[unit.pk, quota.code])) for quota in columns])
        for unit in sorted(units, key=lambda unit: (spelt(unit.name), unit.code))
    ]
    totals = [_sum(row.cells[index][1] for row in rows) for index in range(len(columns))]
    month_met = _sum(totals[: len(month_columns)])
    return CountyTable(months, as_of, month_columns, year_columns, rows, totals, month_met)


def _sum(tallies: Iterable[Tally]) -> Tally:
    listed = list(tallies)
    return Tally(sum(one.met for one in listed), sum(one.all for one in listed))


def village_tallies(months: Months) -> list[tuple[Quota, Tally]]:
    """How many villages have done what binds them."""
    found = village_duties(months, None)
    return [
        (quota, tally(duty for duty in found if duty.quota.code == quota.code)) for quota in columns_of(found)
    ]


def _statement(table: CountyTable) -> str:
    month, open_ = table.months.month.first.month, table.month_met.all - table.month_met.met
    if not table.rows:
        return "还没有单位"
    if not table.month_met.all:
        return f"{month}月没有要完成的月度任务"
    # The sign stays with its number at the end of a line.
    rate = table.month_met.rate.replace(" ", "\N{NO-BREAK SPACE}") or f"{table.month_met.text} 项"
    verb = "没完成" if table.months.month.is_over(table.months.today) else "还没完成"
    return f"{month}月月度任务完成 {rate}，{open_} 项{verb}"


def _sheet(table: CountyTable) -> OfficeSheet:
    columns = [
        *(Column("单位编码", "code"), Column("单位名称"), Column("单位类型")),
        *quota_columns(table.months.month, table.month_columns, table.year_columns, table.year_as_of),
    ]
    rows = (
        [row.unit.code, row.unit.name, row.unit.get_type_display(), *(_cell(one) for _, one in row.cells)]
        for row in table.rows
    )
    return OfficeSheet(
        title=f"各单位联户联情任务完成情况（{table.months.label}）",
        unit_line="填报单位：县联户联情办",
        period_line=f"统计期间：{table.months.label}　单位：人",
        columns=columns,
        rows=rows,
        totals=[["", "", "", *map(_cell, table.totals)]],
        sheet_name="各单位任务完成情况",
        signature=Signature(date=table.months.today),
    )


def _cell(one: Tally) -> str:
    return f"{one.text} {one.rate}".strip() if one.all else "—"
