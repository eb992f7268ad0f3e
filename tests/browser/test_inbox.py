"""消息 and 意见建议 as people use them: on the phone, at the desk, without JavaScript; axe clean in each state."""

import pytest
from playwright.sync_api import expect

from accounts.models import Feedback, Notice
from accounts.notices import notify
from lianhu.kit import clock

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LONG = "一个相当长的标题，说的是一件要您在本周内看一看并且答复的事情，看完以后请在系统里写明办理的情况和结果"


@pytest.fixture
def told(people):
    """The cadre and the office with notices read and unread, and feedback with and without an answer."""
    users = [people.cadre.user, people.office.user]
    notify(users, key="long", title=LONG, body="请在 6 月 20 日前答复。" * 8)
    notify(users, key="page", title="有一件诉求要您办理", url="/me/?month=2026-05")
    notify(users, key="text", title="系统今晚维护", body="22 点到 23 点不能使用。")
    Notice.objects.filter(key="long").update(read_at=clock.now())
    at = {"created_at": clock.now(), "author": people.cadre.user, "page": "/me/"}
    answer = {"answer": "下周改大", "answered_at": clock.now(), "answered_by": people.office.user}
    Feedback.objects.create(text="字太小\n看不清", **at, **answer)
    Feedback.objects.create(text="没有断开的长串" + "a" * 300, **at)
    return people


@pytest.fixture
def places(told):
    text = told.cadre.user.notices.get(key="text").pk
    opened, answered = Feedback.objects.order_by("answer")
    return [
        (told.cadre, "/inbox/"),
        (told.cadre, f"/inbox/{text}/"),
        (told.cadre, "/feedback/?from=/me/"),
        (told.colleague, "/inbox/"),
        (told.colleague, "/feedback/"),
        (told.office, "/inbox/"),
        (told.office, "/feedback/"),
        (told.office, "/feedback/all/"),
        (told.office, "/feedback/all/?state=open"),
        (told.office, f"/feedback/{opened.pk}/"),
        (told.office, f"/feedback/{answered.pk}/"),
    ]


def walk(page, places, enter):
    for person, address in places:
        page.context.clear_cookies()
        enter(page, person)
        page.goto(address)
        assert page.locator("h1").inner_text(), address
        yield


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_axe_finds_nothing(size, request, places, enter, clean):
    page = request.getfixturevalue(size)
    for _ in walk(page, places, enter):
        clean(page)


@pytest.mark.parametrize("large", [False, True], ids=["normal text", "large text"])
def test_nothing_is_wider_than_the_narrowest_screen(desktop, places, enter, live_server, large):
    desktop.set_viewport_size({"width": 320, "height": 568})
    wide = []
    for person, address in places:
        desktop.context.clear_cookies()
        enter(desktop, person)
        if large:
            desktop.context.add_cookies([{"name": "large_text", "value": "1", "url": live_server.url}])
        desktop.goto(address)
        if desktop.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(address)
    assert not wide


def test_a_message_is_opened_on_the_phone_and_the_count_goes_down(phone, told, enter):
    enter(phone, told.cadre)
    phone.goto("/me/")
    phone.get_by_role("link", name="消息 2 条没看").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("您有 2 条消息没看")
    phone.get_by_role("link", name="有一件诉求要您办理").tap()
    phone.wait_for_url("**/me/?month=2026-05")
    phone.get_by_role("link", name="消息 1 条没看").tap()
    phone.get_by_role("button", name="全部标为已读").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("消息都看过了")
    expect(phone.locator("header .inbox")).to_have_text("消息")


def test_feedback_from_the_foot_of_a_page_above_the_tab_bar(phone, told, enter, clean):
    enter(phone, told.office)
    phone.goto("/county/")
    link = phone.get_by_role("contentinfo").get_by_role("link", name="意见建议")
    link.scroll_into_view_if_needed()
    phone.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    below = phone.get_by_role("navigation", name="主菜单").bounding_box()["y"]
    box = link.bounding_box()
    assert box["y"] + box["height"] <= below
    assert box["height"] >= 48
    link.tap()
    expect(phone.get_by_text("会附上您刚才所在页面的地址：/county/")).to_be_visible()
    phone.get_by_role("button", name="提交意见建议").tap()
    expect(phone.get_by_text("请写下您的意见建议")).to_be_visible()
    clean(phone)
    phone.get_by_label("对这个系统有什么意见建议").fill("图太小")
    phone.get_by_role("button", name="提交意见建议").tap()
    expect(phone.get_by_role("status")).to_contain_text("已收到")
    clean(phone)
    assert Feedback.objects.get(text="图太小").page == "/county/"


def test_the_office_answers_at_the_desk(desktop, told, enter, clean):
    enter(desktop, told.office)
    desktop.goto("/feedback/")
    desktop.get_by_role("link", name="看大家提的，去答复").click()
    desktop.get_by_role("link", name="没有断开的长串").click()
    desktop.get_by_label("答复").fill("已经改好")
    desktop.get_by_role("button", name="提交答复").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("意见建议都答复了")
    clean(desktop)
    enter(desktop, told.cadre)
    desktop.goto("/inbox/")
    desktop.get_by_role("link", name="您的意见建议有了答复").click()
    expect(desktop.get_by_text("已经改好")).to_be_visible()


def test_it_works_without_javascript(browser, live_server, told, enter):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, told.cadre)
    page.goto("/inbox/")
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.locator("h1")).to_have_text("消息都看过了")
    page.get_by_role("link", name="意见建议").click()
    page.get_by_label("对这个系统有什么意见建议").fill("没有脚本也能提")
    page.get_by_role("button", name="提交意见建议").click()
    expect(page.locator("main")).to_contain_text("没有脚本也能提")
    context.close()
