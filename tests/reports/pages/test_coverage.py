"""全覆盖: the numbers in a sentence, the lists, pairing beside a row and by 村民小组, ending."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(people):
    return [
        county.add_household(name, village=people.village, code=f"HH-1{number}", group=group)
        for number, (name, group) in enumerate((("达瓦", "一组"), ("白玛", "一组"), ("格桑", "二组")))
    ]


def pair(client, household, cadre, begins_on="2026-06-15", query=""):
    row = {"household": household, "cadre": cadre, "begins_on": begins_on}
    return client.post(f"/coverage/pair/{query}", row)


def by_village(client, people, **more):
    values = {"cadre": "P1-colleague", "begins_on": "2026-06-15"} | more
    return client.post(f"/coverage/villages/{people.village.code}/", values)


def test_the_numbers_come_first_in_a_sentence(people, bare, signed_in):
    county.add_village("远村", township=people.township)
    page = Page(signed_in(people.township_liaison).get("/coverage/"))
    assert page.statement == "还有 3 户没有结对干部、1 个村(社区)没有包村单位、2 名干部没有结对户"
    assert "没有结对干部的户 3" in page.headings
    assert "达瓦" in page.words


def test_when_everyone_is_looked_after_the_page_says_so(people, signed_in):
    page = Page(signed_in(people.branch).get("/coverage/"))
    assert page.statement == "都已覆盖，没有缺的"
    assert "每一户都有结对干部。" in page.words


def test_each_list_opens_by_its_figure(people, signed_in):
    people.cadre.left_on = "2026-06-01"
    people.cadre.save()
    client = signed_in(people.unit_liaison)
    first = Page(client.get("/coverage/"))
    assert first.statement == "还有 4 名干部没有结对户、1 户的结对干部已离岗"
    cadres = Page(client.get("/coverage/?list=cadres"))
    assert "杨小燕 P1-colleague · 教育局 · 一般干部" in cadres.words
    left = Page(client.get("/coverage/?list=left"))
    assert "泽仁初 P1-cadre · 2026-06-01 离岗" in left.words
    assert left.links["接替泽仁初"].endswith("?cadre=P1-cadre")
    assert "结束结对多吉户" in left.links


def test_who_only_looks_gets_no_form(people, bare, signed_in):
    for person in ("branch", "county_leader"):
        answer = signed_in(getattr(people, person)).get("/coverage/")
        assert "达瓦" in answer.content.decode()
        assert "/coverage/pair/" not in answer.content.decode()


def test_a_unit_finds_a_family_nobody_holds_without_a_link_to_its_file(people, bare, signed_in):
    page = Page(signed_in(people.unit_liaison).get("/coverage/"))
    assert "达瓦" in page.words
    assert "达瓦" not in page.links
    assert "达瓦" in Page(signed_in(people.branch).get("/coverage/")).links


def test_no_phone_or_id_number_is_on_the_page(people, bare, signed_in):
    words = signed_in(people.office).get("/coverage/").content.decode()
    assert not re.search(r"1\d{2}\*{4}\d{4}|\d{6}\*{8}", words)


def test_one_click_pairs_and_comes_back_to_the_same_list(people, bare, signed_in):
    client = signed_in(people.unit_liaison)
    answer = pair(client, "HH-10", "P1-colleague", query="?list=households&page=1&x=1")
    assert answer["Location"] == "/coverage/?list=households&page=1"
    after = client.get(answer["Location"])
    assert "达瓦户（HH-10）已与 杨小燕 结对，从 2026-06-15 起。" in Page(after).words
    assert bare[0] not in [home.household for home in after.context["homes"]]
    assert bare[0].pairings.get().cadre == people.colleague


def test_a_double_tap_is_no_fault(people, bare, signed_in):
    client = signed_in(people.unit_liaison)
    for told in ("达瓦户（HH-10）已与 杨小燕 结对", "已经结对过了"):
        page = Page(client.get(pair(client, "HH-10", "P1-colleague")["Location"]))
        assert told in page.words
    assert bare[0].pairings.count() == 1


def test_a_refusal_stands_beside_the_row_and_keeps_what_was_typed(people, bare, signed_in):
    answer = pair(signed_in(people.unit_liaison), "HH-11", "P9-nobody", "2026-06-12")
    assert answer.status_code == 422
    [home] = [home for home in answer.context["homes"] if home.refused]
    assert home.household == bare[1]
    words = answer.content.decode()
    assert 'value="P9-nobody"' in words
    assert 'value="2026-06-12"' in words
    assert "没有工号 P9-nobody，或不是您能安排的在岗干部" in words


def test_who_was_slower_is_told_though_the_row_is_gone(people, bare, signed_in):
    pair(signed_in(people.unit_leader), "HH-10", "P1-cadre")
    answer = pair(signed_in(people.unit_liaison), "HH-10", "P1-colleague")
    page = Page(answer)
    assert answer.status_code == 422
    assert "HH-10 没有结对。" in page.words
    assert "泽仁初（P1-cadre）从 2026-06-15 起已与这一户结对" in page.words
    assert "是 尼玛 2026-" in page.words


def test_another_s_household_answers_as_not_there(people, signed_in):
    mine, theirs = (
        Page(pair(signed_in(people.stranger_unit_liaison), code, "P2-cadre")).words.replace(code, "")
        for code in ("HH-1", "HH-none")
    )
    assert mine == theirs


def test_a_cadre_s_own_family_needs_nothing_typed(people, signed_in):
    county.add_household("杨家", village=people.village, kind="cadre_family", family_cadre=people.colleague)
    assert 'value="P1-colleague"' in signed_in(people.unit_liaison).get("/coverage/").content.decode()


def test_a_family_already_promised_says_to_whom(people, bare, signed_in):
    county.pair(people.colleague, bare[0], "2026-07-01")
    page = Page(signed_in(people.unit_liaison).get("/coverage/"))
    assert "杨小燕 从 2026-07-01 起结对" in page.words


def test_the_office_narrows_the_page_and_only_to_what_is_there(people, bare, signed_in):
    client = signed_in(people.office)
    assert "达瓦" in client.get(f"/coverage/?place=village:{people.village.code}").content.decode()
    other = client.get(f"/coverage/?list=households&place=unit:{people.other_unit.code}")
    assert "达瓦" not in other.content.decode()
    assert client.get("/coverage/?place=unit:U-NONE").status_code == 404
    assert client.get("/coverage/?place=%00:x&list=nothing&page=x").status_code == 200


@pytest.mark.parametrize("which", ["households", "villages", "cadres", "left"])
def test_fifty_a_page_and_never_more_queries(people, signed_in, which):
    client = signed_in(people.office)

    def add(number):
        for _ in range(number):
            county.add_household(village=people.village)
            county.add_village(township=people.township)
            gone = county.add_cadre(unit=people.unit, left_on="2026-06-01")
            county.pair(gone, county.add_household(village=people.village))
            county.add_cadre(unit=people.unit)

    def count():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/coverage/?list={which}")
        return len(queries), len(answer.context["page"])

    add(1)
    count()
    few, _ = count()
    add(51)
    many, shown = count()
    assert shown == 50
    assert many == few <= 30


# --- by 村民小组 -----------------------------------------------------------------------------------


def test_a_village_s_families_are_listed_by_group(people, bare, signed_in):
    page = Page(signed_in(people.unit_liaison).get(f"/coverage/villages/{people.village.code}/"))
    assert page.statement == "格桑村还有 3 户没有结对干部"
    assert page.words.index("一组 · 2 户") < page.words.index("达瓦") < page.words.index("二组 · 1 户")


def test_a_whole_group_is_looked_at_once_more_then_paired(people, bare, signed_in):
    client = signed_in(people.unit_liaison)
    answer = by_village(client, people, group=["=一组"])
    assert Page(answer).statement == "核对一遍：2 户与 杨小燕 结对"
    assert people.colleague.pairings.count() == 0
    answer = by_village(client, people, household=["HH-10", "HH-11"], confirmed="1")
    assert answer.status_code == 302
    assert set(people.colleague.pairings.values_list("household__code", flat=True)) == {"HH-10", "HH-11"}
    assert people.colleague.user.notices.get().title == "您新结对了 2 户"


def test_one_that_may_not_be_stops_all_and_is_named_beside_its_row(people, bare, signed_in):
    family = county.add_household(
        "泽家", village=people.village, code="HH-19", kind="cadre_family", family_cadre=people.cadre
    )
    for confirmed in ({}, {"confirmed": "1"}):
        answer = by_village(signed_in(people.unit_liaison), people, household=["HH-10", "HH-19"], **confirmed)
        assert answer.status_code == 422
        [home] = [home for group in answer.context["groups"] for home in group.homes if home.refused]
        assert home.household == family
        assert "干部职工家庭只能由本人联系" in answer.content.decode()
        assert not people.colleague.pairings.exists()


def test_nothing_chosen_or_a_bad_date_keeps_the_rest(people, bare, signed_in):
    client = signed_in(people.unit_liaison)
    none = by_village(client, people)
    assert none.status_code == 422
    assert "还没有选户。" in Page(none).words
    bad = by_village(client, people, begins_on="明天", household=["HH-11"])
    assert bad.status_code == 422
    assert 'value="HH-11" checked' in bad.content.decode()
    assert "读不准" in bad.content.decode()


def test_a_family_of_another_village_is_not_taken(people, bare, signed_in):
    far = county.add_household(village=people.other_village, code="HH-29")
    answer = by_village(signed_in(people.unit_liaison), people, household=["HH-29"], confirmed="1")
    assert answer.status_code == 422
    assert not far.pairings.exists()


def test_when_all_are_paired_the_village_s_page_says_so(people, signed_in):
    page = Page(signed_in(people.office).get(f"/coverage/villages/{people.village.code}/"))
    assert page.statement == "格桑村每一户都有结对干部"


# --- the end ---------------------------------------------------------------------------------------


def test_a_pairing_is_ended_after_its_meaning_is_read(people, signed_in):
    people.cadre.left_on = "2026-06-01"
    people.cadre.save()
    client = signed_in(people.unit_leader)
    pairing = people.household.pairings.get()
    address = f"/coverage/pairings/{pairing.pk}/end/"
    assert Page(client.get(address)).statement == "结束 泽仁初 与 多吉户的结对"
    wrong = client.post(address, {"ends_on": "2019-01-01"})
    assert wrong.status_code == 422
    assert "早于开始的 2020-01-01" in wrong.content.decode()
    assert client.post(address, {"ends_on": "2026-06-14"})["Location"] == "/coverage/?list=left"
    assert "多吉" in Page(client.get("/coverage/?list=households")).words
