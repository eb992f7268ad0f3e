"""Which rows a user may see: roles, grants and pairings turned into ids, once a request (contract, section 8)."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import connection

from lianhu.kit import clock


@dataclass(frozen=True)
class Scope:
    """What a person sees on one day. Nothing is granted a household at a time.

    `cadre_ids`: the person and those whom the person covers that day (代管).
    """

    county: bool = False
    unit_ids: frozenset[int] = frozenset()
    village_ids: frozenset[int] = frozenset()
    cadre_id: int | None = None
    cadre_ids: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    on: datetime.date = datetime.date.min

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


def scope_of(user: Any, on: datetime.date | None = None) -> Scope:
    """The scope of the user on the day (today unless said), read once and kept with the user object.

    A role counts from its first to its last day, so one taken away stops at the next request.
    """
    day = on or clock.today()
    kept: dict[datetime.date, Scope] = user.__dict__.setdefault("_scopes", {})
    if day not in kept:
        kept[day] = _read_scope(user, day)
    return kept[day]


# `opens` says what a row gives: a role, and the unit, village or cadre it opens. One statement:
# dated roles; what a county leader is linked to while holding that role; grants made with
# django-guardian; cadres who are covered. A township opens its villages.
_SCOPE = """
WITH role AS (
    SELECT role, unit_id, village_id FROM registry_rolegrant
    WHERE cadre_id = %(cadre)s AND begins_on <= %(day)s AND coalesce(ends_on, 'infinity') >= %(day)s
), opened AS (
    SELECT role, CASE WHEN role IN ('unit_liaison', 'unit_leader', 'township') THEN unit_id END AS unit_id,
           CASE WHEN role = 'village_branch' THEN village_id END AS village_id,
           role = 'township' AS with_villages
    FROM role
    UNION ALL
    SELECT NULL, unit_id, NULL, true FROM registry_leaderlink
    WHERE leader_id = %(cadre)s AND begins_on <= %(day)s AND coalesce(ends_on, 'infinity') >= %(day)s
      AND EXISTS (SELECT FROM role WHERE role = 'county_leader')
    UNION ALL
    SELECT NULL, g.content_object_id, NULL, true
    FROM registry_unitpermission g JOIN auth_permission p ON p.id = g.permission_id
    WHERE g.user_id = %(user)s AND p.codename = 'view_unit'
    UNION ALL
    SELECT NULL, NULL, g.content_object_id, false
    FROM registry_villagepermission g JOIN auth_permission p ON p.id = g.permission_id
    WHERE g.user_id = %(user)s AND p.codename = 'view_village'
)
SELECT role, unit_id, village_id, NULL::bigint AS cadre_id FROM opened
UNION ALL
SELECT NULL, NULL, v.id, NULL FROM opened o JOIN registry_village v ON v.township_id = o.unit_id
WHERE o.with_villages
UNION ALL
SELECT NULL, NULL, NULL, cadre_id FROM registry_cover
WHERE colleague_id = %(cadre)s AND begins_on <= %(day)s AND ends_on >= %(day)s
"""


def _read_scope(user: Any, day: datetime.date) -> Scope:
    if not (user.is_authenticated and user.is_active):
        return Scope(on=day)
    cadre = getattr(user, "cadre", None)
    cadre_id = cadre and cadre.pk
    with connection.cursor() as cursor:
        cursor.execute(_SCOPE, {"cadre": cadre_id, "user": user.pk, "day": day})
        found = list(zip(*cursor.fetchall(), strict=True)) or [()] * 4
    roles, units, villages, covered = (frozenset(value for value in each if value) for each in found)
    return Scope(
        county="county_office" in roles,
        unit_ids=units,
        village_ids=villages,
        cadre_id=cadre_id,
        cadre_ids=covered | ({cadre_id} if cadre_id else set()),
        roles=roles,
        on=day,
    )
