"""What the phone keeps and sends (contract, section 3, offline), against a server that answers as a test wants."""

import datetime
import json
import uuid

import pytest
from playwright.sync_api import expect

from reports.pages import field
from tests.browser.phone_in_hand import PhoneInHand

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

A, B = (12, "泽仁初", "P1-cadre"), (13, "罗尔依", "P1-colleague")
HOME = {
    "code": "H1",
    "head_name": "陈试填",
    "village": "513201200201",
    "village_name": "样坪村",
    "group": "二组",
    "people_count": 4,
    "kind_label": "农村户",
    "marks": [],
    "phone": "13800000001",
    "id_number": "513***",
    "address": "",
    "income_sources": "务农",
    "hardship_reason": "",
    "covered_for": "",
    "cadre": "P1-cadre",
    "paired_from": "2026-01-01",
    "paired_until": None,
    "last_visit": None,
    "matters": [],
    "questions": [],
}


@pytest.fixture
def profile(tmp_path):
    """For a test that closes the browser and starts it again."""
    return tmp_path / "profile"


@pytest.fixture
def phone(browser, live_server, request):
    # A file that a developer changed during the run is a new release.
    field._release.cache_clear()
    folder = request.getfixturevalue("profile") if "profile" in request.fixturenames else None
    phone = PhoneInHand(browser, live_server.url, folder)
    phone.server.sign_in(*A, households=[HOME])
    yield phone
    phone.context.close()
    assert not phone.broken


def visit(number=None, *, trip=None, day="2026-06-15", words="无"):
    payload = {"household": "H1", "day": day, "result": "met", "difficulties": words, "opinions": "无"}
    parents = []
    if trip:
        payload["trip"], parents = trip, [trip]
    return {
        "id": number or str(uuid.uuid4()),
        "kind": "visit",
        "payload": payload,
        "parents": parents,
        "label": "陈试填户",
        "note": "样坪村二组",
    }


@pytest.mark.usefixtures("profile")
def test_saved_without_a_signal_it_outlives_the_browser_and_is_sent_once(phone):
    phone.ready()
    phone.context.set_offline(True)
    phone.status("没有信号")
    one = visit()
    phone.save(one, photos=[{"id": str(uuid.uuid4()), "visit": one["id"], "size": 150_000}])
    phone.status("没有信号 · 1 条待上传")
    phone.restart(offline=True)
    phone.status("没有信号 · 1 条待上传")
    expect(phone.page.locator("h1")).to_have_text("1 条待上传")
    assert phone.server.items == {}
    phone.context.set_offline(False)
    phone.status("全部已上传")
    assert list(phone.server.items) == [one["id"]]
    assert [len(kept) for kept in phone.server.photos.values()] == [150_000]


def trip(number=None):
    payload = {"village": "513201200201", "begins_on": "2026-06-15", "ends_on": "2026-06-16"}
    return {
        "id": number or str(uuid.uuid4()),
        "kind": "trip",
        "payload": payload,
        "parents": [],
        "label": "样坪村",
        "note": "",
    }


def matter(of, title="引水管冬天冻裂"):
    payload = {"visit": of, "kind": "livelihood", "title": title, "query_code": "7KQM24XWD0"}
    return {
        "id": str(uuid.uuid4()),
        "kind": "grievance",
        "payload": payload,
        "parents": [of],
        "label": title,
        "note": "",
    }


def test_the_pages_open_without_one_request(phone):
    phone.ready()
    answers = []
    phone.context.set_offline(True)
    page = phone.context.new_page()
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/field/#/queue")
    page.wait_for_selector("h1:has-text('全部已上传')")
    assert len(answers) > 5
    assert all(answer.from_service_worker for answer in answers)


def test_the_cache_holds_no_answer_with_somebodys_data(phone):
    phone.ready()
    phone.page.evaluate("fetch('/login/').then((answer) => answer.text())")
    kept = phone.page.evaluate(
        """caches.keys().then(async (names) => [names, (await (await caches.open(names[0])).keys())
             .map((request) => new URL(request.url).pathname)])"""
    )
    assert len(kept[0]) == 1
    strange = [path for path in kept[1] if not path.startswith(("/static/", "/field/"))]
    assert not strange
    assert "/field/" in kept[1]


def test_an_answer_lost_after_the_server_took_it_makes_one_visit(phone):
    phone.ready()
    phone.server.lost = 1
    one = visit()
    phone.save(one)
    phone.status("没有信号 · 1 条待上传")
    assert one["id"] in phone.server.items
    phone.send()
    phone.status("全部已上传")
    assert phone.states() == {one["id"]: "sent"}
    assert [each[1] for each in phone.server.syncs()] == [[one["id"]]] * 2


def test_a_rejected_item_stays_with_its_reason_holds_nobody_up_and_can_be_mended(phone):
    phone.ready()
    phone.context.set_offline(True)
    bad, good = visit(), visit(day="2026-06-14")
    child = matter(bad["id"])
    phone.server.refuse[bad["id"]] = {"day": ["走访日期不能晚于今天"]}
    phone.save(bad, child, good)
    phone.context.set_offline(False)
    phone.status("1 条待上传 · 1 条被退回")
    assert phone.states() == {bad["id"]: "refused", good["id"]: "sent", child["id"]: "waiting"}
    expect(phone.page.locator("main")).to_contain_text("走访日期：走访日期不能晚于今天")
    expect(phone.page.locator("main")).to_contain_text("等被退回的走访改好")
    sent = [number for _, ids, _ in phone.server.syncs() for number in ids]
    phone.send()
    assert [number for _, ids, _ in phone.server.syncs() for number in ids] == sent, "asked again in vain"
    phone.server.refuse.clear()
    phone.save(visit(bad["id"], day="2026-06-13"))
    phone.until_sent(bad, child)
    phone.status("全部已上传")
    assert phone.server.items[bad["id"]]["day"] == "2026-06-13"
    assert child["id"] in phone.server.items


def test_parents_go_first_and_what_waits_goes_on_waiting(phone):
    phone.ready()
    phone.context.set_offline(True)
    stay = trip()
    seen = visit(trip=stay["id"])
    asked = matter(seen["id"])
    phone.save(asked)
    phone.save(seen)
    phone.save(stay)
    phone.context.set_offline(False)
    phone.status("全部已上传")
    assert phone.server.syncs()[0][1] == [stay["id"], seen["id"], asked["id"]]
    late = visit(trip=str(uuid.uuid4()))
    phone.save(late)
    phone.status("1 条待上传")
    assert phone.states()[late["id"]] == "waiting"


def html(status):
    return lambda route, path: (
        path == "api/sync/"
        and (route.fulfill(status=status, content_type="text/html", body="<html>请先登录网络</html>") or True)
    )


def busy(route, path):
    if path != "api/sync/":
        return False
    route.fulfill(status=429, headers={"Retry-After": "120"}, content_type="application/json", body="{}")
    return True


def cut(route, path):
    if path != "api/sync/":
        return False
    route.abort("connectionreset")
    return True


def half(route, path):
    if path != "api/sync/":
        return False
    route.fulfill(status=200, content_type="application/json", body='{"epoch": "x", "resu')
    return True


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        (html(200), "网络要先登录 · 1 条待上传"),
        (html(502), "服务器正忙 · 1 条待上传"),
        (html(504), "服务器正忙 · 1 条待上传"),
        (busy, "服务器正忙 · 1 条待上传"),
        (cut, "没有信号 · 1 条待上传"),
        (half, "没有信号 · 1 条待上传"),
    ],
    ids=["portal", "502", "504", "429", "reset", "half"],
)
def test_any_other_answer_leaves_all_as_it_was(phone, instead, words):
    phone.ready()
    phone.server.instead = instead
    one = visit()
    phone.save(one)
    phone.status(words)
    assert phone.states() == {one["id"]: "waiting"}
    phone.server.instead = None
    phone.send()
    if instead is busy:
        assert phone.states() == {one["id"]: "waiting"}, "before the server said so"
        expect(phone.page.get_by_role("button", name="现在上传")).to_be_disabled()
        return
    phone.status("全部已上传")
    assert list(phone.server.items) == [one["id"]]


def test_an_answer_that_does_not_name_the_item_does_not_make_it_sent(phone):
    phone.ready()

    def other(route, path):
        if path != "api/sync/":
            return False
        results = [{"id": str(uuid.uuid4()), "status": "accepted"}]
        body = json.dumps({"epoch": phone.server.epoch, "results": results})
        route.fulfill(status=200, content_type="application/json", body=body)
        return True

    phone.server.instead = other
    one = visit()
    phone.save(one)
    phone.status("1 条待上传")
    assert phone.states() == {one["id"]: "waiting"}


def test_too_much_for_one_request_is_sent_in_halves(phone):
    phone.ready()
    phone.context.set_offline(True)

    def small(route, path):
        body = json.loads(route.request.post_data) if path == "api/sync/" else {"items": []}
        if len(body["items"]) <= 10:
            return False
        route.fulfill(status=413, content_type="text/html", body="<h1>413</h1>")
        return True

    phone.server.instead = small
    phone.save(*(visit() for _ in range(40)))
    phone.context.set_offline(False)
    phone.status("全部已上传")
    assert len(phone.server.items) == 40


def test_one_poisoned_item_holds_nobody_up(phone):
    phone.ready()
    phone.context.set_offline(True)
    good = [visit() for _ in range(9)]
    bad = visit(words="毒")

    def breaks(route, path):
        if path != "api/sync/" or "毒" not in str(json.loads(route.request.post_data)):
            return False
        route.fulfill(status=500, content_type="text/html", body="<h1>500</h1>")
        return True

    phone.server.instead = breaks
    phone.save(*good[:4], bad, *good[4:])
    phone.context.set_offline(False)
    phone.until_sent(*good)
    phone.status("服务器正忙 · 1 条待上传")
    assert phone.states()[bad["id"]] == "waiting"


def test_five_hundred_items_are_drained_in_at_most_ten_requests(phone):
    phone.ready()
    phone.context.set_offline(True)
    phone.save(*(visit(words="水管冻裂，" * 40) for _ in range(500)))
    phone.status("没有信号 · 500 条待上传")
    phone.server.asked.clear()
    phone.context.set_offline(False)
    phone.status("全部已上传")
    assert len(phone.server.items) == 500
    assert len(phone.server.asked) <= 10
    assert max(len(ids) for _, ids, _ in phone.server.syncs()) <= 100


def test_two_windows_do_not_send_the_same(phone):
    phone.ready()
    other = phone.context.new_page()
    other.goto("/field/#/queue")
    other.wait_for_selector("h1")
    phone.context.set_offline(True)
    phone.save(*(visit() for _ in range(20)))
    phone.context.set_offline(False)
    phone.status("全部已上传")
    other.wait_for_selector("h1:has-text('全部已上传')")
    assert sorted(number for _, ids, _ in phone.server.syncs() for number in ids) == sorted(
        phone.server.items
    )


@pytest.mark.usefixtures("profile")
def test_an_expired_sign_in_loses_nothing_and_says_where_to_sign_in(phone):
    phone.ready()
    user, phone.server.user = phone.server.user, None
    one = visit()
    phone.save(one)
    phone.status("登录已过期 · 1 条待上传")
    link = phone.page.get_by_role("link", name="登录")
    assert link.get_attribute("href") == "/login/?next=%2Ffield%2F%23%2Fqueue"
    phone.restart()
    phone.status("登录已过期 · 1 条待上传")
    assert phone.states() == {one["id"]: "waiting"}
    phone.server.user = user
    phone.send()
    phone.status("全部已上传")
    assert list(phone.server.items) == [one["id"]]


@pytest.mark.usefixtures("profile")
def test_another_persons_queue_is_a_count_and_goes_only_under_its_author(phone):
    phone.ready()
    phone.context.set_offline(True)
    mine = visit(words="只给泽仁初看的话")
    phone.save(mine, visit(day="2026-06-14"))
    phone.server.sign_in(*B)
    phone.context.set_offline(False)
    phone.page.wait_for_selector("text=这部手机上还有别人的 2 条没有上传")
    words = phone.page.locator("body").inner_text()
    assert "陈试填" not in words
    assert "泽仁初" not in words
    assert phone.run("return [await store.items(), store.snapshot().households];") == [[], []]
    assert phone.server.items == {}
    theirs = visit()
    phone.save(theirs)
    phone.until_sent(theirs)
    phone.status("全部已上传")
    assert list(phone.server.items) == [theirs["id"]]
    kept = phone.page.evaluate(
        """new Promise((resolve) => { indexedDB.open("lianhu-field").onsuccess = (event) => {
             event.target.result.transaction("users").objectStore("users").getAll().onsuccess = (found) =>
               resolve(found.target.result.map((row) => [row.id, row.snapshot !== null])); } })"""
    )
    assert kept == [[12, False], [13, True]], "the copy of A's households is gone"
    phone.server.sign_in(*A, households=[HOME])
    phone.restart()
    phone.page.wait_for_selector(f"[data-item='{mine['id']}']")
    phone.status("全部已上传")
    assert mine["id"] in phone.server.items
    assert phone.server.items[mine["id"]]["difficulties"] == "只给泽仁初看的话"
    authors = {number: body["author"] for _, ids, body in phone.server.syncs() for number in ids}
    assert authors[mine["id"]] == "P1-cadre"
    assert authors[theirs["id"]] == "P1-colleague"


def test_a_screen_that_a_opened_never_saves_as_b(phone):
    phone.ready()
    code = """const db = await new Promise((resolve) => {
                indexedDB.open("lianhu-field").onsuccess = (event) => resolve(event.target.result); });
              const tx = db.transaction("meta", "readwrite"); tx.objectStore("meta").put(13, "owner");
              await new Promise((resolve) => { tx.oncomplete = resolve; }); db.close();
              return await store.save([given]).then(() => "saved", (error) => error.name);"""
    assert phone.run(code, visit()) == "StoreClosed"


def test_what_a_left_is_neither_shown_to_b_nor_written_in_before_the_server_can_be_asked(phone):
    phone.ready()
    phone.open("#/")
    expect(phone.page.locator("main")).to_contain_text("陈试填")
    # B signs in on this phone, and then the line is gone.
    phone.server.instead = lambda route, path: route.abort() or True
    phone.context.add_cookies([{"name": "signed_in", "value": str(B[0]), "url": phone.page.url}])
    code = "return await store.save([given], []).then(() => 'saved', (error) => error.name);"
    with phone.page.expect_navigation():
        assert phone.run(code, visit()) == "StoreClosed"
    phone.open("#/queue")
    assert "陈试填" not in phone.page.locator("body").inner_text()
    assert phone.run("return store.who();") is None
    # A signs in again and finds everything.
    phone.context.add_cookies([{"name": "signed_in", "value": str(A[0]), "url": phone.page.url}])
    phone.page.reload()
    phone.open("#/")
    expect(phone.page.locator("main")).to_contain_text("陈试填")


@pytest.mark.usefixtures("profile")
def test_a_photo_goes_in_small_parts_and_resumes_where_it_broke_off(phone):
    phone.ready()
    phone.context.set_offline(True)
    one, number = visit(), str(uuid.uuid4())
    phone.save(one, photos=[{"id": number, "visit": one["id"], "size": 200_000}])
    parts, broken = 0, True

    def breaks(route, path):
        nonlocal parts
        parts += path.startswith("api/photos/")
        if parts >= 3 and broken and path.startswith("api/photos/"):
            route.abort("connectionreset")
            return True
        return False

    phone.server.instead = breaks
    phone.context.set_offline(False)
    phone.status("没有信号 · 1 张照片待上传")
    phone.server.lost = 1
    broken = False
    phone.send()
    phone.restart()
    phone.status("全部已上传")
    parts_sent = [(each[2], each[3]) for each in phone.server.asked if each[0] == "photo"]
    offsets = [offset for offset, _ in parts_sent]
    assert len(phone.server.photos[number]) == 200_000
    assert max(length for _, length in parts_sent) <= 65_536
    assert offsets == sorted(offsets), "never from the beginning again"
    assert offsets.count(0) == 1
    assert set(offsets) == {0, 65_536, 131_072, 196_608}


def test_a_refused_photo_is_said_and_holds_nothing_up(phone):
    phone.ready()

    def no_photo(route, path):
        if not path.startswith("api/photos/"):
            return False
        body = json.dumps({"errors": ["这个文件不是照片"]})
        route.fulfill(status=422, content_type="application/json", body=body)
        return True

    phone.server.instead = no_photo
    one = visit()
    phone.save(one, photos=[{"id": str(uuid.uuid4()), "visit": one["id"], "size": 10}])
    phone.page.wait_for_selector("text=一张照片没有收：这个文件不是照片")
    phone.status("全部已上传")


def test_after_a_restore_the_phone_sends_again_what_the_backup_lacks(phone):
    phone.ready()
    old, new = visit(), visit(day="2026-06-14")
    picture = str(uuid.uuid4())
    phone.save(old, new, photos=[{"id": picture, "visit": new["id"], "size": 100}])
    phone.until_sent(old, new)
    phone.page.wait_for_selector("text=照片待上传", state="detached")
    phone.run(SENT_DAYS_AGO, [old["id"], 15])
    phone.server.items.clear()
    phone.server.photos.clear()
    phone.server.epoch = str(uuid.uuid4())
    phone.run("await sender.sendNow({ refresh: true });")
    phone.until_sent(new)
    phone.status("全部已上传")
    assert list(phone.server.items) == [new["id"]]
    assert len(phone.server.photos[picture]) == 100


SENT_DAYS_AGO = """const [id, days] = given;
  const db = await new Promise((resolve) => {
    indexedDB.open("lianhu-field").onsuccess = (event) => resolve(event.target.result); });
  const tx = db.transaction("items", "readwrite");
  tx.objectStore("items").get(id).onsuccess = (event) =>
    tx.objectStore("items").put({ ...event.target.result, sent_at: Date.now() - days * 86400000 });
  await new Promise((resolve) => { tx.oncomplete = resolve; });
  db.close();"""


@pytest.mark.usefixtures("profile")
def test_accepted_items_and_the_copy_of_the_households_go_after_fourteen_days(phone):
    phone.ready()
    sent, waiting = visit(), visit(day="2026-06-14")
    phone.save(sent)
    phone.until_sent(sent)
    phone.context.set_offline(True)
    phone.save(waiting)
    phone.run("await store.prune(Date.now() + 13.9 * 86400000);")
    assert set(phone.states()) == {sent["id"], waiting["id"]}
    phone.run("await store.prune(Date.now() + 14.1 * 86400000);")
    assert phone.states() == {waiting["id"]: "waiting"}
    phone.restart(offline=True)
    assert phone.run("return [store.snapshot(), store.who().name];") == [None, "泽仁初"]
    phone.status("没有信号 · 1 条待上传")
    phone.context.set_offline(False)
    phone.status("全部已上传")


def test_what_changed_on_its_way_is_not_taken_for_sent(phone):
    phone.ready()
    one = visit(words="先写的")

    def mended_meanwhile(route, path):
        if path == "api/sync/":
            phone.server.instead = None
            phone.run("await store.save([given]);", visit(one["id"], words="后改的"))
        return False

    phone.context.set_offline(True)
    phone.save(one)
    phone.server.instead = mended_meanwhile
    phone.context.set_offline(False)
    phone.status("1 条被退回")
    expect(phone.page.locator("main")).to_contain_text("内容不同")
    assert phone.run("return (await store.items())[0].payload.difficulties;") == "后改的"


def test_a_full_phone_is_told_at_once_and_keeps_what_was_there(phone):
    phone.ready()
    phone.context.set_offline(True)
    one = visit()
    phone.save(one)
    # What Chromium answers when the disk is full, at the worst moment: the text is written, the photo is not.
    code = """const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...words) {
        if (this.name === "bytes") throw new DOMException("", "QuotaExceededError");
        return put.apply(this, words);
      };
      const photos = [{ visit: given.id, blob: new Blob(["x"]) }];
      return await store.save([given], photos).then(() => "saved", (error) => error.name);"""
    assert phone.run(code, visit(day="2026-06-14")) == "StoreFull"
    assert list(phone.states()) == [one["id"]]


def test_a_phone_that_keeps_nothing_says_so(phone):
    phone.context.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); };"
    )
    phone.page.goto("/field/")
    phone.status("这部手机现在存不了内容")
    expect(phone.page.locator("main")).to_contain_text("无痕模式")
    assert (
        phone.run("return await store.save([given]).catch((error) => error.name);", visit()) == "StoreClosed"
    )


@pytest.mark.usefixtures("profile")
def test_the_queue_is_saved_to_a_file_and_read_back_without_doubling(phone, tmp_path):
    phone.ready()
    phone.context.set_offline(True)
    one, two = visit(), visit(day="2026-06-14")
    phone.save(one, two, photos=[{"id": str(uuid.uuid4()), "visit": one["id"], "size": 5000}])
    with phone.page.expect_download() as download:
        phone.page.get_by_role("button", name="存成文件").click()
    file = tmp_path / "queue.json"
    download.value.save_as(file)
    phone.page.set_input_files("#queue-file", file)
    phone.page.wait_for_selector("text=读回 0 条，另有 2 条手机里已经有。")
    phone.run(EMPTIED)
    phone.restart(offline=False)
    phone.page.set_input_files("#queue-file", file)
    phone.page.wait_for_selector("text=读回 2 条。")
    phone.status("全部已上传")
    assert set(phone.server.items) == {one["id"], two["id"]}
    assert list(phone.server.photos.values()) == [bytes([7]) * 5000]
    phone.server.sign_in(*B)
    phone.restart()
    phone.until_here(B[0])
    phone.page.wait_for_selector("h1:has-text('全部已上传')")
    phone.page.set_input_files("#queue-file", file)
    phone.page.wait_for_selector("text=这个文件是别人存的")
    assert phone.states() == {}
    file.write_text(
        '{"format": "lianhu-queue", "version": 1, "owner": {"id": 13}, "items": [{"id": "<b>"}], "photos": []}'
    )
    phone.page.set_input_files("#queue-file", file)
    phone.page.wait_for_selector("text=这个文件不是从这里存的")


EMPTIED = """const db = await new Promise((resolve) => {
    indexedDB.open("lianhu-field").onsuccess = (event) => resolve(event.target.result); });
  const tx = db.transaction(["items", "photos", "bytes"], "readwrite");
  for (const name of ["items", "photos", "bytes"]) tx.objectStore(name).clear();
  await new Promise((resolve) => { tx.oncomplete = resolve; });
  db.close();"""


def test_the_office_hears_how_many_wait_and_how_old_they_are(phone):
    phone.ready()
    bad = visit()
    phone.server.refuse[bad["id"]] = {"day": ["走访日期不能晚于今天"]}
    phone.save(bad)
    phone.status("1 条被退回")
    while len(phone.server.syncs()) < 2:
        phone.page.wait_for_timeout(50)
    first, second = phone.server.syncs()
    assert first[1] == [bad["id"]]
    assert (first[2]["phone"]["waiting"], first[2]["phone"]["refused"]) == (0, 0), "if it is taken"
    assert second[1] == [], "it was not: the office hears so"
    assert (second[2]["phone"]["waiting"], second[2]["phone"]["refused"]) == (0, 1)
    told = len(phone.server.syncs())
    phone.send()
    assert len(phone.server.syncs()) == told, "once an hour is enough"
    phone.page.clock.install(time=datetime.datetime.now() + datetime.timedelta(hours=2))
    phone.send()
    _, ids, body = phone.server.syncs()[-1]
    assert ids == []
    assert body["phone"]["waiting"] == 0
    assert body["phone"]["refused"] == 1
    assert body["phone"]["oldest"]


@pytest.mark.usefixtures("profile")
def test_work_that_waits_for_days_is_said(phone):
    phone.ready()
    phone.context.set_offline(True)
    phone.save(visit())
    phone.page.clock.install(time=datetime.datetime.now() + datetime.timedelta(days=3, hours=1))
    phone.restart(offline=True)
    phone.page.clock.install(time=datetime.datetime.now() + datetime.timedelta(days=3, hours=1))
    phone.open("#/queue")
    phone.page.reload()
    phone.page.wait_for_selector("text=最早的一条在手机里 3 天了")


def test_every_state_of_the_queue_page_is_clean(phone, clean):
    phone.ready()
    clean(phone.page)
    phone.context.set_offline(True)
    bad, stay = visit(), trip()
    seen = visit(trip=stay["id"])
    phone.server.refuse[bad["id"]] = {
        "household": ["6月15日您还没有和这户结对。替同事去的，请标为代访并写理由"]
    }
    phone.server.wait = {stay["id"]}
    phone.save(
        bad,
        stay,
        seen,
        matter(seen["id"]),
        photos=[{"id": str(uuid.uuid4()), "visit": seen["id"], "size": 9}],
    )
    phone.status("没有信号 · 4 条待上传")
    clean(phone.page)
    phone.context.set_offline(False)
    phone.status("3 条待上传 · 1 条被退回")
    expect(phone.page.locator("h1")).to_contain_text("1 条被退回")
    assert phone.page.locator("h1").inner_text().split("\n") == ["3 条待上传，", "1 条被退回"]
    assert (
        phone.page.get_by_role("link", name="标为代访").get_attribute("href") == f"#/edit/{bad['id']}/proxy"
    )
    clean(phone.page)
    phone.page.set_viewport_size({"width": 320, "height": 700})
    clean(phone.page)
    assert not phone.page.get_by_role("button", name="删").count()
