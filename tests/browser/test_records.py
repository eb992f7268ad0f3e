"""报到, 审批, a record, trips and what goes on paper: axe finds nothing, and the pages hold on a phone."""

import pytest
from playwright.sync_api import expect

from lianhu.kit import clock
from tests import county
from visits.models import Question, Visit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
LONG = "饮水管冬天冻裂，三户共用一根管子，要到河边背水。" * 60


@pytest.fixture
def places(people):
    """Person and address of each page, in its states."""
    trip = county.add_trip(people.cadre, people.village, "2026-06-10", "2026-06-12")
    words = {"difficulties": LONG, "promises": "带农技员来", "clear": ["village"], "people_count": 4}
    visit = county.add_visit(people.cadre, people.household, "2026-06-10", record=words)
    Visit.objects.create(
        cadre=people.colleague,
        household=people.household,
        day=visit.day,
        accompanies=visit,
        recorded_at=clock.now(),
    )
    Question.objects.create(visit=visit, text="几口人？", asked_at=clock.now(), asked_by=people.branch.user)
    county.add_grievance(household=people.household, visit=visit)
    old = Visit.objects.exclude(pk=visit.pk).filter(cadre=people.cadre).last()
    late = county.add_trip(people.cadre, people.village, "2026-04-05", "2026-04-06", backfilled=True)
    county.add_trip(people.colleague, people.village, "2026-05-05", "2026-05-06", arrival_confirmed_at=clock.now(),
                    arrival_confirmed_by=people.branch.user)  # fmt: skip
    void = county.add_trip(people.cadre, people.village, "2026-03-05", void=True)
    return [
        (people.branch, "/arrivals/"),
        (people.stranger_branch, "/arrivals/"),
        (people.unit_leader, "/backfill/"),
        (people.stranger_unit_leader, "/backfill/"),
        (people.unit_leader, "/trips/"),
        (people.unit_leader, f"/visits/{visit.pk}/void/"),
        (people.branch, f"/visits/{visit.pk}/"),
        *((people.cadre, f"/visits/{visit.pk}/{act}") for act in ("", "amend/", "void/", "print/")),
        (people.cadre, f"/visits/{old.pk}/"),
        (people.cadre, "/trips/"),
        *((people.cadre, f"/trips/{each.pk}/") for each in (trip, late, void)),
        (people.cadre, f"/trips/{trip.pk}/void/"),
        (people.unit_liaison, f"/trips/{late.pk}/void/"),
        (people.cadre, f"/villages/{people.village.code}/before-trip/"),
    ]


def walk(page, places, enter):
    for person, address in places:
        page.context.clear_cookies()
        enter(page, person)
        assert page.goto(address).status == 200
        yield address


def test_axe_finds_nothing_at_the_desk(desktop, places, enter, clean):
    for _ in walk(desktop, places, enter):
        clean(desktop)


def test_axe_finds_nothing_on_the_phone_and_nothing_is_wider_than_the_narrowest(phone, places, enter, clean):
    for address in walk(phone, places, enter):
        clean(phone)
        phone.set_viewport_size({"width": 320, "height": 568})
        assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        phone.set_viewport_size({"width": 390, "height": 844})


def test_a_refusal_on_the_phone_asks_for_its_reason(phone, places, people, enter, clean):
    enter(phone, people.unit_leader)
    phone.goto("/backfill/")
    phone.get_by_role("checkbox").first.check()
    phone.get_by_role("button", name="不批准勾选的，写原因").click()
    clean(phone)
    phone.get_by_role("button", name="不批准").click()
    expect(phone.locator("main")).to_contain_text("请写明不批准的原因")
    phone.get_by_label("不批准的原因").fill("日期与实际不符")
    phone.get_by_role("button", name="不批准").click()
    expect(phone.locator("main")).to_contain_text("没有批准 1 条")


def test_the_record_on_paper_is_a_form_that_runs_over_pages(desktop, places, people, enter):
    """No navigation, no colour but black, and long words take a second page instead of being cut."""
    enter(desktop, people.cadre)
    address = next(place for _, place in places if place.endswith("print/"))
    desktop.goto(address)
    desktop.emulate_media(media="print")
    for hidden in (".top", ".no-print", "footer.foot"):
        expect(desktop.locator(hidden).first).not_to_be_visible()
    pages = desktop.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n")
    assert pages == 2
