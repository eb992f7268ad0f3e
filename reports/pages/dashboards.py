"""总览 of the county, of what one is linked to, of a unit, of a village (contract, section 7; DESIGN)."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances.owing import may_look
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Unit, Village
from registry.scope import scope_of
from reports.dashboards import charts, queries
from reports.dashboards.area import Area, county_area, has_overview, linked_area, unit_area, village_area
from reports.dashboards.charts import Chart, RuleLine
from reports.models import Quota
from reports.pages.duties import STATE_WORDS
from reports.pages.village_meetings import meetings_of
from reports.quotas.stored import periods_kept

Date = datetime.date


@login_required
@require_safe
@never_cache
def county(request: HttpRequest) -> HttpResponse:
    if not scope_of(request.user).county:
        raise Http404
    return _page(request, county_area(request.user), "全县")


@login_required
@require_safe
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    if not has_overview(request.user):
        raise Http404
    return _page(request, linked_area(request.user), "总览")


@login_required
@require_safe
@never_cache
def unit_overview(request: HttpRequest, code: str) -> HttpResponse:
    unit: Unit | None = Unit.objects.visible_to(request.user).filter(code=code).first()
    if unit is None:
        raise Http404
    return _page(request, unit_area(request.user, unit), unit.name)


@login_required
@require_safe
@never_cache
def village(request: HttpRequest, code: str) -> HttpResponse:
    visible = Village.objects.visible_to(request.user).select_related("township")
    found: Village | None = visible.filter(code=code).first()
    if found is None:
        raise Http404
    return _page(request, village_area(request.user, found), found.name)


# --- the period ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """A month, or a year; what has not begun has no page."""

    period: Period
    today: Date

    @classmethod
    def of(cls, request: HttpRequest, today: Date) -> "Chosen":
        code = request.GET.get("period")
        try:
            period = Period.parse(code) if code else Period.month_of(today)
        except ValueError as error:
            raise Http404 from error
        if period.kind == "quarter" or period.first > today:
            raise Http404
        return cls(period, today)

    @property
    def choices(self) -> list[tuple[str, list[Period]]]:
        kept = periods_kept(self.today)
        years = [period for period in kept if period.kind == "year"]
        months = [period for period in kept if period.kind == "month"]
        listed = years if self.period.kind == "year" else months
        return [
            ("月", months if self.period in months or listed is years else [*months, self.period]),
            ("年", years if self.period in years or listed is months else [*years, self.period]),
        ]

    @property
    def previous(self) -> str:
        return self.period.previous().code

    @property
    def previous_label(self) -> str:
        return self.period.previous().label

    @property
    def next(self) -> str:
        following = self.period.following()
        return following.code if following.first <= self.today else ""

    @property
    def next_label(self) -> str:
        return self.period.following().label

    @property
    def others(self) -> list[Period]:
        """The quarter and the year that the month lies in."""
        if self.period.kind == "year":
            return []
        first = self.period.first
        return [Period.parse(f"{first.year}Q{(first.month + 2) // 3}"), Period.year_of(first)]

    @property
    def last_month(self) -> Period:
        return Period.month_of(self.period.reference_day(self.today))


# --- the page ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attention:
    """One thing of the line on top. `bad`: late, missed or refused."""

    number: str
    label: str
    url: str
    bad: bool = False


def _page(request: HttpRequest, area: Area, name: str) -> HttpResponse:
    today = clock.today()
    chosen = Chosen.of(request, today)
    months = queries.twelve_months(chosen.last_month)
    wanted = [chosen.period, *chosen.others]
    kept = queries.kept_of([*wanted, *months])
    if queries.compute_if_cheap(wanted, kept, today):
        kept = queries.kept_of([*wanted, *months])
    year = chosen.period.first.year
    user: Any = request.user
    matters = queries.matters(area, year, today) if may_look(user) else None
    coverage = queries.coverage(area, today)
    context: dict[str, Any] = {
        "area": area,
        "name": name,
        "chosen": chosen,
        "kept": kept,
        "live": kept.has(chosen.period) and chosen.period.code not in kept.frozen,
        "waiting": not kept.has(chosen.period),
        "since": charts.since(chosen.period, kept),
        "attention": _attention(area, matters, coverage, year),
        "covers": charts.covers(area, coverage) if coverage else [],
        "coverage": coverage,
        "visits": charts.visits(
            area, chosen.period, queries.visits_by_day(area, chosen.period, today), today
        ),
        **_duty_charts(area, chosen, months, kept),
    }
    context["statement"] = charts.overall(name, chosen.period, context["tally"], matters, today)
    if matters:
        context |= {
            "funnel": charts.funnel(area, matters, year, today),
            "ages": charts.ages(area, matters, today),
            "categories": charts.categories(area, matters, today),
            "satisfaction": charts.satisfaction(area, matters, year, today),
        }
    if area.village:
        context["meetings"] = meetings_of([area.village], chosen.last_month, request.user, on=today)[0]
    return render(request, "dashboards/overview.html", context)


def _duty_charts(area: Area, chosen: Chosen, months: Sequence[Period], kept: queries.Kept) -> dict[str, Any]:
    today, period = chosen.today, chosen.period
    found = queries.duties(area, period, chosen.others, kept)
    quotas = {quota.pk: quota for quota in Quota.objects.order_by("pk")}
    rules: dict[str, list[RuleLine]] = {"cadre": [], "unit": [], "village": []}
    for kind, lines in rules.items():
        lines += _rule_lines(area, kind, [period, *chosen.others], found, quotas)
    of_period = [line.tally for line in rules["cadre"] if line.period == period]
    whole = charts.sum_of(of_period)
    units: list[Chart] = []
    if area.kind in ("county", "linked") and area.has_cadres:
        listed = charts.by_name(Unit.objects.visible_to(area.user))
        units = charts.by_unit(listed, found.by_unit, found.by_unit_now, period, kept, today)
    own_kind = {"unit": "unit", "village": "village"}.get(area.kind)
    own = queries.own_rows(area, own_kind, [period, *chosen.others], kept) if own_kind else []
    if own_kind == "unit":
        rules["unit"] = []
    if own_kind == "village":
        rules["village"] = []
        whole = charts.sum_of(
            queries.Tally(Counter([row.status]))
            for row in own
            if row.period == period.code and row.frozen == (period.code in kept.frozen)
        )
    return {
        "tally": whole,
        "units": units,
        "of_cadres": charts.by_rule("cadres", "每项任务有多少人完成", rules["cadre"], kept),
        "of_units": charts.by_rule("own-units", "单位自己的任务", rules["unit"], kept),
        "of_villages": charts.by_rule("own-villages", "村(社区)的任务", rules["village"], kept),
        "own": _own(area, own, quotas),
        "trend": charts.trend(
            months,
            queries.trend(area, months, kept),
            kept,
            lambda month: f"{area.address}?{urlencode({'period': month.code})}",
            today,
            begun=queries.begun(months),
        ),
    }


def _rule_lines(
    area: Area, kind: str, periods: Sequence[Period], found: queries.Duties, quotas: dict[int, Quota]
) -> list[RuleLine]:
    """One line a rule's code, whoever of the kind it binds (科级 and 一般干部 together)."""
    lines = []
    for period in periods:
        by_code = _by_code(found.by_quota, period, kind, quotas)
        now = _by_code(found.by_quota_now, period, kind, quotas)
        names = {quota.code: quota.name for quota in quotas.values()}
        for code, tally in by_code.items():
            asked = {"period": period.code} | ({"unit": area.unit.code} if area.unit else {})
            asked |= {"of": "linked"} if area.kind == "linked" else {}
            url = f"{reverse('rule', args=[code, kind])}?{urlencode(asked)}"
            moved = code in now and (now[code].met, now[code].all) != (tally.met, tally.all)
            if tally.all:
                lines.append(
                    RuleLine(names[code], period, kind, tally, url, now=now[code] if moved else None)
                )
    return lines


def _by_code(
    found: Mapping[tuple[str, str, int], queries.Tally], period: Period, kind: str, quotas: dict[int, Quota]
) -> dict[str, queries.Tally]:
    by_code: dict[str, queries.Tally] = {}
    for pk, quota in quotas.items():
        tally = found.get((period.code, kind, pk))
        if tally:
            by_code.setdefault(quota.code, queries.Tally()).cells.update(tally.cells)
    return by_code


@dataclass(frozen=True)
class Own:
    """A duty of the unit or the village itself, as components of a cadre's own page show it.

    `now`: what it is today, in words, where that is another than the frozen figure.
    """

    quota: Quota
    period: Period
    done: int
    total: int
    state: str
    url: str
    now: str = ""

    @property
    def word(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def text(self) -> str:
        return f"{self.done} / {self.total}"


def _own(area: Area, rows: Sequence[queries.OwnRow], quotas: dict[int, Quota]) -> list[Own]:
    subject = area.village or area.unit
    frozen = {row.period for row in rows if row.frozen}
    # By code: whose type was corrected since is bound by another rule of it.
    beside = {(row.period, quotas[row.quota_id].code): row for row in rows if not row.frozen}
    found = []
    for row in rows:
        if not row.frozen and row.period in frozen:
            continue
        quota, period = quotas[row.quota_id], Period.parse(row.period)
        place = reverse("evidence", args=[quota.code, row.kind, subject.code if subject else ""])
        url = f"{place}?{urlencode({'period': period.code})}"
        live = beside.get((row.period, quota.code)) if row.frozen else None
        moved = live and (live.done, live.total, live.status) != (row.done, row.total, row.status)
        now = f"现在 {live.done} / {live.total} {STATE_WORDS[live.status]}" if moved and live else ""
        found.append(Own(quota, period, row.done, row.total, row.status, url, now))
    return found


def _attention(
    area: Area, matters: queries.Matters | None, coverage: queries.Coverage | None, year: int
) -> list[Attention]:
    found = []
    if matters:
        late, waiting = matters.late, matters.at("closed")
        found += [
            Attention(charts.count_of(late), "件诉求逾期", charts.matters_url(area, due="late"), bad=True),
            Attention(
                charts.count_of(waiting),
                f"件待公示（{year}年挂号的）",
                charts.matters_url(area, year=str(year), state="closed"),
            ),
        ]
    if coverage:
        covers = charts.covers(area, coverage)
        words = ("个村(社区)没有包联单位", "户没有结对干部", "户的结对干部已离岗")
        found += [
            Attention(charts.count_of(cover.whole - cover.there), word, cover.url)
            for cover, word in zip(covers, words, strict=False)
        ]
    return [each for each in found if each.number != "0"]
