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
from registry.models import Unit
from registry.scope import scope_of
from reports.dashboards import charts, queries
from reports.dashboards.area import has_overview, linked_area
from reports.models import Compliance, FrozenFigure, Quota
from reports.pages.duties import STATE_WORDS
from reports.quotas.rules import SUBJECTS
from reports.quotas.told import owed_by

PAGE = 100


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


@dataclass(frozen=True)
class Shown:
    """`rows` of whom one may see, `chosen` those in the state that is asked; by unit and name: nobody is ranked."""

    rule: Quota
    owed: str
    kind: str
    period: Period
    kept: queries.Kept
    unit: str
    linked: bool
    state: str
    rows: list[Row]
    chosen: list[Row]
    subjects: dict[int, Any]
    # The live figures beside frozen ones; None: the period has none that are live, or is not frozen.
    now: dict[int, tuple[str, int, int]] | None

    def lines(self, rows: Iterable[Row]) -> list[Line]:
        return [_line(row, self) for row in rows]


def figures_for(user: Any, kept: Any, quota: str, kind: str, period: Period) -> Any:
    """Of whom the person may see."""
    visible = SUBJECTS[kind].objects.visible_to(user)
    found = kept.objects.filter(period=period.code, quota__code=quota, subject_kind=kind)
    return found.filter(subject_id__in=visible.values("pk"))


def _of_linked(found: Any, kind: str, user: Any) -> Any:
    """Those that the overview of what one is linked to counts."""
    area = linked_area(user)
    ids = area.village_ids if kind == "village" else area.unit_ids
    return found.filter(**{f"{'unit' if kind == 'cadre' else 'subject_id'}__in": ids or ()})


def _kept(period: Period, today: datetime.date) -> queries.Kept:
    kept = queries.kept_of([period])
    return queries.kept_of([period]) if queries.compute_if_cheap([period], kept, today) else kept


def may_list(user: Any, query: Mapping[str, str], today: datetime.date) -> bool:
    """Whether the list named by an export's address holds anybody whom the person may see."""
    quota, kind = (query.get(name, "").replace("\x00", "") for name in ("quota", "kind"))
    try:
        period = Period.parse(query.get("period", ""))
    except ValueError:
        return False
    figures = FrozenFigure if period.code in _kept(period, today).frozen else Compliance
    found = kind in SUBJECTS and figures_for(user, figures, quota, kind, period)
    return bool(found and found.exists())


def shown_for(user: Any, quota: str, kind: str, query: Mapping[str, str], today: datetime.date) -> Shown:
    """Raise Http404 where nobody is there whom one may see."""
    period = _period(query, today)
    named = {each.pk: each for each in Quota.objects.filter(code=quota)}
    kept = _kept(period, today)
    if not named or kind not in SUBJECTS or not kept.has(period):
        raise Http404
    frozen = period.code in kept.frozen
    found = figures_for(user, FrozenFigure if frozen else Compliance, quota, kind, period)
    unit = query.get("unit", "").replace("\x00", "")
    linked = query.get("of") == "linked" and has_overview(user)
    if unit:
        found = found.filter(unit__code=unit)
    if linked:
        found = _of_linked(found, kind, user)
    rows = [
        Row(*row) for row in found.values_list("subject_id", "quota", "unit__name", "status", "done", "total")
    ]
    if not rows:
        raise Http404
    state = query.get("state", "")
    state = state if state in STATE_WORDS else ""
    chosen = [row for row in rows if state in ("", row.state)]
    subjects = {
        each.pk: each for each in SUBJECTS[kind].objects.filter(pk__in={row.subject for row in chosen})
    }
    chosen.sort(
        key=lambda row: (spelt(row.unit or "") if kind != "unit" else "", spelt(subjects[row.subject].name))
    )
    return Shown(
        rule=next(iter(named.values())),
        owed="；".join(owed_by(named[pk] for pk in sorted({row.quota for row in rows}))),
        kind=kind,
        period=period,
        kept=kept,
        unit=unit,
        linked=linked,
        state=state,
        rows=rows,
        chosen=chosen,
        subjects=subjects,
        now=_now(period, list(named), kind) if frozen and period.code in kept.stored else None,
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
    keep |= {"of": "linked"} if shown.linked else {}
    asked = shown.state
    context = {
        "rule": shown.rule,
        "owed": shown.owed,
        "kind": kind,
        "period": shown.period,
        "since": charts.since(shown.period, shown.kept),
        "page": page,
        "lines": shown.lines(page.object_list),
        "met": states["met"],
        "met_now": _met_now(shown, states["met"]),
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
        "exported": urlencode({"quota": quota, "kind": kind, "period": shown.period.code}),
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


def _now(period: Period, quotas: list[int], kind: str) -> dict[int, tuple[str, int, int]]:
    """State, done and total by subject: whoever changed rank since is bound by another rule of the code."""
    live = Compliance.objects.filter(period=period.code, quota__in=quotas, subject_kind=kind)
    rows = live.values_list("subject_id", "status", "done", "total")
    return {subject: (state, done, total) for subject, state, done, total in rows}


def _line(row: Row, shown: Shown) -> Line:
    subject, kind = shown.subjects[row.subject], shown.kind
    place = reverse("evidence", args=[shown.rule.code, kind, subject.code])
    url = f"{place}?{urlencode({'period': shown.period.code})}"
    return Line(
        subject.name,
        (row.unit or "") if kind != "unit" else "",
        f"{row.done} / {row.total}",
        row.state,
        url,
        _told_now(row, shown),
        code=subject.code,
    )


def _met_now(shown: Shown, frozen: int) -> int:
    if shown.now is None:
        return frozen
    listed = {row.subject for row in shown.rows}
    return sum(state == "met" for subject, (state, *_) in shown.now.items() if subject in listed)


def _told_now(row: Row, shown: Shown) -> str:
    if shown.now is None:
        return ""
    live = shown.now.get(row.subject)
    if live is None:
        return "现在不考"
    state, done, total = live
    stands = (state, done, total) == (row.state, row.done, row.total)
    return "" if stands else f"现在 {done} / {total} {STATE_WORDS[state]}"
