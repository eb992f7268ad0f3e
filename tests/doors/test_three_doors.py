"""One table of cases through the workbook and the phone's door: the same faults beside the same field."""

import pytest

from lianhu.kit import clock
from tests import county
from tests.doors import books
from tests.doors.phone import item, results
from visits.models import Visit, VisitRecord
from visits.sheets import TRIPS, VISITS

pytestmark = pytest.mark.django_db
TODAY = "2026-06-15"


@pytest.fixture
def people(on_day):
    on_day(TODAY)
    return county.build()


def imported(sheet, *rows):
    """Rows by field name, under the sheet's own headers."""
    named = [{sheet.header_of(name): value for name, value in row.items()} for row in rows]
    return books.import_({sheet.title: named}, on=clock.today())


def by_workbook(sheet, row, field):
    """The reasons told in the column of the field."""
    faults = imported(sheet, row)["faults"]
    return [fault["message"] for fault in faults if fault["column"] == sheet.header_of(field)]


def by_phone(client, kind, payload, field):
    return results(client, [item(kind, payload)])[0]["errors"].get(field, [])


LONG = "长" * 5001
FIELDS = [
    ("day", "2026.3.5", "读不准"),
    ("day", "2026-02-30", "没有 2026-02-30 这一天"),
    ("day", "", "必填"),
    ("result", "见过", "只能填：见面、未遇、电话联系"),
    ("policy_talk", "也许", "只能填 是 或 否"),
    ("talk_topic", "长" * 301, "最多 300 个字"),
    ("income_sources", "长" * 501, "最多 500 个字"),
    ("difficulties", "", "必填"),
    ("difficulties", LONG, "最多 5000 个字，现在 5001 个"),
    ("opinions", " ​ ", "必填"),
    ("solved_on_spot", "2", "只能填 是 或 否"),
    ("household", "HH 1", "中间有空格"),
]


@pytest.mark.parametrize(("field", "value", "told"), FIELDS)
def test_a_value_of_a_visit_is_refused_alike(people, signed_in, field, value, told):
    county.add_trip(people.cadre, people.village, TODAY)
    said = {
        "cadre": people.cadre.code,
        "household": people.household.code,
        "day": TODAY,
        "difficulties": "无",
        "opinions": "无",
    } | {field: value}
    from_sheet = by_workbook(VISITS, said, field)
    from_phone = by_phone(signed_in(people.cadre), "visit", said, field)
    assert from_sheet == from_phone
    assert told in from_phone[0]


TRIP_CASES = [
    ({"ends_on": "2026-06-09"}, "ends_on", "早于开始"),
    ({"begins_on": "2026-06-03"}, "begins_on", "重叠"),
    ({"village": "12345"}, "village", "村编码要 12 位数字"),
]


@pytest.mark.parametrize(("change", "field", "told"), TRIP_CASES)
def test_a_trip_is_refused_alike(people, signed_in, change, field, told):
    county.add_trip(people.cadre, people.village, "2026-06-01", "2026-06-03")
    said = {
        "cadre": people.cadre.code,
        "village": people.village.code,
        "begins_on": "2026-06-10",
        "ends_on": "2026-06-11",
    } | change
    assert told in by_workbook(TRIPS, said, field)[0]
    assert told in by_phone(signed_in(people.cadre), "trip", said, field)[0]


def test_the_same_visit_leaves_the_same_row(people, signed_in):
    """But for what only the phone knows."""
    county.add_trip(people.cadre, people.village, "2026-06-14", TODAY)
    said = {
        "cadre": people.cadre.code,
        "household": people.household.code,
        "day": TODAY,
        "result": "见面",
        "policy_talk": "是",
        "talk_topic": "医保",
        "difficulties": "引水管冻裂",
        "opinions": "无",
        "solved_on_spot": "否",
    }
    assert results(signed_in(people.cadre), [item("visit", said)])[0]["status"] == "accepted"
    answer = imported(VISITS, said | {"day": "2026-06-14"}, said)
    assert answer["counts"]["走访"] == {"new": 1, "changed": 0, "same": 1}
    rows = VisitRecord.objects.values(
        "talk_topic", "difficulties", "opinions", "solved_on_spot", "spot_answer"
    )
    first, second = rows
    assert first == second
    assert Visit.objects.values("trip", "result", "policy_talk").distinct().count() == 1


def test_history_is_not_asked_what_only_the_present_is(people, signed_in):
    """Post, pairing and lateness on that day are not asked again (contract, section 9)."""
    county.add_trip(people.colleague, people.village, "2026-01-05")
    said = {
        "cadre": people.colleague.code,
        "household": people.household.code,
        "day": "2026-01-05",
        "difficulties": "无",
        "opinions": "无",
    }
    assert "未与该户结对" in by_phone(signed_in(people.colleague), "visit", said, "household")[0]
    answer = imported(VISITS, said)
    assert answer["fault_count"] == 0
    assert not Visit.objects.get().backfilled


def test_a_companions_visit_takes_the_words_that_a_workbook_brings(people, signed_in):
    county.add_trip(people.cadre, people.village, TODAY)
    county.add_trip(people.colleague, people.village, TODAY)
    heard = {
        "household": people.household.code,
        "day": TODAY,
        "difficulties": "无",
        "opinions": "无",
        "companions": [people.colleague.code],
        "companion_reason": "同去",
    }
    assert results(signed_in(people.cadre), [item("visit", heard)])[0]["status"] == "accepted"
    said = {
        "cadre": people.colleague.code,
        "household": people.household.code,
        "day": TODAY,
        "difficulties": "无",
        "opinions": "想多种花椒",
    }
    answer = imported(VISITS, said)
    assert answer["counts"]["走访"]["changed"] == 1
    theirs = Visit.objects.get(cadre=people.colleague)
    assert (theirs.accompanies, theirs.record.opinions) == (None, "想多种花椒")
