"""Whom a change of a rule affects, by a trial over the current period; nothing stays written (contract, section 6)."""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import PostSpan
from reports.models import Quota
from reports.quotas.compute import EVERYONE, rules_in_force, statement_for
from reports.quotas.editing import (
    Act,
    Wanted,
    before,
    following,
    period_of,
    replace_rule,
    rule_after,
    takes_min_days,
)
from reports.quotas.rules import BOUND, SUBJECTS
from reports.quotas.told import min_days

Date = datetime.date
# More of one unit are counted, not named.
NAMED = 30
_WORDS = {"": "不考", "met": "已完成", "open": "还没完成", "exempt": "免考"}
_FIGURE = "(quota_id, code, subject_kind, subject_id, subject_code, actual, target, status, done, total)"


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
class OfUnit:
    """`names` by pinyin, the first `NAMED`; `unit` is empty where units or villages are bound themselves."""

    unit: str
    count: int
    names: list[str]

    @property
    def more(self) -> int:
        return self.count - len(self.names)


@dataclass(frozen=True)
class Moved:
    """Those for whom it comes out differently, in the same way."""

    word: str
    count: int
    units: list[OfUnit]


@dataclass(frozen=True)
class Preview:
    """`period`: the current one, in which both are counted as of today; `first`: the first that takes the change."""

    period: Period
    first: Period
    now: Outcome
    then: Outcome
    moved: list[Moved]
    target: int | None
    min_days: int | None
    follows: Quota | None


def preview(rule: Quota, wanted: Wanted, *, today: Date) -> Preview:
    """Counted by the same statement as every figure, with the rule as it would be."""
    period = period_of(rule.period, today)
    after: Quota | None = rule_after(rule, wanted)
    if wanted.act in (Act.END, Act.UNDO):
        after = before(rule) if wanted.act == Act.UNDO else None
    binds = after.binds if after else rule.binds
    standing = [one for one in rules_in_force(period) if (one.code, one.binds) == (rule.code, binds)]
    # What is taken back need not have begun: then too it is what there would be.
    now = _tried(rule, period, today) if wanted.act == Act.UNDO else _verdicts(standing, period, today)
    then = _tried(after, period, today) if after else {}
    return Preview(
        period=period,
        first=period_of(rule.period, wanted.begins_on),
        now=_outcome(now),
        then=_outcome(then),
        moved=_moved(now, then, BOUND[binds].kind, today),
        target=int(after.target) if after else None,
        min_days=min_days(after) if after and takes_min_days(rule) else None,
        follows=following(rule) if wanted.act in (Act.CHANGE, Act.END) else None,
    )


def _tried(rule: Quota, period: Period, today: Date) -> dict[int, str]:
    """As if it held in the period."""
    with transaction.atomic():
        trial = replace_rule(rule, code=uuid.uuid4().hex, begins_on=None, ends_on=None)
        trial.save(force_insert=True)
        found = _verdicts([trial], period, today)
        transaction.set_rollback(True)
    return found


def _verdicts(rules: Sequence[Quota], period: Period, today: Date) -> dict[int, str]:
    """By subject: met, open or exempt."""
    asked = statement_for(rules, period, as_of=today, subjects=EVERYONE)
    if asked is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT subject_id, status FROM ({asked.sql}) figure {_FIGURE}", asked.params)
        return {
            subject: status if status in ("met", "exempt") else "open"
            for subject, status in cursor.fetchall()
        }


def _outcome(verdicts: Mapping[int, str]) -> Outcome:
    return Outcome(**Counter(verdicts.values()))


def _moved(now: Mapping[int, str], then: Mapping[int, str], kind: str, today: Date) -> list[Moved]:
    """By how it comes out: who is worse off first."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for subject in {*now, *then}:
        change = now.get(subject, ""), then.get(subject, "")
        if change[0] != change[1]:
            found[change].append(subject)
    named = _named({subject for subjects in found.values() for subject in subjects}, kind, today)
    order = list(_WORDS)
    return [
        Moved(
            f"{_WORDS[before]} → {_WORDS[after]}",
            len(subjects),
            _by_unit([named[subject] for subject in subjects]),
        )
        for (before, after), subjects in sorted(
            found.items(), key=lambda item: (item[0][1] != "open", order.index(item[0][0]))
        )
    ]


def _named(subjects: Iterable[int], kind: str, today: Date) -> dict[int, tuple[str, str]]:
    """Unit and name."""
    ids = list(subjects)
    names = dict(SUBJECTS[kind].objects.filter(pk__in=ids).values_list("pk", "name"))
    spans = PostSpan.objects.filter(begins_on__lte=today, ends_on__gte=today)
    units = dict(spans.filter(cadre__in=ids).values_list("cadre", "unit__name")) if kind == "cadre" else {}
    return {pk: (units.get(pk, ""), name) for pk, name in names.items()}


def _by_unit(named: Iterable[tuple[str, str]]) -> list[OfUnit]:
    units: dict[str, list[str]] = defaultdict(list)
    for unit, name in named:
        units[unit].append(name)
    return [
        OfUnit(unit, len(names), sorted(names, key=spelt)[:NAMED])
        for unit, names in sorted(units.items(), key=lambda item: spelt(item[0]))
    ]
