"""The public pages as a family meets them: on a phone, without an account, by a screen reader, on paper."""

import pytest
from playwright.sync_api import expect

from grievances.events import add_event
from grievances.models import FamilyRating, Filing, GrievanceAction, Objection
from grievances.query_codes import hash_of
from tests.grievances.public.publishing import publish

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
CODE = "7KQMA4XWD2"


@pytest.fixture
def matter(people):
    matter = publish(people, query_code_hash=hash_of(CODE), reply="已更换破损渠段。", lead_unit=people.unit)
    for number in range(21):
        publish(people, title=f"第{number}件", on="2026-06-01")
    for action, value in (("register", ""), ("assign", ""), ("reply", "solved"), ("publish", "")):
        add_event(matter, GrievanceAction(action), by=people.cadre.user, value=value)
    return matter


def test_each_page_is_read_at_each_size_without_a_fault(desktop, matter, clean):
    village = matter.village.code
    wide = []
    for path in (
        "",
        "?q=没有的",
        f"{matter.number}/",
        "policies/",
        "file/",
        f"file/{village}/",
        "case/",
        "gone/x/",
    ):
        desktop.set_viewport_size({"width": 1440, "height": 900})
        desktop.goto(f"/public/{path}")
        expect(desktop.locator("h1")).to_have_count(1)
        clean(desktop)
        for large in (False, True):
            desktop.evaluate("(large) => document.documentElement.classList.toggle('large', large)", large)
            desktop.set_viewport_size({"width": 320, "height": 640})
            if desktop.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append((path, large))
        desktop.evaluate("document.documentElement.classList.remove('large')")
        clean(desktop)
    assert not wide
    desktop.goto("/public/")
    assert desktop.context.cookies() == []
    desktop.get_by_role("button", name="大字").click()
    desktop.goto("/public/policies/")
    expect(desktop.locator("html.large")).to_have_count(1)
    expect(desktop.get_by_role("button", name="标准字")).to_be_visible()
    desktop.emulate_media(media="print")
    expect(desktop.locator("nav").first).to_be_hidden()


def test_a_family_files_looks_up_rates_and_objects_on_its_phone(phone, people, matter, clean):
    phone.goto(f"/public/file/{people.village.code}/")
    phone.get_by_label("什么事").fill("村口的路灯坏了半个月")
    phone.get_by_label("电话").fill("12345")
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator(".fault")).to_contain_text("不是电话号码")
    expect(phone.get_by_label("什么事")).to_have_value("村口的路灯坏了半个月")
    clean(phone)
    phone.get_by_label("电话").fill("")
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator("h1")).to_have_text("已经收到，等格桑村党组织挂号")
    clean(phone)
    code = phone.locator(".code-shown").inner_text().removeprefix("查询码：").strip()
    assert Filing.objects.count() == 1
    phone.get_by_role("link", name="去查进度").click()
    phone.get_by_label("查询码").fill(code)
    phone.get_by_role("button", name="查进度").click()
    expect(phone.locator("h1")).to_contain_text("待挂号")
    clean(phone)

    phone.get_by_label("查询码").fill(CODE)
    phone.get_by_role("button", name="查进度").click()
    expect(phone.locator("h1")).to_contain_text(matter.number)
    clean(phone)
    phone.get_by_label("不满意").check()
    phone.get_by_label("想说的话").fill("下游还是没有水")
    phone.get_by_role("button", name="提交评价").click()
    expect(phone.get_by_role("status")).to_contain_text("您的评价收到了：不满意")
    phone.get_by_label("您的异议").fill("下游还是没有水")
    phone.get_by_role("button", name="提异议").click()
    expect(phone.get_by_role("status")).to_contain_text("异议收到了")
    clean(phone)
    assert (FamilyRating.objects.count(), Objection.objects.count()) == (1, 1)
    assert CODE not in phone.url
