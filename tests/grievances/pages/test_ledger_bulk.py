"""批量交办 and 批量催办: chosen, asked, told of each; nothing is lost and a second tap does no harm."""

import pytest

from accounts.models import Notice
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def waiting(people, number, **fields):
    row = {"level": "township", "state": "registered", "handler": None, "registered_on": "2026-06-10"}
    return county.add_grievance(number=number, household=people.household, **(row | fields))


def post(client, action, matters, **words):
    data = {"action": action, "matter": [matter.pk for matter in matters]} | words
    return client.post("/ledger/bulk/", data)


def test_chosen_rows_are_listed_and_asked_about_before_anything_is_done(people, signed_in):
    matters = [waiting(people, "LH-2026-000001"), waiting(people, "LH-2026-000002")]
    answer = post(signed_in(people.township_liaison), "assign", matters, back="tab=mine")
    page = Page(answer)
    assert page.status == 200
    assert page.headings[0] == "交办这 2 件"
    assert "LH-2026-000001" in page.words
    assert page.links["不办了，回到列表"] == "/grievances/?tab=mine"
    assert not matters[0].events.exists()


def test_all_are_assigned_and_one_that_cannot_be_holds_up_no_other(people, signed_in):
    """(contract, section 4: bulk assign)"""
    good, other_level = waiting(people, "LH-2026-000001"), waiting(people, "LH-2026-000002", level="county")
    done = waiting(people, "LH-2026-000003", state="assigned", handler=people.colleague)
    answer = post(
        signed_in(people.township_liaison), "assign", [good, other_level, done], do="1", handler="P1-cadre"
    )
    page = Page(answer)
    assert page.headings[0] == "交办了 1 件，2 件没有办成"
    assert "您不能交办这一件" in page.words
    assert "这件事现在是“已交办”，不能这样办" in page.words
    for matter in (good, other_level, done):
        matter.refresh_from_db()
    assert (good.state, good.handler) == ("assigned", people.cadre)
    assert (other_level.state, done.handler) == ("registered", people.colleague)


def test_words_that_are_wrong_keep_what_was_chosen_and_typed(people, signed_in):
    matter = waiting(people, "LH-2026-000001")
    answer = post(signed_in(people.township_liaison), "assign", [matter], do="1", handler="", reason="请尽快")
    assert answer.status_code == 422
    words = answer.content.decode()
    assert f'name="matter" value="{matter.pk}"' in words
    assert "请尽快" in words
    assert 'class="fault"' in words


def test_an_unknown_handler_is_told_row_by_row(people, signed_in):
    matter = waiting(people, "LH-2026-000001")
    answer = post(signed_in(people.township_liaison), "assign", [matter], do="1", handler="NOBODY")
    assert "没有在岗的干部 NOBODY" in Page(answer).words
    matter.refresh_from_db()
    assert matter.state == "registered"


@pytest.mark.parametrize("action", ["assign", "remind"])
def test_a_second_tap_finds_its_work_done(people, signed_in, action):
    matter = waiting(people, "LH-2026-000001")
    if action == "remind":
        matter = waiting(people, "LH-2026-000002", state="assigned", handler=people.cadre)
    client = signed_in(people.township_liaison)
    answers = [post(client, action, [matter], do="1", handler="P1-cadre") for _ in range(2)]
    assert [Page(answer).headings[0][2:] for answer in answers] == ["了 1 件", "了 1 件"]
    assert matter.events.filter(action=action).count() == 1
    assert Notice.objects.filter(user=people.cadre.user).count() == 1


def test_only_township_and_office_act_on_many_and_only_on_what_they_see(people, signed_in):
    matter = waiting(people, "LH-2026-000001")
    assert post(signed_in(people.cadre), "assign", [matter]).status_code == 404
    assert post(signed_in(people.branch), "assign", [matter]).status_code == 404
    strange = post(signed_in(people.stranger_township_liaison), "assign", [matter])
    assert strange.status_code == 422
    assert "饮水" not in strange.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"action": "assign"},
        {"action": "void", "matter": ["1"]},
        {"action": "assign", "matter": ["x", "9" * 40]},
    ],
)
def test_nothing_chosen_leads_back_to_the_list(people, signed_in, data):
    answer = signed_in(people.office).post("/ledger/bulk/", data)
    assert answer.status_code == 422
    assert "还没有选诉求" in answer.content.decode()


def test_too_many_at_once_are_refused_whole(people, signed_in, monkeypatch):
    monkeypatch.setattr("grievances.pages.ledger_bulk.MOST", 1)
    matters = [waiting(people, "LH-2026-000001"), waiting(people, "LH-2026-000002")]
    answer = post(signed_in(people.township_liaison), "assign", matters, do="1", handler="P1-cadre")
    assert "一次最多办 1 件" in Page(answer).words
    assert not matters[0].events.exists()
