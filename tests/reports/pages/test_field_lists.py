"""报到, 审批, 下乡 and 行前清单: who finds which rows there, and what a tap does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from lianhu.kit import clock
from lianhu.kit.privacy import seal
from registry.models import Cover
from tests import county
from tests.pages import Page
from visits.models import Question, Trip

pytestmark = pytest.mark.django_db


@pytest.fixture
def trip(people):
    return county.add_trip(people.cadre, people.village, "2026-06-10", "2026-06-11")


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def told_after(answer, client):
    assert answer.status_code == 302
    return Page(client.get(answer["Location"])).words


# --- 报到 ------------------------------------------------------------------------------------


def test_one_tap_confirms_and_the_cadre_sees_it(people, trip, signed_in):
    client = signed_in(people.branch)
    page = Page(client.get("/arrivals/"))
    assert page.statement == "有 1 次报到等您确认"
    assert "泽仁初 教育局" in page.words
    words = told_after(client.post("/arrivals/confirm/", {"trip": trip.pk}), client)
    assert "已确认 1 次报到" in words
    assert "点错了，撤回" in words
    assert "村：已确认" in Page(signed_in(people.cadre).get(f"/trips/{trip.pk}/")).words
    assert "又在待确认里" in told_after(client.post("/arrivals/take-back/", {"trip": trip.pk}), client)


def test_another_villages_trip_is_not_there_and_nothing_is_confirmed(people, trip, signed_in):
    client = signed_in(people.stranger_branch)
    own = county.add_trip(people.stranger, people.other_village, "2026-06-10")
    assert client.post("/arrivals/confirm/", {"trip": [own.pk, trip.pk]}).status_code == 404
    assert client.post("/arrivals/confirm/", {"trip": ["x", str(10**30)]}).status_code == 404
    assert not Trip.objects.filter(arrival_confirmed_at__isnull=False).exists()


def test_a_page_of_them_at_once(people, trip, signed_in):
    county.add_trip(people.colleague, people.village, "2026-06-12")
    client = signed_in(people.township_liaison)
    ids = [each.pk for each in client.get("/arrivals/").context["page"]]
    assert len(ids) == 2
    words = told_after(client.post("/arrivals/confirm/", {"trip": ids}), client)
    assert "报到都确认了" in words


def test_arrivals_ask_no_more_queries_of_fifty_than_of_two(people, signed_in):
    client = signed_in(people.branch)
    for day in ("2026-05-01", "2026-05-02"):
        county.add_trip(people.cadre, people.village, day)
        county.add_trip(people.colleague, people.village, day, arrival_confirmed_at=clock.now(),
                        arrival_confirmed_by=people.branch.user)  # fmt: skip
    few = queries(client, "/arrivals/")
    for number in range(48):
        other = county.add_cadre(unit=people.unit)
        county.add_trip(other, people.village, f"2026-04-{number % 28 + 1:02}")
        county.add_trip(other, people.village, "2026-03-01", arrival_confirmed_at=clock.now(),
                        arrival_confirmed_by=people.branch.user)  # fmt: skip
    assert queries(client, "/arrivals/") == few


# --- 审批 ------------------------------------------------------------------------------------


@pytest.fixture
def late(people):
    trip = county.add_trip(people.cadre, people.village, "2026-05-05", backfilled=True)
    county.add_trip(people.cadre, people.village, "2026-05-20")
    return trip, county.add_visit(people.cadre, people.household, "2026-05-20", backfilled=True)


def test_the_leader_approves_one_or_those_ticked(people, late, signed_in):
    trip, visit = late
    client = signed_in(people.unit_leader)
    assert Page(client.get("/backfill/")).statement == "有 2 条补录等您审批"
    # The button of one row leaves alone what is ticked.
    one = {"only": f"t{trip.pk}", "row": [f"v{visit.pk}"]}
    assert "已批准 1 条" in told_after(client.post("/backfill/approve/", one), client)
    again = told_after(client.post("/backfill/approve/", {"row": [f"t{trip.pk}", f"v{visit.pk}"]}), client)
    assert "已批准 1 条" in again
    assert "泽仁初的一条尼玛已在 06月15日 10:00 批准，没有再改" in again
    assert "补录都审批了" in again


def test_a_refusal_asks_for_its_reason_and_keeps_what_was_chosen(people, late, signed_in):
    trip, visit = late
    client = signed_in(people.unit_leader)
    chosen = {"row": [f"t{trip.pk}", f"v{visit.pk}"]}
    asked = client.post("/backfill/refuse/", chosen)
    assert (asked.status_code, Page(asked).statement) == (200, "这几条补录不批准")
    assert client.post("/backfill/refuse/", chosen | {"reason": "不"}).status_code == 422
    done = told_after(client.post("/backfill/refuse/", chosen | {"reason": "日期与实际不符"}), client)
    assert "没有批准 2 条" in done
    page = Page(signed_in(people.cadre).get(f"/trips/{trip.pk}/"))
    assert "日期与实际不符" in page.words


def test_nothing_ticked_changes_nothing_and_anothers_rows_are_not_there(people, late, signed_in):
    trip, visit = late
    client = signed_in(people.stranger_unit_leader)
    rows = {"row": [f"t{trip.pk}", f"v{visit.pk}", "t", "v²", "x9", f"t{10**30}"]}
    assert "没有勾选" in told_after(client.post("/backfill/approve/", rows), client)
    assert "没有勾选" in told_after(client.post("/backfill/refuse/", rows | {"reason": "不符"}), client)
    assert "泽仁初" not in Page(client.get("/backfill/")).words
    trip.refresh_from_db()
    assert (trip.approved_at, trip.refused_at) == (None, None)


def test_a_visit_of_a_family_one_may_no_longer_see_names_nobody(people, signed_in):
    """Since then the cadre has gone to 农业局; the leader of that day decides all the same."""
    county.add_standing(people.cadre, people.other_unit, "staff", "2026-06-01")
    county.add_trip(people.cadre, people.village, "2026-05-20")
    visit = county.add_visit(people.cadre, people.household, "2026-05-20", backfilled=True)
    client = signed_in(people.unit_leader)
    page = Page(client.get("/backfill/"))
    assert "走访一户" in page.words
    assert "多吉" not in page.words
    assert "已批准 1 条" in told_after(client.post("/backfill/approve/", {"only": f"v{visit.pk}"}), client)


def test_approval_asks_no_more_queries_of_fifty_than_of_two(people, signed_in):
    client = signed_in(people.unit_leader)

    def add(first, last):
        for _ in range(first, last):
            cadre = county.add_cadre(unit=people.unit)
            home = county.add_household(village=people.village)
            county.add_trip(cadre, people.village, "2026-05-05", backfilled=True)
            county.add_trip(cadre, people.village, "2026-05-06")
            county.add_visit(cadre, home, "2026-05-06", backfilled=True)

    add(0, 2)
    few = queries(client, "/backfill/")
    add(2, 50)
    assert queries(client, "/backfill/") == few


# --- 下乡 ------------------------------------------------------------------------------------


def test_a_cadre_lists_own_trips_and_a_liaison_the_units_by_month(people, trip, signed_in):
    county.add_trip(people.cadre, people.village, "2025-05-30", "2025-06-02", void=True)
    county.add_trip(people.stranger, people.other_village, "2026-06-10")
    county.add_visit(people.cadre, people.household, "2026-06-10")
    own = Page(signed_in(people.cadre).get("/trips/"))
    assert own.statement == "我的下乡 2 次"
    assert "户：1 次走访" in own.words
    assert "村：待确认" in own.words
    assert "已作废" in own.words
    units = signed_in(people.unit_liaison).get("/trips/")
    assert list(units.context["page"]) == [trip]
    past = signed_in(people.unit_liaison).get("/trips/?month=2025-06")
    assert [each.begins_on.isoformat() for each in past.context["page"]] == ["2025-05-30"]
    assert Page(signed_in(people.colleague).get("/trips/")).statement == "我的下乡 0 次"
    assert signed_in(people.admin).get("/trips/").status_code == 404


def test_the_last_day_is_moved_on_the_page_and_a_fault_stands_beside_it(people, trip, signed_in):
    county.add_trip(people.cadre, people.village, "2026-06-13")
    client = signed_in(people.cadre)
    wrong = client.post(f"/trips/{trip.pk}/", {"ends_on": "2026-06-13"})
    assert wrong.status_code == 422
    assert "日期重叠" in wrong.context["form"].errors["ends_on"][0]
    assert client.post(f"/trips/{trip.pk}/", {"ends_on": "昨天"}).status_code == 422
    right = client.post(f"/trips/{trip.pk}/", {"ends_on": "2026-06-12"})
    assert "最后一天已改" in told_after(right, client)
    assert signed_in(people.branch).post(f"/trips/{trip.pk}/", {"ends_on": "2026-06-11"}).status_code == 404


def test_voiding_a_trip_says_which_visits_stand_in_the_way(people, trip, signed_in):
    visit = county.add_visit(people.cadre, people.household, "2026-06-10")
    client = signed_in(people.cadre)
    page = Page(client.get(f"/trips/{trip.pk}/void/"))
    assert f"/visits/{visit.pk}/" in page.links.values()
    assert client.post(f"/trips/{trip.pk}/void/", {"reason": "没有去"}).status_code == 422
    visit.voided_at, visit.void_reason = clock.now(), "录错"
    visit.save()
    done = client.post(f"/trips/{trip.pk}/void/", {"reason": "没有去"})
    assert "不再计入。原因：没有去" in told_after(done, client)


def test_trips_ask_no_more_queries_of_fifty_than_of_two(people, signed_in):
    client = signed_in(people.cadre)
    for day in ("01", "02"):
        county.add_trip(people.cadre, people.village, f"2026-05-{day}")
        county.add_visit(people.cadre, people.household, f"2026-05-{day}")
    few = queries(client, "/trips/")
    for month in ("01", "02"):
        for day in range(1, 25):
            county.add_trip(people.cadre, people.village, f"2026-{month}-{day:02}")
    assert queries(client, "/trips/") == few


# --- 行前清单 ---------------------------------------------------------------------------------


@pytest.fixture
def homes(people):
    home = people.household
    home.phone_sealed = seal("13812345678", f"household:{home.code}:phone")
    home.save()
    visit = county.add_visit(
        people.cadre, home, "2026-06-01", record={"promises": "带农技员来", "difficulties": "缺水"}
    )
    county.add_visit(people.colleague, home, "2026-05-01", record={"difficulties": "旧话"})
    Question.objects.create(visit=visit, text="几口人？", asked_at=clock.now(), asked_by=people.branch.user)
    county.add_grievance(household=home, number="LH-2026-000007", title="水管")
    county.add_grievance(household=home, number="LH-2026-000008", closed_on="2026-06-02")
    first = county.add_household("达瓦", village=people.village, is_registered_poor=True)
    county.pair(people.cadre, first)
    gone = county.add_household("已销", village=people.village, closed_on="2026-05-01")
    county.pair(people.cadre, gone)
    elsewhere = county.add_household("外村", village=people.other_village)
    county.pair(people.cadre, elsewhere)
    return first, home


def test_the_sheet_has_ones_own_families_of_the_village_longest_unvisited_first(people, homes, signed_in):
    answer = signed_in(people.cadre).get(f"/villages/{people.village.code}/before-trip/")
    page = Page(answer)
    assert [home.household for home in answer.context["homes"]] == list(homes)
    for word in (
        "建档立卡户",
        "还没有见过面",
        "13812345678",
        "带农技员来",
        "缺水",
        "LH-2026-000007",
        "几口人？",
    ):
        assert word in page.words, word
    for word in ("旧话", "LH-2026-000008", "已销", "外村"):
        assert word not in page.words, word


def test_each_family_on_the_sheet_is_logged_as_read(people, homes, signed_in):
    signed_in(people.cadre).get(f"/villages/{people.village.code}/before-trip/")
    read = dict(AuditEntry.objects.filter(kind="read").values_list("subject_key", "detail"))
    assert read == {homes[0].code: "", homes[1].code: '{"fields": ["电话"]}'}


def test_whoever_covers_the_cadre_has_the_sheet_for_as_long(people, homes, signed_in, on_day):
    Cover.objects.create(cadre=people.cadre, colleague=people.colleague, begins_on="2026-06-10",
                         ends_on="2026-06-20", reason="病假")  # fmt: skip
    sheet = f"/villages/{people.village.code}/before-trip/"
    assert "代管，原结对 泽仁初" in Page(signed_in(people.colleague).get(sheet)).words
    on_day("2026-06-21")
    assert signed_in(people.colleague).get(sheet).status_code == 404


def test_the_sheet_asks_no_more_queries_of_fifty_than_of_two(people, homes, signed_in):
    client = signed_in(people.cadre)
    sheet = f"/villages/{people.village.code}/before-trip/"
    few = queries(client, sheet)
    for _ in range(48):
        home = county.add_household(village=people.village)
        county.pair(people.cadre, home)
        visit = county.add_visit(people.cadre, home, "2026-05-01")
        county.add_grievance(household=home)
        Question.objects.create(visit=visit, text="？", asked_at=clock.now(), asked_by=people.branch.user)
    assert queries(client, sheet) == few
