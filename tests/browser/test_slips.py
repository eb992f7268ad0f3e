"""The family hears: told from the phone, a slip held out across the table, slips on A4 that no sheet's end cuts."""

import re

import pytest
from playwright.sync_api import expect

from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# A sheet of A4 within its margins of 10 mm, at 96 to the inch.
WIDE, HIGH = 718, 1047


def test_told_by_phone_then_looked_up_by_the_code_on_the_screen(phone, people, enter, clean):
    matter = ledger.entered(people.branch, household=people.household.code)
    enter(phone, people.branch)
    phone.goto("/notices/")
    clean(phone)
    phone.get_by_role("link", name="告知这一条").click()
    clean(phone)
    phone.get_by_label("当面").check()
    phone.get_by_role("button", name="记为已告知").click()
    expect(phone.get_by_role("status")).to_contain_text("已记下 1 条告知")
    phone.goto(f"/grievances/{matter.number}/slip/")
    clean(phone)
    phone.get_by_role("button", name="给群众看").click()
    expect(phone.locator("h1")).to_contain_text("请给群众看")
    clean(phone)
    code = phone.locator(".code").inner_text()
    assert phone.locator(".code").bounding_box()["y"] < 844, "without scrolling"
    phone.goto(f"/public/case/#{code.replace(' ', '')}")
    expect(phone.get_by_label("查询码")).to_have_value(code)
    phone.get_by_role("button", name="查进度").click()
    expect(phone.locator("main")).to_contain_text(matter.number)


def test_seven_slips_print_whole_however_long_the_reply(desktop, people, enter, clean):
    homes = [county.add_household(name, village=people.village) for name in "甲乙丙丁戊己庚"]
    matters = [ledger.entered(people.branch, household=home.code, title="水" * 200) for home in homes[:1]]
    matters += [ledger.entered(people.branch, household=home.code) for home in homes[1:]]
    for matter in matters[3:4]:
        ledger.take(matter, A.ASSIGN, people.branch, people)
        ledger.take(matter, A.REPLY, people.cadre, people, reason="换水管。" * 1_000)
    enter(desktop, people.branch)
    desktop.goto("/slips/?" + "&".join(f"number={matter.number}" for matter in matters))
    clean(desktop)
    desktop.get_by_role("button", name="换新查询码并打印").click()
    expect(desktop.locator("h1")).to_contain_text("请现在打印")
    clean(desktop)
    desktop.emulate_media(media="print")
    desktop.set_viewport_size({"width": WIDE, "height": HIGH})
    boxes = [each.bounding_box() for each in desktop.locator(".receipt").all()]
    assert len(boxes) == 7
    assert all(box["height"] <= HIGH and box["width"] <= WIDE for box in boxes)
    assert sum(box["height"] for box in boxes[-3:]) <= HIGH, "three to a sheet"
    sheets = desktop.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", sheets)) == needed(boxes), (
        "one that does not fit goes over whole"
    )
    expect(desktop.locator(".top")).not_to_be_visible()


def needed(boxes):
    """Sheets, when none is cut through."""
    sheets, room = 0, 0
    for box in boxes:
        if box["height"] > room:
            sheets, room = sheets + 1, HIGH
        room -= box["height"]
    return sheets
