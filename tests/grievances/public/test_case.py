"""查进度, beyond finding it: the whole way in plain words, the answer, an objection, a rating."""

import datetime
import re

import pytest
from django.test import Client

from accounts.models import Notice
from grievances.events import add_event
from grievances.models import (
    FamilyNotice,
    FamilyRating,
    GrievanceAction,
    Objection,
    StepRequest,
)
from grievances.public import look_up
from grievances.query_codes import hash_of
from lianhu.kit import clock
from tests import county
from tests.accounts.signing_in import Time
from tests.grievances.public.publishing import publish, withdraw
from tests.pages import Page

pytestmark = pytest.mark.django_db
A = GrievanceAction
CODE = "7KQMA4XWD2"


@pytest.fixture
def time(monkeypatch):
    return Time(monkeypatch)


@pytest.fixture
def people(time):
    return county.build()


def add_matter(people, **fields):
    row = {"household": people.household, "handler": people.cadre, "lead_unit": people.unit}
    return county.add_grievance(query_code_hash=hash_of(CODE), registered_on="2026-06-10", **(row | fields))


def replied(people, **fields):
    matter = add_matter(people, replied_on="2026-06-12", reply="水管已经换好，<b>请</b>放心用。", **fields)
    add_event(matter, A.REPLY, by=people.cadre.user, value="solved", reason=matter.reply)
    return matter


def look(code=CODE, number=""):
    return Client().post("/public/case/", {"code": code, "number": number})


def ticket():
    found = re.search(r'name="ticket" value="([^"]+)"', look().content.decode())
    return found[1] if found else ""


def send(what, **fields):
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/public/case/{what}/", {"ticket": ticket()} | fields)


def test_the_way_so_far_is_told_in_plain_words_without_a_name(people):
    matter = add_matter(people, replied_on="2026-06-12", reply="好了", extension_days=5)
    steps = [
        (A.REGISTER, "", ""),
        (A.ASSIGN, "", "叫泽仁初快办"),
        (A.ESCALATE, "", "村里办不了"),
        (A.ASSIGN, "", "办"),
        (A.EXTEND, "5", "内部的话"),
        (A.NOTE, "", "内部进展"),
        (A.REMIND, "", ""),
        (A.REPLY, "solved", "好了"),
        (A.REVISIT, "dissatisfied", "问了多吉"),
        (A.OVERDUE, "", ""),
        (A.REPLY, "partly", "好了"),
    ]
    for action, value, reason in steps:
        add_event(matter, action, by=people.cadre.user, value=value, reason=reason)
    asked = {"asked_at": clock.now(), "asked_by": people.cadre.user, "decided_at": clock.now()}
    StepRequest.objects.create(
        grievance=matter, kind="extension", days=5, reason="等材料到货", approved=True, **asked
    )
    page = Page(look())
    for told in (
        "已经挂号",
        "交给人办",
        "升到村一级办",
        "交给教育局办",
        "答复的期限延长 5 天",
        "已经答复：部分解决",
    ):
        assert told in page.words
    assert "已经回访：不满意，退回重办" in page.words
    assert "延期 5 天，原因：等材料到货" in page.words.replace("延期5", "延期 5")
    for hidden in ("泽仁初", "多吉", "内部", "村里办不了", "催办"):
        assert hidden not in page.words


def test_the_family_reads_its_own_answer(people):
    replied(people)
    assert "水管已经换好，<b>请</b>放心用。" in Page(look()).words
    assert "水管已经换好" not in Page(Client().get("/public/")).words


def test_the_number_alone_finds_what_is_published_and_nothing_else(people):
    up = publish(people, query_code_hash=hash_of(CODE))
    hidden = county.add_grievance(household=people.household)
    answer = look(code="", number=f" {up.number.lower()} ")
    assert (answer.status_code, answer["Location"]) == (302, f"/public/{up.number}/")
    not_up, never = look(code="", number=hidden.number), look(code="", number="LH-2026-000000")
    assert (not_up.status_code, never.status_code) == (422, 422)
    assert not_up.content.decode().replace(hidden.number, "") == never.content.decode().replace(
        "LH-2026-000000", ""
    )


def test_numbers_are_guessed_no_faster_than_codes(people):
    client = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(look_up.PER_ADDRESS.failures):
        client.post("/public/case/", {"number": "LH-2026-000000"})
    assert client.post("/public/case/", {"number": "LH-2026-000000"}).status_code == 429


def test_a_merged_matter_tells_how_far_the_other_is_and_not_its_answer(people):
    there = county.add_household(village=people.village)
    parent = county.add_grievance(
        household=there, registered_on="2026-06-01", replied_on="2026-06-12", reply="给卓玛家换了水管"
    )
    add_matter(people, parent=parent)
    page = Page(look())
    assert f"和相同的事并成一件，按编号 {parent.number} 一起办。" in page.words
    assert page.statement.endswith("已答复")
    assert "卓玛" not in page.words
    assert "满意吗" not in page.words


def test_what_is_not_published_says_so(people):
    add_matter(people, closed_on="2026-06-12", withheld_kind="privacy", withheld_reason="涉及病情")
    page = Page(look())
    assert "不在公开台账公示（隐私）" in page.words
    assert "病情" not in page.words


def test_what_waited_to_be_told_is_told_by_looking(people):
    matter = replied(people)
    event = matter.events.get()
    FamilyNotice.objects.create(grievance=matter, occasion="reply", event=event, text="有了答复")
    look(code="ZZZZZZZZZZ")
    assert FamilyNotice.objects.get().told_at is None
    look()
    assert FamilyNotice.objects.get().way == "online"


# --- objection ---


def objecting(people, **fields):
    return publish(people, query_code_hash=hash_of(CODE), **fields)


def test_an_objection_is_received_answered_and_read_again(people):
    matter = objecting(people)
    answer = send("object", text="水还是浇不上，<i>请再看</i>")
    assert answer.status_code == 200
    assert "异议收到了" in Page(answer).words
    (objection,) = Objection.objects.all()
    assert (objection.text, objection.by) == ("水还是浇不上，<i>请再看</i>", None)
    assert matter.events.get().action == A.OBJECT
    assert Notice.objects.filter(user=people.branch.user, title__contains="异议").exists()
    page = Page(look())
    assert "等答复" in page.words
    assert "提异议" not in page.words
    objection.answer, objection.reopened = "下周再换一段", False
    objection.answered_at, objection.answered_by = clock.now(), people.branch.user
    objection.save()
    assert "下周再换一段" in Page(look()).words


def test_a_double_tap_is_one_objection(people):
    objecting(people)
    sent = {"ticket": ticket(), "text": "水还是浇不上"}
    answers = [Client().post("/public/case/object/", sent) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert Objection.objects.count() == 1
    other = Client().post("/public/case/object/", sent | {"text": "另外还有"})
    assert other.status_code == 409
    assert "已经有一条异议在等答复" in Page(other).words
    assert "另外还有" in other.content.decode()


def test_the_last_minute_of_the_seventh_day_is_in_time_and_the_next_is_not(people, time, monkeypatch):
    objecting(people, on="2026-06-10")
    last = datetime.datetime(2026, 6, 17, 23, 59, 59, tzinfo=clock.SHANGHAI)
    monkeypatch.setattr(clock, "now", lambda: last)
    held = ticket()
    assert "6月17日 (周三)当天还可以提" in Page(look()).words
    monkeypatch.setattr(clock, "now", lambda: last + datetime.timedelta(seconds=1))
    late = Client().post("/public/case/object/", {"ticket": held, "text": "晚了一秒"})
    assert late.status_code == 409
    assert "公示期已经结束" in Page(late).words
    assert "晚了一秒" in late.content.decode()
    monkeypatch.setattr(clock, "now", lambda: last)
    assert Client().post("/public/case/object/", {"ticket": held, "text": "还来得及"}).status_code == 200


def test_a_notice_that_was_taken_down_meanwhile_is_told(people):
    matter, held = objecting(people), ""
    held = ticket()
    withdraw(matter)
    type(matter).objects.filter(pk=matter.pk).update(
        state="assigned", published_on=None, closed_on=None, replied_on=None, outcome="", satisfaction=""
    )
    answer = Client().post("/public/case/object/", {"ticket": held, "text": "不对"})
    assert answer.status_code == 409
    assert "已经退回重办" in Page(answer).words


@pytest.mark.parametrize(
    ("text", "told"), [("", "必填"), ("字" * 100_000, "最多 1000 个字"), ("不\x00对", "控制字符")]
)
def test_an_objection_that_says_nothing_readable_is_asked_for_again(people, text, told):
    objecting(people)
    answer = send("object", text=text)
    assert answer.status_code == 422
    assert told in Page(answer).words
    assert not Objection.objects.exists()


# --- the ticket ---


@pytest.mark.parametrize("bad", ["", "x", "\x00", "WzEsIiJd:1:x", "9" * 5000])
def test_a_ticket_that_is_none_asks_for_the_code_and_keeps_the_words(people, bad):
    objecting(people)
    answer = send("object", ticket=bad, text="水还是浇不上")
    assert answer.status_code == 422
    assert Page(answer).statement == "请再输一次查询码"
    assert "水还是浇不上" in answer.content.decode()
    assert send("object", ticket=bad, text="水还是浇不上", code=CODE.lower()).status_code == 200
    assert Objection.objects.count() == 1


def test_a_ticket_dies_with_its_code(people):
    matter = objecting(people)
    held = ticket()
    matter.query_code_hash = hash_of("0000011111")
    matter.save()
    assert Client().post("/public/case/object/", {"ticket": held, "text": "x"}).status_code == 422
    assert not Objection.objects.exists()


def test_codes_are_guessed_no_faster_by_these_forms(people):
    objecting(people)
    client = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(look_up.PER_ADDRESS.failures):
        client.post("/public/case/rate/", {"code": "ZZZZZZZZZZ", "satisfaction": "satisfied"})
    answer = client.post("/public/case/object/", {"code": CODE, "text": "x"})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "600"


# --- rating ---


def test_each_answer_is_rated_once(people):
    matter = replied(people)
    held = ticket()
    answer = send("rate", satisfaction="basically", text="来得慢")
    assert "您的评价收到了：基本满意" in Page(answer).words
    rating = FamilyRating.objects.get()
    assert (rating.satisfaction, rating.text) == ("basically", "来得慢")
    step = matter.events.last()
    assert (step.action, step.by, step.value) == (A.RATE, None, "basically")
    again = {"ticket": held, "satisfaction": "dissatisfied", "text": "改主意了"}
    assert Client().post("/public/case/rate/", again).status_code == 200
    assert FamilyRating.objects.count() == 1
    page = Page(look())
    assert "您评价了这次答复：基本满意。" in page.words
    assert "评价这次答复" not in page.headings
    matter.refresh_from_db()
    assert matter.satisfaction == ""
    assert matter.state == "replied"


def test_the_desk_hears_of_a_family_that_is_not_satisfied(people):
    replied(people)
    send("rate", satisfaction="satisfied")
    assert not Notice.objects.exists()
    replied_again = add_event(
        people.household.grievances.get(), A.REPLY, by=people.cadre.user, value="partly"
    )
    send("rate", satisfaction="dissatisfied", text="没修好")
    assert FamilyRating.objects.count() == 2
    assert FamilyRating.objects.last().reply_event == replied_again
    (notice,) = Notice.objects.all()
    assert notice.user == people.branch.user
    assert "群众对答复不满意" in notice.title


def test_there_is_nothing_to_rate_before_an_answer_or_of_a_void_matter(people):
    matter = add_matter(people)
    answer = send("rate", satisfaction="satisfied", ticket=look_up.ticket_of(matter))
    assert answer.status_code == 409
    assert "还没有可以评价的答复" in Page(answer).words
    assert not FamilyRating.objects.exists()


def test_a_rating_without_a_choice_is_asked_for_and_keeps_its_words(people):
    replied(people)
    answer = send("rate", text="来得慢")
    assert answer.status_code == 422
    assert "必填" in Page(answer).words
    assert "来得慢" in answer.content.decode()


def test_the_code_is_in_no_page_and_no_log(people, caplog):
    replied(people)
    for answer in (look(), send("rate", satisfaction="satisfied", text="好")):
        assert CODE not in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies
    assert CODE not in " ".join(str(record.__dict__) for record in caplog.records)
