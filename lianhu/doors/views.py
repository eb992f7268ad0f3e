"""Import pages: choose a file, dry run, faults, confirmation, history. For the county office alone."""

import io
from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Job, JobState
from lianhu.doors.forms import ImportForm
from lianhu.doors.imports import confirm_import, start_import
from lianhu.doors.kinds import BOOKS
from lianhu.doors.template import write_template
from lianhu.kit.excel.write import PlainSheet, plain_workbook
from registry.scope import scope_of
from reports.pages.exports import download


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    _require_office(request)
    sent = request.method == "POST"
    form = ImportForm(
        request.POST if sent else None, request.FILES if sent else None, initial={"kind": "registry"}
    )
    if sent and form.is_valid():
        try:
            job = start_import(
                form.cleaned_data["kind"], form.cleaned_data["file"], dry_run=True, by=_user(request)
            )
            return redirect("import_job", job.pk)
        except ValidationError as error:
            form.add_error("file", error)
    page = Paginator(_jobs(), 20).get_page(request.GET.get("page"))
    return render(request, "imports/list.html", {"form": form, "page": page, "books": BOOKS.values()})


@login_required
@require_safe
def import_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress while it runs, the answer when it is done."""
    job = _job(request, pk)
    waiting = job.state in (JobState.WAITING, JobState.RUNNING)
    context: dict[str, Any] = {"job": job, "waiting": waiting}
    if job.result:
        context |= _answer(job, job.result, request.GET.get("sheet"))
    part = request.headers.get("X-Part") == "progress"
    answer = render(request, "imports/_progress.html" if part else "imports/job.html", context)
    if part and not waiting:
        answer["X-Over"] = "1"
    return answer


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        return redirect("import_job", confirm_import(job, by=_user(request)).pk)
    except ValidationError as error:
        return render(request, "imports/job.html", {"job": job, "refused": error.messages[0]}, status=409)


@login_required
@require_safe
def faults_workbook(request: HttpRequest, pk: int) -> FileResponse:
    job = _job(request, pk)
    if not job.result:
        raise Http404
    headers = ("级别", "工作表", "行", "列", "原因")
    rows = [
        (level, place["sheet"], place["row"] or "", place["column"], place["message"])
        for level, places in (("错误", job.result["faults"]), ("提醒", job.result["warnings"]))
        for place in places
    ]
    file = io.BytesIO()
    plain_workbook(file, [PlainSheet("错误清单", headers, rows, ("text", "text", "number", "text", "text"))])
    return download(file, f"错误清单_{job.title}")


@login_required
@require_safe
def template(request: HttpRequest, kind: str) -> FileResponse:
    _require_office(request)
    if kind not in BOOKS:
        raise Http404
    file = io.BytesIO()
    write_template(kind, file)
    return download(file, f"{BOOKS[kind].label}模板.xlsx")


def _answer(job: Job, result: dict[str, Any], sheet: str | None) -> dict[str, Any]:
    faults = result["faults"]
    by_sheet = Counter(fault["sheet"] for fault in faults)
    counts = result["counts"]
    # In the workbook's own order: JSON in the database keeps none.
    order = [each.title for each in BOOKS[job.kind.removeprefix("import_")].sheets]
    return {
        "result": result,
        "counts": [
            {"sheet": name, "faults": by_sheet[name], **counts[name]} for name in order if name in counts
        ],
        "all_listed": len(faults) == result["fault_count"],
        "tabs": by_sheet.items(),
        "sheet": sheet if sheet in by_sheet else None,
        "faults": [fault for fault in faults if sheet not in by_sheet or fault["sheet"] == sheet],
        "may_write": result["ok"] and job.params["dry_run"] and "confirmed_as" not in job.params,
        "took": job.ended_at - job.started_at if job.started_at and job.ended_at else None,
    }


def _require_office(request: HttpRequest) -> None:
    if not scope_of(request.user).county:
        raise Http404


def _jobs() -> Any:
    kinds = [f"import_{kind}" for kind in BOOKS]
    return Job.objects.filter(kind__in=kinds).select_related("created_by").order_by("-pk")


def _job(request: HttpRequest, pk: int) -> Job:
    _require_office(request)
    job: Job | None = _jobs().filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _user(request: HttpRequest) -> Any:
    return request.user
