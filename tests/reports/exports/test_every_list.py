"""Every list gives the rows of its page to those who see the page, and to nobody else (contract, sections 7 and 8)."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Feedback, Phone
from lianhu.kit import clock
from lianhu.kit.privacy import seal
from reports.exports.every import EXPORTS
from tests import county
from tests.access.test_every_url import TABLE
from tests.reports.exports.conftest import Sheet, content_of

OURS, THEIRS = "我们这边的话", "他们那边的话"

# The page of each list, by the name of its address: who may see it is tests/access/test_every_url.py.
PAGES = {
    **{name: name for name in ("households", "coverage", "covers", "leave", "duplicates", "accounts")},
    **{name: name for name in ("trips", "arrivals", "backfill", "ledger", "ledger_unsolved", "owing")},
    **{name: name for name in ("prominent", "filings", "publications", "villages", "evidence", "phones")},
    **{name: name for name in ("family_notices", "policies", "reply_templates", "set_aside")},
    **{name: name for name in ("map", "rule", "reports")},
    **{
        name: name
        for name in ("audit_log", "activities", "errands", "rectifications", "work_plans", "self_checks")
    },
    "handovers": "handover",
    # Who is away stands on the page of requests, for those who run a unit.
    "leave_away": "handover",
    "duplicates_settled": "duplicates",
    "visits": "trips",
    "met_visits": "visits",
    "feedback": "feedback_all",
}
# What they may export at all, they see of either side.
SEE_ALL = ("office", "admin", "auditor")
NAMES = sorted(PAGES)
FEW = [NAMES[at : at + 4] for at in range(0, len(NAMES), 4)]
QUERIES = {
    "rule": "?quota=quarterly_report&kind=unit&period=2026Q2",
    "evidence": "?quota=trip_days&kind=cadre&code=P1-cadre&period=2026-05",
}


@pytest.fixture
def county_at_work(people):
    """The same things on either side, each with words of its own."""
    sides = (
        (people.cadre, people.household, people.unit, OURS),
        (people.stranger, people.other_household, people.other_unit, THEIRS),
    )
    for cadre, home, unit, words in sides:
        county.add_trip(cadre, home.village, "2026-05-05", "2026-05-06")
        county.add_trip(cadre, home.village, "2026-06-05", "2026-06-06")
        county.add_visit(cadre, home, "2026-06-05", record={"difficulties": words})
        county.add_grievance(household=home, handler=cadre, title=words, registered_on="2026-05-01")
        county.add_household(words, village=home.village)
        county.add_activity("consult", "2026-06-05", unit=unit, topic=words)
        county.add_leave(cadre, "2026-07-01", "2026-07-02")
        Feedback.objects.create(author=cadre.user, text=words, page="/me/", created_at=clock.now())
        on_phone = {"waiting": 3, "refused": 1, "oldest_at": clock.now(), "contact_at": clock.now()}
        Phone.objects.create(id=uuid.uuid4(), user=cadre.user, **on_phone)
    return people


def test_every_export_is_listed_here_with_its_page():
    assert set(PAGES) == set(EXPORTS)


@pytest.mark.parametrize("names", FEW, ids=lambda names: f"{names[0]}...{names[-1]}")
def test_whoever_sees_the_page_may_export_it_and_finds_no_row_of_the_other_side(
    county_at_work, signed_in, names
):
    clients = {who: signed_in(person) for who, person in county_at_work.people.items()}
    for name in names:
        words = {}
        for who, client in clients.items():
            answer = client.post(f"/exports/{name}/{QUERIES.get(name, '')}")
            assert answer.status_code in (200, 404), (name, who)
            if answer.status_code == 200:
                words[who] = Sheet(content_of(answer)).words
        allowed = TABLE[PAGES[name]].who
        assert set(words) == (set(clients) if allowed is None else allowed), name
        theirs = {who for who, told in words.items() if THEIRS in told or "李强" in told}
        ours = {who for who, told in words.items() if OURS in told or "泽仁初" in told}
        assert all(who.startswith("stranger") or who in SEE_ALL for who in theirs), (name, theirs)
        assert not any(who.startswith("stranger") for who in ours), (name, ours)


def test_a_visitor_is_sent_to_sign_in_and_an_unknown_list_is_not_there(people, client, signed_in):
    assert client.post("/exports/households/")["Location"].startswith("/login/")
    assert signed_in(people.office).post("/exports/nothing/").status_code == 404
    assert signed_in(people.office).get("/exports/households/").status_code == 405


def test_every_sheet_is_in_the_layout_of_the_office(county_at_work, exported):
    sheet = exported(county_at_work.unit_liaison, "visits", "?month=2026-06").sheet
    assert sheet["A1"].value == "入户走访登记表"
    assert sheet["A2"].value == "填报单位：教育局"
    assert "统计期间：2026年6月　共 1 行" in [cell.value for cell in sheet[2]]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A4", "$1:$3")
    assert sheet.page_setup.orientation == "landscape"
    last = sheet.cell(sheet.max_row, 1).value
    assert "填报人：赵敏" in last
    assert "填报日期：2026年6月15日" in last


# --- the filter of the page -----------------------------------------------------------------------


def test_households_take_the_search_and_the_village_and_hold_no_phone(people, exported):
    home = people.household
    home.phone_sealed = seal("13812345678", f"household:{home.code}:phone")
    home.save()
    county.add_household("达瓦", village=people.village, is_party_member=True)
    county.add_visit(people.cadre, home, "2026-06-02")
    both = exported(people.office, "households", f"?village={people.village.code}&page=9")
    assert sorted(both.column("户主")) == ["多吉", "达瓦"]
    assert both.column("上次见面")[both.column("户主").index("多吉")].date().isoformat() == "2026-06-02"
    one = exported(people.office, "households", "?q=达瓦")
    assert (one.column("户主"), one.column("标识")) == (["达瓦"], ["党员户"])
    assert "138" not in both.words


def test_visits_are_those_of_the_month_and_of_a_unit_or_village(people, exported, signed_in):
    county.add_visit(people.cadre, people.household, "2026-05-31")
    county.add_visit(people.cadre, people.household, "2026-06-01", record={"opinions": "修路"})
    county.add_visit(people.stranger, people.other_household, "2026-06-01")
    assert len(exported(people.office, "visits").rows) == 2
    assert len(exported(people.office, "visits", "?month=2026-05").rows) == 1
    of_unit = exported(people.office, "visits", f"?unit={people.unit.code}")
    assert (of_unit.column("户编码"), of_unit.column("群众意见")) == ([people.household.code], ["修路"])
    of_day = exported(people.office, "met_visits", f"?day=2026-05-31&place=unit:{people.unit.code}")
    assert len(of_day.rows) == 1
    assert signed_in(people.branch).post("/exports/met_visits/?day=2026-02-30").status_code == 404
    of_village = exported(people.branch, "visits", f"?village={people.village.code}")
    assert of_village.column("户编码") == [people.household.code]
    for place in (f"?unit={people.other_unit.code}", f"?village={people.other_village.code}"):
        assert signed_in(people.unit_leader).post(f"/exports/visits/{place}").status_code == 404


def test_own_trips_are_of_all_months_and_others_of_one(people, exported):
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")
    county.add_trip(people.cadre, people.village, "2026-06-05", "2026-06-06", void=True)
    assert exported(people.cadre, "trips").column("天数") == [2, 2]
    listed = exported(people.unit_leader, "trips", "?month=2026-06")
    assert (len(listed.rows), listed.column("作废")[0][:3]) == (1, "已作废")


def test_coverage_exports_the_list_that_is_shown(people, exported):
    county.add_household("达瓦", village=people.village)
    assert exported(people.office, "coverage", "?list=households").column("户主") == ["达瓦"]
    cadres = exported(people.office, "coverage", f"?list=cadres&place=unit:{people.unit.code}")
    assert "杨小燕" in cadres.column("姓名")
    assert "没有结对户的干部" in str(cadres.second_line)


def test_the_evidence_of_a_figure_says_what_counts_and_why_not(people, exported, signed_in):
    county.add_trip(people.cadre, people.village, "2026-05-05", "2026-05-06")
    county.add_trip(people.cadre, people.other_village, "2026-05-08", "2026-05-09")
    sheet = exported(people.cadre, "evidence", QUERIES["evidence"])
    assert sheet.column("是否计入") == ["计入", "未计入"]
    assert sheet.column("没有计入的原因")[0] is None
    assert sheet.column("没有计入的原因")[1]
    for query in (
        "",
        "?quota=x&kind=cadre&code=P1-cadre&period=2026-05",
        "?kind=cadre&code=P1-cadre&period=x",
    ):
        assert signed_in(people.cadre).post(f"/exports/evidence/{query}").status_code == 404


TYPED = ["=1+1", "@SUM(A1)", "＋1", "第一行\n第二行", "🏠𠮷家", "'单引号", '<b>&"', "\t=1"]


def test_text_stays_as_it_was_typed_and_starts_no_formula(people, exported):
    for text in TYPED:
        county.add_grievance(household=people.household, handler=people.cadre, title=text)
    sheet = exported(people.office, "ledger", "?tab=all")
    assert sorted(sheet.column("标题")) == sorted(TYPED)
    assert {cell.data_type for row in sheet.sheet.iter_rows() for cell in row} <= {"s", "n", "d"}


def many(people, count):
    for _ in range(count):
        home = county.add_household(village=people.village)
        cadre = county.add_cadre(unit=people.unit)
        county.pair(cadre, home)
        county.add_trip(cadre, people.village, "2026-06-05", "2026-06-06")
        county.add_visit(cadre, home, "2026-06-05")
        county.add_grievance(household=home, handler=cadre, registered_on="2026-05-01")
        county.add_leave(cadre, "2026-07-01", "2026-07-02")
        county.add_activity("consult", "2026-06-05", unit=people.unit, cadres=[cadre])


def test_the_number_of_statements_does_not_grow_with_the_rows(people, exported):
    names = (
        *("households", "coverage", "leave_away", "trips", "visits", "backfill", "ledger"),
        *("owing", "activities"),
    )
    asked = {}
    for added in (2, 48):
        many(people, added)
        for name in names:
            exported(people.office, name)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                exported(people.office, name)
            asked.setdefault(name, []).append(len(queries))
    assert {name for name, (few, more) in asked.items() if more > few} == set()


def test_a_visit_that_history_brought_names_its_family_as_the_registry_has_it(people, exported):
    county.add_visit(people.cadre, people.household, "2026-06-02")
    assert exported(people.office, "visits", "?month=2026-06").column("户主") == ["多吉"]
