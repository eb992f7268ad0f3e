"""往期: a cadre's earlier months, quarters and years as frozen, the live figure beside where it differs (section 7)."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from registry.models import Cadre
from reports.models import Compliance, FrozenFigure, FrozenPeriod, StoredPeriod, SubjectKind
from reports.pages.duties import Duty
from reports.pages.frozen import Beside, day_of, kept_duty, pairs


@login_required
@require_safe
def past(request: HttpRequest) -> HttpResponse:
    """One's own, or with `?cadre=` somebody's whom one sees; a year at a time."""
    user: Any = request.user
    today, own = clock.today(), getattr(user, "cadre", None)
    cadre = own
    if "cadre" in request.GET:
        cadre = Cadre.objects.visible_to(user).filter(code=request.GET["cadre"].replace("\x00", "")).first()
        if cadre is None:
            raise Http404
    if cadre is None:
        return render(request, "reports/me_nobody.html")
    years = _years(cadre)
    asked = request.GET.get("year", "")
    year = asked if asked in years else next(iter(years), "")
    context = {
        "cadre": cadre,
        "own": cadre == own,
        "years": years,
        "year": year,
        "periods": frozen_year(cadre, year, today) if year else [],
    }
    return render(request, "reports/past.html", context)


def _years(cadre: Cadre) -> list[str]:
    """Those with anything frozen, the newest first."""
    codes = FrozenFigure.objects.filter(subject_kind=SubjectKind.CADRE, subject_id=cadre.pk)
    return sorted({code[:4] for code in codes.values_list("period", flat=True).distinct()}, reverse=True)


def frozen_year(cadre: Cadre, year: str, today: datetime.date) -> list[Beside]:
    """The year itself first, then the newest; live figures are those last stored. A fixed number of statements."""
    of_cadre = {"subject_kind": SubjectKind.CADRE, "subject_id": cadre.pk, "period__startswith": year}
    then = _by_period(FrozenFigure.objects.filter(**of_cadre).select_related("quota"))
    now = _by_period(Compliance.objects.filter(**of_cadre).select_related("quota"))
    stored = set(StoredPeriod.objects.filter(code__startswith=year).values_list("code", flat=True))
    frozen = FrozenPeriod.objects.filter(code__in=then)
    found = []
    for each in sorted(
        frozen, key=lambda one: (one.period.last, -one.period.first.toordinal()), reverse=True
    ):
        period = each.period
        # Nothing is compared with figures that were never stored.
        live: Iterable[Any] = now[each.code] if each.code in stored else then[each.code]
        duties: list[Duty] = [kept_duty(row, cadre, period, today) for row in live]
        found.append(
            Beside(period, day_of(each), pairs({cadre.pk: cadre}, then[each.code], duties, period, today))
        )
    return found


def _by_period(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.period].append(row)
    return found
