"""What is kept equals the full computation, whatever was changed in between (contract, section 6)."""

import datetime
import os

import pytest
from hypothesis import Phase, given, note, settings

from lianhu.kit.periods import Period
from reports.models import Compliance, StoredPeriod, Touched
from reports.quotas import stored
from reports.quotas.compute import figures
from tests import county
from tests.reports import stored_changes
from tests.reports.random_county import plans
from tests.reports.test_figures_against_naive import EFFORT, as_of_days, periods_about, written

pytestmark = pytest.mark.django_db

Date = datetime.date
PHASES = [Phase.generate]
COLUMNS = ("quota_id", "subject_kind", "subject_id", "actual", "target", "status", "done", "total")


def kept(period):
    return sorted(Compliance.objects.filter(period=period.code).values_list(*COLUMNS))


def computed(period, as_of):
    return sorted(
        (
            row.quota_id,
            row.subject_kind,
            row.subject_id,
            row.actual,
            row.target,
            row.status,
            row.done,
            row.total,
        )
        for row in figures(period, as_of=as_of)
    )


@settings(EFFORT, phases=PHASES, max_examples=int(os.environ.get("STORED_EXAMPLES") or 40))
@given(plans(), as_of_days(), stored_changes.changes)
def test_after_any_changes_what_is_kept_is_the_full_computation(plan, as_of_day, changes):
    with written(plan):
        periods = periods_about(plan)
        as_of = as_of_day(periods[0])
        Touched.objects.all().delete()
        for period in periods:
            stored.store_period(period, as_of)
        for which, seed in changes:
            note(f"change {which} {seed}")
            stored_changes.make(which, seed, plan.year, plan.month)
            stored.drain(as_of)
            for period in periods:
                assert kept(period) == computed(period, as_of), period.code


@pytest.fixture
def people():
    return county.build()


MARCH, YEAR = Period.parse("2026-03"), Period.parse("2026")


def test_a_visit_alone_touches_neither_the_month_nor_other_people(people):
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    for period in (MARCH, YEAR):
        stored.store_period(period, Date(2026, 3, 20))
    Touched.objects.all().delete()
    county.add_visit(people.cadre, people.household, "2026-03-05")
    touched = set(Touched.objects.values_list("subject_kind", "subject_id", "sources"))
    assert ("cadre", people.cadre.pk, "visit") in touched
    assert {kind for kind, _, _ in touched} <= {"cadre", "people"}
    assert stored.drain(Date(2026, 3, 20))
    row = Compliance.objects.get(period="2026", subject_id=people.cadre.pk, quota__code="paired_coverage")
    assert (row.done, row.total, row.unit) == (1, 1, people.unit)


def test_a_change_that_no_figure_asks_touches_nothing(people):
    trip = county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    Touched.objects.all().delete()
    trip.arrival_confirmed_at = county.evening("2026-03-05")
    trip.save()
    people.household.address = "村东"
    people.household.save()
    assert not Touched.objects.exists()


def test_the_night_computes_what_moves_and_leaves_what_stands(people):
    today = Date(2026, 3, 20)
    assert stored.store_all(today) == len(stored.periods_kept(today))
    assert stored.store_all(today) == len(
        [period for period in stored.periods_kept(today) if period.last >= Date(2026, 1, 17)]
    )
    assert StoredPeriod.objects.get(code="2026-03").as_of == today


def test_computing_twice_gives_the_same_rows(people):
    stored.store_period(MARCH, Date(2026, 3, 20))
    before = list(Compliance.objects.order_by("pk").values())
    stored.store_period(MARCH, Date(2026, 3, 20))
    assert list(Compliance.objects.order_by("pk").values()) == before


def test_a_rule_that_no_longer_holds_takes_its_rows_with_it(people):
    stored.store_period(MARCH, Date(2026, 3, 20))
    rule = Compliance.objects.filter(period="2026-03", quota__code="forum").first().quota
    rule.ends_on = Date(2026, 2, 28)
    rule.save()
    stored.drain(Date(2026, 3, 20))
    assert not Compliance.objects.filter(period="2026-03", quota__code="forum").exists()


def test_a_drain_that_dies_between_two_periods_forgets_nothing(people):
    periods = [MARCH, Period.parse("2026-02"), YEAR]
    for period in periods:
        stored.store_period(period, Date(2026, 3, 20))
    Touched.objects.all().delete()
    for day in ("2026-02-10", "2026-03-10"):
        county.add_visit(people.cadre, people.household, day)
        county.add_trip(people.cadre, people.village, day, day)
    noted, said = Touched.objects.count(), []

    def say(step, percent):
        said.append(step)
        if len(said) == 3:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        stored.drain(Date(2026, 3, 20), say=say)
    assert Touched.objects.count() == noted
    assert kept(YEAR) == computed(YEAR, Date(2026, 3, 20))
    assert stored.drain(Date(2026, 3, 20))
    assert not Touched.objects.exists()
    for period in periods:
        assert kept(period) == computed(period, Date(2026, 3, 20))


def test_what_is_touched_during_a_drain_stays_noted(people):
    stored.store_period(MARCH, Date(2026, 3, 20))
    stored.store_period(YEAR, Date(2026, 3, 20))

    def say(step, percent):
        county.add_trip(people.cadre, people.village, "2026-03-02" if percent else "2026-03-10")

    stored.touch_everyone()
    stored.drain(Date(2026, 3, 20), say=say)
    assert Touched.objects.exists()
    stored.drain(Date(2026, 3, 20))
    for period in (MARCH, YEAR):
        assert kept(period) == computed(period, Date(2026, 3, 20))
