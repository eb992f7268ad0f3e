"""隐私说明: what is kept, why, for how long and who sees it, in plain words, for everybody (contract, section 8)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.settings import setting
from lianhu.kit import clock


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    on = clock.today()
    kept = {
        name: setting(name, on=on) for name in ("id_number_years", "photo_years", "declined_filing_years")
    }
    return render(request, "reports/privacy.html", kept)
