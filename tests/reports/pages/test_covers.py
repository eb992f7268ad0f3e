"""代管 by its pages: named, seen by those it is about, ended earlier."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Cover
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(people, signed_in):
    return signed_in(people.unit_leader)


def name(people, client, **changed):
    values = {
        "colleague": people.colleague.code,
        "begins_on": "2026-06-16",
        "ends_on": "2026-06-18",
        "reason": "病假",
    } | changed
    return client.post(f"/covers/new/?cadre={people.cadre.code}", values)


def test_named_it_is_on_the_list_of_all_three(people, client, signed_in):
    assert "安排过的代管会列在这里" in Page(client.get("/covers/")).words
    assert Page(client.get("/covers/new/")).links["泽仁初"] == "?cadre=P1-cadre"
    assert name(people, client).url == "/covers/"
    page = Page(client.get("/covers/"))
    assert page.statement == "现在没有代管"
    row = page.tables[0][1]
    assert row == ["泽仁初 → 杨小燕", "2026-06-16", "2026-06-18", "病假", "还没开始", "撤销泽仁初的代管"]
    assert Page(signed_in(people.cadre).get("/covers/")).tables[0][1][0] == "我 → 杨小燕"
    assert Page(signed_in(people.colleague).get("/covers/")).tables[0][1][0] == "泽仁初 → 我"
    for other in ("branch", "stranger_unit_leader", "auditor"):
        assert not Page(signed_in(getattr(people, other)).get("/covers/")).tables


def test_those_running_come_first_then_those_to_come_then_the_past(people, client, on_day):
    days = [("2026-06-10", "2026-06-11"), ("2026-07-01", "2026-07-02"), ("2026-06-15", "2026-06-16")]
    for begin, end in days:
        Cover.objects.create(
            cadre=people.cadre, colleague=people.colleague, begins_on=begin, ends_on=end, reason="病假"
        )
    page = Page(client.get("/covers/"))
    assert page.statement == "现在有 1 位干部的户由同事代管"
    assert [row[4] for row in page.tables[0][1:]] == ["正在代管", "还没开始", "已结束"]
    assert [row[5] for row in page.tables[0][1:]] == ["提前结束泽仁初的代管", "撤销泽仁初的代管", ""]


def test_a_leave_fills_the_form(people, client):
    answer = client.get("/covers/new/?cadre=P1-cadre&begins_on=2026-06-20&ends_on=2026-06-25&reason=病假")
    text = answer.content.decode()
    assert 'value="2026-06-20"' in text
    assert 'value="2026-06-25"' in text
    assert 'value="病假"' in text


FAULTS = {
    "nobody": ({"colleague": ""}, "必填"),
    "of another unit": ({"colleague": "P2-cadre"}, "不在同一单位"),
    "unknown": ({"colleague": "P9"}, "没有工号是 P9 的干部"),
    "in the past": ({"begins_on": "2026-06-14"}, "代管最早从今天"),
    "the wrong way round": ({"ends_on": "2026-06-15"}, "结束日期早于开始日期"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_beside_its_field_and_every_value_stays(people, client, case):
    changed, told = FAULTS[case]
    answer = name(people, client, **changed)
    assert answer.status_code == 422
    assert told in Page(answer).words
    assert 'value="病假"' in answer.content.decode()
    assert not Cover.objects.exists()


def test_an_overlap_names_who_covers_then(people, client):
    name(people, client)
    late = name(people, client, colleague=people.unit_liaison.code)
    assert late.status_code == 422
    assert "2026-06-16 到 2026-06-18 已由杨小燕代管" in Page(late).words


def test_it_ends_earlier_or_is_called_off(people, client, on_day):
    name(people, client, ends_on="2026-06-30")
    cover = Cover.objects.get()
    address = f"/covers/{cover.pk}/end/"
    assert Page(client.get(address)).statement == "撤销杨小燕代管泽仁初的户"
    on_day("2026-06-20")
    assert "提前到哪天" in Page(client.get(address)).statement
    assert client.post(address, {"last_day": "2026-06-30"}).status_code == 422
    assert client.post(address, {"last_day": ""}).status_code == 422
    assert client.post(address, {"last_day": "2026-06-21"}).url == "/covers/"
    cover.refresh_from_db()
    assert cover.ends_on.isoformat() == "2026-06-21"
    on_day("2026-06-22")
    assert Page(client.get(address)).statement == "这次代管已经结束"
    assert client.post(address, {"last_day": "2026-06-22"}).status_code == 422


def test_calling_off_leaves_none(people, client):
    name(people, client)
    assert client.post(f"/covers/{Cover.objects.get().pk}/end/").url == "/covers/"
    assert not Cover.objects.exists()


def test_the_list_costs_the_same_for_two_rows_and_for_fifty(people, client):
    def grow(count):
        for _ in range(count):
            cadre = county.add_cadre(unit=people.unit)
            days = {"begins_on": "2026-06-15", "ends_on": "2026-06-20", "reason": "病假"}
            Cover.objects.create(cadre=cadre, colleague=people.colleague, **days)

    def cost(address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    pages = ("/covers/", "/covers/new/", "/covers/new/?cadre=P1-cadre")
    grow(2)
    few = [cost(page) for page in pages]
    grow(48)
    assert [cost(page) for page in pages] <= few
