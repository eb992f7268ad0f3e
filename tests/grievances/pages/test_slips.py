"""民情回执 on paper and on the phone's screen; a new code is asked for before it is made."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from grievances.query_codes import hash_of, tidy
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A
from tests.pages import Page

pytestmark = pytest.mark.django_db

OLD = "7KQMA4XWD2"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def entered(people, home=None, **raw):
    return ledger.entered(people.branch, household=(home or people.household).code, **raw)


def hidden(answer, name):
    return re.findall(rf'name="{name}" value="([^"]*)"', answer.content.decode())


def codes_on(answer):
    found = re.findall(r'<p class="code">([0-9A-Z]{5} [0-9A-Z]{5})</p>', answer.content.decode())
    return [tidy(code) for code in found]


def confirm(client, page, address="/slips/"):
    """The button of the page that asks."""
    return client.post(address, {"number": hidden(page, "number"), "seen": hidden(page, "seen")})


def code_of(matter):
    return bytes(ledger.again(matter).query_code_hash)


def test_a_slip_without_a_code_says_that_the_old_one_still_works(people, signed_in):
    matter = entered(people, query_code=OLD)
    page = Page(signed_in(people.branch).get(f"/slips/?number={matter.number}"))
    assert page.statement == "1 张民情回执"
    for words in (
        "饮水管道漏水",
        matter.number,
        "2026年6月15日",
        "2026年6月22日前",
        "多吉户",
        "用以前给您的那一个",
    ):
        assert words in page.words
    assert code_of(matter) == hash_of(OLD)


def test_before_a_new_code_it_says_that_the_old_one_stops(people, signed_in):
    matter = entered(people, query_code=OLD)
    client = signed_in(people.branch)
    page = client.get(f"/slips/?number={matter.number}")
    assert "旧的查询码马上不能用了" in Page(page).words
    printed = confirm(client, page)
    [code] = codes_on(printed)
    assert code_of(matter) == hash_of(code) != hash_of(OLD)
    assert "查询码只在这一页出现" in Page(printed).words
    assert "no-store" in printed["Cache-Control"]


def test_pressed_twice_the_first_slip_stays_good(people, signed_in):
    matter = entered(people, query_code=OLD)
    client = signed_in(people.branch)
    page = client.get(f"/slips/?number={matter.number}")
    [code] = codes_on(confirm(client, page))
    again = confirm(client, page)
    assert again.status_code == 409
    assert "刚刚换过" in Page(again).words
    assert code_of(matter) == hash_of(code)
    assert codes_on(confirm(client, again)), "asked anew it makes one more"


def test_many_slips_come_in_the_order_of_the_walk_each_with_its_own_code(people, signed_in):
    first = county.add_household("甲", village=people.village, group="一组")
    last = county.add_household("乙", village=people.village, group="二组")
    matters = [entered(people, last), entered(people, first)]
    client = signed_in(people.branch)
    query = "&".join(f"notice={each.family_notices.get().pk}" for each in matters)
    page = client.get(f"/slips/?{query}")
    assert Page(page).statement == "2 张民情回执"
    assert Page(page).words.index("甲户") < Page(page).words.index("乙户")
    printed = confirm(client, page)
    assert [hash_of(code) for code in codes_on(printed)] == [code_of(each) for each in reversed(matters)]
    assert len(hidden(printed, "notice")) == 2, "afterwards it is recorded that they were told"


def test_of_some_one_makes_codes_only_for_what_is_ones_own(people, signed_in):
    mine = entered(people)
    theirs = ledger.entered(people.stranger_branch, household=people.other_household.code)
    ledger.take(
        theirs,
        A.ASSIGN,
        people.stranger_branch,
        people,
        handler=people.stranger.code,
        helping=people.unit.code,
    )
    client = signed_in(people.unit_liaison)
    page = client.get(f"/slips/?number={mine.number}&number={theirs.number}")
    assert page.status_code == 200
    assert not hidden(page, "number")
    assert "不能由您换查询码" in Page(page).words


def test_what_is_not_yours_is_not_there(people, signed_in):
    matter = entered(people)
    client = signed_in(people.stranger_branch)
    assert client.get(f"/slips/?number={matter.number}").status_code == 404
    assert client.post("/slips/", {"number": matter.number, "seen": f"{matter.number}:"}).status_code == 404
    assert client.get(f"/grievances/{matter.number}/slip/").status_code == 404
    assert client.post(f"/grievances/{matter.number}/slip/").status_code == 404


def test_who_sees_it_and_may_not_make_a_code_is_refused_by_post(people, signed_in):
    matter = entered(people)
    client = signed_in(people.unit_liaison)
    assert client.get(f"/grievances/{matter.number}/slip/").status_code == 200
    answer = client.post(f"/grievances/{matter.number}/slip/", {"seen": f"{matter.number}:"})
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["", "?number=", "?number=%00", "?notice=x", "?number=LH-2026-999999"])
def test_an_empty_or_wrong_choice(people, signed_in, query):
    answer = signed_in(people.branch).get(f"/slips/{query}")
    assert answer.status_code == (200 if "=" not in query.rstrip("=x") else 404)
    if answer.status_code == 200:
        assert "会出现可以打印的民情回执" in Page(answer).words


def test_a_void_matter_is_not_printed(people, signed_in):
    matter = entered(people)
    ledger.take(matter, A.VOID, people.office, people)
    client = signed_in(people.branch)
    assert "已作废，不印回执" in Page(client.get(f"/slips/?number={matter.number}")).words
    assert "已作废" in Page(client.get(f"/grievances/{matter.number}/slip/")).statement


def test_the_phones_screen_shows_a_new_code_large(people, signed_in):
    matter = entered(people)
    client = signed_in(people.cadre)
    address = f"/grievances/{matter.number}/slip/"
    page = client.get(address)
    assert "还没有查询码" in Page(page).words
    shown = confirm(client, page, address)
    [code] = codes_on(shown)
    assert Page(shown).statement == "请给群众看，或请他们拍下来"
    assert code_of(matter) == hash_of(code)


def test_reading_a_slip_is_logged_on_the_household(people, signed_in):
    matter = entered(people)
    before = AuditEntry.objects.filter(subject_key=people.household.code).count()
    signed_in(people.branch).get(f"/grievances/{matter.number}/slip/")
    entry = AuditEntry.objects.filter(subject_key=people.household.code).order_by("pk").last()
    assert AuditEntry.objects.filter(subject_key=people.household.code).count() == before + 1
    assert "民情回执" in entry.detail


def test_scripts_in_a_title_stay_words(people, signed_in):
    matter = entered(people, title="<script>alert(1)</script>")
    answer = signed_in(people.branch).get(f"/slips/?number={matter.number}")
    assert "<script>alert" not in answer.content.decode()


def test_twenty_slips_cost_as_many_queries_as_two(people, signed_in):
    client = signed_in(people.branch)
    numbers, counts = [], []
    for more in (2, 18):
        numbers += [entered(people, county.add_household(village=people.village)).number for _ in range(more)]
        page = client.get("/slips/?" + "&".join(f"number={each}" for each in numbers))
        with CaptureQueriesContext(connection) as context:
            assert len(codes_on(confirm(client, page))) == len(numbers)
        counts.append(len(context))
    assert counts[0] == counts[1]
