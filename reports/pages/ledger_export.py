"""台账 and 未能解决 as the offices file them, with the list's own filter (contract, section 7)."""

import io
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances import ledger
from grievances.ledger import DUE_FIRST, NEWEST, Asked
from grievances.models import Grievance
from grievances.pages.ledger import found_for, may_have_matters, rows_of
from grievances.pages.ledger_unsolved import unsolved, unsolved_rows
from lianhu.kit import clock
from lianhu.kit.excel.write import Column, OfficeSheet, office_workbook
from registry.scope import scope_of
from reports.pages.exports import download

MOST = 5_000
COLUMNS = (
    Column("诉求编号", "code"),
    Column("标题", width=30),
    Column("村(社区)"),
    Column("户主"),
    Column("类型"),
    Column("类别"),
    Column("层级"),
    Column("状态"),
    Column("主办人"),
    Column("挂号日期", "date"),
    Column("期限", "date"),
    Column("是否逾期"),
    Column("历时(天)", "number"),
    Column("在手(天)", "number"),
    Column("答复日期", "date"),
    Column("答复结果"),
    Column("回访结果"),
    Column("销号日期", "date"),
    Column("公示日期", "date"),
)
UNSOLVED = (
    Column("诉求编号", "code"),
    Column("标题", width=30),
    Column("乡镇"),
    Column("村(社区)"),
    Column("类别"),
    Column("主办单位"),
    Column("主办人"),
    Column("引用的政策", width=24),
    Column("答复内容", width=40),
    Column("挂号日期", "date"),
    Column("答复日期", "date"),
    Column("状态"),
)


@login_required
@require_safe
@never_cache
def export_ledger(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, all pages of it; more than 5,000 are told, and nothing is cut off silently."""
    user: Any = request.user
    if not may_have_matters(user):
        raise Http404
    on, asked = clock.today(), Asked.of(request.GET.dict())
    with transaction.atomic():
        found = found_for(user, asked, on)
        order = DUE_FIRST if found.due_first else NEWEST
        ids = ledger.page_of(found.matters, order, MOST).ids
        if found.total > MOST:
            return _too_many(request, found.total, "ledger", asked)
        rows = [_row(row) for row in rows_of(ids, user, on)]
        return _sheet("诉求台账", COLUMNS, rows, user)


@login_required
@require_safe
@never_cache
def export_unsolved(request: HttpRequest) -> HttpResponseBase:
    if not scope_of(request.user).county:
        raise Http404
    on, asked = clock.today(), Asked.of(request.GET.dict())
    with transaction.atomic():
        found = asked.apply(unsolved(), on)
        total = ledger.count(found, on).of()
        if total > MOST:
            return _too_many(request, total, "ledger_unsolved", asked)
        rows = [_unsolved_row(each) for each in unsolved_rows(ledger.page_of(found, NEWEST, MOST).ids)]
        return _sheet("未能解决诉求清单", UNSOLVED, rows, request.user)


def _too_many(request: HttpRequest, total: int, name: str, asked: Asked) -> HttpResponseBase:
    messages.error(
        request, f"有 {total} 件，一次最多导出 {MOST} 件；没有导出，请加上年度、乡镇等条件分几次导出"
    )
    return redirect(f"{reverse(name)}?{asked.query()}")


def _sheet(title: str, columns: Sequence[Column], rows: list[tuple[Any, ...]], user: Any) -> HttpResponseBase:
    today = clock.today()
    sheet = OfficeSheet(
        title=title,
        unit_line=f"填报人：{user.name}",
        period_line=f"截至{today.year}年{today.month}月{today.day}日，共 {len(rows)} 件",
        columns=columns,
        rows=rows,
        sheet_name=title,
    )
    file = io.BytesIO()
    office_workbook(file, sheet)
    return download(file, f"{title}_{today:%Y-%m-%d}.xlsx", counts=len(rows))


def _row(row: Any) -> tuple[Any, ...]:
    matter: Grievance = row.matter
    return (
        matter.number,
        matter.title,
        matter.village.name,
        row.family,
        matter.get_kind_display(),
        matter.category.name,
        matter.get_level_display(),
        row.standing,
        row.holder,
        matter.registered_on,
        row.matter.due_on,
        row.told,
        row.age,
        row.held,
        matter.replied_on,
        matter.get_outcome_display(),
        matter.get_satisfaction_display(),
        matter.closed_on,
        matter.published_on,
    )


def _unsolved_row(each: Any) -> tuple[Any, ...]:
    matter = each.matter
    return (
        matter.number,
        matter.title,
        matter.village.township.name,
        matter.village.name,
        matter.category.name,
        each.unit,
        matter.handler.name if matter.handler else "",
        each.policy,
        matter.reply,
        matter.registered_on,
        matter.replied_on,
        each.standing,
    )
