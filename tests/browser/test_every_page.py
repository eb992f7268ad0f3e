"""Each page at each size: axe finds nothing, nothing is too wide, and it reads without JavaScript."""

import uuid

import pytest

from accounts.models import AuditEntry, Job, JobState, Phone
from accounts.tokens import make_token
from lianhu.kit import clock
from lianhu.kit.periods import Period
from reports.models import Quota
from reports.quotas.freeze import freeze
from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FAULT = {"sheet": "户", "row": 2, "column": "人口数", "code": "x", "message": "“四”不是整数"}
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
# 1280 × 720 at 200 % zoom, and the narrowest phone.
ZOOMED, NARROWEST = {"width": 640, "height": 360}, {"width": 320, "height": 568}


def jobs():
    """One import in each state."""
    counts = {sheet: {"new": 1, "changed": 20, "same": 3000} for sheet in ("单位", "村", "户", "结对")}
    right = {"ok": True, "counts": counts, "fault_count": 0, "faults": [], "warnings": [], "written": False}
    wrong = right | {"ok": False, "fault_count": 2000, "faults": [FAULT, FAULT | {"sheet": "村"}] * 10}
    states = [
        (JobState.WAITING, None, True),
        (JobState.RUNNING, None, False),
        (JobState.FAILED, None, True),
        (JobState.DONE, wrong, True),
        (JobState.DONE, right, True),
        (JobState.DONE, right | {"warnings": [FAULT] * 60}, True),
        (JobState.DONE, right | {"written": True}, False),
    ]
    return [
        Job.objects.create(
            kind="import_registry",
            title="登记表_一个名字相当长的县_2026年3月_最终版_再改一次.xlsx",
            state=state,
            result=result,
            step="核对",
            params={"dry_run": dry_run, "file": "x", "file_name": "登记表.xlsx"},
        )
        for state, result, dry_run in states
    ]


@pytest.fixture
def places(people):
    """Person and address of every page and every state of it."""
    county.add_activity("consult", "2026-05-05", unit=people.unit)
    people.household.address = "格桑村三组 12 号"
    people.household.save()
    bare = county.add_household("达瓦", village=people.village, code="HH-10")
    people.stranger.left_on = "2026-06-01"
    people.stranger.save()
    token, _ = make_token(people.cadre.user, name="一表通、数据中台和另一个名字相当长的系统", days=90)
    on_phone = {"waiting": 3, "refused": 1, "oldest_at": clock.now(), "contact_at": clock.now()}
    Phone.objects.create(id=uuid.uuid4(), user=people.cadre.user, **on_phone)
    figure = f"/figures/trip_days/cadre/{people.cadre.code}/?period=2026-05"
    unit = f"/units/{people.unit.code}/"
    freeze(Period.parse("2026-05"))
    return [
        (None, "/login/"),
        (None, "/login/?next=/me/"),
        (people.cadre, "/me/"),
        (people.cadre, "/me/?month=2026-05"),
        (people.colleague, "/me/"),
        (people.cadre, figure),
        (people.cadre, "/me/past/"),
        (people.cadre, "/no/such/page/"),
        (people.cadre, "/trips/"),
        (people.cadre, "/activities/"),
        (people.cadre, "/activities/new/"),
        (people.cadre, "/activities/new/project_review/"),
        (people.cadre, "/errands/"),
        (people.cadre, "/errands/new/"),
        (people.unit_leader, "/self-check/"),
        (people.unit_leader, "/self-check/preview/"),
        (people.unit_leader, "/activities/new/heart_talk/"),
        (people.office, "/work-plans/"),
        (people.office, f"/activities/{people.unit.activities.earliest('pk').pk}/"),
        (people.unit_leader, unit),
        (people.unit_leader, f"{unit}?month=2026-05&state=missed"),
        (people.unit_leader, f"{unit}?q=nobody"),
        (people.office, "/today/"),
        (people.admin, "/backups/"),
        (people.office, "/county/units/?month=2026-05"),
        (people.office, "/county/units/?type=enterprise"),
        (people.office, "/quotas/"),
        (people.office, f"/quotas/{Quota.objects.earliest('pk').pk}/change/"),
        (people.office, "/imports/"),
        *((people.office, f"/imports/{job.pk}/") for job in jobs()),
        (people.branch, "/villages/?month=2026-05"),
        (people.branch, "/owing/"),
        (None, "/activate/"),
        (None, "/privacy/"),
        (people.auditor, "/audit/"),
        (people.auditor, "/audit/?kind=read"),
        (people.auditor, f"/audit/{AuditEntry.objects.get(subject_key='HH-1', kind='changed').pk}/"),
        (people.admin, "/accounts/"),
        (people.admin, f"/accounts/{people.cadre.code}/"),
        (people.admin, f"/accounts/{people.cadre.code}/close/"),
        (people.unit_liaison, "/accounts/?state=left"),
        (people.cadre, "/account/"),
        (people.cadre, "/account/password/"),
        (people.cadre, "/account/two-factor/"),
        (people.cadre, "/inbox/"),
        (people.cadre, "/feedback/"),
        (people.office, "/feedback/all/"),
        (people.office, "/households/"),
        (people.office, "/coverage/?list=households"),
        (people.office, "/coverage/?list=cadres"),
        (people.office, "/coverage/?list=left"),
        (people.office, f"/coverage/villages/{bare.village.code}/"),
        (people.office, f"/coverage/pairings/{people.household.pairings.get().pk}/end/"),
        (people.office, "/duplicates/"),
        (people.office, f"/duplicates/{people.household.code}/{people.other_household.code}/"),
        (people.office, "/search/?q=zrc"),
        (people.office, f"/households/{people.household.code}/erase/"),
        (people.office, "/handover/"),
        (people.office, "/handover/new/?cadre=P1-cadre"),
        (people.unit_liaison, "/handover/new/"),
        (people.unit_liaison, "/covers/"),
        (people.unit_liaison, "/covers/new/?cadre=P1-cadre"),
        (people.unit_liaison, "/leave/"),
        (None, "/public/case/"),
        (people.cadre, "/account/tokens/"),
        (people.cadre, f"/account/tokens/{token.pk}/end/"),
        (people.office, "/phones/"),
        (people.office, f"/phones/?unit={people.unit.code}"),
    ]


def walk(page, places, enter):
    last = None
    for person, address in places:
        if person is not last:
            page.context.clear_cookies()
            enter(page, person)
            last = person
        page.goto(address)
        yield address


def test_each_page_is_clean_at_each_size(desktop, places, enter, clean):
    """One visit a page: axe at the desk and on the phone, no width too small, nothing the policy refuses."""
    said, wide = [], []
    desktop.on("console", lambda message: said.append((desktop.url, message.text)))
    desktop.on("pageerror", lambda error: said.append((desktop.url, str(error))))
    for address in walk(desktop, places, enter):
        clean(desktop)
        for large in (False, True):
            desktop.evaluate("(large) => document.documentElement.classList.toggle('large', large)", large)
            for size in (NARROWEST, ZOOMED, NARROW):
                desktop.set_viewport_size(size)
                if desktop.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    wide.append((address, size["width"], large))
        desktop.evaluate("document.documentElement.classList.remove('large')")
        clean(desktop)
        desktop.set_viewport_size(WIDE)
    assert not wide
    assert not [text for text in said if "404" not in text[1]]


def test_axe_finds_nothing_in_the_evidence_panel(desktop, people, enter, clean):
    enter(desktop, people.unit_leader)
    desktop.goto(f"/units/{people.unit.code}/?month=2026-05")
    desktop.locator("a[data-panel]").first.click()
    desktop.get_by_role("complementary").wait_for()
    clean(desktop)


def test_every_page_has_its_heading_in_what_the_server_sends(places, client):
    for person, address in places:
        client.logout()
        if person is not None:
            client.force_login(person.user)
        assert b"<h1" in client.get(address).content, address


def test_a_table_and_its_evidence_are_read_without_javascript(browser, live_server, people, enter):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, viewport=WIDE)
    page = context.new_page()
    page.goto(f"/units/{people.unit.code}/")
    enter(page, people.unit_leader)
    page.goto(f"/units/{people.unit.code}/?month=2026-05&q=泽仁")
    page.locator("a[data-panel]").first.click()
    page.wait_for_url("**/figures/**")
    context.close()
