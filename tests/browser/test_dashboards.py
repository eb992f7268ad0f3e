"""Dashboards in a real browser: charts are drawn, lead to their rows, and the tables stand without them."""

import pytest
from playwright.sync_api import expect

from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def busy(people):
    people.village.longitude, people.village.latitude = 103.5, 32.6
    people.village.save()
    county.add_visit(people.unit_leader, people.household, "2026-05-20")
    for _ in range(6):
        county.add_grievance(household=people.household, handler=people.cadre, registered_on="2026-05-20")
    return people


def test_charts_are_drawn_and_lead_to_their_rows(busy, desktop, enter, clean):
    faults = []
    desktop.on("pageerror", lambda error: faults.append(str(error)))
    desktop.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    enter(desktop, busy.office)
    desktop.goto("/county/?period=2026-05")
    for name in ("units-0", "visits", "funnel", "ages", "categories"):
        expect(desktop.locator(f"#{name} canvas")).to_be_visible()
        expect(desktop.locator(f"#{name} details")).not_to_have_attribute("open", "")
    clean(desktop)
    desktop.locator("#ages summary").click()
    expect(desktop.locator("#ages table")).to_be_visible()
    box = desktop.locator("#categories canvas").bounding_box()
    desktop.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desktop.wait_for_url("**/grievances/?*age=open*")
    expect(desktop.locator("h1")).to_contain_text("6")
    assert not faults


def test_on_the_phone_and_without_scripts_the_figures_can_be_read(
    busy, phone, enter, clean, browser, live_server
):
    enter(phone, busy.office)
    for address in (
        "/county/?period=2026-05",
        "/map/",
        "/visits/?month=2026-05",
        f"/villages/{busy.village.code}/",
    ):
        phone.goto(address)
        expect(phone.locator("h1")).to_be_visible()
        clean(phone)
    state = phone.context.storage_state()
    context = browser.new_context(base_url=live_server.url, storage_state=state, java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/county/?period=2026-05")
    expect(plain.locator("#ages table")).to_be_visible()
    expect(plain.locator("#ages canvas")).to_be_hidden()
    context.close()
