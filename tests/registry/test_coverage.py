"""全覆盖: what each person's area lacks, by the day, and nothing of another's."""

import datetime

import pytest

from registry.coverage import (
    area_of,
    cadres_without_household,
    households_without_cadre,
    pairings_of_the_gone,
    villages_without_unit,
)
from tests import county

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def lacks(person, **place):
    area = area_of(person.user, TODAY, **place)
    if area is None:
        return None
    return {
        "villages": {village.name for village in villages_without_unit(area, TODAY)},
        "households": {home.head_name for home in households_without_cadre(area, TODAY)},
        "cadres": {cadre.name for cadre in cadres_without_household(area, TODAY)},
        "left": {pairing.household.head_name for pairing in pairings_of_the_gone(area, TODAY)},
    }


@pytest.fixture
def bare(people):
    """In each village a family that nobody holds, a family of somebody who left, and a village without a unit."""
    for village, unit, word in (
        (people.village, people.unit, "甲"),
        (people.other_village, people.other_unit, "乙"),
    ):
        county.add_household(f"{word}空", village=village)
        gone = county.add_cadre(f"{word}走", unit=unit, left_on="2026-06-14")
        county.pair(gone, county.add_household(f"{word}旧", village=village))
        county.add_village(f"{word}村", township=village.township)
    return people


def test_the_office_sees_the_county(bare):
    found = lacks(bare.office)
    assert found["villages"] == {"甲村", "乙村"}
    assert found["households"] == {"甲空", "乙空"}
    assert found["left"] == {"甲旧", "乙旧"}
    assert {"杨小燕", "何静", "尼玛"} <= found["cadres"]
    assert not {"泽仁初", "李强", "甲走"} & found["cadres"]


@pytest.mark.parametrize("person", ["unit_liaison", "unit_leader"])
def test_a_unit_sees_its_linked_villages_and_its_cadres(bare, person):
    assert lacks(getattr(bare, person)) == {
        "villages": set(),
        "households": {"甲空"},
        "cadres": {"杨小燕", "赵敏", "尼玛", "高原"},
        "left": {"甲旧"},
    }


def test_a_township_sees_its_villages_and_its_own_cadres(bare):
    assert lacks(bare.township_liaison) == {
        "villages": {"甲村"},
        "households": {"甲空"},
        "cadres": {"扎西·卓玛", "罗尔伍"},
        "left": {"甲旧"},
    }


def test_a_branch_sees_its_village(bare):
    found = lacks(bare.branch)
    assert (found["households"], found["villages"], found["left"]) == ({"甲空"}, set(), {"甲旧"})


def test_a_county_leader_sees_what_is_linked(bare):
    found = lacks(bare.county_leader)
    assert (found["villages"], found["households"], found["left"]) == ({"甲村"}, {"甲空"}, {"甲旧"})


def test_the_office_narrows_it_to_a_township_a_unit_or_a_village(bare):
    township = lacks(bare.office, unit=bare.township.code)
    unit = lacks(bare.office, unit=bare.unit.code)
    village = lacks(bare.office, village=bare.village.code)
    assert (township["villages"], township["households"]) == ({"甲村"}, {"甲空"})
    assert (unit["villages"], unit["households"], unit["left"]) == (set(), {"甲空"}, {"甲旧"})
    assert unit["cadres"] == {"杨小燕", "赵敏", "尼玛", "高原"}
    assert (village["villages"], village["households"], village["left"]) == (set(), {"甲空"}, {"甲旧"})
    assert village["cadres"] == unit["cadres"]


def test_a_place_of_somebody_else_is_not_there(bare):
    assert lacks(bare.unit_liaison, village=bare.other_village.code) is None
    assert lacks(bare.unit_liaison, unit=bare.other_unit.code) is None
    assert lacks(bare.branch, village="513200000000") is None


@pytest.mark.parametrize(
    ("begins_on", "ends_on", "counts"),
    [
        ("2026-06-15", None, False),
        ("2026-06-15", "2026-06-15", False),
        ("2026-06-01", "2026-06-14", True),
        ("2026-06-16", None, True),
    ],
)
def test_both_days_of_a_pairing_cover(people, begins_on, ends_on, counts):
    home = county.add_household("达瓦", village=people.village)
    county.pair(people.colleague, home, begins_on, ends_on)
    found = lacks(people.unit_liaison)
    assert ("达瓦" in found["households"]) == counts
    assert ("杨小燕" in found["cadres"]) == counts


@pytest.mark.parametrize(
    ("closed_on", "counts"), [("2026-06-14", False), ("2026-06-15", False), ("2026-06-16", True)]
)
def test_a_closed_household_is_not_counted(people, closed_on, counts):
    county.add_household("达瓦", village=people.village, closed_on=closed_on)
    gone = county.add_cadre(unit=people.unit, left_on="2026-05-01")
    county.pair(gone, county.add_household("白玛", village=people.village, closed_on=closed_on))
    found = lacks(people.office)
    assert ("达瓦" in found["households"]) == ("白玛" in found["left"]) == counts


@pytest.mark.parametrize(("left_on", "in_post"), [("2026-06-14", False), ("2026-06-15", True), (None, True)])
def test_a_holder_is_gone_the_day_after_the_last(people, left_on, in_post):
    people.cadre.left_on = people.colleague.left_on = left_on
    people.cadre.save()
    people.colleague.save()
    found = lacks(people.office)
    assert ("多吉" in found["left"]) != in_post
    assert ("杨小燕" in found["cadres"]) == in_post


def test_who_comes_later_is_not_in_post_yet(people):
    county.add_cadre("新人", unit=people.unit, joined_on="2026-06-16")
    assert "新人" not in lacks(people.office)["cadres"]


def test_a_link_counts_on_its_days_and_the_township_is_no_link(people):
    people.unit.village_links.update(ends_on="2026-06-14")
    assert lacks(people.township_liaison)["villages"] == {"格桑村"}
    county.link_village(people.township, people.village, "2026-06-15")
    assert lacks(people.township_liaison)["villages"] == set()


@pytest.mark.clause("方案三(三)")
def test_a_unit_sees_those_whom_only_its_cadres_may_hold_wherever_they_live(people):
    county.add_household("老局长", village=people.other_village, kind="retired", former_unit=people.unit)
    county.add_household(
        "杨家", village=people.other_village, kind="cadre_family", family_cadre=people.colleague
    )
    county.add_household("农家", village=people.other_village, former_unit=people.unit)
    assert lacks(people.unit_liaison)["households"] == {"老局长", "杨家"}
    assert lacks(people.stranger_unit_liaison)["households"] == {"老局长", "杨家", "农家"}
