"""请假 by its page: asked, entered, decided one by one or many at once, and a colleague named right away."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianhu.kit import clock
from registry.leave import state_of
from registry.models import Leave, LeaveRequest
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(people, signed_in):
    return signed_in(people.cadre)


@pytest.fixture
def leader(people, signed_in):
    return signed_in(people.unit_leader)


def ask(client, cadre="P1-cadre", **changed):
    values = {"cadre": cadre, "begins_on": "2026-06-20", "ends_on": "2026-06-25", "reason": "病假"} | changed
    return client.post("/leave/", values)


def states():
    return [state_of(each) for each in LeaveRequest.objects.order_by("pk")]


def test_asked_on_ones_own_page_approved_by_the_leader_and_then_covered(people, client, leader):
    assert Page(client.get("/me/")).links["请假"] == "/leave/"
    assert "您的请假申请和审批结果会列在这里" in Page(client.get("/leave/")).words
    assert ask(client).url == "/leave/"
    assert "2026-06-20 到 2026-06-25 等待审批" in Page(client.get("/leave/")).words
    page = Page(leader.get("/leave/"))
    assert page.statement == "有 1 份请假申请等您审批"
    asked = LeaveRequest.objects.get()
    leader.post("/leave/decide/", {"row": [asked.pk], "verdict": "approve", "reason": ""})
    assert "2026-06-20 到 2026-06-25 已批准" in Page(client.get("/leave/")).words
    page = Page(leader.get("/leave/"))
    address = page.links["安排代管泽仁初"]
    assert 'value="2026-06-25"' in leader.get(address).content.decode()
    values = {
        "colleague": "P1-colleague",
        "begins_on": "2026-06-20",
        "ends_on": "2026-06-25",
        "reason": "病假",
    }
    assert leader.post(address, values).url == "/covers/"
    page = Page(leader.get("/leave/"))
    assert "安排代管泽仁初" not in page.links
    assert "已安排代管" in page.words


def test_a_cadre_asks_for_nobody_else(people, client):
    answer = ask(client, cadre="P1-colleague")
    assert answer.status_code == 422
    assert not LeaveRequest.objects.exists()


def test_the_liaison_enters_for_a_cadre_of_the_unit(people, signed_in):
    liaison = signed_in(people.unit_liaison)
    text = liaison.get("/leave/").content.decode()
    assert "泽仁初（P1-cadre）" in text
    assert "李强" not in text
    ask(liaison)
    asked = LeaveRequest.objects.get()
    assert (asked.cadre, asked.asked_by) == (people.cadre, people.unit_liaison.user)
    assert ask(liaison, cadre="P2-cadre").status_code == 422


FAULTS = {
    "no begin": ({"begins_on": ""}, "必填"),
    "the wrong way round": ({"ends_on": "2026-06-19"}, "结束日期早于开始日期"),
    "a mistyped year": ({"ends_on": "2062-06-25"}, "请核对年份"),
    "no reason": ({"reason": ""}, "必填"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_beside_its_field_and_every_value_stays(people, client, case):
    changed, told = FAULTS[case]
    answer = ask(client, **changed)
    assert answer.status_code == 422
    assert told in Page(answer).words
    if "begins_on" not in changed:
        assert 'value="2026-06-20"' in answer.content.decode()
    assert not LeaveRequest.objects.exists()


def test_an_overlap_is_told(people, client):
    county.add_leave(people.cadre, "2026-06-22", "2026-06-30")
    assert "与已经批准的请假（2026-06-22 到 2026-06-30）日期重叠" in Page(ask(client)).words


def test_a_refusal_needs_a_reason_and_keeps_what_was_ticked(people, client, leader):
    ask(client)
    pk = LeaveRequest.objects.get().pk
    answer = leader.post("/leave/decide/", {"row": [pk], "verdict": "refuse", "reason": " "})
    assert answer.status_code == 422
    assert "不批准要写明原因" in Page(answer).words
    assert f'value="{pk}" checked' in answer.content.decode()
    leader.post("/leave/decide/", {"row": [pk], "verdict": "refuse", "reason": "那几天要开会"})
    assert states() == ["refused"]
    page = Page(client.get("/leave/"))
    assert "没有批准" in page.words
    assert "尼玛 2026-06-15 10:00：那几天要开会" in page.words


def test_many_are_decided_at_once_and_what_cannot_be_is_told(people, leader):
    for cadre in (people.cadre, people.colleague, people.unit_liaison):
        days = {"begins_on": "2026-06-20", "ends_on": "2026-06-20", "reason": "病假"}
        LeaveRequest.objects.create(cadre=cadre, asked_by=cadre.user, asked_at=clock.now(), **days)
    county.add_leave(people.colleague, "2026-06-20")
    rows = list(LeaveRequest.objects.values_list("pk", flat=True))
    leader.post("/leave/decide/", {"row": rows, "verdict": "approve"})
    assert states() == ["approved", "waiting", "approved"]
    page = Page(leader.get("/leave/"))
    assert "已批准 2 份" in page.words
    assert "杨小燕：与已经批准的请假（2026-06-20 起）日期重叠，不能批准" in page.words


def test_nothing_ticked_decides_nothing(people, client, leader):
    ask(client)
    leader.post("/leave/decide/", {"verdict": "approve", "row": ["x", "9" * 40]})
    assert "没有勾选" in Page(leader.get("/leave/")).words
    assert states() == ["waiting"]


def test_another_units_leader_finds_nothing_to_decide(people, client, signed_in):
    ask(client)
    strange = signed_in(people.stranger_unit_leader)
    assert "泽仁初" not in Page(strange.get("/leave/")).words
    pk = LeaveRequest.objects.get().pk
    assert strange.post("/leave/decide/", {"row": [pk], "verdict": "approve"}).status_code == 404
    assert strange.post(f"/leave/{pk}/withdraw/").status_code == 404
    assert states() == ["waiting"]


def test_a_leaders_own_waits_for_the_office(people, leader, signed_in):
    ask(leader, cadre="P1-unit_leader")
    assert "等您审批" not in Page(leader.get("/leave/")).statement
    office = signed_in(people.office)
    assert Page(office.get("/leave/")).statement == "有 1 份请假申请等您审批"
    office.post("/leave/decide/", {"row": [LeaveRequest.objects.get().pk], "verdict": "approve"})
    assert "安排代管尼玛" in Page(office.get("/leave/")).links


def test_it_can_be_withdrawn_until_it_is_decided(people, client, leader):
    ask(client)
    asked = LeaveRequest.objects.get()
    assert client.post(f"/leave/{asked.pk}/withdraw/").url == "/leave/"
    assert "已撤回" in Page(client.get("/leave/")).words
    ask(client)
    second = LeaveRequest.objects.latest("pk")
    leader.post("/leave/decide/", {"row": [second.pk], "verdict": "approve"})
    client.post(f"/leave/{second.pk}/withdraw/")
    assert "已由尼玛在 06-15 10:00 批准" in Page(client.get("/leave/")).words
    assert states() == ["withdrawn", "approved"]


def test_the_page_costs_the_same_for_two_rows_and_for_fifty(people, leader):
    def grow(count):
        for _ in range(count):
            cadre = county.add_cadre(unit=people.unit)
            county.add_leave(cadre, "2026-06-10", "2026-06-30")
            days = {"begins_on": "2026-07-20", "ends_on": "2026-07-20", "reason": "病假"}
            LeaveRequest.objects.create(cadre=cadre, asked_by=cadre.user, asked_at=clock.now(), **days)
            own = {"cadre": people.unit_leader, "decided_at": clock.now(), "decided_by": people.office.user}
            LeaveRequest.objects.create(asked_by=cadre.user, asked_at=clock.now(), **own, **days)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert leader.get("/leave/").status_code == 200
        return len(queries)

    grow(2)
    few = cost()
    grow(48)
    assert cost() <= few
    assert Leave.objects.count() == 50
