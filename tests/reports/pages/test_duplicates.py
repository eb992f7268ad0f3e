"""疑似重复户: the list, two side by side with masked numbers, the verdict."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from tests import county
from tests.pages import Page
from tests.reports.pages.test_household import seal_contact

pytestmark = pytest.mark.django_db
NUMBER, PHONE = "11010519491231002X", "13812345678"


@pytest.fixture
def twins(people):
    found = []
    for code, village in (("HH-21", people.village), ("HH-22", people.other_village)):
        home = county.add_household("达瓦", village=village, code=code)
        seal_contact(home, PHONE, NUMBER)
        found.append(home)
    return found


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def test_the_list_says_how_many_and_why_and_shows_no_number(people, twins, office):
    answer = office.get("/duplicates/")
    page = Page(answer)
    assert page.statement == "1 对户像是重复登记，等您认定"
    assert "身份证号相同 户主和电话相同" in page.words
    assert "格桑村" in page.words
    assert "河坝村" in page.words
    assert "5678" not in answer.content.decode()
    assert not AuditEntry.objects.filter(kind=AuditKind.READ).exists()


def test_side_by_side_the_numbers_are_masked_and_both_openings_logged(people, twins, office):
    answer = office.get("/duplicates/HH-21/HH-22/")
    words = answer.content.decode()
    assert words.count("138****5678") == words.count("110105********002X") == 2
    assert PHONE not in words
    assert NUMBER not in words
    logged = AuditEntry.objects.filter(kind=AuditKind.READ).values_list("subject_key", flat=True)
    assert set(logged) == {"HH-21", "HH-22"}


def test_two_families_are_settled_and_can_be_looked_at_again(people, twins, office):
    answer = office.post("/duplicates/HH-22/HH-21/", {"verdict": "different", "note": "同名"})
    assert answer["Location"] == "/duplicates/"
    page = Page(office.get("/duplicates/"))
    assert page.statement == "没有等着认定的疑似重复户"
    assert "已认定 1 对" in page.headings
    assert "何静" in page.words
    again = Page(office.get(page.links["再看一次HH-21 与 HH-22"]))
    assert again.statement == "已认定是两户，不是重复"
    assert "重新认定" in again.headings


def test_one_family_leads_on_to_merging_either_way(people, twins, office):
    answer = office.post("/duplicates/HH-21/HH-22/", {"verdict": "same"})
    page = Page(office.get(answer["Location"]))
    assert page.statement == "已认定是同一户"
    assert page.links["留下 HH-21"] == "/households/HH-22/merge/?into=HH-21"
    assert page.links["留下 HH-22"] == "/households/HH-21/merge/?into=HH-22"


def test_without_a_verdict_or_with_too_long_a_note_nothing_is_settled(people, twins, office):
    for values, word in (
        ({}, "请选是两户还是同一户"),
        ({"verdict": "same", "note": "长" * 301}, "最多 300 个字"),
    ):
        answer = office.post("/duplicates/HH-21/HH-22/", values)
        assert answer.status_code == 422
        assert word in answer.content.decode()
    assert Page(office.get("/duplicates/")).statement.startswith("1 对")


def test_a_household_is_no_duplicate_of_itself(people, twins, office):
    assert office.get("/duplicates/HH-21/HH-21/").status_code == 404
    assert office.get("/duplicates/HH-21/HH-none/").status_code == 404


def test_twenty_a_page_and_never_more_queries(people, twins, office):
    def count():
        with CaptureQueriesContext(connection) as queries:
            answer = office.get("/duplicates/")
        return len(queries), len(answer.context["pairs"])

    count()
    few, _ = count()
    for number in range(50):
        home = county.add_household(f"户{number}", village=people.village)
        seal_contact(home, id_number=NUMBER)
    many, shown = count()
    assert shown == 20
    assert many == few
