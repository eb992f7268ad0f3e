"""Two who pair one household at once: one wins, the other is told who it was."""

import datetime

import pytest
from django.db import connections, transaction

from registry import pairing
from registry.models import Pairing
from registry.pairing import PairingRefused, pair_households
from tests import county
from tests.concurrency.test_sign_in import at_once
from tests.concurrency.test_two_imports import Thread, until, waiting

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def bare(people):
    return [county.add_household(village=people.village) for _ in range(3)]


def attempt(cadre, homes, by):
    rows = [{"cadre": cadre.code, "household": home.code, "begins_on": TODAY} for home in homes]
    try:
        return pair_households(rows, by=by.user, on=TODAY)
    except PairingRefused as error:
        return error


def test_eight_at_once_leave_one_holder_a_household(people, bare):
    cadres = [people.cadre, people.colleague, people.unit_liaison, people.unit_leader] * 2
    turns = iter(zip(cadres, (bare, bare[::-1]) * 4, strict=True))
    answers = at_once(lambda: attempt(*next(turns), people.office))
    assert Pairing.objects.filter(household__in=bare).count() == 3
    [holder] = set(Pairing.objects.filter(household__in=bare).values_list("cadre__code", flat=True))
    refused = [answer for answer in answers if isinstance(answer, PairingRefused)]
    # The holder's own second request finds itself done.
    assert len(refused) == 6
    words = {fault.message for answer in refused for found in answer.faults.values() for fault in found}
    assert all(holder in word for word in words)


def test_the_database_s_own_refusal_becomes_the_same_words(people, bare, monkeypatch):
    """An import locks no household: the exclusion constraint is what stops the second."""
    checked = pairing._checked

    def checked_too_early(*args):
        found = checked(*args)
        monkeypatch.setattr(pairing, "_checked", checked)
        county_import = Thread(county.pair, people.colleague, bare[0], "2026-06-01")
        county_import.result()
        return found

    monkeypatch.setattr(pairing, "_checked", checked_too_early)
    answer = attempt(people.cadre, bare, people.office)
    [fault] = answer.faults[1]
    assert (fault.field, fault.code) == ("cadre", "overlap")
    assert fault.message.startswith("杨小燕")
    assert Pairing.objects.filter(household__in=bare).count() == 1


def test_the_second_waits_for_the_first_and_checks_against_what_it_wrote(people, bare):
    with transaction.atomic():
        attempt(people.colleague, bare, people.unit_liaison)
        second = Thread(attempt, people.cadre, bare[:1], people.unit_leader)
        until(lambda: waiting() == 1)
    [fault] = second.result().faults[1]
    assert fault.message.startswith("杨小燕（P1-colleague）从 2026-06-15 起已与这一户结对")
    connections.close_all()
