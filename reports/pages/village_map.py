"""地图: villages by position with coverage, visits and open matters, beside a list that says the same."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grievances.deadlines import late
from grievances.ledger import Asked
from grievances.models import Grievance
from lianhu.kit import clock
from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import Household, Pairing, Village
from registry.querysets import in_force
from reports.dashboards.area import county_area
from reports.dashboards.places import draw, has_place

Date = datetime.date


@dataclass(frozen=True)
class Line:
    """What the map and the list say of one village."""

    village: Village
    households: int
    bare: int
    visits: int
    open: int
    late: int
    month: Period

    @property
    def state(self) -> str:
        """What the mark looks like: late matters, families nobody holds, or neither."""
        return "late" if self.late else "bare" if self.bare else "fine"

    @property
    def url(self) -> str:
        return reverse("village", args=[self.village.code])

    @property
    def coverage_url(self) -> str:
        asked = {"list": "households", "place": f"village:{self.village.code}"}
        return f"{reverse('coverage')}?{urlencode(asked)}"

    @property
    def visits_url(self) -> str:
        asked = {"month": self.month.code, "place": f"village:{self.village.code}"}
        return f"{reverse('visits')}?{urlencode(asked)}"

    @property
    def open_url(self) -> str:
        return f"{reverse('ledger')}?{Asked(tab='all', village=self.village.code, age='open').query()}"

    @property
    def late_url(self) -> str:
        return f"{reverse('ledger')}?{Asked(tab='all', village=self.village.code, due='late').query()}"

    @property
    def told(self) -> str:
        words = [
            f"本月见面走访 {self.visits} 户次",
            f"在办 {self.open} 件" + (f"，逾期 {self.late} 件" if self.late else ""),
            f"{self.bare} 户没有结对干部" if self.bare else "户户有结对干部",
        ]
        return f"{self.village.name}：{'；'.join(words)}"


@login_required
@require_safe
@never_cache
def village_map(request: HttpRequest) -> HttpResponse:
    """The villages one sees; nobody without any has a map."""
    villages = villages_of(request.user)
    if not villages:
        raise Http404
    today = clock.today()
    lines = lines_of(request.user, villages, today)
    drawing = draw(villages, settings.MAP_TILES)
    by_pk = {line.village.pk: line for line in lines}
    context = {
        "lines": lines,
        "drawing": drawing,
        "spots": [(spot, by_pk[spot.village.pk]) for spot in drawing.spots] if drawing else [],
        "placeless": [village for village in villages if not has_place(village)],
        "month": Period.month_of(today),
        "late": sum(line.late for line in lines),
        "open": sum(line.open for line in lines),
        "bare": sum(line.bare for line in lines),
        "tiled": bool(settings.MAP_TILES),
    }
    return render(request, "dashboards/map.html", context)


def villages_of(user: Any) -> list[Village]:
    visible = Village.objects.visible_to(user).select_related("township").distinct()
    return sorted(visible, key=lambda each: (spelt(each.township.name), spelt(each.name), each.code))


def lines_of(user: Any, villages: list[Village], on: Date) -> list[Line]:
    """A fixed number of statements for any number of villages; of each only what the person may see."""
    pks = [village.pk for village in villages]
    month = Period.month_of(on)
    open_homes = Q(closed_on__isnull=True) | Q(closed_on__gt=on)
    # As 全覆盖 does: a family that nobody holds is seen by whoever sees its village.
    homes = Household.objects.filter(open_homes, village__in=pks)
    held = Pairing.objects.filter(in_force(on)).values("household")
    households = _counted(homes, "village")
    bare = _counted(homes.exclude(pk__in=held), "village")
    visits = _counted(county_area(user).visits(month.first, on), "household__village", pks)
    matters = (
        Asked(tab="all", age="open").apply(Grievance.objects.visible_to(user), on).filter(village__in=pks)
    )
    found = (
        matters.order_by()
        .values_list("village")
        .annotate(open=Count("pk"), late=Count("pk", filter=late(on)))
    )
    in_work = {pk: (open_, late_) for pk, open_, late_ in found}
    return [
        Line(
            village,
            households.get(village.pk, 0),
            bare.get(village.pk, 0),
            visits.get(village.pk, 0),
            *in_work.get(village.pk, (0, 0)),
            month,
        )
        for village in villages
    ]


def _counted(rows: Any, column: str, among: list[int] | None = None) -> Mapping[int, int]:
    if among is not None:
        rows = rows.filter(**{f"{column}__in": among})
    return dict(rows.order_by().values_list(column).annotate(count=Count("pk")))
