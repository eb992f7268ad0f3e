"""A family's own data as a workbook, on its request (contract, section 8)."""

import datetime
import io
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import AuditEntry, AuditKind
from grievances.models import Grievance
from lianhu.kit import clock
from lianhu.kit.excel.style import Kind
from lianhu.kit.excel.write import PlainSheet, plain_workbook
from registry.contact import contact_of
from registry.holding import HANDING_OUT
from registry.models import Household, HouseholdChange, Pairing, RoleGrant
from reports.pages.exports import download
from reports.pages.household import EVERYTHING, DataForm, opened_page, require_role, visible_household
from visits.models import Addendum, Errand, Question, Visit

SEEN = (AuditKind.READ, AuditKind.REVEAL, AuditKind.EXPORT)


@login_required
@require_POST
@never_cache
def household_data(request: HttpRequest, code: str) -> HttpResponseBase:
    """Whole, phone and ID number too: they are the family's own. Who asked for it and why is logged."""
    form = DataForm(request.POST)
    with transaction.atomic():
        home = visible_household(request, code)
        require_role(request, home, HANDING_OUT)
        if not form.is_valid():
            return opened_page(request, home, data_form=form, status=422)
        file = io.BytesIO()
        counts = plain_workbook(file, household_sheets(home))
        # The name has no person in it: it stays in the log and on the computer that saved it.
        name = f"户资料_{home.code}_{clock.today():%Y-%m-%d}.xlsx"
        return download(file, name, subject=home, reason=form.cleaned_data["reason"], counts=counts)


def household_sheets(home: Household) -> list[PlainSheet]:
    visits = (
        "走访日期",
        "干部",
        "结果",
        "代访原因",
        "宣讲主题",
        "经济来源",
        "存在困难",
        "群众意见",
        "当场解决",
        "当场答复",
        "承诺事项",
        "户主",
        "人口数",
        "作废原因",
    )
    matters = (
        *("诉求编号", "类型", "类别", "标题", "内容", "状态", "主办人", "挂号日期", "答复日期", "答复结果"),
        *("回访结果", "销号日期", "公示日期", "作废原因"),
    )
    days = {"挂号日期", "答复日期", "销号日期", "公示日期"}
    kinds: list[Kind] = ["date" if title in days else "text" for title in matters]
    return [
        PlainSheet("基本信息", ("项目", "内容"), list(_facts(home))),
        PlainSheet(
            "结对",
            ("干部", "工号", "开始日期", "结束日期"),
            list(_pairings(home)),
            ("text", "text", "date", "date"),
        ),
        PlainSheet("走访记录", visits, list(_visits(home)), ["date", *_texts(len(visits) - 1)]),
        PlainSheet(
            "补充和退回",
            ("走访日期", "类别", "内容", "时间", "谁"),
            list(_afterwards(home)),
            ["date", *_texts(4)],
        ),
        PlainSheet(
            "户变动", ("日期", "变动", "原户主", "新户主", "说明"), list(_changes(home)), ["date", *_texts(4)]
        ),
        PlainSheet("诉求", matters, list(_matters(home)), kinds),
        PlainSheet(
            "代办事项",
            ("发布日期", "要办的事", "认领人", "办完日期", "结果", "撤回原因"),
            list(_errands(home)),
            ["date", "text", "text", "date", "text", "text"],
        ),
        PlainSheet("谁看过", ("时间", "姓名", "角色", "做了什么"), list(_readers(home))),
    ]


def _texts(count: int) -> list[Kind]:
    return ["text"] * count


def _facts(home: Household) -> Iterator[tuple[str, str]]:
    contact = contact_of(home, full=EVERYTHING)
    told = {
        "code": home.code,
        "village": f"{home.village.township.name}{home.village.name}",
        "group": home.group,
        "head_name": home.head_name,
        "phone_sealed": contact.phone,
        "id_number_sealed": contact.id_number,
        "people_count": str(home.people_count),
        "kind": home.get_kind_display(),
        "former_unit": str(home.former_unit or ""),
        "is_party_member": "",
        "is_village_cadre": "",
        "is_registered_poor": "",
        "is_hardship": "",
        "hardship_reason": home.hardship_reason,
        "income_sources": home.income_sources,
        "address": home.address,
        "longitude": "" if home.longitude is None else str(home.longitude),
        "latitude": "" if home.latitude is None else str(home.latitude),
        "closed_on": "" if home.closed_on is None else home.closed_on.isoformat(),
    }
    for name, value in told.items():
        label = str(home._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        yield label, _yes(getattr(home, name)) if name.startswith("is_") else value


def _pairings(home: Household) -> Iterator[tuple[Any, ...]]:
    found = Pairing.objects.filter(household=home).select_related("cadre").order_by("begins_on")
    for pairing in found:
        yield pairing.cadre.name, pairing.cadre.code, pairing.begins_on, pairing.ends_on


def _visits(home: Household) -> Iterator[tuple[Any, ...]]:
    for visit in Visit.objects.filter(household=home).select_related("cadre", "record").order_by("day", "id"):
        record = getattr(visit, "record", None)
        texts = ("talk_topic", "income_sources", "difficulties", "opinions")
        yield (
            visit.day,
            visit.cadre.name,
            visit.get_result_display(),
            visit.proxy_reason,
            *(getattr(record, name, "") for name in texts),
            _yes(record is not None and record.solved_on_spot),
            getattr(record, "spot_answer", ""),
            getattr(record, "promises", ""),
            getattr(record, "head_name", ""),
            str(getattr(record, "people_count", "") or ""),
            visit.void_reason,
        )


def _afterwards(home: Household) -> Iterator[tuple[Any, ...]]:
    """What was added to records, and what was asked and answered about them."""
    for added in Addendum.objects.filter(visit__household=home).select_related("visit", "added_by"):
        yield added.visit.day, "补充", added.text, _moment(added.added_at), added.added_by.name
    asked = Question.objects.filter(visit__household=home).select_related("visit", "asked_by", "answered_by")
    for question in asked:
        yield question.visit.day, "退回", question.text, _moment(question.asked_at), question.asked_by.name
        if question.answered_by and question.answered_at:
            by = question.answered_by.name
            yield question.visit.day, "答复", question.answer, _moment(question.answered_at), by


def _changes(home: Household) -> Iterator[tuple[Any, ...]]:
    for change in HouseholdChange.objects.filter(household=home):
        yield change.on, change.get_kind_display(), change.old_head, change.new_head, change.reason


def _moment(at: datetime.datetime) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"


def _matters(home: Household) -> Iterator[tuple[Any, ...]]:
    found = Grievance.objects.filter(household=home).select_related("category", "handler")
    for matter in found.order_by("registered_on", "id"):
        yield (
            matter.number,
            matter.get_kind_display(),
            matter.category.name,
            matter.title,
            matter.content,
            matter.get_state_display(),
            matter.handler.name if matter.handler else "",
            matter.registered_on,
            matter.replied_on,
            matter.get_outcome_display(),
            matter.get_satisfaction_display(),
            matter.closed_on,
            matter.published_on,
            matter.void_reason,
        )


def _errands(home: Household) -> Iterator[tuple[Any, ...]]:
    found = Errand.objects.filter(household=home).select_related("taken_by", "activity")
    for one in found.order_by("-posted_at", "-pk"):
        done = one.activity
        yield (
            one.posted_at.astimezone(clock.SHANGHAI).date(),
            one.topic,
            one.taken_by.name if one.taken_by else "",
            done.day if done else None,
            done.summary if done else "",
            one.withdraw_reason,
        )


def _readers(home: Household) -> Iterator[tuple[str, ...]]:
    """From the audit log: when, who in which role that day, and what they did."""
    held = Prefetch("actor__cadre__role_grants", RoleGrant.objects.order_by("id"))
    seen = AuditEntry.objects.filter(
        subject_table=Household._meta.db_table, subject_id=home.pk, kind__in=SEEN
    ).order_by("id")
    for entry in seen.select_related("actor__cadre").prefetch_related(held):
        at = entry.at.astimezone(clock.SHANGHAI)
        name = entry.actor.name if entry.actor else entry.actor_name
        yield f"{at:%Y-%m-%d %H:%M}", name, _roles(entry, at.date()), entry.get_kind_display()


def _roles(entry: AuditEntry, day: Any) -> str:
    cadre = getattr(entry.actor, "cadre", None)
    grants = cadre.role_grants.all() if cadre else ()
    held = [
        grant for grant in grants if grant.begins_on <= day and (not grant.ends_on or grant.ends_on >= day)
    ]
    return "、".join(dict.fromkeys(str(grant.get_role_display()) for grant in held))


def _yes(value: bool) -> str:
    return "是" if value else "否"
