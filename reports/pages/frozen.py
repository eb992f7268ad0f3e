"""定格 beside live: what a period's figures were when they froze, and which of them are others now."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lianhu.kit import clock
from lianhu.kit.periods import Period
from reports.models import Compliance, FrozenFigure, FrozenPeriod
from reports.pages.duties import Duty
from reports.quotas.changes import frozen_figures
from reports.quotas.compute import Figure, Status
from reports.quotas.freeze import cut_off


@dataclass(frozen=True)
class Pair:
    """One rule for one subject; None where it did not bind then, or does not now."""

    subject: Any
    then: Duty | None
    now: Duty | None

    @property
    def either(self) -> Duty:
        found = self.now or self.then
        assert found is not None
        return found

    @property
    def differs(self) -> bool:
        if self.then is None or self.now is None:
            return True
        then, now = self.then.figure, self.now.figure
        return (then.status, then.done, then.total) != (now.status, now.done, now.total)

    @property
    def url(self) -> str:
        """The evidence, with the causes."""
        return self.either.url


@dataclass(frozen=True)
class Beside:
    """A frozen period's figures for some subjects, each beside the live one."""

    period: Period
    on: datetime.date
    pairs: Sequence[Pair]

    @property
    def different(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.differs]


def beside(
    period: Period, kind: str, subjects: Iterable[Any], live: Iterable[Duty], *, today: datetime.date
) -> Beside | None:
    """None while the period is not frozen. `live`: the subjects' duties of the same period, as of today."""
    if cut_off(period) > clock.midnight(today + datetime.timedelta(days=1)):
        return None
    frozen = FrozenPeriod.objects.filter(code=period.code).first()
    if frozen is None:
        return None
    by_id = {subject.pk: subject for subject in subjects}
    then = frozen_figures(period, kind, by_id)
    return Beside(period, day_of(frozen), pairs(by_id, then, live, period, today))


def day_of(frozen: FrozenPeriod) -> datetime.date:
    """定格 at 00:00 of this day."""
    return frozen.cut_off.astimezone(clock.SHANGHAI).date()


def pairs(
    subjects: Mapping[int, Any],
    then: Iterable[FrozenFigure],
    live: Iterable[Duty],
    period: Period,
    today: datetime.date,
) -> list[Pair]:
    """A pair a subject and code, in the subjects' order, then the rules'."""
    was = {
        (row.subject_id, row.quota.code): kept_duty(row, subjects[row.subject_id], period, today)
        for row in then
    }
    now = {(duty.figure.subject_id, duty.quota.code): duty for duty in live}
    place = {pk: number for number, pk in enumerate(subjects)}
    found = {key: Pair(subjects[key[0]], was.get(key), now.get(key)) for key in {*was, *now}}
    return [found[key] for key in sorted(found, key=lambda key: (place[key[0]], found[key].either.quota.pk))]


def kept_duty(row: Compliance | FrozenFigure, subject: Any, period: Period, today: datetime.date) -> Duty:
    """A figure that is kept, as a duty; its evidence is that of today."""
    figure = Figure(
        row.quota_id, row.quota.code, row.subject_kind, row.subject_id, subject.code,
        row.actual, row.target, cast(Status, row.status), row.done, row.total,
    )  # fmt: skip
    return Duty(row.quota, figure, period, today)
