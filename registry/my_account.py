"""我的账号: roles, password, mail, second factor, tokens and sessions on one page."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import open_sessions, two_factor
from accounts.forms import EmailForm
from accounts.models import User
from accounts.tokens import tokens_of
from lianhu.kit import clock
from registry.models import RoleGrant


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    # A bound form writes into its instance even when it is wrong: the page shows another one.
    form = EmailForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "邮箱已保存" if form.cleaned_data["email"] else "不再发邮件汇总")
        return redirect("account")
    context = {
        "form": form,
        "roles": _roles(user),
        "device": two_factor.device_of(user),
        "codes_left": two_factor.codes_left(user),
        "asked": two_factor.asked_of(user),
        "only_demo": settings.DEMO,
        "tokens": tokens_of(user).filter(ended_at=None, expires_at__gt=clock.now()).count(),
        "sessions": open_sessions.of_user(user, request.session.session_key),
    }
    return render(request, "accounts/account.html", context)


def _roles(user: User) -> list[RoleGrant]:
    """Those of today and to come; ended ones are history."""
    grants = RoleGrant.objects.filter(cadre__user=user).exclude(ends_on__lt=clock.today())
    return list(grants.select_related("unit", "village").order_by("begins_on", "pk"))
