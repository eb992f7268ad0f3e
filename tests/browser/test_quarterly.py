"""季度报告 in a real browser: written on the phone, accepted at the desk; axe clean in each state."""

import pytest
from playwright.sync_api import expect

from reports.models import QuarterlyReport
from tests.reports.quarterly.reports import WORDS

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.clause("方案五(二)"),
]


@pytest.fixture
def report(people):
    """Of the first quarter; the day is 15 June."""
    return QuarterlyReport.objects.create(unit=people.unit, year=2026, quarter=1)


def test_it_is_written_on_the_phone_and_accepted_at_the_desk(people, report, phone, desktop, enter, clean):
    enter(phone, people.unit_leader)
    for width in (320, 390):
        phone.set_viewport_size({"width": width, "height": 844})
        phone.goto("/reports/")
        clean(phone)
    phone.get_by_role("link", name="2026年第一季度").click()
    expect(phone.locator("h1")).to_have_text("教育局2026年第一季度报告")
    clean(phone)
    phone.get_by_role("link", name="写文字").click()
    phone.get_by_label("工作开展情况").fill("长" * 30 + "a" * 200)
    # Gone and come back: what was typed is there.
    phone.reload()
    expect(phone.get_by_label("工作开展情况")).to_have_value("长" * 30 + "a" * 200)
    phone.get_by_label("下一步打算").fill(WORDS["next_steps"])
    clean(phone)
    phone.get_by_role("button", name="保存").click()
    phone.get_by_role("link", name="报送").click()
    clean(phone)
    phone.get_by_role("button", name="报送", exact=True).click()
    expect(phone.get_by_text("已报送。")).to_be_visible()
    clean(phone)

    enter(desktop, people.office)
    desktop.goto("/reports/?period=2026Q1&state=submitted")
    clean(desktop)
    desktop.get_by_role("link", name="教育局").click()
    desktop.get_by_role("link", name="退回").click()
    desktop.get_by_role("button", name="退回", exact=True).click()
    expect(desktop.locator(".fault")).to_be_visible()
    clean(desktop)
    desktop.go_back()
    desktop.go_back()
    desktop.get_by_role("link", name="采纳").click()
    desktop.get_by_role("button", name="采纳", exact=True).click()
    expect(desktop.get_by_text("已采纳。")).to_be_visible()
    clean(desktop)
    for more in ("", "edit/", "issue/", "print/"):
        desktop.goto(f"/reports/summary/2026Q1/{more}")
        clean(desktop)
