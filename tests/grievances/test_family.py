"""事事有回音: the family is owed what happened, hears what is true, and that it heard is written down once."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from grievances import family, family_reminders
from grievances.models import FamilyNotice, Grievance, TellingWay
from lianhu.kit import clock
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def entered(people, **raw):
    """At a desk: the family has not heard of it yet."""
    return ledger.entered(people.branch, household=people.household.code, **raw)


def waiting(matter):
    rows = family.waiting_notices(Grievance.objects.filter(pk=matter.pk))
    return [each.occasion for each in rows]


def said(matter):
    [notice] = family.waiting_notices(Grievance.objects.filter(pk=matter.pk))
    return family.words(notice)


def tell(matter, person, way="phone", remark=""):
    return family.tell(matter.family_notices.all(), TellingWay(way), by=ledger.fresh(person), remark=remark)


def tellings(matter):
    rows = matter.events.filter(action=A.TELL).order_by("pk")
    return [(each.value, each.by and each.by.name, each.reason) for each in rows]


def replied(people):
    matter = entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people)
    ledger.take(matter, A.REPLY, people.cadre, people)
    return matter


# --- what is owed ------------------------------------------------------------------------------


def test_what_was_heard_at_a_desk_is_still_to_be_told(people):
    matter = entered(people)
    assert waiting(matter) == ["register"]
    assert said(matter) == f"您反映的“饮水管道漏水”（编号 {matter.number}）已经挂号，2026年6月22日前答复您。"


def test_a_date_that_moved_is_told_as_it_is_now(people):
    matter = entered(people)
    ledger.take(matter, A.ESCALATE, people.branch, people)
    assert "2026年6月30日前答复您" in said(matter)
    tell(matter, people.branch)
    assert "2026年6月30日" in matter.family_notices.get().text


def test_a_whole_village_has_its_board_and_is_owed_nothing(people):
    matter = ledger.entered(people.branch, village=people.village.code)
    assert not matter.family_notices.exists()


def test_once_there_is_a_reply_the_reply_is_what_is_told(people):
    matter = replied(people)
    assert waiting(matter) == ["reply"]
    assert said(matter).endswith("有了答复，已解决：情况说明")


def test_telling_the_reply_tells_all_that_came_before_it(people):
    matter = replied(people)
    assert tell(matter, people.cadre) == 1
    assert not matter.family_notices.filter(told_at=None).exists()
    assert [way for way, _, _ in tellings(matter)] == ["phone"]
    assert matter.family_notices.get(occasion="register").remark == family.OVERTAKEN


def test_a_reply_is_not_told_any_more_once_the_matter_is_reopened(people):
    matter = replied(people)
    ledger.take(matter, A.REOPEN, people.branch, people)
    assert waiting(matter) == ["register"]
    reply = matter.family_notices.get(occasion="reply")
    assert family.tell([reply], TellingWay.PHONE, by=ledger.fresh(people.cadre)) == 0
    reply.refresh_from_db()
    assert reply.told_at is None
    assert not tellings(matter)


def test_the_second_reply_is_owed_again(people):
    matter = replied(people)
    tell(matter, people.cadre)
    ledger.take(matter, A.REOPEN, people.branch, people)
    assert waiting(matter) == []
    ledger.take(matter, A.REPLY, people.cadre, people, reason="换了水管")
    assert said(matter).endswith("换了水管")


@pytest.mark.parametrize(("satisfaction", "left"), [("satisfied", []), ("dissatisfied", ["register"])])
def test_who_was_asked_about_the_reply_has_heard_it(people, satisfaction, left):
    matter = replied(people)
    ledger.take(matter, A.REVISIT, people.branch, people, satisfaction=satisfaction)
    assert waiting(matter) == left


def test_closing_is_owed_until_it_is_told_or_the_matter_is_reopened(people):
    matter = replied(people)
    ledger.take(matter, A.REVISIT, people.branch, people)
    ledger.take(matter, A.CLOSE, people.branch, people)
    assert said(matter).endswith("已经办结销号，您的意见是满意。")
    ledger.take(matter, A.REOPEN, people.township_liaison, people)
    assert "close" not in waiting(matter)


def test_an_extension_is_told_with_its_reason_until_there_is_a_reply(people):
    matter = entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people)
    tell(matter, people.branch)
    ledger.take(matter, A.ASK_EXTENSION, people.cadre, people, reason="等材料")
    ledger.take(matter, A.EXTEND, people.township_liaison)
    assert said(matter).endswith("延期到2026年7月2日前答复，原因：等材料")
    ledger.take(matter, A.REPLY, people.cadre, people)
    assert waiting(matter) == ["reply"]


def test_nothing_is_told_of_a_void_matter(people):
    matter = entered(people)
    ledger.take(matter, A.VOID, people.office, people)
    assert waiting(matter) == []
    assert tell(matter, people.branch) == 0


def test_the_family_of_a_merged_matter_hears_what_came_of_it_until_it_is_taken_out(people):
    whole, part = entered(people), entered(people, title="水管又漏了")
    ledger.take(part, A.MERGE, people.township_liaison, people, parent=whole.number)
    ledger.take(whole, A.ASSIGN, people.branch, people)
    ledger.take(whole, A.REPLY, people.cadre, people)
    assert waiting(part) == ["reply"]
    assert said(part).startswith(f"您反映的“水管又漏了”（编号 {part.number}）有了答复")
    ledger.take(part, A.UNMERGE, people.township_liaison, people)
    assert waiting(part) == ["register"]


def test_another_familys_answer_is_not_told_word_for_word(people):
    neighbour = county.add_household("罗尔依", village=people.village)
    county.pair(people.cadre, neighbour)
    whole = entered(people)
    part = ledger.entered(people.branch, household=neighbour.code, title="水管又漏了")
    ledger.take(part, A.MERGE, people.township_liaison, people, parent=whole.number)
    ledger.take(whole, A.ASSIGN, people.branch, people)
    ledger.take(whole, A.REPLY, people.cadre, people, reason="先修扎西家的")
    assert said(part).endswith("和相同的事一起有了答复：已解决。详细情况请问村党组织。")
    assert said(whole).endswith("有了答复，已解决：先修扎西家的")


def test_what_came_of_a_merged_matter_falls_with_the_reply(people):
    whole, part = entered(people), entered(people)
    ledger.take(part, A.MERGE, people.township_liaison, people, parent=whole.number)
    ledger.take(whole, A.ASSIGN, people.branch, people)
    ledger.take(whole, A.REPLY, people.cadre, people)
    ledger.take(whole, A.REOPEN, people.branch, people)
    assert waiting(part) == ["register"]


# --- it was told -------------------------------------------------------------------------------


def test_how_when_and_what_was_told_is_on_the_timeline(people):
    matter = entered(people)
    tell(matter, people.branch, "in_person", "告诉了他的妻子")
    notice = matter.family_notices.get()
    assert (notice.way, notice.told_at, notice.told_by) == ("in_person", clock.now(), people.branch.user)
    assert tellings(matter) == [("in_person", "扎西·卓玛", f"{notice.text}（告诉了他的妻子）")]


def test_told_twice_is_told_once(people):
    matter = entered(people)
    assert tell(matter, people.branch) == 1
    assert tell(matter, people.cadre, "in_person") == 0
    assert matter.family_notices.get().way == "phone"
    assert len(tellings(matter)) == 1


def test_only_who_sees_the_matter_says_that_it_was_told(people):
    matter = entered(people)
    with pytest.raises(PermissionDenied):
        tell(matter, people.stranger_branch)
    assert waiting(matter) == ["register"]


def test_nobody_says_that_the_family_has_read_it(people):
    matter = entered(people)
    with pytest.raises(ValidationError):
        tell(matter, people.branch, "online")


def test_many_are_told_in_a_fixed_number_of_statements(people, django_assert_max_num_queries):
    notices = [each for _ in range(20) for each in entered(people).family_notices.all()]
    with django_assert_max_num_queries(14):
        assert family.tell(notices, TellingWay.SLIP, by=ledger.fresh(people.branch)) == 20


# --- the family looks itself -------------------------------------------------------------------


def test_what_the_family_reads_by_its_code_is_told(people):
    matter = replied(people)
    assert family.seen_online(matter) == 1
    assert tellings(matter) == [("online", None, matter.family_notices.get(occasion="reply").text)]
    assert not matter.family_notices.filter(told_at=None).exists()


def test_looking_again_costs_one_statement_and_writes_nothing(people, django_assert_num_queries):
    matter = entered(people)
    family.seen_online(matter)
    with django_assert_num_queries(1):
        assert family.seen_online(matter) == 0
    assert len(tellings(matter)) == 1


def test_of_a_void_matter_nothing_is_said_to_have_been_told(people):
    matter = entered(people)
    ledger.take(matter, A.VOID, people.office, people)
    assert family.seen_online(matter) == 0
    assert not FamilyNotice.objects.filter(told_at=None).exists()
    assert not tellings(matter)


# --- the colleagues ------------------------------------------------------------------------------


def remind(day):
    family_reminders.remind(day)


def test_cadre_and_handler_hear_once_a_day_how_many_families_wait(people, on_day):
    matter = entered(people)
    entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people, handler=people.colleague.code)
    today = on_day("2026-06-16")
    remind(today)
    remind(today)
    assert ledger.told(people.cadre) == ["有 2 件诉求还没有告知群众"]
    assert ledger.told(people.colleague)[-1] == "有 1 件诉求还没有告知群众"
    assert "没有告知" not in "".join(ledger.told(people.branch))


def test_nobody_is_reminded_of_today_on_a_day_off_or_of_what_was_told(people, on_day):
    matter = entered(people)
    remind(clock.today())
    remind(on_day("2026-06-20"))
    tell(matter, people.branch)
    remind(on_day("2026-06-22"))
    assert ledger.told(people.cadre) == []


def test_where_nobody_has_the_household_the_branch_hears(people, on_day):
    people.household.pairings.update(ends_on="2026-06-15")
    entered(people)
    remind(on_day("2026-06-16"))
    assert ledger.told(people.branch)[-1] == "有 1 件诉求还没有告知群众"
    assert not ledger.told(people.cadre)
