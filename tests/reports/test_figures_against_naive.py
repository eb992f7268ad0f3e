"""Two programs, one number (contract, section 6): random counties counted both ways.

`HYPOTHESIS_PROFILE=thorough pytest tests/reports/test_figures_against_naive.py` looks longer, at
other counties each time; the suite's own run is the same each time.
"""

import datetime
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from lianhu.kit.periods import Period
from registry.models import Cadre, Unit, Village
from reports.quotas.compute import Subjects, figures
from tests.reports.conftest import computed_rows
from tests.reports.naive import Naive
from tests.reports.random_county import Plan, plans
from tests.reports.write_county import write

pytestmark = pytest.mark.django_db

SETTINGS = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": list(HealthCheck),
}
settings.register_profile("suite", max_examples=60, derandomize=True, database=None, **SETTINGS)
settings.register_profile("thorough", max_examples=3000, **SETTINGS)
EFFORT = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE") or "suite")


@contextmanager
def written(plan: Plan) -> Iterator[None]:
    """The county is there inside, and gone after."""
    before = transaction.savepoint()
    try:
        write(plan)
        yield
    finally:
        transaction.savepoint_rollback(before)


@st.composite
def as_of_days(draw: st.DrawFn) -> Callable[[Period], datetime.date]:
    """Before the period, inside, on its last day, just after and long after."""
    where = draw(st.sampled_from(["long after", "after", "inside", "last", "before", "inside"]))
    days = draw(st.integers(0, 400))

    def choose(period: Period) -> datetime.date:
        first, last = period.first.toordinal(), period.last.toordinal()
        return datetime.date.fromordinal(
            {
                "before": first - 1 - days % 40,
                "inside": first + days % (last - first + 1),
                "last": last,
                "after": last + 1 + days % 3,
                "long after": last + 1 + days,
            }[where]
        )

    return choose


def periods_about(plan: Plan) -> list[Period]:
    month = Period.parse(f"{plan.year}-{plan.month:02}")
    quarter = Period.parse(f"{plan.year}Q{(plan.month + 2) // 3}")
    return [month, month.following(), quarter, Period.parse(f"{plan.year}")]


@EFFORT
@given(plans(), st.lists(as_of_days(), min_size=4, max_size=4))
def test_figures_are_those_of_the_naive_count(plan, seen):
    with written(plan):
        naive = Naive()
        for period, as_of_day in zip(periods_about(plan), seen, strict=True):
            as_of = as_of_day(period)
            note(f"{period.code} as of {as_of}")
            assert computed_rows(period.code, as_of) == naive.rows(period.code, as_of)


@settings(EFFORT, max_examples=EFFORT.max_examples // 4)
@given(plans(), as_of_days(), st.integers(0, 3))
def test_figures_of_some_subjects_are_those_of_all_restricted(plan, as_of_day, which):
    with written(plan):
        period = periods_about(plan)[which]
        as_of = as_of_day(period)
        wanted = {
            "cadres": frozenset(list(Cadre.objects.values_list("pk", flat=True))[::2]),
            "units": frozenset(list(Unit.objects.values_list("pk", flat=True))[::2]),
            "villages": frozenset(list(Village.objects.values_list("pk", flat=True))[::2]),
        }
        some = figures(period, as_of=as_of, subjects=Subjects(**wanted))
        every = figures(period, as_of=as_of)
        kept = [row for row in every if row.subject_id in wanted[f"{row.subject_kind}s"]]
        assert some == kept
        nobody: frozenset[int] = frozenset()
        units_only = Subjects(cadres=nobody, villages=nobody)
        assert figures(period, as_of=as_of, subjects=units_only) == [
            row for row in every if row.subject_kind == "unit"
        ]
