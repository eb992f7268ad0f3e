"""指标 as data: the county office changes a rule from a date on, ends it, or binds another group (contract, section 6).

A period takes the rule in force on its last day, so a day within a period decides of the whole of it. What is
frozen stays: no rule changes from a day whose period's cut-off has passed.
"""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models import AuditEntry, AuditKind, User
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction, may_pass
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.periods import Period
from registry.models import Role
from registry.scope import scope_of
from reports.models import Binds, Compliance, Quota, QuotaPeriod
from reports.quotas.freeze import cut_off
from reports.quotas.metrics import METRICS
from reports.quotas.rules import BOUND
from reports.quotas.told import amount, min_days

Date = datetime.date
ONE_DAY = datetime.timedelta(days=1)
LOCK_TIMEOUT = "5s"


class Act(models.TextChoices):
    CHANGE = "change", "改目标"
    END = "end", "停止"
    ADD = "add", "也考另一组"
    RESUME = "resume", "恢复"
    UNDO = "undo", "撤回"


@dataclass(frozen=True)
class Wanted:
    """`target`, `min_days`: None leaves them; `binds`: the other group of ADD."""

    act: Act
    begins_on: Date
    target: int | None = None
    min_days: int | None = None
    binds: str = ""


def may_edit(user: Any) -> bool:
    return scope_of(user).has(Role.COUNTY_OFFICE)


def groups_like(rule: Quota) -> list[str]:
    """Groups of the same kind of subject: a metric counts for cadres, for units or for villages."""
    kind = BOUND[rule.binds].kind
    return [binds for binds in Binds.values if BOUND[binds].kind == kind]


def acts_for(rule: Quota, now: datetime.datetime) -> list[Act]:
    """What may be done with it. One that ends, with none after it, may be taken up again; one of which nothing is
    frozen yet may be taken back.
    """
    over = rule.ends_on is not None and following(rule) is None
    fresh = rule.begins_on is not None and cut_off(period_of(rule.period, rule.begins_on)) > now
    left_out = {*(() if over else (Act.RESUME,)), *(() if fresh else (Act.UNDO,))}
    return [act for act in Act if act not in left_out]


def takes_min_days(rule: Quota) -> bool:
    return "min_days" in METRICS[rule.metric].expected_params


# --- what speaks against it --------------------------------------------------------------------


def faults_of(rule: Quota, wanted: Wanted, *, now: datetime.datetime) -> list[Fault]:
    """Asked before it is confirmed, and again under lock."""
    found = [*_frozen(rule, wanted, now), *_ASKED[wanted.act](rule, wanted)]
    if wanted.begins_on.year > now.year + 1:
        found.append(Fault("begins_on", "too_far", f"太远了，请选 {now.year + 1} 年底以前的日子"))
    return found


def earliest(kind: str, now: datetime.datetime) -> Date:
    """The first day from which rules of this kind of period may change."""
    period = period_of(kind, now.astimezone(clock.SHANGHAI).date())
    while cut_off(period.previous()) > now:
        period = period.previous()
    return period.first


def _frozen(rule: Quota, wanted: Wanted, now: datetime.datetime) -> list[Fault]:
    period = period_of(rule.period, wanted.begins_on)
    moment = cut_off(period)
    if moment > now:
        return []
    frozen_on = moment.astimezone(clock.SHANGHAI).date()
    told = f"{period.label}的数在 {frozen_on} 定格，不能再改。最早从 {earliest(rule.period, now)} 起"
    return [Fault("begins_on", "frozen", told)]


def most(rule: Quota) -> int:
    """The largest target that can be met in every one of its periods: days are no more than there are."""
    if METRICS[rule.metric].shares:
        return 100
    days = {QuotaPeriod.MONTH: 28, QuotaPeriod.QUARTER: 90, QuotaPeriod.YEAR: 365}
    return days[QuotaPeriod(rule.period)] if METRICS[rule.metric].fold == "days" else 999


def _within(rule: Quota, wanted: Wanted) -> list[Fault]:
    if rule.begins_on and wanted.begins_on < rule.begins_on:
        return [Fault("begins_on", "before_it", f"这条规则从 {rule.begins_on} 起才有效")]
    if rule.ends_on and wanted.begins_on > rule.ends_on:
        other = "请改接着的那一条" if following(rule) else "要再考请选“恢复”"
        return [Fault("begins_on", "after_it", f"这条规则到 {rule.ends_on} 为止，{other}")]
    return []


def _of_change(rule: Quota, wanted: Wanted) -> list[Fault]:
    found = _within(rule, wanted)
    after = rule_after(rule, wanted)
    if (after.target, after.params) == (rule.target, rule.params):
        found.append(Fault("target", "same", "和现在的一样，没有要改的"))
    return found


def _of_resume(rule: Quota, wanted: Wanted) -> list[Fault]:
    if rule.ends_on is None or following(rule) is not None:
        return [Fault("", "goes_on", "这条规则没有停止")]
    if wanted.begins_on <= rule.ends_on:
        return [Fault("begins_on", "still_holds", f"到 {rule.ends_on} 还在考，请选以后的日子")]
    after = rule_after(rule, wanted)
    if wanted.begins_on == rule.ends_on + ONE_DAY and (after.target, after.params) != (
        rule.target,
        rule.params,
    ):
        return [Fault("target", "same_first", "中间没有停过，请先按原来的恢复，再改目标")]
    return _of_add(rule, wanted)


def _of_add(rule: Quota, wanted: Wanted) -> list[Fault]:
    binds = wanted.binds or rule.binds
    if binds not in groups_like(rule):
        return [Fault("binds", "other_kind", "请在列表里选一个")]
    there = Quota.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=wanted.begins_on), code=rule.code, period=rule.period
    ).order_by("pk")
    for other in there:
        if _share_subjects(other.binds, binds):
            since = f"从 {other.begins_on} 起" if other.begins_on else ""
            told = f"{other.get_binds_display()}{since}已经考这一项，不能再加{Binds(binds).label}"
            return [Fault("binds", "bound", told)]
    return []


def _share_subjects(one: str, other: str) -> bool:
    a, b = BOUND[one].values, BOUND[other].values
    return BOUND[one].kind == BOUND[other].kind and (not a or not b or bool({*a} & {*b}))


def _of_end(rule: Quota, wanted: Wanted) -> list[Fault]:
    if wanted.begins_on == rule.begins_on:
        return [Fault("begins_on", "never_held", f"这条规则 {rule.begins_on} 才开始；不要它了请选“撤回”")]
    return _within(rule, wanted)


def _of_undo(rule: Quota, wanted: Wanted) -> list[Fault]:
    if rule.begins_on is None or wanted.begins_on != rule.begins_on:
        return [Fault("", "from_the_start", "一开始就有的规则不能撤回")]
    return []


_ASKED = {
    Act.CHANGE: _of_change,
    Act.END: _of_end,
    Act.ADD: _of_add,
    Act.RESUME: _of_resume,
    Act.UNDO: _of_undo,
}


# --- doing it ----------------------------------------------------------------------------------


def before(rule: Quota) -> Quota | None:
    """The one that it took over from, the day before it begins."""
    if rule.begins_on is None:
        return None
    same = Quota.objects.filter(code=rule.code, binds=rule.binds, period=rule.period)
    return same.filter(ends_on=rule.begins_on - ONE_DAY).first()


def following(rule: Quota) -> Quota | None:
    if rule.ends_on is None:
        return None
    same = Quota.objects.filter(code=rule.code, binds=rule.binds, period=rule.period)
    return same.filter(begins_on__gt=rule.ends_on).order_by("begins_on").first()


def version_of(rule: Quota) -> str:
    """Another one when any rule of the code was changed since: what was looked at is what is changed."""
    rules = Quota.objects.filter(code=rule.code, period=rule.period).order_by("pk")
    told = [
        (one.pk, one.binds, one.target, sorted(one.params.items()), one.begins_on, one.ends_on)
        for one in rules
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


class FiguresBusy(Exception):
    """All figures are being computed at this moment; nothing was changed."""

    def __str__(self) -> str:
        return "正在算数，请稍后再保存；已填的内容还在。"


class Gone(Exception):
    """The rule was taken back by somebody who was faster; says who and when."""


def edit_rule(looked_at: Quota, wanted: Wanted, *, seen: str, reason: str, by: User) -> Quota:
    """One transaction; the reason is logged with who and when. `seen`: the version that was looked at.

    Raise ValidationError with what speaks against it, or with who was faster; Gone; FiguresBusy.
    """
    if not may_edit(by):
        raise PermissionDenied("edit_quota")
    pk, code = looked_at.pk, looked_at.code
    try:
        with transaction.atomic():
            # Neither a freeze nor another hand in between.
            _lock_figures()
            rule = Quota.objects.select_for_update().filter(pk=pk).first()
            if rule is None:
                raise Gone(_who_was_faster(code))
            if version_of(rule) != seen:
                raise_faults([Fault("", "changed", _who_was_faster(code))])
            # The moment is that of the lock: a freeze that came before it is over by now.
            raise_faults(faults_of(rule, wanted, now=clock.now()))
            told, written = _write(rule, wanted)
            audit.log(AuditKind.CHANGED, written, by=by, act=told, reason=reason)
            return written
    except IntegrityError as error:
        if "quota_one_rule_a_day" not in str(error):
            raise
        raise_faults([Fault("", "changed", _who_was_faster(code))])
        raise


def _lock_figures() -> None:
    """A person waits for it: not for long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
    try:
        lock_for_transaction("figures")
    except OperationalError as error:
        if may_pass(error):
            raise FiguresBusy from error
        raise


def _write(rule: Quota, wanted: Wanted) -> tuple[str, Quota]:
    """What was done in words, and the rule it is about."""
    day, ends_on = wanted.begins_on, rule.ends_on
    after = rule_after(rule, wanted)
    if wanted.act in (Act.ADD, Act.RESUME):
        told = f"{after}：从 {day} 起{'恢复' if wanted.act == Act.RESUME else ''}考，{_amount(after)}"
        if wanted.act == Act.RESUME and ends_on and day == ends_on + ONE_DAY:
            # Without a gap it goes on as if it had never ended.
            rule.ends_on = None
            rule.save(update_fields=["ends_on"])
            return told, rule
        added = replace_rule(after, begins_on=day, ends_on=None)
        added.save(force_insert=True)
        return told, added
    if wanted.act == Act.UNDO:
        return _taken_back(rule), rule
    if wanted.act == Act.END:
        _close(rule, day)
        return f"{rule}：从 {day} 起不再考", rule
    told = f"{rule}：{_amount(rule)} → {_amount(after)}，从 {day} 起"
    if rule.begins_on == day:
        # It has not held for a day otherwise.
        rule.target, rule.params = after.target, after.params
        rule.save(update_fields=["target", "params"])
        return told, rule
    _close(rule, day)
    added = replace_rule(after, begins_on=day, ends_on=ends_on)
    added.save(force_insert=True)
    return told, added


def _taken_back(rule: Quota) -> str:
    """With what was counted by it, none of which is frozen; the one before it goes on in its place."""
    earlier = before(rule)
    Compliance.objects.filter(quota=rule).delete()
    Quota.objects.filter(pk=rule.pk).delete()
    told = f"{rule}：撤回从 {rule.begins_on} 起的 {_amount(rule)}"
    if earlier is None:
        return told
    earlier.ends_on = rule.ends_on
    earlier.save(update_fields=["ends_on"])
    return f"{told}，仍是 {_amount(earlier)}"


def _close(rule: Quota, day: Date) -> None:
    rule.ends_on = day - ONE_DAY
    rule.save(update_fields=["ends_on"])


def rule_after(rule: Quota, wanted: Wanted) -> Quota:
    """Not saved."""
    params = dict(rule.params)
    binds = wanted.binds or rule.binds
    if wanted.min_days is not None and takes_min_days(rule):
        own = dict.fromkeys(BOUND[binds].values, wanted.min_days)
        least = {**params.get("min_days", {}), **own}
        params["min_days"] = {rank: days for rank, days in least.items() if days > 1}
    target = rule.target if wanted.target is None else wanted.target
    return replace_rule(rule, binds=binds, params=params, target=target)


def replace_rule(rule: Quota, **changed: Any) -> Quota:
    """Another row like it, not saved."""
    fields = {
        field.name: getattr(rule, field.name) for field in rule._meta.concrete_fields if not field.primary_key
    }
    return Quota(**(fields | changed))


def _amount(rule: Quota) -> str:
    least = f"（每次不少于 {min_days(rule)} 天）" if takes_min_days(rule) and min_days(rule) > 1 else ""
    return f"{amount(rule)}{least}"


def _who_was_faster(code: str) -> str:
    entry = history([code]).first()
    if entry is None:
        return "这一项刚刚有了改动，还没有保存。请看过现在的规则再改"
    at = entry.at.astimezone(clock.SHANGHAI)
    who = entry.actor.name if entry.actor else "系统"
    return f"{who}在 {at:%m-%d %H:%M} 刚改过这一项，您的还没有保存。请看过现在的规则再改"


def history(codes: Sequence[str] | None = None) -> "models.QuerySet[AuditEntry]":
    """What was done to the rules, with reasons, newest first."""
    entries = AuditEntry.objects.filter(
        subject_table=Quota._meta.db_table, kind=AuditKind.CHANGED, detail__contains='"reason"'
    )
    if codes is not None:
        entries = entries.filter(subject_key__in=codes)
    return entries.select_related("actor").order_by("-pk")


def period_of(kind: str, day: Date) -> Period:
    if kind == QuotaPeriod.MONTH:
        return Period.month_of(day)
    if kind == QuotaPeriod.YEAR:
        return Period.year_of(day)
    return Period.parse(f"{day.year}Q{(day.month + 2) // 3}")
