"""待挂号 (contract, section 4): the list, one filing, registering and declining it."""

import pytest

from accounts.models import AuditEntry
from grievances.models import Category, Filing, Grievance
from tests import county
from tests.grievances.pages.test_desk import hidden
from tests.grievances.test_filings import PHONE, filed
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案四(四)")]


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    for name in ("饮水用电", "住房"):
        Category.objects.get_or_create(name=name, defaults={"position": 99})
    return county.build()


@pytest.fixture
def branch(people, signed_in):
    return signed_in(people.branch)


def test_those_of_ones_village_are_listed_with_their_age(people, branch, on_day):
    filed(people.village, title="路灯坏了")
    filed(people.other_village, title="别村的事")
    on_day("2026-06-18")
    page = Page(branch.get("/filings/"))
    assert "有 1 件等您挂号" in page.words
    assert "路灯坏了" in page.words
    assert "等了 3 天" in page.words
    assert "别村的事" not in page.words


def test_an_empty_list_says_what_comes_here(branch):
    assert "群众扫码反映的事会列在这里" in Page(branch.get("/filings/")).words


def test_registering_from_it_keeps_what_was_filed_and_leads_to_the_matter(people, branch):
    filing = filed(people.village, filer_name="多吉", phone=PHONE)
    answer = branch.get(f"/filings/{filing.pk}/")
    page = Page(answer)
    assert "漏了三天。" in page.words
    assert "138****5678" in page.words
    assert PHONE not in answer.content.decode()
    assert "多吉户 HH-1 · 姓名或电话相同" in page.words
    said = {"title": filing.title, "content": filing.content, "category": "饮水用电", "level": "village"}
    form = {"form_id": hidden(answer)["form_id"], "household": "HH-1", "kind": "livelihood"} | said
    answer = branch.post(f"/filings/{filing.pk}/", form)
    matter = Grievance.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/grievances/{matter.number}/")
    assert matter.household == people.household
    assert matter.number in Page(branch.get(f"/filings/{filing.pk}/")).words


def test_a_fault_keeps_what_was_typed(people, branch):
    filing = filed(people.village)
    form = {"form_id": "x", "title": "改过的", "content": "", "category": "", "level": "village"}
    answer = branch.post(f"/filings/{filing.pk}/", form)
    assert answer.status_code == 422
    assert "改过的" in answer.content.decode()
    other = {"form_id": "6f1e0c5e-1111-4222-8333-444455556666", "content": "漏", "category": "住房"}
    answer = branch.post(f"/filings/{filing.pk}/", form | other | {"household": "HH-2"})
    assert answer.status_code == 422
    assert not Grievance.objects.exists()


def test_a_household_is_searched_for_within_the_village(people, branch):
    county.add_household("卓玛", village=people.village, code="HH-3")
    county.add_household("卓玛", village=people.other_village, code="HH-4")
    words = Page(branch.get(f"/filings/{filed(people.village).pk}/?q=卓玛")).words
    assert "HH-3" in words
    assert "HH-4" not in words


def test_declining_asks_for_a_reason(people, branch):
    filing = filed(people.village)
    address = f"/filings/{filing.pk}/decline/"
    assert branch.post(address, {"reason": ""}).status_code == 422
    assert branch.post(address, {"reason": "请找法院"}).status_code == 302
    assert "请找法院" in Page(branch.get(f"/filings/{filing.pk}/")).words


def test_who_comes_second_is_told_and_nothing_changes(people, branch, signed_in):
    filing = filed(people.village)
    signed_in(people.township_liaison).post(f"/filings/{filing.pk}/decline/", {"reason": "重复"})
    answer = branch.post(f"/filings/{filing.pk}/decline/", {"reason": "别的"}, follow=True)
    assert "罗尔伍已在 06-15 10:00 不予受理，您这一次没有写入" in Page(answer).words
    filing.refresh_from_db()
    assert filing.decline_reason == "重复"


def test_a_flood_is_gathered_by_title_and_declined_after_a_second_look(people, branch):
    rows = [filed(people.village, title="广告") for _ in range(3)]
    filed(people.village, title="漏水")
    page = Page(branch.get("/filings/"))
    assert "同样的标题 3 件" in page.words
    assert "“广告”有 3 件" in Page(branch.get(f"/filings/?same={rows[0].pk}")).words
    form = {"person": [each.pk for each in rows], "reason": "垃圾信息"}
    answer = branch.post("/filings/", form)
    assert "这 3 件都不予受理？" in Page(answer).words
    assert Filing.objects.filter(state="waiting").count() == 4
    branch.post("/filings/", form | {"confirmed": "1"})
    assert Filing.objects.filter(state="declined", decline_reason="垃圾信息").count() == 3


def test_declining_many_needs_ticks_and_a_reason_and_only_ones_own(people, branch):
    other = filed(people.other_village)
    assert branch.post("/filings/", {"reason": "垃圾"}).status_code == 302
    assert branch.post("/filings/", {"person": [other.pk], "reason": ""}).status_code == 422
    form = {"person": [other.pk], "reason": "垃圾", "confirmed": "1"}
    assert branch.post("/filings/", form).status_code == 404
    assert Filing.objects.get().state == "waiting"


def test_the_full_phone_only_with_a_reason_that_is_logged(people, branch):
    filing = filed(people.village, phone=PHONE)
    address = f"/filings/{filing.pk}/phone/"
    assert branch.post(address, {"reason": ""}).status_code == 422
    assert not AuditEntry.objects.filter(kind="reveal").exists()
    assert PHONE in branch.post(address, {"reason": "核实情况"}).content.decode()
    assert AuditEntry.objects.filter(kind="reveal").count() == 1
    assert branch.post(f"/filings/{filed(people.village).pk}/phone/", {"reason": "核实"}).status_code == 404


def test_the_list_asks_no_more_with_fifty_than_with_two(people, branch, django_assert_max_num_queries):
    def count():
        with django_assert_max_num_queries(60) as seen:
            branch.get("/filings/")
        return len(seen)

    for _ in range(2):
        filed(people.village)
    few = count()
    for _ in range(48):
        filed(people.village)
    assert count() == few
