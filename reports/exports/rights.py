"""What a person saw by when a file was made, and whether all of it is still theirs (contract, sections 7 and 8)."""

import datetime
from typing import Any

from registry.models import Cadre, Household, Role, Village
from registry.scope import scope_of


def rights_of(user: Any, on: datetime.date) -> dict[str, Any]:
    """Roles, and the ids of units, villages, people and households whose rows one sees; of the county's office all."""
    scope = scope_of(user, on)
    whole = scope.county
    return {
        "active": bool(user.is_active),
        "roles": sorted(scope.roles),
        "units": sorted(scope.unit_ids),
        "villages": [] if whole else _ids(Village.objects.visible_to(user)),
        "cadres": [] if whole else _ids(Cadre.objects.visible_to(user)),
        # A pairing handed over takes its family along, whoever the holder's unit is.
        "homes": [] if whole else _ids(Household.objects.visible_to(user)),
        "covered": sorted(scope.cadre_ids),
    }


def lost(before: dict[str, Any], user: Any, on: datetime.date) -> str:
    """What is missing today of what there was, in Chinese; empty if nothing is. More than before is no loss."""
    now = rights_of(user, on)
    if not now["active"]:
        return "账号已停用"
    ended = [str(Role(role).label) for role in before["roles"] if role not in now["roles"]]
    if ended:
        return f"您的角色“{'、'.join(ended)}”已经结束"
    if scope_of(user, on).county:
        return ""
    for name, told in _TOLD.items():
        if not set(before[name]) <= set(now[name]):
            return told
    return ""


_TOLD = {
    "units": "您能看的单位比做这份文件时少了",
    "villages": "您能看的村(社区)比做这份文件时少了",
    "covered": "您代管的干部比做这份文件时少了",
    "cadres": "您能看的干部比做这份文件时少了",
    "homes": "您能看的户比做这份文件时少了",
}


def _ids(found: Any) -> list[int]:
    return sorted(set(found.order_by().values_list("pk", flat=True)))
