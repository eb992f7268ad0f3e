"""诉求: the list in the hands of each person, its links, saved filters, jumps and exports."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from grievances.models import Policy, SavedFilter
from lianhu.kit import clock
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def add(people, number="LH-2026-000001", **fields):
    row = {"household": people.household, "handler": people.cadre, "registered_on": "2026-06-10"}
    return county.add_grievance(number=number, **(row | fields))


def table_of(client, query=""):
    """The list's rows by number."""
    page = Page(client.get(f"/grievances/{query}"))
    assert page.status == 200
    rows = page.tables[0][1:] if page.tables else []
    column = 1 if rows and not rows[0][0].startswith("LH") else 0
    return {row[column]: row[column:] for row in rows}


def test_a_row_says_what_where_who_and_by_when(people, signed_in):
    add(people, registered_on="2026-06-05", held_since="2026-06-09")
    row = table_of(signed_in(people.cadre))["LH-2026-000001"]
    assert row[1:8] == ["饮水管道漏水", "格桑村", "多吉", "其他", "村", "已交办", "泽仁初"]
    assert row[8:11] == ["2026-06-12 逾期 3 天", "10 天", "6 天"]


@pytest.mark.parametrize(
    ("due", "told"),
    [
        ("2026-06-14", "逾期 1 天"),
        ("2026-06-15", "今天到期"),
        ("2026-06-18", "还有 3 天"),
        ("2026-06-19", ""),
    ],
)
def test_the_light_is_said_in_words(people, signed_in, due, told):
    add(people, reply_due_on=due)
    assert table_of(signed_in(people.cadre))["LH-2026-000001"][8] == f"{due} {told}".strip()


def test_a_household_that_one_may_not_see_has_no_name(people, signed_in):
    """The handler of another unit's matter reads what it is, not whose."""
    add(people, handler=people.stranger)
    row = table_of(signed_in(people.stranger))["LH-2026-000001"]
    assert row[3] == "一户"
    assert "多吉" not in signed_in(people.stranger).get("/grievances/").content.decode()


def test_who_has_something_to_do_sees_that_first_and_all_on_asking(people, signed_in):
    add(people, "LH-2026-000001")
    add(people, "LH-2026-000002", handler=people.colleague)
    client = signed_in(people.cadre)
    assert set(table_of(client)) == {"LH-2026-000001"}
    assert set(table_of(client, "?tab=all")) == {"LH-2026-000001", "LH-2026-000002"}
    assert set(table_of(signed_in(people.unit_leader))) == {"LH-2026-000001", "LH-2026-000002"}


def test_counts_are_links_that_keep_the_rest_of_the_filter(people, signed_in):
    add(people, "LH-2026-000001", title="饮水管道")
    add(people, "LH-2026-000002", title="饮水水池", published_on="2026-06-14")
    page = Page(signed_in(people.office).get("/grievances/?tab=all&q=饮水"))
    assert page.links["已公示 1"] == "?tab=all&q=%E9%A5%AE%E6%B0%B4&state=published"
    assert set(table_of(signed_in(people.office), page.links["已公示 1"])) == {"LH-2026-000002"}


def test_empty_pages_say_what_comes_here(people, signed_in):
    client = signed_in(people.cadre)
    assert "该您交办、答复、回访、销号、公示的事会列在这里" in client.get("/grievances/").content.decode()
    add(people)
    assert "没有找到。" in client.get("/grievances/?tab=all&q=没有").content.decode()
    assert "太短，两个字才能找" in client.get("/grievances/?tab=all&q=水").content.decode()


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", "\x00", "x" * 100_000, "饮水&tab=mine", "𠮷𠮷"]
)
def test_nothing_that_is_typed_breaks_the_list(people, signed_in, value):
    add(people)
    client = signed_in(people.office)
    for name in (
        "q",
        "village",
        "unit",
        "handler",
        "township",
        "state",
        "sort",
        "older",
        "newer",
        "jump",
        "year",
    ):
        answer = client.get("/grievances/", {"tab": "all", name: value}, follow=True)
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content


def test_pages_follow_each_other_and_a_jump_leads_to_a_number(people, signed_in):
    for at in range(55):
        add(people, f"LH-2026-{at:06}")
    client = signed_in(people.office)
    first = Page(client.get("/grievances/?tab=all"))
    second = Page(client.get(f"/grievances/{first.links['下一页']}"))
    assert (len(first.tables[0]), len(second.tables[0])) == (51, 6)
    assert Page(client.get(f"/grievances/{second.links['上一页']}")).tables == first.tables
    answer = client.get("/grievances/?tab=all&jump=LH-2026-000003", follow=True)
    assert Page(answer).tables[0][1][1] == "LH-2026-000003"
    answer = client.get("/grievances/?tab=all&jump=LH-2026-999999", follow=True)
    assert "没有您能看到的这个编号" in answer.content.decode()


def test_the_list_takes_the_same_number_of_queries_for_two_rows_and_for_fifty(people, signed_in):
    client = signed_in(people.office)

    def statements(query):
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"/grievances/{query}").status_code == 200
        return len(found)

    def more(count):
        for _ in range(count):
            home = county.add_household(village=people.village)
            add(people, f"LH-{home.code}", household=home, level="county", state="registered", handler=None)

    more(2)
    few = [statements("?tab=all"), statements("?tab=mine"), statements("?tab=all&q=饮水")]
    more(50)
    assert [statements("?tab=all"), statements("?tab=mine"), statements("?tab=all&q=饮水")] == few


# --- 常用筛选 --------------------------------------------------------------------------------------


def test_a_filter_is_saved_used_and_removed(people, signed_in):
    client = signed_in(people.cadre)
    client.post("/ledger/filters/", {"tab": "all", "due": "late", "name": " 我的逾期 "})
    client.post("/ledger/filters/", {"tab": "all", "due": "late", "name": "我的逾期"})
    saved = SavedFilter.objects.get()
    assert (saved.user, saved.name, saved.query) == (people.cadre.user, "我的逾期", "tab=all&due=late")
    assert Page(client.get("/grievances/")).links["我的逾期"] == "?tab=all&due=late"
    assert "我的逾期" not in signed_in(people.colleague).get("/grievances/").content.decode()
    assert signed_in(people.colleague).post(f"/ledger/filters/{saved.pk}/remove/").status_code == 404
    assert client.post(f"/ledger/filters/{saved.pk}/remove/").status_code == 302
    assert not SavedFilter.objects.exists()


def test_a_filter_without_a_name_is_named_by_what_it_asks(people, signed_in):
    client = signed_in(people.cadre)
    client.post("/ledger/filters/", {"tab": "all", "due": "late", "q": "饮水", "name": "\x00"})
    assert SavedFilter.objects.get().name == "逾期 饮水"


def test_a_filter_that_asks_nothing_or_too_much_is_not_saved(people, signed_in):
    client = signed_in(people.office)
    client.post("/ledger/filters/", {"name": "空"})
    long = "长" * 60
    client.post("/ledger/filters/", {"q": long, "village": long, "unit": long})
    assert not SavedFilter.objects.exists()


# --- 未能解决, exports -----------------------------------------------------------------------------


def explained(people, **fields):
    policy = Policy.objects.create(
        category=add(people, "LH-2026-000090").category,
        title="农村饮水安全管护办法",
        text="第三条",
        added_at=clock.now(),
        added_by=people.office.user,
    )
    row = {"outcome": "explained", "replied_on": "2026-06-12", "reply": "目前没有项目资金", "policy": policy}
    return add(people, "LH-2026-000091", lead_unit=people.unit, **(row | fields))


def test_what_was_explained_is_on_the_list_with_policy_and_unit(people, signed_in):
    """政策解释 goes on the county office's list 未能解决 (方案六(三))."""
    explained(people)
    add(people, "LH-2026-000092", replied_on="2026-06-12")
    page = Page(signed_in(people.office).get("/ledger/unsolved/"))
    (row,) = page.tables[0][1:]
    assert row == [
        *("LH-2026-000091", "饮水管道漏水", "格桑村", "其他", "教育局"),
        *("农村饮水安全管护办法", "目前没有项目资金", "2026-06-12", "已答复"),
    ]
    assert Page(signed_in(people.office).get("/ledger/unsolved/?unit=农业局")).tables == []


def sheet_of(client, address):
    answer = client.post(address)
    assert answer.status_code == 200, answer.get("Location")
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active


def cells(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_the_ledger_is_exported_with_its_filter_and_no_cell_starts_a_formula(people, signed_in):
    add(people, "LH-2026-000001", title="=1+1")
    add(people, "LH-2026-000002", title="医保")
    sheet = sheet_of(signed_in(people.office), "/exports/ledger/?tab=all&handler=泽仁初")
    assert sheet["A1"].value == "诉求台账"
    rows = [row for row in cells(sheet) if row[1] and str(row[1]).startswith("LH-")]
    assert [row[1:4] for row in rows] == [
        ["LH-2026-000002", "医保", "格桑村"],
        ["LH-2026-000001", "=1+1", "格桑村"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert AuditEntry.objects.filter(kind=AuditKind.EXPORT).exists()


def test_the_unsolved_are_exported_with_their_policy(people, signed_in):
    explained(people)
    words = str(cells(sheet_of(signed_in(people.office), "/exports/ledger_unsolved/")))
    assert "农村饮水安全管护办法" in words
    assert "目前没有项目资金" in words
