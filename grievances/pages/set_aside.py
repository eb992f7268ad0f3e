"""剔除: every satisfaction that the office has set aside, with its reason, who and when (contract, section 4)."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances.models import Grievance
from grievances.satisfaction import counts, rate_text, set_aside_steps
from lianhu.kit import clock
from registry.scope import scope_of

PAGE = 50


@login_required
@require_safe
@never_cache
def set_aside(request: HttpRequest) -> HttpResponse:
    """For the office, which alone may do it; beside the figures of the year, so that its weight is seen."""
    if not scope_of(request.user).county:
        raise Http404
    year = clock.today().year
    page = Paginator(set_aside_steps(), PAGE).get_page(request.GET.get("page"))
    told = counts(Grievance.objects.filter(registered_on__year=year))
    content = told["satisfied"] + told["basically"]
    context = {"page": page, "year": year, "counts": told, "rate": rate_text(content, told["whole"])}
    return render(request, "matters/set_aside.html", context)
