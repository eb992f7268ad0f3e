"""年度工作计划 of the units by year: which have one, which do not (方案六(二))."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from registry.models import Unit
from reports.pages.activities import kinds_for, places_beside
from visits.activity_entry import own_places
from visits.models import Activity, ActivityKind

PAGE = 100


@login_required
@require_safe
@never_cache
def work_plans(request: HttpRequest) -> HttpResponse:
    """A plan counts in the year of its own day. Units by name as the registry lists them."""
    units = Unit.objects.visible_to(request.user).order_by("code")
    if not units.exists():
        raise Http404
    today = clock.today()
    years = tuple(today.year - back for back in range(3))
    asked = request.GET.get("year", str(today.year))
    if asked not in {str(year) for year in years}:
        raise Http404
    plans = Activity.objects.filter(kind=ActivityKind.WORK_PLAN, day__year=int(asked), voided_at=None)
    page = Paginator(units, PAGE).get_page(request.GET.get("page"))
    files = Count("files", filter=~Q(files__file=""))
    by_unit: dict[int, list[Activity]] = {}
    for plan in (
        plans.filter(unit__in=list(page.object_list)).annotate(file_count=files).order_by("day", "pk")
    ):
        by_unit.setdefault(plan.unit_id or 0, []).append(plan)
    enters = {code for kind, code in own_places(request.user, today) if kind == "unit"}  # type: ignore[arg-type]
    writes = ActivityKind.WORK_PLAN in kinds_for(request.user, today) and int(asked) == today.year
    context = {
        "page": page,
        "rows": [
            (unit, by_unit.get(unit.pk, []), writes and unit.code in enters) for unit in page.object_list
        ],
        "year": int(asked),
        "years": years,
        "with_plan": units.filter(pk__in=plans.values("unit")).count(),
        "query": f"year={asked}&",
        "places": places_beside(request.user, "work_plans"),
    }
    return render(request, "activities/work_plans.html", context)
