"""The menu: one address a noun, by the roles a person holds today."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.notices import unread_count
from accounts.views import LARGE_TEXT
from registry.models import Role, Unit
from registry.rights import may
from registry.scope import scope_of
from reports.pages.households import sees_more_than_own


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    icon: str
    current: bool


def menu(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; nothing is asked of the database for a visitor without an account."""
    context: dict[str, Any] = {"large_text": request.COOKIES.get(LARGE_TEXT) == "1", "demo": settings.DEMO}
    if getattr(request, "user", None) is not None and request.user.is_authenticated:
        context["menu"] = [
            Item(label, url, icon, request.path.startswith(url)) for label, url, icon in _places(request.user)
        ]
        # Asked only where the page shows it: parts of pages do not.
        context["unread"] = partial(unread_count, request.user)
    return context


def _places(user: Any) -> list[tuple[str, str, str]]:
    scope = scope_of(user)
    places = [("我的", reverse("me"), "me")]
    places += [
        ("本单位" if len(scope.unit_ids) == 1 else unit.name, reverse("unit", args=[unit.code]), "unit")
        for unit in home_units(user)
    ]
    if scope.village_ids:
        places.append(("村", reverse("villages"), "village"))
    if sees_more_than_own(user):
        places.append(("户", reverse("households"), "home"))
    if may(user, "see_accounts"):
        places.append(("账号", reverse("accounts"), "people"))
    if scope.has(Role.SYSTEM_ADMIN):
        places.append(("系统", reverse("admin:index"), "system"))
    if scope.has(Role.AUDITOR):
        places.append(("审计", reverse("audit_log"), "audit"))
    if scope.county:
        places += [("全县", reverse("county"), "county"), ("导入", reverse("imports"), "import")]
    return places


def home_units(user: Any) -> list[Unit]:
    """The units a person follows: liaison, leader or township."""
    ids = scope_of(user).unit_ids
    return list(Unit.objects.filter(pk__in=ids).order_by("code")) if ids else []
