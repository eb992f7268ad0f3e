"""The demo county's quarterly reports: of the last quarter one in each state, before that accepted ones."""

import pytest

from lianhu import demo_reports
from registry.models import Role
from reports.models import CountySummary, QuarterlyReport
from tests import county

pytestmark = pytest.mark.django_db


def test_the_leader_finds_a_draft_and_the_office_something_to_read(on_day):
    today = on_day("2026-08-15")
    people = county.build()
    for number in range(6):
        county.add_unit(f"单位{number}")
    demo_reports.fill({Role.UNIT_LEADER: people.unit_leader, Role.COUNTY_OFFICE: people.office}, today)
    last = QuarterlyReport.objects.filter(year=2026, quarter=2)
    assert last.get(unit=people.unit).state == "draft"
    assert set(last.values_list("state", flat=True)) == {"draft", "submitted", "returned", "accepted"}
    before = QuarterlyReport.objects.exclude(pk__in=last)
    assert set(before.values_list("state", flat=True)) == {"accepted"}
    assert all(report.accepted_on > report.period.last for report in before)
    assert all(report.events.last().action == "accept" for report in before)
    assert CountySummary.objects.filter(issued_on__isnull=False).count() == 3
