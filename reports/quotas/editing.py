"""指标 as data: the county office changes a rule from a date on, ends it, or binds another group (contract, section 6).

A period takes the rule in force on its last day, so a day within a period decides of the whole of it. What is
frozen stays: no rule changes from a day whose period's cut-off has passed.
"""

import datetime
import hashlib
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models import AuditEntry, AuditKind, User
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.periods import Period
from registry.models import Role
from registry.scope import scope_of
from reports.models import Binds, Quota, QuotaPeriod
from reports.quotas.compute import EVERYONE, rules_in_force, statement_for
from reports.quotas.freeze import cut_off
from reports.quotas.metrics import METRICS
from reports.quotas.rules import BOUND
from reports.quotas.told import min_days

Date = datetime.date
ONE_DAY = datetime.timedelta(days=1)


class Act(models.TextChoices):
    CHANGE = "change", "改目标"
    END = "end", "停止"
    ADD = "add", "也考另一组"


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


def takes_min_days(rule: Quota) -> bool:
    return "min_days" in METRICS[rule.metric].expected_params


# --- what speaks against it --------------------------------------------------------------------


def faults_of(rule: Quota, wanted: Wanted, *, now: datetime.datetime) -> list[Fault]:
    """Asked before it is confirmed, and again under lock."""
    return [*_frozen(rule, wanted, now), *_ASKED[wanted.act](rule, wanted)]


def earliest(kind: str, now: datetime.datetime) -> Date:
    """The first day from which rules of this kind of period may change."""
    period = _period_of(kind, now.astimezone(clock.SHANGHAI).date())
    while cut_off(period.previous()) > now:
        period = period.previous()
    return period.first


def _frozen(rule: Quota, wanted: Wanted, now: datetime.datetime) -> list[Fault]:
    period = _period_of(rule.period, wanted.begins_on)
    moment = cut_off(period)
    if moment > now:
        return []
    frozen_on = moment.astimezone(clock.SHANGHAI).date()
    told = f"{period.label}的数在 {frozen_on} 定格，不能再改。最早从 {earliest(rule.period, now)} 起"
    return [Fault("begins_on", "frozen", told)]


def _within(rule: Quota, wanted: Wanted) -> list[Fault]:
    if rule.begins_on and wanted.begins_on < rule.begins_on:
        return [Fault("begins_on", "before_it", f"这条规则从 {rule.begins_on} 起才有效")]
    if rule.ends_on and wanted.begins_on > rule.ends_on:
        return [Fault("begins_on", "after_it", f"这条规则到 {rule.ends_on} 为止，请改接着的那一条")]
    return []


def _of_change(rule: Quota, wanted: Wanted) -> list[Fault]:
    found = _within(rule, wanted)
    after = _rule_after(rule, wanted)
    if (after.target, after.params) == (rule.target, rule.params):
        found.append(Fault("target", "same", "和现在的一样，没有要改的"))
    return found


def _of_end(rule: Quota, wanted: Wanted) -> list[Fault]:
    if wanted.begins_on == rule.begins_on:
        told = f"这条规则 {rule.begins_on} 才开始，至少留一天；要改目标请选“改目标”"
        return [Fault("begins_on", "never_held", told)]
    return _within(rule, wanted)


def _of_add(rule: Quota, wanted: Wanted) -> list[Fault]:
    if wanted.binds not in groups_like(rule):
        return [Fault("binds", "other_kind", "请在列表里选一个")]
    there = Quota.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=wanted.begins_on), code=rule.code, period=rule.period
    ).order_by("pk")
    for other in there:
        if _share_subjects(other.binds, wanted.binds):
            since = f"从 {other.begins_on} 起" if other.begins_on else ""
            told = f"{other.get_binds_display()}{since}已经考这一项，不能再加{Binds(wanted.binds).label}"
            return [Fault("binds", "bound", told)]
    return []


def _share_subjects(one: str, other: str) -> bool:
    a, b = BOUND[one].values, BOUND[other].values
    return BOUND[one].kind == BOUND[other].kind and (not a or not b or bool({*a} & {*b}))


_ASKED = {Act.CHANGE: _of_change, Act.END: _of_end, Act.ADD: _of_add}


# --- whom it affects ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How many of those bound have done it, not yet, or are exempt."""

    met: int = 0
    open: int = 0
    exempt: int = 0

    @property
    def bound(self) -> int:
        return self.met + self.open + self.exempt


@dataclass(frozen=True)
class Preview:
    """`period`: the current one, in which both are counted as of today; `first`: the first that takes the change."""

    period: Period
    first: Period
    now: Outcome
    then: Outcome
    target: int | None
    min_days: int | None
    follows: Quota | None


def preview(rule: Quota, wanted: Wanted, *, today: Date) -> Preview:
    """Counted by the same statement as every figure, with the rule as it would be; nothing stays written."""
    period = _period_of(rule.period, today)
    binds = wanted.binds if wanted.act == Act.ADD else rule.binds
    standing = [one for one in rules_in_force(period) if (one.code, one.binds) == (rule.code, binds)]
    after = _rule_after(rule, wanted)
    then = Outcome()
    if wanted.act != Act.END:
        with transaction.atomic():
            trial = replace_rule(after, code=uuid.uuid4().hex, begins_on=None, ends_on=None)
            trial.save(force_insert=True)
            then = _outcome([trial], period, today)
            transaction.set_rollback(True)
    return Preview(
        period=period,
        first=_period_of(rule.period, wanted.begins_on),
        now=_outcome(standing, period, today),
        then=then,
        target=None if wanted.act == Act.END else int(after.target),
        min_days=min_days(after) if takes_min_days(rule) and wanted.act != Act.END else None,
        follows=_following(rule) if wanted.act != Act.ADD else None,
    )


def _outcome(rules: Sequence[Quota], period: Period, today: Date) -> Outcome:
    asked = statement_for(rules, period, as_of=today, subjects=EVERYONE)
    if asked is None:
        return Outcome()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT status, count(*) FROM ({asked.sql}) figure {_FIGURE} GROUP BY status", asked.params
        )
        counted = Counter(dict(cursor.fetchall()))
    return Outcome(counted["met"], counted["running"] + counted["missed"], counted["exempt"])


_FIGURE = "(quota_id, code, subject_kind, subject_id, subject_code, actual, target, status, done, total)"


def _following(rule: Quota) -> Quota | None:
    if rule.ends_on is None:
        return None
    same = Quota.objects.filter(code=rule.code, binds=rule.binds, period=rule.period)
    return same.filter(begins_on__gt=rule.ends_on).order_by("begins_on").first()


# --- doing it ----------------------------------------------------------------------------------


def version_of(rule: Quota) -> str:
    """Another one when any rule of the code was changed since: what was looked at is what is changed."""
    rules = Quota.objects.filter(code=rule.code, period=rule.period).order_by("pk")
    told = [
        (one.pk, one.binds, one.target, sorted(one.params.items()), one.begins_on, one.ends_on)
        for one in rules
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def edit_rule(pk: int, wanted: Wanted, *, seen: str, reason: str, by: User, now: datetime.datetime) -> Quota:
    """One transaction; the reason is logged with who and when. `seen`: the version that was looked at.

    Raise ValidationError with what speaks against it, or with who was faster.
    """
    if not may_edit(by):
        raise PermissionDenied("edit_quota")
    try:
        with transaction.atomic():
            # Neither a freeze nor another hand in between.
            lock_for_transaction("figures")
            rule = Quota.objects.select_for_update().get(pk=pk)
            if version_of(rule) != seen:
                raise_faults([Fault("", "changed", _who_was_faster(rule))])
            raise_faults(faults_of(rule, wanted, now=now))
            told, written = _write(rule, wanted)
            audit.log(AuditKind.CHANGED, written, by=by, act=told, reason=reason)
            return written
    except IntegrityError as error:
        if "quota_one_rule_a_day" not in str(error):
            raise
        raise_faults([Fault("", "changed", _who_was_faster(Quota.objects.get(pk=pk)))])
        raise


def _write(rule: Quota, wanted: Wanted) -> tuple[str, Quota]:
    """What was done in words, and the rule it is about."""
    day, ends_on = wanted.begins_on, rule.ends_on
    if wanted.act == Act.ADD:
        added = replace_rule(_rule_after(rule, wanted), begins_on=day, ends_on=None)
        added.save(force_insert=True)
        return f"{added}：从 {day} 起考，{_amount(added)}", added
    if wanted.act == Act.END:
        _close(rule, day)
        return f"{rule}：从 {day} 起不再考", rule
    after = _rule_after(rule, wanted)
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


def _close(rule: Quota, day: Date) -> None:
    rule.ends_on = day - ONE_DAY
    rule.save(update_fields=["ends_on"])


def _rule_after(rule: Quota, wanted: Wanted) -> Quota:
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
    if METRICS[rule.metric].shares:
        return f"{rule.target:.0f}%"
    least = f"（每次不少于 {min_days(rule)} 天）" if takes_min_days(rule) and min_days(rule) > 1 else ""
    return f"{rule.target:.0f} {rule.measure}{least}"


def _who_was_faster(rule: Quota) -> str:
    entry = history([rule.code]).first()
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


def _period_of(kind: str, day: Date) -> Period:
    if kind == QuotaPeriod.MONTH:
        return Period.month_of(day)
    if kind == QuotaPeriod.YEAR:
        return Period.year_of(day)
    return Period.parse(f"{day.year}Q{(day.month + 2) // 3}")
