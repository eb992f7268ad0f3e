"""What people are told: once, their own, read by opening."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice
from accounts.notices import notify
from accounts.settings import DEFINITIONS
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def client(people, signed_in):
    return signed_in(people.cadre)


def tell(*cadres, key="k1", title="有一件诉求要您办理", **more):
    notify([cadre.user for cadre in cadres], key=key, title=title, **more)


def test_told_twice_it_is_one_notice(people):
    tell(people.cadre, people.cadre, people.colleague)
    tell(people.colleague, people.office, title="换了说法")
    assert Notice.objects.count() == 3
    assert people.colleague.user.notices.get().title == "有一件诉求要您办理"


def test_many_people_are_told_in_one_statement(people, django_assert_num_queries):
    users = [cadre.user for cadre in people.people.values()]
    with django_assert_num_queries(1):
        notify(users, key="k", title="请看一看")
    assert Notice.objects.count() == len(users)


def test_what_did_not_happen_is_not_told(people):
    with transaction.atomic():
        tell(people.cadre)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "me/"])
def test_a_notice_never_leads_to_another_site(people, url):
    with pytest.raises(ValueError, match="this site"):
        tell(people.cadre, url=url)


def test_the_inbox_lists_the_newest_first_and_says_how_many_are_unread(people, client):
    tell(people.cadre, key="a", title="第一件")
    tell(people.cadre, key="b", title="第二件", body="请在本周内看一看。")
    tell(people.colleague, title="别人的事")
    page = Page(client.get("/inbox/"))
    assert page.statement == "您有 2 条消息没看"
    assert page.words.index("第二件") < page.words.index("第一件")
    assert "请在本周内看一看。" in page.words
    assert "别人的事" not in page.words
    assert "消息 2" in page.words


def test_opening_a_notice_reads_it_and_leads_to_its_page(people, client):
    tell(people.cadre, url="/me/?month=2026-05")
    notice = people.cadre.user.notices.get()
    answer = client.get(f"/inbox/{notice.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/me/?month=2026-05")
    notice.refresh_from_db()
    first_read = notice.read_at
    assert first_read
    client.get(f"/inbox/{notice.pk}/")
    notice.refresh_from_db()
    assert notice.read_at == first_read
    page = Page(client.get("/inbox/"))
    assert page.statement == "消息都看过了"
    assert "未读" not in page.words


def test_a_notice_without_a_page_shows_its_text(people, client):
    tell(people.cadre, title="系统今晚维护", body="22 点到 23 点不能使用。")
    answer = client.get(f"/inbox/{people.cadre.user.notices.get().pk}/")
    assert "22 点到 23 点不能使用。" in Page(answer).words
    assert people.cadre.user.notices.get().read_at


def test_another_ones_notice_is_not_there_and_stays_unread(people, client):
    tell(people.colleague)
    notice = people.colleague.user.notices.get()
    assert client.get(f"/inbox/{notice.pk}/").status_code == 404
    assert client.get(f"/inbox/{notice.pk + 1}/").status_code == 404
    client.post("/inbox/read/", {"newest": notice.pk})
    notice.refresh_from_db()
    assert notice.read_at is None


def test_marking_all_leaves_what_came_since_unread(people, client):
    tell(people.cadre, key="a")
    seen = people.cadre.user.notices.get().pk
    tell(people.cadre, key="b")
    assert client.post("/inbox/read/", {"newest": seen})["Location"] == "/inbox/"
    assert [notice.key for notice in Notice.objects.filter(read_at__isnull=True)] == ["b"]


@pytest.mark.parametrize("newest", ["", "x", "-1", "９", "9" * 40])
def test_a_mistyped_mark_breaks_nothing(people, client, newest):
    assert client.post("/inbox/read/", {"newest": newest}).status_code == 302


def test_an_empty_inbox_says_what_will_come(client):
    page = Page(client.get("/inbox/"))
    assert page.statement == "还没有消息"
    assert "要您知道或办理的事会列在这里" in page.words


def test_a_long_inbox_has_pages_and_costs_the_same(people, client, django_assert_max_num_queries):
    for number in range(45):
        tell(people.cadre, key=str(number), title=f"第{number}件")
    page = Page(client.get("/inbox/?page=3"))
    assert "第4件" in page.words
    assert "第5件" not in page.words
    assert "第 41—45 条，共 45 条" in page.words
    with django_assert_max_num_queries(14):
        client.get("/inbox/")


def test_the_unread_count_costs_one_query_a_page(people, client):
    tell(people.cadre)
    with CaptureQueriesContext(connection) as found:
        answer = client.get("/me/")
    assert len([each for each in found if "accounts_notice" in each["sql"]]) == 1
    assert "消息 1" in Page(answer).words


def test_without_an_account_no_inbox_is_named(people, client):
    client.logout()
    assert "消息" not in Page(client.get("/login/")).words


def test_sending_hours_begin_before_they_end_whatever_is_set():
    assert DEFINITIONS["digest_from_hour"].most < DEFINITIONS["digest_to_hour"].least
    assert (DEFINITIONS["digest_from_hour"].first, DEFINITIONS["digest_to_hour"].first) == (8, 18)
