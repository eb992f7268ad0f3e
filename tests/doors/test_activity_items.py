"""活动 by the phone's door: the page's own rules, and older phones' items are still taken (contract, section 10)."""

import uuid

import pytest

from tests import county
from visits.models import Activity, ProjectReview

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def send(client, **payload):
    item = {"id": str(uuid.uuid4()), "kind": "activity", "captured_at": "2026-06-15T09:00:00+08:00"}
    answer = client.post(
        "/api/sync/", {"items": [item | {"payload": payload}]}, content_type="application/json"
    )
    return answer.json()["results"][0]


def test_an_older_phones_item_is_taken_and_leads_to_its_page(people, signed_in):
    told = {"kind": "宣讲会", "day": "2026-06-14", "village": people.village.code, "topic": "医保"}
    result = send(signed_in(people.cadre), **told, cadres=people.cadre.code)
    assert result["status"] == "accepted"
    assert result["url"] == f"/activities/{Activity.objects.get().pk}/"


def test_what_the_page_asks_the_phone_may_say_too(people, signed_in):
    told = {"kind": "project_review", "day": "2026-06-14", "village": people.village.code, "topic": "回头看"}
    told |= {"project": "安全饮水", "checked": ["quality"], "fault": "漏水", "cadres": [people.cadre.code]}
    client = signed_in(people.cadre)
    assert send(client, **told)["errors"].keys() == {"plan", "plan_due_on"}
    assert send(client, **told, plan="换管", plan_due_on="2026-07-01")["status"] == "accepted"
    assert ProjectReview.objects.get().checked == ["quality"]


def test_a_heart_talk_of_one_and_a_self_check_are_rejected(people, signed_in):
    client = signed_in(people.cadre)
    own = {"day": "2026-06-14", "topic": "近况", "cadres": people.cadre.code}
    assert "cadres" in send(client, kind="heart_talk", **own)["errors"]
    assert "kind" in send(client, kind="self_check", **own)["errors"]
