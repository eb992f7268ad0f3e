"""The page that must be empty."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CalendarYear
from grievances.models import GrievanceState
from tests import county
from tests.grievances.ledger import matter
from tests.grievances.test_owing import filing
from tests.pages import Page

pytestmark = pytest.mark.django_db

S = GrievanceState


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def page(client):
    answer = client.get("/owing/")
    assert answer.status_code == 200
    return Page(answer)


def test_empty_it_says_so_and_what_would_be_here(people, signed_in):
    shown = page(signed_in(people.branch))
    assert shown.statement == "件件有着落，事事有回音"
    assert "这一页是空的，就该这样。" in shown.words
    assert "没有人办、没有期限" in shown.words


def test_each_kind_has_its_count_and_its_list(people, signed_in):
    late = matter(people, S.ASSIGNED, reply_due_on="2026-06-01", title="<b>水</b>")
    desk = matter(people, S.REGISTERED, assign_due_on="2026-06-12", assign_due_certain=False)
    filing(people.village, "2026-06-01")
    shown = page(signed_in(people.branch))
    assert shown.statement == "有 3 处没有着落"
    assert {"没有人办 1 件", "过期没有答复 1 件", "群众反映没有挂号 1 件"} <= set(shown.headings)
    assert shown.links["<b>水</b>"] == f"/grievances/{late.number}/"
    assert shown.links[desk.title] == f"/grievances/{desk.number}/"
    assert "2026-06-12（暂定）" in shown.words
    assert "主办 泽仁初" in shown.words
    assert "这几样是空的：没有期限、没有答复就销号、" in shown.words


def test_the_oldest_fifty_are_listed_and_all_are_counted(people, signed_in):
    client = signed_in(people.office)
    costs = {}
    for count in (2, 49):
        for _ in range(count):
            matter(people, S.ASSIGNED, reply_due_on="2026-06-01")
        with CaptureQueriesContext(connection) as asked:
            shown = page(client)
        costs[count] = len(asked)
    assert costs[2] == costs[49]
    assert "过期没有答复 51 件" in shown.headings
    assert "这里是最早的 50 件" in shown.words


def test_it_is_not_there_for_who_has_no_matters(people, signed_in):
    for person in (people.admin, people.auditor):
        assert signed_in(person).get("/owing/").status_code == 404


@pytest.mark.parametrize(
    ("day", "shown"), [("2026-10-31", False), ("2026-11-01", True), ("2026-12-31", True)]
)
def test_from_november_the_office_and_the_admin_hear_that_the_next_year_is_missing(
    people, signed_in, on_day, day, shown
):
    on_day(day)
    told = "2027 年的放假安排还没有录入"
    for person in (people.office, people.admin):
        assert (told in signed_in(person).get("/me/", follow=True).content.decode()) == shown
    for person in (people.cadre, people.branch, people.unit_liaison):
        assert told not in signed_in(person).get("/me/", follow=True).content.decode()
    CalendarYear.objects.create(year=2027, source="通知")
    assert told not in signed_in(people.office).get("/me/", follow=True).content.decode()
