"""What the 通报 says: each unit's outcome, by name, and what is still open (contract, section 7; 方案六(一)).

No order but the names', and no sum that compares one unit with another (contract, section 0).
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grievances.satisfaction import rate_text
from lianhu.kit.periods import Period
from registry.models import Unit
from reports.models import CountySummary, ReportState, SubjectKind
from reports.quarterly import summary as summaries
from reports.quarterly.figures import Reading, Share, UnitFigures, months_of, read
from reports.quarterly.queries import Line, lines_at

Date = datetime.date
HEADER = ("单位", "季度报告", "单位任务", "干部月度任务", "走访", "挂号", "答复", "销号", "逾期未答")


@dataclass(frozen=True)
class Outcome:
    line: Line
    figures: UnitFigures
    own: Share
    cadres: Share

    @property
    def unit(self) -> Unit:
        return self.line.unit

    @property
    def report_word(self) -> str:
        return self.line.word + (f"，{self.line.late_word}" if self.line.late else "")

    @property
    def words(self) -> list[str]:
        return [self.report_word, _share(self.own), _share(self.cadres)]

    @property
    def numbers(self) -> list[int]:
        return [self.figures.visits, *(self.figures.matters[each] for each in _MATTERS)]

    @property
    def cells(self) -> list[str]:
        """After the unit's name, in the order of `HEADER`."""
        return [*self.words, *map(str, self.numbers)]


_MATTERS = ("registered", "answered", "closed", "overdue")


def _rate(share: Share) -> str:
    return f"（{share.rate}）" if share.rate else ""


def _share(share: Share) -> str:
    if not share.bound:
        return "—"
    return f"{share.met} / {share.bound}{_rate(share)}"


@dataclass(frozen=True)
class Open:
    """Something that is still to be done, and by whom."""

    what: str
    who: Sequence[str]

    @property
    def names(self) -> str:
        return "、".join(self.who)


@dataclass(frozen=True)
class County:
    """The quarter of all units, as it stood when the 通报 was issued."""

    summary: CountySummary
    reading: Reading
    outcomes: Sequence[Outcome]

    @property
    def quarter(self) -> Period:
        return self.reading.period

    @property
    def cadres(self) -> Share:
        return sum((each.cadres for each in self.outcomes), Share())

    def with_report(self, *states: str) -> list[Outcome]:
        return [each for each in self.outcomes if each.line.state in states]

    @property
    def open(self) -> list[Open]:
        return list(_open(self))


def county_of(quarter: Period, *, today: Date) -> County:
    """A fixed number of statements, however many units."""
    summary = summaries.summary_of(quarter)
    reading = read(quarter, today=today)
    months = months_of(quarter)
    outcomes = []
    for line in lines_at(quarter, today=today, moment=summaries.cut(summary)):
        figures = reading.of(line.unit.pk)
        own = Share(sum(each.status == "met" for each in figures.own.values()), len(figures.own))
        cadres = sum((figures.share(SubjectKind.CADRE, rule.code, months) for rule in reading.rules), Share())
        outcomes.append(Outcome(line, figures, own, cadres))
    return County(summary, reading, outcomes)


def _open(county: County) -> Iterator[Open]:
    def named(which: Sequence[Outcome]) -> list[str]:
        return [each.unit.name for each in which]

    missing = [each for each in county.outcomes if each.line.state in ("", ReportState.DRAFT)]
    asked = (
        ("季度报告还没有报送", missing),
        ("季度报告被退回，还没有重报", county.with_report(ReportState.RETURNED)),
        ("季度报告迟报", [each for each in county.outcomes if each.line.handed_in and each.line.late]),
    )
    for what, which in asked:
        if which:
            yield Open(what, named(which))
    for rule in county.reading.rules:
        lacking = [
            each
            for each in county.outcomes
            if rule.code in each.figures.own and each.figures.own[rule.code].status in ("missed", "running")
        ]
        if lacking:
            yield Open(f"还没有完成{rule.name}", named(lacking))
    overdue = [each for each in county.outcomes if each.figures.matters["overdue"]]
    if overdue:
        yield Open(
            "季末超过期限没有答复的诉求",
            [f"{each.unit.name}（{each.figures.matters['overdue']} 件）" for each in overdue],
        )


def proposed_opening(county: County) -> str:
    """What the figures say by themselves, for the office to go on from."""
    accepted, waiting = county.with_report(ReportState.ACCEPTED), county.with_report(ReportState.SUBMITTED)
    whole, heard = county.reading.whole, county.reading.satisfaction
    cadres = county.cadres
    told = [
        f"{county.quarter.label}，全县 {len(county.outcomes)} 个单位中，{len(accepted)} 个单位的季度报告已采纳，"
        f"{len(waiting)} 个已报送待审，{len(county.outcomes) - len(accepted) - len(waiting)} 个还没有报送。",
        f"干部每月的任务，应完成 {cadres.bound} 项次，完成 {cadres.met} 项次{_rate(cadres)}。"
        if cadres.bound
        else "",
        f"见面走访 {whole.visits} 户次；挂号诉求 {whole.matters['registered']} 件，"
        f"答复 {whole.matters['answered']} 件，销号 {whole.matters['closed']} 件。",
        f"回访群众 {heard['whole']} 件次，满意和基本满意"
        f" {rate_text(heard['satisfied'] + heard['basically'], heard['whole'])}。"
        if heard["whole"]
        else "",
    ]
    return "".join(told)
