"""One place says which rows a person sees: roles, grants, links and cover, each from a day to a day."""

import pytest
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import User
from registry.models import Cadre, Household, Pairing, Unit, Village
from registry.scope import Scope, scope_of
from tests import county

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def fresh(cadre):
    """As the next request reads it."""
    return User.objects.select_related("cadre").get(pk=cadre.user_id)


def sees(model, cadre):
    return set(model.objects.visible_to(fresh(cadre)))


HOUSEHOLDS = {
    "cadre": {"household"},
    "colleague": set(),
    "branch": {"household"},
    "township_liaison": {"household"},
    "unit_liaison": {"household"},
    "unit_leader": {"household"},
    "county_leader": {"household"},
    "office": {"household", "other_household"},
    "admin": set(),
    "auditor": set(),
    "stranger": {"other_household"},
    "stranger_branch": {"other_household"},
    "stranger_township_liaison": {"other_household"},
    "stranger_unit_liaison": {"other_household"},
    "stranger_unit_leader": {"other_household"},
    "stranger_county_leader": {"other_household"},
}


def test_each_role_sees_its_households_and_no_others(people):
    assert HOUSEHOLDS.keys() == people.people.keys()
    for name, cadre in people.people.items():
        assert sees(Household, cadre) == {getattr(people, home) for home in HOUSEHOLDS[name]}, name


@pytest.mark.parametrize(
    "name", ["branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader", "office"]
)
def test_a_role_holds_from_its_first_to_its_last_day(people, name, on_day):
    cadre = getattr(people, name)
    cadre.role_grants.update(begins_on="2026-06-10", ends_on="2026-06-20")
    for day, seen in (
        ("2026-06-09", False),
        ("2026-06-10", True),
        ("2026-06-20", True),
        ("2026-06-21", False),
    ):
        on_day(day)
        assert (people.household in sees(Household, cadre)) is seen, day


def test_one_person_holds_several_roles_and_sees_all_of_theirs(people):
    county.grant(people.branch, "unit_leader", unit=people.other_unit)
    assert sees(Household, people.branch) == {people.household, people.other_household}


def test_a_county_leader_sees_what_they_are_linked_to_while_linked(people):
    people.county_leader.leader_links.update(ends_on="2026-06-14")
    assert sees(Household, people.county_leader) == set()
    county.link_leader(people.county_leader, people.other_township)
    assert sees(Household, people.county_leader) == {people.other_household}
    assert sees(Village, people.county_leader) == {people.other_village}


def test_a_link_alone_is_no_role(people):
    people.county_leader.role_grants.all().delete()
    assert sees(Unit, people.county_leader) == set()


def test_a_grant_on_a_unit_opens_the_unit_and_what_its_cadres_hold(people):
    assign_perm("registry.view_unit", people.colleague.user, people.other_unit)
    assert sees(Unit, people.colleague) == {people.other_unit}
    assert sees(Household, people.colleague) == {people.other_household}
    assert people.stranger in sees(Cadre, people.colleague)
    remove_perm("registry.view_unit", people.colleague.user, people.other_unit)
    assert sees(Household, people.colleague) == set()


def test_a_grant_on_a_township_opens_its_villages(people):
    assign_perm("registry.view_unit", people.colleague.user, people.other_township)
    assert sees(Village, people.colleague) == {people.other_village}
    assert sees(Household, people.colleague) == {people.other_household}


def test_a_grant_on_a_village_opens_that_village_alone(people):
    assign_perm("registry.view_village", people.colleague.user, people.other_village)
    assert sees(Household, people.colleague) == {people.other_household}
    assert sees(Unit, people.colleague) == set()


def test_a_grant_to_do_something_else_opens_nothing(people):
    assign_perm("registry.change_unit", people.colleague.user, people.other_unit)
    assert sees(Unit, people.colleague) == set()


def test_who_covers_sees_the_absent_cadres_households_on_those_days(people, on_day):
    people.cadre.covers.create(
        colleague=people.colleague, begins_on="2026-06-16", ends_on="2026-06-18", reason="病假"
    )
    for day, seen in (
        ("2026-06-15", False),
        ("2026-06-16", True),
        ("2026-06-18", True),
        ("2026-06-19", False),
    ):
        on_day(day)
        assert (people.household in sees(Household, people.colleague)) is seen, day
        assert people.household in sees(Household, people.cadre)


def test_a_handover_changes_hands_from_its_day_on(people, on_day):
    Pairing.objects.filter(household=people.household).update(ends_on="2026-06-15")
    county.pair(people.colleague, people.household, "2026-06-16")
    assert sees(Household, people.cadre) == {people.household}
    assert sees(Household, people.colleague) == set()
    on_day("2026-06-16")
    assert sees(Household, people.cadre) == set()
    assert sees(Household, people.colleague) == {people.household}


def test_who_moves_to_another_unit_is_seen_there_from_that_day_on(people, on_day):
    county.add_standing(people.cadre, people.other_unit, "staff", "2026-06-16")
    assert people.cadre in sees(Cadre, people.unit_leader)
    on_day("2026-06-16")
    assert people.cadre not in sees(Cadre, people.unit_leader)
    assert people.cadre in sees(Cadre, people.stranger_unit_leader)
    assert people.household in sees(Household, people.stranger_unit_leader)


def test_who_left_sees_nothing_from_the_day_after(people, on_day, signed_in):
    client = signed_in(people.unit_leader)
    Cadre.objects.filter(pk=people.unit_leader.pk).update(left_on="2026-06-15")
    address = f"/units/{people.unit.code}/"
    assert client.get(address).status_code == 200
    on_day("2026-06-16")
    assert client.get(address).status_code == 302


def test_a_role_taken_away_during_a_session_is_gone_at_the_next_request(people, signed_in):
    client = signed_in(people.unit_leader)
    address = f"/units/{people.unit.code}/"
    assert client.get(address).status_code == 200
    people.unit_leader.role_grants.update(ends_on="2026-06-14")
    assert client.get(address).status_code == 404


def test_a_closed_account_has_no_scope(people):
    people.office.user.is_active = False
    assert scope_of(people.office.user) == Scope(on=scope_of(people.office.user).on)


def test_the_whole_scope_is_one_statement(people, django_assert_num_queries):
    for cadre in people.people.values():
        user = fresh(cadre)
        with django_assert_num_queries(1):
            scope_of(user)
            scope_of(user)
