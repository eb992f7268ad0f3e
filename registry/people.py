"""Accounts by what the registry says of them today."""

import datetime

from django.db.models import Q, QuerySet

from accounts.models import User
from registry.models import Role, RoleGrant
from registry.querysets import in_force


def in_service(on: datetime.date) -> QuerySet[User]:
    """Who may sign in on the day, with their cadre; the rule is that of `registry.sign_in`."""
    stays = Q(cadre__left_on__isnull=True) | Q(cadre__left_on__gte=on)
    return User.objects.select_related("cadre").filter(stays, is_active=True)


def holding(role: Role, on: datetime.date) -> QuerySet[User]:
    """Who holds the role on the day, wherever it is for, and may sign in."""
    grants = RoleGrant.objects.filter(in_force(on), role=role)
    return in_service(on).filter(cadre__in=grants.values("cadre"))
