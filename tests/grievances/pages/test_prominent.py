import pytest
from django.test import Client

from grievances import prominent as lists
from grievances import workflow
from grievances.models import GrievanceAction, ProminentProblem
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

SAID = {"title": "饮水管道漏水", "promise": "年底前换新管", "due_on": "2026-12-31"}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def picked(people, **other):
    matter = county.add_grievance(household=people.household, handler=people.cadre)
    form = lists.ProminentForm(SAID | {"unit": people.unit.code} | other, units=[people.unit])
    assert form.is_valid()
    return lists.pick(matter.number, form.cleaned_data, year=2026, by=people.office.user)


def published(people, **other):
    problem = picked(people, **other)
    lists.publish(2026, by=people.office.user)
    return problem


def page_at(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return Page(answer)


def test_an_empty_list_says_how_to_begin_to_the_office_and_what_comes_to_others(people, office, signed_in):
    assert "一年最多十件" in page_at(office, "/prominent/").words
    assert "还没有公布" in page_at(signed_in(people.cadre), "/prominent/").words


def test_a_matter_is_found_by_its_words_and_listed(people, office):
    matter = county.add_grievance(household=people.household, handler=people.cadre, title="村口便桥护栏松动")
    found = page_at(office, "/prominent/2026/add/?q=护栏")
    address = found.links["村口便桥护栏松动"]
    form = page_at(office, address)
    assert matter.content in form.words
    answer = office.post(address, SAID | {"unit": people.unit.code}, follow=True)
    assert "已列入清单" in Page(answer).words
    assert ProminentProblem.objects.get().grievance == matter
    assert "没有找到" in page_at(office, "/prominent/2026/add/?q=护栏").words


def test_an_unknown_number_is_asked_for_again_with_what_was_typed(office):
    page = page_at(office, "/prominent/2026/add/?number=LH-2026-999999")
    assert "没有诉求 LH-2026-999999" in page.words


def test_what_is_wrong_stands_beside_its_field_and_every_value_is_kept(people, office):
    matter = county.add_grievance(household=people.household)
    address = f"/prominent/2026/add/?number={matter.number}"
    answer = office.post(address, SAID | {"unit": people.unit.code, "due_on": "2026-06-14"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["due_on"] == ["期限 2026-06-14 已经过了"]
    assert "年底前换新管" in answer.content.decode()


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", "扎西·卓玛家的路", "𠮷家沟的桥", "x" * 100_000, "a\x00b", " "]
)
def test_odd_words_are_taken_whole_or_refused_but_never_run(people, office, title):
    matter = county.add_grievance(household=people.household)
    address = f"/prominent/2026/add/?number={matter.number}"
    answer = office.post(address, SAID | {"unit": people.unit.code, "title": title})
    assert answer.status_code in (302, 422)
    assert "<script>alert" not in office.get("/prominent/").content.decode()


def test_a_double_tap_lists_it_once_and_says_so(people, office):
    matter = county.add_grievance(household=people.household)
    address = f"/prominent/2026/add/?number={matter.number}"
    data = SAID | {"unit": people.unit.code}
    assert office.post(address, data).status_code == 302
    again = office.post(address, data)
    assert again.status_code == 422
    assert "已经在清单里" in Page(again).words
    assert ProminentProblem.objects.count() == 1


def test_the_order_is_changed_with_its_buttons(people, office):
    one, two = picked(people), picked(people)
    office.post(f"/prominent/problems/{two.pk}/move/", {"way": "up"})
    assert list(ProminentProblem.objects.order_by("position")) == [two, one]


def test_taking_off_asks_first(people, office):
    problem = picked(people)
    assert "诉求照常办理" in page_at(office, f"/prominent/problems/{problem.pk}/take-off/").words
    assert ProminentProblem.objects.exists()
    office.post(f"/prominent/problems/{problem.pk}/take-off/")
    assert not ProminentProblem.objects.exists()


def test_publishing_shows_first_what_the_public_will_read(people, office):
    problem = picked(people)
    page = page_at(office, "/prominent/2026/publish/")
    assert "年底前换新管" in page.words
    assert problem.grievance.number not in page.words
    assert not lists.public()
    answer = office.post("/prominent/2026/publish/", follow=True)
    assert "已公布 1 件" in Page(answer).words


def test_what_became_void_meanwhile_is_named_and_nothing_is_published(people, office):
    problem = picked(people)
    workflow.act(problem.grievance_id, GrievanceAction.VOID, {"reason": "录错"}, by=people.office.user)
    answer = office.post("/prominent/2026/publish/")
    assert answer.status_code == 422
    assert "已作废，请移出" in Page(answer).words
    assert not lists.public()


def test_the_public_reads_promise_and_state_and_nothing_of_the_matter(people, on_day):
    problem = published(people, due_on="2026-06-20")
    picked(people, title="还没有公布的事")
    on_day("2026-06-25")
    answer = Client().get("/public/prominent/")
    page = Page(answer)
    assert "超期 5 天" in page.words
    assert "年底前换新管" in page.words
    for kept in (problem.grievance.number, problem.grievance.content, "多吉", "还没有公布的事"):
        assert kept not in answer.content.decode()
    assert not answer.cookies


def test_the_public_page_takes_any_year_or_none(people):
    published(people)
    for year in ("2026", "1999", "０２", "abc", "99999999999"):
        assert Client().get("/public/prominent/", {"year": year}).status_code == 200


def test_the_unit_in_charge_reads_its_own_before_it_is_public(people, signed_in):
    picked(people)
    assert "年底前换新管" in page_at(signed_in(people.unit_liaison), "/prominent/").words
    assert "年底前换新管" not in page_at(signed_in(people.stranger_unit_liaison), "/prominent/").words


def test_the_number_leads_to_the_matter_only_for_who_sees_it(people, signed_in):
    number = published(people).grievance.number
    assert number in page_at(signed_in(people.cadre), "/prominent/").links
    assert number not in page_at(signed_in(people.stranger), "/prominent/").words


def test_the_sheet_has_what_is_public_and_only_that(people, office):
    published(people)
    picked(people, title="还没有公布的事")
    page = page_at(office, "/prominent/2026/sheet/")
    assert [row[1] for row in page.tables[0]] == ["问题", "饮水管道漏水"]
    assert page_at(office, "/prominent/2025/sheet/", status=404)


def test_ten_problems_take_no_more_queries_than_two(people, office, django_assert_max_num_queries):
    def queries():
        with django_assert_max_num_queries(100) as asked:
            office.get("/prominent/")
        return len(asked)

    picked(people), picked(people)
    office.get("/prominent/")
    before = queries()
    for _ in range(8):
        picked(people)
    assert queries() == before


def test_what_was_set_aside_is_listed_with_reason_beside_the_years_figures(people, office):
    for _ in range(5):
        county.add_grievance(household=people.household, replied_on="2026-06-10", satisfaction="satisfied")
    matter = county.add_grievance(
        household=people.household, replied_on="2026-06-10", satisfaction="basically"
    )
    data = {"reason": "把另一件事说成这一件"}
    workflow.act(matter.pk, GrievanceAction.SET_ASIDE, data, by=people.office.user)
    page = page_at(office, "/set-aside/")
    assert page.statement == "剔除过 1 次评价"
    assert "把另一件事说成这一件" in page.words
    assert "满意和基本满意 100.0 %" in page.words


def test_setting_aside_fifty_takes_no_more_queries_than_two(people, office, django_assert_max_num_queries):
    def make(count):
        for _ in range(count):
            matter = county.add_grievance(
                household=people.household, replied_on="2026-06-10", satisfaction="basically"
            )
            workflow.act(matter.pk, GrievanceAction.SET_ASIDE, {"reason": "重复"}, by=people.office.user)

    def queries():
        with django_assert_max_num_queries(100) as asked:
            office.get("/set-aside/")
        return len(asked)

    make(2)
    office.get("/set-aside/")
    before = queries()
    make(20)
    assert queries() == before
