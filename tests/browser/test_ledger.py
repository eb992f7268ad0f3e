"""诉求 in a real browser: several assigned at once at the desk, one found on the phone; axe clean in each state."""

import pytest
from playwright.sync_api import expect

from grievances.models import Grievance
from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LONG = "一个没有断开的长标题" + "a" * 120 + "<script>alert(1)</script>"


@pytest.fixture
def matters(people):
    for at in range(3):
        county.add_grievance(
            number=f"LH-2026-00000{at}",
            household=people.household,
            registered_on="2026-06-08",
            level="township",
            state="registered",
            handler=None,
            title=LONG if at else "饮水管道漏水",
        )
    return people


def test_several_are_assigned_at_once_and_the_handler_finds_them(matters, desktop, enter, clean):
    enter(desktop, matters.township_liaison)
    desktop.goto("/grievances/")
    expect(desktop.locator("h1")).to_contain_text("有 3 件等您办")
    clean(desktop)
    desktop.locator("[data-tick-all]").check()
    desktop.get_by_role("button", name="批量交办").click()
    expect(desktop.locator("h1")).to_have_text("交办这 3 件")
    desktop.get_by_role("button", name="交办这 3 件").click()
    expect(desktop.locator(".fault")).to_be_visible()
    clean(desktop)
    desktop.get_by_label("主办人").fill(matters.cadre.code)
    desktop.get_by_role("button", name="交办这 3 件").click()
    expect(desktop.locator("h1")).to_have_text("交办了 3 件")
    clean(desktop)
    assert Grievance.objects.filter(handler=matters.cadre, state="assigned").count() == 3


def test_one_matter_is_found_on_the_phone(matters, phone, enter, clean):
    enter(phone, matters.branch)
    for width in (390, 320):
        phone.set_viewport_size({"width": width, "height": 844})
        phone.goto("/grievances/?tab=all")
        clean(phone)
    phone.get_by_label("找诉求").fill("漏水")
    phone.get_by_role("button", name="查找").first.click()
    expect(phone.locator("h1")).to_contain_text("找到 3 件")
    phone.get_by_text("更多条件").click()
    phone.get_by_label("类型").select_option("dispute")
    phone.get_by_role("button", name="筛选", exact=True).click()
    expect(phone.get_by_text("没有找到。")).to_be_visible()
    clean(phone)
