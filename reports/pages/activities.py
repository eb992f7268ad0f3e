"""活动: the list with its filters, and one of them (contract, section 5)."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianhu.kit import clock, fields
from lianhu.kit.periods import Period
from registry.models import Role, Unit, Village
from registry.reasons import ReasonForm
from registry.scope import scope_of
from reports.pages.households import may_have_households
from visits.activity_entry import roles_of
from visits.activity_files import AN_ACTIVITY
from visits.activity_kinds import KINDS, SUBTYPES, VILLAGE_MEETINGS, label_of
from visits.activity_rights import readable, rights_over_activity
from visits.activity_services import finish_plan, void_activity
from visits.errands import may_post, may_take
from visits.models import Activity, ActivityKind, Checked, Participant, ProjectReview
from visits.self_check import visible_checks

PAGE = 30
_PEOPLE = Prefetch(
    "participants", Participant.objects.select_related("cadre").order_by("place"), to_attr="people"
)


class VoidForm(ReasonForm):
    suggestions = ("没有举办，误录", "录错了日期", "录错了单位或村", "重复录入")


class DoneForm(forms.Form):
    done_on = fields.DateField(label="整改完成日期")


def may_see_activities(user: Any) -> bool:
    """Whoever has work in the programme; the system admin and the auditor have none."""
    return may_have_households(user) or bool(roles_of(user, clock.today()) & {Role.CADRE, Role.COUNTY_LEADER})


def require_activities(request: HttpRequest) -> None:
    if not may_see_activities(request.user):
        raise Http404


@dataclass(frozen=True)
class Asked:
    """The filter: kind, unit, village, period. What is not known filters nothing."""

    kind: str = ""
    unit: str = ""
    village: str = ""
    period: Period | None = None
    own: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        asked = {name: value.replace("\x00", "")[:60] for name, value in query.items()}
        try:
            period = Period.parse(asked.get("period", ""))
        except ValueError:
            period = None
        kind = asked.get("kind", "")
        return cls(
            kind if kind in ActivityKind.values else "",
            asked.get("unit", ""),
            asked.get("village", ""),
            period,
            asked.get("whose") == "own",
        )

    def apply(self, rows: "QuerySet[Activity]", user: Any) -> "QuerySet[Activity]":
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.unit:
            rows = rows.filter(unit__code=self.unit)
        if self.village:
            rows = rows.filter(village__code=self.village)
        if self.period:
            rows = rows.filter(day__range=(self.period.first, self.period.last))
        if self.own:
            own = Participant.objects.filter(cadre=scope_of(user).cadre_id).values("activity")
            rows = rows.filter(Q(pk__in=own) | Q(recorded_by=user.pk))
        return rows

    @property
    def query(self) -> str:
        told = {
            "kind": self.kind,
            "unit": self.unit,
            "village": self.village,
            "period": self.period.code if self.period else "",
            "whose": "own" if self.own else "",
        }
        return urlencode({name: value for name, value in told.items() if value})


def asked_activities(user: Any, asked: Asked) -> "QuerySet[Activity]":
    """The rows of the list, newest first; page and export ask the same."""
    rows = asked.apply(Activity.objects.visible_to(user), user)
    return rows.select_related("unit", "village").prefetch_related(_PEOPLE).order_by("-day", "-id")


@login_required
@require_safe
@never_cache
def activities(request: HttpRequest) -> HttpResponse:
    """Of a 谈心谈话 that is not one's own only that it took place."""
    require_activities(request)
    asked, today = Asked.of(request.GET.dict()), clock.today()
    page = Paginator(asked_activities(request.user, asked), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": rows_of(page.object_list, request.user),
        "asked": asked,
        "query": f"{asked.query}&" if asked.query else "",
        "kinds": [(kind.value, kind.label) for kind in ActivityKind],
        "units": Unit.objects.visible_to(request.user).order_by("code"),
        "villages": Village.objects.visible_to(request.user).order_by("code"),
        "periods": _periods(today, asked.period),
        "may_enter": bool(kinds_for(request.user, today)),
        "places": places_beside(request.user, "activities"),
    }
    return render(request, "activities/list.html", context)


@dataclass(frozen=True)
class ActivityRow:
    """One line; without the right to its words `topic` is empty."""

    activity: Activity
    topic: str
    place: str
    people: str


def rows_of(found: Any, user: Any) -> list[ActivityRow]:
    reads = readable(found, user)
    return [
        ActivityRow(
            each,
            each.topic if each.pk in reads else "",
            "、".join(str(place) for place in (each.unit, each.village) if place),
            "、".join(person.cadre.name for person in each.people),
        )
        for each in found
    ]


def places_beside(user: Any, here: str) -> list[tuple[str, str, bool]]:
    """The pages of the noun: name of the address, words, whether it is this one."""
    scope = scope_of(user)
    found = [("activities", "活动")]
    if may_post(user) or may_take(user):
        found.append(("errands", "代办事项"))
    if scope.cadre_id and Role.VILLAGE_BRANCH not in scope.roles:
        found.append(("self_check", "体检报告"))
    if scope.has(Role.UNIT_LEADER, Role.COUNTY_OFFICE):
        found.append(("self_checks", "收到的体检报告"))
    if scope.unit_ids or scope.county:
        found.append(("work_plans", "年度计划"))
    found.append(("rectifications", "整改"))
    return [(name, words, name == here) for name, words in found]


def _periods(today: datetime.date, asked: Period | None) -> list[Period]:
    """A year of months, the quarters of two years and the years; the one asked for with them."""
    months = [Period.month_of(today)]
    while len(months) < 12:
        months.append(months[-1].previous())
    years = [Period.parse(str(today.year - back)) for back in range(3)]
    quarters = [
        period
        for year in years[:2]
        for quarter in (4, 3, 2, 1)
        if (period := Period.parse(f"{year.code}Q{quarter}")).first <= today
    ]
    found = [*months, *quarters, *years]
    return found if asked is None or asked in found else [*found, asked]


def kinds_for(user: Any, today: datetime.date) -> list[str]:
    """Those a person enters here, in the order of the ten actions; a branch's own meetings first."""
    roles = roles_of(user, today)
    found = [kind for kind, of in KINDS.items() if not of.written_elsewhere and of.roles & roles]
    if Role.VILLAGE_BRANCH in roles:
        found.sort(key=lambda kind: kind not in VILLAGE_MEETINGS)
    return found


# --- one of them -------------------------------------------------------------------------------


def visible_activity(request: HttpRequest, pk: int) -> Activity:
    """What one entered is seen as long as one has work in the programme."""
    require_activities(request)
    rows = Activity.objects.visible_to(request.user).select_related(
        "unit", "village__township", "recorded_by"
    )
    found: Activity = get_object_or_404(rows.prefetch_related(_PEOPLE), pk=pk)
    return found


@login_required
@require_safe
@never_cache
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    return opened(request, visible_activity(request, pk))


def opened(
    request: HttpRequest, found: Activity, *, done_form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    """Without the right to its words nothing of them is even in the context."""
    today = clock.today()
    rights = rights_over_activity(request.user, found, on=today)
    context: dict[str, Any] = {
        "activity": found,
        "people": found.people,  # type: ignore[attr-defined]
        "may": rights,
        "clause": KINDS[found.kind].clause,
        "today": today,
    }
    if rights.read:
        review = ProjectReview.objects.filter(activity=found).first()
        files = list(found.files.exclude(file=""))
        context |= {
            "facts": _facts(found),
            "summary_label": label_of(found.kind, "summary", "内容"),
            "review": review,
            "checked": _labels(review.checked) if review else "",
            "overdue": bool(review and _is_overdue(review, today)),
            "photos": [each for each in files if each.is_photo],
            "documents": [each for each in files if not each.is_photo],
            "most": AN_ACTIVITY,
            "check": visible_checks(request.user).filter(activity=found).first(),
            "done_form": done_form or DoneForm(initial={"done_on": today}),
        }
    return render(request, "activities/activity.html", context, status=status)


def _facts(found: Activity) -> list[tuple[str, str]]:
    """What its kind asks and somebody told."""
    told = {
        "topic": found.topic,
        "subtype": SUBTYPES.get(found.subtype, ""),
        "organiser": found.organiser,
        "headcount": "" if found.headcount is None else f"{found.headcount} 人",
    }
    labels = {"topic": "主题", "subtype": "细类", "organiser": "组织者", "headcount": "人数"}
    return [(label_of(found.kind, name, labels[name]), value) for name, value in told.items() if value]


def _labels(checked: list[str]) -> str:
    return "、".join(label for value, label in Checked.choices if value in checked)


def _is_overdue(review: ProjectReview, today: datetime.date) -> bool:
    return bool(review.plan_due_on and review.plan_done_on is None and review.plan_due_on < today)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def activity_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Says first what becomes of it."""
    user: Any = request.user
    found, today = visible_activity(request, pk), clock.today()
    if found.voided_at is not None:
        messages.warning(request, "这次活动已经作废")
        return redirect("activity", pk)
    if not rights_over_activity(user, found, on=today).void:
        raise Http404
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            void_activity(found, form.cleaned_data["reason"], on=today, by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已作废，记录还在，不再计入")
            return redirect("activity", pk)
    context = {"activity": found, "form": form}
    return render(request, "activities/void.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@never_cache
def activity_plan_done(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    found, today = visible_activity(request, pk), clock.today()
    if not ProjectReview.objects.filter(activity=found).exclude(fault="").exists():
        raise Http404
    form = DoneForm(request.POST)
    if form.is_valid():
        try:
            finish_plan(found, form.cleaned_data["done_on"], on=today, by=user)
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "整改完成已登记")
            return redirect("activity", pk)
    elif not rights_over_activity(user, found, on=today).finish:
        raise Http404
    return opened(request, found, done_form=form, status=422)


@login_required
@require_safe
@never_cache
def rectifications(request: HttpRequest) -> HttpResponse:
    """整改 that is not done, what is overdue first (方案四(四))."""
    require_activities(request)
    today = clock.today()
    reviews = ProjectReview.objects.exclude(fault="").filter(
        activity__in=Activity.objects.visible_to(request.user).filter(voided_at=None).values("pk")
    )
    done = request.GET.get("state") == "done"
    found = reviews.filter(plan_done_on__isnull=not done).select_related("activity__village")
    order = (F("plan_done_on").desc(),) if done else (F("plan_due_on").asc(),)
    page = Paginator(found.order_by(*order, "pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "done": done,
        "overdue": reviews.filter(plan_done_on=None, plan_due_on__lt=today).count(),
        "today": today,
        "query": "state=done&" if done else "",
        "places": places_beside(request.user, "rectifications"),
    }
    return render(request, "activities/rectifications.html", context)
