"""Of one rule: who has done it and who has not, each opening its evidence; from the figures that are kept."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import Cadre, Unit, Village
from reports.dashboards import charts, queries
from reports.models import Compliance, FrozenFigure, Quota
from reports.pages.duties import STATE_WORDS

PAGE = 100
_SUBJECTS: dict[str, Any] = {"cadre": Cadre, "unit": Unit, "village": Village}


@dataclass(frozen=True)
class Line:
    name: str
    beside: str
    text: str
    state: str
    url: str

    @property
    def word(self) -> str:
        return STATE_WORDS[self.state]


@login_required
@require_safe
@never_cache
def rule(request: HttpRequest, quota: str, kind: str) -> HttpResponse:
    """Of whom one may see; nobody there answers as not there."""
    period = _period(request)
    named = {each.pk: each for each in Quota.objects.filter(code=quota)}
    kept = queries.kept_of([period])
    if queries.compute_if_cheap([period], kept, clock.today()):
        kept = queries.kept_of([period])
    if not named or not kept.has(period):
        raise Http404
    visible = _SUBJECTS[kind].objects.visible_to(request.user)
    figures: Any = FrozenFigure if period.code in kept.frozen else Compliance
    found = figures.objects.filter(period=period.code, quota__in=list(named), subject_kind=kind)
    found = found.filter(subject_id__in=visible.values("pk"))
    unit = request.GET.get("unit", "").replace("\x00", "")
    if unit:
        found = found.filter(unit__code=unit)
    rows = list(found.values_list("subject_id", "quota", "unit__name", "status", "done", "total"))
    if not rows:
        raise Http404
    states = {state: sum(row[3] == state for row in rows) for state in STATE_WORDS}
    asked = request.GET.get("state", "")
    chosen = [row for row in rows if row[3] == asked] if asked in STATE_WORDS else rows
    subjects = {each.pk: each for each in _SUBJECTS[kind].objects.filter(pk__in={row[0] for row in chosen})}
    # By unit and name: nobody is ranked by what is done.
    chosen.sort(key=lambda row: (spelt(row[2] or "") if kind != "unit" else "", spelt(subjects[row[0]].name)))
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    keep = {"period": period.code} | ({"unit": unit} if unit else {})
    counted = sum(count for state, count in states.items() if state != "exempt")
    context = {
        "rule": next(iter(named.values())),
        "kind": kind,
        "period": period,
        "since": charts.since(period, kept),
        "page": page,
        "lines": [_line(row, subjects, quota, kind, period) for row in page.object_list],
        "met": states["met"],
        "counted": counted,
        "states": [
            (
                STATE_WORDS[state],
                count,
                urlencode(keep | ({} if state == asked else {"state": state})),
                state == asked,
            )
            for state, count in states.items()
            if count
        ],
        "query": urlencode(keep | ({"state": asked} if asked in STATE_WORDS else {})) + "&",
    }
    return render(request, "dashboards/rule.html", context)


def _period(request: HttpRequest) -> Period:
    try:
        period = Period.parse(request.GET.get("period", "") or Period.month_of(clock.today()).code)
    except ValueError as error:
        raise Http404 from error
    return period


def _line(
    row: tuple[int, int, str | None, str, int, int],
    subjects: dict[int, Any],
    quota: str,
    kind: str,
    period: Period,
) -> Line:
    subject_id, _, unit, state, done, total = row
    subject = subjects[subject_id]
    url = f"{reverse('evidence', args=[quota, kind, subject.code])}?{urlencode({'period': period.code})}"
    return Line(subject.name, (unit or "") if kind != "unit" else "", f"{done} / {total}", state, url)
