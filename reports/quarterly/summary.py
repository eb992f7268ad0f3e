"""通报 of a quarter: written and issued by the county office, then read-only (contract, section 7; 方案六(一))."""

import datetime
from collections.abc import Iterator, Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.periods import Period
from registry.models import RoleGrant
from registry.people import in_service
from registry.querysets import in_force
from registry.scope import scope_of
from reports.models import CountySummary, FrozenPeriod
from reports.quarterly import rules
from reports.quarterly.services import Meanwhile
from reports.quarterly.workflow import PREPARING
from reports.quotas import freeze

WORDS = {"document_number": "发文字号", "opening": "总体情况", "requirements": "下一步要求"}


def summary_of(quarter: Period) -> CountySummary:
    """The quarter's, or one that is not written yet."""
    key = {"year": quarter.first.year, "quarter": (quarter.first.month + 2) // 3}
    return CountySummary.objects.filter(**key).first() or CountySummary(**key)


def issued_quarters() -> set[str]:
    """The codes of those with a 通报 that every unit reads."""
    issued = CountySummary.objects.filter(issued_on__isnull=False).values_list("year", "quarter")
    return {f"{year}Q{quarter}" for year, quarter in issued}


@transaction.atomic
def save_summary(quarter: Period, words: Mapping[str, str], *, seen: int, by: User) -> CountySummary:
    """`seen`: the version the page was opened with. What is the same again changes nothing."""
    summary = _locked(quarter, by)
    changed = [name for name in WORDS if getattr(summary, name) != words[name]]
    if not changed and summary.pk:
        return summary
    _check(summary, seen)
    if words["document_number"]:
        raise_faults(rules.number_is_right(words["document_number"]))
    for name in changed:
        setattr(summary, name, words[name])
    summary.version += 1
    summary.save()
    return summary


@transaction.atomic
def issue(quarter: Period, *, seen: int, by: User, on: datetime.date) -> CountySummary:
    """印发: dated, told to every unit, and not changed any more."""
    summary = _locked(quarter, by)
    _check(summary, seen)
    raise_faults(ready(summary, on))
    summary.issued_on = on
    summary.version += 1
    summary.save()
    grants = RoleGrant.objects.filter(in_force(on), role__in=PREPARING)
    notify(
        in_service(on).filter(cadre__in=grants.values("cadre")).exclude(pk=by.pk),
        key=f"report-summary:{quarter.code}",
        title=f"{quarter.label}通报已印发",
        body=summary.document_number,
        url=reverse("county_summary", args=[quarter.code]),
    )
    return summary


def ready(summary: CountySummary, on: datetime.date) -> Iterator[Fault]:
    """What stands in the way of issuing it."""
    quarter = Period.parse(f"{summary.year}Q{summary.quarter}")
    unsettled = not_settled(quarter, on)
    if unsettled:
        yield Fault("", "not_settled", unsettled)
    if not summary.opening:
        yield Fault("opening", "required", "“总体情况”还没有写")
    if not summary.requirements:
        yield Fault("requirements", "required", "“下一步要求”还没有写")
    yield from rules.number_is_right(summary.document_number)


def not_settled(quarter: Period, on: datetime.date) -> str:
    """Why its figures may still move, in words; empty once they are frozen."""
    if FrozenPeriod.objects.filter(code=quarter.code).exists():
        return ""
    moment = freeze.cut_off(quarter)
    day = f"{moment.month}月{moment.day}日"
    if on < moment.date():
        return f"数字到 {day} 0:00 才定格，那以后再印发"
    if not freeze.was_in_use(moment):
        return "那时系统里还没有记录，这个季度的数字不定格，通报不能从这里印发"
    return f"数字应在 {day} 0:00 定格，系统还没有做完；不用您做什么，定格以后再印发"


def _locked(quarter: Period, by: User) -> CountySummary:
    if not scope_of(by).county:
        raise PermissionDenied
    lock_for_transaction(f"summary:{quarter.code}")
    return summary_of(quarter)


def _check(summary: CountySummary, seen: int) -> None:
    if summary.issued_on is not None:
        day = summary.issued_on
        raise Meanwhile(f"这份通报已在 {day.month}月{day.day}日印发，不能再改")
    if summary.version != seen:
        raise Meanwhile("这份通报在您打开以后有人保存过，您这一次没有写入。")


def cut(summary: CountySummary) -> datetime.datetime | None:
    """How the reports stood at the end of the day it was issued; None while it is not."""
    if summary.issued_on is None:
        return None
    return clock.midnight(summary.issued_on + datetime.timedelta(days=1))
