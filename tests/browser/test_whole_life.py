"""A matter's whole life (contract, section 4): five people with five accounts, and the family's own phone.

Registered in the kitchen, assigned, answered, asked after, closed, published; objected to within the notice, worked
on again, rated, and published anew. Each in a browser of their own.
"""

import re

import pytest
from playwright.sync_api import expect

from grievances.models import Grievance, GrievanceAction

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

A = GrievanceAction
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


class Browsers:
    """One for each person; nobody's is the family's. On another day everyone signs in anew."""

    def __init__(self, browser, live_server, enter, on_day):
        self._browser, self._url, self._enter, self._on_day = browser, live_server.url, enter, on_day
        self.opened = []

    def sit_down(self, person, device):
        context = self._browser.new_context(
            base_url=self._url, locale="zh-CN", timezone_id="Asia/Shanghai", **device
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        self.opened.append((page, person))
        self._enter(page, person)
        return page

    def another_day(self, day):
        self._on_day(day)
        for page, person in self.opened:
            page.context.clear_cookies()
            self._enter(page, person)


@pytest.fixture
def browsers(browser, live_server, enter, on_day):
    begun = Browsers(browser, live_server, enter, on_day)
    yield begun
    for page, _ in begun.opened:
        page.context.close()


def words(page):
    return page.locator("main").inner_text()


def press(page, name):
    """The button, then the page that answers."""
    page.locator("main").get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def register(page):
    """At the household's table: the number and the code that the family takes down."""
    page.goto("/desk/")
    page.get_by_label("来的是哪一户").fill("HH-1")
    press(page, "找")
    page.get_by_role("link", name="登记新的诉求").click()
    page.get_by_label("标题").fill("门口的水管漏水")
    page.get_by_label("内容").fill("多吉家门口的水管漏了一个月，电话 13800138001，盼着早点修。")
    page.get_by_label("类别").select_option(label="饮水用电")
    press(page, "挂号")
    code = page.locator(".desk-done .code").inner_text()
    return re.search(r"LH-\d{4}-\d{6}", words(page))[0], code


def assign(page, address, name):
    page.goto(address)
    page.get_by_role("link", name="交办", exact=True).click()
    page.get_by_label("按姓名、拼音首字母或工号找").fill(name)
    press(page, "查找")
    page.get_by_label(name).check()
    press(page, "交办")
    assert "已交办" in words(page)


def reply(page, address, text):
    page.goto(address)
    page.get_by_role("link", name="答复", exact=True).click()
    page.get_by_label("已解决", exact=True).check()
    page.get_by_label("答复内容").fill(text)
    press(page, "答复")
    assert "已答复" in words(page)


def revisit(page, address, said):
    page.goto(address)
    page.get_by_role("link", name="回访", exact=True).click()
    page.get_by_label(said, exact=True).check()
    page.get_by_label("问了谁").fill("户主本人")
    press(page, "回访")
    assert "回访已记录" in words(page)


def close(page, address):
    page.goto(address)
    page.get_by_role("link", name="销号", exact=True).click()
    press(page, "销号")
    assert "已销号" in words(page)


def publish(page, address):
    """What was proposed names neither the family nor its phone; a person reads it and puts it up."""
    page.goto(f"{address}public/")
    proposed = page.get_by_label("反映的问题").input_value()
    assert "水管漏了一个月" in proposed
    assert not [kept for kept in ("多吉", "13800138001") if kept in proposed]
    press(page, "保存，看预览")
    assert "群众看到的就是下面这些" in words(page)
    press(page, "确认无误，公示")
    assert "正在公示" in words(page)


def look_up(page, code):
    page.goto("/public/case/")
    page.get_by_label("查询码").fill(code)
    press(page, "查进度")
    return words(page)


def test_from_the_kitchen_table_to_the_public_ledger_and_back_once_more(people, browsers):
    sit_down, on_day = browsers.sit_down, browsers.another_day
    cadre = sit_down(people.cadre, PHONE)
    branch = sit_down(people.branch, DESK)
    colleague = sit_down(people.colleague, PHONE)
    township = sit_down(people.township_liaison, DESK)
    office = sit_down(people.office, DESK)
    family = sit_down(None, PHONE)

    number, code = register(cadre)
    address = f"/grievances/{number}/"
    assert "正在安排由谁来办" in look_up(family, code)

    assign(branch, address, "杨小燕")
    on_day("2026-06-17")
    reply(colleague, address, "换了三米新管，不漏了。")
    assert "换了三米新管" in look_up(family, code)

    # Who answered may neither ask nor close; who closes is not who answered.
    colleague.goto(address)
    expect(colleague.get_by_role("link", name="回访", exact=True)).to_have_count(0)
    revisit(township, address, "满意")
    close(branch, address)
    on_day("2026-06-19")
    publish(office, address)
    family.goto(f"/public/{number}/")
    assert "换了三米新管" in words(family)
    assert "多吉" not in words(family)

    # The last of the seven days.
    on_day("2026-06-26")
    look_up(family, code)
    family.get_by_label("您的异议").fill("接头的地方又渗水了")
    press(family, "提异议")
    assert "异议收到了" in words(family)
    office.goto(f"{address}public/")
    assert "接头的地方又渗水了" in words(office)
    office.get_by_role("link", name="退回重办").click()
    office.get_by_label("原因").fill("接头要重做，办好再公示")
    press(office, "退回重办")
    assert "已退回重办" in words(office)
    assert "接头要重做" in look_up(family, code)
    # Past what a browser keeps of it for some seconds.
    assert family.request.get(f"/public/{number}/").status == 404

    reply(colleague, address, "接头重做了，观察两天没有渗水。")
    look_up(family, code)
    family.get_by_label("满意", exact=True).check()
    press(family, "提交评价")
    assert "您的评价收到了：满意" in words(family)
    revisit(township, address, "满意")
    close(branch, address)
    publish(office, address)
    assert "接头重做了" in family.request.get(f"/public/{number}/").text()

    took = Grievance.objects.get(number=number).events.order_by("pk").values_list("action", "by__cadre__code")
    steps = [(action, by) for action, by in took if action not in {A.TELL}]
    first = [(A.REGISTER, "P1-cadre"), (A.ASSIGN, "P1-branch")]
    round_one = [
        *((A.REPLY, "P1-colleague"), (A.REVISIT, "P1-township_liaison"), (A.CLOSE, "P1-branch")),
        *((A.PUBLISH, people.office.code), (A.OBJECT, None), (A.REOPEN, people.office.code)),
    ]
    round_two = [
        *((A.REPLY, "P1-colleague"), (A.RATE, None), (A.REVISIT, "P1-township_liaison")),
        *((A.CLOSE, "P1-branch"), (A.PUBLISH, people.office.code)),
    ]
    assert steps == first + round_one + round_two
