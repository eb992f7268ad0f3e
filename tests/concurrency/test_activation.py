"""One code, two hands: one of them has the account."""

import pytest

from accounts.models import User
from lianhu.kit import clock
from registry import activation
from tests import county
from tests.concurrency.test_sign_in import at_once

pytestmark = pytest.mark.django_db


def test_a_code_sent_eight_times_at_once_opens_the_account_once(on_day):
    on_day("2026-06-15")
    people = county.build()
    [slip] = activation.issue_codes([people.cadre.code], by=people.admin.user, confirmed_at=clock.now())
    passwords = iter([f"Kitchen-table-{number}" for number in range(8)])

    def use():
        password = next(passwords)
        return password if activation.activate(people.cadre.code, slip.code, password) else None

    [won] = [password for password in at_once(use) if password]
    assert User.objects.get(username=people.cadre.code).check_password(won)


def test_two_who_print_for_one_person_leave_one_code_that_works(on_day):
    on_day("2026-06-15")
    people = county.build()
    shown = clock.now()

    def issue():
        [slip] = activation.issue_codes([people.cadre.code], by=people.admin.user, confirmed_at=shown)
        return slip.code

    codes = at_once(issue, count=2)
    works = [activation.activate(people.cadre.code, code, "Kitchen-table-2026") for code in codes]
    assert works.count(True) == 1
