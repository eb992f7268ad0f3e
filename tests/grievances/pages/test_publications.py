"""What a desk has to make public, what is up, and the sheet for the board."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances.models import Grievance
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import S
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def shown(signed_in):
    """`shown(person, tab)`: the page as this person reads it."""

    def go(person, tab=""):
        return Page(signed_in(person).get(f"/publications/?show={tab}"))

    return go


def titles(page, *names):
    """In the order of the page."""
    return sorted((name for name in names if name in page.words), key=page.words.index)


def test_what_is_closed_waits_the_first_closed_on_top(people, shown):
    ledger.matter(people, S.CLOSED, title="后销号", closed_on="2026-06-14")
    ledger.matter(people, S.CLOSED, title="先销号", closed_on="2026-06-13")
    ledger.matter(people, S.REVISITED, title="没销号")
    page = shown(people.branch)
    assert page.statement == "有 2 件办结了，等公示"
    assert titles(page, "后销号", "先销号", "没销号") == ["先销号", "后销号"]


def test_each_desk_sees_what_it_may_put_up(people, shown):
    for level, title in (("village", "村级的"), ("township", "乡级的"), ("county", "县级的")):
        ledger.matter(people, S.CLOSED, level=level, title=title)
    seen = {
        name: titles(shown(getattr(people, name)), "村级的", "乡级的", "县级的")
        for name in ("branch", "township_liaison", "office", "stranger_branch")
    }
    assert {name: set(found) for name, found in seen.items()} == {
        "branch": {"村级的"},
        "township_liaison": {"村级的", "乡级的"},
        "office": {"村级的", "乡级的", "县级的"},
        "stranger_branch": set(),
    }


def test_neither_void_nor_merged_nor_blacked_out_waits(people, shown):
    parent = ledger.matter(people, S.CLOSED, title="主件")
    ledger.matter(people, S.CLOSED, title="并件", parent=parent)
    ledger.matter(people, S.CLOSED, title="作废的", void=True)
    gone = county.add_household("已遮蔽", village=people.village, erased_at=county.evening("2026-06-01"))
    ledger.matter(people, S.CLOSED, title="遮蔽的", household=gone)
    assert titles(shown(people.branch), "主件", "并件", "作废的", "遮蔽的") == ["主件"]


def test_what_is_up_says_how_long_what_is_over_is_elsewhere(people, shown, on_day):
    made = ledger.matter(people, S.PUBLISHED)
    assert "还有 6 天" in shown(people.branch, "up").words
    on_day("2026-06-21")
    assert "今天最后一天" in shown(people.branch, "up").words
    on_day("2026-06-22")
    assert made.number not in shown(people.branch, "up").words
    assert made.number in shown(people.branch, "over").words


def test_an_objection_is_told_first_and_leads_to_both_answers(people, shown):
    made = ledger.matter(people, S.PUBLISHED)
    ledger.objection(made)
    page = shown(people.branch, "objections")
    assert page.statement == "有 1 条异议等答复"
    assert "没有修好" in page.words
    assert page.links[f"说明理由{made.number}"] == f"/grievances/{made.number}/keep/"
    assert page.links[f"退回重办{made.number}"] == f"/grievances/{made.number}/reopen/"


def test_what_is_withheld_is_listed_with_its_reason(people, shown):
    ledger.matter(people, S.CLOSED, withheld_kind="report", withheld_reason="实名举报")
    page = shown(people.branch, "withheld")
    assert "举报：实名举报" in page.words
    assert shown(people.branch).statement == "没有等公示的，也没有等答复的异议"


def test_each_empty_list_says_what_comes_there(people, shown):
    for tab in ("waiting", "objections", "up", "withheld", "over", "nonsense"):
        assert "会列在这里" in shown(people.branch, tab).words, tab


@pytest.mark.parametrize("tab", ["waiting", "objections", "up"])
def test_fifty_rows_take_no_more_queries_than_two(people, shown, tab):
    def fill(number):
        for _ in range(number):
            made = ledger.matter(people, S.CLOSED if tab == "waiting" else S.PUBLISHED)
            if tab == "waiting":
                ledger.public_text(made, people.branch)
            elif tab == "objections":
                ledger.objection(made)

    asked = []
    for number in (2, 10):
        fill(number)
        with CaptureQueriesContext(connection) as queries:
            assert shown(people.branch, tab).status == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert Grievance.objects.count() == 12


# --- paper -------------------------------------------------------------------------------------


def test_the_sheet_of_one_notice_says_what_until_when_and_where(people, signed_in, settings):
    settings.SITE_URL = "https://lh.example"
    made = ledger.matter(people, S.PUBLISHED)
    answer = signed_in(people.branch).get(f"/grievances/{made.number}/public/sheet/")
    page = Page(answer)
    assert page.headings[0] == "格桑村群众诉求办理情况公示"
    for said in (made.number, "已经修好", "2026年6月14日至2026年6月21日", "6月21日前（含当天）"):
        assert said in page.words
    assert f"https://lh.example/public/{made.number}/" in page.words
    assert "<svg" in answer.content.decode()
    assert "多吉" not in answer.content.decode()


def test_there_is_no_sheet_of_a_draft(people, signed_in):
    made = ledger.matter(people, S.CLOSED)
    ledger.public_text(made, people.branch)
    assert signed_in(people.branch).get(f"/grievances/{made.number}/public/sheet/").status_code == 404


def test_the_board_holds_all_that_is_up_in_the_village(people, signed_in):
    first, second = (ledger.matter(people, S.PUBLISHED) for _ in range(2))
    over = ledger.matter(people, S.PUBLISHED)
    over.publications.update(ends_on="2026-06-14")
    elsewhere = ledger.matter(people, S.PUBLISHED, household=people.other_household)
    page = Page(signed_in(people.branch).get("/board/"))
    assert page.headings[0] == "格桑村群众诉求办理情况公示"
    found = {made.number: made.number in page.words for made in (first, second, over, elsewhere)}
    assert found == {first.number: True, second.number: True, over.number: False, elsewhere.number: False}


def test_who_answers_for_many_villages_chooses_one(people, signed_in):
    client = signed_in(people.office)
    assert Page(client.get("/board/")).statement == "打印哪个村的公示栏"
    page = Page(client.get(f"/board/?village={people.other_village.code}"))
    assert page.statement == "河坝村现在没有在公示期内的事"


def test_a_board_of_another_s_village_is_not_there(people, signed_in):
    client = signed_in(people.branch)
    assert client.get(f"/board/?village={people.other_village.code}").status_code == 404
    assert client.get("/board/?village=%00").status_code == 200
    assert signed_in(people.cadre).get("/board/").status_code == 404
