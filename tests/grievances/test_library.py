"""答复模板 and 政策库 (contract, section 4): kept by office and township, fed from good published replies."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from grievances import library
from grievances.models import Category, Policy, Publication, ReplyTemplate
from lianhu.kit import clock
from tests import county

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案四(四)")]


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    people = county.build()
    for position, name in enumerate(("住房", "医疗"), 200):
        Category.objects.get_or_create(name=name, defaults={"position": position})
    return people


def words(**fields):
    return {
        "category": "住房",
        "title": "危房改造补助",
        "text": "符合条件的向村委会申请。",
        "source": "川建发〔2024〕1号",
        "harmless": False,
        "seen": "",
    } | fields


def published(people, **fields):
    matter = county.add_grievance(
        household=people.household, category="住房", published_on="2026-06-10", registered_on="2026-05-01"
    )
    row = {"title": "危房改造", "question": "能不能补助", "answer": "可以补助两万元。"}
    row |= {"confirmed_at": clock.now(), "published_at": clock.now(), "ends_on": "2026-06-17"}
    return Publication.objects.create(grievance=matter, **(row | fields))


def test_office_and_township_keep_it_and_everybody_with_matters_reads(people):
    keeping = {name for name, person in people.people.items() if library.may_keep(person.user)}
    assert keeping == {"township_liaison", "stranger_township_liaison", "office"}
    reading = {name for name, person in people.people.items() if library.may_read(person.user)}
    assert set(people.people) - reading == {"admin", "auditor"}
    for person in (people.branch, people.cadre, people.unit_leader):
        with pytest.raises(PermissionDenied):
            library.add_policy(words(), by=person.user)
        with pytest.raises(PermissionDenied):
            library.add_template(words(), by=person.user)


def test_policies_are_found_by_category_and_by_words(people):
    one = library.add_policy(words(), by=people.office.user)
    other = library.add_policy(words(category="医疗", title="大病救助", source=""), by=people.office.user)
    today = clock.today()
    assert list(library.policies_for(one.category, today)) == [one]
    assert set(library.policies_for(None, today)) == {one, other}
    assert list(library.search_policies("补助　2024")) == [one]
    assert list(library.search_policies("村委会 大病")) == [other]
    assert set(library.search_policies(" \x00")) == {one, other}
    assert not library.search_policies("没有%这个_词")


def test_templates_of_the_category_and_those_for_all(people):
    one = library.add_template(words(), by=people.office.user)
    every = library.add_template(words(category="", title="一般"), by=people.office.user)
    library.add_template(words(category="医疗"), by=people.office.user)
    assert set(library.templates_for(one.category, clock.today())) == {one, every}
    assert library.templates_for(None, clock.today()).count() == 3


def test_a_retired_one_is_offered_no_more_and_may_come_back(people):
    policy = library.add_policy(words(), by=people.office.user)
    template = library.add_template(words(), by=people.office.user)
    for row in (policy, template):
        library.retire(row, by=people.township_liaison.user)
    assert not library.policies_for(None, clock.today())
    assert not library.templates_for(None, clock.today())
    library.retire(policy, by=people.office.user, back=True)
    assert list(library.policies_for(None, clock.today())) == [policy]


def test_what_somebody_changed_meanwhile_is_not_written_over(people):
    policy = library.add_policy(words(), by=people.office.user)
    seen = library.version(policy)
    library.edit_policy(policy.pk, words(text="新的", seen=seen), by=people.office.user)
    with pytest.raises(library.Meanwhile):
        library.edit_policy(policy.pk, words(text="旧的", seen=seen), by=people.township_liaison.user)
    assert Policy.objects.get().text == "新的"


def test_an_unknown_category_is_told_beside_its_field(people):
    for add in (library.add_policy, library.add_template):
        with pytest.raises(ValidationError) as error:
            add(words(category="没有"), by=people.office.user)
        assert error.value.error_dict["category"][0].code == "not_in_list"
    assert not Policy.objects.exists()
    assert not ReplyTemplate.objects.exists()


def test_no_number_and_no_name_gets_into_it_but_a_word_that_is_a_name_too_when_a_person_says_so(people):
    for harmless in (False, True):
        for text in ("请打 13812345678", "请打１３８１２３４５６７８", "多吉可以申请。"):
            with pytest.raises(ValidationError):
                library.add_policy(words(text=text, harmless=harmless), by=people.office.user)
    county.add_household("高兴", village=people.village)
    with pytest.raises(ValidationError):
        library.add_policy(words(text="大家都高兴。"), by=people.office.user)
    assert library.add_policy(words(text="大家都高兴。", harmless=True), by=people.office.user).pk


def test_a_good_published_reply_is_the_draft_with_names_and_numbers_masked(people):
    up = published(people, answer="多吉家可以补助两万元，打 13812345678 问。")
    found = library.good_reply(up.grievance.number, people.office.user)
    draft = library.proposed(found)
    assert draft["category"] == "住房"
    assert "多吉" not in draft["text"]
    assert "13812345678" not in draft["text"]
    assert "补助两万元" in draft["text"]
    policy = library.add_policy(words(text="可以补助。"), by=people.office.user, taken_from=found.grievance)
    assert policy.taken_from == up.grievance


def test_a_reply_that_is_not_public_or_not_seen_is_none(people):
    up = published(people, withdrawn_at=clock.now())
    assert library.good_reply(up.grievance.number, people.office.user) is None
    other = published(people)
    assert library.good_reply(other.grievance.number, people.stranger_township_liaison.user) is None
    assert library.good_reply(other.grievance.number, people.township_liaison.user) == other
