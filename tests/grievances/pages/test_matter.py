"""The matter's page: what it says in each state, to whom, and what its one button is."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from grievances import events
from grievances.models import Category, FamilyRating, GrievanceAction
from grievances.workflow import STEPS
from lianhu.kit import clock
from tests import county, photos
from tests.grievances import ledger
from tests.grievances.ledger import A, S
from tests.pages import Page

pytestmark = pytest.mark.django_db
EVERYBODY_THERE = (
    "cadre",
    "branch",
    "township_liaison",
    "unit_liaison",
    "unit_leader",
    "office",
    "county_leader",
)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    Category.objects.get_or_create(name="其他", defaults={"position": 99})
    return county.build()


@pytest.fixture
def opened(signed_in):
    """`opened(person, matter)`: the page as this person reads it."""

    def go(person, matter, query=""):
        return Page(signed_in(person).get(f"/grievances/{matter.number}/{query}"))

    return go


def test_whoever_may_see_the_matter_reads_all_of_it(people, opened):
    made = ledger.matter(people, S.REPLIED)
    for name in EVERYBODY_THERE:
        page = opened(getattr(people, name), made)
        assert page.status == 200, name
        assert page.statement == "饮水管道漏水"
        for said in ("村口饮水管道漏水", "多吉户", "泽仁初", "已经修好了", "经过"):
            assert said in page.words, (name, said)


def test_for_others_it_is_not_there(people, opened):
    made = ledger.matter(people, S.REPLIED)
    for name in ("stranger", "stranger_branch", "stranger_township_liaison", "admin", "auditor"):
        assert opened(getattr(people, name), made).status == 404, name


def test_a_helper_sees_who_asked_without_a_way_into_the_household(people, opened):
    made = ledger.matter(people, S.ASSIGNED)
    made.helping_units.add(people.other_unit)
    page = opened(people.stranger_unit_liaison, made)
    assert "多吉户" in page.words
    assert "多吉户" not in page.links
    assert opened(people.branch, made).links["多吉户"] == "/households/HH-1/"


def test_reading_a_households_matter_is_logged_on_the_household(people, opened):
    made = ledger.matter(people, S.ASSIGNED)
    of_village = ledger.matter(people, S.ASSIGNED, household=None, village=people.village)
    opened(people.office, made)
    opened(people.office, of_village)
    [entry] = AuditEntry.objects.filter(kind=AuditKind.READ)
    assert (entry.subject_table, entry.subject_key) == ("registry_household", "HH-1")
    assert made.number in entry.detail


def test_the_phone_is_masked(people, opened):
    from lianhu.kit.privacy import seal
    from registry.contact import sealed_for

    people.household.phone_sealed = seal("13812340002", sealed_for("household", "HH-1", "phone"))
    people.household.save()
    words = opened(people.cadre, ledger.matter(people, S.ASSIGNED)).words
    assert "138****0002" in words
    assert "13812340002" not in words


# --- what comes next ---------------------------------------------------------------------------

NEXT = [
    (S.REGISTERED, "branch", "assign", "下一步：交办", "还没有主办人。 轮到您。"),
    (S.REGISTERED, "office", None, "下一步：交办", "还没有主办人。 轮到格桑村村党组织。"),
    (S.ASSIGNED, "cadre", "reply", "下一步：答复", "部分解决或政策解释）和答复的话。 轮到您。"),
    (S.ASSIGNED, "branch", None, "下一步：答复", "轮到泽仁初。"),
    (S.REPLIED, "branch", "revisit", "下一步：回访", "还没有问过多吉满意不满意。 轮到您。"),
    (S.REPLIED, "cadre", None, "下一步：回访", "轮到看得到这件事的人，答复的人除外。"),
    (S.REVISITED, "branch", "close", "下一步：销号", "群众满意，可以销号。 轮到您。"),
    (S.REVISITED, "cadre", None, "下一步：销号", "轮到格桑村村党组织，办理过的人除外；"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "name", "step", "says", "missing"), NEXT)
def test_the_next_step_is_the_one_button_and_what_is_missing_is_said(
    state, name, step, says, missing, people, signed_in
):
    made = ledger.matter(people, state)
    answer = signed_in(getattr(people, name)).get(f"/grievances/{made.number}/")
    page = Page(answer)
    assert says in page.headings
    assert missing in page.words
    main = re.findall(
        rf'class="button main" href="/grievances/{made.number}/(\w+)/"', answer.content.decode()
    )
    assert main == ([step] if step else [])


def test_the_public_text_comes_before_the_publication(people, opened):
    made = ledger.matter(people, S.CLOSED)
    assert "公示的文字还没有确认" in opened(people.township_liaison, made).words
    ledger.public_text(made, people.branch)
    page = opened(people.township_liaison, made)
    assert page.links["公示"].endswith("/publish/")
    closer = opened(people.branch, made).links
    assert not any(address.endswith("/publish/") for address in closer.values()), "who closed it"


def test_an_objection_is_answered_first(people, opened):
    made = ledger.matter(people, S.PUBLISHED)
    assert "已办结" in opened(people.branch, made).headings
    ledger.objection(made)
    page = opened(people.branch, made)
    assert "下一步：答复异议" in page.headings
    assert page.links["答复异议"].endswith("/keep/")
    assert any(link.endswith("/reopen/") for link in page.links.values())
    assert "没有修好" in page.words


def test_what_waits_for_a_decision_stands_on_top_for_who_decides(people, opened):
    made = ledger.matter(people, S.ASSIGNED)
    ledger.ask(made, "extension", people.cadre, days=10)
    page = opened(people.township_liaison, made)
    assert "泽仁初申请延期 10 天，等上一级决定。" in page.words
    assert page.links["批准延期"].endswith("/extend/")
    assert "批准延期" not in opened(people.branch, made).links


def test_a_void_and_a_merged_matter_offer_no_step_but_taking_it_out(people, opened):
    parent = ledger.matter(people, S.ASSIGNED, title="大事")
    child = ledger.matter(people, S.ASSIGNED, parent=parent)
    void = ledger.matter(people, S.ASSIGNED, void=True)
    page = opened(people.office, child)
    assert f"已并入 {parent.number}，和它一起办。" in page.words
    assert page.links["取消并案"].endswith("/unmerge/")
    assert "交办" not in page.links
    assert child.number in opened(people.office, parent).words
    page = opened(people.office, void)
    assert "原因：录错" in page.words
    assert not any(f"/{step}/" in link for link in page.links.values() for step in STEPS)


def test_withheld_is_done_and_says_why(people, opened):
    made = ledger.matter(people, S.CLOSED, withheld_kind="privacy", withheld_reason="家里的事")
    page = opened(people.branch, made)
    assert "不予公示（隐私）。家里的事" in page.words
    assert "已办结" in page.headings


# --- dates and ages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "light"),
    [
        ("2026-06-12", "逾期 3 天没有答复"),
        ("2026-06-15", "临期，今天要答复"),
        ("2026-06-17", "临期，还有 2 天答复"),
        ("2026-06-30", "已交办，等答复"),
    ],
)
def test_its_light_is_said_in_words(due, light, people, opened):
    made = ledger.matter(people, S.ASSIGNED, reply_due_on=due)
    assert light in opened(people.cadre, made).words


def test_a_date_in_a_year_without_a_calendar_is_provisional(people, opened):
    made = ledger.matter(people, S.REGISTERED, assign_due_certain=False)
    assert "暂定" in opened(people.branch, made).words


def test_ages_are_counted_in_all_and_at_the_present_holder_and_at_each_level(people, opened, on_day):
    made = ledger.entered(people.branch, household=people.household.code)
    on_day("2026-06-20")
    ledger.take(made, A.ESCALATE, people.branch, reason="要用机械")
    on_day("2026-06-23")
    page = opened(people.township_liaison, made)
    assert "挂号至今8 天" in page.words
    assert "等交办3 天" in page.words
    assert "村级 5 天，乡镇级 3 天" in page.words
    assert "升级：村级到乡镇级" in page.words


def test_returns_and_reopenings_are_counted(people, opened):
    made = ledger.matter(people, S.ASSIGNED, returns=2, reopenings=1)
    words = opened(people.branch, made).words
    assert "退回2 次" in words
    assert "退回重办1 次" in words


def test_a_late_reply_stays_marked(people, opened):
    made = ledger.matter(people, S.REPLIED, replied_on="2026-06-20", reply_due_on="2026-06-15")
    assert "逾期 5 天答复" in opened(people.branch, made).words


# --- the timeline ------------------------------------------------------------------------------


def test_every_step_says_who_when_from_to_and_why(people, opened, on_day):
    made = ledger.entered(people.branch, household=people.household.code)
    ledger.take(made, A.ASSIGN, people.branch, people)
    ledger.take(made, A.NOTE, people.cadre, reason="装载机到场，清了一半")
    ledger.take(made, A.RETURN, people.cadre, reason="不包这段路")
    words = opened(people.branch, made).words
    for said in (
        "挂号 扎西·卓玛",
        "交办：泽仁初 扎西·卓玛，已挂号 → 已交办",
        "装载机到场，清了一半",
        "退回 泽仁初，已交办 → 已挂号 不包这段路",
    ):
        assert said in words
    assert words.index("不包这段路") < words.index("装载机到场") < words.index("交办：泽仁初")


def test_the_timeline_shows_one_kind_on_request(people, opened):
    made = ledger.matter(people, S.ASSIGNED)
    ledger.take(made, A.NOTE, people.cadre, reason="装载机到场")
    page = opened(people.branch, made, "?show=progress")
    assert "装载机到场" in page.words
    assert "交办：泽仁初" not in page.words
    assert opened(people.branch, made, "?show=%00<script>").status == 200


def test_what_was_told_each_working_day_is_one_line(people, opened):
    made = ledger.matter(people, S.ASSIGNED)
    for _ in range(5):
        events.add_event(made, A.OVERDUE, by=None, reason="已告诉乡镇")
    page = opened(people.branch, made)
    assert page.words.count("逾期上报") == 1
    assert "共 5 次" in page.words


def test_a_rating_by_the_family_stands_beside_the_revisit(people, opened):
    made = ledger.matter(people, S.REVISITED)
    reply = made.events.get(action=A.REPLY)
    FamilyRating.objects.create(
        grievance=made, reply_event=reply, satisfaction="dissatisfied", text="<b>没修好</b>", at=clock.now()
    )
    events.add_event(made, A.RATE, by=None, value="dissatisfied", reason="<b>没修好</b>")
    words = opened(people.branch, made).words
    assert "群众自己的评价：不满意" in words
    assert "群众评价：不满意 群众" in words
    assert "<b>没修好</b>" in words, "as it was typed, never as markup"


def test_names_and_words_of_all_kinds_are_shown_as_they_are(people, opened):
    made = ledger.matter(people, S.ASSIGNED, title="𠮷家 <script>alert(1)</script>", content="长" * 10_000)
    page = opened(people.cadre, made)
    assert page.statement == "𠮷家 <script>alert(1)</script>"
    assert "长" * 10_000 in page.words


@pytest.mark.parametrize("number", ["LH/2026/1", "100%", "%2F", "a b", "县?1"])
def test_a_number_may_be_any_word(number, people, signed_in):
    from django.urls import reverse

    made = ledger.matter(people, S.ASSIGNED, number=number)
    answer = signed_in(people.cadre).get(reverse("matter", args=[number]))
    assert answer.context["matter"] == made


# --- what stands beside ------------------------------------------------------------------------


def test_photos_of_the_visit_are_shown_to_who_may_see_the_visit(people, opened, settings, tmp_path):
    photos.use_folder(settings, tmp_path)
    visit = county.add_visit(people.cadre, people.household, "2026-06-10")
    photo = photos.kept(visit)
    made = ledger.matter(people, S.ASSIGNED, visit=visit)
    made.helping_units.add(people.other_unit)

    def shows(person):
        return f"/photos/{photo.pk}/" in opened(person, made).links.values()

    assert shows(people.branch)
    assert not shows(people.stranger_unit_liaison)


def test_what_the_family_was_told_and_is_still_to_hear(people, opened):
    made = ledger.entered(people.branch, household=people.household.code)
    assert "挂号：还没有告知" in opened(people.branch, made).words


def test_likely_duplicates_are_offered(people, opened):
    made = ledger.matter(people, S.ASSIGNED)
    other = ledger.matter(people, S.ASSIGNED, title="饮水管道又漏水")
    assert opened(people.branch, made).links["饮水管道又漏水"] == f"/grievances/{other.number}/"


def test_a_page_of_many_events_asks_no_more_of_the_database(people, signed_in):
    client = signed_in(people.branch)

    def questions(rounds):
        made = ledger.matter(people, S.PUBLISHED)
        children = [ledger.matter(people, S.ASSIGNED, parent=made) for _ in range(rounds)]
        made.helping_units.add(*(county.add_unit() for _ in range(rounds)))
        for child in children:
            events.add_event(made, GrievanceAction.MERGE, by=people.office.user, value=child.number)
            events.add_event(made, GrievanceAction.NOTE, by=people.cadre.user, reason="进展")
            objection = ledger.objection(made)
            objection.answer, objection.reopened, objection.answered_at = "理由", False, clock.now()
            objection.save()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/grievances/{made.number}/").status_code == 200
        return len(asked)

    questions(1)
    assert questions(2) == questions(50)
