"""Who may still sign in: leaving the county's service closes the account at that day's end (contract 8)."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from lianhu.kit import clock
from registry.models import Role
from registry.scope import scope_of


class InService(ModelBackend):
    """Asked at sign-in and again at each request, so that an open session ends too."""

    def get_user(self, user_id: Any) -> User | None:
        """With the cadre, whom nearly every page asks for."""
        user = User.objects.select_related("cadre").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        cadre = getattr(user, "cadre", None)
        left_on = cadre and cadre.left_on
        return super().user_can_authenticate(user) and not (left_on and left_on < clock.today())


def needs_second_factor(user: User) -> bool:
    """Who sees the whole county, and who opens accounts (settings.SECOND_FACTOR_ASKED_OF)."""
    return scope_of(user).has(Role.COUNTY_OFFICE, Role.SYSTEM_ADMIN)
