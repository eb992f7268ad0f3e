"""登录, the code after the password, 退出."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, devices, sign_in, two_factor
from accounts.addresses import asked_next
from accounts.forms import CodeForm, SignInForm
from accounts.models import AuditKind, User
from accounts.sign_in import Outcome, Pending

SIGNED_IN = "signed_in"
_A_YEAR = 365 * 24 * 3600


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    target = asked_next(request)
    if request.user.is_authenticated:
        return redirect(target or settings.LOGIN_REDIRECT_URL)
    # `n`: who has just opened the account with a code.
    form = SignInForm(request.POST or None, initial={"username": request.GET.get("n", "")[:50]})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["username"], form.cleaned_data["password"]
        outcome = sign_in.try_password(request, name, password)
        if outcome.crowded:
            return _crowded(request, outcome)
        if outcome.user:
            return _password_is_right(request, outcome.user, phone=form.cleaned_data["phone"], next=target)
        form.refuse(outcome.turn)
    context = {"form": form, "next": target, "ended": "ended" in request.GET}
    return render(request, "accounts/sign_in.html", context)


def _crowded(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    answer = render(request, "accounts/crowded.html", status=429)
    answer["Retry-After"] = str(outcome.turn.seconds if outcome.turn else 60)
    return answer


def _password_is_right(request: HttpRequest, user: User, *, phone: bool, next: str) -> HttpResponse:
    if two_factor.device_of(user) is not None:
        sign_in.hold(request, user, phone=phone, next=next)
        return redirect("login_code")
    return _come_in(request, Pending(user, phone, next))


def _come_in(request: HttpRequest, who: Pending, verified: Any = None) -> HttpResponse:
    sign_in.open_session(request, who.user, phone=who.phone, verified=verified)
    answer = HttpResponseRedirect(who.next or settings.LOGIN_REDIRECT_URL)
    devices.remember_device(request, answer, who.user)
    # Read by the field pages: what A left on a phone is not shown to B, even before the server can be asked.
    answer.set_cookie(
        SIGNED_IN, str(who.user.pk), max_age=_A_YEAR, samesite="Lax", secure=request.is_secure()
    )
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest) -> HttpResponse:
    """After the password; also for a session that began before the account had a second factor."""
    pending = sign_in.held(request)
    if pending is None and not _may_verify(request):
        return redirect(asked_next(request, "login"))
    user: Any = pending.user if pending else request.user
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        turn = sign_in.own_turn(request, "code", user)
        device = two_factor.check_code(user, form.cleaned_data["code"]) if turn.allowed else None
        if device is not None:
            turn.succeeded()
            if pending:
                return _come_in(request, pending, device)
            sign_in.verify_session(request, device)
            return redirect(asked_next(request, settings.LOGIN_REDIRECT_URL))
        if turn.allowed:
            audit.log(AuditKind.SIGN_IN_FAILED, user, by=user, two_factor=True)
        form.refuse(turn)
    return render(request, "accounts/code.html", {"form": form, "next": asked_next(request)})


def _may_verify(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_authenticated and not user.is_verified() and two_factor.device_of(user))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        audit.log(AuditKind.SIGN_OUT, request.user)
    logout(request)
    answer = redirect(settings.LOGOUT_REDIRECT_URL)
    answer.delete_cookie(SIGNED_IN, samesite="Lax")
    return answer
