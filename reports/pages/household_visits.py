"""A household's visits in one sheet, for 帮扶手册 and other systems: nobody types them again (contract, section 3)."""

import io
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.excel.write import Column, OfficeSheet, office_workbook
from registry.models import Household
from reports.pages.exports import download
from reports.pages.household import visible_household
from visits.models import Visit, VisitRecord

COLUMNS = (
    Column("走访日期", "date"),
    Column("走访干部"),
    Column("同行干部"),
    Column("结果"),
    Column("户主"),
    Column("人口数", "number"),
    Column("经济来源", width=20),
    Column("存在困难", width=30),
    Column("群众意见", width=30),
    Column("当场答复", width=20),
    Column("承诺事项", width=20),
    Column("宣讲主题", width=16),
    Column("补充", width=24),
    Column("作废", width=14),
)


@login_required
@require_safe
@never_cache
def household_visits(request: HttpRequest, code: str) -> HttpResponseBase:
    """Whoever sees the household; logged in the transaction that reads it."""
    with transaction.atomic():
        home = visible_household(request, code)
        today = clock.today()
        rows = [row_of(visit) for visit in visits_of(home)]
        file = io.BytesIO()
        office_workbook(file, visits_sheet(home, rows, f"截至{today.year}年{today.month}月{today.day}日"))
        # The name has no person in it: it stays in the log and on the computer that saved it.
        return download(file, f"走访记录_{home.code}_{today:%Y-%m-%d}.xlsx", subject=home, counts=len(rows))


def visits_sheet(home: Household, rows: list[tuple[Any, ...]], as_of: str) -> OfficeSheet:
    place = f"{home.village.township.name}{home.village.name}{home.group}"
    return OfficeSheet(
        title="入户走访情况表",
        unit_line=f"户：{home.head_name}户（{home.code}）　{place}",
        period_line=as_of,
        columns=COLUMNS,
        rows=rows,
        sheet_name="走访",
    )


def visits_of(home: Household) -> Any:
    """Oldest first, void ones too. A companion is named beside the visit that was accompanied."""
    found = Visit.objects.filter(household=home, accompanies__isnull=True)
    return with_records(found).order_by("day", "id")


def with_records(visits: Any) -> Any:
    """What `row_of` needs of each."""
    went_along = Visit.objects.filter(voided_at__isnull=True).select_related("cadre").order_by("pk")
    found = visits.select_related("cadre", "record", "household")
    return found.prefetch_related(Prefetch("companions", went_along), "addenda")


def row_of(visit: Visit) -> tuple[Any, ...]:
    """The last is 备注: what the office asks about a visit that is not as others."""
    record: VisitRecord = getattr(visit, "record", None) or VisitRecord(visit=visit)
    spot = record.spot_answer or ("已当场解决" if record.solved_on_spot else "")
    return (
        visit.day,
        visit.cadre.name,
        "、".join(companion.cadre.name for companion in visit.companions.all()),
        visit.get_result_display(),
        # History has no form of its own: the family is named as the registry has it.
        record.head_name or visit.household.head_name,
        record.people_count,
        record.income_sources,
        record.difficulties,
        record.opinions,
        spot,
        record.promises,
        record.talk_topic or ("有" if visit.policy_talk else ""),
        "\n".join(_addenda(visit)),
        f"已作废：{visit.void_reason}" if visit.voided_at else "",
        f"代访：{visit.proxy_reason}" if visit.proxy_reason else "",
    )


def _addenda(visit: Visit) -> Iterator[str]:
    for addendum in visit.addenda.all():
        yield f"{addendum.added_at.astimezone(clock.SHANGHAI):%Y-%m-%d} {addendum.text}"
