"""通报 of a quarter: units by name with their outcomes, and what is open; written and issued by the office."""

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lianhu.kit import clock, fields
from lianhu.kit.excel.write import office_workbook
from lianhu.kit.periods import Period
from lianhu.kit.word import official_document
from registry.models import Unit
from reports.pages.exports import download
from reports.pages.overtaken import overtaken
from reports.quarterly import summary as summaries
from reports.quarterly.document import summary_document
from reports.quarterly.outcomes import HEADER, County, county_of, proposed_opening
from reports.quarterly.queries import sees_reports
from reports.quarterly.rules import tidy_number
from reports.quarterly.services import Meanwhile
from reports.quarterly.workbook import summary_sheet
from reports.quarterly.workflow import decides

LONGEST = 5000


class SummaryForm(forms.Form):
    """`seen`: the version that was there when the page was opened."""

    document_number = fields.TextField(
        label="发文字号",
        max_length=60,
        required=False,
        help_text="例如 联办〔2026〕3号。印发以前填好就行。",
    )
    opening = fields.TextField(
        label="总体情况", max_length=LONGEST, lines=True, required=False, help_text="按数字起了稿，可以改。"
    )
    requirements = fields.TextField(label="下一步要求", max_length=LONGEST, lines=True, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def clean_document_number(self) -> str:
        return tidy_number(self.cleaned_data["document_number"])


class IssueForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)


@login_required
@require_safe
@never_cache
def summary(request: HttpRequest, period: str) -> HttpResponse:
    return render(request, "quarterly/summary.html", _context(request, _county(request, period)))


def _context(request: HttpRequest, county: County) -> dict[str, Any]:
    visible = Unit.objects.visible_to(request.user)
    return {
        "county": county,
        "summary": county.summary,
        "quarter": county.quarter,
        "header": HEADER,
        "proposed": proposed_opening(county),
        "office": decides(request.user, Unit()),
        "opened": set(visible.values_list("pk", flat=True)),
        "unsettled": summaries.not_settled(county.quarter, clock.today()),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def summary_edit(request: HttpRequest, period: str) -> HttpResponse:
    """Who was overtaken keeps what was typed, beside what stands there now."""
    county, user = _of_the_office(request, period), _user(request)
    found = county.summary
    if found.issued_on and request.method != "POST":
        return redirect("county_summary", period)
    initial = {name: getattr(found, name) for name in summaries.WORDS} | {"seen": found.version}
    initial["opening"] = initial["opening"] or proposed_opening(county)
    form = SummaryForm(request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, Any] = {"county": county, "quarter": county.quarter, "form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            summaries.save_summary(county.quarter, form.cleaned_data, seen=form.cleaned_data["seen"], by=user)
        except Meanwhile as meanwhile:
            if _of_the_office(request, period).summary.issued_on:
                back = reverse("county_summary", args=[period])
                return overtaken(request, form, told=meanwhile.messages[0], back=back)
            kept = {name: form.cleaned_data[name] for name in summaries.WORDS} | {"seen": found.version}
            now = [(label, getattr(found, name)) for name, label in summaries.WORDS.items()]
            context |= {"form": SummaryForm(initial=kept), "meanwhile": meanwhile.messages[0], "now": now}
            status = 409
        except ValidationError as error:
            form.add_error(None, error)
            status = 422
        else:
            messages.success(request, "已保存")
            return redirect("county_summary", period)
    elif form.errors:
        status = 422
    return render(request, "quarterly/summary_edit.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def summary_issue(request: HttpRequest, period: str) -> HttpResponse:
    """Asked before it is done: from then on it is read-only, and every unit is told."""
    county, user = _of_the_office(request, period), _user(request)
    found, today = county.summary, clock.today()
    if found.issued_on:
        return redirect("county_summary", period)
    unsettled = summaries.not_settled(county.quarter, today)
    faults = [fault.message for fault in summaries.ready(found, today) if fault.field]
    form = IssueForm(request.POST if request.method == "POST" else None, initial={"seen": found.version})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            summaries.issue(county.quarter, seen=form.cleaned_data["seen"], by=user, on=today)
        except ValidationError as error:
            faults = [message for message in error.messages if message != unsettled]
            status = 409 if isinstance(error, Meanwhile) else 422
        else:
            messages.success(request, "已印发，各单位会收到消息")
            return redirect("county_summary", period)
    context = {
        "county": county,
        "quarter": county.quarter,
        "form": form,
        "faults": faults,
        "unsettled": unsettled,
        "today": today,
    }
    return render(request, "quarterly/summary_issue.html", context, status=status)


@login_required
@require_safe
@never_cache
def summary_print(request: HttpRequest, period: str) -> HttpResponse:
    return render(request, "quarterly/summary_print.html", _context(request, _county(request, period)))


@login_required
@require_safe
def summary_docx(request: HttpRequest, period: str) -> FileResponse:
    county = _county(request, period)
    file = io.BytesIO()
    official_document(file, summary_document(county))
    return download(file, f"{county.quarter.label}联户联情工作通报.docx", **_logged(county))


@login_required
@require_safe
def summary_xlsx(request: HttpRequest, period: str) -> FileResponse:
    county = _county(request, period)
    file = io.BytesIO()
    office_workbook(file, summary_sheet(county, today=clock.today()))
    return download(file, f"{county.quarter.label}联户联情工作通报.xlsx", **_logged(county))


def _logged(county: County) -> dict[str, Any]:
    return {"rows": len(county.outcomes)}


def _county(request: HttpRequest, period: str) -> County:
    """Until it is issued it is the office's own; then every unit reads it."""
    if not sees_reports(request.user):
        raise Http404
    quarter, today = Period.parse(period), clock.today()
    issued = summaries.summary_of(quarter).issued_on is not None
    if quarter.first > today or not (issued or decides(request.user, Unit())):
        raise Http404
    return county_of(quarter, today=today)


def _of_the_office(request: HttpRequest, period: str) -> County:
    if not decides(request.user, Unit()):
        raise Http404
    return _county(request, period)


def _user(request: HttpRequest) -> Any:
    return request.user
