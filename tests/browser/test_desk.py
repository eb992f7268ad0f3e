"""A family stands at the village desk without a phone: found, told, registered, in a real browser."""

import pytest
from playwright.sync_api import expect

from grievances import library
from grievances.models import Category, Grievance
from tests import county
from tests.grievances.test_filings import filed

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def desk(people):
    Category.objects.get_or_create(name="饮水用电", defaults={"position": 99})
    county.add_household("泽仁", village=people.village)
    county.add_household("泽仁志玛", village=people.village)
    county.add_grievance(household=people.household, handler=people.cadre, registered_on="2026-06-01")
    return people


def test_the_branch_finds_a_family_tells_it_and_registers_what_it_says(desk, phone, enter, clean):
    enter(phone, desk.branch)
    phone.goto("/desk/")
    clean(phone)
    phone.fill("[name=q] >> visible=true", "dj")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("text=多吉户")
    expect(phone.locator("main")).to_contain_text("已经超过，正在催办")
    clean(phone)
    phone.click("text=登记新的诉求")
    phone.fill("[name=title]", "村口水管漏水")
    phone.fill("[name=content]", "村口饮水管道漏水三天了。")
    phone.click("main form[data-draft] .button.main")
    phone.wait_for_selector(".fault")
    expect(phone.locator("[name=title]")).to_have_value("村口水管漏水")
    clean(phone)
    phone.select_option("[name=category]", "饮水用电")
    phone.click("main form[data-draft] .button.main")
    phone.wait_for_selector("text=可能已经登记过")
    clean(phone)
    phone.click("main form[data-draft] > .acts .button.main")
    phone.wait_for_selector(".desk-code")
    clean(phone)
    code = phone.inner_text(".desk-code .code")
    assert len(code.replace(" ", "")) == 10
    # The next one of the same family begins with an empty form.
    phone.click("text=登记新的诉求")
    expect(phone.locator("[name=title]")).to_have_value("")
    phone.goto("/desk/?q=zr")
    expect(phone.locator("main")).to_contain_text("找到 2 户")
    clean(phone)
    assert Grievance.objects.filter(number__startswith="LH-2026-", query_code_hash__isnull=False).count() == 1


def test_filings_and_the_library_are_clean_at_each_size(desk, desktop, enter, clean):
    filing = filed(desk.village, title="路灯不亮" * 10, phone="13812345678", filer_name="多吉")
    filed(desk.village, title="路灯不亮" * 10)
    words = {"category": "饮水用电", "title": "水费减免", "text": "可以申请。", "source": "县发〔2026〕1号"}
    policy = library.add_policy(words | {"harmless": False, "seen": ""}, by=desk.office.user)
    enter(desktop, desk.office)
    wide = []
    for address in (
        "/filings/",
        f"/filings/{filing.pk}/",
        "/policies/",
        f"/policies/{policy.pk}/",
        f"/policies/{policy.pk}/edit/",
        "/reply-templates/",
        "/reply-templates/new/",
        "/desk/new/",
        "/desk/new/?household=HH-1",
    ):
        desktop.goto(address)
        clean(desktop)
        for size in ({"width": 320, "height": 568}, {"width": 390, "height": 844}):
            desktop.set_viewport_size(size)
            if desktop.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append((address, size["width"]))
        clean(desktop)
        desktop.set_viewport_size({"width": 1440, "height": 900})
    assert not wide
