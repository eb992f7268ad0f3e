"""What anybody may open without an account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from grievances.public.forms import CaseForm
from grievances.public.look_up import Answer, look_up
from lianhu.kit import clock


# No CSRF token: the look-up writes nothing but its own count and asks nothing of a session, so a forged one
# gains nothing; and a browser that keeps no cookies, as in many a chat app, can still look up.
@csrf_exempt
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def public_case(request: HttpRequest) -> HttpResponse:
    """The code comes in the body: never in an address, so in no log and no browser's history."""
    form = CaseForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form, status=422 if form.is_bound else 200)
    answer = look_up(**form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""))
    if answer.wait_seconds:
        page = _page(request, form, answer, status=429)
        page["Retry-After"] = str(answer.wait_seconds)
        return page
    if answer.case is None:
        return _page(request, form, answer, status=422)
    return _page(request, CaseForm(), answer)


def _page(
    request: HttpRequest, form: CaseForm, answer: Answer | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "answer": answer,
        "wait_minutes": -(-answer.wait_seconds // 60) if answer else 0,
        "today": clock.today(),
    }
    return render(request, "public/case.html", context, status=status)
