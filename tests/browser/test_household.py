"""A household from the list to its full phone, on the desk and on the phone; axe finds nothing on the way."""

import pytest
from playwright.sync_api import expect

from lianhu.kit.privacy import keyed_hash, seal
from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PHONE = "13812345678"


@pytest.fixture
def home(people):
    home = people.household
    home.phone_sealed = seal(PHONE, f"household:{home.code}:phone")
    home.phone_hash, home.phone_tail_hash = keyed_hash(PHONE, "phone"), keyed_hash(PHONE[-4:], "phone_tail")
    home.is_hardship, home.hardship_reason = True, "长期患病，没有劳力"
    home.save()
    county.add_grievance(household=home, handler=people.cadre, closed_on="2026-05-20")
    return home


def reveal(page, people, enter, clean):
    enter(page, people.branch)
    page.goto("/households/")
    clean(page)
    page.get_by_label("找户").fill("５６７８")
    page.locator("main").get_by_role("button", name="查找").click()
    expect(page.locator("h1")).to_have_text("找到 1 户")
    page.locator("a:visible", has_text="多吉").first.click()
    expect(page.locator("main")).to_contain_text("138****5678")
    assert PHONE not in page.content()
    clean(page)
    page.get_by_text("看完整号码").click()
    clean(page)
    page.get_by_role("button", name="记录原因并显示").click()
    expect(page.locator("main")).to_contain_text("请写明原因")
    assert PHONE not in page.content()
    clean(page)
    page.get_by_label("原因").first.fill("回访")
    page.get_by_role("button", name="记录原因并显示").click()
    expect(page.locator("main")).to_contain_text(PHONE)
    clean(page)
    page.goto("/households/HH-1/")
    assert PHONE not in page.content()


def test_revealing_a_phone_at_the_desk(desktop, people, home, enter, clean):
    reveal(desktop, people, enter, clean)


def test_revealing_a_phone_on_the_phone(phone, people, home, enter, clean):
    reveal(phone, people, enter, clean)


def test_the_paired_cadre_calls_with_one_tap(phone, people, home, enter, clean):
    enter(phone, people.cadre)
    phone.goto("/me/")
    phone.get_by_role("link", name="多吉").click()
    link = phone.get_by_role("link", name=PHONE)
    assert link.get_attribute("href") == f"tel:{PHONE}"
    assert link.bounding_box()["height"] >= 44
    clean(phone)


def test_blacking_out_and_the_notice(desktop, people, home, enter, clean):
    enter(desktop, people.office)
    desktop.goto("/households/HH-1/erase/")
    clean(desktop)
    desktop.get_by_label("原因").fill("本户书面申请")
    desktop.get_by_role("button", name="遮蔽，不再恢复").click()
    expect(desktop.locator("h1")).to_contain_text("已遮蔽户")
    clean(desktop)
    desktop.goto("/privacy/")
    clean(desktop)
