"""Charts as plain values: a statement, whence the figures are, the table behind, and what the browser draws.

Each figure of a table is a link to its rows; what is drawn says nothing that the table does not (DESIGN, "Chart").
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from grievances.ledger import AGES, STANDINGS
from grievances.satisfaction import rate_text
from grievances.states import GrievanceState
from lianhu.kit import clock, rates
from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import Unit
from reports.dashboards.area import Area
from reports.dashboards.queries import Coverage, Day, Kept, Matters, Tally

Date = datetime.date
# More categories than these are one bar; the table has all of them.
CATEGORIES_DRAWN = 5
# More units than these are drawn in columns, by their type.
UNITS_IN_A_COLUMN = 40


@dataclass(frozen=True)
class Cell:
    text: str
    url: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Chart:
    """`drawn` goes to `static/js/charts.js`; empty where there is nothing to draw, and then `empty` says why.

    `told_anyway`: the table stands all the same.
    """

    name: str
    statement: str
    note: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()
    drawn: Mapping[str, Any] = field(default_factory=dict)
    empty: str = ""
    under: str = ""
    told_anyway: bool = False

    @property
    def data_id(self) -> str:
        return f"{self.name}-data"


def count_of(number: int) -> str:
    return f"{number:,}"


def tally_rate(tally: Tally) -> str:
    return rates.rate(tally.met, tally.all)


def rate_or_count(tally: Tally) -> str:
    """A rate from fewer than five shows the count (contract, section 0). The sign stays with its number."""
    return tally_rate(tally).replace(" ", "\N{NO-BREAK SPACE}") or f"{tally.met} / {tally.all} 项"


def link(address: str, **asked: str) -> str:
    return f"{address}?{urlencode({name: value for name, value in asked.items() if value})}"


# --- where figures come from ---------------------------------------------------------------------


def month_and_day(day: Date) -> str:
    return f"{day.month}月{day.day}日"


def since(period: Period, kept: Kept) -> str:
    """定格 or when the live figure was last computed in full; what is touched since is in it."""
    if period.code in kept.frozen:
        return f"{month_and_day(kept.frozen[period.code].astimezone(clock.SHANGHAI).date())}定格"
    if period.code in kept.stored:
        return f"截至 {month_and_day(kept.stored[period.code])}"
    return "还没有算"


def short(period: Period, today: Date) -> str:
    """本月, 2月, 去年12月 is too clever: the year where it is another."""
    if period.kind == "year":
        return "今年" if period.first.year == today.year else period.label
    return f"{period.first.month}月" if period.first.year == today.year else period.label


def overall(name: str, period: Period, tally: Tally, matters: Matters | None, today: Date) -> str:
    """What a dashboard says first. The ledger's figures are today's, whatever the period."""
    what = "月度任务" if period.kind == "month" else "年度任务"
    said = [f"{short(period, today)}{what}完成 {rate_or_count(tally)}" if tally.all else ""]
    if matters:
        late = f"，{count_of(matters.late)} 件逾期" if matters.late else ""
        when = "" if period.first <= today <= period.last else "今天"
        said.append(f"{when}在办诉求 {count_of(matters.in_work)} 件{late}")
    return f"{name}：{'，'.join(each for each in said if each) or '还没有数'}"


# --- duties ------------------------------------------------------------------------------------


def duty_statement(period: Period, tally: Tally, today: Date) -> str:
    what = "月度任务" if period.kind == "month" else "年度任务"
    if not tally.all:
        return f"{short(period, today)}没有要完成的{what}"
    verb = "没完成" if period.is_over(today) else "还没完成"
    return f"{short(period, today)}{what}完成 {rate_or_count(tally)}，{count_of(tally.open)} 项{verb}"


def by_unit(
    units: Sequence[Unit],
    tallies: Mapping[int, Tally],
    now: Mapping[int, Tally],
    period: Period,
    kept: Kept,
    today: Date,
) -> list[Chart]:
    """Units by name, never ranked. Of many units one chart for each type."""
    with_duties = [unit for unit in units if unit.pk in tallies and tallies[unit.pk].all]
    groups = {"": with_duties}
    if len(with_duties) > UNITS_IN_A_COLUMN:
        groups = {
            label: [unit for unit in with_duties if unit.type == value]
            for value, label in Unit._meta.get_field("type").flatchoices
        }
    charts = []
    for place, (label, listed) in enumerate(groups.items()):
        total = sum_of(tallies[unit.pk] for unit in listed)
        said = duty_statement(period, total, today)
        chart = Chart(
            name=f"units-{place}",
            statement=f"{label}：{said}" if label else said,
            note=f"{period.label} · {since(period, kept)} · 来源：下乡、走访等记录 · 按名称排列",
            heads=["单位", "完成 / 应完成", "完成率", *(["现在"] if now else [])],
            rows=[_unit_row(unit, tallies[unit.pk], now, period, today) for unit in listed],
            total=[
                Cell("合计"),
                Cell(_of(total)),
                Cell(tally_rate(total)),
                *([Cell(_of(sum_of(now[unit.pk] for unit in listed if unit.pk in now)))] if now else []),
            ],
            drawn={
                "kind": "bars",
                "most": 100,
                "track": True,
                "rows": [_unit_bar(unit, tallies[unit.pk], period, today) for unit in listed],
            }
            if listed
            else {},
            empty="" if listed else "这一期间没有要考的任务。",
            under="不含免考。不足 5 项的只列项数，不算比率。",
        )
        if listed or not label:
            charts.append(chart)
    return charts


def sum_of(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for each in tallies:
        whole.cells.update(each.cells)
    return whole


def _of(tally: Tally) -> str:
    return f"{count_of(tally.met)} / {count_of(tally.all)}"


def unit_url(unit: Unit, period: Period, today: Date, **asked: str) -> str:
    """The table of its people, in the month or at the end of the year."""
    month = Period.month_of(period.reference_day(today))
    return link(reverse("unit", args=[unit.code]), month=month.code, **asked)


def _unit_row(unit: Unit, tally: Tally, now: Mapping[int, Tally], period: Period, today: Date) -> list[Cell]:
    url = unit_url(unit, period, today)
    row = [Cell(unit.name, url), Cell(_of(tally), url), Cell(tally_rate(tally) or "不足 5 项")]
    if now:
        live = now.get(unit.pk, Tally())
        row.append(Cell(_of(live) if (live.met, live.all) != (tally.met, tally.all) else "相同", url))
    return row


def _unit_bar(unit: Unit, tally: Tally, period: Period, today: Date) -> dict[str, Any]:
    return {
        "label": unit.name,
        "values": [_percent(tally)],
        "text": _of(tally),
        "aside": tally_rate(tally) or "不足 5 项",
        "url": unit_url(unit, period, today),
    }


def _percent(tally: Tally) -> float:
    """For the length of a bar alone; of fewer than five there is none."""
    enough = tally.all >= rates.SMALLEST_FOR_A_RATE
    return round(100 * tally.met / tally.all, 1) if enough else 0


@dataclass(frozen=True)
class RuleLine:
    """One rule of one period, for many subjects together. `now`: the live figure, where the frozen one is another."""

    name: str
    period: Period
    kind: str
    tally: Tally
    url: str
    now: Tally | None = None

    @property
    def told_now(self) -> str:
        return f"现在 {_of(self.now)}" if self.now else ""


def _periods_and_since(periods: Iterable[Period], kept: Kept) -> str:
    """Periods that are known as of the same day are told together."""
    told: dict[str, list[str]] = {}
    for period in dict.fromkeys(periods):
        told.setdefault(since(period, kept), []).append(period.label)
    return "；".join(f"{'、'.join(labels)} {when}" for when, labels in told.items())


_WHOM = {"cadre": "人", "unit": "个单位", "village": "个村(社区)"}


def by_rule(name: str, statement: str, lines: Sequence[RuleLine], kept: Kept) -> Chart:
    """Met of all that are bound, rule by rule, in the rules' own order."""
    moved = any(line.now for line in lines)
    return Chart(
        name=name,
        statement=statement,
        note=f"{_periods_and_since([line.period for line in lines], kept)} · 来源：各项记录",
        heads=["任务", "期间", "完成 / 应完成", "完成率", *(["现在"] if moved else [])],
        rows=[
            [
                Cell(line.name, line.url),
                Cell(line.period.label),
                Cell(f"{_of(line.tally)} {_WHOM[line.kind]}", line.url),
                Cell(tally_rate(line.tally) or f"不足 5 {_WHOM[line.kind][-1:]}"),
                *([Cell(_of(line.now) if line.now else "相同", line.url)] if moved else []),
            ]
            for line in lines
        ],
        drawn={
            "kind": "bars",
            "most": 100,
            "track": True,
            "rows": [
                {
                    "label": line.name,
                    "values": [_percent(line.tally)],
                    "text": _of(line.tally),
                    "aside": line.told_now or tally_rate(line.tally),
                    "url": line.url,
                }
                for line in lines
            ],
        }
        if lines
        else {},
        empty="" if lines else "这一期间没有要考的任务。",
    )


def trend(
    months: Sequence[Period],
    tallies: Mapping[str, Tally],
    kept: Kept,
    url: Callable[[Period], str],
    today: Date,
    *,
    begun: str = "",
) -> Chart:
    """The monthly duties of twelve months: frozen where frozen, else live, and said which.

    `begun`: the first month in which the county kept its records here; those before it have no figure.
    """
    points = [
        (month, tallies.get(month.code, Tally()) if month.code >= begun else Tally()) for month in months
    ]
    frozen = [month for month in months if month.code in kept.frozen]
    note = f"{months[0].label}—{months[-1].label} · "
    if len(frozen) == len(months):
        note += "各月定格数"
    elif frozen:
        note += "实心是定格数，空心是现在的数"
    else:
        note += "现在的数，还没有定格"
    return Chart(
        name="trend",
        statement=_trend_statement(points, today),
        note=f"{note} · 来源：下乡等记录",
        heads=["月份", "完成 / 应完成", "完成率", "哪天的数"],
        rows=[
            [
                Cell(month.label, url(month)),
                Cell(_of(tally) if tally.all else "—", url(month) if tally.all else ""),
                Cell(tally_rate(tally) if tally.all else "—"),
                Cell(since(month, kept)),
            ]
            for month, tally in points
        ],
        drawn={
            "kind": "line",
            "points": [
                {
                    "label": f"{month.first.month}月",
                    "year": str(month.first.year),
                    "value": _percent(tally) if tally_rate(tally) else None,
                    "text": tally_rate(tally),
                    "live": month.code not in kept.frozen,
                    "url": url(month),
                }
                for month, tally in points
            ],
        }
        if any(tally_rate(tally) for _, tally in points)
        else {},
        empty="不足 5 项，只列项数，不画完成率。",
        told_anyway=any(tally.all for _, tally in points),
    )


def _trend_statement(points: Sequence[tuple[Period, Tally]], today: Date) -> str:
    rated = [(month, _percent(tally)) for month, tally in points if tally_rate(tally)]
    if not rated:
        done = [(month, tally) for month, tally in points if tally.all]
        if not done:
            return "近十二个月还没有月度任务"
        return f"{short(done[-1][0], today)}完成 {rate_or_count(done[-1][1])}"
    if len(rated) == 1:
        return f"{short(rated[0][0], today)}完成率 {rated[0][1]:.1f}\N{NO-BREAK SPACE}%"
    # A month that runs has not had its chance yet: the last two that are over are compared.
    over = [each for each in rated if each[0].is_over(today)]
    (before, was), (last, now) = over[-2:] if len(over) > 1 else rated[-2:]
    change = round(now - was, 1)
    if not change:
        return f"{short(last, today)}完成率与{short(before, today)}相同"
    word = "高" if change > 0 else "低"
    return f"{short(last, today)}完成率比{short(before, today)}{word} {abs(change):.1f} 个百分点"


# --- visits ------------------------------------------------------------------------------------


def visits(area: Area, period: Period, days: Sequence[Day], today: Date) -> Chart:
    by_month = period.kind == "year"
    total = sum(day.count for day in days)
    most = max(days, key=lambda day: day.count, default=None)
    statement = f"{short(period, today)}见面走访 {count_of(total)} 户次"
    if most and most.count:
        unit = "一个月" if by_month else "一天"
        statement += f"，最多{unit} {count_of(most.count)} 户次"
    last = min(period.last, today)
    until = f"{month_and_day(period.first)}—{month_and_day(last)}"
    return Chart(
        name="visits",
        statement=statement,
        note=f"{until}{'' if by_month else '，空心为休息日'} · 来源：走访记录，补录批准后计入",
        heads=["月份" if by_month else "日期", "见面走访", *([] if by_month else ["休息日"])],
        rows=[
            [
                Cell(f"{day.day.year}年{day.day.month}月" if by_month else day.day.isoformat()),
                Cell(
                    f"{count_of(day.count)} 户次",
                    visits_url(area, day.day, by_month=by_month) if day.count else "",
                ),
                *([] if by_month else [Cell("休息日" if day.off else "")]),
            ]
            for day in days
        ],
        total=[Cell("合计"), Cell(f"{count_of(total)} 户次"), *([] if by_month else [Cell("")])],
        drawn={
            "kind": "columns",
            "columns": [
                {
                    "label": f"{day.day.month}月" if by_month else str(day.day.day),
                    "value": day.count,
                    "hollow": day.off,
                    "url": visits_url(area, day.day, by_month=by_month) if day.count else "",
                }
                for day in days
            ],
        }
        if total
        else {},
        empty="干部走访见到人以后，每天的户次画在这里。",
    )


def visits_url(area: Area, day: Date, *, by_month: bool) -> str:
    asked = {"month": f"{day:%Y-%m}"} if by_month else {"day": day.isoformat()}
    return link(reverse("visits"), **asked, place=area.place)


# --- matters -----------------------------------------------------------------------------------

_STEPS = (
    (GrievanceState.REGISTERED, "挂号", "交办"),
    (GrievanceState.ASSIGNED, "交办", "答复"),
    (GrievanceState.REPLIED, "答复", "回访"),
    (GrievanceState.REVISITED, "回访", "销号"),
    (GrievanceState.CLOSED, "销号", "公示"),
    (GrievanceState.PUBLISHED, "公示", ""),
)


def matters_url(area: Area, **asked: str) -> str:
    return f"{reverse('ledger')}?{replace(area.ledger, **asked).query()}"


def funnel(area: Area, found: Matters, year: int, on: Date) -> Chart:
    """挂号 … 公示: how many of the year's came how far, and where they wait."""
    here = {str(state.value): found.at(state.value) for state, *_ in _STEPS}
    withheld = found.at("withheld")
    said = str(year)
    rows, bars = [], []
    reached = sum(here.values()) + withheld
    registered = reached
    for state, label, after in _STEPS:
        waiting = here[state.value]
        # What is withheld was closed, and is never published.
        number = reached - withheld if state == GrievanceState.PUBLISHED else reached
        # "closed or later" holds those withheld as well: both are closed.
        url = matters_url(area, year=said, reached=state.value)
        told = f"{count_of(waiting)} 件在等{after}" if after and waiting else ""
        at = matters_url(area, year=said, state=state.value) if told else ""
        rows.append([Cell(label), Cell(f"{count_of(number)} 件", url), Cell(told, at)])
        bars.append(
            {"label": label, "values": [number], "text": count_of(number), "aside": told, "url": at or url}
        )
        reached -= waiting
    if withheld:
        url = matters_url(area, year=said, state="withheld")
        rows.append([Cell(STANDINGS["withheld"]), Cell(f"{count_of(withheld)} 件", url), Cell("")])
    closed = here["closed"] + here["published"] + withheld
    when = "今年" if year == on.year else f"{year}年"
    until = f"1月1日—{month_and_day(min(on, Date(year, 12, 31)))}"
    return Chart(
        name="funnel",
        statement=f"{when}挂号 {count_of(registered)} 件，销号 {count_of(closed)} 件，"
        f"{count_of(registered - closed)} 件在办",
        note=f"{year}年{until}挂号的 · 现在的数 · 来源：诉求台账，不含作废和并案",
        heads=["走到", "件数", "停在这一步"],
        rows=rows,
        drawn={"kind": "bars", "rows": bars, "tone": "c2"} if registered else {},
        empty="登记诉求以后，办到哪一步画在这里。",
    )


def ages(area: Area, found: Matters, on: Date) -> Chart:
    rows, bars = [], []
    for age, label in list(AGES.items())[1:]:
        number, late = found.of_age(age), found.of_age(age, only_late=True)
        url = matters_url(area, age=age)
        late_url = matters_url(area, age=age, due="late") if late else ""
        told = f"逾期 {count_of(late)}" if late else ""
        rows.append(
            [
                Cell(label),
                Cell(f"{count_of(number)} 件", url if number else ""),
                Cell(told, late_url, bad=True),
            ]
        )
        bars.append(
            {"label": label, "values": [number - late, late], "text": count_of(number), "aside": told,
             "bad": bool(late), "url": late_url or url}
        )  # fmt: skip
    late = found.late
    return Chart(
        name="ages",
        statement=f"在办 {count_of(found.in_work)} 件，{f'{count_of(late)} 件逾期' if late else '没有逾期的'}",
        note=f"按挂号至今天数 · {month_and_day(on)}的数 · 来源：诉求台账",
        heads=["挂号至今", "在办", "其中逾期"],
        rows=rows,
        total=[
            Cell("合计"),
            Cell(f"{count_of(found.in_work)} 件", matters_url(area, age="open")),
            Cell(
                f"{count_of(late)} 件" if late else "",
                matters_url(area, due="late") if late else "",
                bad=True,
            ),
        ],
        drawn={"kind": "bars", "rows": bars, "tone": "c2"} if found.in_work else {},
        empty="现在没有在办的诉求。",
    )


def categories(area: Area, found: Matters, on: Date) -> Chart:
    """The most first: kinds of matters are no people."""
    counted = sorted(found.kinds, key=lambda pair: -pair[1])
    drawn, rest = counted[:CATEGORIES_DRAWN], counted[CATEGORIES_DRAWN:]
    bars: list[dict[str, Any]] = [
        {"label": each.name, "values": [number], "text": count_of(number),
         "url": matters_url(area, age="open", category=str(each.pk))}
        for each, number in drawn
    ]  # fmt: skip
    if rest:
        number = sum(count for _, count in rest)
        bars.append(
            {"label": f"其余 {len(rest)} 类", "values": [number], "text": count_of(number), "hollow": True}
        )
    # Of a few each, none is the most.
    many = [each.name for each, number in drawn[:2] if number >= rates.SMALLEST_FOR_A_RATE]
    said = f"在办最多的是{'、'.join(many)}" if many else f"在办诉求分 {len(counted)} 类"
    return Chart(
        name="categories",
        statement=said if counted else "现在没有在办的诉求",
        note=f"按类别，件 · {month_and_day(on)}的数 · 来源：诉求台账",
        heads=["类别", "在办"],
        rows=[
            [
                Cell(each.name),
                Cell(f"{count_of(number)} 件", matters_url(area, age="open", category=str(each.pk))),
            ]
            for each, number in counted
        ],
        drawn={"kind": "bars", "rows": bars, "tone": "c2"} if counted else {},
        empty="有在办的诉求时，按类别画在这里。",
    )


def satisfaction(area: Area, found: Matters, year: int, on: Date) -> Chart:
    heard, said = found.heard, str(year)
    content = heard["satisfied"] + heard["basically"]
    parts = (
        ("满意", "satisfied", heard["satisfied"]),
        ("基本满意", "basically", heard["basically"]),
        ("不满意", "dissatisfied", heard["dissatisfied"]),
    )
    when = "今年" if year == on.year else f"{year}年"
    rate = rate_text(content, heard["whole"]).replace(" %", "\N{NO-BREAK SPACE}%")
    return Chart(
        name="satisfaction",
        statement=f"回访 {count_of(heard['whole'])} 次，满意和基本满意 {rate}"
        if heard["whole"]
        else f"{when}还没有回访",
        note=f"{year}年挂号的 · 剔除 {heard['set_aside']} 次 · 来源：诉求台账的回访",
        heads=["回访结果", "次数"],
        rows=[
            [
                Cell(label),
                Cell(
                    f"{count_of(number)} 次",
                    matters_url(area, year=said, satisfaction=value) if number else "",
                    bad=value == "dissatisfied" and bool(number),
                ),
            ]
            for label, value, number in parts
        ],
        drawn={
            "kind": "parts",
            "parts": [
                {
                    "label": label,
                    "value": number,
                    "tone": tone,
                    "url": matters_url(area, year=said, satisfaction=value),
                }
                for (label, value, number), tone in zip(parts, ("accent", "c2", "bad"), strict=True)
                if number
            ],
        }
        if heard["whole"]
        else {},
        empty="办结回访以后，群众满意不满意画在这里。",
    )


# --- 全覆盖 -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cover:
    """One line of coverage: what there is of what there should be, and the way to what is missing."""

    label: str
    there: int
    whole: int
    missing: str
    url: str


def covers(area: Area, found: Coverage) -> list[Cover]:
    def line(label: str, whole: int, bare: int, missing: str, which: str) -> Cover:
        url = link(reverse("coverage"), list=which, place=area.place)
        return Cover(label, whole - bare, whole, missing.format(count_of(bare)) if bare else "", url)

    lines = [
        line("村(社区)有包联单位", found.villages, found.villages_bare, "补 {} 个", "villages"),
        line("户有结对干部", found.households, found.households_bare, "补 {} 户", "households"),
        line("结对干部在岗", found.pairings, found.pairings_left, "接替 {} 户", "left"),
    ]
    if area.has_cadres:
        lines.append(line("在岗干部有结对户", found.cadres, found.cadres_bare, "{} 名没有", "cadres"))
    return lines


def by_name(units: Iterable[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (spelt(unit.name), unit.code))
