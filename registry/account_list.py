"""账号: the accounts somebody keeps, with unit, roles and state, in a fixed number of queries."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Replace
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from lianhu.kit import clock
from lianhu.kit.fields import fold
from registry.models import Cadre, PostSpan, RoleGrant, Unit
from registry.rights import accounts_with, holds_countywide_role, why_no_code

# A code works until the midnight after its last day.
_A_MOMENT = datetime.timedelta(microseconds=1)


class State(TextChoices):
    NEW = "new", "没有激活"
    PRINTED = "printed", "已打印激活条"
    ACTIVATED = "activated", "已激活"
    CLOSED = "closed", "已停用"
    LEFT = "left", "已离岗"


WAITING = frozenset({State.NEW, State.PRINTED})


def with_columns(accounts: "QuerySet[User]", on: datetime.date) -> "QuerySet[Any]":
    """With `unit_name`, `state`, `second_factor`, `countywide`, and `cadre.roles` of the day."""
    span = PostSpan.objects.filter(cadre=OuterRef("cadre"), begins_on__lte=on, ends_on__gte=on)
    roles = RoleGrant.objects.in_force(on).select_related("unit", "village").order_by("role", "pk")
    return (
        accounts.annotate(
            unit_name=Subquery(span.values("unit__name")[:1]),
            state=_state(on),
            second_factor=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)),
            countywide=holds_countywide_role(on),
        )
        .select_related("cadre", "activation_code")
        .prefetch_related(Prefetch("cadre__role_grants", queryset=roles, to_attr="roles"))
    )


def _state(on: datetime.date) -> Case:
    return Case(
        When(cadre__left_on__lt=on, then=Value(State.LEFT)),
        When(is_active=False, then=Value(State.CLOSED)),
        When(activated_at__isnull=False, then=Value(State.ACTIVATED)),
        When(activation_code__expires_at__gt=clock.now(), then=Value(State.PRINTED)),
        default=Value(State.NEW),
        output_field=CharField(),
    )


@dataclass(frozen=True)
class Row:
    """One account, as the list and its own page show it."""

    account: Any
    why_no_code: str

    @property
    def state(self) -> State:
        return State(self.account.state)

    @property
    def code_until(self) -> datetime.date | None:
        """The last day of its code, gone by or not."""
        code = getattr(self.account, "activation_code", None)
        return (code.expires_at - _A_MOMENT).astimezone(clock.SHANGHAI).date() if code else None

    @property
    def code_works(self) -> bool:
        return bool(self.code_until and self.code_until >= clock.today())

    @property
    def roles(self) -> list[RoleGrant]:
        cadre = getattr(self.account, "cadre", None)
        return list(cadre.roles) if cadre else []


def rows_of(accounts: "QuerySet[User]", by: Any, on: datetime.date) -> list[Row]:
    return [Row(account, why_no_code(account, by, on=on)) for account in with_columns(accounts, on)]


@dataclass(frozen=True)
class Asked:
    """Which accounts are asked for; what is not known filters nothing. Those who left only when asked for."""

    state: str
    unit: str
    words: str

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Asked":
        state = asked.get("state", "")
        return cls(
            state if state in State.values else "", asked.get("unit", "")[:50], asked.get("q", "")[:50]
        )

    def narrowed(self, accounts: "QuerySet[User]", on: datetime.date) -> "QuerySet[User]":
        """By unit and words; the state is asked of the counts too, so it comes after."""
        if self.unit and "\x00" not in self.unit:
            unit = Unit.objects.filter(code=self.unit).values("pk")
            accounts = accounts.filter(pk__in=Cadre.objects.in_units(unit, on).values("user"))
        words = _meant(self.words)
        if words:
            # Names are found with and without the dots between their parts.
            accounts = accounts.annotate(plain=Replace(F("name"), Value("·"), Value("")))
            accounts = accounts.filter(Q(plain__icontains=words) | Q(username__icontains=words))
        return accounts

    def in_state(self, accounts: "QuerySet[User]", on: datetime.date) -> "QuerySet[User]":
        accounts = accounts.annotate(state=_state(on))
        return accounts.filter(state=self.state) if self.state else accounts.exclude(state=State.LEFT)

    def choices(self, accounts: "QuerySet[User]", on: datetime.date) -> list[dict[str, Any]]:
        """The states with their counts in one query, each a link that keeps the rest of the filter."""
        counted = accounts.annotate(state=_state(on)).values_list("state").annotate(Count("pk"))
        counts: dict[str, int] = dict(counted.order_by())
        everyone = sum(count for state, count in counts.items() if state != State.LEFT)
        return [
            {
                "state": state,
                "label": label,
                "count": count,
                "query": self.query(state=state),
                "current": state == self.state,
            }
            for state, label, count in (
                ("", "在岗全部", everyone),
                *((state, State(state).label, counts.get(state, 0)) for state in State.values),
            )
        ]

    def query(self, **changed: Any) -> str:
        kept = {"state": self.state, "unit": self.unit, "q": self.words} | changed
        return urlencode({name: value for name, value in kept.items() if value})


def _meant(words: str) -> str:
    """Full-width signs, blanks and any of the dots between the parts of a name; a 工号 keeps its point."""
    plain = re.sub(r"[\s•・･‧∙⋅●·\x00]", "", fold(words))
    return re.sub(r"(?<=[^\x00-\x7f])\.(?=[^\x00-\x7f])", "", plain)


def units_of(accounts: "QuerySet[User]", on: datetime.date) -> "QuerySet[Unit]":
    """The units that a filter may name."""
    spans = PostSpan.objects.filter(cadre__user__in=accounts.values("pk"), begins_on__lte=on, ends_on__gte=on)
    return Unit.objects.filter(pk__in=spans.values("unit")).order_by("code")


def kept_by(user: Any) -> "QuerySet[User]":
    return accounts_with(user, "see_accounts")
