"""户变动 on its pages: asked, told what it does, done; and what is refused beside its field."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Household, HouseholdChange
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

CLOSE = "/households/HH-1/close/"
CLOSING = {"on": "2026-06-01", "reason": "户内已没有人"}
MOVING_IN = {
    "on": "2026-06-01",
    "village": "513201200201",
    "group": "三组",
    "code": "HH-NEW",
    "head_name": "白玛",
    "phone": "138 1234 5678",
    "people_count": "3",
    "kind": "rural",
}


def asked(client, address, values):
    """What the confirmation page tells, and the answer to it once confirmed."""
    told = client.post(address, values)
    assert told.status_code == 200, Page(told).words
    token = told.context["effects"].token
    return Page(told), client.post(address, values | {"told": token})


def test_nothing_is_done_before_it_is_confirmed(people, signed_in):
    client = signed_in(people.branch)
    assert client.post(CLOSE, CLOSING).status_code == 200
    assert not HouseholdChange.objects.exists()
    client.post(CLOSE, CLOSING | {"told": "0" * 16})
    assert not HouseholdChange.objects.exists()
    client.post(CLOSE, CLOSING | {"back": "1"})
    assert not HouseholdChange.objects.exists()


def test_closing_tells_what_becomes_of_the_pairing_and_of_open_matters(people, signed_in):
    county.add_grievance(household=people.household, handler=people.cadre, title="水管漏水")
    county.add_grievance(household=people.household, closed_on="2026-02-01", title="早就办好")
    county.add_visit(people.cadre, people.household, "2026-06-10")
    page, answer = asked(signed_in(people.branch), CLOSE, CLOSING)
    assert page.statement == "确认销户：多吉户"
    assert "泽仁初的结对到 2026-06-01 为止" in page.words
    assert "全覆盖本户不再算在内" in page.words
    assert "还有 1 件诉求没办结" in page.words
    assert "水管漏水" in page.words
    assert "早就办好" not in page.words
    assert "2026-06-10 还有这一户的走访" in page.words
    assert (answer.status_code, answer["Location"]) == (302, "/households/HH-1/")
    people.household.refresh_from_db()
    assert str(people.household.closed_on) == "2026-06-01"


def test_what_changed_meanwhile_is_told_again_before_anything_is_done(people, signed_in):
    client = signed_in(people.branch)
    token = client.post(CLOSE, CLOSING).context["effects"].token
    county.add_grievance(household=people.household, title="刚刚登记的事")
    again = client.post(CLOSE, CLOSING | {"told": token})
    assert again.status_code == 200
    assert "刚才情况有变" in Page(again).words
    assert "刚刚登记的事" in Page(again).words
    assert not HouseholdChange.objects.exists()


def test_the_second_is_told_what_the_first_did(people, signed_in):
    first, second = signed_in(people.branch), signed_in(people.office)
    token = second.post(CLOSE, CLOSING).context["effects"].token
    asked(first, CLOSE, CLOSING)
    late = second.post(CLOSE, CLOSING | {"told": token})
    assert late.status_code == 422
    assert "扎西·卓玛 6月15日 10:00 已登记销户" in Page(late).words
    assert HouseholdChange.objects.count() == 1


def test_a_fault_is_beside_its_field_and_every_value_is_kept(people, signed_in):
    answer = signed_in(people.branch).post(CLOSE, {"on": "2026-06-16", "reason": "户内已没有人"})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors == {"on": ["不能填以后的日期，今天是 2026-06-15"]}
    assert (form["on"].value(), form["reason"].value()) == ("2026-06-16", "户内已没有人")


def test_a_closed_household_offers_only_the_way_back(people, signed_in):
    client = signed_in(people.branch)
    assert Page(client.get("/households/HH-1/reopen/")).statement == "多吉户没有销户，不用恢复"
    asked(client, CLOSE, CLOSING)
    assert Page(client.get(CLOSE)).statement == "多吉户已销户，不能销户"
    page = Page(client.get("/households/HH-1/"))
    assert "2026年6月1日 销户：销户" in page.words
    assert "恢复" in page.links
    assert "分户" not in page.links
    told, answer = asked(client, "/households/HH-1/reopen/", {"on": "2026-06-15", "reason": "登记错了户"})
    assert "不会自动恢复" in told.words
    assert answer.status_code == 302
    people.household.refresh_from_db()
    assert people.household.closed_on is None


def test_a_split_tells_who_will_hold_the_new_household(people, signed_in):
    split = MOVING_IN | {"left": "2", "is_party_member": "on"}
    page, answer = asked(signed_in(people.branch), "/households/HH-1/split/", split)
    assert "人口数 4 → 2" in page.words
    assert "从 2026-06-01 起也由泽仁初结对" in page.words
    assert answer["Location"] == "/households/HH-NEW/"
    new = Household.objects.get(code="HH-NEW")
    assert (new.is_party_member, new.is_hardship, new.people_count) == (True, False, 3)
    page = Page(signed_in(people.branch).get("/households/HH-NEW/"))
    assert "分户，从 多吉户 分出" in page.words
    assert "结对干部 泽仁初" in page.headings


def test_merging_shows_what_is_open_at_the_household_that_stays(people, signed_in):
    stays = county.add_household("卓玛", village=people.village, code="HH-9", people_count=3)
    county.pair(people.colleague, stays)
    matter = county.add_grievance(household=people.household, handler=people.cadre, title="水管漏水")
    client = signed_in(people.branch)
    assert client.get("/households/HH-1/merge/?into=HH-9").context["form"]["into"].value() == "HH-9"
    values = {"on": "2026-06-01", "into": "HH-9", "people_count": "7"}
    page, answer = asked(client, "/households/HH-1/merge/", values)
    assert "卓玛户 HH-9" in page.words
    assert "人口数 3 → 7" in page.words
    assert "在两户都能看到" in page.words
    assert answer["Location"] == "/households/HH-9/"
    for person in (people.branch, people.colleague):
        words = Page(signed_in(person).get("/households/HH-9/")).words
        assert f"{matter.number} · 其他" in words
        assert "并户前记在 多吉户" in words
    assert "并户，并入 卓玛户" in Page(client.get("/households/HH-1/")).words


def test_whoever_moves_a_household_out_of_reach_is_told_and_lands_on_the_list(people, signed_in):
    values = {
        "on": "2026-06-01",
        "where": "within",
        "village": people.other_village.code,
        "pairing": "ends",
    }
    page, answer = asked(signed_in(people.branch), "/households/HH-1/move-out/", values)
    assert "沙坝乡河坝村，户编码不变" in page.words
    assert "您可能看不到这一户" in page.words
    assert answer["Location"] == "/households/"


def test_moving_in_asks_what_the_workbook_asks_and_tells_of_twins(people, signed_in):
    client = signed_in(people.branch)
    form = client.get("/move-in/?village=513201200201").context["form"]
    assert form["village"].value() == "513201200201"
    page, answer = asked(client, "/move-in/", MOVING_IN)
    assert "没有结对干部的户" in page.words
    assert answer["Location"] == "/households/HH-NEW/"
    again = client.post("/move-in/", MOVING_IN | {"code": "HH-NEW2"})
    assert "可能是同一家人" in Page(again).words
    assert Page(again).links["白玛户"] == "/households/HH-NEW/"


def test_a_twin_in_another_village_is_told_without_its_name(people, signed_in):
    row = MOVING_IN | {"village": people.other_village.code}
    asked(signed_in(people.office), "/move-in/", row)
    page = Page(signed_in(people.branch).post("/move-in/", MOVING_IN | {"code": "HH-NEW2"}))
    assert "另一个村的一户" in page.words
    assert "HH-NEW " not in page.words


def test_moving_in_refuses_what_the_workbook_refuses(people, signed_in):
    wrong = MOVING_IN | {
        "code": "HH-1",
        "phone": "12",
        "id_number": "110105194912310020",
        "people_count": "0",
    }
    answer = signed_in(people.branch).post("/move-in/", wrong)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"phone", "id_number", "people_count"}
    right = MOVING_IN | {"code": "HH-1"}
    assert set(signed_in(people.branch).post("/move-in/", right).context["form"].errors) == {"code"}


def test_the_paired_cadre_changes_the_head_and_nothing_else(people, signed_in):
    client = signed_in(people.cadre)
    values = {"on": "2026-06-01", "new_head": "卓玛", "phone": "13912345678"}
    page, answer = asked(client, "/households/HH-1/head/", values)
    assert "多吉 → 卓玛" in page.words
    assert answer.status_code == 302
    words = Page(client.get("/households/HH-1/")).words
    assert "卓玛户" in words
    assert "13912345678" in words
    assert client.post(CLOSE, CLOSING).status_code == 404


def test_what_was_typed_goes_along_hidden(people, signed_in):
    answer = signed_in(people.branch).post("/move-in/", MOVING_IN | {"is_hardship": "on", "draft": "abc"})
    words = answer.content.decode()
    for name, value in MOVING_IN.items():
        assert f'name="{name}" value="{value}"' in words
    assert 'name="is_hardship" value="True"' in words
    assert 'name="draft" value="abc"' in words


def test_confirming_takes_no_more_queries_for_more_matters(people, signed_in):
    client = signed_in(people.branch)
    for _ in range(2):
        county.add_grievance(household=people.household, handler=people.cadre)
    client.post(CLOSE, CLOSING)
    with CaptureQueriesContext(connection) as few:
        client.post(CLOSE, CLOSING)
    for _ in range(48):
        county.add_grievance(household=people.household, handler=people.cadre)
    with CaptureQueriesContext(connection) as many:
        client.post(CLOSE, CLOSING)
    assert len(many) == len(few)
