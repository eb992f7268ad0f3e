"""Accounts that others keep: closing, sessions, second factor, roles, and views given without a role.

Each asks the right itself (`rights.RIGHTS`), and raises ValidationError with the reason when it may not be.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from guardian.shortcuts import assign_perm, remove_perm

from accounts import audit, open_sessions, two_factor
from accounts.models import ActivationCode, AuditKind, User
from lianhu.kit import clock
from registry.models import Cadre, Role, RoleGrant, Unit, UnitPermission, Village, VillagePermission
from registry.rights import require, why_not_for_oneself

Place = Unit | Village
_VIEW = {Unit: "view_unit", Village: "view_village"}


def close_account(account: User, *, reason: str, by: User) -> None:
    """Nobody comes in with it any more: sessions end, a printed code is worth nothing."""
    require(by, "close_accounts", account)
    if account.pk == by.pk:
        raise ValidationError("不能停用自己的账号，请由另一位系统管理员办理")
    with transaction.atomic():
        if not User.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
            raise ValidationError("这个账号已经停用了")
        open_sessions.end_others(account, None, by=by)
        ActivationCode.objects.filter(user=account).delete()
        audit.log(AuditKind.CHANGED, account, by=by, act="close", reason=reason)


def reopen_account(account: User, *, reason: str, by: User) -> None:
    require(by, "close_accounts", account)
    with transaction.atomic():
        if not User.objects.filter(pk=account.pk, is_active=False).update(is_active=True):
            raise ValidationError("这个账号没有停用")
        audit.log(AuditKind.CHANGED, account, by=by, act="reopen", reason=reason)


def end_sessions(account: User, *, reason: str, by: User) -> None:
    require(by, "end_sessions", account)
    with transaction.atomic():
        ended = open_sessions.end_others(account, None, by=by)
        audit.log(AuditKind.CHANGED, account, by=by, act="end_sessions", ended=ended, reason=reason)


def remove_second_factor(account: User, *, reason: str, by: User) -> None:
    """For someone who lost phone and codes. Sessions end, since the phone may be in other hands."""
    require(by, "remove_second_factor", account)
    if account.pk == by.pk:
        raise ValidationError("自己的两步验证请在“我的账号”里更换")
    with transaction.atomic():
        if two_factor.device_of(account) is None:
            raise ValidationError("这个账号没有开两步验证")
        two_factor.remove(account, by=by)
        open_sessions.end_others(account, None, by=by)
        audit.log(AuditKind.TWO_FACTOR, account, by=by, act="remove", reason=reason)


@dataclass(frozen=True)
class Act:
    """What is done to an account after a page has said what it means."""

    do: Callable[..., None]
    label: str
    told: str
    done: str


ACTS = {
    "close": Act(
        close_account,
        "停用账号",
        "停用以后，这个账号不能登录，已有的登录立刻结束，没用过的激活条作废。资料和走访记录都保留，随时可以启用。",
        "账号已停用。",
    ),
    "reopen": Act(reopen_account, "启用账号", "启用以后，用原来的密码就能登录。", "账号已启用。"),
    "end-sessions": Act(
        end_sessions,
        "结束所有登录",
        "这个账号在所有手机和电脑上都要重新登录，密码不变。手机里没有上传的内容不会丢。",
        "所有登录已结束。",
    ),
    "second-factor": Act(
        remove_second_factor,
        "取消两步验证",
        "手机丢了、备用码也没有了，才这样办。先当面或打电话核实是本人。取消以后，已有的登录立刻结束，下次只凭密码登录；必须用两步验证的角色登录时重新设置。",
        "两步验证已取消。",
    ),
}


def give_role(account: User, *, values: dict[str, Any], by: User) -> RoleGrant:
    """A dated role at its place. `values` are those of RoleForm, whose rules have been asked."""
    require(by, "give_roles", account)
    cadre = _cadre_of(account)
    refused = why_not_for_oneself(values["role"]) if account.pk == by.pk else ""
    if refused:
        raise ValidationError({"role": refused})
    unit = _find(Unit, values["unit"], "unit")
    village = _find(Village, values["village"], "village")
    with transaction.atomic():
        # One at a time for a person, so that two windows do not give it twice.
        Cadre.objects.select_for_update().get(pk=cadre.pk)
        same = RoleGrant.objects.filter(cadre=cadre, role=values["role"], unit=unit, village=village)
        begin, end = values["begins_on"], values["ends_on"]
        meets = Q(ends_on__isnull=True) | Q(ends_on__gte=begin)
        if same.filter(meets, **({"begins_on__lte": end} if end else {})).exists():
            raise ValidationError({"role": "这些天里已经有这个角色了"})
        return RoleGrant.objects.create(
            cadre=cadre, role=values["role"], unit=unit, village=village, begins_on=begin, ends_on=end
        )


def end_role(grant: RoleGrant, *, ends_on: datetime.date, by: User) -> None:
    """The role holds up to and on that day; what was is not rewritten, the grant stays on record."""
    account = grant.cadre.user
    require(by, "give_roles", account)
    if account.pk == by.pk and grant.role == Role.SYSTEM_ADMIN:
        raise ValidationError({"ends_on": "不能结束自己的系统管理员角色，请由另一位系统管理员办理"})
    earliest = max(grant.begins_on, clock.today() - datetime.timedelta(days=1))
    if ends_on < earliest:
        raise ValidationError({"ends_on": f"最早只能到 {earliest}：已经过去的日子不改"})
    changed = RoleGrant.objects.filter(_not_over(), pk=grant.pk).update(ends_on=ends_on)
    if not changed:
        raise ValidationError({"ends_on": "这个角色已经结束了"})


def _not_over() -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gte=clock.today())


def give_view(account: User, *, place: Place, by: User) -> None:
    """另行授权: sees a unit's or village's rows without a role there, until it is taken back."""
    require(by, "give_views", account)
    if account.pk == by.pk:
        raise ValidationError("系统管理员不看户的资料，不能给自己授权")
    assign_perm(_VIEW[type(place)], account, place)


def take_view(account: User, *, place: Place, by: User) -> None:
    require(by, "give_views", account)
    remove_perm(_VIEW[type(place)], account, place)


def views_of(account: User) -> list[Place]:
    units = UnitPermission.objects.filter(user=account).select_related("content_object")
    villages = VillagePermission.objects.filter(user=account).select_related("content_object")
    return [one.content_object for one in (*units, *villages)]


def _cadre_of(account: User) -> Cadre:
    cadre: Cadre | None = getattr(account, "cadre", None)
    if cadre is None:
        raise ValidationError({"role": "这个账号没有对应的干部，不能有角色"})
    return cadre


def _find(model: Any, code: str, field: str) -> Any:
    if not code:
        return None
    found = model.objects.filter(code=code).first()
    if found is None:
        raise ValidationError({field: f"没有编码是 {code} 的{model._meta.verbose_name}"})
    return found
