"""From the liaison's desk to the cadre's phone: a slip is printed, and opens the account once."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PASSWORD = "Kitchen-table-2026"


@pytest.fixture
def code(desktop, people, enter, clean):
    """Printed for the cadre."""
    enter(desktop, people.unit_liaison)
    desktop.goto("/accounts/?q=泽仁初")
    desktop.get_by_label("选泽仁初").check()
    desktop.get_by_role("button", name="打印激活条").click()
    expect(desktop.locator("h1")).to_contain_text("1 张激活条")
    clean(desktop)
    return desktop.locator(".slip .code").inner_text().splitlines()[-1]


def fill(phone, code):
    phone.goto("/activate/?n=P1-cadre")
    phone.get_by_label("激活码").fill(code)
    phone.get_by_label("设一个密码").fill(PASSWORD)
    phone.get_by_label("再填一次密码").fill(PASSWORD)
    phone.get_by_role("button", name="激活账号").click()


def test_the_slip_opens_the_account_and_only_once(phone, people, code, clean):
    fill(phone, code.lower())
    phone.wait_for_url("**/login/?n=P1-cadre")
    clean(phone)
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    phone.get_by_label("这是我自己的手机").check()
    phone.get_by_role("button", name="登录").click()
    phone.wait_for_url("**/me/")
    phone.context.clear_cookies()
    fill(phone, code)
    expect(phone.locator(".fault")).to_contain_text("对不上")
    clean(phone)


def test_a_wrong_code_keeps_what_was_typed_and_says_what_to_do(phone, people, clean):
    fill(phone, "AAAAA BBBBB")
    expect(phone.locator(".fault")).to_contain_text("请本单位联络员重新打印")
    expect(phone.get_by_label("工号")).to_have_value("P1-cadre")
    clean(phone)


def test_slips_are_printed_several_to_a_page_without_the_frame(desktop, people, code):
    desktop.emulate_media(media="print")
    expect(desktop.locator("header.top")).not_to_be_visible()
    expect(desktop.locator(".no-print")).not_to_be_visible()
    width = desktop.locator(".slip").bounding_box()["width"]
    # A4 less its margins: two beside each other.
    assert width < 180 / 25.4 * 96 / 2 + 40
