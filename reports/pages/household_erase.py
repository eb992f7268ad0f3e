"""遮蔽: removal of a family's words and numbers on its request; the county office alone (contract, section 8)."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from grievances.erasure import erase_household, open_matters
from registry.holding import BLACKING_OUT
from registry.reasons import ReasonForm
from reports.pages.household import require_role, visible_household


class EraseForm(ReasonForm):
    suggestions = ("本户书面申请删除个人信息", "本户口头申请，已核实本人身份")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def erase(request: HttpRequest, code: str) -> HttpResponse:
    """Says first what goes and that it can't come back."""
    home = visible_household(request, code)
    require_role(request, home, BLACKING_OUT)
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            erase_household(home, reason=form.cleaned_data["reason"], by=cast(User, request.user))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("household", code)
    context = {"home": home, "form": form, "waiting": list(open_matters(home))}
    return render(
        request, "reports/household_erase.html", context, status=422 if request.method == "POST" else 200
    )
