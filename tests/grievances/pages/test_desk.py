"""接待群众: find the family, tell it, register what it says (contract, section 4)."""

import re

import pytest

from accounts.models import AuditEntry
from grievances.models import Category, Grievance, Publication
from grievances.query_codes import hash_of
from lianhu.kit import clock
from lianhu.kit.privacy import keyed_hash
from tests import county
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


def hidden(answer):
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.content.decode())
    return dict(found)


def form_of(client, query, **said):
    """The page's own form, filled in."""
    answer = client.get(f"/desk/new/?{query}")
    words = {"title": "水管漏水", "content": "村口的水管漏了三天。", "category": "饮水用电"}
    return hidden(answer) | words | {"kind": "livelihood", "level": "village"} | said


@pytest.mark.parametrize("typed", ["多吉", "dj", "HH-1", "5678"])
def test_a_family_is_found_by_name_letters_code_and_end_of_the_phone(people, branch, typed):
    people.household.phone_tail_hash = keyed_hash("5678", "phone_tail")
    people.household.save()
    page = Page(branch.get("/desk/", {"q": typed}))
    assert "多吉户" in page.words
    assert "这一户没有在办的诉求" in page.words


def test_one_that_is_found_alone_is_opened_and_logged_several_are_not(people, branch):
    county.add_household("多吉", village=people.village)
    assert "找到 2 户" in Page(branch.get("/desk/", {"q": "多吉"})).words
    assert not AuditEntry.objects.filter(kind="read").exists()
    branch.get("/desk/", {"q": "HH-1"})
    assert AuditEntry.objects.get(kind="read").subject_key == "HH-1"


def test_what_there_is_to_tell_of_each_matter(people, branch):
    county.add_grievance(
        household=people.household, title="路", handler=people.cadre, registered_on="2026-06-12"
    )
    county.add_grievance(
        household=people.household, title="水", handler=people.cadre, registered_on="2026-06-01"
    )
    county.add_grievance(
        household=people.household,
        title="房",
        replied_on="2026-06-10",
        reply="已经修好。",
        registered_on="2026-06-05",
    )
    county.add_grievance(
        household=people.household,
        title="学",
        closed_on="2026-06-10",
        reply="免学费。",
        registered_on="2026-06-05",
    )
    words = Page(branch.get("/desk/?household=HH-1")).words
    assert "由泽仁初在办。6月19日 (周五)前答复您。" in words
    assert "本应 6月8日 (周一)前答复，已经超过，正在催办。" in words
    assert "6月10日 (周三)已答复（已解决）：已经修好。 还要问您是否满意。" in words
    assert "已办结（已解决）：免学费。" in words
    assert "在办 3 件" in words


def test_an_objection_may_be_registered_while_the_notice_runs(people, branch):
    def published(ends_on):
        matter = county.add_grievance(
            household=people.household, published_on="2026-06-10", registered_on="2026-05-01"
        )
        row = {"title": "水", "question": "漏", "answer": "修", "confirmed_at": clock.now()}
        Publication.objects.create(grievance=matter, published_at=clock.now(), ends_on=ends_on, **row)
        return matter

    runs, over = published("2026-06-15"), published("2026-06-14")
    page = branch.get("/desk/?household=HH-1").content.decode()
    assert f"/grievances/{runs.number}/object/" in page
    assert f"/grievances/{over.number}/object/" not in page


def test_a_household_out_of_scope_is_not_there(people, branch):
    assert branch.get("/desk/?household=HH-2").status_code == 404
    assert branch.get("/desk/new/?household=HH-2").status_code == 404
    assert branch.get(f"/desk/new/?village={people.other_village.code}").status_code == 404
    assert "没有找到“张秀英”" in Page(branch.get("/desk/", {"q": "张秀英"})).words


def test_registering_leads_back_to_the_desk_with_the_code_shown_once(people, branch):
    form = form_of(branch, "household=HH-1", marks=["place"], approach="desk")
    answer = branch.post("/desk/new/", form, follow=True)
    matter = Grievance.objects.get()
    page = Page(answer)
    code = form["query_code"]
    assert f"已挂号 {matter.number}" in page.words
    assert f"{code[:5]} {code[5:]}" in page.words
    assert "6月22日 (周一)前答复" in page.words
    assert hash_of(code) == bytes(matter.query_code_hash)
    assert (matter.marks, matter.approach, matter.household) == (["place"], "desk", people.household)
    assert answer.redirect_chain[-1][0] == f"/desk/?done={matter.number}&household=HH-1"
    assert code not in str(dict(branch.session))
    slip = Page(branch.get(f"/grievances/{matter.number}/slip/"))
    assert f"{code[:5]} {code[5:]}" in slip.words


def test_another_session_sees_the_matter_but_no_code(people, branch, signed_in):
    form = form_of(branch, "household=HH-1")
    address = branch.post("/desk/new/", form)["Location"]
    words = Page(signed_in(people.office).get(address)).words
    assert "已挂号" in words
    assert "查询码" not in words


def test_a_double_tap_shows_the_same_number_and_code_again(people, branch):
    form = form_of(branch, "household=HH-1")
    first, second = (branch.post("/desk/new/", form, follow=True) for _ in range(2))
    code = form["query_code"]
    assert Grievance.objects.count() == 1
    assert first.redirect_chain == second.redirect_chain
    assert f"{code[:5]} {code[5:]}" in Page(second).words


def test_a_matter_of_the_whole_village(people, branch):
    page = Page(branch.get("/desk/new/"))
    assert page.links["格桑村 桑朗乡"] == f"?village={people.village.code}"
    form = form_of(branch, f"village={people.village.code}")
    assert branch.post("/desk/new/", form).status_code == 302
    assert Grievance.objects.get().household is None


def test_faults_stand_beside_their_fields_and_every_value_is_kept(people, branch):
    form = form_of(
        branch, "household=HH-1", title="", content="<script>alert(1)</script>𠮷", outcome="solved"
    )
    answer = branch.post("/desk/new/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "必填" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;𠮷" in page
    answer = branch.post("/desk/new/", form | {"title": "水"})
    assert answer.status_code == 422
    assert "选了答复结果，请写明当场怎么答复的" in answer.content.decode()
    assert hidden(answer)["form_id"] == form["form_id"]


@pytest.mark.parametrize("title", ["水" * 201, "水\x00管"])
def test_what_no_title_can_be_is_refused(people, branch, title):
    form = form_of(branch, "household=HH-1", title=title)
    assert branch.post("/desk/new/", form).status_code == 422
    assert branch.post("/desk/new/", form | {"title": "水", "content": "漏" * 100_000}).status_code == 422
    assert not Grievance.objects.exists()


def test_duplicates_are_shown_before_anything_is_saved(people, branch):
    there = county.add_grievance(household=people.household, category="饮水用电", number="旧-1")
    form = form_of(branch, "household=HH-1")
    answer = branch.post("/desk/new/", form)
    page = Page(answer)
    assert answer.status_code == 409
    assert "可能已经登记过" in page.words
    assert "旧-1" in page.words
    assert "登记并并入这一件" not in page.words
    assert Grievance.objects.count() == 1
    again = form | {"offered": hidden(answer)["offered"]}
    assert branch.post("/desk/new/", again).status_code == 302
    assert Grievance.objects.exclude(pk=there.pk).count() == 1


def test_the_township_may_merge_at_once_and_the_handler_may_add(people, signed_in):
    there = county.add_grievance(
        household=people.household, category="饮水用电", number="旧-1", handler=people.cadre
    )
    township, handler = signed_in(people.township_liaison), signed_in(people.cadre)
    form = form_of(township, "household=HH-1")
    assert "登记并并入这一件" in Page(township.post("/desk/new/", form)).words
    answer = township.post("/desk/new/", form | {"into": "旧-1"}, follow=True)
    assert "已并入别的诉求一起办理" in Page(answer).words
    assert there.merged.count() == 1
    form = form_of(handler, "household=HH-1")
    assert "不另登记，给它加进展" in Page(handler.post("/desk/new/", form)).words
    answer = handler.post("/desk/new/", form | {"note": "旧-1"}, follow=True)
    assert "已写进 旧-1 的办理进展" in Page(answer).words
    assert Grievance.objects.count() == 2


def test_into_what_is_not_there_or_not_yours_is_refused(people, branch):
    county.add_grievance(household=people.other_household, number="旧-2")
    form = form_of(branch, "household=HH-1")
    assert branch.post("/desk/new/", form | {"note": "旧-2"}).status_code == 404
    assert branch.post("/desk/new/", form | {"into": "旧-2"}).status_code == 404
    assert branch.post("/desk/new/", form | {"household": "HH-2"}).status_code == 404
    assert Grievance.objects.count() == 1


def test_the_list_and_the_family_ask_no_more_with_fifty_than_with_two(
    people, branch, django_assert_max_num_queries
):
    def count(address):
        with django_assert_max_num_queries(60) as seen:
            branch.get(address)
        return len(seen)

    county.add_household("泽仁", village=people.village)
    county.add_household("泽仁", village=people.village)
    for _ in range(2):
        county.add_grievance(household=people.household, handler=people.cadre)
    few = count("/desk/?q=泽仁"), count("/desk/?household=HH-1")
    for _ in range(48):
        county.add_household("泽仁", village=people.village)
        county.add_grievance(household=people.household, handler=people.cadre)
    assert (count("/desk/?q=泽仁"), count("/desk/?household=HH-1")) == few
