"""政策库 and 答复模板 on their pages (contract, section 4)."""

import pytest

from grievances import library
from grievances.models import Category, Policy, ReplyTemplate
from tests import county
from tests.grievances.test_library import published, words
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案四(四)")]


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    for name in ("住房", "医疗"):
        Category.objects.get_or_create(name=name, defaults={"position": 99})
    return county.build()


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def said(**fields):
    return {name: value for name, value in words(**fields).items() if name != "harmless"}


def test_found_by_word_and_category_and_read_by_a_cadre_who_may_not_change_it(people, signed_in):
    policy = library.add_policy(words(), by=people.office.user)
    library.add_policy(words(category="医疗", title="大病救助"), by=people.office.user)
    cadre = signed_in(people.cadre)
    page = Page(cadre.get("/policies/?q=危房&category=住房"))
    assert "找到 1 条政策" in page.words
    assert "加一条" not in page.words
    assert "符合条件的向村委会申请。" in Page(cadre.get(f"/policies/{policy.pk}/")).words
    assert "没有找到" in Page(cadre.get("/policies/", {"q": "x\x00y<script>"})).words
    for address in (f"/policies/{policy.pk}/edit/", "/policies/new/", "/reply-templates/new/"):
        assert cadre.get(address).status_code == 404


def test_added_changed_retired_and_back_by_the_office(people, office):
    assert office.post("/policies/new/", said(text="")).status_code == 422
    office.post("/policies/new/", said())
    policy = Policy.objects.get()
    address = f"/policies/{policy.pk}/"
    form = said(text="新的说法", seen=library.version(policy))
    assert office.post(f"{address}edit/", form)["Location"] == address
    assert "新的说法" in Page(office.get(address)).words
    office.post(f"{address}retire/")
    assert "已停用" in Page(office.get(address)).words
    assert "政策库有 0 条" in Page(office.get("/policies/")).words
    assert "政策库有 1 条" in Page(office.get("/policies/?all=1")).words
    office.post(f"{address}retire/", {"back": "1"})
    assert "政策库有 1 条" in Page(office.get("/policies/")).words


def test_who_comes_second_keeps_the_words_and_sees_what_stands(people, office):
    policy = library.add_policy(words(), by=people.office.user)
    form = said(text="我的说法", seen=library.version(policy))
    library.edit_policy(
        policy.pk, words(text="别人的说法", seen=library.version(policy)), by=people.office.user
    )
    answer = office.post(f"/policies/{policy.pk}/edit/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "别人的说法" in page
    assert "我的说法" in page
    policy.refresh_from_db()
    office.post(f"/policies/{policy.pk}/edit/", form | {"seen": library.version(policy)})
    policy.refresh_from_db()
    assert policy.text == "我的说法"


def test_a_phone_number_is_refused_beside_the_text(people, office):
    answer = office.post("/policies/new/", said(text="请打 13812345678"))
    assert answer.status_code == 422
    assert "像电话，请删去" in answer.content.decode()
    assert not Policy.objects.exists()


def test_a_good_public_reply_is_offered_as_a_draft(people, office):
    up = published(people, answer="多吉家可以补助两万元。")
    page = office.get(f"/policies/new/?from={up.grievance.number}").content.decode()
    assert "可以补助两万元。" in page
    assert "多吉" not in page
    office.post(f"/policies/new/?from={up.grievance.number}", said(text="可以补助。"))
    assert Policy.objects.get().taken_from == up.grievance
    assert office.get("/policies/new/?from=LH-2026-999999").status_code == 404


def test_templates_are_added_changed_and_retired(people, office, signed_in):
    office.post("/reply-templates/new/", said(category="", title="一般"))
    template = ReplyTemplate.objects.get()
    address = f"/reply-templates/{template.pk}/"
    office.post(address, said(title="改过", seen=library.version(template)))
    assert "改过" in Page(signed_in(people.branch).get("/reply-templates/")).words
    answer = office.post(address, said(title="再改", seen=library.version(template)))
    assert answer.status_code == 409
    office.post(f"{address}retire/")
    assert "答复模板有 0 份" in Page(office.get("/reply-templates/")).words


def test_the_lists_ask_no_more_with_fifty_than_with_two(people, office, django_assert_max_num_queries):
    def count(address):
        with django_assert_max_num_queries(60) as seen:
            office.get(address)
        return len(seen)

    def add(many):
        for _ in range(many):
            library.add_policy(words(), by=people.office.user)
            library.add_template(words(), by=people.office.user)

    add(2)
    few = count("/policies/"), count("/reply-templates/")
    add(48)
    assert (count("/policies/"), count("/reply-templates/")) == few
