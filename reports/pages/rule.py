"""Of one rule: who has done it and who has not, each opening its evidence; from the figures that are kept."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
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
from registry.scope import scope_of
from reports.dashboards import charts, queries
from reports.dashboards.area import has_overview
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
    # What it is today, where the frozen figure is another.
    now: str = ""
    code: str = ""

    @property
    def word(self) -> str:
        return STATE_WORDS[self.state]


class Row(NamedTuple):
    """One figure as it is kept."""

    subject: int
    quota: int
    unit: str | None
    state: str
    done: int
    total: int

    @property
    def key(self) -> tuple[int, int]:
        return self.subject, self.quota


@dataclass(frozen=True)
class Shown:
    """`rows` of whom one may see, `chosen` those in the state that is asked; by unit and name: nobody is ranked."""

    rule: Quota
    kind: str
    period: Period
    kept: queries.Kept
    unit: str
    state: str
    rows: list[Row]
    chosen: list[Row]
    subjects: dict[int, Any]
    # The live figures beside frozen ones.
    now: dict[tuple[int, int], tuple[str, int, int]]

    def lines(self, rows: Iterable[Row]) -> list[Line]:
        return [_line(row, self) for row in rows]


def shown_for(user: Any, quota: str, kind: str, query: Mapping[str, str], today: datetime.date) -> Shown:
    """Raise Http404 where nobody is there whom one may see."""
    period = _period(query, today)
    named = {each.pk: each for each in Quota.objects.filter(code=quota)}
    kept = queries.kept_of([period])
    if queries.compute_if_cheap([period], kept, today):
        kept = queries.kept_of([period])
    if not named or kind not in _SUBJECTS or not kept.has(period):
        raise Http404
    visible = _SUBJECTS[kind].objects.visible_to(user)
    frozen = period.code in kept.frozen
    figures: Any = FrozenFigure if frozen else Compliance
    found = figures.objects.filter(period=period.code, quota__in=list(named), subject_kind=kind)
    found = found.filter(subject_id__in=visible.values("pk"))
    unit = query.get("unit", "").replace("\x00", "")
    if unit:
        found = found.filter(unit__code=unit)
    rows = [
        Row(*row) for row in found.values_list("subject_id", "quota", "unit__name", "status", "done", "total")
    ]
    if not rows:
        raise Http404
    state = query.get("state", "")
    state = state if state in STATE_WORDS else ""
    chosen = [row for row in rows if state in ("", row.state)]
    subjects = {
        each.pk: each for each in _SUBJECTS[kind].objects.filter(pk__in={row.subject for row in chosen})
    }
    chosen.sort(
        key=lambda row: (spelt(row.unit or "") if kind != "unit" else "", spelt(subjects[row.subject].name))
    )
    return Shown(
        rule=next(iter(named.values())),
        kind=kind,
        period=period,
        kept=kept,
        unit=unit,
        state=state,
        rows=rows,
        chosen=chosen,
        subjects=subjects,
        now=_now(period, list(named), kind) if frozen else {},
    )


@login_required
@require_safe
@never_cache
def rule(request: HttpRequest, quota: str, kind: str) -> HttpResponse:
    """Of whom one may see; nobody there answers as not there."""
    shown = shown_for(request.user, quota, kind, request.GET, clock.today())
    page = Paginator(shown.chosen, PAGE).get_page(request.GET.get("page"))
    states = Counter(row.state for row in shown.rows)
    keep = {"period": shown.period.code} | ({"unit": shown.unit} if shown.unit else {})
    asked = shown.state
    context = {
        "rule": shown.rule,
        "kind": kind,
        "period": shown.period,
        "since": charts.since(shown.period, shown.kept),
        "page": page,
        "lines": shown.lines(page.object_list),
        "met": states["met"],
        "met_now": sum(shown.now.get(row.key, row[3:])[0] == "met" for row in shown.rows),
        "counted": states.total() - states["exempt"],
        "states": [
            (
                word,
                states[state],
                urlencode(keep | ({} if state == asked else {"state": state})),
                state == asked,
            )
            for state, word in STATE_WORDS.items()
            if states[state]
        ],
        "query": urlencode(keep | ({"state": asked} if asked else {})) + "&",
        "back": _back(request.user, shown),
        "exported": urlencode({"quota": quota, "kind": kind}),
    }
    return render(request, "dashboards/rule.html", context)


def _back(user: Any, shown: Shown) -> str:
    """The overview that a figure of the rule stands on, for this person."""
    asked = urlencode({"period": shown.period.code}) if shown.period.kind != "quarter" else ""
    if shown.unit and Unit.objects.visible_to(user).filter(code=shown.unit).exists():
        return f"{reverse('unit_overview', args=[shown.unit])}?{asked}"
    if scope_of(user).county:
        return f"{reverse('county')}?{asked}"
    return f"{reverse('overview')}?{asked}" if has_overview(user) else ""


def _period(query: Mapping[str, str], today: datetime.date) -> Period:
    try:
        return Period.parse(query.get("period", "") or Period.month_of(today).code)
    except ValueError as error:
        raise Http404 from error


def _now(period: Period, quotas: list[int], kind: str) -> dict[tuple[int, int], tuple[str, int, int]]:
    """The live figures beside the frozen ones: state, done, total by subject and rule."""
    live = Compliance.objects.filter(period=period.code, quota__in=quotas, subject_kind=kind)
    rows = live.values_list("subject_id", "quota", "status", "done", "total")
    return {(subject, quota): (state, done, total) for subject, quota, state, done, total in rows}


def _line(row: Row, shown: Shown) -> Line:
    subject, kind = shown.subjects[row.subject], shown.kind
    place = reverse("evidence", args=[shown.rule.code, kind, subject.code])
    url = f"{place}?{urlencode({'period': shown.period.code})}"
    stands = row.state, row.done, row.total
    live = shown.now.get(row.key, stands)
    moved = f"现在 {live[1]} / {live[2]} {STATE_WORDS[live[0]]}" if live != stands else ""
    return Line(
        subject.name,
        (row.unit or "") if kind != "unit" else "",
        f"{row.done} / {row.total}",
        row.state,
        url,
        moved,
        code=subject.code,
    )
