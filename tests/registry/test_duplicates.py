"""疑似重复户: alike by ID number or by head and phone, settled by the office, never merged by themselves."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEntry
from lianhu.kit.privacy import keyed_hash
from registry.duplicates import BESIDE, Unsettled, settle, settled
from tests import county

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def add(people, name, *, phone="", number="", **fields):
    hashes = {"phone_hash": phone and keyed_hash(phone, "phone")} if phone else {}
    hashes |= {"id_number_hash": keyed_hash(number, "id_number")} if number else {}
    return county.add_household(name, village=people.village, **hashes, **fields)


def pairs():
    return [(one.first, one.second, one.same_id, one.same_phone) for one in Unsettled(TODAY)[0:100]]


def test_the_same_id_number_or_the_same_head_and_phone_in_two_places(people):
    a = add(people, "达瓦", phone="13800000001", number="A")
    b = add(people, "白玛", phone="13800000001", number="A")
    c = add(people, "达瓦", phone="13800000001")
    add(people, "达瓦", phone="13800000002", number="B")
    add(people, "达瓦")
    add(people, "达瓦")
    assert pairs() == [(a, b, True, False), (a, c, False, True)]
    assert len(Unsettled(TODAY)) == 2


def test_alike_in_both_is_one_pair(people):
    a = add(people, "达瓦", phone="13800000001", number="A")
    b = add(people, "达瓦", phone="13800000001", number="A")
    assert pairs() == [(a, b, True, True)]


@pytest.mark.parametrize(
    ("closed_on", "listed"), [("2026-06-15", 0), ("2026-06-01", 0), ("2026-06-16", 1), (None, 1)]
)
def test_a_closed_household_is_no_duplicate(people, closed_on, listed):
    add(people, "达瓦", number="A")
    add(people, "达瓦", number="A", closed_on=closed_on)
    assert len(Unsettled(TODAY)) == listed


def test_a_number_typed_for_two_hundred_families_does_not_explode(people):
    homes = [add(people, f"户{number}", number="A") for number in range(200)]
    found = Unsettled(TODAY)
    assert len(found) < 200 * BESIDE
    first = found[0:20]
    assert len(first) == 20
    assert {one.size for one in first} == {200}
    assert first[0].first == homes[0]
    assert len({home.pk for one in found[0:1000] for home in (one.first, one.second)}) == 200


def test_what_the_office_has_settled_is_listed_apart_and_may_be_settled_anew(people, on_day):
    a, b = add(people, "达瓦", number="A"), add(people, "白玛", number="A")
    settle(b, a, same=False, note="双胞胎", by=people.office.user)
    assert pairs() == []
    on_day("2026-06-16")
    settle(a, b, same=True, note="", by=people.office.user)
    [verdict] = settled()
    assert (verdict.first, verdict.second, verdict.same, verdict.note) == (a, b, True, "")
    logged = AuditEntry.objects.filter(subject_table="registry_duplicateverdict").order_by("id")
    assert [entry.kind for entry in logged] == ["added", "changed"]


@pytest.mark.parametrize("person", ["unit_liaison", "township_liaison", "branch", "county_leader", "admin"])
def test_only_the_office_settles(people, person):
    with pytest.raises(PermissionDenied):
        settle(people.household, people.other_household, same=True, note="", by=getattr(people, person).user)


def test_nothing_is_merged_by_itself(people):
    a, b = add(people, "达瓦", number="A"), add(people, "白玛", number="A")
    county.pair(people.cadre, b)
    settle(a, b, same=True, note="", by=people.office.user)
    a.refresh_from_db()
    b.refresh_from_db()
    assert (a.closed_on, b.closed_on) == (None, None)
    assert b.pairings.get().household == b
