"""结对 from a page: who may pair whom with what, all or nothing, and never two holders a day."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.acting import Acting, acting_as
from accounts.models import Notice
from registry.models import Pairing
from registry.pairing import (
    PairingRefused,
    assignable_cadres,
    end_pairings,
    pair_households,
    pairable_households,
    pairing_faults,
)
from tests import county

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 6, 15)
PAIRING = ("office", "unit_liaison", "unit_leader", "township_liaison")


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def bare(people):
    """A family of 格桑村 that nobody holds."""
    return county.add_household("达瓦", village=people.village, code="HH-10")


def row(cadre, household, begins_on="2026-06-15", **more):
    return {"cadre": cadre.code, "household": household.code, "begins_on": begins_on} | more


def told(refused):
    return {(number, fault.field, fault.code) for number, found in refused.faults.items() for fault in found}


def pair(rows, by):
    return pair_households(rows, by=by.user, on=TODAY)


def refused(rows, by):
    with pytest.raises(PairingRefused) as caught:
        pair(rows, by)
    return told(caught.value)


# --- who ---------------------------------------------------------------------------------------


def test_only_those_who_run_a_unit_pair(people, bare):
    could = set()
    for name, person in people.people.items():
        try:
            with transaction.atomic():
                pair([row(people.colleague, bare)], person)
                could.add(name)
                raise PairingRefused({})
        except (PermissionDenied, PairingRefused):
            pass
    assert could == {"office", "unit_liaison", "unit_leader"}


def test_a_township_pairs_its_own_cadres_with_its_villages_and_no_others(people, bare):
    clerk = county.add_cadre("四郎", unit=people.township)
    far = county.add_household(village=people.other_village)
    by = people.township_liaison
    assert refused([row(people.colleague, bare)], by) == {(1, "cadre", "not_found")}
    assert refused([row(clerk, far)], by) == {(1, "household", "not_found")}
    [made] = pair([row(clerk, bare)], by)
    assert (made.cadre, made.household) == (clerk, bare)


def test_a_unit_pairs_where_it_is_linked_today(people, bare):
    far = county.add_household(village=people.other_village)
    rows = [row(people.colleague, bare), row(people.colleague, far), row(people.stranger, bare)]
    assert refused(rows, people.unit_liaison) >= {(2, "household", "not_found"), (3, "cadre", "not_found")}
    people.unit.village_links.update(ends_on="2026-06-14")
    assert refused(rows[:1], people.unit_liaison) == {(1, "household", "not_found")}


def test_a_household_that_only_the_unit_may_hold_is_the_unit_s_wherever_it_lives(people):
    retired = county.add_household(
        "老局长", village=people.other_village, kind="retired", former_unit=people.unit
    )
    family = county.add_household(
        "杨家", village=people.other_village, kind="cadre_family", family_cadre=people.colleague
    )
    pair([row(people.unit_leader, retired), row(people.colleague, family)], people.unit_liaison)
    assert retired.pairings.get().cadre == people.unit_leader


def test_what_is_not_there_and_what_is_not_yours_read_the_same(people):
    rows = [row(people.stranger, people.other_household), row(people.stranger, people.other_household)]
    rows[1] |= {"cadre": "P2-nobody", "household": "HH-9"}
    faults = pairing_faults(rows, by=people.unit_liaison.user, on=TODAY)
    words = [
        {fault.message.replace(rows[number - 1][fault.field], "") for fault in faults[number]}
        for number in (1, 2)
    ]
    assert words[0] == words[1]
    assert len(words[0]) == 2


def test_the_lists_to_choose_from_are_what_the_service_takes(people, bare):
    by = people.unit_liaison.user
    assert set(assignable_cadres(by, TODAY)) == {
        people.cadre,
        people.colleague,
        people.unit_liaison,
        people.unit_leader,
        people.county_leader,
    }
    assert set(pairable_households(by, TODAY)) == {people.household, bare}


def test_who_has_left_or_is_closed_is_not_paired(people, bare):
    gone = county.add_cadre("旧人", unit=people.unit, left_on="2026-06-14")
    last_day = county.add_cadre("走人", unit=people.unit, left_on="2026-06-15")
    closed = county.add_household(village=people.village, closed_on="2026-06-15")
    rows = [row(gone, bare), row(people.colleague, closed), row(people.colleague, closed, "2026-06-14")]
    assert refused(rows, people.unit_liaison) == {
        (1, "cadre", "not_found"),
        (2, "household", "closed"),
        (3, "household", "closed"),
    }
    assert pair([row(last_day, bare)], people.unit_liaison)


# --- the rules of the sheet ----------------------------------------------------------------------


@pytest.mark.clause("方案三(三)")
def test_who_may_hold_which_kind_is_asked_as_in_the_workbook(people):
    retired = county.add_household(
        village=people.village, kind="retired", former_unit=people.unit, code="HH-11"
    )
    family = county.add_household(
        village=people.village, kind="cadre_family", family_cadre=people.cadre, code="HH-12"
    )
    rows = [row(people.colleague, retired), row(people.colleague, family)]
    assert refused(rows, people.office) == {(1, "cadre", "may_not_hold"), (2, "cadre", "may_not_hold")}
    pair([row(people.unit_leader, retired), row(people.cadre, family)], people.office)


def test_every_fault_of_every_row_is_told_and_nothing_is_written(people, bare):
    rows = [
        row(people.colleague, bare),
        row(people.colleague, people.household),
        row(people.colleague, bare, "2026-06-20", ends_on="2026-06-01"),
        {"cadre": "", "household": "HH 1", "begins_on": "明天"},
    ]
    assert refused(rows, people.office) == {
        (2, "cadre", "overlap"),
        (3, "ends_on", "end_before_begin"),
        (4, "cadre", "required"),
        (4, "household", "blank_in_code"),
        (4, "begins_on", "not_a_date"),
    }
    assert not bare.pairings.exists()


def test_one_household_twice_in_one_batch_is_told_at_the_second(people, bare):
    rows = [row(people.colleague, bare), row(people.cadre, bare)]
    assert refused(rows, people.office) == {(2, "cadre", "overlap")}


def test_an_overlap_says_who_holds_it_and_who_entered_that(people, bare):
    with acting_as(Acting(people.unit_liaison.user.pk, people.unit_liaison.code)):
        pair([row(people.cadre, bare)], people.unit_liaison)
    faults = pairing_faults([row(people.colleague, bare)], by=people.office.user, on=TODAY)
    [fault] = faults[1]
    assert fault.message.startswith("泽仁初（P1-cadre）从 2026-06-15 起已与这一户结对，日期重叠，是 赵敏 ")


def test_sent_twice_is_sent_once(people, bare):
    made = pair([row(people.colleague, bare)], people.office)
    assert pair([row(people.colleague, bare)], people.office) == []
    assert list(bare.pairings.all()) == made
    assert people.colleague.user.notices.count() == 1


def test_the_same_first_day_with_another_end_is_no_way_to_change_the_end(people, bare):
    county.pair(people.colleague, bare, "2026-06-15", "2026-06-30")
    assert refused([row(people.colleague, bare)], people.office) == {(1, "begins_on", "already_paired")}
    assert str(bare.pairings.get().ends_on) == "2026-06-30"


def test_the_cadre_is_told_without_a_name_in_the_title(people, bare):
    other = county.add_household("白玛", village=people.village)
    pair([row(people.colleague, bare), row(people.colleague, other)], people.unit_liaison)
    notice = people.colleague.user.notices.get()
    assert notice.title == "您新结对了 2 户"
    assert "达瓦" not in notice.title + notice.body
    pair([row(people.unit_leader, county.add_household(village=people.village))], people.unit_leader)
    assert Notice.objects.count() == 1


def test_never_more_queries_for_more_rows(people):
    def count(number):
        homes = [county.add_household(village=people.village) for _ in range(number)]
        rows = [row(people.colleague, home) for home in homes]
        with CaptureQueriesContext(connection) as queries:
            pair(rows, people.office)
        return len(queries)

    count(1)
    assert count(2) == count(50)


# --- the end -------------------------------------------------------------------------------------


def end(pairing, ends_on, by):
    return end_pairings([pairing.pk], ends_on=datetime.date.fromisoformat(ends_on), by=by.user, on=TODAY)


def test_a_pairing_is_ended_by_those_who_answer_for_its_cadre(people):
    pairing = people.household.pairings.get()
    could = set()
    for name, person in people.people.items():
        try:
            with transaction.atomic():
                end(pairing, "2026-06-14", person)
                could.add(name)
                raise PairingRefused({})
        except (PermissionDenied, PairingRefused):
            pass
    assert could == {"office", "unit_liaison", "unit_leader"}
    pairing.refresh_from_db()
    assert pairing.ends_on is None


def test_an_end_comes_after_the_begin_and_is_never_put_off(people, bare):
    pairing = county.pair(people.colleague, bare, "2026-06-10", "2026-06-20")
    for day, code in (("2026-06-09", "end_before_begin"), ("2026-06-21", "ended")):
        with pytest.raises(PairingRefused) as caught:
            end(pairing, day, people.office)
        assert told(caught.value) == {(1, "ends_on", code)}
    end(pairing, "2026-06-12", people.office)
    end(pairing, "2026-06-12", people.office)
    pairing.refresh_from_db()
    assert str(pairing.ends_on) == "2026-06-12"


# --- whatever the order ----------------------------------------------------------------------------

DAYS = st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 1, 20))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pair"), st.integers(0, 2), st.integers(0, 1), DAYS, st.none() | DAYS),
        st.tuples(st.just("end"), st.integers(0, 9), st.just(0), DAYS, st.none()),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_paired_and_ended_in_whatever_order_a_day_has_one_holder(people, steps):
    cadres = (people.cadre, people.colleague, people.stranger)
    with transaction.atomic():
        homes = [county.add_household(village=people.village) for _ in range(2)]
        held = {}  # (household, day) → cadre, as one who keeps a calendar would have it
        for verb, who, which, begin, end_ in steps:
            before = dict(held)
            if verb == "pair":
                home, cadre = homes[which], cadres[who]
                last = end_ or datetime.date(2026, 2, 28)
                days = {
                    (home.pk, begin + datetime.timedelta(days=number))
                    for number in range((last - begin).days + 1)
                }
                try:
                    pair([row(cadre, home, begin, ends_on=end_)], people.office)
                except PairingRefused:
                    assert not days or held.keys() & days
                else:
                    assert all(held.get(day, cadre) == cadre for day in days)
                    held |= dict.fromkeys(days, cadre)
            else:
                there = list(Pairing.objects.filter(household__in=homes).order_by("pk"))
                if there:
                    chosen = there[who % len(there)]
                    try:
                        end_pairings([chosen.pk], ends_on=begin, by=people.office.user, on=TODAY)
                    except PairingRefused:
                        assert before == held
                    else:
                        held = {
                            (home, day): cadre
                            for (home, day), cadre in held.items()
                            if home != chosen.household_id
                            or not begin < day <= (chosen.ends_on or datetime.date(2026, 2, 28))
                        }
        for (home, day), cadre in held.items():
            assert Pairing.objects.in_force(day).get(household=home).cadre == cadre
        transaction.set_rollback(True)
