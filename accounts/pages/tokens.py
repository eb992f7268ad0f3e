"""访问令牌: one's own keys for programs (contract, section 10). A new one is shown once, in the answer itself."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.forms import OldPasswordForm
from accounts.tokens import LONGEST_DAYS, end_token, make_token, tokens_of
from lianhu.kit import clock

PAGE = 20
_DAYS = f"填 1 到 {LONGEST_DAYS} 的整数"


class TokenForm(OldPasswordForm):
    name = forms.CharField(
        label="用途",
        max_length=100,
        help_text="哪个系统用它，以后好认。",
        error_messages={"required": "请填用途", "max_length": "用途最多 100 个字"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.IntegerField(
        label="有效天数",
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
        help_text=f"{_DAYS}，到期要重新建。",
        error_messages={
            "required": "请填有效天数",
            "invalid": _DAYS,
            "min_value": _DAYS,
            "max_value": f"最多 {LONGEST_DAYS} 天",
        },
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@sensitive_variables("text")
@sensitive_post_parameters("old")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def api_tokens(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = TokenForm(request.POST if request.method == "POST" else None, user=user, request=request)
    if form.is_valid():
        token, text = make_token(user, name=form.cleaned_data["name"], days=form.cleaned_data["days"])
        return render(request, "accounts/tokens_made.html", {"token": token, "text": text})
    page = Paginator(tokens_of(user), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "now": clock.now()}
    return render(request, "accounts/tokens.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def api_token_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first: it can't be undone. One that is over already is only listed."""
    user: Any = request.user
    token = get_object_or_404(tokens_of(user), pk=pk)
    if request.method == "POST":
        end_token(token)
        messages.success(request, f"“{token.name}”的访问令牌已停用")
        return redirect("api_tokens")
    if token.ended_at or token.expires_at <= clock.now():
        return redirect("api_tokens")
    return render(request, "accounts/tokens_end.html", {"token": token})
