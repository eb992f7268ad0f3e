import datetime

import pytest

from grievances.models import (
    Filing,
    Grievance,
    GrievanceState,
    Objection,
    Policy,
    ProminentProblem,
    Publication,
)
from lianhu import demo_ledger
from lianhu.kit import clock
from registry.models import Role
from tests import county

pytestmark = pytest.mark.django_db


@pytest.fixture
def chosen(on_day, queue):
    """Three villages with a branch each, their families paired with a cadre who can be signed in as."""
    on_day("2026-06-15")
    people = county.build()
    third = county.add_village("三村", township=people.township)
    secretary = county.add_cadre("三村书记", unit=people.township)
    county.grant(secretary, "village_branch", village=third)
    for village in (people.village, people.other_village, third):
        for number in range(4):
            cadre = people.cadre if number < 2 else people.colleague
            county.pair(cadre, county.add_household(f"户主{number}", village=village))
    return {
        Role.CADRE: people.cadre,
        Role.VILLAGE_BRANCH: people.branch,
        Role.TOWNSHIP: people.township_liaison,
        Role.COUNTY_OFFICE: people.office,
    }


def test_the_demos_ledger_has_matters_in_each_state_brought_there_by_the_steps(chosen):
    demo_ledger.fill(chosen, datetime.date(2026, 6, 15))
    assert set(Grievance.objects.values_list("state", flat=True)) == set(GrievanceState)
    assert Grievance.objects.open().filter(reply_due_on__lt=clock.today()).exists()
    assert Grievance.objects.filter(parent__isnull=False).count() == 1
    assert Grievance.objects.filter(voided_at__isnull=False).count() == 1
    assert Publication.objects.filter(published_at__isnull=False).count() >= 10
    assert Objection.objects.filter(answered_at__isnull=True).count() == 1
    assert set(Filing.objects.values_list("state", flat=True)) == {"waiting", "declined"}
    assert Policy.objects.count() == 7
    assert ProminentProblem.objects.filter(published_at__isnull=False).count() == 3
    assert clock.today() == datetime.date(2026, 6, 15)
