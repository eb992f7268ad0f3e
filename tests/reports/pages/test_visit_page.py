"""One visit: what its page shows, what may be done on it, and what the log says afterwards."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from lianhu.kit import clock
from lianhu.kit.privacy import seal
from tests import county
from tests.pages import Page
from visits.models import Addendum, Photo, Question, Visit

pytestmark = pytest.mark.django_db
WORDS = {
    "difficulties": "饮水管冻裂<b>",
    "opinions": "把路修一修",
    "spot_answer": "医保讲清楚了",
    "promises": "带农技员来",
    "talk_topic": "医保缴费",
    "clear": ["village"],
    "seen": ["policy"],
    "people_count": 5,
}


@pytest.fixture
def visit(people):
    county.add_trip(people.cadre, people.village, "2026-06-10")
    return county.add_visit(people.cadre, people.household, "2026-06-10", record=WORDS, talk=True)


def address(visit, act=""):
    return f"/visits/{visit.pk}/{act}"


def told_after(answer, client):
    assert answer.status_code == 302
    return Page(client.get(answer["Location"])).words


def test_the_page_shows_the_record_as_the_visit_has_it(people, visit, signed_in):
    Photo.objects.create(visit=visit, file="a", thumbnail="b", digest="0", width=1, height=1,
                         added_at=clock.now(), added_by=people.cadre.user)  # fmt: skip
    county.add_grievance(household=people.household, visit=visit, number="LH-2026-000007", title="水管")
    answer = signed_in(people.branch).get(address(visit))
    page = Page(answer)
    for word in ("饮水管冻裂<b>", "把路修一修", "医保讲清楚了", "带农技员来", "医保缴费", "村情社情", "政策到位",
                 "5 人", "见面", "LH-2026-000007", "照片 1 张", "没有记录"):  # fmt: skip
        assert word in page.words, word
    assert b"/small/" in answer.content
    assert "no-store" in answer["Cache-Control"]


def test_each_opening_is_logged_on_the_household(people, visit, signed_in):
    for act in ("", "print/"):
        signed_in(people.branch).get(address(visit, act))
    signed_in(people.stranger_branch).get(address(visit))
    entries = AuditEntry.objects.filter(kind="read", subject_key=people.household.code)
    assert [entry.detail for entry in entries] == [f'{{"visit": {visit.pk}}}'] * 2
    assert {entry.actor for entry in entries} == {people.branch.user}


def test_a_companion_reads_the_words_of_the_visit_it_went_with(people, visit, signed_in):
    beside = Visit.objects.create(
        cadre=people.colleague, household=people.household, day=visit.day, accompanies=visit,
        recorded_at=clock.now(), proxy_reason="一起看水管",
    )  # fmt: skip
    page = Page(signed_in(people.colleague).get(address(beside)))
    assert "杨小燕与泽仁初同行" in page.words
    assert "把路修一修" in page.words
    assert "打开那份记录" not in page.links
    assert "修改" not in page.links
    assert "打开那份记录" in Page(signed_in(people.branch).get(address(beside))).links


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"voided_at": clock.now(), "void_reason": "录错了户"}, "作废，不再计入。原因：录错了户"),
        ({"backfilled": True}, "这是补录，单位负责人批准后才计入"),
        ({"backfilled": True, "refused_at": clock.now(), "refuse_reason": "日期不对"}, "日期不对"),
    ],
)
def test_what_does_not_count_says_so(people, visit, signed_in, fields, words):
    Visit.objects.update(
        **fields, **({"refused_by": people.unit_leader.user} if "refused_at" in fields else {})
    )
    assert words in Page(signed_in(people.branch).get(address(visit))).words


def test_the_author_amends_on_the_page_and_a_fault_keeps_every_value(people, visit, signed_in):
    client = signed_in(people.cadre)
    form = client.get(address(visit, "amend/")).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    wrong = client.post(address(visit, "amend/"), values | {"difficulties": "", "promises": "下月来"})
    assert wrong.status_code == 422
    assert wrong.context["form"]["promises"].value() == "下月来"
    assert "必填" in Page(wrong).words
    right = client.post(
        address(visit, "amend/"), values | {"difficulties": "水通了", "clear": ["village", "wishes"]}
    )
    assert "已修改" in told_after(right, client)
    visit.record.refresh_from_db()
    assert visit.record.difficulties == "水通了"
    assert visit.record.clear == ["village", "wishes"]
    assert visit.record.opinions == "把路修一修"
    assert visit.record.solved_on_spot


def test_two_windows_are_told_and_keep_what_was_typed(people, visit, signed_in):
    client = signed_in(people.cadre)
    values = {"difficulties": "水通了", "opinions": "无"}
    client.post(address(visit, "amend/"), values)
    late = client.post(address(visit, "amend/"), values | {"difficulties": "水又断了"})
    assert late.status_code == 409
    assert "水通了" in Page(late).words
    kept = late.context["form"]
    assert kept["difficulties"].value() == "水又断了"
    again = client.post(
        address(visit, "amend/"), values | {"difficulties": "水又断了", "text": kept["text"].value()}
    )
    assert again.status_code == 302


def test_on_the_eighth_day_the_page_offers_an_addendum_instead(people, visit, signed_in, on_day):
    on_day("2026-06-17")
    client = signed_in(people.cadre)
    assert "修改" in Page(client.get(address(visit))).links
    assert client.post(address(visit, "add/"), {"text": "水通了"}).status_code == 404
    on_day("2026-06-18")
    page = Page(client.get(address(visit)))
    assert "修改" not in page.links
    assert "原来的记录不再修改" in page.words
    assert "请用“补充”" in told_after(client.post(address(visit, "amend/"), {"difficulties": "x"}), client)
    assert client.post(address(visit, "add/"), {"text": " "}).status_code == 422
    assert "已补充" in told_after(client.post(address(visit, "add/"), {"text": "水通了"}), client)
    assert Addendum.objects.get().text == "水通了"


def test_sent_back_with_a_question_and_answered(people, visit, signed_in):
    branch, author = signed_in(people.branch), signed_in(people.cadre)
    assert "已退回" in told_after(branch.post(address(visit, "ask/"), {"text": "几口人？"}), branch)
    second = signed_in(people.office).post(address(visit, "ask/"), {"text": "哪天？"})
    assert second.status_code == 422
    assert "还没有答复" in Page(second).words
    page = Page(author.get(address(visit)))
    assert "退回补充，等干部答复" in page.words
    question = Question.objects.get()
    answer = {"text": "四口人", "question": question.pk}
    assert "已答复" in told_after(author.post(address(visit, "answer/"), answer), author)
    late = author.post(address(visit, "answer/"), answer | {"text": "五口人"})
    assert late.status_code == 422
    assert "已经有了答复" in Page(late).words


def test_voiding_asks_first_and_says_what_goes_with_it(people, visit, signed_in):
    Visit.objects.create(
        cadre=people.colleague,
        household=people.household,
        day=visit.day,
        accompanies=visit,
        recorded_at=clock.now(),
    )
    county.add_grievance(household=people.household, visit=visit, number="LH-2026-000007")
    client = signed_in(people.cadre)
    page = Page(client.get(address(visit, "void/")))
    assert "同行的 1 次走访一起作废：杨小燕" in page.words
    assert "LH-2026-000007" in page.words
    assert client.post(address(visit, "void/"), {"reason": "错"}).status_code == 422
    assert "已作废" in told_after(client.post(address(visit, "void/"), {"reason": "录错了户"}), client)
    assert not Visit.objects.filter(voided_at__isnull=True).exists()
    late = signed_in(people.office)
    assert "这条走访已作废" in told_after(late.post(address(visit, "void/"), {"reason": "重复"}), late)


def test_the_paper_has_the_full_phone_for_the_paired_cadre_alone(people, visit, signed_in):
    home = people.household
    home.phone_sealed = seal("13812345678", f"household:{home.code}:phone")
    home.save()
    mine = Page(signed_in(people.cadre).get(address(visit, "print/")))
    theirs = Page(signed_in(people.office).get(address(visit, "print/")))
    assert "13812345678" in mine.words
    assert "138****5678" in theirs.words
    assert "13812345678" not in theirs.words
    labels = [cell for row in mine.tables[0] for cell in row]
    for label in ("群众姓名", "电话", "家庭人口数", "经济来源", "存在困难", "群众意见建议", "当场答复"):
        assert label in labels
    for word in ("走访干部：泽仁初", "群众签字", "日期"):
        assert word in mine.words


def test_the_queries_of_the_page_do_not_grow(people, visit, signed_in):
    client = signed_in(people.branch)
    client.get(address(visit))

    def grown(count):
        for _ in range(count):
            Addendum.objects.create(visit=visit, text="补", added_at=clock.now(), added_by=people.cadre.user)
            Question.objects.create(
                visit=visit, text="？", asked_at=clock.now(), asked_by=people.branch.user, answer="答",
                answered_at=clock.now(), answered_by=people.cadre.user,
            )  # fmt: skip
            county.add_grievance(household=people.household, visit=visit)
            colleague = county.add_cadre()
            Visit.objects.create(cadre=colleague, household=people.household, day=visit.day, accompanies=visit,
                                 recorded_at=clock.now())  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(visit)).status_code == 200
        return len(queries)

    assert grown(2) == grown(48)
