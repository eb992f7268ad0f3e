"""One matter on the phone, from its assignment to the answer, and its pages at the desk: axe finds nothing."""

import pytest
from playwright.sync_api import expect

from tests.grievances import ledger
from tests.grievances.ledger import A, S

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def go(page, enter, person, address):
    page.context.clear_cookies()
    enter(page, person)
    assert page.goto(address).status == 200


def narrow(page):
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    page.set_viewport_size({"width": 390, "height": 844})


def test_a_matter_is_assigned_and_answered_on_the_phone(phone, people, enter, clean):
    made = ledger.matter(people, S.REGISTERED, content="二组路口边坡塌下来约两方土石，三轮车进不去。" * 20)
    address = f"/grievances/{made.number}/"
    go(phone, enter, people.branch, address)
    clean(phone)
    narrow(phone)
    action = phone.get_by_role("link", name="交办", exact=True)
    box = action.bounding_box()
    assert box["height"] >= 48
    assert box["y"] + box["height"] > 700, "within the thumb's reach"
    action.click()
    clean(phone)
    narrow(phone)
    phone.get_by_label("按姓名、拼音首字母或工号找").fill("结对")
    expect(phone.locator(".pick li:visible")).to_have_count(1)
    phone.get_by_label("泽仁初").check()
    phone.get_by_role("button", name="交办", exact=True).click()
    expect(phone.locator("main")).to_contain_text("已交办，主办人会收到消息")

    go(phone, enter, people.cadre, address)
    phone.locator(".more-acts > summary").click()
    expect(phone.get_by_role("link", name="退回", exact=False).first).to_be_visible()
    clean(phone)
    narrow(phone)
    phone.goto(f"{address}reply/")
    clean(phone)
    phone.get_by_role("button", name="答复", exact=True).click()
    expect(phone.get_by_text("还没有保存，请看这几处")).to_be_visible()
    clean(phone)
    narrow(phone)
    phone.get_by_label("部分解决").check()
    phone.get_by_label("答复内容").fill("塌方已清完，护坡要等项目资金。")
    ledger.take(made, A.NOTE, people.cadre, reason="先写一条进展")
    phone.get_by_role("button", name="答复", exact=True).click()
    expect(phone.locator("main")).to_contain_text("已答复，请告知群众")
    assert ledger.again(made).outcome == "partly"


def test_pages_at_the_desk_hold_in_each_state(desktop, people, enter, clean):
    published = ledger.matter(people, S.PUBLISHED)
    ledger.objection(published)
    parent = ledger.matter(people, S.ASSIGNED, title="长标题" * 60, content="无空格的长串" + "a" * 3000)
    ledger.matter(people, S.ASSIGNED, parent=parent)
    ledger.ask(parent, "extension", people.cadre, days=10)
    void = ledger.matter(people, S.ASSIGNED, void=True)
    for made, step in (
        *((published, step) for step in ("", "keep/", "reopen/")),
        *((parent, step) for step in ("", "merge/", "void/")),
        (void, ""),
    ):
        go(desktop, enter, people.office, f"/grievances/{made.number}/{step}")
        clean(desktop)
    go(desktop, enter, people.township_liaison, f"/grievances/{parent.number}/extend/")
    clean(desktop)
