"""查进度 as a family meets it: the QR code fills the field, the code leaves the address, and it works bare."""

import pytest
from playwright.sync_api import expect

from grievances.query_codes import hash_of
from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def matter(people):
    return county.add_grievance(household=people.household, query_code_hash=hash_of("7KQMA4XWD2"))


def test_the_qr_code_fills_the_field_and_leaves_the_address(phone, matter, clean):
    phone.goto("/public/case/#7kqma4xwd2")
    expect(phone.get_by_label("查询码")).to_have_value("7KQMA 4XWD2")
    assert "#" not in phone.url
    clean(phone)
    phone.get_by_role("button", name="查进度").click()
    expect(phone.locator("h1")).to_contain_text(matter.number)
    assert phone.url.endswith("/public/case/")
    clean(phone)
    # Another slip is scanned while the page is still open.
    phone.evaluate("window.location.hash = '0000011111'")
    expect(phone.get_by_label("查询码")).to_have_value("00000 11111")


def test_what_is_no_code_in_the_address_fills_nothing(phone, matter):
    phone.goto("/public/case/#main")
    expect(phone.get_by_label("查询码")).to_have_value("")


def test_a_wrong_code_is_told_and_stays_in_the_field(desktop, matter, clean):
    desktop.goto("/public/case/")
    clean(desktop)
    desktop.get_by_label("查询码").fill("ZZZZZ ZZZZZ")
    desktop.get_by_role("button", name="查进度").click()
    expect(desktop.get_by_role("alert")).to_contain_text("没有找到")
    expect(desktop.get_by_label("查询码")).to_have_value("ZZZZZ ZZZZZ")
    clean(desktop)


def test_it_works_without_javascript_and_with_no_cookie_kept(browser, live_server, matter):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/public/case/")
    context.clear_cookies()
    page.get_by_label("查询码").fill("7kqma4xwd2")
    page.get_by_role("button", name="查进度").click()
    expect(page.locator("h1")).to_contain_text(matter.number)
    context.close()
