"""History: only the codes must exist, visits lie in trips, and steps stand in their order."""

import datetime

import pytest
from django.utils import timezone

from grievances.models import Grievance, GrievanceEvent, NumberCounter
from tests import county
from tests.doors import books
from visits.models import Activity, Trip, Visit, VisitRecord

DAY = datetime.date
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registry(db):
    assert books.import_(books.registry())["ok"]


def changed(sheet, row, **values):
    rows = books.visits()
    rows[sheet][row].update(values)
    return rows


def test_the_small_history_is_written_as_it_says():
    answer = books.import_(books.visits())
    assert answer["ok"], answer["faults"]
    trips = Trip.objects.order_by("begins_on", "cadre__code").values_list(
        "cadre__code", "backfilled", "approved_at"
    )
    assert [(code, late, at is not None) for code, late, at in trips] == [
        ("00002", False, False), ("00003", False, False), ("00002", True, True),
    ]  # fmt: skip
    visit = Visit.objects.get(household__code="H1")
    assert (visit.result, visit.policy_talk, visit.trip.begins_on) == ("met", True, DAY(2026, 3, 5))
    assert visit.record.difficulties == "屋顶漏雨\n路灯不亮"
    assert visit.record.solved_on_spot
    unmet = VisitRecord.objects.get(visit__household__code="H2")
    assert (unmet.visit.result, unmet.visit.policy_talk, unmet.talk_topic) == ("absent", False, "低保")
    activity = Activity.objects.get(topic="医保")
    people = activity.participants.order_by("place").values_list("cadre__code", flat=True)
    assert list(people) == ["00002", "00001"]
    assert Activity.objects.get(topic="季度会商").headcount is None


STATES = [
    ({}, "assigned", ["register", "assign"]),
    ({"答复日期": DAY(2026, 3, 6), "答复结果": "政策解释"}, "replied", ["reply"]),
    ({"答复日期": DAY(2026, 3, 6), "答复结果": "部分解决", "回访结果": "不满意"}, "revisited", ["reply", "revisit"]),
    ({"答复日期": DAY(2026, 3, 5), "答复结果": "已解决", "回访结果": "满意", "销号日期": DAY(2026, 3, 5)},
     "closed", ["reply", "revisit", "close"]),
    ({"答复日期": DAY(2026, 3, 5), "答复结果": "已解决", "回访结果": "满意", "销号日期": DAY(2026, 3, 5),
      "公示日期": DAY(2026, 3, 5)}, "published", ["reply", "revisit", "close", "publish"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "state", "actions"), STATES)
@pytest.mark.clause("方案四(四)")
def test_a_matter_stands_where_its_dates_say(values, state, actions):
    assert books.import_(changed("诉求", 0, **values))["ok"]
    matter = Grievance.objects.get(number="LH-2026-000007")
    assert matter.state == state
    events = matter.events.order_by("id").values_list("action", flat=True)
    assert list(events) == [
        "register",
        "assign",
        *(name for name in actions if name not in ("register", "assign")),
    ]


def test_a_matter_of_a_household_lies_in_its_village_and_numbers_are_kept():
    assert books.import_(changed("诉求", 0, 村编码=books.V1))["ok"]
    matter = Grievance.objects.get(number="LH-2026-000007")
    assert (matter.household.code, matter.village.code) == ("H1", books.V1)
    assert NumberCounter.objects.get(year=2026).highest == 7
    assert books.import_(changed("诉求", 0, 诉求编号="LH-2026-000005"))["ok"]
    assert NumberCounter.objects.get(year=2026).highest == 7


MATTER_FAULTS = [
    ({"答复日期": DAY(2026, 3, 4), "答复结果": "已解决"}, ["答复日期"]),
    ({"答复日期": DAY(2026, 3, 6), "答复结果": "已解决", "销号日期": DAY(2026, 3, 5)}, ["销号日期"]),
    ({"答复日期": DAY(2026, 3, 6), "答复结果": "已解决", "销号日期": DAY(2026, 3, 7), "公示日期": DAY(2026, 3, 6)},
     ["公示日期"]),
    ({"挂号日期": DAY(2027, 1, 1), "答复日期": DAY(2026, 3, 6), "答复结果": "已解决", "销号日期": DAY(2026, 3, 7)},
     ["答复日期"]),  # one cause, one fault
    ({"销号日期": DAY(2026, 3, 7)}, ["答复日期"]),
    ({"回访结果": "满意"}, ["答复日期"]),
    ({"答复日期": DAY(2026, 3, 6)}, ["答复结果"]),
    ({"答复日期": DAY(2026, 3, 6), "答复结果": "已解决", "公示日期": DAY(2026, 3, 7)}, ["销号日期"]),
    ({"户编码": None}, ["户编码"]),
    ({"村编码": books.V2}, ["村编码"]),
    ({"类别": "住"}, ["类别"]),
    ({"答复日期": "2026.3.6", "答复结果": "已解决", "销号日期": DAY(2026, 3, 7)}, ["答复日期"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "columns"), MATTER_FAULTS)
def test_what_a_matter_may_not_say(values, columns):
    answer = books.import_(changed("诉求", 0, **values))
    assert books.places(answer) == [("诉求", 2, column) for column in columns]
    assert Grievance.objects.count() == 0


NOT_FOUND = [
    ("走访", 2, "工号"), ("走访", 2, "户编码"), ("诉求", 0, "工号"),
    ("诉求", 0, "户编码"), ("诉求", 1, "村编码"), ("活动", 0, "单位编码"), ("活动", 0, "村编码"), ("活动", 2, "工号"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "row", "column"), NOT_FOUND)
def test_a_reference_to_nothing_is_one_fault_at_its_cell(sheet, row, column):
    nothing = "999999999999" if column == "村编码" else "NOPE"
    answer = books.import_(changed(sheet, row, **{column: nothing}))
    assert books.places(answer) == [(sheet, row + 2, column)]


def test_each_of_several_codes_is_looked_up():
    answer = books.import_(changed("活动", 0, 工号="00002、NOPE，00001、XX"))
    assert [fault["message"] for fault in answer["faults"]] == [
        "没有工号 NOPE，请核对",
        "没有工号 XX，请核对",
    ]


@pytest.mark.parametrize("day", [DAY(2026, 3, 4), DAY(2026, 3, 7)])
def test_a_visit_outside_every_trip_is_a_fault_at_its_day(day):
    answer = books.import_(changed("走访", 0, 走访日期=day))
    assert books.places(answer) == [("走访", 2, "走访日期")]


def test_a_trip_to_another_village_or_of_another_cadre_does_not_cover():
    answer = books.import_(changed("走访", 2, 户编码="H2"))
    assert books.places(answer) == [("走访", 4, "走访日期")]
    answer = books.import_(changed("走访", 0, 工号="00003"))
    assert books.places(answer) == [("走访", 2, "走访日期")]


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"结束日期": "2026-02-30"}, "结束日期"),
        ({"开始日期": "三月五日"}, "开始日期"),
        ({"结束日期": DAY(2026, 3, 4)}, "结束日期"),
        ({"工号": "20000"}, "工号"),
        ({"村编码": "51322120020"}, "村编码"),
        ({"村编码": "999999999999"}, "村编码"),
    ],
)
def test_a_trip_at_fault_covers_no_day_and_hides_no_visit_without_one(values, column):
    told = books.places(books.import_(changed("驻村", 0, **values)))
    assert told[0] == ("驻村", 2, column)
    assert told[1:]
    assert {place[0::2] for place in told[1:]} == {("走访", "走访日期")}


def test_a_trip_with_a_fault_elsewhere_still_covers_its_days():
    assert books.places(books.import_(changed("驻村", 0, 补录="补"))) == [("驻村", 2, "补录")]


def test_an_overlap_of_trips_is_told_once_and_covers_what_either_covers():
    rows = books.visits()
    rows["驻村"][0]["结束日期"] = DAY(2026, 3, 20)
    rows["驻村"].append(rows["驻村"][0] | {"开始日期": DAY(2026, 3, 8), "结束日期": DAY(2026, 3, 8)})
    rows["走访"][0]["走访日期"] = DAY(2026, 3, 19)
    assert books.places(books.import_(rows)) == [("驻村", 5, "开始日期")]


def test_a_trip_overlaps_what_the_database_has():
    assert books.import_(books.visits())["ok"]
    trip = books.visits()["驻村"][0] | {"开始日期": DAY(2026, 3, 6)}
    answer = books.import_({"驻村": [trip]})
    assert books.places(answer) == [("驻村", 2, "开始日期")]
    assert "系统里" in answer["faults"][0]["message"]


def test_a_visit_may_lie_in_a_trip_of_an_earlier_file():
    rows = books.visits()
    later = {"走访": rows.pop("走访")}
    assert books.import_(rows)["ok"]
    assert books.import_(later)["ok"]
    assert Visit.objects.filter(trip__isnull=False).count() == 3


def test_a_trip_is_not_made_shorter_than_its_visits():
    assert books.import_(books.visits())["ok"]
    trip = books.visits()["驻村"][0]
    assert books.places(books.import_({"驻村": [trip | {"结束日期": DAY(2026, 3, 5)}]})) == [
        ("驻村", 2, "结束日期")
    ]
    Visit.objects.filter(household__code="H2").update(voided_at=timezone.now())
    assert books.import_({"驻村": [trip | {"结束日期": DAY(2026, 3, 5)}]})["ok"]


def test_a_visit_of_a_voided_trip_is_kept_with_it():
    rows = books.visits()
    visits = {"走访": rows.pop("走访")}
    assert books.import_(rows)["ok"]
    Trip.objects.update(voided_at=timezone.now())
    assert books.import_(visits)["ok"]
    assert Visit.objects.filter(trip__voided_at__isnull=False).count() == 3


KEYS = [("驻村", "村编码"), ("走访", "户编码"), ("诉求", "诉求编号"), ("活动", "工号")]


@pytest.mark.parametrize(("sheet", "column"), KEYS)
def test_a_key_twice_is_a_fault_at_the_later_row(sheet, column):
    rows = books.visits()
    rows[sheet].append(dict(rows[sheet][0]))
    last = len(rows[sheet]) + 1
    assert books.places(books.import_(rows)) == [(sheet, last, column)]


def test_an_activity_belongs_to_somebody_and_its_headcount_is_not_part_of_its_key():
    answer = books.import_(changed("活动", 1, 单位编码=None))
    assert books.places(answer) == [("活动", 3, "单位编码")]
    assert books.import_(books.visits())["ok"]
    answer = books.import_(changed("活动", 0, 人数=31))
    assert answer["counts"]["活动"] == {"new": 0, "changed": 1, "same": 2}
    assert Activity.objects.get(topic="医保").headcount == 31


def test_only_the_codes_must_exist():
    """Post, pairing, rank, leave, links and the days of a reply are not asked again."""
    rows = books.visits()
    day = DAY(2012, 5, 1)  # before every post, pairing and link
    for village, home in ((books.V1, "H1"), (books.V2, "H4")):
        rows["驻村"].append({"工号": "00009", "村编码": village, "开始日期": day, "结束日期": day})
        rows["走访"].append(
            {"工号": "00009", "户编码": home, "走访日期": day, "存在困难": "无", "群众意见": "无"}
        )
    on_leave = DAY(2026, 3, 2)
    rows["驻村"].append({"工号": "00002", "村编码": books.V1, "开始日期": on_leave, "结束日期": on_leave})
    rows["诉求"][1]["答复日期"] = rows["诉求"][1]["销号日期"] = rows["诉求"][1]["公示日期"] = DAY(
        2026, 12, 31
    )
    rows["活动"].append({"类型": "表彰活动", "日期": day, "村编码": books.V2, "主题": "表彰"})
    answer = books.import_(rows)
    assert answer["ok"], answer["faults"]
    assert answer["warnings"] == []


def test_a_matter_closed_without_a_revisit_is_kept_with_a_warning():
    values = {"答复日期": DAY(2026, 3, 6), "答复结果": "已解决", "销号日期": DAY(2026, 3, 7)}
    answer = books.import_(changed("诉求", 0, **values))
    assert answer["ok"]
    assert [(warning["row"], warning["column"]) for warning in answer["warnings"]] == [(2, "回访结果")]


def test_a_changed_matter_keeps_its_story_and_adds_to_it():
    assert books.import_(books.visits())["ok"]
    rows = changed("诉求", 0, 答复日期=DAY(2026, 3, 9), 答复结果="已解决", 标题="屋顶漏雨两处")
    assert books.import_(rows)["counts"]["诉求"] == {"new": 0, "changed": 1, "same": 1}
    matter = Grievance.objects.get(number="LH-2026-000007")
    assert (matter.state, matter.title) == ("replied", "屋顶漏雨两处")
    steps = list(matter.events.order_by("id").values_list("action", "from_state", "to_state"))
    assert steps == [
        ("register", "", "registered"), ("assign", "registered", "assigned"), ("reply", "assigned", "replied"),
        ("correct", "assigned", "replied"),
    ]  # fmt: skip


def test_columns_absent_from_a_later_file_keep_what_is_there():
    assert books.import_(books.visits())["ok"]
    before = books.fingerprint()
    required = books.county_contract.REQUIRED
    columns = {sheet: required[sheet] for sheet in ("驻村", "走访", "诉求")}
    columns["活动"] = "类型 日期 单位编码 村编码 工号 主题"
    answer = books.import_(books.visits(), columns=columns)
    assert answer["ok"], answer["faults"]
    assert books.fingerprint() == before


def test_back_fill_taken_back_is_no_longer_approved():
    assert books.import_(books.visits())["ok"]
    assert books.import_(changed("驻村", 1, 补录=None))["ok"]
    trip = Trip.objects.get(begins_on=DAY(2026, 4, 5))
    assert (trip.backfilled, trip.approved_at) == (False, None)


def test_who_imports_is_the_actor_of_every_step():
    office = county.add_cadre("何静", unit=county.add_unit()).user
    assert books.import_(books.visits(), by=office)["ok"]
    assert set(GrievanceEvent.objects.values_list("by", flat=True)) == {office.pk}
    assert set(Visit.objects.values_list("recorded_by", flat=True)) == {office.pk}
