"""What a person does to their own account: password, sessions, staying signed in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import devices, open_sessions
from accounts.forms import PasswordForm
from accounts.passwords import change_password


@sensitive_post_parameters("old", "new", "again")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PasswordForm(request.POST or None, user=user, request=request)
    if request.method == "POST" and form.is_valid():
        change_password(request, user, form.cleaned_data["new"])
        messages.success(request, "密码已修改，其他设备上的登录都已退出")
        answer = redirect("account")
        devices.remember_device(request, answer, user)
        return answer
    return render(request, "accounts/password.html", {"form": form})


@login_required
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    open_sessions.end(user, request.POST.get("session", ""), by=user)
    messages.success(request, "那台设备已退出")
    return redirect("account")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    count = open_sessions.end_others(user, request.session.session_key, by=user)
    messages.success(request, f"其他 {count} 处登录已退出" if count else "没有其他登录")
    return redirect("account")


@login_required
@require_POST
def alive(request: HttpRequest) -> HttpResponse:
    """继续使用: that the request came is all there is to it."""
    return HttpResponse(status=204)
