"""The phone's engine against the real server: what was saved without a signal is there exactly once."""

import base64
import io
import uuid

import pytest
from PIL import Image
from playwright.sync_api import expect

from grievances.models import Grievance
from reports.pages import field
from tests import county
from tests.browser.phone_in_hand import PhoneInHand
from visits.models import Photo, Trip, Visit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def phone(browser, live_server, tmp_path, people, enter):
    field._release.cache_clear()
    phone = PhoneInHand(browser, live_server.url, tmp_path / "profile", server=None)
    enter(phone.page, people.cadre)
    phone.ready()
    yield phone
    phone.context.close()
    assert not phone.broken


def items_of(people, day="2026-06-15"):
    trip, visit, matter = (str(uuid.uuid4()) for _ in range(3))
    words = {"difficulties": "引水管冬天冻裂", "opinions": "无", "result": "met"}
    return [
        {
            "id": trip,
            "kind": "trip",
            "label": "河坝村",
            "payload": {"village": people.village.code, "begins_on": day, "ends_on": day},
        },
        {
            "id": visit,
            "kind": "visit",
            "label": "多吉户",
            "parents": [trip],
            "payload": {"household": people.household.code, "day": day, "trip": trip, **words},
        },
        {
            "id": matter,
            "kind": "grievance",
            "label": "引水管冬天冻裂",
            "parents": [visit],
            "payload": {
                "visit": visit,
                "household": people.household.code,
                "kind": "livelihood",
                "category": "饮水用电",
                "title": "引水管冬天冻裂",
                "content": "引水管冬天冻裂",
                "level": "village",
                "query_code": "7KQM24XWD0",
            },
        },
    ]


SAVE = """const { shrink } = await import("field/photos.js");
  const bytes = Uint8Array.from(atob(given.photo), (letter) => letter.charCodeAt(0));
  const blob = await shrink(new Blob([bytes], { type: "image/png" }));
  await store.save(given.items, [{ visit: given.items[1].id, blob }]);"""


def a_photo():
    file = io.BytesIO()
    Image.effect_noise((1800, 1200), 90).convert("RGB").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_saved_without_a_signal_closed_started_again_it_is_on_the_server_exactly_once(phone, people, enter):
    items = items_of(people)
    before = Visit.objects.count()
    phone.context.set_offline(True)
    phone.run(SAVE, {"items": items, "photo": a_photo()})
    phone.restart(offline=True)
    phone.status("没有信号 · 3 条待上传")
    enter(phone.page, people.cadre)
    phone.context.set_offline(False)
    phone.until_sent(*items)
    phone.status("全部已上传")
    assert Visit.objects.count() == before + 1
    assert Photo.objects.count() == 1
    matter = Grievance.objects.get(title="引水管冬天冻裂")
    sent = {item["id"]: item for item in phone.run("return await store.items();")}
    assert sent[items[2]["id"]]["number"] == matter.number
    # The phone never heard the answer and sends all of it again.
    phone.run(
        """const db = await new Promise((resolve) => {
             indexedDB.open("lianhu-field").onsuccess = (event) => resolve(event.target.result); });
           const tx = db.transaction(["items", "photos"], "readwrite");
           for (const name of ["items", "photos"]) tx.objectStore(name).getAll().onsuccess = (event) =>
             event.target.result.forEach((row) => tx.objectStore(name).put({ ...row, state: "waiting" }));
           await new Promise((resolve) => { tx.oncomplete = resolve; });
           db.close();"""
    )
    phone.page.reload()
    phone.until_sent(*items)
    phone.status("全部已上传")
    assert (Visit.objects.count(), Photo.objects.count(), Grievance.objects.count()) == (before + 1, 1, 1)


def test_a_refusal_of_the_real_rules_is_shown_beside_its_field(phone, people):
    other = county.add_household("别人的户", village=people.village)
    _, visit, _ = items_of(people)
    visit["payload"] |= {"household": other.code, "trip": None}
    phone.save(visit | {"parents": []})
    phone.status("1 条被退回")
    expect(phone.page.get_by_role("link", name="改").first).to_be_visible()


def test_the_session_ends_and_nothing_is_lost(phone, people, enter):
    phone.context.clear_cookies()
    trip, *_ = items_of(people)
    phone.save(trip)
    phone.status("登录已过期 · 1 条待上传")
    assert not Trip.objects.filter(begins_on="2026-06-15").exists()
    enter(phone.page, people.cadre)
    phone.send()
    phone.until_sent(trip)


def test_another_person_signs_in_and_nothing_of_the_first_is_sent_or_seen(phone, people, enter):
    trip, *_ = items_of(people)
    phone.context.set_offline(True)
    phone.save(trip)
    phone.context.clear_cookies()
    enter(phone.page, people.colleague)
    phone.context.set_offline(False)
    phone.page.wait_for_selector("text=这部手机上还有别人的 1 条没有上传")
    assert not Trip.objects.filter(begins_on="2026-06-15").exists()
    assert people.household.head_name not in phone.page.locator("body").inner_text()
    phone.context.clear_cookies()
    enter(phone.page, people.cadre)
    phone.page.reload()
    phone.page.wait_for_selector(f"[data-item='{trip['id']}']")
    phone.until_sent(trip)
    assert Trip.objects.get(begins_on="2026-06-15").cadre == people.cadre
