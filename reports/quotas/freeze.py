"""定格: a month's figures as recorded before the 5th of the next one at 00:00, whenever it is done (contract, 6).

A quarter and a year freeze with their last month, a quarter together with what its reports count (`counts`). What
arrives later changes the live figure, never this one.
"""

import datetime
from collections.abc import Callable

from django.db import connection, transaction

from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.periods import Period
from reports.models import FrozenCount, FrozenPeriod
from reports.quarterly import counts
from reports.quotas.as_recorded import as_recorded
from reports.quotas.compute import rules_in_force
from reports.quotas.stored import COLUMNS, fresh_rows, periods_kept
from visits.models import Activity, Trip, Visit

FREEZES_ON = 5


def cut_off(period: Period) -> datetime.datetime:
    """The 5th of the month after the period's last, 00:00 in Asia/Shanghai."""
    return clock.midnight((period.last + datetime.timedelta(days=1)).replace(day=FREEZES_ON))


def as_of(period: Period) -> datetime.date:
    """The last whole day before the cut-off."""
    return cut_off(period).date() - datetime.timedelta(days=1)


def freeze_due(
    now: datetime.datetime, *, say: Callable[[str, int], None] = lambda step, percent: None
) -> int:
    """Freeze every period whose cut-off has passed and that is not frozen yet, the oldest first.

    Returns how many. One transaction a period: a worker that dies goes on where it was.
    """
    frozen = set(FrozenPeriod.objects.values_list("code", flat=True))
    due = [
        period
        for period in reversed(periods_kept(now.astimezone(clock.SHANGHAI).date()))
        if period.code not in frozen and cut_off(period) <= now and was_in_use(cut_off(period))
    ]
    for done, period in enumerate(due):
        say(period.label, 100 * done // len(due))
        freeze(period)
    _keep_counts_of_earlier(frozen)
    return len(due)


@transaction.atomic
def freeze(period: Period) -> bool:
    """False when it is frozen already; then nothing changes."""
    # What an import says was recorded before the cut-off is there to be seen once it is over.
    lock_for_transaction("import")
    lock_for_transaction("figures")
    if FrozenPeriod.objects.filter(code=period.code).exists():
        return False
    moment, day = cut_off(period), as_of(period)
    fresh = fresh_rows(period, rules_in_force(period), as_of=day)
    with as_recorded(moment), connection.cursor() as cursor:
        if fresh is not None:
            sql, params = fresh
            cursor.execute(f"INSERT INTO reports_frozenfigure ({COLUMNS}) {sql}", params)
        if period.kind == "quarter":
            counts.keep(period, as_of=day)
    FrozenPeriod.objects.create(code=period.code, cut_off=moment, as_of=day, frozen_at=clock.now())
    return True


@transaction.atomic
def _keep_counts_of_earlier(frozen: set[str]) -> None:
    """Of quarters that froze before counts were kept."""
    lock_for_transaction("figures")
    kept = set(FrozenCount.objects.order_by().values_list("period", flat=True).distinct())
    for period in sorted(map(Period.parse, frozen - kept)):
        if period.kind == "quarter":
            with as_recorded(cut_off(period)):
                counts.keep(period, as_of=as_of(period))


def was_in_use(moment: datetime.datetime) -> bool:
    """Of the time before the county began with the system there is nothing to freeze."""
    return any(model.objects.filter(recorded_at__lt=moment).exists() for model in (Trip, Visit, Activity))
