"""代管 (contract, section 2): a named colleague sees and handles an absent cadre's households and matters.

From a day to a day; the pairing stays. What the cover opens is `registry.scope`.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from lianhu.kit import fields
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.sheets import Values
from registry.answering import cadres_under, in_post
from registry.models import Cadre, Cover, PostSpan
from registry.querysets import DatedQuerySet, in_force
from registry.scope import scope_of

Date = datetime.date


class CoverForm(forms.Form):
    """`colleague` is a 工号; who may be offered is `colleagues_of`."""

    colleague = fields.CodeField(label="代管人")
    begins_on = fields.DateField(label="从哪天", help_text="当天算在内")
    ends_on = fields.DateField(label="到哪天", help_text="当天算在内，过了这天自动收回")
    reason = fields.TextField(
        label="事由", max_length=500, help_text="例如：病假、外出学习。请不要写群众的姓名。"
    )

    def __init__(self, *args: Any, colleagues: "QuerySet[Cadre]", **options: Any) -> None:
        super().__init__(*args, **options)
        named = [(one.code, f"{one.name}（{one.code}）") for one in colleagues]
        self.fields["colleague"].widget = forms.Select(choices=[("", "请选择"), *named])


def colleagues_of(cadre: Cadre, *, on: Date) -> "QuerySet[Cadre]":
    """Of the unit the cadre belongs to on the day, in post then."""
    units = PostSpan.objects.filter(in_force(on), cadre=cadre).values("unit")
    found = Cadre.objects.in_units(units, on).filter(in_post(on)).exclude(pk=cadre.pk)
    return found.order_by("code")


def covers_seen_by(user: Any) -> DatedQuerySet:
    """Those of the cadres one answers for, and those one is part of."""
    own = scope_of(user).cadre_id
    found = Q(cadre__in=cadres_under(user).values("pk"))
    if own:
        found |= Q(cadre=own) | Q(colleague=own)
    seen: DatedQuerySet = Cover.objects.filter(found)
    return seen


@dataclass(frozen=True)
class CoverFacts:
    """What the rules ask: of two people on those days."""

    on: Date
    cadre: Cadre
    colleague: Cadre | None
    same_unit: bool
    others: list[Cover]

    @classmethod
    def load(cls, cadre: Cadre, row: Values, *, on: Date) -> "CoverFacts":
        """`on` is today."""
        colleague = Cadre.objects.filter(code=row["colleague"]).first()
        begin, end = row["begins_on"], row["ends_on"]
        there = Cover.objects.filter(cadre=cadre, begins_on__lte=end, ends_on__gte=begin)
        first = max(begin, on)
        return cls(
            on,
            cadre,
            colleague,
            same_unit=colleague is not None
            and colleagues_of(cadre, on=first).filter(pk=colleague.pk).exists(),
            others=list(there.select_related("colleague").order_by("begins_on")),
        )


def days_in_order(row: Values, facts: CoverFacts) -> Iterator[Fault]:
    """Nobody has seen or handled anything on a day that is over: a cover does not begin in the past."""
    if row["ends_on"] < row["begins_on"]:
        yield Fault("ends_on", "end_before_begin", "结束日期早于开始日期")
    if row["begins_on"] < facts.on:
        yield Fault("begins_on", "in_the_past", f"代管最早从今天（{facts.on}）开始，过去的日子不能补")


def colleague_may_cover(row: Values, facts: CoverFacts) -> Iterator[Fault]:
    colleague, end = facts.colleague, row["ends_on"]
    if colleague is None:
        yield Fault("colleague", "unknown", f"没有工号是 {row['colleague']} 的干部")
    elif colleague.pk == facts.cadre.pk:
        yield Fault("colleague", "oneself", "不能由本人代管自己")
    elif not facts.same_unit:
        yield Fault("colleague", "not_of_the_unit", f"{colleague.name}那天不在同一单位或不在岗，不能代管")
    elif colleague.left_on and colleague.left_on < end:
        yield Fault("colleague", "leaves", f"{colleague.name}在 {colleague.left_on} 离岗，不能代管到 {end}")


def one_colleague_a_day(row: Values, facts: CoverFacts) -> Iterator[Fault]:
    """Held by `cover_one_colleague_a_day` too."""
    for other in facts.others:
        yield Fault("begins_on", "overlap", taken(other))


def taken(cover: Cover) -> str:
    days = f"{cover.begins_on} 到 {cover.ends_on}"
    return f"{days} 已由{cover.colleague.name}代管，日期重叠；要换人，先提前结束那一次"


RULES = (days_in_order, colleague_may_cover, one_colleague_a_day)


@transaction.atomic
def name_cover(cadre: Cadre, values: Values, *, on: Date, by: User) -> Cover:
    """`values` as `CoverForm` cleans them; `on` is today. Both are told. Raise ValidationError by field."""
    _require(cadre, by)
    Cadre.objects.select_for_update(of=("self",), no_key=True).get(pk=cadre.pk)
    facts = CoverFacts.load(cadre, values, on=on)
    raise_faults(fault for rule in RULES for fault in rule(values, facts))
    days = {"begins_on": values["begins_on"], "ends_on": values["ends_on"]}
    try:
        with transaction.atomic():
            cover = Cover.objects.create(
                cadre=cadre, colleague=cast(Cadre, facts.colleague), reason=values["reason"], **days
            )
    except IntegrityError as error:
        if "cover_one_colleague_a_day" not in str(error):
            raise
        raise_faults([Fault("begins_on", "overlap", "这些天刚刚已由别人代管，请刷新后再看")])
        raise
    _tell(cover, "named", "有同事的户请您代管", "您不在的时候由同事代管")
    return cover


@transaction.atomic
def end_cover(cover: Cover, last_day: Date, *, on: Date, by: User) -> None:
    """Earlier than was said; `on` is today. What was opened until then stays as it was."""
    _require(cover.cadre, by)
    locked = Cover.objects.select_for_update(of=("self",)).select_related("cadre__user", "colleague__user")
    cover = locked.get(pk=cover.pk)
    earliest = max(cover.begins_on, on - datetime.timedelta(days=1))
    if cover.ends_on < on:
        raise ValidationError({"last_day": f"这次代管到 {cover.ends_on} 已经结束"})
    if last_day < earliest:
        raise ValidationError({"last_day": f"最早只能到 {earliest}：已经过去的日子不改"})
    if last_day >= cover.ends_on:
        raise ValidationError({"last_day": f"原来就到 {cover.ends_on}，提前结束要早于这天"})
    cover.ends_on = last_day
    cover.save(update_fields=["ends_on"])
    _tell(cover, f"ended:{last_day}", "您代管的户提前结束", "您的户的代管提前结束")


@transaction.atomic
def call_off_cover(cover: Cover, *, on: Date, by: User) -> None:
    """One that has not begun has opened nothing and is taken back whole; the log keeps that it was there."""
    _require(cover.cadre, by)
    locked = Cover.objects.select_for_update(of=("self",)).select_related("cadre__user", "colleague__user")
    found = locked.filter(pk=cover.pk).first()
    if found is None:
        raise ValidationError("这次代管刚刚已经撤销")
    if found.begins_on <= on:
        raise ValidationError("这次代管已经开始，只能提前结束")
    _tell(found, "off", "请您代管的安排取消了", "您的户的代管安排取消了")
    found.delete()


def _require(cadre: Cadre, by: User) -> None:
    if not cadres_under(by).filter(pk=cadre.pk).exists():
        raise PermissionDenied


def _tell(cover: Cover, what: str, to_colleague: str, to_cadre: str) -> None:
    key, url = f"cover:{cover.pk}:{what}", reverse("covers")
    days = f"{cover.begins_on} 到 {cover.ends_on}，事由：{cover.reason}"
    for_colleague = f"{cover.cadre.name}的户，{days}"
    notify([cover.colleague.user], key=key, title=to_colleague, body=for_colleague, url=url)
    for_cadre = f"代管人：{cover.colleague.name}，{days}。结对不变。"
    notify([cover.cadre.user], key=key, title=to_cadre, body=for_cadre, url=url)


def moment_of(cover: Cover, today: Date) -> str:
    """`now`, `coming` or `past`."""
    if cover.begins_on > today:
        return "coming"
    return "past" if cover.ends_on < today else "now"
