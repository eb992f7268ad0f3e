"""告知: who is to be called, what is said to them, and that it was said."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from grievances.models import FamilyNotice
from lianhu.kit.privacy import seal
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A
from tests.pages import Page

pytestmark = pytest.mark.django_db

PHONE = "13812345678"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    people = county.build()
    give_phone(people.household)
    return people


def give_phone(home):
    home.phone_sealed = seal(PHONE, f"household:{home.code}:phone")
    home.save()


def entered(people, home=None, **raw):
    matter = ledger.entered(people.branch, household=(home or people.household).code, **raw)
    return matter, matter.family_notices.get(occasion="register")


def seen(client, query=""):
    return Page(client.get(f"/notices/{query}"))


def test_one_reads_whom_to_call_and_what_to_say(people, signed_in):
    matter, _ = entered(people)
    page = seen(signed_in(people.branch))
    assert page.statement == "还有 1 条要告知群众"
    assert "多吉户" in page.words
    assert f"您反映的“饮水管道漏水”（编号 {matter.number}）已经挂号，2026年6月22日前答复您。" in page.words


def test_it_says_what_comes_here_when_nothing_waits(people, signed_in):
    page = seen(signed_in(people.branch))
    assert page.statement == "该告知群众的都告知了"
    assert "会列在这里" in page.words


def test_of_another_village_one_sees_nothing(people, signed_in):
    entered(people)
    page = seen(signed_in(people.stranger_branch))
    assert page.statement == "该告知群众的都告知了"
    assert "多吉" not in page.words


def test_who_has_no_matters_finds_no_page(people, signed_in):
    assert signed_in(people.admin).get("/notices/").status_code == 404


def test_by_village_and_whoever_waits_longest_first(people, signed_in, on_day):
    early = county.add_household("早", village=people.village)
    late = county.add_household("晚", village=people.village)
    entered(people, early)
    on_day("2026-06-16")
    entered(people, late)
    entered(people, early)
    words = seen(signed_in(people.branch)).words
    assert words.index("早户") < words.index("晚户")
    assert words.count("早户") == 1
    assert "等了 1 天" in words


def test_one_village_or_one_household_is_picked_out(people, signed_in):
    entered(people)
    other = ledger.entered(people.stranger_branch, household=people.other_household.code)
    client = signed_in(people.office)
    assert "还有 2 条" in seen(client).statement
    assert other.number not in seen(client, f"?village={people.village.code}").words
    assert other.number in seen(client, f"?household={people.other_household.code}").words
    assert "没有要告知的" in seen(client, "?village=x%00").words


@pytest.mark.parametrize(("person", "shown"), [("cadre", PHONE), ("branch", "138****5678")])
def test_the_phone_is_full_for_the_paired_cadre_alone_and_that_is_logged(people, signed_in, person, shown):
    entered(people)
    page = seen(signed_in(getattr(people, person)))
    assert shown in page.words
    assert (PHONE in page.words) == (person == "cadre")
    assert ("看完整号码" in page.links) == (person == "branch")
    logged = AuditEntry.objects.filter(kind=AuditKind.READ, subject_key=people.household.code)
    assert logged.exists() == (person == "cadre")


def test_a_handler_from_elsewhere_gets_no_link_to_a_file_that_is_not_theirs(people, signed_in):
    matter, _ = entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people, handler=people.stranger.code)
    page = seen(signed_in(people.stranger))
    assert "138****5678" in page.words
    assert "看完整号码" not in page.links


def test_twenty_families_cost_as_many_queries_as_two(people, signed_in):
    client = signed_in(people.cadre)
    counts = []
    for more in (2, 18):
        for _ in range(more):
            home = county.add_household(village=people.village)
            county.pair(people.cadre, home)
            give_phone(home)
            entered(people, home)
        with CaptureQueriesContext(connection) as context:
            assert client.get("/notices/").status_code == 200
        counts.append(len(context))
    assert counts[0] == counts[1]


# --- telling -----------------------------------------------------------------------------------


def tell(client, *notices, **said):
    return client.post("/notices/tell/", {"notice": [each.pk for each in notices], "way": "phone"} | said)


def test_one_is_told_with_a_remark_and_is_on_the_timeline(people, signed_in):
    matter, notice = entered(people)
    client = signed_in(people.cadre)
    opened = Page(client.get(f"/notices/tell/?notice={notice.pk}"))
    assert opened.statement == "照着说，说完记一下"
    assert PHONE in opened.words
    answer = tell(client, notice, remark="告诉了他的妻子")
    assert answer.url == "/notices/"
    assert "已记下 1 条告知" in seen(client).words
    event = ledger.last_event(matter)
    assert (event.action, event.value, event.by) == (A.TELL, "phone", people.cadre.user)
    assert event.reason.endswith("（告诉了他的妻子）")


def test_many_are_told_at_once(people, signed_in):
    notices = [entered(people)[1] for _ in range(3)]
    client = signed_in(people.branch)
    query = "&".join(f"notice={each.pk}" for each in notices)
    assert Page(client.get(f"/notices/tell/?{query}")).statement == "3 条，说完一起记"
    tell(client, *notices, way="slip")
    assert set(FamilyNotice.objects.values_list("way", flat=True)) == {"slip"}


@pytest.mark.parametrize("way", ["", "online", "sms", "fax"])
def test_a_wrong_way_is_told_beside_it_and_the_remark_stays(people, signed_in, way):
    _, notice = entered(people)
    answer = tell(signed_in(people.branch), notice, way=way, remark="<script>告诉了他𠮷</script>")
    assert answer.status_code == 422
    assert "&lt;script&gt;告诉了他𠮷&lt;/script&gt;" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.told_at is None


@pytest.mark.parametrize("remark", ["x" * 100_000, "空\x00字"])
def test_a_remark_that_cannot_be_kept_is_refused(people, signed_in, remark):
    _, notice = entered(people)
    assert tell(signed_in(people.branch), notice, remark=remark).status_code == 422


def test_the_second_of_two_hears_that_it_was_told(people, signed_in):
    _, notice = entered(people)
    tell(signed_in(people.branch), notice)
    client = signed_in(people.cadre)
    tell(client, notice, way="in_person")
    assert "已经有人告知过" in seen(client).words
    notice.refresh_from_db()
    assert notice.way == "phone"
    assert client.get(f"/notices/tell/?notice={notice.pk}").status_code == 302
    assert "已经告知过，或者情况有了变化" in seen(client).words


def test_what_is_not_yours_is_not_there(people, signed_in):
    _, notice = entered(people)
    client = signed_in(people.stranger_branch)
    assert tell(client, notice).status_code == 404
    assert client.get(f"/notices/tell/?notice={notice.pk}").status_code == 404
    assert client.get("/notices/tell/?notice=999999999").status_code == 404


def test_nothing_chosen_is_asked_for(people, signed_in):
    client = signed_in(people.branch)
    assert client.get("/notices/tell/?notice=x&notice=").status_code == 302
    assert "请先勾选" in seen(client).words
    assert client.get("/notices/tell/?" + "&".join(f"notice={n}" for n in range(300))).status_code == 404


def test_a_matters_page_lists_what_was_told_and_what_still_is(people, signed_in):
    matter, _ = entered(people)
    client = signed_in(people.branch)
    assert "还没有告知" in Page(client.get(f"/grievances/{matter.number}/")).words
    ledger.take(matter, A.VOID, people.office, people)
    assert "还没有告知" not in Page(client.get(f"/grievances/{matter.number}/")).words
