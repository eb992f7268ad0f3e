"""The size of the text."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from accounts.addresses import asked_next

LARGE_TEXT = "large_text"
_A_YEAR = 365 * 24 * 3600


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """大字, remembered on this device."""
    answer = HttpResponseRedirect(asked_next(request, "/"))
    if request.POST.get("size") == "large":
        answer.set_cookie(LARGE_TEXT, "1", max_age=_A_YEAR, samesite="Lax", secure=request.is_secure())
    else:
        answer.delete_cookie(LARGE_TEXT)
    return answer
