"""Who may do what to whose account: one table, asked inside the services (contract, section 8)."""

import datetime
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from registry.models import Cadre, Role, RoleGrant
from registry.scope import scope_of


class Where(Enum):
    OWN_UNIT = "cadres of the unit one is liaison of"
    TOWNSHIP = "cadres of the township, and the branches of its villages"
    COUNTY = "every account"


_KEEPERS = {Role.UNIT_LIAISON: Where.OWN_UNIT, Role.TOWNSHIP: Where.TOWNSHIP, Role.SYSTEM_ADMIN: Where.COUNTY}
_ADMIN = {Role.SYSTEM_ADMIN: Where.COUNTY}
RIGHTS: dict[str, dict[Role, Where]] = {
    "see_accounts": _KEEPERS,
    "issue_codes": _KEEPERS,
    "close_accounts": _ADMIN,
    "end_sessions": _ADMIN,
    "remove_second_factor": _ADMIN,
    "give_roles": _ADMIN,
    "give_views": _ADMIN,
}

# Whoever holds a code may become its owner: a liaison's codes must not open the county, the system or the log.
COUNTYWIDE = (Role.COUNTY_OFFICE, Role.SYSTEM_ADMIN, Role.AUDITOR)
# The system admin reads no household's record (contract, section 0), so takes no role that opens one.
FOR_ONESELF = (Role.CADRE, Role.SYSTEM_ADMIN)


def may(user: Any, right: str) -> bool:
    """Somewhere; on which accounts is `accounts_with`."""
    return scope_of(user).has(*RIGHTS[right])


def may_everywhere(user: Any, right: str) -> bool:
    return Where.COUNTY in _places(user, right)


def accounts_with(user: Any, right: str) -> "QuerySet[User]":
    """The accounts on which the user has the right today; a subquery, not a list of ids."""
    places, scope = _places(user, right), scope_of(user)
    if Where.COUNTY in places:
        return User.objects.all()
    found = Q(pk__in=())
    held = RoleGrant.objects.in_force(scope.on).filter(cadre=scope.cadre_id)
    for place, role in ((Where.OWN_UNIT, Role.UNIT_LIAISON), (Where.TOWNSHIP, Role.TOWNSHIP)):
        if place in places:
            units = held.filter(role=role).values("unit")
            found |= Q(pk__in=Cadre.objects.in_units(units, scope.on).values("user"))
    if Where.TOWNSHIP in places:
        townships = held.filter(role=Role.TOWNSHIP).values("unit")
        branches = RoleGrant.objects.in_force(scope.on).filter(
            role=Role.VILLAGE_BRANCH, village__township__in=townships
        )
        found |= Q(pk__in=branches.values("cadre__user"))
    return User.objects.filter(found)


def require(user: Any, right: str, account: User) -> None:
    if not accounts_with(user, right).filter(pk=account.pk).exists():
        raise PermissionDenied(right)


def holds_countywide_role(on: datetime.date) -> Exists:
    """For accounts: today or later, since a code may be kept until its owner's role begins."""
    ended = Q(ends_on__lt=on)
    return Exists(RoleGrant.objects.filter(~ended, cadre__user=OuterRef("pk"), role__in=COUNTYWIDE))


def why_no_code(account: Any, by: Any, *, on: datetime.date) -> str:
    """Why `by` may not print this account's slip; empty if so. `account` carries `countywide`."""
    cadre = getattr(account, "cadre", None)
    if account.pk == by.pk:
        return "不能给自己打印，请在“我的账号”里修改密码"
    if cadre and cadre.left_on and cadre.left_on < on:
        return "已离岗"
    if not account.is_active:
        return "已停用，先启用再打印"
    if account.countywide and not may_everywhere(by, "issue_codes"):
        return "由系统管理员打印"
    return ""


def why_not_for_oneself(role: str) -> str:
    """Why a system admin may not give this role to themself; empty if so."""
    if role in FOR_ONESELF:
        return ""
    return f"系统管理员不看户的资料，不能给自己{Role(role).label}角色，请由另一位系统管理员办理"


def _places(user: Any, right: str) -> set[Where]:
    roles = scope_of(user).roles
    return {place for role, place in RIGHTS[right].items() if role in roles}
