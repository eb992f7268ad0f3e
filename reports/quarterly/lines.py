"""A unit's figures line by line: one list for the page, the paper and the workbook."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from grievances.models import Satisfaction
from grievances.satisfaction import rate_text
from lianhu.kit.periods import Period
from registry.models import Unit
from reports.models import Status, SubjectKind
from reports.quarterly.counts import MATTERS
from reports.quarterly.figures import Reading, Share, UnitFigures, months_of
from visits.models import ActivityKind


@dataclass(frozen=True)
class Cell:
    """`word` is a state or a rate beside the figure; `url` leads to its evidence."""

    text: str = ""
    word: str = ""
    state: str = ""
    url: str = ""

    @property
    def value(self) -> int | str:
        """A number where it is one."""
        return int(self.text) if self.text.isdecimal() else self.text


@dataclass(frozen=True)
class Line:
    """`months` are three, or none where only the quarter is counted; `measure` is the quarter's."""

    name: str
    measure: str
    quarter: Cell
    months: Sequence[Cell] = ()

    @property
    def told(self) -> str:
        """The quarter's figure with everything that belongs to it."""
        return " ".join(filter(None, (self.quarter.text, self.measure, self.quarter.word)))


@dataclass(frozen=True)
class Group:
    title: str
    lines: Sequence[Line]

    @property
    def by_month(self) -> bool:
        return any(line.months for line in self.lines)


def groups(reading: Reading, unit: Unit) -> list[Group]:
    found = reading.of(unit.pk)
    made = (
        Group("单位自己的任务", list(_own(reading, unit, found))),
        Group(
            "干部每月的任务（完成人数 / 应完成人数）", list(_monthly(reading, unit, found, SubjectKind.CADRE))
        ),
        Group(
            "所辖村(社区)的任务（完成村数 / 应完成村数）",
            list(_monthly(reading, unit, found, SubjectKind.VILLAGE)),
        ),
        Group("入户走访", list(_visits(reading, unit, found))),
        Group("群众诉求（本单位干部主办）", list(_matters(reading, unit, found))),
        Group("回访满意度", list(_satisfaction(reading, unit))),
        Group("单位开展的活动", list(_activities(reading, unit, found))),
    )
    return [group for group in made if group.lines]


def month_labels(quarter: Period) -> list[str]:
    return [f"{month.first.month}月" for month in months_of(quarter)]


def _own(reading: Reading, unit: Unit, found: UnitFigures) -> Iterator[Line]:
    for rule in reading.rules:
        own = found.own.get(rule.code)
        if own:
            address = reverse("evidence", args=[rule.code, "unit", unit.code])
            asked = {"period": reading.period.code, "as_of": reading.as_of.isoformat()}
            url = f"{address}?{urlencode(asked)}"
            text, word = f"{own.done} / {own.total}", str(Status(own.status).label)
            yield Line(rule.name, rule.measure, Cell(text, word, own.status, url))


def _monthly(reading: Reading, unit: Unit, found: UnitFigures, kind: SubjectKind) -> Iterator[Line]:
    """A quarter's own rule (of villages) has one figure; a month's has three, and what they are together."""
    months = months_of(reading.period)
    measure = "人" if kind == SubjectKind.CADRE else "村"
    for rule in reading.rules:
        of_quarter = found.share(kind, rule.code, [reading.period])
        of_months = found.share(kind, rule.code, months)
        if of_quarter.bound:
            yield Line(rule.name, measure, _share(of_quarter, _way(unit, kind, months[-1], rule.code)))
        elif of_months.bound:
            each = [
                _share(found.share(kind, rule.code, [month]), _way(unit, kind, month, rule.code))
                for month in months
            ]
            yield Line(rule.name, f"{measure}次", _share(of_months, ""), each)


def _share(share: Share, url: str) -> Cell:
    return Cell(f"{share.met} / {share.bound}", share.rate, "", url) if share.bound else Cell("—")


def _way(unit: Unit, kind: SubjectKind, month: Period, code: str) -> str:
    if kind == SubjectKind.VILLAGE:
        return f"{reverse('villages')}?{urlencode({'month': month.code})}"
    return f"{reverse('unit', args=[unit.code])}?{urlencode({'month': month.code, 'duty': code})}"


def _rows(reading: Reading, unit: Unit, name: str, number: int) -> str:
    """Nothing opens onto nothing."""
    return reverse("quarterly_rows", args=[unit.code, reading.period.code, name]) if number else ""


def _visits(reading: Reading, unit: Unit, found: UnitFigures) -> Iterator[Line]:
    url = _rows(reading, unit, "visits", found.visits)
    yield Line("见面走访", "户次", Cell(str(found.visits), url=url))
    homes = _rows(reading, unit, "households", found.households)
    yield Line("走访到的户", "户", Cell(str(found.households), url=homes))


def _matters(reading: Reading, unit: Unit, found: UnitFigures) -> Iterator[Line]:
    for name, (label, _) in MATTERS.items():
        number = found.matters[name]
        yield Line(label, "件", Cell(str(number), url=_rows(reading, unit, name, number)))


def _satisfaction(reading: Reading, unit: Unit) -> Iterator[Line]:
    """Of this unit alone: the reading's satisfaction is that of the units it was read for."""
    heard = reading.satisfaction
    for value in Satisfaction:
        number = heard[value.value]  # type: ignore[literal-required]
        yield Line(str(value.label), "件次", Cell(str(number), url=_rows(reading, unit, "revisited", number)))
    content = heard["satisfied"] + heard["basically"]
    yield Line("满意和基本满意", "", Cell(rate_text(content, heard["whole"])))
    if heard["set_aside"]:
        yield Line("剔除（不计入）", "件次", Cell(str(heard["set_aside"])))


def _activities(reading: Reading, unit: Unit, found: UnitFigures) -> Iterator[Line]:
    for kind in ActivityKind:
        number = found.activities[kind.value]
        if number:
            url = _rows(reading, unit, kind.value, number)
            yield Line(str(kind.label), "次", Cell(str(number), url=url))
