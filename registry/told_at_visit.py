"""What a family tells of itself at a visit: it is written down once and holds from then on (contract, section 3)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from accounts.models import User
from lianhu.kit import clock
from lianhu.kit.pinyin import letters
from lianhu.kit.privacy import keyed_hash, seal
from registry.contact import opened, sealed_for
from registry.models import Household, HouseholdChange, HouseholdChangeKind


@dataclass(frozen=True)
class Told:
    """`values` holds only what was said: of `NAMES`, those that are not blank."""

    NAMES: ClassVar = ("head_name", "phone", "people_count", "income_sources")
    household_id: int
    day: datetime.date
    values: dict[str, Any]


def update_households(told: Sequence[Told], *, by: User) -> None:
    """Change what differs, the later of two days winning. Another head is a change with its history (户变动)."""
    homes = {
        home.pk: home
        for home in Household.objects.select_for_update()
        .filter(pk__in=[each.household_id for each in told], erased_at=None)
        .order_by("pk")
    }
    changes = []
    for each in sorted(told, key=lambda one: one.day):
        home = homes.get(each.household_id)
        if home is None:
            continue
        head = each.values.get("head_name", home.head_name)
        if head != home.head_name:
            changes.append(_new_head(home, head, each.day, by))
        _take(home, each.values)
    names = ["head_name", "pinyin", "people_count", "income_sources"]
    sealed = ["phone_sealed", "phone_hash", "phone_tail_hash"]
    Household.objects.bulk_update(homes.values(), [*names, *sealed])
    HouseholdChange.objects.bulk_create(changes)


def _take(home: Household, values: dict[str, Any]) -> None:
    home.head_name = values.get("head_name", home.head_name)
    home.pinyin = letters(home.head_name)
    home.people_count = values.get("people_count", home.people_count)
    home.income_sources = values.get("income_sources", home.income_sources)
    phone = values.get("phone")
    owner = sealed_for("household", home.code, "phone")
    if phone and phone != opened(home.phone_sealed, owner):
        home.phone_sealed = seal(phone, owner)
        home.phone_hash = keyed_hash(phone, "phone")
        home.phone_tail_hash = keyed_hash(phone[-4:], "phone_tail")


def _new_head(home: Household, head: str, day: datetime.date, by: User) -> HouseholdChange:
    return HouseholdChange(
        household=home,
        kind=HouseholdChangeKind.CHANGE_HEAD,
        on=day,
        old_head=home.head_name,
        new_head=head,
        reason="走访时登记",
        recorded_at=clock.now(),
        recorded_by=by,
    )
