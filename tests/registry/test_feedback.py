"""意见建议: anybody writes, everybody of the county office is told, the writer sees the answer."""

import pytest

from accounts.models import Feedback, Notice
from lianhu.kit import clock
from registry.feedback import own_path
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


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def write(client, text="字太小，看不清", **fields):
    return client.post("/feedback/", {"text": text, **fields})


def notices(cadre):
    return list(cadre.user.notices.values_list("title", "url"))


def test_every_signed_in_page_leads_to_it_and_says_where_one_was(people, client, office):
    for address in ("/me/?month=2026-05", "/inbox/", "/nowhere/"):
        page = Page(client.get(address))
        assert page.links["意见建议"] == f"/feedback/?from={address.partition('?')[0]}"
    client.logout()
    assert "意见建议" not in Page(client.get("/login/")).links


def test_a_complaint_is_kept_with_its_page_and_the_office_is_told(people, client):
    second = county.add_cadre("王芳", unit=people.unit)
    county.grant(second, "county_office")
    former = county.add_cadre("旧人", unit=people.unit)
    county.grant(former, "county_office", ends_on="2026-06-14")
    assert b'value="/me/"' in client.get("/feedback/?from=/me/").content
    answer = write(client, "第一行\r\n第二行", page="/me/")
    assert (answer.status_code, answer["Location"]) == (302, "/feedback/")
    given = Feedback.objects.get()
    assert (given.author, given.page, given.text) == (people.cadre.user, "/me/", "第一行\n第二行")
    told = [("有人对系统提了意见建议，请答复", f"/feedback/{given.pk}/")]
    assert notices(people.office) == notices(second) == told
    assert Notice.objects.count() == 2
    page = Page(client.get("/feedback/"))
    assert "已收到" in page.words
    assert "第一行" in page.words
    assert "等待答复" in page.words


def test_a_double_tap_makes_one_and_the_same_words_later_another(people, client, monkeypatch):
    write(client)
    write(client)
    assert Feedback.objects.count() == 1
    write(client, "另一条")
    assert Feedback.objects.count() == 2
    later = clock.now() + clock.datetime.timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    write(client)
    assert Feedback.objects.count() == 3


@pytest.mark.parametrize("text", ["", "   \r\n ", "长" * 2001, "a\x00b"])
def test_what_cannot_be_kept_is_told_in_chinese_and_nothing_typed_is_lost(people, client, text):
    answer = write(client, text, page="/me/")
    assert answer.status_code == 422
    page = Page(answer)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in page.words)
    assert not Feedback.objects.exists()
    if len(text) > 2000:
        assert "最多 2000 个字，现在是 2001 个" in page.words
        assert text in answer.content.decode()
    elif not text.strip():
        assert "请写下您的意见建议" in page.words
    assert b'value="/me/"' in answer.content


def test_lines_count_as_the_browser_counts_them(people, client):
    write(client, "一\r\n" * 1000)
    assert Feedback.objects.get().text == ("一\n" * 1000).strip()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/me/",
        "//evil.example/me/",
        "javascript:alert(1)",
        "/nowhere/",
        "me/",
        "/\\evil",
        "http://[",
        "/" * 400,
    ],
)
def test_only_a_page_of_this_site_is_kept(people, client, address):
    assert own_path(address) == ""
    page = client.get("/feedback/", {"from": address})
    assert page.context["form"]["page"].value() == ""
    assert "会附上您刚才所在页面的地址" not in Page(page).words
    write(client, page=address)
    assert Feedback.objects.get().page == ""


def test_of_an_address_only_the_path_is_kept():
    assert own_path("/me/?q=张三#x") == "/me/"


def test_one_sees_ones_own_and_nobody_elses(people, client, signed_in):
    write(client)
    assert "字太小" not in Page(signed_in(people.colleague).get("/feedback/")).words
    assert signed_in(people.colleague).get("/feedback/all/").status_code == 404


def test_the_office_answers_and_the_writer_is_told_and_sees_it(people, client, office):
    write(client, page="/me/")
    given = Feedback.objects.get()
    page = Page(office.get("/feedback/all/"))
    assert page.statement == "有 1 条意见建议等您答复"
    assert "泽仁初 P1-cadre" in page.words
    answer = office.post(f"/feedback/{given.pk}/", {"answer": "下周改大", "seen": ""})
    assert answer["Location"] == "/feedback/all/"
    given.refresh_from_db()
    assert (given.answer, given.answered_by) == ("下周改大", people.office.user)
    assert notices(people.cadre) == [("您的意见建议有了答复", f"/feedback/#feedback-{given.pk}")]
    assert "下周改大" in Page(client.get("/feedback/")).words
    assert Page(office.get("/feedback/all/")).statement == "意见建议都答复了"


def test_the_same_answer_sent_twice_is_one(people, client, office):
    write(client)
    address = f"/feedback/{Feedback.objects.get().pk}/"
    for _ in range(2):
        assert office.post(address, {"answer": "下周改大", "seen": ""}).status_code == 302
    assert len(notices(people.cadre)) == 1


def test_of_two_answers_at_once_the_second_is_told_and_keeps_its_words(people, client, office):
    write(client)
    given = Feedback.objects.get()
    address = f"/feedback/{given.pk}/"
    office.post(address, {"answer": "下周改大", "seen": ""})
    late = office.post(address, {"answer": "请用大字", "seen": ""})
    assert late.status_code == 409
    page = Page(late)
    assert "何静刚刚已经答复" in page.words
    assert "下周改大" in page.words
    assert "请用大字" in late.content.decode()
    given.refresh_from_db()
    assert given.answer == "下周改大"
    again = late.context["form"].initial
    office.post(address, again)
    given.refresh_from_db()
    assert given.answer == "请用大字"


def test_an_answer_can_be_mended_and_the_writer_is_told_again(people, client, office, monkeypatch):
    write(client)
    address = f"/feedback/{Feedback.objects.get().pk}/"
    office.post(address, {"answer": "下周改大", "seen": ""})
    later = clock.now() + clock.datetime.timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    given = office.get(address).context["form"].initial
    office.post(address, given | {"answer": "已经改大"})
    assert "已经改大" in Page(client.get("/feedback/")).words
    assert [title for title, _ in notices(people.cadre)] == [
        "您的意见建议有了答复",
        "您的意见建议的答复有修改",
    ]


@pytest.mark.parametrize("text", ["", "长" * 2001])
def test_an_answer_that_cannot_be_kept_is_told(people, client, office, text):
    write(client)
    answer = office.post(f"/feedback/{Feedback.objects.get().pk}/", {"answer": text, "seen": ""})
    assert answer.status_code == 422
    assert ("请写下答复" if not text else "最多 2000 个字") in Page(answer).words
    assert not notices(people.cadre)


def test_the_list_has_the_unanswered_first_filters_and_pages(people, client, office):
    moment = clock.now()
    rows = [Feedback(author=people.cadre.user, text=f"第{n}条", created_at=moment) for n in range(45)]
    made = Feedback.objects.bulk_create(rows)
    Feedback.objects.filter(pk__in=[each.pk for each in made[:5]]).update(answer="好", answered_at=moment)
    page = Page(office.get("/feedback/all/"))
    assert page.words.index("第5条") < page.words.index("第6条")
    assert "第4条" not in page.words
    assert "第 1—20 条，共 45 条" in page.words
    last = Page(office.get("/feedback/all/?page=3"))
    assert "第44条" not in last.words or last.words.index("第44条") < last.words.index("第0条")
    answered = Page(office.get("/feedback/all/?state=answered"))
    assert "第0条" in answered.words
    assert "第5条" not in answered.words
    opened = Page(office.get("/feedback/all/?state=open&page=2"))
    assert "第 21—40 条，共 40 条" in opened.words
    assert opened.links["上一页"] == "?state=open&page=1"
    assert office.get("/feedback/all/?state=nonsense&page=x").status_code == 200


def test_the_list_costs_the_same_for_two_and_for_fifty(people, office, django_assert_max_num_queries):
    for cadre in people.people.values():
        Feedback.objects.create(author=cadre.user, text="好", created_at=clock.now())
    with django_assert_max_num_queries(14):
        office.get("/feedback/all/")


def test_empty_pages_say_what_will_come(people, client, office):
    assert "您提过的意见建议和答复会列在这里" in Page(client.get("/feedback/")).words
    assert "大家对系统的意见建议会列在这里" in Page(office.get("/feedback/all/")).words
    assert "没有已答复的意见建议" in Page(office.get("/feedback/all/?state=answered")).words


def test_the_office_finds_the_list_from_its_own_page(people, client, office):
    assert Page(office.get("/feedback/")).links["看大家提的，去答复"] == "/feedback/all/"
    assert "看大家提的，去答复" not in Page(client.get("/feedback/")).links
