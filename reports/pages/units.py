"""本单位: what the unit's cadres have done and what is missing, on the page and in the office layout."""

import datetime

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.excel.write import Column, OfficeSheet, Signature
from registry.models import Rank, Unit
from reports.models import SubjectKind
from reports.pages.exports import office_download, quota_columns
from reports.pages.frozen import Beside, beside
from reports.pages.months import months_of
from reports.pages.unit_filter import Filter
from reports.pages.unit_table import Table, own_duties, unit_table


@login_required
@require_safe
def unit(request: HttpRequest, code: str) -> HttpResponse:
    today = clock.today()
    months = months_of(request, today)
    table = unit_table(_visible(request, code), months.month, today)
    asked = Filter.of(request.GET, table)
    shown = asked.apply(table)
    context = {
        "months": months,
        "table": table,
        "frozen": _frozen(table, today),
        "shown": shown,
        "totals": shown.totals,
        "statement": _statement(table, today),
        "filter": asked,
        "choices": asked.choices(table, months.month.code),
        "ranks": Rank.choices,
        "own": own_duties(table.unit, months.month, today),
        "export": f"export.xlsx?{request.GET.urlencode()}",
    }
    return render(request, "reports/unit.html", context)


@login_required
@require_safe
def export_unit(request: HttpRequest, code: str) -> FileResponse:
    """The page's table, with the page's filter, as offices file it (FORMATS b)."""
    today = clock.today()
    months = months_of(request, today)
    table = unit_table(_visible(request, code), months.month, today)
    shown = Filter.of(request.GET, table).apply(table)
    return office_download(_sheet(shown, today), f"联户联情任务_{shown.unit.name}_{months.label}.xlsx")


def _frozen(table: Table, today: datetime.date) -> Beside | None:
    """The month's figures of those the table lists."""
    of_month = [duty for row in table.rows for duty in row.cells[: len(table.month_columns)] if duty]
    cadres = [row.cadre for row in table.rows]
    return beside(table.month, SubjectKind.CADRE, cadres, of_month, today=today)


def _visible(request: HttpRequest, code: str) -> Unit:
    found: Unit | None = Unit.objects.visible_to(request.user).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _statement(table: Table, today: datetime.date) -> str:
    """What is missing, in words, first."""
    month, over = table.month.first.month, table.month.is_over(today)
    state = "missed" if over else "running"
    count = len(table.month_columns)
    behind = [row for row in table.rows if any(cell and cell.state == state for cell in row.cells[:count])]
    if not table.rows:
        return "本单位还没有干部"
    if not behind:
        return f"{month}月的月度任务都完成了"
    days = sum(
        cell.left for row in behind for cell in row.cells[:count] if cell and cell.quota.code == "trip_days"
    )
    verb = "没完成" if over else "还没完成"
    return f"{month}月有 {len(behind)} 人{verb}" + (f"，共差 {days} 天驻村" if days else "")


def _sheet(table: Table, today: datetime.date) -> OfficeSheet:
    columns = [
        *(Column("工号", "code"), Column("姓名"), Column("职级")),
        *quota_columns(table.month, table.month_columns, table.year_columns, table.year_as_of),
    ]
    rows = (
        [
            row.cadre.code,
            row.cadre.name,
            row.rank,
            *(f"{cell.text} {cell.word}" if cell else "—" for cell in row.cells),
        ]
        for row in table.rows
    )
    totals = ["", "不含免考", "", *(f"{one.text} {one.rate}".strip() for one in table.totals)]
    return OfficeSheet(
        title=f"联户联情任务完成情况（{table.month.label}）",
        unit_line=f"填报单位：{table.unit.name}",
        period_line=f"统计期间：{table.month.label}",
        columns=columns,
        rows=rows,
        totals=[totals],
        totals_label="已完成",
        sheet_name="任务完成情况",
        signature=Signature(date=today),
    )
