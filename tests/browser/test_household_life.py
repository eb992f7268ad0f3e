"""户变动 and 联系卡 as people meet them: at the desk, on the phone, on paper; axe finds nothing on the way."""

import re

import pytest
from playwright.sync_api import expect

from registry.models import Household
from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def split(page, people, enter, clean):
    """From the file through a fault and the telling to the new household."""
    county.add_grievance(household=people.household, handler=people.cadre)
    enter(page, people.branch)
    page.goto("/households/HH-1/")
    page.get_by_text("户变动", exact=True).first.click()
    clean(page)
    page.get_by_role("link", name="分户").click()
    clean(page)
    page.get_by_label("新户的户编码").fill("HH-9")
    page.get_by_label("新户的户主").fill("多吉次仁")
    page.get_by_label("新户人口数").fill("2")
    page.get_by_label("分户后本户人口数").fill("9")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("main")).to_contain_text("分户后不会更多")
    expect(page.get_by_label("新户的户主")).to_have_value("多吉次仁")
    clean(page)
    page.get_by_label("分户后本户人口数").fill("2")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("h1")).to_have_text("确认分户：多吉户")
    expect(page.locator("main")).to_contain_text("也由泽仁初结对")
    clean(page)
    page.get_by_role("button", name="返回修改").click()
    expect(page.get_by_label("新户的户编码")).to_have_value("HH-9")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="确认分户").click()
    expect(page.locator("h1")).to_contain_text("多吉次仁户")
    clean(page)


def test_splitting_at_the_desk(desktop, people, enter, clean):
    split(desktop, people, enter, clean)


def test_splitting_on_the_phone(phone, people, enter, clean):
    split(phone, people, enter, clean)


def test_each_form_reads_on_the_narrowest_screen(desktop, people, enter, clean):
    enter(desktop, people.office)
    desktop.set_viewport_size({"width": 320, "height": 568})
    acts = ("", "merge/", "move-out/", "close/", "head/", "reopen/", "card/")
    for address in (*(f"/households/HH-1/{act}" for act in acts), "/move-in/"):
        desktop.goto(address)
        clean(desktop)


def test_a_closed_household_and_what_was_typed_survive(desktop, people, enter, clean):
    """What is half typed is kept on the device until it is done."""
    enter(desktop, people.branch)
    desktop.goto("/households/HH-1/close/")
    desktop.get_by_label("原因").fill("全家迁走")
    desktop.wait_for_timeout(500)
    desktop.goto("/households/HH-1/")
    desktop.goto("/households/HH-1/close/")
    expect(desktop.get_by_label("原因")).to_have_value("全家迁走")
    desktop.get_by_role("button", name="下一步").click()
    desktop.get_by_role("button", name="确认销户").click()
    expect(desktop.locator(".banner").first).to_contain_text("销户")
    clean(desktop)
    assert Household.objects.get(code="HH-1").closed_on is not None
    desktop.goto("/households/HH-1/reopen/")
    expect(desktop.get_by_label("原因")).to_have_value("")


def test_four_cards_fill_a_sheet_without_navigation(desktop, people, enter, clean):
    enter(desktop, people.cadre)
    desktop.goto("/households/HH-1/card/")
    clean(desktop)
    for address, sheets in (
        ("/households/HH-1/card/", 1),
        ("/households/HH-1/card/?count=8", 2),
        ("/cards/", 1),
    ):
        desktop.goto(address)
        paper = desktop.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == sheets, address
    desktop.emulate_media(media="print")
    for unseen in ("header.top", "footer.foot", "[data-print]", ".crumbs", "nav.choice"):
        expect(desktop.locator(unseen).first).not_to_be_visible()
    expect(desktop.locator(".card").first).to_be_visible()
