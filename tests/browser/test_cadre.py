"""A cadre on a phone: what is owed, and why."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_cadre_signs_in_reads_what_is_owed_and_opens_why(phone, people):
    people.cadre.user.set_password(PASSWORD)
    people.cadre.user.save()
    phone.goto("/")
    phone.get_by_label("工号").fill(people.cadre.code)
    phone.get_by_label("密码").fill("not-the-password")
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_role("alert")).to_contain_text("工号或密码不对")
    expect(phone.get_by_label("工号")).to_have_value(people.cadre.code)
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_label("密码").press("Enter")
    phone.wait_for_url("**/me/")
    assert phone.locator("h1").inner_text().split("\n") == [
        "本月还差 1 次下乡、1 天驻村",
        "今年还有 1 户没走访",
    ]
    homes = phone.locator("ul.rows li .title").all_inner_texts()
    assert homes[0] == "多吉"
    assert len(homes) == 4

    phone.get_by_role("link", name="5月").click()
    phone.get_by_role("link", name="驻村天数").click()
    expect(phone.locator("h1")).to_have_text("泽仁初 · 驻村天数")
    words = phone.locator("main").inner_text()
    assert "2 / 2 天" in words
    assert "未计入 1 条" in words
    assert "河坝村" in words.split("未计入")[1]
    phone.locator("a.back").click()
    phone.wait_for_url("**/me/?month=2026-05")

    phone.get_by_role("button", name="退出").click()
    phone.wait_for_url("**/login/")
    phone.goto("/me/")
    assert "/login/" in phone.url


def test_one_place_needs_no_tab_bar_and_several_do(phone, people, enter):
    people.auditor.role_grants.update(ends_on="2026-06-14")
    enter(phone, people.auditor)
    phone.goto("/me/")
    expect(phone.locator("nav.menu")).not_to_be_visible()
    phone.context.clear_cookies()
    enter(phone, people.cadre)
    phone.goto("/me/")
    assert phone.locator("nav.menu a").all_inner_texts() == ["我的", "走访", "诉求", "活动"]


def test_what_a_thumb_meets_is_large_enough(phone, people, enter):
    enter(phone, people.unit_leader)
    for address in ("/me/", f"/units/{people.unit.code}/", "/login/"):
        phone.goto(address)
        small = phone.evaluate(
            """[...document.querySelectorAll("main button, main select, main input:not([type=hidden]),"
                + " a.duty, a.line, .months a, .choice a, .menu a, .top button")]
              .filter((each) => each.getBoundingClientRect().height)
              .filter((each) => each.getBoundingClientRect().height < 44)
              .map((each) => each.outerHTML)"""
        )
        assert not small, address


def test_focus_never_hides_behind_the_tab_bar(phone, people, enter):
    enter(phone, people.unit_leader)
    phone.goto(f"/units/{people.unit.code}/")
    bar = phone.locator("nav.menu").bounding_box()["y"]
    for _ in range(20):
        phone.keyboard.press("Tab")
        hidden = phone.evaluate(
            """() => { const at = document.activeElement;
                 return at.closest(".menu") ? 0 : at.getBoundingClientRect().bottom; }"""
        )
        assert hidden <= bar


def test_large_text_is_remembered(phone, people, enter):
    phone.goto("/login/")
    size = "parseFloat(getComputedStyle(document.querySelector('label')).fontSize)"
    before = phone.evaluate(size)
    phone.get_by_role("button", name="大字").click()
    phone.get_by_role("button", name="标准字").wait_for()
    assert phone.evaluate(size) == before * 1.25
    enter(phone, people.cadre)
    phone.goto("/me/")
    assert phone.evaluate("getComputedStyle(document.body).fontSize") == "22.5px"
    phone.get_by_role("button", name="标准字").click()
    phone.get_by_role("button", name="大字").wait_for()
    assert phone.evaluate("getComputedStyle(document.body).fontSize") == "18px"
