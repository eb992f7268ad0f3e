"""What must never be false of the registry is held by PostgreSQL: plain SQL can't break it."""

import datetime

import pytest

from registry.models import PostSpan
from tests import county
from tests.refused import insert, refused_by, sql

DAY = datetime.date
pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db):
    return county.add_household(village=county.add_village())


@pytest.fixture
def cadre(db):
    return county.add_cadre()


def pairing(cadre, home, begin, end=None):
    return insert("registry_pairing", cadre_id=cadre.pk, household_id=home.pk, begins_on=begin, ends_on=end)


OVERLAPS = [
    (DAY(2026, 1, 31), DAY(2026, 1, 31)),  # the last day
    (DAY(2026, 1, 1), DAY(2026, 1, 1)),
    (DAY(2025, 1, 1), DAY(2026, 1, 1)),
    (DAY(2025, 1, 1), None),
    (DAY(2026, 1, 10), DAY(2026, 1, 20)),
    (DAY(2025, 1, 1), DAY(2027, 1, 1)),
]


@pytest.mark.parametrize(("begin", "end"), OVERLAPS)
@pytest.mark.clause("方案三(三)")
def test_a_household_has_one_holder_a_day(home, begin, end):
    pairing(county.add_cadre(), home, DAY(2026, 1, 1), DAY(2026, 1, 31))
    with refused_by("pairing_one_holder_a_day"):
        pairing(county.add_cadre(), home, begin, end)


def test_the_same_holder_is_held_to_it_too_and_an_open_end_goes_on(home, cadre):
    pairing(cadre, home, DAY(2026, 1, 1))
    with refused_by("pairing_one_holder_a_day"):
        pairing(cadre, home, DAY(2099, 1, 1), DAY(2099, 1, 2))


def test_a_change_may_not_make_pairings_overlap(home, cadre):
    pairing(cadre, home, DAY(2026, 1, 1), DAY(2026, 1, 31))
    pairing(cadre, home, DAY(2026, 2, 1))
    with refused_by("pairing_one_holder_a_day"):
        sql("UPDATE registry_pairing SET ends_on = NULL")


def test_the_day_after_and_another_household_are_free(home, cadre):
    pairing(cadre, home, DAY(2026, 1, 1), DAY(2026, 1, 31))
    pairing(cadre, home, DAY(2026, 2, 1))
    pairing(cadre, county.add_household(village=home.village), DAY(2026, 1, 1))


def dated(cadre, home):
    """Table, constraint, and a row that but for its dates is right."""
    unit, village = county.add_unit(), home.village
    return {
        "registry_villagelink": ("village_link_days_ordered", {"unit_id": unit.pk, "village_id": village.pk}),
        "registry_leaderlink": ("leader_link_days_ordered", {"leader_id": cadre.pk, "unit_id": unit.pk}),
        "registry_leave": ("leave_days_ordered", {"cadre_id": cadre.pk, "reason": "病假"}),
        "registry_pairing": ("pairing_days_ordered", {"cadre_id": cadre.pk, "household_id": home.pk}),
        "registry_rolegrant": ("role_grant_days_ordered", {"cadre_id": cadre.pk, "role": "cadre"}),
        "registry_post": ("post_days_ordered",
                          {"cadre_id": cadre.pk, "unit_id": unit.pk, "rank": "staff", "kind": "term"}),
    }  # fmt: skip


DATED = ["registry_villagelink", "registry_leaderlink", "registry_leave", "registry_pairing", "registry_rolegrant",
         "registry_post"]  # fmt: skip


@pytest.mark.parametrize("table", DATED)
def test_an_end_is_not_before_its_begin(cadre, home, table):
    constraint, row = dated(cadre, home)[table]
    with refused_by(constraint):
        insert(table, begins_on=DAY(2026, 3, 5), ends_on=DAY(2026, 3, 4), **row)
    insert(table, begins_on=DAY(2026, 3, 5), ends_on=DAY(2026, 3, 5), **row)
    with refused_by(constraint):
        sql(f"UPDATE {table} SET ends_on = '2026-03-04' WHERE ends_on IS NOT NULL")


ONCE = {
    "registry_villagelink": "village_link_once", "registry_leaderlink": "leader_link_once",
    "registry_leave": "leave_once", "registry_rolegrant": "role_grant_once",
}  # fmt: skip


@pytest.mark.parametrize("table", ONCE)
def test_the_same_thing_is_there_once(cadre, home, table):
    _, row = dated(cadre, home)[table]
    insert(table, begins_on=DAY(2026, 3, 5), **row)
    with refused_by(ONCE[table]):
        insert(table, begins_on=DAY(2026, 3, 5), ends_on=DAY(2026, 4, 1), **row)


def test_a_cadre_does_not_leave_before_coming(cadre):
    with refused_by("cadre_days_ordered"):
        sql("UPDATE registry_cadre SET left_on = joined_on - 1")
    sql("UPDATE registry_cadre SET left_on = joined_on")


def post(cadre, kind, begin, end=None, unit=None):
    unit = unit or county.add_unit()
    row = {"cadre_id": cadre.pk, "unit_id": unit.pk, "rank": "staff", "kind": kind}
    return insert("registry_post", begins_on=begin, ends_on=end, **row)


def test_a_cadre_has_one_term_a_day(cadre):
    post(cadre, "term", DAY(2026, 1, 1), DAY(2026, 6, 30))
    with refused_by("post_terms_do_not_overlap"):
        post(cadre, "term", DAY(2026, 6, 30))
    post(cadre, "term", DAY(2026, 7, 1))
    post(county.add_cadre(), "term", DAY(2026, 1, 1))


def test_a_term_has_a_begin_and_a_standing_post_no_end(cadre):
    with refused_by("post_term_has_begin_standing_no_end"):
        post(cadre, "term", None)
    with refused_by("post_term_has_begin_standing_no_end"):
        post(cadre, "standing", DAY(2026, 1, 1), DAY(2026, 2, 1))


@pytest.mark.parametrize("begin", [None, DAY(2026, 1, 1)])
def test_a_cadre_has_one_standing_post_a_day(cadre, begin):
    if begin:
        post(cadre, "standing", begin)
    with refused_by("post_one_standing_a_day"):
        post(cadre, "standing", begin)


def test_who_held_which_post_follows_the_posts_whoever_writes_them(cadre):
    home, other = cadre.posts.get().unit, county.add_unit()

    def spans():
        found = PostSpan.objects.filter(cadre=cadre).order_by("begins_on")
        return [(span.unit_id, span.begins_on, span.ends_on) for span in found]

    first, last = DAY(1, 1, 1), DAY(9999, 12, 30)
    assert spans() == [(home.pk, first, last)]
    post(cadre, "standing", DAY(2026, 3, 1), unit=other)
    assert spans() == [(home.pk, first, DAY(2026, 2, 28)), (other.pk, DAY(2026, 3, 1), last)]
    post(cadre, "term", DAY(2026, 2, 1), DAY(2026, 3, 31), unit=other)
    assert spans() == [
        (home.pk, first, DAY(2026, 1, 31)), (other.pk, DAY(2026, 2, 1), DAY(2026, 3, 31)),
        (other.pk, DAY(2026, 4, 1), last),
    ]  # fmt: skip
    sql("UPDATE registry_post SET ends_on = NULL WHERE kind = 'term'")
    assert spans() == [(home.pk, first, DAY(2026, 1, 31)), (other.pk, DAY(2026, 2, 1), last)]
    sql("DELETE FROM registry_post WHERE kind = 'term'")
    assert spans() == [(home.pk, first, DAY(2026, 2, 28)), (other.pk, DAY(2026, 3, 1), last)]


CODES = {
    "registry_unit": "registry_unit_code_key", "registry_village": "registry_village_code_key",
    "registry_cadre": "registry_cadre_code_key", "registry_household": "registry_household_code_key",
}  # fmt: skip


@pytest.mark.parametrize("table", CODES)
def test_codes_are_unique(cadre, home, table):
    county.add_household(village=county.add_village())
    county.add_cadre()
    with refused_by(CODES[table]):
        sql(f"UPDATE {table} SET code = (SELECT min(code) FROM {table})")


@pytest.mark.parametrize("code", ["51322120020", "51322120020A", "５１３２２１２００２０１", ""])
def test_a_village_code_has_12_ascii_digits(home, code):
    with refused_by("village_code_12_digits"):
        sql("UPDATE registry_village SET code = %(code)s", code=code)


def test_a_household_has_people(home):
    with refused_by("household_has_people"):
        sql("UPDATE registry_household SET people_count = 0")


@pytest.mark.parametrize("role", ["village_branch", "township", "unit_liaison", "unit_leader", "emperor"])
def test_a_role_has_its_place(cadre, role):
    with refused_by("role_grant_has_its_place"):
        insert("registry_rolegrant", cadre_id=cadre.pk, role=role, begins_on=DAY(2026, 1, 1))


NAMED = {
    "registry_household": "registry_pairing_household_id", "registry_village": "registry_household_village_id",
    "registry_unit": "registry_village_township_id", "accounts_user": "registry_cadre_user_id",
}  # fmt: skip


REFERRING = {table: name.rsplit("_", 2)[0] for table, name in NAMED.items()}


@pytest.mark.parametrize("table", NAMED)
def test_what_is_named_can_not_be_deleted(cadre, home, table):
    pairing(cadre, home, DAY(2026, 1, 1))
    named = f"SELECT {NAMED[table].removeprefix(REFERRING[table] + '_')} FROM {REFERRING[table]}"
    with refused_by(NAMED[table]):
        sql(f"DELETE FROM {table} WHERE id IN ({named})")
