"""A draft outlives its session; the second factor is set up on a page that axe finds clean."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Session
from tests.accounts.signing_in import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def cadre(people):
    people.cadre.user.set_password(PASSWORD)
    people.cadre.user.save()
    return people.cadre


def sign_in(page, cadre):
    page.get_by_label("工号").fill(cadre.code)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def drafts(page):
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('lianhu.draft:')).length")


@pytest.fixture
def account(phone, cadre):
    """The mail form stands for any form with a draft."""
    phone.goto("/login/?next=/account/")
    sign_in(phone, cadre)
    phone.wait_for_url("**/account/")
    return phone


def test_what_was_typed_survives_a_session_that_ended(account, cadre):
    account.get_by_label("电子邮箱").fill("zeren@example.cn")
    Session.objects.all().delete()
    account.get_by_role("button", name="保存邮箱").click()
    account.wait_for_url("**/login/?next=/account/&ended=1")
    expect(account.locator(".banner")).to_contain_text("还留在这台设备上")
    sign_in(account, cadre)
    account.wait_for_url("**/account/")
    expect(account.get_by_label("电子邮箱")).to_have_value("zeren@example.cn")
    expect(account.locator("[data-draft-told]")).to_contain_text("上次没有提交的内容")
    account.get_by_role("button", name="保存邮箱").click()
    expect(account.locator(".banner.ok")).to_contain_text("邮箱已保存")
    assert drafts(account) == 0


def test_signing_out_removes_drafts(account):
    account.get_by_label("电子邮箱").fill("zeren@example.cn")
    account.get_by_label("电子邮箱").blur()
    account.wait_for_timeout(600)  # typing is kept once it pauses
    assert drafts(account) == 1
    account.get_by_role("button", name="退出", exact=True).click()
    account.wait_for_url("**/login/")
    assert drafts(account) == 0


def test_the_account_pages_are_clean(phone, people, enter, clean):
    enter(phone, people.cadre)
    for address in ("/account/", "/account/password/", "/account/two-factor/"):
        phone.goto(address)
        clean(phone)
    assert re.search("[A-Z2-7]{4}", phone.locator(".secret").inner_text())


def test_two_minutes_before_the_end_a_line_says_so(desktop, cadre):
    desktop.clock.install()
    desktop.goto("/login/?next=/account/")
    sign_in(desktop, cadre)
    desktop.wait_for_url("**/account/")
    expect(desktop.locator("#idle")).to_be_hidden()
    desktop.clock.run_for("28:10")
    expect(desktop.get_by_role("alert")).to_contain_text("两分钟内就要自动退出")
    desktop.get_by_role("button", name="继续使用").click()
    expect(desktop.locator("#idle")).to_be_hidden()
    desktop.clock.run_for("30:10")
    expect(desktop.get_by_role("link", name="重新登录")).to_be_visible()
