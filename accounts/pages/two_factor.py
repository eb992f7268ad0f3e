"""两步验证: switching it on, the recovery codes, switching it off."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import open_sessions, sign_in, two_factor
from accounts.addresses import asked_next
from accounts.forms import CodeForm, ConfirmForm

_SECRET = "two_factor_secret"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def two_factor_page(request: HttpRequest) -> HttpResponse:
    """The state if it is on, else the way to switch it on."""
    user: Any = request.user
    if two_factor.device_of(user) is not None:
        return _state(request, user)
    # Until it is confirmed the secret lives in this session alone.
    key = request.session.setdefault(_SECRET, two_factor.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = two_factor.set_up(user, key, form.cleaned_data["code"])
        if codes:
            return _switched_on(request, user, codes)
        form.wrong()
    # The steps are read from the first one on.
    form.fields["code"].widget.attrs.pop("autofocus", None)
    context = {
        "form": form,
        "setup": two_factor.Setup(key, user.username),
        "required": two_factor.required_for(user),
        "next": asked_next(request),
    }
    return render(request, "accounts/two_factor_setup.html", context)


def _switched_on(request: HttpRequest, user: Any, codes: list[str]) -> HttpResponse:
    """This session has shown the code; the others have not."""
    del request.session[_SECRET]
    sign_in.verify_session(request, two_factor.device_of(user))
    open_sessions.end_others(user, request.session.session_key, by=user)
    return _show_codes(request, codes, fresh=True)


def _show_codes(request: HttpRequest, codes: list[str], *, fresh: bool) -> HttpResponse:
    """Once: they are kept only as what cannot be read back."""
    context = {"codes": codes, "fresh": fresh, "next": asked_next(request, "/account/")}
    return render(request, "accounts/recovery_codes.html", context)


def _state(request: HttpRequest, user: Any) -> HttpResponse:
    context = {
        "left": two_factor.codes_left(user),
        "required": two_factor.required_for(user),
        "device": two_factor.device_of(user),
    }
    return render(request, "accounts/two_factor.html", context)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_codes(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ConfirmForm(request.POST or None, user=user, request=request)
    if two_factor.device_of(user) is None:
        return redirect("two_factor")
    if request.method == "POST" and form.is_valid():
        return _show_codes(request, two_factor.new_codes(user), fresh=False)
    return render(request, "accounts/two_factor_confirm.html", {"form": form, "off": False})


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def switch_off(request: HttpRequest) -> HttpResponse:
    """Not for those of whom it is required."""
    user: Any = request.user
    if two_factor.device_of(user) is None or two_factor.required_for(user):
        return redirect("two_factor")
    form = ConfirmForm(request.POST or None, user=user, request=request)
    if request.method == "POST" and form.is_valid():
        two_factor.remove(user, by=user)
        messages.success(request, "两步验证已关闭")
        return redirect("account")
    return render(request, "accounts/two_factor_confirm.html", {"form": form, "off": True})
