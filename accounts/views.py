"""Sign-in, sign-out, and the size of the text."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.forms import SignInForm

LARGE_TEXT = "large_text"
_A_YEAR = 365 * 24 * 3600


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    http_method_names = ("post", "options")


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """大字, remembered on this device."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(target if safe else "/")
    if request.POST.get("size") == "large":
        answer.set_cookie(LARGE_TEXT, "1", max_age=_A_YEAR, samesite="Lax", secure=request.is_secure())
    else:
        answer.delete_cookie(LARGE_TEXT)
    return answer
