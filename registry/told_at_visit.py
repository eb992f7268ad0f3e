"""What a family tells of itself at a visit: it is written down once and holds from then on (contract, section 3)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from accounts.models import User
from lianhu.kit.privacy import keyed_hash, seal
from registry.contact import opened, sealed_for
from registry.household_life import change_heads
from registry.models import Household


@dataclass(frozen=True)
class Told:
    """`values` holds only what was said: of `NAMES`, those that are not blank."""

    NAMES: ClassVar = ("head_name", "phone", "people_count", "income_sources")
    household_id: int
    day: datetime.date
    values: dict[str, Any]


def update_households(told: Sequence[Told], *, by: User) -> None:
    """Change what differs, the later of two days winning. Another head has its history (户变动)."""
    homes = {
        home.pk: home
        for home in Household.objects.select_for_update(no_key=True)
        .filter(pk__in=[each.household_id for each in told], erased_at=None)
        .order_by("pk")
    }
    told = sorted((each for each in told if each.household_id in homes), key=lambda one: one.day)
    for day, rows in groupby(told, key=lambda one: one.day):
        heads = [(homes[each.household_id], each.values.get("head_name", "")) for each in rows]
        change_heads(heads, on=day, by=by, reason="走访时登记")
    for each in told:
        _take(homes[each.household_id], each.values)
    names = ("people_count", "income_sources", "phone_sealed", "phone_hash", "phone_tail_hash")
    Household.objects.bulk_update(homes.values(), names)


def _take(home: Household, values: dict[str, Any]) -> None:
    home.people_count = values.get("people_count", home.people_count)
    home.income_sources = values.get("income_sources", home.income_sources)
    phone = values.get("phone")
    owner = sealed_for("household", home.code, "phone")
    if phone and phone != opened(home.phone_sealed, owner):
        home.phone_sealed = seal(phone, owner)
        home.phone_hash = keyed_hash(phone, "phone")
        home.phone_tail_hash = keyed_hash(phone[-4:], "phone_tail")
