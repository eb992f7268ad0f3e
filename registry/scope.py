"""Which rows a user may see: roles and pairings turned into ids, once a request (contract, section 8)."""

import datetime
from dataclasses import dataclass
from typing import Any

from lianhu.kit import clock

_COUNTY_ROLES = frozenset({"county_office"})
_UNIT_ROLES = frozenset({"unit_liaison", "unit_leader", "township"})


@dataclass(frozen=True)
class Scope:
    """What a person sees on one day. Nothing is granted a household at a time."""

    county: bool = False
    unit_ids: frozenset[int] = frozenset()
    village_ids: frozenset[int] = frozenset()
    cadre_id: int | None = None
    roles: frozenset[str] = frozenset()
    on: datetime.date = datetime.date.min


def scope_of(user: Any, on: datetime.date | None = None) -> Scope:
    """The scope of the user on the day (today unless said), read once and kept with the user object.

    A role counts from its first to its last day, so one taken away stops at the next request.
    """
    day = on or clock.today()
    kept: dict[datetime.date, Scope] = user.__dict__.setdefault("_scopes", {})
    if day not in kept:
        kept[day] = _read_scope(user, day)
    return kept[day]


def _read_scope(user: Any, day: datetime.date) -> Scope:
    cadre = getattr(user, "cadre", None) if user.is_authenticated and user.is_active else None
    if cadre is None:
        return Scope(on=day)
    grants = list(cadre.role_grants.in_force(day).values_list("role", "unit_id", "village_id"))
    township_ids = [unit for role, unit, _ in grants if role == "township"]
    villages = {village for role, _, village in grants if role == "village_branch"}
    if township_ids:
        village_model = cadre.role_grants.model._meta.get_field("village").related_model
        villages.update(village_model.objects.filter(township__in=township_ids).values_list("pk", flat=True))
    return Scope(
        county=any(role in _COUNTY_ROLES for role, _, _ in grants),
        unit_ids=frozenset(unit for role, unit, _ in grants if role in _UNIT_ROLES),
        village_ids=frozenset(villages),
        cadre_id=cadre.pk,
        roles=frozenset(role for role, _, _ in grants),
        on=day,
    )
