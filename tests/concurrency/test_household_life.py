"""Two who close, merge or name one household at once: one of them did it, the other is told."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from registry import household_life as life
from registry.models import Household, HouseholdChange
from tests import county
from tests.concurrency.test_sign_in import at_once

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 6, 15)


def tell(act, *arguments, **options):
    try:
        act(*arguments, **options)
    except ValidationError as error:
        return {error.code for errors in error.error_dict.values() for error in errors}
    return "done"


def test_a_household_is_closed_once(on_day):
    on_day("2026-06-15")
    people = county.build()
    row = {"on": DAY, "reason": "户内已没有人"}
    told = at_once(lambda: tell(life.close, people.household, row, today=DAY, by=people.branch.user), count=4)
    assert told.count("done") == 1
    assert told.count({"closed"}) == 3
    assert HouseholdChange.objects.count() == 1


def test_two_households_merged_into_each_other_at_once_leave_one(on_day):
    on_day("2026-06-15")
    people = county.build()
    other = county.add_household("卓玛", village=people.village, code="HH-9")
    pairs = iter([(people.household, other), (other, people.household)])

    def merge():
        home, into = next(pairs)
        row = {"on": DAY, "into": into.code, "people_count": None, "reason": ""}
        return tell(life.merge, home, row, today=DAY, by=people.branch.user)

    assert sorted(map(str, at_once(merge, count=2))) == ["done", "{'closed'}"]
    assert Household.objects.filter(village=people.village, closed_on=None).count() == 1


def test_one_code_for_two_new_households_is_given_once(on_day):
    on_day("2026-06-15")
    people = county.build()
    names = iter(["白玛", "达瓦"])

    def move_in():
        row = {
            "on": DAY,
            "reason": "",
            "village": people.village.code,
            "code": "HH-NEW",
            "head_name": next(names),
            "people_count": 3,
            "kind": "rural",
            "longitude": None,
            "latitude": None,
        }
        marks = dict.fromkeys(
            ("is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship"), False
        )
        texts = dict.fromkeys(
            ("group", "phone", "id_number", "former_unit", "family_cadre", "hardship_reason"), ""
        )
        rest = {"income_sources": "", "address": ""}
        return tell(life.move_in, row | marks | texts | rest, today=DAY, by=people.branch.user)

    assert sorted(map(str, at_once(move_in, count=2))) == ["done", "{'code_taken'}"]
    assert Household.objects.filter(code="HH-NEW").count() == 1
