"""十大突出问题清单 of a year: read, kept by the office, printed, and the public's own page (contract, section 4)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grievances import prominent as lists
from grievances.models import Grievance, ProminentProblem
from grievances.pages.desk import add_faults
from grievances.pages.ledger import may_have_matters
from grievances.prominent import Line, ProminentForm, TrackForm, keeps_list, visible_to
from grievances.public import caching
from lianhu.kit import clock
from lianhu.kit.fields import fold
from registry.models import Unit

FOUND = 20
_FIRST, _LAST = 2000, 2999
# Years whose page is kept in memory; of the others there is no end.
_RECENT = 10


def of_the_office(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whoever does not keep the list: the address is not there."""

    @wraps(view)
    def inner(request: HttpRequest, **named: Any) -> HttpResponse:
        if not keeps_list(request.user):
            raise Http404
        return view(request, **named)

    return inner


@login_required
@require_safe
@never_cache
def prominent(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """Everyone reads what is public; the unit in charge its own before; the office all, with what it may do."""
    rows = visible_to(request.user)
    context = of_year(rows, year)
    keeps = keeps_list(request.user)
    context["keeps"] = keeps
    context["has_ledger"] = may_have_matters(request.user)
    context["waiting"] = sum(line.problem.published_at is None for line in context["lines"])
    context["full"] = len(context["lines"]) >= lists.MOST
    shown = [line.problem.grievance_id for line in context["lines"]]
    seen = Grievance.objects.visible_to(request.user).filter(pk__in=shown)
    context["opened"] = set(seen.values_list("pk", flat=True))
    return render(request, "matters/prominent.html", context)


@login_required
@require_safe
@never_cache
def prominent_sheet(request: HttpRequest, year: int) -> HttpResponse:
    """A4, for the board or the meeting: what of the list is public."""
    context = of_year(lists.public(), year)
    if not context["lines"]:
        raise Http404
    return render(request, "matters/prominent_sheet.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@of_the_office
def prominent_add(request: HttpRequest, year: int) -> HttpResponse:
    """First the matter, by number or words; then what is promised. `?number=` comes from the matter's page."""
    number = fold(request.GET.get("number", ""))[:40].replace("\x00", "")
    matter = Grievance.objects.filter(number=number).select_related("village__township").first()
    if matter is None:
        return _choose(request, _sensible(year), number)
    form = ProminentForm(
        request.POST if request.method == "POST" else None, units=_units(), initial=_proposed(matter)
    )
    if request.method == "POST" and form.is_valid():
        try:
            lists.pick(number, form.cleaned_data, year=_sensible(year), by=_user(request))
        except ValidationError as error:
            add_faults(form, error)
        else:
            messages.success(request, "已列入清单，责任单位会收到消息")
            return redirect("prominent_year", year)
    context = {"form": form, "matter": matter, "year": year}
    return render(request, "matters/prominent_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@of_the_office
def prominent_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Once it is public, unit and date stay; words, progress and the end can be written."""
    problem = _one(pk)
    initial = {name: getattr(problem, name) for name in ("title", "promise", "progress", "due_on", "done_on")}
    initial["unit"] = problem.unit.code
    data = request.POST if request.method == "POST" else None
    form: TrackForm
    if problem.published_at:
        form = TrackForm(data, initial=initial)
    else:
        form = ProminentForm(data, units=_units(), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            lists.edit(problem, form.cleaned_data, by=_user(request))
        except ValidationError as error:
            add_faults(form, error)
        else:
            messages.success(request, "已保存")
            return redirect("prominent_year", problem.year)
    context = {"form": form, "problem": problem, "matter": problem.grievance, "year": problem.year}
    return render(request, "matters/prominent_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@never_cache
@of_the_office
def prominent_move(request: HttpRequest, pk: int) -> HttpResponse:
    problem = _one(pk)
    lists.move(problem, up=request.POST.get("way") == "up", by=_user(request))
    return redirect("prominent_year", problem.year)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@of_the_office
def prominent_take_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked before it is done; what is public already stays."""
    problem = _one(pk)
    if request.method == "POST":
        try:
            lists.take_off(problem, by=_user(request))
        except ValidationError as error:
            messages.warning(request, error.messages[0])
        else:
            messages.success(request, "已移出清单，诉求照常办理")
        return redirect("prominent_year", problem.year)
    return render(request, "matters/prominent_take_off.html", {"problem": problem, "year": problem.year})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@of_the_office
def prominent_publish(request: HttpRequest, year: int) -> HttpResponse:
    """Shows exactly what the public will read, and what stands in the way; then it is done."""
    waiting = ProminentProblem.objects.filter(year=year, published_at__isnull=True)
    waiting = waiting.select_related("unit", "grievance").order_by("position")
    if not waiting:
        return redirect("prominent_year", year)
    if request.method == "POST":
        try:
            done = lists.publish(year, by=_user(request))
        except ValidationError as error:
            return _preview(request, year, waiting, error.messages, status=422)
        messages.success(request, f"已公布 {done} 件，谁都可以看到")
        return redirect("prominent_year", year)
    faults = [fault.message for row in waiting for fault in lists.publishable(row)]
    return _preview(request, year, waiting, faults)


@require_safe
def public_prominent(request: HttpRequest) -> HttpResponseBase:
    """Without an account: no name, number or content of a matter, only what the office made public."""
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else None
    today = clock.today()
    recent = year is None or abs(year - today.year) < _RECENT
    return caching.kept(request, f"prominent {year} {today}", lambda: _public(year), remember=recent)


def _public(year: int | None) -> str:
    return caching.page("public/prominent.html", {"here": "prominent", **of_year(lists.public(), year)})


def _preview(
    request: HttpRequest, year: int, waiting: Any, faults: list[str], *, status: int = 200
) -> HttpResponse:
    today = clock.today()
    context = {
        "year": year,
        "lines": [Line.of(each, today) for each in waiting],
        "faults": faults,
        "today": today,
    }
    return render(request, "matters/prominent_publish.html", context, status=status)


def of_year(rows: Any, year: int | None) -> dict[str, Any]:
    """The year asked for; unasked this year's, or where there is none yet the last one's."""
    today, years = clock.today(), lists.years_of(rows)
    if year is None:
        year = today.year if today.year in years or not years else years[0]
    lines = [Line.of(each, today) for each in rows.filter(year=year).order_by("position")]
    return {
        "year": year,
        "years": sorted({*years, today.year}, reverse=True),
        "lines": lines,
        "done": sum(line.state == "met" for line in lines),
        "late": sum(line.state == "missed" for line in lines),
        "today": today,
    }


def _choose(request: HttpRequest, year: int, number: str) -> HttpResponse:
    words = fold(request.GET.get("q", ""))[:50].replace("\x00", "") or number
    found = lists.candidates(words, year=year, by=_user(request))[:FOUND] if words else []
    context = {"year": year, "words": words, "found": found, "missing": number}
    return render(request, "matters/prominent_choose.html", context)


def _sensible(year: int) -> int:
    if not _FIRST <= year <= _LAST:
        raise Http404
    return year


def _proposed(matter: Grievance) -> dict[str, Any]:
    """The title as a beginning, to be rewritten for the public; the unit that handles it."""
    unit = matter.lead_unit
    return {"title": matter.title, "unit": unit.code if unit else "", "due_on": matter.reply_due_on}


def _units() -> Any:
    return Unit.objects.order_by("type", "code")


def _one(pk: int) -> ProminentProblem:
    rows = ProminentProblem.objects.select_related("unit", "grievance__village__township")
    found: ProminentProblem = get_object_or_404(rows, pk=pk)
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
