"""Who calls an address of /api/: a person's session with its CSRF token, or a program's own token."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts import tokens

View = Callable[..., HttpResponse]


def author_code(user: Any) -> str:
    """By what a phone knows its owner, and says whose its items are: the 工号 where there is one."""
    cadre = getattr(user, "cadre", None)
    return str(cadre.code if cadre else user.username)


def problem(status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail, **more}, status=status)


def api(view: View) -> View:
    """401 without either, 403 for a session without its CSRF token; never a redirect to a page."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def called(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            user = tokens.user_of(text.strip())
            if user is None:
                return problem(401, "token", "访问令牌不对、已停用或已过期")
            # Whoever asks who acts (accounts.middleware.ActingUser) finds the token's owner.
            request.user = request._cached_user = user  # type: ignore[attr-defined]
        elif not request.user.is_authenticated:
            return problem(401, "sign_in", "请先登录；没有上传的内容还在这部手机里")
        elif _forged(request):
            return problem(403, "csrf", "页面已过期，请重新打开再试")
        return view(request, *args, **options)

    return called


def _forged(request: HttpRequest) -> bool:
    """Django's own check, answered in JSON."""
    check = CsrfViewMiddleware(lambda _: HttpResponse())
    check.process_request(request)
    return check.process_view(request, _any_view, (), {}) is not None


def _any_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
