"""台账 as a list: what is asked, what is found, counted and paged; and what waits for whom."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances import ledger
from grievances.inbox import desks_of, inbox_of
from grievances.ledger import DUE_FIRST, NEWEST, Asked
from grievances.models import Grievance, GrievanceAction, Objection, Publication, StepRequest
from grievances.pages.ledger import found_for
from lianhu.kit import clock
from tests import county

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def found(user, **asked):
    return found_for(user, Asked.of({"tab": "all"} | asked), TODAY)


def numbers(user, **asked):
    return set(found(user, **asked).matters.values_list("number", flat=True))


def add(people, number, **fields):
    row = {"household": people.household, "handler": people.cadre, "registered_on": "2026-06-10"}
    return county.add_grievance(number=number, **(row | fields))


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("饮水", True),
        ("水管", True),
        ("饮水 漏水", True),
        ("饮水管道漏水", True),
        ("漏水饮水", False),
        ("医保", False),
        ("７０００", True),
        ("lh-2026-007000", True),
        ("LH－2026－007000", True),
        ("，漏水，", True),
        ("饮", False),
        ("𠮷", False),
        ("扎西·卓玛", True),
        ("扎西卓玛", False),
        ("x" * 100_000, False),
        ("饮水\x00", True),
        ("%", False),
        ("'; DROP", False),
    ],
)
def test_words_of_two_characters_find_their_matter(people, words, there):
    add(
        people,
        "LH-2026-007000",
        title="饮水管道漏水",
        content="扎西·卓玛家的水管，坏了。",
    )
    assert (numbers(people.office.user, q=words) == {"LH-2026-007000"}) is there


def test_a_single_character_is_told_to_be_too_short(people):
    assert Asked.of({"q": "水"}).too_short
    assert Asked.of({"q": "水 电"}).too_short
    assert not Asked.of({"q": "饮水 电"}).too_short
    assert not Asked.of({"q": ""}).too_short


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"kind": "dispute"}, {"B"}),
        ({"level": "county"}, {"C"}),
        ({"scope": "village"}, {"D"}),
        ({"scope": "household"}, {"A", "B", "C", "E", "F", "G", "H"}),
        ({"mark": "person"}, {"B"}),
        ({"satisfaction": "satisfied"}, {"E", "F"}),
        ({"year": "2025"}, {"F"}),
        ({"state": "void"}, {"G"}),
        ({"state": "merged"}, {"H"}),
        ({"state": "withheld"}, {"E"}),
        ({"state": "closed"}, set()),
        ({"state": "published"}, {"F"}),
        ({"state": "assigned"}, {"A", "B", "C", "D"}),
        ({"due": "late"}, {"A"}),
        ({"due": "soon"}, {"B"}),
        ({"sort": "due"}, {"A", "B", "C", "D"}),
        ({"village": "格桑"}, {"A", "B", "C", "D", "E", "F", "G", "H"}),
        ({"village": "没有这个村"}, set()),
        ({"township": "T-2"}, set()),
        ({"township": "T-1", "handler": "P1-cadre"}, {"A", "B", "C", "D", "E", "F", "G", "H"}),
        ({"handler": "杨小燕"}, set()),
        ({"unit": "教育局"}, {"A", "B", "C", "D", "E", "F", "G", "H"}),
        ({"unit": "农业局"}, set()),
        ({"kind": "nonsense", "level": "'", "year": "20x6", "category": "x"}, set("ABCDEFGH")),
    ],
)
def test_each_condition_keeps_what_it_says(people, asked, wanted):
    a = add(people, "A", registered_on="2026-06-01")
    add(people, "B", kind="dispute", marks=["person"], reply_due_on="2026-06-17")
    add(people, "C", level="county", reply_due_on="2026-07-10")
    add(people, "D", household=None, village=people.village, reply_due_on="2026-07-01")
    add(people, "E", closed_on="2026-06-12", withheld_kind="secret", withheld_reason="涉密")
    add(people, "F", registered_on="2025-03-01", published_on="2025-03-09")
    add(people, "G", void=True)
    add(people, "H", parent=a)
    assert numbers(people.office.user, **asked) == wanted


def test_each_matter_is_counted_once_and_the_counts_add_up(people):
    a = add(people, "A", registered_on="2026-06-01")
    add(people, "B", reply_due_on="2026-06-16")
    add(people, "C", void=True)
    add(people, "D", parent=a)
    add(people, "E", closed_on="2026-06-12")
    counts = ledger.count(Grievance.objects.all(), TODAY)
    assert counts.of() == 5
    assert (counts.of("assigned"), counts.of("void"), counts.of("merged"), counts.of("closed")) == (
        2,
        1,
        1,
        1,
    )
    assert (counts.of(due="late"), counts.of(due="soon")) == (1, 1)


def test_searched_counts_say_the_same_and_leave_the_planner_as_it_was(people):
    add(people, "A")
    matters = Asked.of({"q": "漏水"}).apply(Grievance.objects.all(), TODAY)
    assert ledger.count(matters, TODAY).of() == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


def walk(matters, order, size):
    """All pages to the end, and back again."""
    pages = [ledger.page_of(matters, order, size)]
    while pages[-1].older:
        pages.append(ledger.page_of(matters, order, size, older=pages[-1].older))
    back = [pages[-1]]
    while back[-1].newer:
        back.append(ledger.page_of(matters, order, size, newer=back[-1].newer))
    return [page.ids for page in pages], [page.ids for page in reversed(back)]


@pytest.mark.parametrize("order", [NEWEST, DUE_FIRST], ids=["newest", "due first"])
def test_pages_hold_each_matter_once_both_ways(people, order):
    for at in range(11):
        day = datetime.date(2026, 6, 1 + at % 3)
        add(people, f"N{at}", registered_on=day, reply_due_on=None if at == 4 else day)
    there, back = walk(Grievance.objects.all(), order, 3)
    assert [len(page) for page in there] == [3, 3, 3, 2]
    assert len({pk for page in there for pk in page}) == 11
    assert sorted(pk for page in back for pk in page) == sorted(pk for page in there for pk in page)
    assert back == there


@pytest.mark.parametrize("place", ["", "x", "2026-02-30_1", "2026-06-01_", "2026-06-01_99999999999999999999"])
def test_a_place_that_is_none_is_the_first_page(people, place):
    matter = add(people, "A")
    assert ledger.page_of(Grievance.objects.all(), NEWEST, 3, older=place).ids == [matter.pk]


def test_one_jumps_to_a_day_or_a_number(people):
    first = add(people, "LH-2026-000001", registered_on="2026-06-01")
    second = add(people, "LH-2026-000002", registered_on="2026-06-02")
    third = add(people, "LH-2026-000003", registered_on="2026-06-03")
    every = Grievance.objects.all()

    def begins(text):
        place = ledger.jump(every, text, TODAY)
        return place and ledger.page_of(every, NEWEST, 50, older=place).ids

    assert begins("2026-06-02") == begins("2026年6月2日") == [second.pk, first.pk]
    assert begins("LH-2026-000002") == begins("2") == begins("lh-2026-000002") == [second.pk, first.pk]
    assert begins("2026-06-30") == [third.pk, second.pk, first.pk]
    assert begins("LH-2026-000009") == begins("9" * 60) == begins("什么") == ""


# --- 等我办 ----------------------------------------------------------------------------------------


def waiting(cadre):
    desks = desks_of(cadre.user, TODAY)
    work = inbox_of(cadre.user, TODAY, desks)
    visible = Grievance.objects.visible_to(cadre.user)
    return {
        kind: set(numbers)
        for kind, condition in work.items()
        if (numbers := visible.filter(condition).values_list("number", flat=True))
    }


def test_the_handler_answers_and_each_desk_has_the_matters_of_its_level(people):
    add(people, "A")
    for level in ("village", "township", "county"):
        add(people, f"R-{level}", level=level, state="registered", handler=None)
        add(people, f"V-{level}", level=level, satisfaction="satisfied", handler=people.colleague)
    assert waiting(people.cadre) == {"reply": {"A"}}
    assert waiting(people.branch) == {"assign": {"R-village"}, "close": {"V-village"}}
    assert waiting(people.township_liaison) == {"assign": {"R-township"}, "close": {"V-township"}}
    assert waiting(people.office) == {"assign": {"R-county"}, "close": {"V-county"}}
    assert waiting(people.stranger_branch) == waiting(people.stranger) == {}


def test_the_next_level_has_what_nobody_at_the_desk_below_can_take(people):
    """One account a village: what its secretary handled is closed by the township."""
    add(people, "LH-2026-000001", state="registered", level="village")
    county.add_grievance(
        household=people.household,
        handler=people.branch,
        state="revisited",
        replied_on="2026-06-10",
        satisfaction="satisfied",
        number="LH-2026-000002",
    )
    liaison = people.township_liaison
    assert waiting(liaison) == {"close": {"LH-2026-000002"}}
    people.branch.role_grants.update(ends_on="2026-06-14")
    assert waiting(liaison) == {"assign": {"LH-2026-000001"}, "close": {"LH-2026-000002"}}


def event(matter, action, by):
    return matter.events.create(
        action=action, to_state=matter.state, on=TODAY, by=by.user, recorded_at=clock.now()
    )


def test_nobody_is_offered_what_they_did_the_step_before(people):
    """Who answered does not revisit, who handled does not close, who closed does not publish (第四部分)."""
    replied = add(people, "A", replied_on="2026-06-11")
    revisited = add(people, "B", satisfaction="satisfied")
    closed = add(people, "C", closed_on="2026-06-12")
    assert waiting(people.branch) == {"revisit": {"A"}, "close": {"B"}, "publish": {"C"}}
    event(replied, GrievanceAction.REPLY, people.branch)
    event(revisited, GrievanceAction.REPLY, people.branch)
    event(closed, GrievanceAction.CLOSE, people.branch)
    assert waiting(people.branch) == {}
    assert waiting(people.township_liaison) == {"publish": {"C"}}
    event(replied, GrievanceAction.REPLY, people.cadre)
    assert waiting(people.branch) == {"revisit": {"A"}}


def test_requests_wait_for_the_next_level_and_objections_for_the_desk_and_above(people):
    asked, objected = add(people, "A"), add(people, "B", published_on="2026-06-14")
    now = clock.now()
    StepRequest.objects.create(
        grievance=asked, kind="extension", days=5, reason="等料", asked_at=now, asked_by=people.cadre.user
    )
    words = {"title": "水管", "question": "漏水", "answer": "已修", "confirmed_at": now, "published_at": now}
    text = Publication.objects.create(grievance=objected, ends_on="2026-06-21", **words)
    Objection.objects.create(publication=text, text="没有修好", at=now)
    assert waiting(people.township_liaison) == {"decide": {"A"}, "object": {"B"}}
    assert waiting(people.branch) == waiting(people.office) == {"object": {"B"}}
    assert waiting(people.stranger_township_liaison) == {}


def test_what_is_merged_or_void_waits_for_nobody(people):
    parent = add(people, "A", handler=people.colleague)
    add(people, "B", parent=parent)
    add(people, "C", void=True)
    inbox = found_for(people.cadre.user, Asked.of({}), TODAY)
    assert (inbox.mine, inbox.total, list(inbox.matters)) == (True, 0, [])


def test_statements_do_not_grow_with_the_matters(people):
    def statements():
        with CaptureQueriesContext(connection) as found:
            for cadre in (people.cadre, people.branch, people.office):
                inbox = found_for(type(cadre.user).objects.get(pk=cadre.user.pk), Asked.of({}), TODAY)
                ledger.page_of(inbox.matters, DUE_FIRST, 50)
        return len(found)

    for at in range(2):
        add(people, f"A{at}")
    few = statements()
    for at in range(50):
        add(people, f"B{at}")
    assert statements() == few
