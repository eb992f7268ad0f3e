"""A household's file: one timeline of all that happened, in order, with as many queries for two rows as for fifty."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianhu.kit import clock
from registry.models import HouseholdChange
from tests import county
from tests.pages import Page
from visits.models import Addendum, Question

pytestmark = pytest.mark.django_db


def moments(client, people, query=""):
    answer = client.get(f"/households/{people.household.code}/{query}")
    return [(moment.kind, str(moment.day)) for moment in answer.context["moments"]]


def add_change(home, kind, on, **fields):
    return HouseholdChange.objects.create(household=home, kind=kind, on=on, recorded_at=clock.now(), **fields)


def fill(people, day):
    """One of each on the day."""
    home = people.household
    visit = county.add_visit(
        people.cadre,
        home,
        day,
        record={"difficulties": "屋顶漏雨", "spot_answer": "已报修", "promises": "下月复查"},
    )
    county.add_visit(people.colleague, home, day, accompanies=visit)
    Addendum.objects.create(visit=visit, text="补一句", added_at=clock.now(), added_by=people.cadre.user)
    Question.objects.create(
        visit=visit,
        text="漏雨几处？",
        asked_at=clock.now(),
        asked_by=people.branch.user,
        answer="两处",
        answered_at=clock.now(),
        answered_by=people.cadre.user,
    )
    county.add_grievance(
        household=home, handler=people.cadre, registered_on=day, closed_on=day, title=f"水管漏水{day}"
    )
    add_change(home, "change_head", day, old_head="老户主", new_head="多吉", recorded_by=people.branch.user)


def test_everything_is_on_one_line_of_time_newest_first(people, signed_in):
    home = people.household
    home.pairings.update(begins_on="2026-01-05", ends_on="2026-03-31")
    county.pair(people.colleague, home, "2026-04-01")
    county.add_visit(people.cadre, home, "2026-02-10")
    county.add_grievance(
        household=home,
        handler=people.cadre,
        registered_on="2026-02-10",
        replied_on="2026-02-20",
        closed_on="2026-05-01",
    )
    add_change(home, "change_head", "2026-03-05", old_head="老户主", new_head="多吉")
    assert moments(signed_in(people.branch), people) == [
        ("closed", "2026-05-01"),
        ("begun", "2026-04-01"),
        ("ended", "2026-03-31"),
        ("change", "2026-03-05"),
        ("replied", "2026-02-20"),
        ("registered", "2026-02-10"),
        ("visit", "2026-02-10"),
        ("begun", "2026-01-05"),
    ]


def test_a_pairing_of_next_month_is_not_told_as_done(people, signed_in):
    people.household.pairings.update(begins_on="2026-01-05", ends_on="2026-06-30")
    county.pair(people.colleague, people.household, "2026-07-01")
    assert moments(signed_in(people.branch), people) == [("begun", "2026-01-05")]


def test_a_visit_tells_its_record_its_companions_and_what_was_added_and_asked(people, signed_in):
    fill(people, "2026-05-05")
    answer = signed_in(people.branch).get("/households/HH-1/")
    words = Page(answer).words
    for said in ("屋顶漏雨", "已报修", "下月复查", "补一句", "漏雨几处？", "两处", "同行 杨小燕"):
        assert said in words, said
    assert [moment.kind for moment in answer.context["moments"]].count("visit") == 1
    assert "老户主 → 多吉" in words
    assert "户主沿革" in Page(answer).headings


def test_a_visit_waiting_for_approval_and_a_void_one_say_so(people, signed_in):
    county.add_visit(people.cadre, people.household, "2026-05-05", backfilled=True)
    county.add_visit(people.cadre, people.household, "2026-05-06", void=True)
    words = Page(signed_in(people.branch).get("/households/HH-1/")).words
    assert "补录待批准" in words
    assert "已作废 录错" in words


def test_a_long_life_takes_no_more_queries_than_a_short_one(people, signed_in):
    client = signed_in(people.branch)
    for day in ("2025-01-01", "2025-01-02"):
        fill(people, day)
    client.get("/households/HH-1/")
    with CaptureQueriesContext(connection) as few:
        assert len(moments(client, people)) == 11
    first = datetime.date(2025, 2, 1)
    for number in range(50):
        fill(people, (first + datetime.timedelta(days=number)).isoformat())
    with CaptureQueriesContext(connection) as many:
        assert len(moments(client, people)) == 20
    assert len(many) <= len(few)


def test_an_empty_file_says_what_comes_there(people, signed_in):
    people.household.pairings.all().delete()
    page = Page(signed_in(people.branch).get("/households/HH-1/"))
    assert "这里会列出走访、诉求、结对和户变动" in page.words
    assert "没办结的诉求 0 件" in page.headings


def test_what_one_may_do_is_offered_and_nothing_else(people, signed_in):
    offered = {
        "走访": {"cadre"},
        "更换户主": {"cadre", "branch", "township_liaison", "office"},
        "销户": {"branch", "township_liaison", "office"},
        "联系卡": {"cadre", "branch", "office", "unit_liaison"},
    }
    for name, who in offered.items():
        found = {
            person
            for person in ("cadre", "branch", "township_liaison", "office", "unit_liaison")
            if name in Page(signed_in(getattr(people, person)).get("/households/HH-1/")).links
        }
        assert found == (who | {"township_liaison"} if name == "联系卡" else who), name
    assert Page(signed_in(people.cadre).get("/households/HH-1/")).links["走访"] == "/field/#/visit/HH-1"
