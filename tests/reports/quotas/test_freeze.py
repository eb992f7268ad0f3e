"""定格: by what was recorded before the 5th at 00:00, whenever it is done (contract, section 6)."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from grievances.models import Grievance, GrievanceEvent
from lianhu.kit import clock
from lianhu.kit.periods import Period
from reports.models import FrozenFigure, FrozenPeriod
from reports.quotas import freeze
from reports.quotas.as_recorded import as_recorded
from reports.quotas.compute import figures
from tests import county
from tests.reports.quotas.test_stored import COLUMNS, computed
from tests.reports.random_county import plans
from tests.reports.test_figures_against_naive import written
from visits.models import Activity, Trip, Visit

pytestmark = pytest.mark.django_db

Date = datetime.date
MARCH = Period.parse("2026-03")
BEFORE = county.evening("2026-04-04")
AT = clock.midnight(Date(2026, 4, 5))


@pytest.fixture
def people():
    return county.build()


def frozen(period):
    return sorted(FrozenFigure.objects.filter(period=period.code).values_list(*COLUMNS))


def days_of(person, code="trip_days"):
    return FrozenFigure.objects.get(period="2026-03", subject_id=person.pk, quota__code=code).actual


def test_a_month_is_cut_off_on_the_5th_at_midnight_and_longer_periods_with_their_last_month():
    assert freeze.cut_off(MARCH) == freeze.cut_off(Period.parse("2026Q1")) == AT
    assert freeze.cut_off(Period.parse("2026")) == clock.midnight(Date(2027, 1, 5))
    assert freeze.cut_off(Period.parse("2024-01")) == clock.midnight(Date(2024, 2, 5))


def test_what_is_recorded_before_the_cut_off_is_frozen_and_what_comes_at_it_is_not(people):
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    county.add_trip(people.cadre, people.village, "2026-03-10", "2026-03-11", recorded_at=BEFORE)
    county.add_trip(people.cadre, people.village, "2026-03-20", "2026-03-21", recorded_at=AT)
    freeze.freeze(MARCH)
    assert days_of(people.cadre) == 4


def test_done_three_days_late_it_is_the_same(people):
    trip = county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    late = county.add_trip(
        people.cadre, people.village, "2026-03-10", "2026-03-11", backfilled=True, recorded_at=BEFORE
    )
    visit = county.add_visit(people.cadre, people.household, "2026-03-05", talk=True)
    talk = county.add_activity("heart_talk", "2026-03-06", cadres=[people.unit_leader])
    expected = computed(MARCH, Date(2026, 4, 4)), computed(Period.parse("2026Q1"), Date(2026, 4, 4))
    # Voided, approved and added after the cut-off.
    after = county.evening("2026-04-06")
    for row in (trip, visit, talk):
        type(row).objects.filter(pk=row.pk).update(voided_at=after)
    Trip.objects.filter(pk=late.pk).update(approved_at=after)
    county.add_trip(people.colleague, people.village, "2026-03-20", "2026-03-22", recorded_at=after)
    assert freeze.freeze_due(county.evening("2026-04-08")) >= 2
    assert (frozen(MARCH), frozen(Period.parse("2026Q1"))) == expected
    assert computed(MARCH, Date(2026, 4, 8)) != expected[0]


def test_a_trip_that_ends_on_the_5th_has_not_ended_before_it(people):
    county.add_trip(people.cadre, people.village, "2026-03-31", "2026-04-04", recorded_at=BEFORE)
    county.add_trip(people.colleague, people.village, "2026-03-31", "2026-04-05", recorded_at=BEFORE)
    freeze.freeze(MARCH)
    assert (days_of(people.cadre, "trip_count"), days_of(people.colleague, "trip_count")) == (1, 0)


def test_frozen_twice_it_stays_as_it_was_first(people):
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    assert freeze.freeze(MARCH)
    before = (
        list(FrozenFigure.objects.order_by("pk").values()),
        FrozenPeriod.objects.get(code="2026-03").frozen_at,
    )
    assert not freeze.freeze(MARCH)
    assert freeze.freeze_due(AT) == 0 or not FrozenPeriod.objects.filter(
        code="2026-03", frozen_at__gt=before[1]
    )
    assert list(FrozenFigure.objects.filter(period="2026-03").order_by("pk").values()) == before[0]


def test_nobody_changes_a_frozen_figure(people):
    freeze.freeze(MARCH)
    with pytest.raises(IntegrityError), transaction.atomic():
        FrozenFigure.objects.update(actual=9)
    with pytest.raises(IntegrityError), transaction.atomic():
        FrozenFigure.objects.all()[0].delete()


def test_what_ended_before_the_county_used_the_system_is_not_frozen(people):
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06", recorded_at=BEFORE)
    assert freeze.freeze_due(county.evening("2026-04-20"))
    assert sorted(FrozenPeriod.objects.values_list("code", flat=True)) == ["2026-03", "2026Q1"]


def test_months_missed_are_caught_up_each_at_its_own_cut_off(people):
    county.add_trip(people.cadre, people.village, "2026-01-05", "2026-01-06")
    county.add_trip(
        people.cadre, people.village, "2026-01-20", "2026-01-21", recorded_at=county.evening("2026-02-06")
    )
    freeze.freeze_due(county.evening("2026-04-20"))
    january = FrozenFigure.objects.get(period="2026-01", subject_id=people.cadre.pk, quota__code="trip_days")
    quarter = FrozenPeriod.objects.filter(code="2026Q1")
    assert january.actual == 2
    assert quarter.exists()
    assert list(FrozenPeriod.objects.order_by("cut_off").values_list("code", flat=True))[:2] == [
        "2026-01",
        "2026-02",
    ]


def test_a_matter_closed_or_reopened_after_the_cut_off_stands_as_before_it(people):
    def step(matter, action, before, after, on, value=""):
        GrievanceEvent.objects.create(
            grievance=matter, action=action, from_state=before, to_state=after, on=on, value=value,
            handler=matter.handler, recorded_at=county.evening(on),
        )  # fmt: skip

    def matter():
        row = county.add_grievance(
            household=people.household,
            handler=people.cadre,
            registered_on="2026-03-01",
            replied_on="2026-03-03",
        )
        step(row, "register", "", "registered", "2026-03-01")
        step(row, "reply", "assigned", "replied", "2026-03-03", "solved")
        return row

    closed_late, reopened = matter(), matter()
    step(reopened, "close", "revisited", "closed", "2026-03-20")
    Grievance.objects.filter(pk=reopened.pk).update(
        closed_on="2026-03-20", state="closed", satisfaction="satisfied"
    )
    year = Period.parse("2026")
    expected = computed(year, Date(2026, 4, 4))
    step(reopened, "reopen", "closed", "assigned", "2026-04-06")
    Grievance.objects.filter(pk=reopened.pk).update(
        closed_on=None, replied_on=None, state="assigned", outcome="", handler=people.colleague
    )
    assert computed(year, Date(2026, 4, 4)) != expected
    step(closed_late, "close", "revisited", "closed", "2026-04-06")
    Grievance.objects.filter(pk=closed_late.pk).update(
        closed_on="2026-03-30", state="closed", satisfaction="satisfied"
    )
    with as_recorded(AT):
        assert computed(year, Date(2026, 4, 4)) == expected


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_the_county_of_a_moment_is_the_county_without_what_came_later(data):
    plan = data.draw(plans())
    with written(plan):
        moment = county.evening("2026-08-01") + datetime.timedelta(hours=1)
        month = Period.parse(f"{plan.year}-{plan.month:02}")
        expected = {
            period: figures(period, as_of=month.last) for period in (month, Period.year_of(month.first))
        }
        later = moment + datetime.timedelta(days=data.draw(st.integers(0, 40)))
        for model in (Trip, Visit, Activity):
            rows = list(model.objects.filter(voided_at=None).order_by("pk").values_list("pk", flat=True))
            chosen = data.draw(st.lists(st.sampled_from(rows), unique=True)) if rows else []
            model.objects.filter(pk__in=chosen).update(voided_at=later)
        Trip.objects.filter(backfilled=True, approved_at=None).update(approved_at=later)
        with as_recorded(moment):
            for period, then in expected.items():
                assert figures(period, as_of=month.last) == then
