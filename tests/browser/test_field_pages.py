"""The field pages around the queue: releases, signing in and out, photos, who is a stranger here."""

import base64
import dataclasses
import hashlib
import io
import json
import uuid

import pytest
from PIL import Image
from playwright.sync_api import expect

from reports.pages import field
from tests.browser.conftest import PASSWORD
from tests.browser.phone_in_hand import PhoneInHand

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

A = (12, "泽仁初", "P1-cadre")


@pytest.fixture
def phone(browser, live_server):
    field._release.cache_clear()
    phone = PhoneInHand(browser, live_server.url)
    phone.server.sign_in(*A)
    yield phone
    phone.context.close()
    field._release.cache_clear()
    assert not phone.broken


def a_visit(day="2026-06-15"):
    return {
        "id": str(uuid.uuid4()),
        "kind": "visit",
        "label": "陈试填户",
        "parents": [],
        "payload": {"household": "H1", "day": day, "difficulties": "无", "opinions": "无"},
    }


def release_with(monkeypatch, title, *, broken=False):
    """From now on the server is a release whose pages have this title; broken: it serves other files than it says."""
    old = field._release.__wrapped__()
    shell = old.shell.replace("<title>走访", f"<title>{title}")
    about, source = old.worker.split("\n", 1)
    known = json.loads(about.removeprefix("self.FIELD = ").removesuffix(";"))
    known["assets"]["/field/"] = hashlib.sha256((shell + "!" * broken).encode()).hexdigest()
    known["version"] = title
    worker = f"self.FIELD = {json.dumps(known)};\n{source}"
    new = dataclasses.replace(old, shell=shell, worker=worker, version=title)
    monkeypatch.setattr(field, "release_now", lambda: new)


UPDATED = """navigator.serviceWorker.getRegistration().then(async (registration) => {
  await registration.update();
  const coming = registration.installing;
  if (coming) await new Promise((resolve) => coming.addEventListener("statechange", () =>
    coming.state !== "installing" && resolve()));
  return [Boolean(registration.waiting), await caches.keys()];
})"""
SHELL_KEPT = "caches.match('/field/').then((answer) => answer.text())"


def test_a_new_release_waits_while_a_form_is_open_and_then_comes_whole(phone, monkeypatch):
    phone.ready()
    # A form on the screen, as the visit's.
    phone.page.evaluate("document.getElementById('main').append(document.createElement('form'))")
    release_with(monkeypatch, "第二版")
    waiting, caches = phone.page.evaluate(UPDATED)
    assert waiting
    assert len(caches) == 2
    phone.page.wait_for_timeout(500)
    assert "第二版" not in phone.page.evaluate(
        "fetch('/field/').then(() => caches.match('/field/')).then((a) => a.text())"
    )
    # The form is left.
    with phone.page.expect_event("load"):
        phone.page.evaluate("window.location.hash = '#/queue?'")
    phone.page.wait_for_selector("h1")
    assert "第二版" in phone.page.evaluate(SHELL_KEPT)
    assert phone.page.evaluate("caches.keys()") == ["field-第二版"]
    phone.context.set_offline(True)
    phone.open()
    phone.status("没有信号")


def test_a_form_in_another_window_holds_the_release_back_too(phone, monkeypatch):
    phone.ready()
    other = phone.context.new_page()
    other.goto("/field/#/queue")
    other.wait_for_selector("h1")
    other.evaluate("document.getElementById('main').append(document.createElement('form'))")
    release_with(monkeypatch, "第二版")
    assert phone.page.evaluate(UPDATED)[0]
    phone.page.wait_for_timeout(1000)
    assert phone.page.evaluate(
        "navigator.serviceWorker.getRegistration().then((found) => Boolean(found.waiting))"
    )


def test_files_of_another_release_are_never_kept(phone, monkeypatch):
    phone.ready()
    release_with(monkeypatch, "第二版", broken=True)
    waiting, _ = phone.page.evaluate(UPDATED)
    assert not waiting
    assert "第二版" not in phone.page.evaluate(SHELL_KEPT)
    phone.context.set_offline(True)
    phone.open()
    phone.status("没有信号")


def test_a_redirect_or_an_error_page_in_a_files_place_is_never_kept(phone, monkeypatch):
    phone.ready()
    release_with(monkeypatch, "第二版")
    monkeypatch.setattr(field, "_manifest", lambda: {"name": "登录"})
    waiting, _ = phone.page.evaluate(UPDATED)
    assert not waiting


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_very_page(phone, people):
    people.cadre.user.set_password(PASSWORD)
    people.cadre.user.save()
    phone.server.user = None
    phone.open("#/queue")
    phone.status("还没有登录")
    phone.page.get_by_role("link", name="登录", exact=True).click()
    phone.page.wait_for_url("**/login/**")
    phone.server.sign_in(people.cadre.user.pk, "泽仁初", people.cadre.code)
    phone.page.get_by_label("工号").fill(people.cadre.code)
    phone.page.get_by_label("密码").fill(PASSWORD)
    phone.page.get_by_role("button", name="登录").click()
    phone.page.wait_for_url("**/field/#/queue")
    phone.status("全部已上传")


def test_signing_out_asks_when_work_waits_keeps_the_queue_and_removes_the_copy(phone, people, enter, clean):
    enter(phone.page, people.cadre)
    phone.server.sign_in(people.cadre.user.pk, "泽仁初", people.cadre.code)
    phone.ready()
    phone.run("await store.keepDraft('visit:H1', { difficulties: '写了一半' });")
    phone.server.instead = lambda route, path: route.abort() or True
    phone.save(a_visit())
    phone.page.goto("/me/")
    phone.page.get_by_role("button", name="退出").click()
    dialog = phone.page.get_by_role("dialog")
    expect(dialog).to_contain_text("还有 2 条没有上传或没有写完")
    clean(phone.page)
    dialog.get_by_role("button", name="先不退出").click()
    assert "/me/" in phone.page.url
    phone.page.get_by_role("button", name="退出").click()
    phone.page.get_by_role("dialog").get_by_role("button", name="仍然退出").click()
    phone.page.wait_for_url("**/login/")
    phone.server.user, phone.server.instead = None, None
    phone.open("#/queue")
    phone.status("还没有登录")
    phone.page.wait_for_selector("text=这部手机上有 1 条没有上传，写的人登录后自动上传。")
    assert "陈试填" not in phone.page.locator("body").inner_text()
    kept = phone.page.evaluate(KEPT)
    assert kept == {"users": [None], "drafts": 1, "items": 1}
    # Signing in changes the token.
    phone.context.add_cookies([{"name": "csrftoken", "value": "n" * 32, "url": phone.page.url}])
    phone.server.sign_in(people.cadre.user.pk, "泽仁初", people.cadre.code)
    phone.page.reload()
    phone.status("全部已上传")
    assert len(phone.server.items) == 1


KEPT = """new Promise((resolve) => { indexedDB.open("lianhu-field").onsuccess = (event) => {
  const tx = event.target.result.transaction(["users", "drafts", "items"]);
  const all = (name) => new Promise((found) => {
    tx.objectStore(name).getAll().onsuccess = (each) => found(each.target.result); });
  Promise.all([all("users"), all("drafts"), all("items")]).then(([users, drafts, items]) =>
    resolve({ users: users.map((user) => user.snapshot), drafts: drafts.length, items: items.length })); } })"""


def test_signing_out_where_the_field_pages_were_never_opened_just_signs_out(phone, people, enter):
    enter(phone.page, people.cadre)
    phone.page.goto("/me/")
    phone.page.get_by_role("button", name="退出").click()
    phone.page.wait_for_url("**/login/")
    assert phone.page.evaluate("indexedDB.databases()") == []


SHRUNK = """async ({ text, type }) => {
  const { shrink } = await import("field/photos.js");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  try {
    const small = await shrink(new Blob([bytes], { type }));
    const reader = new FileReader();
    reader.readAsDataURL(small);
    await new Promise((resolve) => { reader.onload = resolve; });
    return { text: reader.result.split(",")[1], type: small.type };
  } catch (error) { return { reason: error.message }; }
}"""


def shrunk(phone, content, type_="image/jpeg"):
    answer = phone.page.evaluate(SHRUNK, {"text": base64.b64encode(content).decode(), "type": type_})
    if "reason" in answer:
        return answer["reason"]
    assert answer["type"] == "image/jpeg"
    return Image.open(io.BytesIO(base64.b64decode(answer["text"])))


def picture(format_, size=(3000, 2000), **options):
    file = io.BytesIO()
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    image.save(file, format_, **options)
    return file.getvalue()


def test_photos_are_shrunk_upright_with_time_and_place_and_nothing_else(phone):
    phone.open()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A phone that names itself"
    exif.get_ifd(0x8769)[0x9003] = "2026:06:15 09:30:00"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (30.0, 20.0, 1.5), 3: "E", 4: (101.0, 5.0, 0.0), 29: "2026:06:15"}
    )
    small = shrunk(phone, picture("JPEG", exif=exif))
    assert small.size == (1067, 1600)
    # Turned by a quarter: the red corner is now on the right.
    assert small.getpixel((1000, 100))[0] > 200
    assert small.getpixel((1000, 100))[1] < 80
    kept = small.getexif()
    assert dict(kept.get_ifd(0x8769)) == {0x9003: "2026:06:15 09:30:00"}
    assert dict(kept.get_ifd(0x8825)) == {1: "N", 2: (30.0, 20.0, 1.5), 3: "E", 4: (101.0, 5.0, 0.0)}
    assert 0x010F not in kept
    assert shrunk(phone, picture("PNG"), "image/png").size == (1600, 1067)
    assert shrunk(phone, picture("WEBP", (800, 600)), "image/webp").size == (800, 600)


def test_what_is_no_photo_is_refused_with_a_reason(phone):
    phone.open()
    heic = b"\x00\x00\x00\x18ftypheic" + bytes(2000)
    assert "HEIC" in shrunk(phone, heic, "image/heic")
    for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"", picture("JPEG")[:40]):
        assert "不是照片" in shrunk(phone, content)
    bomb = picture("PNG", (10, 10))
    bomb = bomb[:16] + (50_000).to_bytes(4, "big") * 2 + bomb[24:]
    assert "太大" in shrunk(phone, bomb, "image/png")
    large = """import("field/photos.js").then(({ shrink }) => shrink(new Blob([new Uint8Array(40_000_001)])))
      .catch((error) => error.message)"""
    assert "太大" in phone.page.evaluate(large)
