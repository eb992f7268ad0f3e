"""The timeline: who, when, from, to, why; only added to (contract, section 4)."""

import pytest
from django.db import DatabaseError, transaction

from grievances.events import add_event, event
from grievances.models import GrievanceAction, GrievanceEvent, GrievanceState
from lianhu.kit import clock
from tests import county
from tests.grievances.ledger import last_event, matter, take

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def test_a_step_leaves_who_when_from_to_why(people):
    made = matter(people, S.ASSIGNED)
    take(made, A.TRANSFER, people.branch, handler=people.colleague.code, reason="她管水利")
    written = last_event(made)
    assert (written.by, written.from_state, written.to_state) == (people.branch.user, S.ASSIGNED, S.ASSIGNED)
    assert (written.reason, written.handler, written.level) == ("她管水利", people.colleague, "village")
    assert (written.recorded_at, written.on) == (clock.now(), clock.today())


def test_what_moves_nothing_stays_where_the_matter_is(people):
    made = matter(people, S.REPLIED)
    written = add_event(made, A.RATE, by=None, reason="还行", value="basically")
    assert (written.from_state, written.to_state, written.by) == (S.REPLIED, S.REPLIED, None)
    assert event(made, A.TELL, by=None).pk is None


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_or_delete_what_happened(people, change):
    made = matter(people, S.CLOSED)
    rows = GrievanceEvent.objects.filter(grievance=made)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(reason="另一个说法") if change == "update" else rows._raw_delete(rows.db)
    assert rows.count() == 5
