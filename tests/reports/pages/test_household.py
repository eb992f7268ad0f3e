"""户: who finds which families, what a page shows of one, and what the log says of it afterwards."""

import io
import secrets

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import audit
from accounts.models import AuditEntry, AuditKind
from lianhu.kit.privacy import keyed_hash, seal
from registry.models import Cover, Household
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

OTHERS = (
    "stranger",
    "stranger_branch",
    "stranger_township_liaison",
    "stranger_unit_liaison",
    "stranger_unit_leader",
)
MINE = ("cadre", "branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader")
REVEALING = ("branch", "township_liaison", "unit_liaison", "unit_leader", "office")
HANDING_OUT = ("branch", "township_liaison", "office")


def seal_contact(home, phone="", id_number=""):
    """As an import leaves it."""
    if phone:
        home.phone_sealed = seal(phone, f"household:{home.code}:phone")
        home.phone_hash = keyed_hash(phone, "phone")
        home.phone_tail_hash = keyed_hash(phone[-4:], "phone_tail")
    if id_number:
        home.id_number_sealed = seal(id_number, f"household:{home.code}:id_number")
        home.id_number_hash = keyed_hash(id_number, "id_number")
    home.save()


@pytest.fixture
def canaries(people):
    """A random token in each household's name and phone: what is found on a page has leaked."""
    found = {}
    for home in (people.household, people.other_household):
        token = secrets.token_hex(6)
        phone = f"139{secrets.randbelow(10**8):08}"
        home.head_name = f"户主{token}"
        seal_contact(home, phone, "11010519491231002X")
        found[home.code] = (home.head_name, phone)
    return found


def page_of(client, people, query=""):
    return client.get(f"/households/{people.household.code}/{query}")


def seen_by(person, people):
    if person == "office":
        return {"HH-1", "HH-2"}
    return {"HH-1"} if person in MINE else {"HH-2"} if person.startswith("stranger") else set()


# --- the list --------------------------------------------------------------------------------


def test_each_person_lists_exactly_their_own_rows_and_no_phone(people, canaries, signed_in):
    wrong = {}
    for person, cadre in people.people.items():
        answer = signed_in(cadre).get("/households/")
        words = answer.content.decode()
        listed = {code for code, (name, _) in canaries.items() if name in words}
        rows = {row.household.code for row in answer.context["rows"]} if answer.status_code == 200 else set()
        phones = [phone for _, phone in canaries.values() if phone in words or phone[:3] + "****" in words]
        if not listed == rows == seen_by(person, people) or phones:
            wrong[person] = (listed, rows, phones)
    assert not wrong


def test_who_has_nothing_to_look_after_finds_no_list(people, signed_in):
    assert signed_in(people.admin).get("/households/").status_code == 404
    assert signed_in(people.auditor).get("/households/").status_code == 404
    empty = Page(signed_in(people.colleague).get("/households/"))
    assert empty.statement == "您能看的户有 0 户"
    assert "这里会列出您结对的" in empty.words


@pytest.fixture
def homes(people):
    """Four families of one village, to be told apart."""
    dorje = people.household
    seal_contact(dorje, "13812345678", "11010519491231002X")
    dolma = county.add_household("扎西·卓玛", village=people.village, code="HH-0101")
    seal_contact(dolma, "0837-7654321", "513224199003150019")
    rare = county.add_household("\U00020bb7田", village=people.village, code="HH-0102")
    seal_contact(rare, "13912340101")
    wild = county.add_household("100%_户", village=people.village, code="HH-0103")
    return {home.code: home for home in (dorje, dolma, rare, wild)}


@pytest.mark.parametrize(
    ("text", "found"),
    {
        "多吉": {"HH-1"},
        "卓玛": {"HH-0101"},
        "扎西卓玛": {"HH-0101"},
        "扎西 · 卓玛": {"HH-0101"},
        "扎西・卓": {"HH-0101"},
        "格桑村 卓玛": {"HH-0101"},
        "zxzm": {"HH-0101"},
        "ZXZ": {"HH-0101"},
        "ｄｊ": {"HH-1"},
        "xzm": set(),
        "\U00020bb7": {"HH-0102"},
        "hh-0102": {"HH-0102"},
        "ＨＨ－０１０２": {"HH-0102"},
        "0101": {"HH-0101", "HH-0102"},
        "13812345678": {"HH-1"},
        "138 1234 5678": {"HH-1"},
        "１３８１２３４５６７８": {"HH-1"},
        "+86 138-1234-5678": {"HH-1"},
        "5678": {"HH-1"},
        "678": set(),
        "0837-7654321": {"HH-0101"},
        "08377654321": {"HH-0101"},
        "11010519491231002x": {"HH-1"},
        "110105 19491231 002Ｘ": {"HH-1"},
        "1101051949": set(),
        "%": {"HH-0103"},
        "_": {"HH-0103"},
        "河坝村": set(),
        "张秀英": set(),
        "格桑村": {"HH-1", "HH-0101", "HH-0102", "HH-0103"},
        "  ": {"HH-1", "HH-0101", "HH-0102", "HH-0103"},
        "\x00": {"HH-1", "HH-0101", "HH-0102", "HH-0103"},
    }.items(),
)
def test_search_forgives_how_it_is_typed(people, homes, signed_in, text, found):
    answer = signed_in(people.branch).get("/households/", {"q": text})
    assert {row.household.code for row in answer.context["rows"]} == found


def test_a_search_that_finds_nothing_says_what_to_try(people, signed_in):
    page = Page(signed_in(people.branch).get("/households/", {"q": "没有这个人"}))
    assert page.statement == "找到 0 户"
    assert "后 4 位" in page.words


def test_the_office_narrows_the_list_to_a_village(people, signed_in):
    answer = signed_in(people.office).get("/households/", {"village": people.other_village.code})
    assert [row.household for row in answer.context["rows"]] == [people.other_household]
    assert [village.name for village in answer.context["villages"]] == ["格桑村", "河坝村"]


def test_fifty_a_page_with_their_holder_and_last_meeting_and_never_more_queries(people, signed_in):
    client = signed_in(people.branch)
    county.add_visit(people.cadre, people.household, "2026-05-05")
    county.add_visit(people.cadre, people.household, "2026-06-01", result="absent")
    client.get("/households/")
    with CaptureQueriesContext(connection) as few:
        row = client.get("/households/").context["rows"][0]
    assert (row.holder, str(row.last_visit)) == ("泽仁初", "2026-05-05")
    for number in range(59):
        home = county.add_household(village=people.village, code=f"HH-2{number:03}")
        county.pair(people.cadre, home)
    with CaptureQueriesContext(connection) as many:
        answer = client.get("/households/")
    assert len(answer.context["rows"]) == 50
    assert len(many) == len(few)
    assert len(client.get("/households/?page=2").context["rows"]) == 10


# --- the page --------------------------------------------------------------------------------


def test_only_the_paired_cadre_gets_the_full_numbers(people, canaries, signed_in):
    _, phone = canaries[people.household.code]
    wrong = {}
    for person, cadre in people.people.items():
        answer = page_of(signed_in(cadre), people)
        words = answer.content.decode()
        if person not in (*MINE, "office"):
            if answer.status_code != 404 or canaries[people.household.code][0] in words:
                wrong[person] = answer.status_code
            continue
        full = phone in words, "11010519491231002X" in words
        masked = f"{phone[:3]}****{phone[-4:]}" in words, "110105********002X" in words
        if answer.status_code != 200 or "no-store" not in answer["Cache-Control"]:
            wrong[person] = answer.status_code
        if full != (person == "cadre",) * 2 or masked != (person != "cadre",) * 2:
            wrong[person] = (full, masked)
    assert not wrong


def test_whoever_covers_the_cadre_today_sees_the_full_number_until_that_ends(
    people, canaries, signed_in, on_day
):
    _, phone = canaries[people.household.code]
    Cover.objects.create(
        cadre=people.cadre,
        colleague=people.colleague,
        begins_on="2026-06-10",
        ends_on="2026-06-15",
        reason="病假",
    )
    assert phone in page_of(signed_in(people.colleague), people).content.decode()
    on_day("2026-06-16")
    assert page_of(signed_in(people.colleague), people).status_code == 404


def test_a_former_holder_sees_nothing_more(people, canaries, signed_in):
    people.household.pairings.update(ends_on="2026-06-14")
    assert page_of(signed_in(people.cadre), people).status_code == 404
    county.pair(people.colleague, people.household, "2026-06-15")
    page = Page(page_of(signed_in(people.branch), people))
    assert "结对干部 杨小燕" in page.headings
    assert "泽仁初" in page.words


def test_the_page_tells_visits_newest_first_and_matters(people, signed_in):
    for day in ("2026-03-01", "2026-05-01", "2026-04-01"):
        county.add_visit(people.cadre, people.household, day, record={"difficulties": f"难处{day}"})
    county.add_visit(people.cadre, people.household, "2026-02-01", void=True)
    county.add_grievance(household=people.household, handler=people.cadre, title="水管漏水")
    county.add_grievance(village=people.village, title="全村的事")
    page = Page(page_of(signed_in(people.branch), people))
    assert "3 次，上次见面 5月1日" in page.words
    assert "没办结的诉求 1 件" in page.headings
    assert page.words.index("难处2026-05-01") < page.words.index("难处2026-04-01")
    assert "已作废 录错" in page.words
    assert "水管漏水" in page.words
    assert "全村的事" not in page.words


def test_twenty_moments_a_page_and_never_more_queries(people, signed_in):
    client = signed_in(people.branch)
    county.add_visit(people.cadre, people.household, "2026-01-01")
    county.add_grievance(household=people.household, handler=people.cadre)
    page_of(client, people)
    with CaptureQueriesContext(connection) as few:
        page_of(client, people)
    for month in range(1, 6):
        for day in range(1, 11):
            county.add_visit(people.cadre, people.household, f"2026-{month:02}-{day + 10}")
        county.add_grievance(household=people.household, handler=people.cadre)
    with CaptureQueriesContext(connection) as many:
        answer = page_of(client, people)
    # 51 visits, 6 matters, and the pairing that began.
    assert answer.context["moments"].paginator.count == 58
    assert len(answer.context["moments"].object_list) == 20
    assert len(many) <= len(few)
    assert len(page_of(client, people, "?page=3").context["moments"].object_list) == 18


def test_each_opening_is_logged_and_says_what_was_shown_in_full(people, canaries, signed_in):
    page_of(signed_in(people.cadre), people)
    page_of(signed_in(people.unit_leader), people)
    page_of(signed_in(people.stranger), people)
    read = AuditEntry.objects.filter(kind=AuditKind.READ).order_by("id")
    assert [(entry.actor_id, entry.subject_key) for entry in read] == [
        (people.cadre.user_id, "HH-1"),
        (people.unit_leader.user_id, "HH-1"),
    ]
    assert [entry.detail for entry in read] == ['{"fields": ["电话", "身份证号"]}', ""]


def test_without_the_log_there_is_no_page(people, canaries, signed_in, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("no space")

    monkeypatch.setattr(audit, "log", full)
    client = signed_in(people.branch)
    client.raise_request_exception = False
    for answer in (page_of(client, people), post(client, people, "reveal")):
        assert answer.status_code == 500
        assert canaries["HH-1"][0] not in answer.content.decode()


def test_a_value_that_no_key_opens_shows_words_and_no_error(people, signed_in):
    Household.objects.filter(pk=people.household.pk).update(phone_sealed=b"gone:1234567890123456789012")
    page = Page(page_of(signed_in(people.cadre), people))
    assert page.status == 200
    assert "读不出来" in page.words


def test_ones_own_households_are_linked_from_my_page(people, signed_in):
    assert Page(signed_in(people.cadre).get("/me/")).links["多吉"] == "/households/HH-1/"


def test_the_menu_has_households_for_those_who_see_more_than_their_own(people, signed_in):
    having = set()
    for person, cadre in people.people.items():
        if "户" in Page(signed_in(cadre).get("/me/")).links:
            having.add(person)
    assert having == set(people.people) - {"cadre", "colleague", "stranger", "admin", "auditor"}


# --- reveal ----------------------------------------------------------------------------------


def post(client, people, act, /, **data):
    return client.post(
        f"/households/{people.household.code}/{act}/", {"reason": "联系群众", "what": "both"} | data
    )


def test_a_reveal_shows_the_numbers_once_and_logs_why_but_never_the_values(people, canaries, signed_in):
    _, phone = canaries["HH-1"]
    client = signed_in(people.unit_liaison)
    answer = post(client, people, "reveal")
    assert phone in answer.content.decode()
    assert "11010519491231002X" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(kind=AuditKind.REVEAL)
    assert entry.detail == '{"fields": ["电话", "身份证号"], "reason": "联系群众"}'
    assert (entry.actor_id, entry.subject_key) == (people.unit_liaison.user_id, "HH-1")
    assert not AuditEntry.objects.filter(detail__contains=phone).exists()
    assert phone not in page_of(client, people).content.decode()


def test_no_more_is_revealed_than_was_asked_for(people, canaries, signed_in):
    words = post(signed_in(people.branch), people, "reveal", what="phone").content.decode()
    assert canaries["HH-1"][1] in words
    assert "11010519491231002X" not in words
    assert (
        AuditEntry.objects.get(kind=AuditKind.REVEAL).detail == '{"fields": ["电话"], "reason": "联系群众"}'
    )


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"reason": "看"}, {"reason": "看" * 201}, {"what": "all"}])
def test_without_a_reason_nothing_is_revealed(people, canaries, signed_in, wrong):
    answer = post(signed_in(people.branch), people, "reveal", **wrong)
    assert answer.status_code == 422
    assert canaries["HH-1"][1] not in answer.content.decode()
    assert not AuditEntry.objects.filter(kind=AuditKind.REVEAL).exists()


def test_who_may_reveal_and_who_may_hand_out(people, canaries, signed_in):
    opened = {
        what: {
            person
            for person, cadre in people.people.items()
            if post(signed_in(cadre), people, what).status_code == 200
        }
        for what in ("reveal", "data")
    }
    assert opened == {"reveal": set(REVEALING), "data": set(HANDING_OUT)}


def test_a_role_elsewhere_reveals_nothing_here(people, canaries, signed_in):
    """The county leader sees this household by links, and is secretary of another village."""
    county.grant(people.county_leader, "village_branch", village=people.other_village)
    client = signed_in(people.county_leader)
    assert page_of(client, people).status_code == 200
    assert post(client, people, "reveal").status_code == 404


# --- the family's file -----------------------------------------------------------------------


def test_the_familys_file_has_everything_and_says_who_looked(people, canaries, signed_in):
    name, phone = canaries["HH-1"]
    county.add_visit(
        people.cadre, people.household, "2026-05-01", record={"difficulties": "=1+1", "opinions": "没有"}
    )
    county.add_grievance(household=people.household, handler=people.cadre, title="水管漏水")
    page_of(signed_in(people.cadre), people)
    post(signed_in(people.unit_leader), people, "reveal")
    answer = post(signed_in(people.office), people, "data", reason="本户申请")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.sheetnames == [
        "基本信息",
        "结对",
        "走访记录",
        "补充和退回",
        "户变动",
        "诉求",
        "代办事项",
        "谁看过",
    ]
    facts = dict(row[:2] for row in book["基本信息"].iter_rows(min_row=2, values_only=True))
    assert (facts["户主"], facts["电话"], facts["身份证号"]) == (name, phone, "11010519491231002X")
    assert (facts["党员户"], facts["村"]) == ("否", "桑朗乡格桑村")
    headers = [cell.value for cell in book["走访记录"][1]]
    difficulty = book["走访记录"][2][headers.index("存在困难")]
    assert (difficulty.value, difficulty.data_type) == ("=1+1", "s")
    assert book["诉求"]["D2"].value == "水管漏水"
    seen = list(book["谁看过"].iter_rows(min_row=2, values_only=True))
    assert seen == [
        ("2026-06-15 10:00", "泽仁初", "干部", "查看户档案"),
        ("2026-06-15 10:00", "尼玛", "单位负责人", "查看完整信息"),
    ]
    assert name not in answer["Content-Disposition"]
    entry = AuditEntry.objects.get(kind=AuditKind.EXPORT)
    assert (entry.subject_table, entry.subject_key) == ("registry_household", "HH-1")
    assert "本户申请" in entry.detail
    assert phone not in entry.detail


def test_the_file_takes_no_more_queries_for_more_rows(people, canaries, signed_in):
    client = signed_in(people.office)
    county.add_visit(people.cadre, people.household, "2026-01-01")
    page_of(client, people)
    with CaptureQueriesContext(connection) as few:
        post(client, people, "data")
    for day in range(1, 12):
        county.add_visit(people.cadre, people.household, f"2026-02-{day:02}")
        county.add_grievance(household=people.household, handler=people.cadre)
        page_of(client, people)
    with CaptureQueriesContext(connection) as many:
        post(client, people, "data")
    assert len(many) <= len(few) + 1


def test_no_file_without_a_reason(people, canaries, signed_in):
    answer = post(signed_in(people.office), people, "data", reason="")
    assert answer.status_code == 422
    assert "请写明原因" in Page(answer).words
    assert not AuditEntry.objects.filter(kind=AuditKind.EXPORT).exists()


# --- the notice ------------------------------------------------------------------------------


def test_the_privacy_notice_is_public_and_says_the_county_s_own_terms(client, db):
    from accounts.models import Setting

    assert "销户满 1 年" in Page(client.get("/privacy/")).words
    Setting.objects.create(name="id_number_years", value=3, begins_on="2026-01-01")
    assert "销户满 3 年" in Page(client.get("/privacy/")).words
