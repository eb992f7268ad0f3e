"""件件有着落、事事有回音: the page that must be empty (contract, section 4)."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances.owing import may_look, owing
from lianhu.kit import clock

# The oldest wait first; the rest follows once these are looked after.
MOST = 50


@login_required
@require_safe
@never_cache
def owing_page(request: HttpRequest) -> HttpResponse:
    """Each kind with its count and its oldest rows; not yours answers as not there."""
    user: Any = request.user
    if not may_look(user):
        raise Http404
    kinds: list[dict[str, Any]] = [
        {"kind": kind, "count": kind.rows.count(), "rows": list(kind.rows[:MOST])}
        for kind in owing(user, clock.today())
    ]
    context = {
        "kinds": kinds,
        "total": sum(each["count"] for each in kinds),
        "well": [each["kind"].label for each in kinds if not each["count"]],
        "most": MOST,
    }
    return render(request, "matters/owing.html", context)
