"""公示 in a browser: words, a photo blacked out by hand, the preview, the sheet; axe finds nothing."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from grievances import publication
from grievances.models import PublicPhoto
from tests import county, photos
from tests.grievances import ledger
from tests.grievances.ledger import S
from visits.kept_files import photo_storage

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def made(people, settings, tmp_path):
    photos.use_folder(settings, tmp_path)
    visit = county.add_visit(people.cadre, people.household, "2026-05-06")
    photos.kept(visit, photos.jpeg(800, 600))
    county.add_household("高兴", village=people.village)
    said = "多吉（电话13812341234）说村口饮水管道漏水。"
    return ledger.matter(people, S.CLOSED, visit=visit, content=said)


def narrow(page):
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    page.set_viewport_size({"width": 390, "height": 844})


def drag(page, begin, end):
    """Across the photo, in shares of its sides."""
    box = page.locator(".blackout canvas").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (begin, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=4)
    page.mouse.up()


def test_a_matter_is_made_public_at_the_desk(desktop, people, made, enter, clean):
    enter(desktop, people.township_liaison)
    desktop.goto("/publications/")
    clean(desktop)
    desktop.get_by_role("link", name="写公示文字").click()
    expect(desktop.get_by_label("反映的问题")).to_have_value("某某说村口饮水管道漏水。")
    clean(desktop)
    desktop.get_by_label("答复", exact=True).fill("已经修好，大家都高兴。")
    desktop.get_by_role("button", name="保存，看预览").click()
    expect(desktop.get_by_text("还有 1 处不能公开")).to_be_visible()
    clean(desktop)
    desktop.get_by_label("高兴", exact=True).check()
    desktop.get_by_role("button", name="保存，看预览").click()
    clean(desktop)
    desktop.get_by_role("link", name="加照片").click()
    clean(desktop)
    desktop.get_by_role("link", name="第 1 张，选这张来遮").click()
    desktop.locator(".blackout canvas").wait_for()
    drag(desktop, (0.1, 0.1), (0.4, 0.6))
    drag(desktop, (0.9, 0.9), (0.6, 0.7))
    expect(desktop.get_by_text("遮住了 2 块")).to_be_visible()
    desktop.get_by_role("button", name="去掉最后一块").click()
    expect(desktop.get_by_text("遮住了 1 块")).to_be_visible()
    clean(desktop)
    desktop.get_by_label("图片说明").fill("修好的管道")
    desktop.get_by_role("button", name="画出遮好的照片").click()
    clean(desktop)
    desktop.get_by_role("link", name="看预览").click()
    clean(desktop)
    desktop.get_by_role("button", name="确认无误，公示").click()
    expect(desktop.get_by_text("正在公示，还有 7 天")).to_be_visible()
    clean(desktop)
    desktop.get_by_role("link", name="打印公示单").click()
    clean(desktop)
    assert desktop.pdf(format="A4")

    chosen = PublicPhoto.objects.get()
    left, top, _, height = chosen.boxes[0]
    assert abs(left - 100) <= 5
    assert abs(top + height - 600) <= 5
    with photo_storage().open(chosen.file) as file:
        picture = Image.open(io.BytesIO(file.read())).convert("RGB")
    assert max(picture.getpixel((200, 200))) < 12
    assert max(picture.getpixel((40, 200))) > 100
    assert publication.standing(ledger.again(made)).published_at


def test_pages_fit_the_phone_and_a_finger_draws(phone, people, made, enter, clean):
    enter(phone, people.branch)
    up = ledger.matter(people, S.PUBLISHED)
    ledger.objection(up)
    ledger.public_text(made, people.branch)
    for address in (
        *("/publications/", "/publications/?show=objections", "/board/"),
        *(f"/grievances/{made.number}/public/{part}" for part in ("", "preview/", "photos/")),
        *(f"/grievances/{up.number}/public/{part}" for part in ("", "sheet/")),
    ):
        phone.goto(address)
        clean(phone)
        narrow(phone)
    phone.goto(f"/grievances/{made.number}/public/photos/")
    phone.get_by_role("link", name="第 1 张，选这张来遮").click()
    canvas = phone.locator(".blackout canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    touch = phone.context.new_cdp_session(phone)
    for kind, x, y in (("touchStart", 0.1, 0.1), ("touchMove", 0.5, 0.5), ("touchEnd", 0, 0)):
        at = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        points = [] if kind == "touchEnd" else [at]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    phone.get_by_text("遮住了 1 块").wait_for()
    narrow(phone)
    clean(phone)
