"""接替: households and open matters change hands in one transaction, with never a day or a matter in between."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Notice
from grievances.handover import (
    file_handovers,
    hand_over,
    handovers_seen_by,
    held_by,
    open_matters_of,
)
from grievances.models import Grievance, GrievanceEvent
from registry.models import Cadre, Handover, Pairing
from tests import county

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案五(一)")]

TODAY = datetime.date(2026, 6, 15)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def hand(people, on=TODAY, *, homes=None, by="unit_liaison", to="colleague", cadre="cadre", matters=()):
    def person(name):
        return getattr(people, name) if isinstance(name, str) else name

    return hand_over(
        person(cadre),
        person(to),
        [people.household] if homes is None else homes,
        on=county.day(on),
        reason="工作调动",
        by=person(by).user,
        matters=matters,
    )


def spans(home):
    rows = Pairing.objects.filter(household=home).order_by("begins_on")
    return [
        (row.cadre.name, row.begins_on.isoformat(), row.ends_on and row.ends_on.isoformat()) for row in rows
    ]


def faults(act):
    """Field → codes of what is refused; nothing may have been written."""
    before = (Handover.objects.count(), list(Pairing.objects.order_by("pk").values_list("cadre", "ends_on")))
    with pytest.raises(ValidationError) as refused:
        act()
    assert before == (
        Handover.objects.count(),
        list(Pairing.objects.order_by("pk").values_list("cadre", "ends_on")),
    )
    return {field: [each.code for each in errors] for field, errors in refused.value.error_dict.items()}


def words(act):
    with pytest.raises(ValidationError) as refused:
        act()
    return " ".join(refused.value.messages)


def test_the_old_pairing_ends_on_the_day_before_and_the_successors_begins(people):
    made = hand(people, "2026-06-20")
    assert spans(people.household) == [
        ("泽仁初", "2020-01-01", "2026-06-19"),
        ("杨小燕", "2026-06-20", None),
    ]
    assert Pairing.objects.get(cadre=people.colleague).handover == made


def test_an_end_that_was_agreed_stays(people):
    Pairing.objects.update(ends_on="2026-12-31")
    hand(people)
    assert spans(people.household)[1] == ("杨小燕", "2026-06-15", "2026-12-31")


def test_some_households_may_stay(people):
    other = county.add_household("罗尔依", village=people.village)
    county.pair(people.cadre, other)
    hand(people)
    assert spans(other) == [("泽仁初", "2020-01-01", None)]


def test_open_matters_go_along_at_once_with_an_event_and_closed_ones_stay(people):
    home = people.household
    waiting = county.add_grievance(household=home, handler=people.cadre)
    answered = county.add_grievance(household=home, handler=people.cadre, replied_on="2026-06-01")
    stays = [
        county.add_grievance(household=home, handler=people.cadre, closed_on="2026-06-01"),
        county.add_grievance(household=home, handler=people.cadre, void=True),
        county.add_grievance(village=people.village, handler=people.cadre),
    ]
    by_other = county.add_grievance(household=home, handler=people.unit_liaison)
    hand(people, "2026-06-20")
    assert set(open_matters_of(people.colleague)) == {waiting, answered}
    for matter in stays:
        matter.refresh_from_db()
        assert matter.handler == people.cadre
    by_other.refresh_from_db()
    assert by_other.handler == people.unit_liaison
    event = GrievanceEvent.objects.get(grievance=answered)
    assert (event.get_action_display(), event.from_state, event.to_state) == ("接替", "replied", "replied")
    assert (event.on, event.by) == (TODAY, people.unit_liaison.user)
    assert event.reason == "由泽仁初转给杨小燕：工作调动"


def test_an_event_is_never_dated_before_the_matter_was_heard(people):
    county.add_grievance(household=people.household, handler=people.cadre, registered_on="2026-06-10")
    hand(people, "2026-06-01")
    assert GrievanceEvent.objects.get().on.isoformat() == "2026-06-10"


def test_matters_of_the_whole_village_go_along_when_named(people):
    matter = county.add_grievance(village=people.village, handler=people.cadre)
    strange = county.add_grievance(village=people.village, handler=people.unit_liaison)
    hand(people, matters=[matter, strange])
    assert list(open_matters_of(people.colleague)) == [matter]
    assert list(open_matters_of(people.unit_liaison)) == [strange]


def test_a_cadre_without_households_may_hand_over_what_is_left_to_do(people):
    Pairing.objects.all().delete()
    matter = county.add_grievance(village=people.village, handler=people.cadre)
    hand(people, homes=[], matters=[matter])
    assert list(open_matters_of(people.colleague)) == [matter]
    assert faults(lambda: hand(people, homes=[])) == {"households": [None]}


def test_who_is_told_and_no_title_names_a_person(people):
    made = hand(people)
    told = dict(Notice.objects.values_list("user__username", "url"))
    assert told == {
        people.colleague.code: "/me/",
        people.cadre.code: "/me/",
        people.office.code: f"/handover/{made.pk}/",
    }
    names = {person.name for person in Cadre.objects.all()}
    assert not [
        title for title in Notice.objects.values_list("title", flat=True) if any(n in title for n in names)
    ]


REFUSED_DAYS = {
    "the very day the pairing begins": ("2026-06-01", {"on": ["before_pairing"]}),
    "before it": ("2026-05-20", {"on": ["before_pairing"]}),
    "a mistyped year": ("2062-06-15", {"on": ["too_far"]}),
}


@pytest.mark.parametrize("case", REFUSED_DAYS)
def test_a_day_that_cannot_be_is_refused(people, case):
    on, expected = REFUSED_DAYS[case]
    Pairing.objects.update(begins_on="2026-06-01")
    assert faults(lambda: hand(people, on)) == expected


def test_the_day_after_the_pairings_begin_can_be(people):
    Pairing.objects.update(begins_on="2026-06-01")
    hand(people, "2026-06-02")
    assert spans(people.household)[0] == ("泽仁初", "2026-06-01", "2026-06-01")


def test_visits_of_the_old_cadre_keep_inside_the_pairing(people):
    for day in ("2026-06-08", "2026-06-10", "2026-06-12"):
        county.add_visit(people.cadre, people.household, day)
    county.add_visit(people.cadre, people.household, "2026-06-13", void=True)
    county.add_visit(people.cadre, people.household, "2026-06-14", proxy_reason="替同事去")
    assert faults(lambda: hand(people, "2026-06-10")) == {"on": ["visits"]}
    told = words(lambda: hand(people, "2026-06-10"))
    assert "已有 2 次走访" in told
    assert "接替最早从 2026-06-13 起" in told
    hand(people, "2026-06-13")


def test_the_successor_is_another_in_post_and_of_the_unit(people):
    def refused(to, on=TODAY, by="unit_liaison"):
        return faults(lambda: hand(people, on, to=to, by=by))["successor"]

    late = county.add_cadre(unit=people.unit, joined_on="2026-06-20")
    leaving = county.add_cadre(unit=people.unit, left_on="2026-06-30")
    assert refused("cadre") == ["same_person"]
    assert refused(late) == ["not_in_post"]
    assert refused(leaving, "2026-07-01") == ["not_in_post"]
    assert refused("stranger") == ["other_unit"]
    moving = county.add_cadre(unit=people.unit)
    county.add_standing(moving, people.other_unit, "staff", "2026-07-01")
    assert refused(moving, "2026-07-01") == ["other_unit"]
    hand(people, "2026-06-30", to=moving)


def test_the_office_may_name_a_successor_of_any_unit_and_files_at_once(people):
    made = hand(people, to="stranger", by="office")
    assert (made.filed_by, made.filed_at is None) == (people.office.user, False)
    assert not Notice.objects.filter(user=people.office.user).exists()


@pytest.mark.clause("方案三(三)")
def test_who_may_hold_a_household_is_the_rule_of_every_pairing(people):
    retired = county.add_household("老干部", village=people.village, kind="retired", former_unit=people.unit)
    family = county.add_household(
        "职工", village=people.village, kind="cadre_family", family_cadre=people.unit_leader
    )
    for home in (retired, family):
        county.pair(people.unit_leader, home)
    told = words(lambda: hand(people, cadre="unit_leader", homes=[retired, family]))
    assert "老干部户：离退休干部户由原单位 U-EDU 的班子成员联系" in told
    assert "职工户：干部职工家庭只能由本人联系" in told
    deputy = county.add_cadre(unit=people.unit, rank="deputy_section_chief")
    hand(people, cadre="unit_leader", homes=[retired], to=deputy)


@pytest.mark.parametrize("name", ["unit_liaison", "unit_leader", "office"])
def test_who_may(people, name):
    hand(people, by=name)


@pytest.mark.parametrize(
    "name",
    ["cadre", "colleague", "branch", "township_liaison", "county_leader", "admin", "auditor",
     "stranger_unit_liaison", "stranger_unit_leader", "stranger_township_liaison"],
)  # fmt: skip
def test_who_may_not(people, name):
    with pytest.raises(PermissionDenied):
        hand(people, by=name)


def test_a_township_hands_over_for_its_own_cadres(people):
    home = county.add_household("尕让他", village=people.other_village)
    mate = county.add_cadre("乡里人", unit=people.township)
    county.pair(people.branch, home)
    hand(people, cadre="branch", to=mate, homes=[home], by="township_liaison")
    assert spans(home)[1][0] == "乡里人"


def test_the_same_household_twice_and_the_second_is_told_who_was_first(people):
    hand(people, "2026-06-20")
    third = county.add_cadre(unit=people.unit)
    for on in ("2026-06-15", "2026-06-20", "2026-06-25"):
        told = words(lambda on=on: hand(people, on, to=third, by="unit_leader"))
        assert "多吉户已由赵敏在 06-15 10:00 办了接替，从 2026-06-20 起由杨小燕结对" in told
    assert not held_by(people.cadre, on=TODAY).exists()


def test_one_household_that_cannot_move_holds_back_all(people):
    free = county.add_household(village=people.village)
    county.pair(people.stranger, free)
    refused = faults(lambda: hand(people, homes=[people.household, free]))
    assert refused == {"households": ["conflict"]}


def test_the_successor_may_hand_over_in_turn_and_back(people):
    hand(people, "2026-06-16")
    hand(people, "2026-06-20", cadre="colleague", to="cadre")
    hand(people, "2026-06-25")
    assert spans(people.household) == [
        ("泽仁初", "2020-01-01", "2026-06-15"),
        ("杨小燕", "2026-06-16", "2026-06-19"),
        ("泽仁初", "2026-06-20", "2026-06-24"),
        ("杨小燕", "2026-06-25", None),
    ]


def test_only_the_office_files_and_only_once(people):
    made = hand(people)
    with pytest.raises(PermissionDenied):
        file_handovers([made.pk], by=people.unit_leader.user)
    assert file_handovers([made.pk], by=people.office.user) == 1
    made.refresh_from_db()
    first = made.filed_at
    assert file_handovers([made.pk], by=people.office.user) == 0
    made.refresh_from_db()
    assert made.filed_at == first


def test_a_handover_stays_with_the_unit_the_cadre_was_of_that_day(people):
    made = hand(people)
    county.add_standing(people.cadre, people.other_unit, "staff", "2026-06-15")
    county.add_standing(people.cadre, people.unit, "staff", "2026-06-01")
    assert list(handovers_seen_by(people.unit_leader.user)) == []
    assert list(handovers_seen_by(people.stranger_unit_leader.user)) == [made]


def test_it_costs_the_same_for_one_household_and_for_fifty(people, django_assert_max_num_queries):
    homes = [county.add_household(village=people.village) for _ in range(50)]
    for home in homes:
        county.pair(people.cadre, home)
        county.add_grievance(household=home, handler=people.cadre)
    with django_assert_max_num_queries(32):
        hand(people)
    with django_assert_max_num_queries(32):
        hand(people, homes=homes)


STEPS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 3)),  # from whom; mostly whoever holds the first of them that day
        st.integers(0, 3),  # to whom
        st.integers(-25, 80),  # days from today
        st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),  # which households
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.booleans(), st.lists(st.sampled_from([None, None, 60]), min_size=3, max_size=3))
def test_after_any_sequence_each_day_has_one_holder_and_each_matter_a_handler(people, steps, in_order, ends):
    """Ends of the first pairings, in days from today; from the first day on nothing opens a gap."""
    try:
        with transaction.atomic():
            staff = [people.cadre, people.colleague] + [county.add_cadre(unit=people.unit) for _ in range(2)]
            homes = [county.add_household(village=people.village) for _ in ends]
            begin = TODAY - 30 * DAY
            for home, end in zip(homes, ends, strict=True):
                county.pair(staff[0], home, begin, end and TODAY + end * DAY)
                county.add_grievance(household=home, handler=staff[0])
            county.add_visit(staff[0], homes[0], TODAY - 20 * DAY)
            if in_order:
                steps.sort(key=lambda step: step[2])
            for giver, taker, days, which in steps:
                day = TODAY + days * DAY
                held = Pairing.objects.in_force(day).filter(household=homes[which[0]])
                one = held.get().cadre if giver is None and held else staff[giver or 0]
                chosen = [homes[index] for index in which]
                if giver is None:
                    chosen = [home for home in chosen if home.pairings.in_force(day).filter(cadre=one)]
                try:
                    hand(people, day, homes=chosen, cadre=one, to=staff[taker])
                except ValidationError:
                    continue
            for home, end in zip(homes, ends, strict=True):
                check_days(home, begin, TODAY + 100 * DAY, end and TODAY + end * DAY)
            assert not Grievance.objects.filter(handler__isnull=True).exists()
            assert Grievance.objects.filter(handler__in=staff).count() == len(homes)
            for visit in homes[0].visits.all():
                assert Pairing.objects.in_force(visit.day).get(household=homes[0]).cadre == visit.cadre
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    """Leaves the county as it was for the next example."""


def check_days(home, first, last, end):
    rows = list(Pairing.objects.filter(household=home))
    for number in range((last - first).days):
        day = first + number * DAY
        holders = [
            row for row in rows if row.begins_on <= day and (row.ends_on is None or day <= row.ends_on)
        ]
        assert len(holders) == (0 if end and day > end else 1), day
