"""查找: people, households, villages and matters, by what is at hand, and nothing of another's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from lianhu.kit.privacy import keyed_hash
from tests import county
from tests.pages import Page
from tests.reports.pages.test_household import seal_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def find(people, signed_in):
    """`find(person, text)`: names or numbers by kind, in the order shown."""

    def ask(person, text, **more):
        answer = signed_in(getattr(people, person)).get("/search/", {"q": text} | more)
        assert answer.status_code == 200
        names = {"cadres": "name", "households": "head_name", "villages": "name", "matters": "number"}
        return {
            section.kind: [getattr(row, names[section.kind]) for row in section.page]
            for section in answer.context["sections"]
        }

    return ask


@pytest.fixture
def more(people):
    """泽仁初 and a longer name that only a skipped syllable reaches."""
    county.add_cadre("泽仁初善", unit=people.unit, code="P1-longer")
    county.add_household("泽仁初善", village=people.village, code="HH-31")
    county.add_household("曾国强", village=people.village, code="HH-32")
    return people


@pytest.mark.parametrize(
    ("text", "cadres", "households"),
    [
        ("zrc", ["泽仁初", "泽仁初善"], ["泽仁初善"]),
        ("ZRC", ["泽仁初", "泽仁初善"], ["泽仁初善"]),
        ("ｚｒｃ", ["泽仁初", "泽仁初善"], ["泽仁初善"]),
        ("zcs", ["泽仁初善"], ["泽仁初善"]),
        ("zs", ["泽仁初善"], ["泽仁初善"]),
        ("rcs", [], []),
        ("zgq", [], ["曾国强"]),
        ("cgq", [], ["曾国强"]),
        ("泽仁", ["泽仁初", "泽仁初善"], ["泽仁初善"]),
        ("P1-lon", ["泽仁初善"], []),
        ("hh-32", [], ["曾国强"]),
        ("扎西卓玛", ["扎西·卓玛"], []),
        ("zxm", ["扎西·卓玛"], []),
        ("%", [], []),
        ("_", [], []),
        ("\\", [], []),
        ("z%c", [], []),
    ],
)
def test_names_letters_and_codes_find_people_and_households(more, find, text, cadres, households):
    found = find("office", text)
    assert (found.get("cadres", []), found.get("households", [])) == (cadres, households)


def test_letters_that_begin_so_come_before_skipped_ones(people, find):
    for name, code in (("扎西善", "A1"), ("张三", "B1"), ("泽仁初善", "C1")):
        county.add_household(name, village=people.village, code=code)
    assert find("office", "zs")["households"] == ["张三", "扎西善", "泽仁初善"]
    assert find("office", "z")["households"] == ["扎西善", "张三", "泽仁初善", "张秀英"]


def test_a_phone_s_end_finds_the_household_and_the_whole_phone_the_cadre_too(people, find):
    seal_contact(people.household, "13812345678")
    people.colleague.phone_hash = keyed_hash("13912340101", "phone")
    people.colleague.save()
    assert find("office", "5678") == {"households": ["多吉"]}
    assert find("office", "139 1234 0101") == {"cadres": ["杨小燕"]}


def test_villages_by_name_and_code(people, find):
    assert find("office", "格桑")["villages"] == ["格桑村"]
    assert find("office", people.other_village.code)["villages"] == ["河坝村"]
    assert find("office", "沙坝乡")["villages"] == ["河坝村"]


def test_a_matter_by_its_number_or_its_end(people, find):
    matter = county.add_grievance(household=people.household, number="LH-2026-000123")
    for text in ("LH-2026-000123", "lh-2026-000123", "000123", "123"):
        assert find("office", text)["matters"] == [matter.number], text
    assert "matters" not in find("office", "23")


SECRETS = ("多吉", "HH-1", "P1-cadre", "泽仁初", "LH-2026-000123", "LH-2026-000124", "5678")


def test_what_is_another_s_is_not_found(people, find):
    seal_contact(people.household, "13812345678")
    county.add_grievance(household=people.household, number="LH-2026-000123")
    county.add_grievance(village=people.village, number="LH-2026-000124", handler=people.cadre)
    strangers = [name for name in people.people if name.startswith("stranger")]
    leaked = {(person, text) for person in strangers for text in SECRETS if find(person, text)}
    assert not leaked


def test_each_finds_what_is_theirs(people, find):
    county.add_grievance(household=people.household, number="LH-2026-000123")
    county.add_grievance(village=people.village, number="LH-2026-000124", handler=people.cadre)
    for person in ("cadre", "branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader"):
        assert find(person, "多吉")["households"] == ["多吉"], person
        assert find(person, "000123")["matters"] == ["LH-2026-000123"], person
        assert find(person, "000124")["matters"] == ["LH-2026-000124"], person
    assert find("unit_liaison", "杨小燕")["cadres"] == ["杨小燕"]
    assert find("cadre", "杨小燕") == {}
    assert find("cadre", "泽仁初")["cadres"] == ["泽仁初"]


def test_twenty_of_each_and_a_way_to_all_of_them(people, signed_in):
    for number in range(60):
        county.add_household("达瓦", village=people.village, code=f"HH-4{number:02}")
    client = signed_in(people.branch)
    answer = client.get("/search/?q=达瓦")
    page = Page(answer)
    assert len(answer.context["sections"][0].page) == 20
    assert page.statement == "找到 60 条"
    everything = client.get(f"/search/{page.links['看全部 60 条户']}")
    assert len(everything.context["sections"][0].page) == 50
    last = client.get(f"/search/{Page(everything).links['下一页']}")
    assert len(last.context["sections"][0].page) == 10


def test_nothing_found_and_nothing_asked_say_what_to_do(people, signed_in):
    client = signed_in(people.cadre)
    assert Page(client.get("/search/")).statement == "查找"
    assert Page(client.get("/search/?q=没有这个人")).statement == "没有找到“没有这个人”"
    assert client.get("/search/?q=%00&kind=x&page=y").status_code == 200


def test_looking_in_the_list_is_no_reading_of_a_record(people, signed_in):
    seal_contact(people.household, "13812345678")
    answer = signed_in(people.office).get("/search/?q=5678")
    assert "多吉" in answer.content.decode()
    assert "5678" not in Page(answer).words
    assert not AuditEntry.objects.filter(kind=AuditKind.READ).exists()


def test_the_box_is_on_every_page_of_those_who_may_search(people, signed_in):
    assert 'action="/search/"' in signed_in(people.office).get("/me/").content.decode()
    assert 'action="/search/"' not in signed_in(people.auditor).get("/me/").content.decode()


def test_never_more_queries(people, signed_in):
    client = signed_in(people.office)

    def add(number):
        for _ in range(number):
            home = county.add_household("达瓦123456", village=people.village)
            county.add_village("达瓦123456村", township=people.township)
            county.pair(county.add_cadre("达瓦123456", unit=people.unit), home)

    def count():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/search/?q=达瓦123456")
        return len(queries), [len(section.page) for section in answer.context["sections"]]

    add(2)
    count()
    few, _ = count()
    add(48)
    many, shown = count()
    assert shown == [20, 20, 20]
    assert many == few
