"""依据: the rows that count and the rows that do not, with the reason (contract 6, rule 9)."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import PostSpan, Unit
from registry.scope import scope_of
from reports.models import SubjectKind
from reports.pages.duties import duties
from reports.pages.frozen import beside
from reports.quotas.changes import changed_since
from reports.quotas.evidence import evidence, only
from reports.quotas.rules import SUBJECTS


@login_required
@require_safe
def evidence_page(request: HttpRequest, quota: str, kind: str, code: str) -> HttpResponse:
    """As a page, or as the part that stands beside a table. Not yours answers as not there."""
    period, as_of = _asked(request)
    subject = SUBJECTS[kind].objects.visible_to(request.user).filter(code=code).first()
    if subject is None:
        raise Http404
    found = duties(period, as_of=as_of, subjects=only(SubjectKind(kind), subject.pk))
    live = [duty for duty in found if duty.quota.code == quota]
    kept = beside(period, kind, [subject], live, today=clock.today())
    pair = next((pair for pair in kept.pairs if pair.either.quota.code == quota), None) if kept else None
    if not live and pair is None:
        raise Http404
    duty = pair.either if pair else live[0]
    # What was frozen is not compared with what was known before.
    early = kept is not None and as_of < kept.on - datetime.timedelta(days=1)
    differs = pair is not None and pair.differs and not early
    rows = evidence(duty.quota, period, as_of=as_of, subject_id=subject.pk)
    context = {
        "back": _way_back(request, kind, subject, period, as_of),
        "duty": duty,
        "period": period,
        "as_of": as_of,
        "subject": subject,
        "kept": kept,
        "pair": None if early else pair,
        "changes": changed_since(duty.quota, period, subject.pk, on=as_of) if differs else [],
        "past": _way_to_past(request, kind, subject, period) if kept else "",
        "counting": [row for row in rows if row.counts],
        "not_counting": [row for row in rows if not row.counts],
    }
    part = request.headers.get("X-Part") == "panel"
    return render(request, "reports/_panel.html" if part else "reports/evidence.html", context)


def _way_to_past(request: HttpRequest, kind: str, subject: Any, period: Period) -> str:
    if kind != SubjectKind.CADRE:
        return ""
    whose = {} if subject.user_id == request.user.pk else {"cadre": subject.code}
    return f"{reverse('past')}?{urlencode(whose | {'year': period.code[:4]})}"


def _asked(request: HttpRequest) -> tuple[Period, datetime.date]:
    """Today unless an earlier day is asked for; a later one would know too much."""
    today = clock.today()
    try:
        period = Period.parse(request.GET.get("period", ""))
        as_of = datetime.date.fromisoformat(request.GET["as_of"]) if "as_of" in request.GET else today
    except ValueError as error:
        raise Http404 from error
    return period, min(as_of, today)


def _way_back(
    request: HttpRequest, kind: str, subject: Any, period: Period, as_of: datetime.date
) -> tuple[str, str]:
    """Name and address of the page this figure stands on."""
    day = period.reference_day(as_of)
    query = f"?month={Period.month_of(day).code}"
    unit = None
    if kind == "village":
        return "村(社区)的任务", reverse("villages") + query
    if kind == "unit":
        unit = subject
    elif kind == "cadre":
        if subject.user_id == request.user.pk:
            return "我的", reverse("me") + query
        spans = PostSpan.objects.filter(cadre=subject, begins_on__lte=day, ends_on__gte=day)
        unit = Unit.objects.visible_to(request.user).filter(pk__in=spans.values("unit")).first()
    if unit:
        return unit.name, reverse("unit", args=[unit.code]) + query
    return (
        ("全县", reverse("county_units") + query)
        if scope_of(request.user).county
        else ("首页", reverse("home"))
    )
