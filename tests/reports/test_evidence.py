"""Every figure opens onto its evidence, and is the fold of it (contract 6, rule 9)."""

import datetime

import pytest
from hypothesis import given, settings

from lianhu.kit.periods import Period
from reports.models import Quota
from reports.quotas.compute import Figure, figures
from reports.quotas.evidence import EvidenceRow, evidence
from tests import county
from tests.reports.random_county import plans
from tests.reports.test_figures_against_naive import EFFORT, as_of_days, periods_about, written

pytestmark = pytest.mark.django_db

DAYS_COUNT_ONCE = {"trip_days", "household_talk"}
YEAR = Period.parse("2026")
MARCH = Period.parse("2026-03")
LATER = datetime.date(2030, 1, 1)


def fold(quota: Quota, rows: list[EvidenceRow]) -> int:
    counted = [row for row in rows if row.counts]
    if quota.metric not in DAYS_COUNT_ONCE:
        return len(counted)
    days = set()
    for row in counted:
        assert row.day
        assert row.last_day
        days |= set(range(row.day.toordinal(), row.last_day.toordinal() + 1))
    return len(days)


def opened(figure: Figure, period: Period, as_of: datetime.date) -> list[EvidenceRow]:
    quota = Quota.objects.get(pk=figure.quota_id)
    return evidence(quota, period, as_of=as_of, subject_id=figure.subject_id)


@settings(EFFORT, max_examples=EFFORT.max_examples // 6)
@given(plans(), as_of_days())
def test_a_figure_is_the_fold_of_its_evidence(plan, as_of_day):
    with written(plan):
        quotas = {quota.pk: quota for quota in Quota.objects.all()}
        for period in periods_about(plan):
            as_of = as_of_day(period)
            for figure in figures(period, as_of=as_of)[::3]:
                rows = opened(figure, period, as_of)
                assert fold(quotas[figure.quota_id], rows) == figure.done, (figure, rows)
                assert all(bool(row.why_not) != row.counts for row in rows), rows


def rows_of(quota: str, binds: str, subject, period: Period) -> list[EvidenceRow]:
    rule = Quota.objects.get(code=quota, binds=binds)
    return evidence(rule, period, as_of=LATER, subject_id=subject.pk)


def test_what_does_not_count_is_shown_with_its_reason(place):
    trips = [
        county.add_trip(place.staff, place.village, "2026-03-02", "2026-03-03"),
        county.add_trip(place.staff, place.village, "2026-03-06"),  # one day
        county.add_trip(place.staff, place.elsewhere, "2026-03-10", "2026-03-11"),  # no link
        county.add_trip(place.staff, place.village, "2026-03-14", "2026-03-15", void=True),
        county.add_trip(place.staff, place.village, "2026-03-18", "2026-03-19", backfilled=True),
    ]
    rows = rows_of("trip_count", "staff", place.staff, MARCH)
    assert {row.day: row.counts for row in rows} == {trip.begins_on: trip == trips[0] for trip in trips}
    reasons = [row.why_not for row in rows if not row.counts]
    assert len(set(reasons)) == 4
    assert all(reasons)


def test_households_not_yet_visited_are_shown_with_their_reason(place):
    other = county.add_household("泽仁", village=place.village)
    for home in (place.home, other):
        county.pair(place.staff, home)
    county.add_visit(place.staff, other, "2026-03-05")
    rows = rows_of("paired_coverage", "staff", place.staff, YEAR)
    assert sorted(row.counts for row in rows) == [False, True]
    assert all(row.why_not for row in rows if not row.counts)


def test_a_visit_entered_late_waits_for_approval_and_says_so(place):
    """Its trip was entered in time and counts by itself."""
    county.pair(place.staff, place.home)
    county.add_trip(place.staff, place.village, "2026-03-05")
    visit = county.add_visit(place.staff, place.home, "2026-03-05", talk=True, backfilled=True)
    [home] = rows_of("paired_coverage", "staff", place.staff, YEAR)
    [talk] = rows_of("household_talk", "staff", place.staff, MARCH)
    assert (home.counts, talk.counts) == (False, False)
    assert home.why_not == talk.why_not == "补录还没有批准"
    visit.approved_at = visit.recorded_at
    visit.save()
    [home] = rows_of("paired_coverage", "staff", place.staff, YEAR)
    [talk] = rows_of("household_talk", "staff", place.staff, MARCH)
    assert (home.counts, talk.counts) == (True, True)


def test_matters_only_partly_solved_or_still_open_are_shown(place):
    for fields in (
        {"closed_on": "2026-03-05"},
        {"closed_on": "2026-03-05", "outcome": "partly"},
        {"replied_on": "2026-03-05"},
    ):
        county.add_grievance(household=place.home, handler=place.staff, **fields)
    rows = rows_of("household_solved", "staff", place.staff, YEAR)
    assert sorted(row.counts for row in rows) == [False, False, True]
