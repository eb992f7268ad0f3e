"""户变动: what becomes of a household, of its pairing and of its heads; and what is refused."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEntry, AuditKind
from lianhu.kit.pinyin import letters
from registry import household_life as life
from registry.contact import contact_of
from registry.models import Cover, Household, HouseholdChange
from tests import county

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)
DAY = datetime.date(2026, 6, 1)
PHONE, ID_NUMBER = "13812345678", "11010519491231002X"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def who(cadre):
    return {"today": TODAY, "by": cadre.user}


def new_household(**values):
    row = {
        "on": DAY,
        "code": "HH-NEW",
        "head_name": "多吉次仁",
        "people_count": 2,
        "kind": "rural",
        "phone": PHONE,
        "id_number": ID_NUMBER,
        "is_party_member": True,
        "is_village_cadre": False,
        "is_registered_poor": False,
        "is_hardship": False,
        "hardship_reason": "",
        "address": "三组 12 号",
        "reason": "儿子成家",
    }
    return row | values


def moved_in(people, **values):
    rest = {
        "village": people.village.code,
        "group": "三组",
        "former_unit": "",
        "family_cadre": "",
        "income_sources": "务工",
        "longitude": None,
        "latitude": None,
    }
    return new_household(**(rest | values))


def into(code="HH-9", **values):
    return {"on": DAY, "into": code, "people_count": None, "reason": ""} | values


def away(**values):
    row = {
        "on": DAY,
        "where": "away",
        "village": "",
        "group": "",
        "address": "",
        "pairing": "",
        "reason": "",
    }
    return row | values


def closing(**values):
    return {"on": DAY, "reason": "户内已没有人"} | values


def head(**values):
    row = {"on": DAY, "new_head": "卓玛", "phone": "", "id_number": "", "reason": "老户主去世"}
    return row | values


def refused(act, *arguments, **options):
    """Field and code of each reason."""
    with pytest.raises(ValidationError) as caught:
        act(*arguments, **options)
    return {(field, error.code) for field, errors in caught.value.error_dict.items() for error in errors}


def pairings(home):
    return list(home.pairings.order_by("begins_on").values_list("cadre__code", "begins_on", "ends_on"))


# --- 分户 -------------------------------------------------------------------------------------


def test_a_split_off_household_has_the_same_holder_from_that_day(people):
    home = people.household
    home.group = "三组"
    home.save()
    new = life.split(home, new_household() | {"left": 2}, **who(people.branch))
    home.refresh_from_db()
    assert home.people_count == 2
    assert (new.village, new.group, new.kind, new.people_count) == (people.village, "三组", "rural", 2)
    assert pairings(new) == [(people.cadre.code, DAY, None)]
    assert pairings(home) == [(people.cadre.code, county.LONG_AGO, None)]
    change = HouseholdChange.objects.get()
    assert (change.household, change.kind, change.on, change.other) == (home, "split", DAY, new)
    assert (change.recorded_by, change.reason) == (people.branch.user, "儿子成家")


def test_a_new_household_is_sealed_and_found_as_one_of_the_workbook(people):
    new = life.split(people.household, new_household() | {"left": 2}, **who(people.branch))
    contact = contact_of(new, full=("phone", "id_number"))
    assert (contact.phone, contact.id_number) == (PHONE, ID_NUMBER)
    assert new.phone_tail_hash
    assert new.pinyin
    entry = AuditEntry.objects.get(
        subject_table="registry_household", subject_key="HH-NEW", kind=AuditKind.ADDED
    )
    assert PHONE not in entry.detail + entry.private.body


def test_a_split_of_a_household_without_holder_has_none(people):
    people.household.pairings.all().delete()
    new = life.split(people.household, new_household() | {"left": 2}, **who(people.office))
    assert pairings(new) == []


def test_the_holder_does_not_get_a_household_that_the_rule_keeps_from_them(people):
    """方案三(三): 离退休干部户 is held by the leadership of the unit they retired from."""
    row = new_household(kind="retired") | {"left": 2}
    assert "没有登记原单位" in life.why_not_held(row, people.household, on=DAY)
    assert pairings(life.split(people.household, row, **who(people.branch))) == []


def test_a_pairing_that_ends_soon_ends_for_the_new_household_too(people):
    people.household.pairings.update(ends_on="2026-12-31")
    new = life.split(people.household, new_household() | {"left": 2}, **who(people.branch))
    assert pairings(new) == [(people.cadre.code, DAY, datetime.date(2026, 12, 31))]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"left": 5}, ("left", "too_many")),
        ({"code": "HH-2"}, ("code", "code_taken")),
        ({"on": datetime.date(2026, 6, 16)}, ("on", "future")),
        ({"on": datetime.date(2019, 12, 31)}, ("on", "before_pairing")),
    ],
)
def test_a_split_that_can_not_be_is_refused_beside_its_field(people, values, fault):
    row = new_household() | {"left": 2} | values
    assert refused(life.split, people.household, row, **who(people.branch)) == {fault}
    assert Household.objects.count() == 2


# --- 并户 -------------------------------------------------------------------------------------


@pytest.fixture
def survivor(people):
    home = county.add_household("卓玛", village=people.village, code="HH-9", people_count=3)
    county.pair(people.colleague, home)
    return home


def test_a_merged_household_is_closed_that_day_and_so_is_its_pairing(people, survivor):
    matter = county.add_grievance(household=people.household, handler=people.cadre)
    life.merge(people.household, into(people_count=6), **who(people.branch))
    people.household.refresh_from_db()
    survivor.refresh_from_db()
    matter.refresh_from_db()
    assert people.household.closed_on == DAY
    assert pairings(people.household) == [(people.cadre.code, county.LONG_AGO, DAY)]
    assert pairings(survivor) == [(people.colleague.code, county.LONG_AGO, None)]
    assert survivor.people_count == 6
    assert (matter.household, matter.state) == (people.household, "assigned")
    assert HouseholdChange.objects.get().other == survivor


def test_what_was_merged_is_found_from_the_household_that_stays_until_it_is_reopened(people, survivor):
    third = county.add_household("达瓦", village=people.village, code="HH-10")
    life.merge(third, into("HH-1"), **who(people.branch))
    life.merge(people.household, into(), **who(people.branch))
    assert set(life.merged_into(survivor)) == {third.pk, people.household.pk}
    reopening = {"on": TODAY, "reason": "并错了"}
    life.reopen(third, reopening, **who(people.branch))
    assert life.merged_into(survivor) == [people.household.pk]


@pytest.mark.parametrize("code", ["HH-2", "HH-NONE"])
def test_a_branch_merges_only_into_households_it_keeps(people, code):
    assert refused(life.merge, people.household, into(code), **who(people.branch)) == {("into", "not_found")}


def test_a_household_is_not_merged_into_itself_or_into_a_closed_one(people, survivor):
    assert refused(life.merge, people.household, into("HH-1"), **who(people.branch)) == {("into", "same")}
    life.close(survivor, closing(), **who(people.branch))
    assert refused(life.merge, people.household, into(), **who(people.branch)) == {("into", "closed")}


# --- 迁入 -------------------------------------------------------------------------------------


def test_a_household_that_moves_in_is_registered_as_by_the_workbook(people):
    new = life.move_in(moved_in(people), **who(people.branch))
    assert (new.code, new.village, new.group, new.income_sources) == (
        "HH-NEW",
        people.village,
        "三组",
        "务工",
    )
    assert contact_of(new, full=("phone",)).phone == PHONE
    assert pairings(new) == []
    assert HouseholdChange.objects.get().kind == "move_in"


def test_a_household_moves_in_only_where_one_keeps_the_village(people):
    row = moved_in(people, village=people.other_village.code, former_unit="U-NONE", family_cadre="P-NONE")
    assert refused(life.move_in, row, **who(people.branch)) == {
        ("village", "not_found"),
        ("former_unit", "not_found"),
        ("family_cadre", "not_found"),
    }
    assert life.move_in(moved_in(people, village=people.other_village.code), **who(people.office)).pk


def test_the_same_family_elsewhere_is_told_and_never_merged_by_itself(people):
    life.move_in(moved_in(people), **who(people.office))
    [twin] = life.same_person({"head_name": "另一个人", "phone": "", "id_number": ID_NUMBER, "code": "X"})
    assert twin.code == "HH-NEW"
    assert life.same_person({"head_name": "另一个人", "phone": PHONE, "id_number": "", "code": "X"}) == []


# --- 迁出 -------------------------------------------------------------------------------------


def test_moving_within_the_county_changes_the_village_and_leaves_visits_where_they_were(people):
    trip = county.add_trip(people.cadre, people.village, "2026-05-05")
    visit = county.add_visit(people.cadre, people.household, "2026-05-05")
    row = away(where="within", village=people.other_village.code, pairing="stays", address="新家")
    home = life.move_out(people.household, row, **who(people.branch))
    visit.refresh_from_db()
    assert (home.village, home.address, home.closed_on) == (people.other_village, "新家", None)
    assert (visit.trip, visit.trip.village) == (trip, people.village)
    assert pairings(home) == [(people.cadre.code, county.LONG_AGO, None)]
    assert HouseholdChange.objects.get().village == people.other_village


def test_moving_within_the_county_ends_the_pairing_where_it_was_said_so(people):
    row = away(where="within", village=people.other_village.code, pairing="ends")
    home = life.move_out(people.household, row, **who(people.township_liaison))
    assert pairings(home) == [(people.cadre.code, county.LONG_AGO, DAY)]
    assert home.closed_on is None


def test_moving_out_of_the_county_closes_it(people):
    home = life.move_out(people.household, away(), **who(people.branch))
    assert home.closed_on == DAY
    assert pairings(home) == [(people.cadre.code, county.LONG_AGO, DAY)]


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"village": "", "pairing": "stays"}, {("village", "not_found")}),
        ({"village": "513201200201", "pairing": ""}, {("village", "same"), ("pairing", "required")}),
        ({"village": "999999999999", "pairing": "stays"}, {("village", "not_found")}),
    ],
)
def test_moving_out_says_where_to_and_what_of_the_pairing(people, values, faults):
    row = away(where="within", **values)
    assert refused(life.move_out, people.household, row, **who(people.branch)) == faults


# --- 销户 and 恢复 ----------------------------------------------------------------------------


def test_a_closed_household_keeps_everything_but_its_pairing(people):
    visit = county.add_visit(people.cadre, people.household, "2026-05-05")
    life.close(people.household, closing(), **who(people.branch))
    assert pairings(people.household) == [(people.cadre.code, county.LONG_AGO, DAY)]
    assert type(visit).objects.filter(household=people.household).count() == 1
    assert HouseholdChange.objects.get().reason == "户内已没有人"


def test_a_pairing_that_ended_before_is_left_alone(people):
    people.household.pairings.update(ends_on="2026-05-31")
    life.close(people.household, closing(), **who(people.branch))
    assert pairings(people.household) == [(people.cadre.code, county.LONG_AGO, datetime.date(2026, 5, 31))]


@pytest.mark.parametrize(
    ("day", "code"), [("2026-06-16", "future"), ("2026-05-31", "before_last_change"), ("2019-01-01", None)]
)
def test_days_are_told_in_order(people, day, code):
    life.change_head(people.household, head(), **who(people.branch))
    faults = refused(life.close, people.household, closing(on=county.day(day)), **who(people.branch))
    assert faults == ({("on", code)} if code else {("on", "before_last_change"), ("on", "before_pairing")})


def test_a_pairing_that_is_to_begin_is_settled_first(people):
    people.household.pairings.update(ends_on="2026-06-30")
    county.pair(people.colleague, people.household, "2026-07-01")
    assert refused(life.close, people.household, closing(), **who(people.branch)) == {
        ("on", "before_pairing")
    }


def test_the_second_who_closes_it_is_told_who_was_first(people):
    life.close(people.household, closing(), **who(people.branch))
    with pytest.raises(ValidationError) as caught:
        life.merge(people.household, into(), **who(people.office))
    [told] = caught.value.message_dict["__all__"]
    assert told == "扎西·卓玛 6月15日 10:00 已登记销户，日期 2026-06-01"


def test_reopening_brings_back_the_household_and_not_its_pairing(people):
    life.close(people.household, closing(), **who(people.branch))
    home = life.reopen(people.household, {"on": TODAY, "reason": "登记错了户"}, **who(people.branch))
    assert home.closed_on is None
    assert pairings(home) == [(people.cadre.code, county.LONG_AGO, DAY)]
    assert [change.kind for change in home.changes.all()] == ["close", "reopen"]
    again = {"on": TODAY, "reason": "再来"}
    assert refused(life.reopen, home, again, **who(people.branch)) == {("__all__", "open")}


def test_a_household_is_not_reopened_before_the_day_it_was_closed(people):
    Household.objects.filter(pk=people.household.pk).update(closed_on=TODAY)
    early = {"on": DAY, "reason": "登记错了户"}
    assert refused(life.reopen, people.household, early, **who(people.branch)) == {
        ("on", "before_last_change")
    }


# --- 更换户主 ---------------------------------------------------------------------------------


def test_a_change_of_head_keeps_the_history_and_takes_a_phone_where_given(people):
    home = life.change_head(people.household, head(phone=PHONE), **who(people.cadre))
    assert (home.head_name, home.pinyin) == ("卓玛", letters("卓玛"))
    assert contact_of(home, full=("phone",)).phone == PHONE
    later = life.change_head(home, head(new_head="达瓦", on=TODAY), **who(people.branch))
    assert contact_of(later, full=("phone",)).phone == PHONE
    assert life.heads_of(later, later.changes.all()) == [("达瓦", TODAY), ("卓玛", DAY), ("多吉", None)]


def test_a_head_that_the_workbook_changed_since_is_told_without_a_day(people):
    life.change_head(people.household, head(), **who(people.branch))
    Household.objects.filter(pk=people.household.pk).update(head_name="白玛")
    people.household.refresh_from_db()
    heads = life.heads_of(people.household, people.household.changes.all())
    assert heads == [("白玛", None), ("卓玛", DAY), ("多吉", None)]


def test_the_same_head_is_no_change(people):
    same = head(new_head="多吉")
    assert refused(life.change_head, people.household, same, **who(people.branch)) == {("new_head", "same")}


def test_heads_heard_at_visits_are_written_together_and_never_over_a_later_word(
    people, django_assert_max_num_queries
):
    second = county.add_household("白玛", village=people.village, code="HH-9")
    life.change_head(people.household, head(on=TODAY), **who(people.branch))
    with django_assert_max_num_queries(7):
        changed = life.change_heads(
            [(people.household, "旧话"), (second, "次仁"), (people.other_household, "张秀英")],
            on=DAY,
            by=people.cadre.user,
        )
    assert [home.code for home in changed] == ["HH-9"]
    assert set(Household.objects.values_list("head_name", flat=True)) == {"卓玛", "次仁", "张秀英"}
    assert HouseholdChange.objects.filter(household=second).get().old_head == "白玛"


# --- who may ---------------------------------------------------------------------------------


def test_who_keeps_a_household(people):
    acts = {
        "change_head": lambda by: life.change_head(people.household, head(), **who(by)),
        "close": lambda by: life.close(people.household, closing(), **who(by)),
        "split": lambda by: life.split(people.household, new_household() | {"left": 2}, **who(by)),
        "move_out": lambda by: life.move_out(people.household, away(), **who(by)),
        "merge": lambda by: life.merge(people.household, into(), **who(by)),
        "reopen": lambda by: life.reopen(people.household, {"on": TODAY, "reason": "错了"}, **who(by)),
    }
    for name, act in acts.items():
        denied = set()
        for person, cadre in people.people.items():
            try:
                act(cadre)
            except PermissionDenied:
                denied.add(person)
            except ValidationError:
                pass
        keeping = {"branch", "township_liaison", "office"} | ({"cadre"} if name == "change_head" else set())
        assert set(people.people) - denied == keeping, name


def test_a_township_keeps_its_villages_and_not_what_its_cadres_hold_elsewhere(people):
    own = county.add_cadre(unit=people.other_township)
    home = county.add_household(village=people.village, code="HH-9")
    county.pair(own, home)
    with pytest.raises(PermissionDenied):
        life.close(home, closing(), **who(people.stranger_township_liaison))


def test_whoever_covers_the_paired_cadre_may_change_the_head_while_it_lasts(people):
    Cover.objects.create(
        cadre=people.cadre, colleague=people.colleague, begins_on=DAY, ends_on=TODAY, reason="病假"
    )
    assert life.change_head(people.household, head(), **who(people.colleague)).head_name == "卓玛"
