"""The pages of activities: list, entry, one of them, and who reads what (contract, section 5)."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from reports.models import Quota
from tests import county, photos
from tests.pages import Page
from tests.reports.exports.conftest import Sheet, content_of
from visits.models import Activity, Errand, ProjectReview

TODAY = datetime.date(2026, 6, 15)
SECRET = "家里老人住院"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return photos.use_folder(settings, tmp_path)


def page(client, name, *args, **query):
    return Page(client.get(reverse(name, args=args), query))


@pytest.fixture
def talk(people):
    return county.add_activity(
        "heart_talk",
        "2026-06-10",
        unit=people.unit,
        cadres=[people.unit_leader, people.cadre],
        topic=SECRET,
        summary=SECRET,
        recorded_by=people.unit_leader.user,
    )


def test_a_cadre_enters_a_reception_and_finds_it_in_the_list(people, signed_in):
    client = signed_in(people.cadre)
    form = {"day": "2026-06-14", "topic": "草场边界", "subtype": "open_reception"}
    form |= {
        "village": people.village.code,
        "headcount": "3",
        "files": SimpleUploadedFile("a.jpg", photos.jpeg()),
    }
    answer = client.post(reverse("activity_new", args=["dispute_work"]), form)
    made = Activity.objects.get()
    assert answer["Location"] == reverse("activity", args=[made.pk])
    assert list(made.cadres.all()) == [people.cadre]
    assert made.files.count() == 1
    assert "草场边界" in page(client, "activities", kind="dispute_work", period="2026-06").links
    assert "草场边界" not in page(client, "activities", kind="forum").links
    opened = page(client, "activity", made.pk)
    assert "开门接访" in opened.words


def test_a_wrong_one_keeps_what_was_typed_beside_its_faults(people, signed_in):
    form = {"day": "2026-06-20", "topic": "草场边界", "village": "", "cadres": "没有这人"}
    answer = signed_in(people.cadre).post(reverse("activity_new", args=["dispute_work"]), form)
    assert answer.status_code == 422
    told = Page(answer)
    assert "没有叫“没有这人”的在岗干部" in told.words
    assert 'value="草场边界"' in answer.content.decode()


def test_people_are_named_or_given_by_their_number(people, signed_in):
    client = signed_in(people.unit_liaison)
    form = {"day": "2026-06-14", "topic": "助农采收", "unit": people.unit.code}
    form["cadres"] = f"杨小燕、{people.cadre.code}"
    client.post(reverse("activity_new", args=["joint_activity"]), form)
    people_there = Activity.objects.get().participants.order_by("place").values_list("cadre__name", flat=True)
    assert list(people_there) == ["杨小燕", "泽仁初"]
    county.add_cadre("杨小燕", unit=people.other_unit, code="P9")
    form |= {"topic": "再一次"}
    client.post(reverse("activity_new", args=["joint_activity"]), form)
    assert Activity.objects.get(topic="再一次").participants.filter(cadre=people.colleague).exists()


def test_a_leader_notes_a_heart_talk_by_naming_the_other(people, signed_in):
    client = signed_in(people.unit_leader)
    answer = client.post(
        reverse("activity_new", args=["heart_talk"]),
        {"day": "2026-06-14", "topic": "近况", "summary": SECRET, "cadres": "泽仁初"},
    )
    assert answer.status_code == 302
    talk = Activity.objects.get()
    names = talk.participants.order_by("place").values_list("cadre__name", flat=True)
    assert list(names) == ["尼玛", "泽仁初"]


@pytest.mark.parametrize(
    ("person", "reads"),
    [
        ("unit_leader", True),
        ("cadre", True),
        ("office", True),
        ("unit_liaison", False),
        ("county_leader", False),
    ],
)
def test_the_words_of_a_heart_talk_are_on_no_page_of_anybody_else(people, signed_in, talk, person, reads):
    client = signed_in(getattr(people, person))
    listed = client.get(reverse("activities"))
    opened = client.get(reverse("activity", args=[talk.pk]))
    assert "谈心谈话" in listed.content.decode()
    for answer in (listed, opened):
        assert answer.status_code == 200
        assert (SECRET in answer.content.decode()) == reads
    figure = client.get(
        reverse("evidence", args=["heart_talk", "cadre", people.unit_leader.code]), {"period": "2026"}
    )
    assert SECRET not in figure.content.decode()
    assert client.get(reverse("activity_change", args=[talk.pk])).status_code == (
        200 if person in ("unit_leader", "office") else (404 if person != "cadre" else 200)
    )


def test_the_auditor_reads_that_it_took_place_and_nothing_of_it(people, signed_in, talk):
    talk.topic = SECRET + "了"
    talk.save()
    entries = AuditEntry.objects.filter(subject_table="visits_activity", subject_id=str(talk.pk))
    assert entries
    client = signed_in(people.auditor)
    for entry in entries:
        answer = client.post(reverse("audit_reveal", args=[entry.pk]), {"reason": "抽查"})
        assert answer.status_code == 422
        assert SECRET not in answer.content.decode()


def test_saved_meanwhile_by_another_it_is_not_overwritten_unseen(people, signed_in):
    forum = county.add_activity("forum", "2026-06-12", village=people.village, recorded_by=people.branch.user)
    form = {"day": "2026-06-12", "topic": "用水", "village": people.village.code, "version": "0"}
    address = reverse("activity_change", args=[forum.pk])
    assert signed_in(people.office).post(address, form | {"topic": "用电"}).status_code == 302
    answer = signed_in(people.branch).post(address, form)
    assert answer.status_code == 409
    assert 'value="用水"' in answer.content.decode()
    assert signed_in(people.branch).post(address, form | {"version": "1"}).status_code == 302


def test_it_is_voided_with_a_reason_and_stays_to_be_seen(people, signed_in):
    forum = county.add_activity("forum", "2026-06-12", village=people.village, recorded_by=people.branch.user)
    client = signed_in(people.branch)
    assert client.post(reverse("activity_void", args=[forum.pk]), {"reason": ""}).status_code == 422
    client.post(reverse("activity_void", args=[forum.pk]), {"reason": "没有举办"})
    assert "没有举办" in page(client, "activity", forum.pk).words
    typed = {"day": "2026-06-12", "topic": "改过的主题", "village": people.village.code, "version": "0"}
    answer = client.post(reverse("activity_change", args=[forum.pk]), typed)
    assert answer.status_code == 409
    assert "改过的主题" in answer.content.decode()


def test_overdue_rectifications_are_listed_until_they_are_done(people, signed_in):
    activity = county.add_activity(
        "project_review", "2026-05-12", village=people.village, cadres=[people.cadre]
    )
    plan = {"fault": "漏水", "plan": "换管", "plan_due_on": datetime.date(2026, 6, 1)}
    ProjectReview.objects.create(activity=activity, project="安全饮水", **plan)
    client = signed_in(people.cadre)
    assert page(client, "rectifications").statement == "有 1 项整改逾期"
    client.post(reverse("activity_plan_done", args=[activity.pk]), {"done_on": "2026-06-14"})
    assert page(client, "rectifications").statement == "没有逾期的整改"
    assert "安全饮水" in page(client, "rectifications", state="done").links


def test_a_self_check_is_written_previewed_submitted_and_printed(people, signed_in):
    client = signed_in(people.unit_leader)
    assert "一年下过几次乡" in page(client, "self_check").words
    words = {"smile": "有", "faith": "坚定", "purpose": "树牢", "duty": "敢担当", "honesty": "清廉"}
    form = words | {"year": "2026", "version": "0", "next": "preview"}
    assert client.post(reverse("self_check"), form).status_code == 302
    assert page(client, "self_check_preview").statement == "还有 1 处没有写"
    form |= {"version": "1", "shown": "在格桑村晒了"}
    client.post(reverse("self_check"), form)
    assert page(client, "self_check_preview").statement == "提交前请看一遍"
    answer = client.post(reverse("self_check_submit"), {"year": "2026", "version": "2"})
    assert answer.status_code == 302
    shown = Page(client.get(answer["Location"]))
    assert "在格桑村晒了" in shown.words
    assert client.get(reverse("self_check")).status_code == 302
    late = client.post(reverse("self_check"), form | {"shown": "另一处写的"})
    assert (late.status_code, "另一处写的" in late.content.decode()) == (409, True)
    assert "尼玛" in page(signed_in(people.office), "self_checks").links


def test_an_errand_is_posted_taken_and_done_on_its_pages(people, signed_in):
    branch, cadre = signed_in(people.branch), signed_in(people.cadre)
    form = {"village": people.village.code, "household": people.household.code, "topic": "代办医保缴费"}
    branch.post(reverse("errand_new"), form)
    errand = Errand.objects.get()
    assert "代办医保缴费" in page(cadre, "errands").links
    cadre.post(reverse("errand_take", args=[errand.pk]))
    late = signed_in(people.unit_leader).post(reverse("errand_take", args=[errand.pk]))
    assert late.status_code == 409
    assert "泽仁初已于 06-15 10:00 认领" in Page(late).words
    assert cadre.post(reverse("errand_done", args=[errand.pk]), {"words": ""}).status_code == 422
    cadre.post(reverse("errand_done", args=[errand.pk]), {"words": "缴好了"})
    assert "缴好了" in page(branch, "errand", errand.pk).words


def test_plans_are_listed_by_unit_and_a_liaison_enters_the_own_one(people, signed_in):
    client = signed_in(people.unit_liaison)
    assert page(client, "work_plans").statement == "2026年工作计划还没有"
    county.add_activity("work_plan", "2026-01-20", unit=people.unit, topic="2026年工作计划")
    assert "2026年工作计划" in page(client, "work_plans").links
    assert page(signed_in(people.office), "work_plans").statement.endswith("1 个有2026年工作计划")


def test_the_villages_page_shows_the_months_meetings_and_a_way_to_enter_one(people, signed_in):
    county.add_activity("forum", "2026-06-12", village=people.village, topic="用水")
    shown = page(signed_in(people.branch), "villages")
    assert "6月12日 用水" in shown.links
    new = shown.links["录入一次"]
    assert signed_in(people.branch).get(new).status_code == 200


def test_the_list_asks_no_more_of_fifty_than_of_two(people, signed_in):
    client = signed_in(people.office)

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(reverse("activities")).status_code == 200
        return len(seen)

    for at in range(2):
        county.add_activity(
            "forum", "2026-06-12", village=people.village, cadres=[people.cadre], topic=f"{at}"
        )
    few = asked()
    for at in range(48):
        pair = [people.unit_leader, people.cadre]
        county.add_activity("heart_talk", "2026-06-12", unit=people.unit, cadres=pair, topic=f"{at}")
    assert asked() == few


@pytest.mark.parametrize(
    ("person", "reads"), [("unit_leader", True), ("office", True), ("unit_liaison", False)]
)
def test_an_export_holds_its_words_only_for_those_who_read_them(people, signed_in, talk, person, reads):
    answer = signed_in(getattr(people, person)).post("/exports/activities/?kind=heart_talk")
    words = Sheet(content_of(answer)).words
    assert "谈心谈话" in words
    assert (SECRET in words) == reads


def test_the_form_says_what_the_rules_ask_and_follows_them(people, signed_in):
    client = signed_in(people.branch)
    assert "村(社区)每月 1 次。" in Page(client.get(reverse("activity_new", args=["forum"]))).words
    Quota.objects.filter(params__kind="forum").update(target=2)
    assert "村(社区)每月 2 次。" in Page(client.get(reverse("activity_new", args=["forum"]))).words
