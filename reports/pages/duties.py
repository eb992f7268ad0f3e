"""A figure as people read it: what is owed in words, "1 / 2 天", a state, the way to its evidence."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from lianhu.kit.periods import Period
from reports.models import Quota
from reports.quotas.compute import Figure, Subjects, figures
from reports.quotas.metrics import METRICS

STATE_WORDS = {"met": "已完成", "running": "进行中", "missed": "未完成", "exempt": "免考"}

_OWED = {
    "trip_count": "{n} 次下乡",
    "trip_days": "{n} 天驻村",
    "paired_coverage": "{n} 户没走访",
    "key_household_coverage": "{n} 户四类户没走访",
}


@dataclass(frozen=True)
class Duty:
    quota: Quota
    figure: Figure
    period: Period
    as_of: datetime.date

    @property
    def state(self) -> str:
        return self.figure.status

    @property
    def word(self) -> str:
        return STATE_WORDS[self.figure.status]

    @property
    def done(self) -> int:
        return self.figure.done

    @property
    def total(self) -> int:
        """What is asked of the subject: households to visit, or the target."""
        return self.figure.total

    @property
    def left(self) -> int:
        """What is still owed; nothing of a duty that does not bind."""
        shares = METRICS[self.quota.metric].shares
        due = self.total * self.figure.target / 100 if shares else self.figure.target
        return 0 if self.state == "exempt" else max(0, math.ceil(due) - self.done)

    @property
    def owed(self) -> str:
        words = _OWED.get(self.quota.code, "{n} {measure}{name}")
        return words.format(n=self.left, measure=self.quota.measure, name=self.quota.name)

    @property
    def text(self) -> str:
        return f"{self.done} / {self.total}"

    @property
    def url(self) -> str:
        place = reverse("evidence", args=[self.quota.code, self.figure.subject_kind, self.figure.subject])
        return f"{place}?{urlencode({'period': self.period.code, 'as_of': self.as_of.isoformat()})}"


def duties(period: Period, *, as_of: datetime.date, subjects: Subjects) -> list[Duty]:
    """The subjects' duties of one period, in the rules' own order; three statements."""
    return duties_of_periods([(period, as_of)], subjects=subjects)[0]


def duties_of_periods(
    asked: Sequence[tuple[Period, datetime.date]], *, subjects: Subjects
) -> list[list[Duty]]:
    """Of several periods, each as seen on its day; their rules are read once."""
    found = [figures(period, as_of=as_of, subjects=subjects) for period, as_of in asked]
    quotas = Quota.objects.in_bulk({figure.quota_id for each in found for figure in each})
    return [
        sorted(
            (Duty(quotas[figure.quota_id], figure, period, as_of) for figure in each),
            key=lambda duty: duty.quota.pk,
        )
        for (period, as_of), each in zip(asked, found, strict=True)
    ]


def seen_on(month: Period, today: datetime.date) -> datetime.date:
    """A month's page shows the year as it stood at the month's end."""
    return min(month.last, today)
