"""Lists of the field work: trips, visits, arrivals, 补录 (contract, section 3)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, F, Q

from lianhu.kit.excel.write import Column
from registry.models import Unit, Village
from registry.scope import scope_of
from reports.exports.kinds import Asked, Export, Several, Table, day_of
from reports.pages import arrivals, backfill, trips, visits_list
from reports.pages.household_visits import COLUMNS, row_of, with_records
from reports.pages.households import may_have_households
from visits.arrivals import CONFIRMING, waiting
from visits.backfill import trips_to_decide, visits_to_decide
from visits.models import Visit

Rows = Iterable[Sequence[Any]]


def _trips(asked: Asked) -> Table:
    columns = (
        *(
            Column("干部"),
            Column("工号", "code"),
            Column("村(社区)"),
            Column("从", "date"),
            Column("到", "date"),
        ),
        *(Column("天数", "number"), Column("走访次数", "number"), Column("村党组织确认报到", "date")),
        *(Column("补录"), Column("作废", width=16)),
    )
    months = trips.months_asked(asked.user, asked.query, asked.on)

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield (
                *(one.cadre.name, one.cadre.code, one.village.name, one.begins_on, one.ends_on),
                *((one.ends_on - one.begins_on).days + 1, one.visit_count, day_of(one.arrival_confirmed_at)),
                *(_late(one), f"已作废：{one.void_reason}" if one.voided_at else ""),
            )

    period = f"统计期间：{months.label}" if months else ""
    return Table(columns, trips.found_for(asked.user, months), rows, period=period)


def _may_visits(asked: Asked) -> bool:
    """A unit or village that is named must be one's own."""
    if not may_have_households(asked.user):
        return False
    unit, village = asked.get("unit"), asked.get("village")
    units, villages = Unit.objects.visible_to(asked.user), Village.objects.visible_to(asked.user)
    return (not unit or units.filter(code=unit).exists()) and (
        not village or villages.filter(code=village).exists()
    )


def _visits(asked: Asked) -> Table:
    """The 民情记录表 of a month or a day in rows: all one sees, or of one unit's cadres, or of one village.

    What a companion's visit says is in the record of the visit it accompanied.
    """
    months = trips.months_asked(asked.user, asked.query, asked.on)
    found = Visit.objects.visible_to(asked.user)
    if months is None:
        found = found.filter(cadre=scope_of(asked.user).cadre_id)
    else:
        found = found.filter(day__range=(months.month.first, months.month.last))
    unit, village = asked.get("unit"), asked.get("village")
    if unit:
        posts = Visit.objects.filter(cadre__post_spans__unit__code=unit, **_ON_THE_DAY)
        found = found.filter(pk__in=posts.values("pk"))
    if village:
        found = found.filter(household__village__code=village)
    return _records(found, months.label if months else "")


def _met_visits(asked: Asked) -> Table:
    """见面走访 that count, as the dashboards' list shows them."""
    shown = visits_list.met_visits(asked.user, asked.query, asked.on)
    return _records(shown.found, shown.label)


def _records(visits: Any, span: str) -> Table:
    found = with_records(visits.order_by("day", "pk"))
    found = found.select_related("cadre", "record", "household__village", "accompanies__cadre")

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            home, cells = one.household, row_of(one)
            with_whom = f"同行于{one.accompanies.cadre.name}的走访，内容见那一行" if one.accompanies else ""
            notes = [*cells[len(COLUMNS) :], with_whom, _late(one)]
            yield home.village.name, home.code, *cells[: len(COLUMNS)], "；".join(filter(None, notes))

    columns = (Column("村(社区)"), Column("户编码", "code"), *COLUMNS)
    return Table(columns, found, rows, period=f"统计期间：{span}" if span else "")


# The cadre's unit is that of the day of the visit.
_ON_THE_DAY = {
    "cadre__post_spans__begins_on__lte": F("day"),
    "cadre__post_spans__ends_on__gte": F("day"),
}


def _arrivals(asked: Asked) -> Table:
    columns = (
        *(Column("干部"), Column("单位"), Column("村(社区)"), Column("从", "date"), Column("到", "date")),
        Column("补录"),
    )
    found = arrivals.with_unit(waiting(asked.user, on=asked.on, older="older" in asked.query))

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            yield one.cadre.name, one.unit_name, one.village.name, one.begins_on, one.ends_on, _late(one)

    return Table(columns, found, rows)


def _backfill(asked: Asked) -> Table:
    """下乡 first, then 走访; a family is named only to whom its visit is shown."""
    columns = (
        *(Column("种类"), Column("干部"), Column("工号", "code"), Column("村(社区)"), Column("户")),
        *(Column("从", "date"), Column("到", "date"), Column("走访次数", "number"), Column("结果")),
        *(Column("录入日期", "date"), Column("录入人")),
    )
    standing = Count("visits", filter=Q(visits__voided_at__isnull=True))
    of_trips = trips_to_decide(asked.user, on=asked.on).select_related("cadre", "village", "recorded_by")
    of_visits = visits_to_decide(asked.user, on=asked.on)
    of_visits = of_visits.select_related("cadre", "household__village", "recorded_by")
    found = Several({"下乡": of_trips.annotate(visit_count=standing), "走访": of_visits})

    def rows(batch: list[Any]) -> Rows:
        visits = [one.pk for word, one in batch if word == "走访"]
        seen = set(Visit.objects.visible_to(asked.user).filter(pk__in=visits).values_list("pk", flat=True))
        for word, one in batch:
            entered = (day_of(one.recorded_at), one.recorded_by.name if one.recorded_by else "")
            if word == "下乡":
                what: tuple[Any, ...] = (
                    one.village.name,
                    "",
                    one.begins_on,
                    one.ends_on,
                    one.visit_count,
                    "",
                )
            else:
                home = one.household
                family = home.head_name if one.pk in seen else "一户"
                what = (home.village.name, family, one.day, one.day, None, one.get_result_display())
            yield word, one.cadre.name, one.cadre.code, *what, *entered

    return Table(columns, found, rows)


def _late(row: Any) -> str:
    if not row.backfilled:
        return ""
    if row.approved_at:
        return "补录，已批准"
    return "补录，没有批准" if row.refused_at else "补录，待批准"


EXPORTS = (
    Export("trips", "下乡登记表", lambda asked: may_have_households(asked.user), _trips),
    Export("visits", "入户走访登记表", _may_visits, _visits),
    Export("met_visits", "见面走访", lambda asked: may_have_households(asked.user), _met_visits),
    Export("arrivals", "待确认报到", lambda asked: scope_of(asked.user).has(*CONFIRMING), _arrivals),
    Export("backfill", "待审批补录", lambda asked: scope_of(asked.user).has(*backfill.DECIDING), _backfill),
)
