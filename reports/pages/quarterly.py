"""季度报告: by quarter, and one with its figures, its words and its steps (contract, section 7; 方案五(二))."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from grievances.models import Grievance
from lianhu.kit import clock, fields
from lianhu.kit.excel.write import office_workbook
from lianhu.kit.periods import Period
from lianhu.kit.word import official_document
from registry.models import Household, Unit
from reports.models import FrozenPeriod, QuarterlyReport, ReportAction
from reports.pages.exports import download
from reports.pages.overtaken import overtaken
from reports.quarterly import counts, figures, rules
from reports.quarterly.document import report_document
from reports.quarterly.lines import groups, month_labels
from reports.quarterly.queries import (
    Line,
    history,
    lines_of,
    lines_of_unit,
    may_read_words,
    quarters_offered,
    sees_reports,
    visible_reports,
)
from reports.quarterly.services import WORDS, Meanwhile, act, save_words
from reports.quarterly.summary import issued_quarters
from reports.quarterly.workbook import report_sheets
from reports.quarterly.workflow import STEPS, WRITABLE, prepares, steps_for, submits
from reports.quotas.freeze import cut_off
from visits.models import Activity, ActivityKind, Visit

LONGEST = 5000
PAGE = 50
# The word in the address, what it shows, and which lines.
STATES: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "": ("全部", lambda line: True),
    "open": ("没有报送", lambda line: not line.handed_in),
    "submitted": ("待审", lambda line: line.state == "submitted"),
    "accepted": ("已采纳", lambda line: line.state == "accepted"),
    "late": ("迟报、逾期", lambda line: bool(line.late)),
}


class WordsForm(forms.Form):
    """`seen`: the version that was there when the page was opened."""

    work_done = fields.TextField(
        label="工作开展情况",
        max_length=LONGEST,
        lines=True,
        required=False,
        help_text="数字不用抄，报告里自动附上。写做法、典型事例和成效。",
    )
    problems = fields.TextField(
        label="存在的问题",
        max_length=LONGEST,
        lines=True,
        required=False,
        help_text="没有就空着，报告里不出现这一节。",
    )
    next_steps = fields.TextField(label="下一步打算", max_length=LONGEST, lines=True, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)


class StepForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ReturnForm(StepForm):
    reason = fields.TextField(
        label="要改什么",
        max_length=1000,
        lines=True,
        required=False,
        help_text="单位的联络员和负责人会看到，一直留在过程里。",
    )


@login_required
@require_safe
@never_cache
def reports(request: HttpRequest) -> HttpResponse:
    """By quarter, units by name; whoever follows one unit sees all of its own."""
    if not sees_reports(request.user):
        raise Http404
    shown = shown_for(request.user, request.GET, clock.today())
    words, state, quarter, lines = shown.words, shown.state, shown.quarter, shown.lines
    context = {
        "own": shown.own,
        "quarter": quarter,
        "due": rules.due_on(quarter),
        "over": clock.today() > rules.due_on(quarter),
        "offered": quarters_offered(clock.today()),
        "count": len(lines),
        "lines": shown.asked,
        "statement": _statement(lines, quarter),
        "choices": _choices(shown.named, quarter, words, state),
        "state": state,
        "words": words,
        "issued": issued_quarters(),
        "office": _is_office(request),
        "has_drafts": any(line.report for line in lines),
        "ended": quarter.is_over(clock.today()),
    }
    return render(request, "quarterly/list.html", context)


@dataclass(frozen=True)
class Shown:
    """`own`: the one unit that is followed, all of its quarters; else all units of the quarter."""

    own: Unit | None
    quarter: Period
    lines: list[Line]
    words: str
    state: str

    @property
    def named(self) -> list[Line]:
        said = self.words.lower()
        return [line for line in self.lines if self.words in line.unit.name or said in line.unit.code.lower()]

    @property
    def asked(self) -> list[Line]:
        return [line for line in self.named if STATES[self.state][1](line)]


def shown_for(user: Any, query: Mapping[str, str], today: Any) -> Shown:
    """What the list shows for its address. Raise Http404 for a quarter that is none, or is yet to come."""
    asked = {name: str(query.get(name, "")).strip()[:50] for name in ("period", "state", "q")}
    units = list(Unit.objects.visible_to(user))
    own = units[0] if len(units) == 1 else None
    quarter = _asked_quarter(asked["period"], today)
    lines = lines_of_unit(own, today=today) if own else lines_of(quarter, units, today=today)
    return Shown(own, quarter, lines, asked["q"], asked["state"] if asked["state"] in STATES else "")


def _asked_quarter(code: str, today: Any) -> Period:
    """The one asked for; unasked the last that is due, which is what people work on."""
    if not code:
        present = rules.quarter_of(today)
        return present if today >= present.last else present.previous()
    try:
        quarter = Period.parse(code)
    except ValueError as error:
        raise Http404 from error
    if quarter.kind != "quarter" or quarter.first > today:
        raise Http404
    return quarter


def _statement(lines: list[Line], quarter: Period) -> str:
    missing = sum(not line.handed_in for line in lines)
    waiting = sum(line.state == "submitted" for line in lines)
    if not lines:
        return f"{quarter.label}报告"
    told = [f"{missing} 个单位没有报送" if missing else "都报送了", f"{waiting} 份待审" if waiting else ""]
    return f"{quarter.label}报告：" + "，".join(filter(None, told))


def _choices(lines: list[Line], quarter: Period, words: str, state: str) -> list[dict[str, Any]]:
    kept = {"period": quarter.code, "q": words}
    return [
        {
            "label": label,
            "count": sum(keeps(line) for line in lines),
            "query": urlencode({name: value for name, value in (kept | {"state": key}).items() if value}),
            "current": key == state,
        }
        for key, (label, keeps) in STATES.items()
    ]


def _is_office(request: HttpRequest) -> bool:
    from_office = STEPS[ReportAction.ACCEPT].who
    return from_office(request.user, Unit())


@login_required
@require_safe
@never_cache
def report(request: HttpRequest, code: str, period: str) -> HttpResponse:
    return _page(request, _one(request, code, period))


def _page(request: HttpRequest, found: QuarterlyReport, *, status: int = 200, **more: Any) -> HttpResponse:
    user: Any = request.user
    context = _context(request, found) | {
        "steps": steps_for(user, found),
        "writes": found.state in WRITABLE and prepares(user, found.unit),
        "leader_submits": found.state in WRITABLE and not submits(user, found.unit),
        "history": history(found),
        "due": rules.due_on(found.period),
        "line": next(line for line in lines_of(found.period, [found.unit], today=clock.today())),
    }
    return render(request, "quarterly/report.html", context)


def _context(request: HttpRequest, found: QuarterlyReport) -> dict[str, Any]:
    """Figures and words, as page and paper show them."""
    reading = _reading(found)
    return {
        "report": found,
        "unit": found.unit,
        "reading": reading,
        "groups": groups(reading, found.unit),
        "months": month_labels(found.period),
        "words": _said(found),
        "reads": may_read_words(request.user, found),
    }


def _reading(found: QuarterlyReport) -> figures.Reading:
    return figures.read(found.period, today=clock.today(), units={found.unit_id})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """The three fields. Who was overtaken keeps what was typed, beside what stands there now."""
    found, user = _one(request, code, period), _user(request)
    if not prepares(user, found.unit):
        raise Http404
    if request.method != "POST" and found.state not in WRITABLE:
        return redirect("quarterly_report", code, period)
    initial = {name: getattr(found, name) for name in WORDS} | {"seen": found.version}
    form = WordsForm(request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, Any] = {
        "report": found,
        "unit": found.unit,
        "due": rules.due_on(found.period),
        "form": form,
    }
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            save_words(found, form.cleaned_data, seen=form.cleaned_data["seen"], by=user)
        except Meanwhile as meanwhile:
            found = _one(request, code, period)
            if found.state not in WRITABLE:
                return overtaken(request, form, told=meanwhile.messages[0], back=_address(found))
            kept = {name: form.cleaned_data[name] for name in WORDS} | {"seen": found.version}
            now = _said(found)
            context |= {"form": WordsForm(initial=kept), "meanwhile": meanwhile.messages[0], "now": now}
            status = 409
        else:
            messages.success(request, "已保存")
            return redirect("quarterly_report", code, period)
    elif form.errors:
        status = 422
    return render(request, "quarterly/edit.html", context, status=status)


def _address(found: QuarterlyReport) -> str:
    return reverse("quarterly_report", args=[found.unit.code, found.period.code])


def _said(found: QuarterlyReport) -> list[tuple[str, str]]:
    return [(label, getattr(found, name)) for name, label in WORDS.items()]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def step(request: HttpRequest, code: str, period: str, action: str) -> HttpResponse:
    """Asked before it is done: 报送, 退回 with its reason, 采纳."""
    found, user = _one(request, code, period), _user(request)
    chosen = STEPS[ReportAction(action)]
    if not chosen.who(user, found.unit):
        raise Http404
    kind = ReturnForm if chosen.asks else StepForm
    form = kind(request.POST if request.method == "POST" else None, initial={"seen": found.version})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data.get("reason", "")
            act(found, chosen.action, reason=reason, seen=form.cleaned_data["seen"], by=user)
        except Meanwhile as meanwhile:
            return overtaken(request, form, told=meanwhile.messages[0], back=_address(found))
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                form.add_error(name if name in form.fields else None, errors)
            status = 422
        else:
            messages.success(request, f"已{chosen.label}")
            return redirect("quarterly_report", code, period)
    elif form.errors:
        status = 422
    elif found.state not in chosen.begins:
        return redirect("quarterly_report", code, period)
    missing = [] if form.is_bound or chosen.asks else [fault.message for fault in chosen.needs(found, "")]
    context = {
        "report": found,
        "unit": found.unit,
        "step": chosen,
        "form": form,
        "missing": missing,
        "due": rules.due_on(found.period),
        "frozen": FrozenPeriod.objects.filter(code=found.period.code).exists(),
        "settles": cut_off(found.period),
    }
    return render(request, "quarterly/step.html", context, status=status)


@login_required
@require_safe
@never_cache
def rows(request: HttpRequest, code: str, period: str, what: str) -> HttpResponse:
    """What a figure counts: the visits, matters or activities themselves, as far as the user may see them."""
    found = _one(request, code, period)
    if what not in counts.LISTED:
        raise Http404
    ids, now = figures.rows_of(what, found.period, today=clock.today(), unit=found.unit_id)
    kind, label, listed = _listed(request.user, what)
    page = Paginator(listed.filter(pk__in=ids | now), PAGE).get_page(request.GET.get("page"))
    context = {
        "report": found,
        "unit": found.unit,
        "what": what,
        "kind": kind,
        "label": label,
        "page": page,
        "number": len(ids),
        "now": len(now),
        "gone": ids - now,
        "later": now - ids,
        "hidden": len(ids) - listed.filter(pk__in=ids).count(),
    }
    return render(request, "quarterly/rows.html", context)


def _listed(user: Any, what: str) -> tuple[str, str, Any]:
    """Which kind of row, its name, and those the user may see, in the order of their days."""
    if what == "visits":
        visits = Visit.objects.visible_to(user).select_related("cadre", "household__village")
        return "visit", "见面走访", visits.order_by("-day", "-pk")
    if what == "households":
        homes = Household.objects.visible_to(user).select_related("village")
        return "household", "走访到的户", homes.order_by("village__code", "code")
    if what in ActivityKind.values:
        activities = Activity.objects.visible_to(user).select_related("unit", "village")
        return "activity", str(ActivityKind(what).label), activities.order_by("-day", "-pk")
    label = "回访过的诉求" if what == "revisited" else counts.MATTERS[what][0]
    matters = Grievance.objects.visible_to(user).select_related("village", "handler")
    return "matter", label, matters.order_by("-registered_on", "-pk")


@login_required
@require_safe
@never_cache
def report_print(request: HttpRequest, code: str, period: str) -> HttpResponse:
    return render(request, "quarterly/print.html", _context(request, _one(request, code, period)))


@login_required
@require_safe
def report_docx(request: HttpRequest, code: str, period: str) -> FileResponse:
    found = _one(request, code, period)
    file = io.BytesIO()
    paper = report_document(found, _reading(found), with_words=may_read_words(request.user, found))
    official_document(file, paper)
    return download(file, f"{found.unit.name}_{found.period.label}联户联情工作报告.docx", subject=found)


@login_required
@require_safe
def report_xlsx(request: HttpRequest, code: str, period: str) -> FileResponse:
    found = _one(request, code, period)
    file = io.BytesIO()
    office_workbook(
        file, report_sheets(found, _reading(found), with_words=may_read_words(request.user, found))
    )
    return download(file, f"{found.unit.name}_{found.period.label}联户联情工作报告.xlsx", subject=found)


def _one(request: HttpRequest, code: str, period: str) -> QuarterlyReport:
    """Not yours answers as not there."""
    quarter = Period.parse(period)
    rows = visible_reports(request.user).select_related("unit__principal")
    found: QuarterlyReport | None = rows.filter(
        unit__code=code, year=quarter.first.year, quarter=(quarter.first.month + 2) // 3
    ).first()
    if found is None:
        raise Http404
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
