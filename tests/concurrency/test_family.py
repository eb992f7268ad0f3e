"""Two at once tell the family, print its code, send it a message: it hears once, and one slip is good."""

import contextlib
import time

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from grievances import family, slips, sms
from grievances.models import FamilyNotice, TellingWay
from grievances.query_codes import hash_of
from lianhu.kit import clock
from lianhu.kit.privacy import seal
from tests import county
from tests.concurrency.test_two_senders import at_once
from tests.grievances import ledger

pytestmark = pytest.mark.django_db

SENT = []


class Slow:
    """As if the network took its time: without it one worker may be done before the other begins."""

    name, label, a_minute = "sms", "短信", None

    def address_of(self, user):
        return None

    def send(self, address, message, id):
        time.sleep(0.02)
        SENT.append(id)


@pytest.fixture
def people(on_day, settings):
    on_day("2026-06-15")
    SENT.clear()
    settings.CHANNELS = [("tests.concurrency.test_family.Slow", {})]
    people = county.build()
    home = people.household
    home.phone_sealed = seal("13812345678", f"household:{home.code}:phone")
    home.save()
    return people


def entered(people):
    return ledger.entered(people.branch, household=people.household.code)


def print_code(matter, person, seen):
    with contextlib.suppress(ValidationError):
        return slips.issue_codes([matter], by=ledger.fresh(person), seen=seen)[matter.pk]


def test_two_who_print_at_once_make_one_code(people):
    matter = entered(people)
    seen = {matter.pk: slips.mark_of(matter)}
    codes = [code for code in at_once(lambda: print_code(matter, people.branch, seen)) if code]
    assert [hash_of(code) for code in codes] == [bytes(ledger.again(matter).query_code_hash)]


def test_two_who_tell_at_once_tell_once(people):
    notices = list(entered(people).family_notices.all())

    def tell():
        return family.tell(notices, TellingWay.PHONE, by=ledger.fresh(people.branch))

    assert sorted(at_once(tell)) == [0, 0, 0, 1]


def test_two_workers_send_each_message_once(people):
    for _ in range(8):
        entered(people)
    at_once(lambda: sms.send(clock.now()))
    assert len(SENT) == len(set(SENT)) == FamilyNotice.objects.filter(way="sms").count() == 8


def test_without_taking_them_first_families_would_be_written_to_twice(people, monkeypatch):
    """The race is there: the lock off, it shows."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)
    for _ in range(8):
        entered(people)
    at_once(lambda: sms.send(clock.now()))
    assert len(SENT) > len(set(SENT))
