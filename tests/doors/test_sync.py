"""`POST /api/sync/` (contract, sections 3 and 10)."""

import datetime
import json
import uuid

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import Phone, SyncItem
from accounts.tokens import end_token, make_token
from grievances.models import Grievance, GrievanceState, NumberCounter
from lianhu.kit import clock
from registry.models import Cover, HouseholdChange
from tests import county
from tests.doors.phone import item, matter, results, send, statuses, trip, visit
from visits.models import Trip, Visit, VisitRecord

pytestmark = pytest.mark.django_db
TODAY = "2026-06-15"


@pytest.fixture
def people(on_day):
    on_day(TODAY)
    return county.build()


@pytest.fixture
def phone(people, signed_in):
    return signed_in(people.cadre)


@pytest.fixture
def there(people):
    """A trip of today."""
    return county.add_trip(people.cadre, people.village, TODAY)


# --- once ---------------------------------------------------------------------------------------


def test_a_trip_its_visit_and_its_matter_arrive_in_one_batch(people, phone):
    stay = trip(people.village, TODAY)
    seen = visit(people.household, TODAY, trip=stay["id"], difficulties="引水管冻裂")
    told = matter(people.household, visit=seen["id"], query_code="7KQMA-4XWD2")
    answers = results(phone, [stay, seen, told])
    assert [each["status"] for each in answers] == ["accepted"] * 3
    found = Visit.objects.get()
    assert found.trip == Trip.objects.get()
    assert found.record.difficulties == "引水管冻裂"
    filed = Grievance.objects.get()
    assert filed.visit == found
    assert filed.number == answers[2]["number"] == "LH-2026-000001"
    assert filed.state == GrievanceState.REGISTERED
    assert filed.registered_on == datetime.date(2026, 6, 15)


def test_the_order_in_a_batch_does_not_matter(people, phone):
    stay = trip(people.village, TODAY)
    seen = visit(people.household, TODAY, trip=stay["id"])
    told = matter(people.household, visit=seen["id"])
    assert statuses(phone, [told, seen, stay]) == ["accepted"] * 3


def test_sent_twice_it_is_one(people, phone, there):
    seen = visit(people.household, TODAY)
    first = results(phone, [seen])
    again = results(phone, [seen])
    assert [first[0]["status"], again[0]["status"]] == ["accepted", "duplicate"]
    assert first[0]["url"] == again[0]["url"]
    assert Visit.objects.count() == 1


def test_twice_in_one_batch_it_is_one(people, phone, there):
    seen = visit(people.household, TODAY)
    assert statuses(phone, [seen, seen]) == ["accepted", "duplicate"]
    other = seen | {"payload": seen["payload"] | {"opinions": "路灯关得早"}}
    assert statuses(phone, [seen, other]) == ["duplicate", "rejected"]
    assert Visit.objects.count() == 1


def test_a_duplicate_matter_has_the_same_number(people, phone):
    told = matter(people.household)
    assert results(phone, [told])[0]["number"] == results(phone, [told])[0]["number"]
    assert NumberCounter.objects.get().highest == 1


def test_the_same_words_written_another_way_are_the_same(people, phone, there):
    seen = visit(people.household, TODAY, result="见面", policy_talk="是")
    same = visit(people.household, "2026年6月15日", id=seen["id"], result="met", policy_talk=True)
    assert statuses(phone, [seen]) == ["accepted"]
    assert statuses(phone, [same]) == ["duplicate"]


def test_an_accepted_id_with_another_payload_changes_nothing(people, phone, there):
    seen = visit(people.household, TODAY, opinions="无")
    assert statuses(phone, [seen]) == ["accepted"]
    answer = results(phone, [seen | {"payload": seen["payload"] | {"opinions": "改过"}}])[0]
    assert answer["status"] == "rejected"
    assert "已经收下" in answer["errors"]["__all__"][0]
    assert VisitRecord.objects.get().opinions == "无"


def test_a_rejected_id_may_come_again_mended(people, phone, there):
    seen = visit(people.household, "2026-06-16")
    assert results(phone, [seen])[0]["errors"]["day"]
    mended = seen | {"payload": seen["payload"] | {"day": TODAY}}
    assert statuses(phone, [mended]) == ["accepted"]


def test_an_id_of_somebody_elses_tells_nothing(people, phone, signed_in, there):
    seen = visit(people.household, TODAY)
    results(phone, [seen])
    theirs = signed_in(people.stranger)
    answer = results(theirs, [seen])[0]
    assert answer["status"] == "rejected"
    assert "url" not in answer


# --- one bad item, and what waits ---------------------------------------------------------------


def test_one_poisoned_item_holds_up_nobody(people, phone, there):
    good = visit(people.household, TODAY)
    poisoned = [
        visit(people.household, TODAY, difficulties="\x00"),
        visit(people.household, TODAY, difficulties=["a"], opinions={"b": 1}),
        visit(people.household, TODAY, opinions="长" * 100_000),
        visit(people.household, TODAY, longitude=1e400),
        item("visit", []),
        item("visit", {}),
        {"id": "x", "kind": "visit"},
        {"id": str(uuid.uuid4()), "kind": "nonsense", "payload": {}},
        {"id": str(uuid.uuid4()), "kind": "trip", "captured_at": "yesterday", "payload": {}},
        7,
        None,
    ]
    body = json.dumps({"items": [*poisoned, good]}).replace("Infinity", "1e400")
    answer = phone.post("/api/sync/", body, content_type="application/json")
    found = [each["status"] for each in answer.json()["results"]]
    assert found == ["rejected"] * len(poisoned) + ["accepted"]
    assert all(each["errors"] for each in answer.json()["results"][:-1])


def test_every_fault_of_an_item_is_told_at_once(people, phone):
    answer = results(phone, [item("visit", {"day": "2027-01-01", "household": "HH-NONE", "opinions": ""})])[0]
    assert set(answer["errors"]) == {"day", "household", "opinions", "difficulties"}


def test_what_hangs_on_an_item_not_yet_there_waits(people, phone):
    stay = trip(people.village, TODAY)
    seen = visit(people.household, TODAY, trip=stay["id"])
    told = matter(people.household, visit=seen["id"])
    assert statuses(phone, [told, seen]) == ["waiting", "waiting"]
    assert not Grievance.objects.exists()
    assert statuses(phone, [stay]) == ["accepted"]
    assert statuses(phone, [told, seen]) == ["accepted", "accepted"]


def test_what_hangs_on_a_rejected_item_waits(people, phone):
    stay = trip(people.village, "2026-07-01")
    seen = visit(people.household, TODAY, trip=stay["id"])
    assert statuses(phone, [stay, seen]) == ["rejected", "waiting"]


def test_the_parent_of_another_person_is_none(people, phone, signed_in):
    stay = trip(people.village, TODAY)
    assert statuses(signed_in(people.colleague), [stay]) == ["accepted"]
    assert statuses(phone, [visit(people.household, TODAY, trip=stay["id"])]) == ["waiting"]


# --- the rules of section 3 ---------------------------------------------------------------------


def faults(phone, one):
    answer = results(phone, [one])[0]
    return answer["errors"] if answer["status"] == "rejected" else answer["status"]


def test_a_visit_without_its_record_is_refused(people, phone, there):
    assert set(faults(phone, item("visit", {"household": people.household.code, "day": TODAY}))) == {
        "difficulties",
        "opinions",
    }


def test_a_day_that_has_not_come_is_refused(people, phone, there):
    assert "还没有到" in faults(phone, visit(people.household, "2026-06-16"))["day"][0]
    assert "还没有到" in faults(phone, trip(people.village, "2027-06-15"))["begins_on"][0]


def test_before_the_trip_starts_and_after_it_ends_is_refused(people, phone):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    assert "早于第一天" in faults(phone, visit(people.household, "2026-06-02"))["day"][0]
    assert "晚于最后一天" in faults(phone, visit(people.household, "2026-06-05"))["day"][0]
    assert faults(phone, visit(people.household, "2026-06-04")) == "accepted"


def test_without_a_trip_it_says_so(people, phone):
    assert "请先登记下乡" in faults(phone, visit(people.household, TODAY))["day"][0]


def test_trips_to_one_village_may_not_overlap(people, phone):
    assert faults(phone, trip(people.village, "2026-06-10", "2026-06-12")) == "accepted"
    assert "重叠" in faults(phone, trip(people.village, "2026-06-12", "2026-06-13"))["begins_on"][0]
    assert faults(phone, trip(people.other_village, "2026-06-12")) == "accepted"
    assert faults(phone, trip(people.village, "2026-06-13")) == "accepted"


def test_two_overlapping_trips_of_one_batch_keep_the_first(people, phone):
    batch = [trip(people.village, "2026-06-10", "2026-06-12"), trip(people.village, "2026-06-11")]
    assert statuses(phone, batch) == ["accepted", "rejected"]


def test_a_household_of_a_colleague_only_as_proxy_with_a_reason(people, signed_in):
    colleague = signed_in(people.colleague)
    county.add_trip(people.colleague, people.village, TODAY)
    told = faults(colleague, visit(people.household, TODAY))["household"][0]
    assert "未与该户结对" in told
    assert people.cadre.name in told
    assert faults(colleague, visit(people.household, TODAY, proxy_reason="泽仁初住院")) == "accepted"
    assert Visit.objects.get().proxy_reason == "泽仁初住院"


def test_a_strangers_household_is_not_there(people, phone):
    county.add_trip(people.cadre, people.other_village, TODAY)
    one = visit(people.other_household, TODAY, proxy_reason="顺路")
    assert "没有您能走访的户" in faults(phone, one)["household"][0]
    assert faults(phone, visit(people.other_household, TODAY)) != "accepted"


def test_a_visit_before_the_handover_stands_and_one_after_is_explained(people, phone):
    county.add_trip(people.cadre, people.village, "2026-06-08", "2026-06-12")
    people.household.pairings.update(ends_on="2026-06-09")
    county.pair(people.colleague, people.household, "2026-06-10")
    assert faults(phone, visit(people.household, "2026-06-09")) == "accepted"
    told = faults(phone, visit(people.household, "2026-06-10"))["household"][0]
    assert f"{people.colleague.name}从 2026-06-10 起结对这一户" in told


def test_whoever_covers_the_holder_needs_no_other_reason(people, signed_in):
    Cover.objects.create(
        cadre=people.cadre,
        colleague=people.colleague,
        begins_on="2026-06-01",
        ends_on="2026-06-30",
        reason="病假",
    )
    county.add_trip(people.colleague, people.village, TODAY)
    assert faults(signed_in(people.colleague), visit(people.household, TODAY)) == "accepted"
    assert Visit.objects.get().proxy_reason == "代管"


def test_a_closed_household_is_not_visited(people, phone, there):
    people.household.closed_on = datetime.date(2026, 6, 14)
    people.household.save()
    assert "销户" in faults(phone, visit(people.household, TODAY))["household"][0]


def test_a_second_visit_on_one_day_is_told(people, phone, there):
    assert faults(phone, visit(people.household, TODAY)) == "accepted"
    assert "已经有了" in faults(phone, visit(people.household, TODAY))["day"][0]


def test_who_left_enters_nothing_after_the_last_day(people, signed_in):
    phone = signed_in(people.cadre)
    people.cadre.left_on = datetime.date(2026, 6, 15)
    people.cadre.save()
    told = faults(phone, trip(people.village, "2026-06-14", "2026-06-16"))
    assert "离岗" in told["ends_on"][0]


def test_companions_get_the_visit_if_paired_or_marked(people, phone, there):
    one = visit(people.household, TODAY, companions=[people.colleague.code])
    assert "没有结对这一户" in faults(phone, one)["companion_reason"][0]
    one["payload"]["companion_reason"] = "一起去"
    assert faults(phone, one) == "accepted"
    theirs = Visit.objects.get(cadre=people.colleague)
    assert (theirs.accompanies.cadre, theirs.proxy_reason, theirs.trip) == (people.cadre, "一起去", None)


def test_a_companions_visit_joins_the_trip_that_is_entered_later(people, phone, there, signed_in):
    results(
        phone, [visit(people.household, TODAY, companions=[people.colleague.code], companion_reason="同去")]
    )
    assert statuses(signed_in(people.colleague), [trip(people.village, TODAY)]) == ["accepted"]
    assert Visit.objects.get(cadre=people.colleague).trip.cadre == people.colleague


def test_a_companions_own_record_takes_the_place_of_the_given_visit(people, phone, there, signed_in):
    results(
        phone, [visit(people.household, TODAY, companions=[people.colleague.code], companion_reason="同去")]
    )
    colleague = signed_in(people.colleague)
    own = visit(people.household, TODAY, opinions="想多种花椒", proxy_reason="同去")
    assert statuses(colleague, [trip(people.village, TODAY), own]) == ["accepted", "accepted"]
    theirs = Visit.objects.get(cadre=people.colleague)
    assert theirs.accompanies is None
    assert theirs.record.opinions == "想多种花椒"


def test_a_liaison_types_for_a_cadre_of_the_unit_and_nobody_else_does(people, signed_in):
    batch = [
        trip(people.village, TODAY) | {},
        visit(people.household, TODAY, cadre=people.cadre.code),
    ]
    batch[0]["payload"]["cadre"] = people.cadre.code
    assert statuses(signed_in(people.unit_liaison), batch) == ["accepted", "accepted"]
    found = Visit.objects.get()
    assert (found.cadre, found.recorded_by) == (people.cadre, people.unit_liaison.user)
    for stranger in (people.colleague, people.stranger_unit_liaison, people.branch):
        one = visit(people.household, "2026-06-14", cadre=people.cadre.code)
        assert "代录" in faults(signed_in(stranger), one)["cadre"][0]


def test_day_seven_is_in_time_and_day_eight_is_backfill(people, phone, on_day):
    on_day("2026-06-22")
    assert statuses(phone, [trip(people.village, "2026-06-15"), trip(people.village, "2026-06-14")]) == [
        "accepted",
        "accepted",
    ]
    assert dict(Trip.objects.values_list("begins_on", "backfilled")) == {
        datetime.date(2026, 6, 15): False,
        datetime.date(2026, 6, 14): True,
    }


def test_the_leader_is_told_once_a_day_that_something_waits(people, phone, on_day):
    on_day("2026-06-22")
    assert set(statuses(phone, [trip(people.village, "2026-06-01"), trip(people.village, "2026-06-03")])) == {
        "accepted"
    }
    assert statuses(phone, [trip(people.village, "2026-06-05")]) == ["accepted"]
    notice = people.unit_leader.user.notices.get()
    assert (notice.title, notice.url) == ("有补录等您审批", "/backfill/")
    assert not people.stranger_unit_leader.user.notices.exists()


def test_what_was_written_in_time_and_arrives_late_is_no_backfill(people, phone, on_day):
    written = clock.now()
    stay, seen = trip(people.village, TODAY, at=written), visit(people.household, TODAY, at=written)
    on_day("2026-07-20")
    assert statuses(phone, [stay, seen]) == ["accepted", "accepted"]
    assert not Trip.objects.get().backfilled
    assert not Visit.objects.get().backfilled


def test_a_late_visit_in_a_trip_entered_in_time_is_backfill_itself(people, phone, there, on_day):
    on_day("2026-06-23")
    assert statuses(phone, [visit(people.household, TODAY)]) == ["accepted"]
    assert Visit.objects.get().backfilled


# --- what the family tells of itself ------------------------------------------------------------


def test_what_changed_is_written_once_and_holds(people, phone, there):
    said = {"head_name": "多吉·旺堆", "phone": "13900001234", "people_count": 5, "income_sources": "务工"}
    assert faults(phone, visit(people.household, TODAY, **said)) == "accepted"
    people.household.refresh_from_db()
    home = people.household
    assert (home.head_name, home.people_count, home.income_sources) == ("多吉·旺堆", 5, "务工")
    assert home.phone_sealed
    change = HouseholdChange.objects.get()
    assert (change.old_head, change.new_head) == ("多吉", "多吉·旺堆")
    assert VisitRecord.objects.get().people_count == 5


def test_what_is_as_before_stands_in_the_record_too(people, phone, there):
    people.household.income_sources = "务农"
    people.household.save()
    assert faults(phone, visit(people.household, TODAY)) == "accepted"
    record = VisitRecord.objects.get()
    assert (record.head_name, record.people_count, record.income_sources) == ("多吉", 4, "务农")


def test_an_older_visit_does_not_undo_what_a_later_one_told(people, phone):
    county.add_trip(people.cadre, people.village, "2026-06-10", "2026-06-15")
    faults(phone, visit(people.household, "2026-06-12", people_count=6))
    faults(phone, visit(people.household, "2026-06-11", people_count=3))
    people.household.refresh_from_db()
    assert people.household.people_count == 6


# --- matters ------------------------------------------------------------------------------------


def test_the_day_it_was_heard_is_its_day_and_the_year_is_that_of_arrival(people, phone, on_day):
    on_day("2026-12-31")
    told = matter(people.household, at=clock.now())
    on_day("2027-01-02")
    answer = results(phone, [told])[0]
    assert answer["number"] == "LH-2027-000001"
    assert Grievance.objects.get().registered_on == datetime.date(2026, 12, 31)


def test_a_clock_that_runs_ahead_is_set_to_the_arrival(people, phone):
    ahead = clock.now() + datetime.timedelta(days=365)
    assert results(phone, [matter(people.household, at=ahead)])[0]["status"] == "accepted"
    assert Grievance.objects.get().registered_on == datetime.date(2026, 6, 15)


def test_answered_on_the_spot_it_is_replied_to(people, phone):
    assert "outcome" in faults(phone, matter(people.household, spot_answer="讲了政策"))
    told = matter(people.household, spot_answer="讲了政策", outcome="政策解释")
    assert faults(phone, told) == "accepted"
    filed = Grievance.objects.get()
    assert (filed.state, filed.outcome, filed.handler) == ("replied", "explained", people.cadre)
    assert [event.action for event in filed.events.all()] == ["register", "reply"]


def test_a_query_code_is_read_as_it_was_meant_and_belongs_to_one_matter(people, phone):
    assert faults(phone, matter(people.household, query_code="7kqm0-4xwd1")) == "accepted"
    assert "已经用过" in faults(phone, matter(people.household, query_code="7KQMO4XWDI"))["query_code"][0]
    assert "不是查询码" in faults(phone, matter(people.household, query_code="7KQM"))["query_code"][0]
    assert b"7KQM" not in bytes(Grievance.objects.get().query_code_hash)


def test_a_matter_of_a_whole_village(people, phone):
    told = item(
        "grievance",
        {
            "village": people.village.code,
            "category": "出行道路",
            "title": "村道塌方",
            "content": "村道塌方。",
            "level": "township",
        },
    )
    assert faults(phone, told) == "accepted"
    assert Grievance.objects.get().household is None


# --- the envelope -------------------------------------------------------------------------------


def test_a_bare_list_is_a_batch_too(people, phone):
    answer = phone.post(
        "/api/sync/", json.dumps([trip(people.village, TODAY)]), content_type="application/json"
    )
    assert answer.json()["results"][0]["status"] == "accepted"
    assert uuid.UUID(answer.json()["epoch"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"items": 3}',
        b'{"a": NaN, "items": []}',
        b'{"items": [], "items": []}',
        b"\xff",
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(phone, body):
    answer = phone.post("/api/sync/", body, content_type="application/json")
    assert answer.status_code == 400
    assert "没有收下" in answer.json()["detail"]


def test_too_many_items_and_too_many_bytes_are_refused_as_a_whole(people, phone):
    assert send(phone, [trip(people.village, TODAY)] * 101).status_code == 413
    big = phone.post("/api/sync/", b"x" * (2 * 1024 * 1024 + 1), content_type="application/json")
    assert big.status_code == 413


def test_without_a_session_it_is_401_and_no_redirect(people):
    assert send(Client(), []).status_code == 401


def test_a_session_needs_its_csrf_token(people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.cadre.user)
    assert send(client, []).status_code == 403
    client.get("/api/field/")
    token = client.cookies["csrftoken"].value
    answer = client.post("/api/sync/", b"[]", content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_under_another_login_nothing_is_taken(people, signed_in):
    answer = send(signed_in(people.stranger), [trip(people.village, TODAY)], author=people.cadre.code)
    assert answer.status_code == 409
    assert not Trip.objects.exists()


def test_a_token_sends_for_its_owner_until_it_ends(people):
    token, text = make_token(people.cadre.user, name="一表通", days=30)
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})
    assert statuses(client, [trip(people.village, TODAY)]) == ["accepted"]
    assert Trip.objects.get().recorded_by == people.cadre.user
    end_token(token)
    assert send(client, []).status_code == 401


def test_the_token_of_one_who_left_opens_nothing(people, on_day):
    _, text = make_token(people.cadre.user, name="一表通", days=30)
    people.cadre.left_on = datetime.date(2026, 6, 14)
    people.cadre.save()
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert send(client, []).status_code == 401


def test_the_phone_says_how_much_waits(people, phone):
    said = {"id": str(uuid.uuid4()), "waiting": 3, "refused": 1, "oldest": "2026-06-10T08:00:00+08:00"}
    mine = {"author": people.cadre.code}
    send(phone, [], phone=said, **mine)
    send(phone, [], phone=said | {"waiting": 0}, **mine)
    found = Phone.objects.get()
    assert (found.user, found.waiting, found.refused) == (people.cadre.user, 0, 1)
    for nonsense in ({}, {"id": 1}, said | {"waiting": "x"}, said | {"oldest": "x"}, []):
        assert send(phone, [], phone=nonsense, **mine).status_code == 200


def test_a_hundred_items_cost_no_more_statements_than_two(
    people, phone, there, django_assert_max_num_queries
):
    homes = [county.add_household(village=people.village) for _ in range(100)]
    for home in homes:
        county.pair(people.cadre, home)
    with django_assert_max_num_queries(45):
        assert set(statuses(phone, [visit(home, TODAY) for home in homes])) == {"accepted"}
    assert SyncItem.objects.count() == 100


# --- what a stranger found ----------------------------------------------------------------------


def test_a_household_that_may_not_be_seen_tells_nothing_but_that(people, phone):
    """Neither its village, nor that it is closed, nor who holds it."""
    people.other_household.closed_on = datetime.date(2026, 6, 1)
    people.other_household.save()
    code = people.other_household.code
    said = {"companions": [people.stranger.code]}
    hidden = faults(phone, visit(people.other_household, TODAY, **said))
    nowhere = faults(
        phone,
        item("visit", {"household": "HH-9", "day": TODAY, "difficulties": "无", "opinions": "无", **said}),
    )
    assert set(hidden) == set(nowhere) == {"household"}
    assert hidden["household"][0].replace(code, "") == nowhere["household"][0].replace("HH-9", "")


def test_a_companion_without_a_trip_is_late_too(people, phone, there, on_day):
    on_day("2026-08-01")
    one = visit(people.household, TODAY, companions=[people.colleague.code], companion_reason="同去")
    assert faults(phone, one) == "accepted"
    assert set(Visit.objects.values_list("backfilled", flat=True)) == {True}


def test_a_clock_a_year_behind_makes_nothing_older_or_more_punctual(people, phone, on_day):
    on_day("2026-06-30")
    behind = clock.now() - datetime.timedelta(days=365)
    stay = trip(people.village, "2026-06-15", at=behind)
    seen = visit(people.household, "2026-06-15", trip=stay["id"], at=behind)
    told = matter(people.household, visit=seen["id"], at=behind)
    assert statuses(phone, [stay, seen, told]) == ["accepted"] * 3
    assert Trip.objects.get().backfilled
    assert Visit.objects.get().backfilled
    assert Grievance.objects.get().registered_on == datetime.date(2026, 6, 30)


def test_a_clock_some_days_behind_makes_no_matter_older_than_its_visit(people, phone, there):
    behind = clock.now() - datetime.timedelta(days=9)
    seen = visit(people.household, TODAY, at=behind)
    told = matter(people.household, visit=seen["id"], at=behind)
    assert statuses(phone, [seen, told]) == ["accepted"] * 2
    assert Grievance.objects.get().registered_on == datetime.date(2026, 6, 15)


def test_cover_is_asked_of_the_day_of_the_visit(people, signed_in, on_day):
    Cover.objects.create(
        cadre=people.cadre,
        colleague=people.colleague,
        begins_on="2026-06-10",
        ends_on="2026-06-12",
        reason="病假",
    )
    county.add_trip(people.colleague, people.village, "2026-06-09", "2026-06-13")
    colleague = signed_in(people.colleague)
    assert faults(colleague, visit(people.household, "2026-06-12")) == "accepted"
    assert "未与该户结对" in faults(colleague, visit(people.household, "2026-06-13"))["household"][0]


def test_a_trip_whose_backfill_was_refused_takes_no_visit(people, phone):
    county.add_trip(
        people.cadre,
        people.village,
        "2026-05-01",
        backfilled=True,
        refused_at=clock.now(),
        refuse_reason="不实",
    )
    assert "没有批准" in faults(phone, visit(people.household, "2026-05-01"))["day"][0]


def test_a_matter_of_a_village_one_has_nothing_to_do_with_is_refused(people, phone):
    said = {"category": "其他", "title": "路灯", "content": "路灯坏了", "level": "village"}
    told = item("grievance", said | {"village": people.other_village.code})
    assert "没有您能登记的村" in faults(phone, told)["village"][0]
    county.add_trip(people.cadre, people.other_village, "2026-06-01")
    assert faults(phone, told) == "accepted"


@pytest.mark.parametrize("kind", [[], {}, None, 7, True])
def test_a_kind_that_is_no_word_is_told_of_the_item_alone(people, phone, kind):
    bad = {"id": str(uuid.uuid4()), "kind": kind, "captured_at": clock.now().isoformat(), "payload": {}}
    assert statuses(phone, [bad, trip(people.village, TODAY)]) == ["rejected", "accepted"]


def test_a_phone_says_whose_its_queue_is(people, phone):
    said = {"id": str(uuid.uuid4()), "waiting": 1, "refused": 0, "oldest": "2011-06-01T00:00:00+08:00"}
    assert send(phone, [], phone=said).status_code == 409
    assert send(phone, [], phone=said, author="").status_code == 409
    assert send(phone, [], phone=said, author=people.cadre.code).status_code == 200
    assert Phone.objects.get().oldest_at.year == 2016


def test_what_the_database_is_too_busy_for_may_come_again(people, phone, monkeypatch):
    class Deadlock(Exception):
        pgcode = "40P01"

    def deadlock(*given):
        raise OperationalError from Deadlock()

    monkeypatch.setattr("lianhu.doors.sync._Batch.take", deadlock)
    answer = send(phone, [trip(people.village, TODAY)])
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1950-01-01T00:00:00+08:00"]
)
def test_a_moment_of_no_county_is_told_and_breaks_no_page(people, phone, moment):
    told = matter(people.household) | {"captured_at": moment}
    assert "captured_at" in results(phone, [told])[0]["errors"]
    said = {"id": str(uuid.uuid4()), "waiting": 3, "refused": 1, "oldest": moment}
    send(phone, [], phone=said, author=people.cadre.code)
    assert phone.get("/api/field/").status_code == 200
    assert Phone.objects.get().waiting == 3


def test_a_queue_of_last_year_is_written_down_at_its_arrival(people, phone):
    told = matter(people.household, at=clock.now() - datetime.timedelta(days=93))
    kept = matter(people.household, at=clock.now() - datetime.timedelta(days=91))
    assert statuses(phone, [told, kept]) == ["accepted", "accepted"]
    days = set(Grievance.objects.values_list("registered_on", flat=True))
    assert days == {datetime.date(2026, 6, 15), datetime.date(2026, 3, 16)}


def test_a_trip_has_an_end(people, phone):
    assert "太远" in faults(phone, trip(people.village, TODAY, "2999-12-31"))["ends_on"][0]
    assert "最多 92 天" in faults(phone, trip(people.village, "2026-03-01", TODAY))["ends_on"][0]
    assert faults(phone, trip(people.village, TODAY, "2026-07-16")) == "accepted"


def test_a_matter_hangs_on_no_voided_visit(people, phone, there):
    seen = visit(people.household, TODAY)
    assert statuses(phone, [seen]) == ["accepted"]
    Visit.objects.update(voided_at=clock.now(), void_reason="录错")
    assert "作废" in faults(phone, matter(people.household, visit=seen["id"]))["visit"][0]


def test_what_is_taken_already_leads_to_what_is_there(people, phone, there):
    first = results(phone, [visit(people.household, TODAY)])[0]
    second = results(phone, [visit(people.household, TODAY)])[0]
    assert (second["status"], second["url"]) == ("rejected", first["url"])


def test_a_companion_is_told(people, phone, there):
    one = visit(people.household, TODAY, companions=[people.colleague.code], companion_reason="同去")
    assert faults(phone, one) == "accepted"
    notice = people.colleague.user.notices.get()
    assert "同行" in notice.title
    assert notice.url == f"/visits/{Visit.objects.get(cadre=people.cadre).pk}/"
