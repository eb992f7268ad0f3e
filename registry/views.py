"""账号: activation by its owner, and the pages of those who keep other people's accounts."""

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import open_sessions
from accounts.models import User
from lianhu.kit import clock
from lianhu.kit.qr import qr_svg
from registry import account_list, activation
from registry import accounts as services
from registry.account_forms import ActivationForm, EndRoleForm, RoleForm, ViewForm
from registry.models import RoleGrant
from registry.reasons import ReasonForm
from registry.rights import may, may_everywhere

_PAGE = 50
_View = Callable[..., HttpResponse]


def _keeper(right: str) -> Callable[[_View], _View]:
    """For those who have the right somewhere; what is not yours answers as what is not there.

    On which accounts is asked where the account is read, and again in the service.
    """

    def guard(view: _View) -> _View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            if not may(request.user, right):
                raise Http404
            try:
                return view(request, *args, **named)
            except PermissionDenied as error:
                raise Http404 from error

        return login_required(guarded)

    return guard


@sensitive_post_parameters("code", "new", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Open to visitors: an account with its 工号 and the code of its slip. Then one signs in as ever."""
    initial = {"username": request.GET.get("n", "")[:50]}
    form = ActivationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _activated(request, form):
        messages.success(request, "账号已激活，请用刚设的密码登录")
        return redirect(f"{reverse('login')}?{urlencode({'n': form.cleaned_data['username']})}")
    return render(request, "registry/activate.html", {"form": form})


def _activated(request: HttpRequest, form: ActivationForm) -> bool:
    values = form.cleaned_data
    try:
        done, turn = activation.try_activation(
            username=values["username"],
            code=values["code"],
            password=values["new"],
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except ValidationError as error:
        form.add_error("new", error)
        return False
    if not done:
        form.refuse(turn)
    return done


@require_safe
@_keeper("see_accounts")
def accounts(request: HttpRequest) -> HttpResponse:
    today, by = clock.today(), request.user
    asked = account_list.Asked.of(request.GET)
    kept = account_list.kept_by(by)
    found = asked.narrowed(kept, today)
    page: Any = Paginator(asked.in_state(found, today).order_by("username"), _PAGE).get_page(
        request.GET.get("page")
    )
    choices = asked.choices(found, today)
    context = {
        "asked": asked,
        "choices": choices,
        "waiting": sum(one["count"] for one in choices if one["state"] in account_list.WAITING),
        "units": account_list.units_of(kept, today),
        "page": page,
        "rows": account_list.rows_of(page.object_list, by, today),
        "page_query": f"{asked.query()}&" if asked.query() else "",
    }
    return render(request, "registry/accounts.html", context)


@never_cache
@require_POST
@_keeper("issue_codes")
def slips(request: HttpRequest) -> HttpResponse:
    """The slips with their codes, in this answer and nowhere else; or what they would undo, to be confirmed."""
    chosen = [name for name in request.POST.getlist("person") if "\x00" not in name][: 4 * _PAGE]
    if not chosen:
        messages.warning(request, "请先勾选要打印激活条的人")
        return redirect("accounts")
    try:
        printed = activation.issue_codes(chosen, by=_user(request), confirmed_at=_moment(request))
    except activation.AskFirst as asked:
        context = {"chosen": asked.chosen, "now": clock.now().isoformat()}
        return render(request, "registry/slips_confirm.html", context)
    address = request.build_absolute_uri(reverse("activate"))
    # Only the address and the 工号; the code is typed.
    shown = [(slip, qr_svg(f"{address}?{urlencode({'n': slip.username})}")) for slip in printed]
    return render(request, "registry/slips.html", {"slips": shown, "address": address})


def _moment(request: HttpRequest) -> datetime.datetime | None:
    """When the person was shown what the slips would undo."""
    try:
        moment = datetime.datetime.fromisoformat(request.POST.get("confirmed_at", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@require_safe
@_keeper("see_accounts")
def kept_account(request: HttpRequest, code: str) -> HttpResponse:
    return _account_page(request, _account(request, code))


def _account_page(request: HttpRequest, account: User, **forms: Form) -> HttpResponse:
    today = clock.today()
    [row] = account_list.rows_of(User.objects.filter(pk=account.pk), request.user, today)
    context: dict[str, Any] = {"row": row, "today": today, "grants": _grants(account, today)}
    if may_everywhere(request.user, "give_roles"):
        context |= {
            "keeps": True,
            "own": account.pk == request.user.pk,
            "sessions": len(open_sessions.of_user(account, None)),
            "views": services.views_of(account),
            "role_form": forms.get("role") or RoleForm(initial={"begins_on": today}),
            "view_form": forms.get("view") or ViewForm(),
        }
    return render(request, "registry/account.html", context)


def _grants(account: User, today: datetime.date) -> list[tuple[RoleGrant, bool]]:
    """All that ever were, those that are over last."""
    found = RoleGrant.objects.filter(cadre__user=account).select_related("unit", "village")
    dated = [(grant, bool(grant.ends_on and grant.ends_on < today)) for grant in found.order_by("-begins_on")]
    return sorted(dated, key=lambda pair: pair[1])


@require_http_methods(["GET", "HEAD", "POST"])
@_keeper("close_accounts")
def account_act(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """One act: what it means, the reason, and it is done."""
    account, chosen = _account(request, code), services.ACTS.get(act)
    if chosen is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.do(account, reason=form.cleaned_data["reason"], by=_user(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, chosen.done)
            return redirect("kept_account", account.username)
    return render(request, "registry/account_act.html", {"account": account, "act": chosen, "form": form})


@require_POST
@_keeper("give_roles")
def give_role(request: HttpRequest, code: str) -> HttpResponse:
    account, form = _account(request, code), RoleForm(request.POST)
    if form.is_valid():
        try:
            grant = services.give_role(account, values=form.cleaned_data, by=_user(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已给{grant.get_role_display()}角色")
            return redirect("kept_account", account.username)
    return _account_page(request, account, role=form)


@require_http_methods(["GET", "HEAD", "POST"])
@_keeper("give_roles")
def end_role(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    account = _account(request, code)
    grant = RoleGrant.objects.filter(cadre__user=account, pk=pk).select_related("unit", "village").first()
    if grant is None:
        raise Http404
    form = EndRoleForm(request.POST or None, initial={"ends_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            services.end_role(grant, ends_on=form.cleaned_data["ends_on"], by=_user(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{grant.get_role_display()}角色到 {form.cleaned_data['ends_on']} 为止")
            return redirect("kept_account", account.username)
    return render(request, "registry/end_role.html", {"account": account, "grant": grant, "form": form})


@require_POST
@_keeper("give_views")
def give_view(request: HttpRequest, code: str) -> HttpResponse:
    account, form = _account(request, code), ViewForm(request.POST)
    if form.is_valid():
        try:
            services.give_view(account, place=form.cleaned_data["place"], by=_user(request))
        except ValidationError as error:
            form.add_error("place", error)
        else:
            messages.success(request, f"已授权查看{form.cleaned_data['place']}")
            return redirect("kept_account", account.username)
    return _account_page(request, account, view=form)


@require_POST
@_keeper("give_views")
def take_view(request: HttpRequest, code: str) -> HttpResponse:
    account, form = _account(request, code), ViewForm(request.POST)
    if not form.is_valid():
        return _account_page(request, account, view=form)
    services.take_view(account, place=form.cleaned_data["place"], by=_user(request))
    messages.success(request, f"已收回对{form.cleaned_data['place']}的授权")
    return redirect("kept_account", account.username)


def _account(request: HttpRequest, code: str) -> User:
    account = account_list.kept_by(request.user).select_related("cadre").filter(username=code).first()
    if account is None:
        raise Http404
    return account


def _user(request: HttpRequest) -> Any:
    return request.user
