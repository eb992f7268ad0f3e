"""Likely duplicates (contract, section 4): same household and category, same village and words."""

import pytest

from grievances.alike import alike, alike_of, bigrams_of
from grievances.models import Category
from tests import county

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案四(四)")]


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def category(name):
    return Category.objects.get_or_create(name=name, defaults={"position": 99})[0]


def asked(people, *, household=None, category_name="饮水用电", words="自来水管坏了", user=None):
    user = (user or people.branch).user
    found = alike_of(household, people.village, category(category_name), bigrams_of(words), user=user)
    return [each.number for each in found]


def test_pairs_of_signs_are_those_that_the_database_keeps(people):
    matter = county.add_grievance(village=people.village, title="𠮷家水管，坏了", content="LED灯\n不亮")
    matter.refresh_from_db()
    assert set(bigrams_of(matter.title, matter.content)) <= set(matter.bigrams)
    assert "𠮷家" in matter.bigrams
    assert bigrams_of("管，坏") == []


def test_the_same_household_and_category_is_offered_whatever_the_words(people):
    matter = county.add_grievance(household=people.household, category="饮水用电", registered_on="2026-06-01")
    assert asked(people, household=people.household, words="停电三天") == [matter.number]


def test_the_same_village_and_words_is_offered_in_any_category(people):
    neighbour = county.add_household("卓玛", village=people.village)
    matter = county.add_grievance(
        household=neighbour,
        category="出行道路",
        title="村口水管漏水",
        content="村口饮水管道漏水，请协调维修。",
    )
    assert asked(people, words="村口的饮水管道漏水好几天了") == [matter.number]


def test_other_words_or_another_village_are_not_offered(people):
    county.add_grievance(
        village=people.village, title="路灯不亮", content="晚上看不见路", registered_on="2026-06-01"
    )
    county.add_grievance(village=people.other_village, title="村口水管漏水", content="村口饮水管道漏水")
    assert asked(people, words="村口的饮水管道漏水", user=people.office) == []


@pytest.mark.parametrize(
    ("closed_on", "offered"), [("2025-12-17", True), ("2025-12-16", False), (None, True)]
)
def test_what_was_closed_within_180_days_is_offered(people, closed_on, offered):
    county.add_grievance(
        household=people.household, category="饮水用电", registered_on="2025-10-01", closed_on=closed_on
    )
    assert bool(asked(people, household=people.household)) == offered


def test_void_and_merged_ones_are_not_offered(people):
    parent = county.add_grievance(household=people.household, category="住房", title="房子", content="修房")
    county.add_grievance(household=people.household, category="饮水用电", void=True)
    county.add_grievance(
        household=people.household, category="饮水用电", parent=parent, title="一", content="二"
    )
    assert asked(people, household=people.household, words="房顶") == []


def test_what_one_may_not_see_is_not_offered(people):
    neighbour = county.add_household("卓玛", village=people.village)
    county.add_grievance(household=neighbour, title="村口水管漏水", content="村口饮水管道漏水")
    assert asked(people, words="村口饮水管道漏水", user=people.cadre) == []
    assert len(asked(people, words="村口饮水管道漏水", user=people.branch)) == 1


def test_beside_a_matter_itself_is_not_offered_and_the_own_household_comes_first(people):
    neighbour = county.add_household("卓玛", village=people.village)
    words = {"title": "村口水管漏水", "content": "村口饮水管道漏水，请协调维修。", "category": "饮水用电"}
    matter = county.add_grievance(household=people.household, **words)
    near = county.add_grievance(household=neighbour, **words)
    own = county.add_grievance(
        household=people.household, category="饮水用电", title="停电", content="停电三天"
    )
    assert [each.number for each in alike(matter, people.branch.user)] == [own.number, near.number]


def test_it_asks_no_more_however_many_there_are(people, django_assert_num_queries):
    matter = county.add_grievance(household=people.household, category="饮水用电")
    list(alike(matter, people.branch.user))
    for _ in range(20):
        county.add_grievance(household=people.household, category="饮水用电")
    # Of which homes may be seen, and the matters.
    with django_assert_num_queries(2):
        assert len(alike(matter, people.branch.user)) == 5


def test_a_text_of_punctuation_and_a_long_one_are_read_too(people):
    county.add_grievance(household=people.household, category="饮水用电")
    assert asked(people, words="？？？！！！") == []
    assert len(bigrams_of("水管漏了没有人来修" * 2_000)) <= 120
    assert asked(people, household=people.household, words="水" * 10_000)
