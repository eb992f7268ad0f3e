"""What the phone carries along: one's own households and those one covers, nothing else (contract, section 3)."""

import gzip
import json

import pytest
from django.test import Client

from accounts.models import AuditEntry
from lianhu.kit.privacy import keyed_hash, seal
from registry.models import Cover
from tests import county
from visits.models import Question

pytestmark = pytest.mark.django_db
ID_NUMBER = "513224199003150019"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    people = county.build()
    home = people.household
    home.phone_sealed = seal("13812345678", f"household:{home.code}:phone")
    home.id_number_sealed = seal(ID_NUMBER, f"household:{home.code}:id_number")
    home.id_number_hash = keyed_hash(ID_NUMBER, "id_number")
    home.save()
    return people


def carried(client):
    answer = client.get("/api/field/")
    assert answer.status_code == 200
    return answer.json()


def codes(data):
    return [home["code"] for home in data["households"]]


def test_it_holds_ones_own_households_and_no_more(people, signed_in):
    assert codes(carried(signed_in(people.cadre))) == [people.household.code]
    for person in ("colleague", "branch", "unit_liaison", "unit_leader", "office", "admin", "auditor"):
        assert codes(carried(signed_in(people.people[person]))) == [], person


def test_those_one_covers_are_there_while_one_covers_them(people, signed_in, on_day):
    Cover.objects.create(
        cadre=people.cadre,
        colleague=people.colleague,
        begins_on="2026-06-01",
        ends_on="2026-06-15",
        reason="病假",
    )
    colleague = signed_in(people.colleague)
    home = carried(colleague)["households"][0]
    assert (home["code"], home["covered_for"]) == (people.household.code, people.cadre.name)
    on_day("2026-06-16")
    assert codes(carried(colleague)) == []


def test_after_a_handover_and_after_closing_it_is_gone(people, signed_in):
    people.household.pairings.update(ends_on="2026-06-14")
    county.pair(people.colleague, people.household, "2026-06-15")
    assert codes(carried(signed_in(people.cadre))) == []
    assert codes(carried(signed_in(people.colleague))) == [people.household.code]
    people.household.closed_on = "2026-06-15"
    people.household.save()
    assert codes(carried(signed_in(people.colleague))) == []


def test_the_phone_number_is_whole_and_the_id_number_is_masked(people, signed_in):
    data = carried(signed_in(people.cadre))
    home = data["households"][0]
    assert home["phone"] == "13812345678"
    assert home["id_number"] == "513224********0019"
    assert ID_NUMBER not in json.dumps(data)


def test_the_last_record_open_matters_and_questions_come_along(people, signed_in):
    county.add_trip(people.cadre, people.village, "2026-05-03")
    record = {"difficulties": "引水管冻裂", "promises": "五月底前修好"}
    visit = county.add_visit(people.cadre, people.household, "2026-05-03", record=record)
    county.add_visit(people.cadre, people.household, "2026-05-04", trip=None, void=True)
    county.add_grievance(household=people.household, registered_on="2026-06-10", handler=people.cadre)
    county.add_grievance(household=people.household, closed_on="2026-06-01", title="已经办结")
    Question.objects.create(
        visit=visit, text="人口数对吗", asked_at="2026-06-01T08:00:00+08:00", asked_by=people.branch.user
    )
    home = carried(signed_in(people.cadre))["households"][0]
    assert (home["last_visit"]["day"], home["last_visit"]["promises"]) == ("2026-05-03", "五月底前修好")
    assert [(each["title"], each["due_on"]) for each in home["matters"]] == [("饮水管道漏水", "2026-06-17")]
    assert home["questions"][0]["text"] == "人口数对吗"


def test_what_is_owed_says_from_when_it_is(people, signed_in):
    duties = carried(signed_in(people.cadre))["duties"]
    assert duties["as_of"].startswith("2026-06-15")
    assert duties["sentences"][0]["owed"] == "1 次下乡、2 天驻村"


def test_each_household_is_logged_as_read_once_a_day(people, signed_in, on_day):
    client = signed_in(people.cadre)
    carried(client)
    carried(client)
    entry = AuditEntry.objects.get(kind="read")
    assert (entry.subject_key, entry.actor_id) == (people.household.code, people.cadre.user_id)
    on_day("2026-06-16")
    carried(client)
    assert AuditEntry.objects.filter(kind="read").count() == 2


def test_the_screens_limits_are_the_forms(people, signed_in):
    form = carried(signed_in(people.cadre))["form"]
    assert form["visit"]["difficulties"] == {
        "label": "存在困难",
        "required": True,
        "max_length": 5000,
        "help": "一条写一件事；没有就写“无”",
        "smallest": None,
        "largest": None,
    }
    assert not form["visit"]["phone"]["required"]
    assert (form["visit"]["people_count"]["smallest"], form["visit"]["people_count"]["largest"]) == (1, 99)


def test_a_visitor_gets_nothing(people):
    answer = Client().get("/api/field/")
    assert answer.status_code == 401
    assert "households" not in answer.json()


def test_thirty_households_cost_no_more_statements_than_one(people, signed_in, django_assert_max_num_queries):
    client = signed_in(people.cadre)
    for _ in range(30):
        home = county.add_household(village=people.village)
        county.pair(people.cadre, home)
        county.add_grievance(household=home)
    with django_assert_max_num_queries(45):
        assert len(carried(client)["households"]) == 31


def test_a_first_load_with_thirty_households_is_under_300_kilobytes(people, signed_in):
    """Pages, scripts, styles and the copy of the households, each compressed as a proxy sends it."""
    client = signed_in(people.cadre)
    record = {
        "difficulties": "引水管一到冬天就冻裂，下边三户吃水都要到沟里去挑。" * 4,
        "opinions": "路灯晚一点关。" * 10,
    }
    county.add_trip(people.cadre, people.village, "2026-05-03")
    for _ in range(29):
        home = county.add_household(village=people.village, income_sources="务农、外出务工")
        county.pair(people.cadre, home)
        county.add_visit(people.cadre, home, "2026-05-03", record=record)
        county.add_grievance(household=home)
    worker = body_of(client.get("/field/sw.js"))
    known = json.loads(worker.decode().split("\n", 1)[0].removeprefix("self.FIELD = ").removesuffix(";"))
    sent = {address: body_of(client.get(address)) for address in known["assets"]}
    sent |= {"/field/sw.js": worker, "/api/field/": client.get("/api/field/").content}
    sizes = {address: len(gzip.compress(body)) for address, body in sent.items()}
    assert sum(sizes.values()) < 300_000, sizes
    assert len(carried(client)["households"]) == 30


def body_of(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
