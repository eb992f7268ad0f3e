"""By when a matter is to be assigned and answered: against days counted by hand (contract, section 4; FORMATS d)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CalendarDay, CalendarYear, Setting
from grievances import deadlines
from grievances.deadlines import Terms, fill_due, late, reschedule, soon, with_lights
from grievances.models import Grievance, GrievanceAction, GrievanceState
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import again, matter, take

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
TODAY = datetime.date(2026, 6, 15)
DAY = datetime.date.fromisoformat


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


# 2026 as the State Council announced it.
ASSIGN = [
    ("2026-06-08", "2026-06-11"),
    ("2026-06-12", "2026-06-17"),  # over a weekend
    ("2026-06-16", "2026-06-22"),  # 端午 on Friday
    ("2026-09-29", "2026-10-09"),  # the first week of October is off
    ("2026-10-08", "2026-10-12"),  # Saturday the 10th is worked
    ("2026-02-13", "2026-02-25"),  # the 14th is worked, 15-23 off
    ("2026-10-03", "2026-10-10"),  # came on a day off
]


@pytest.mark.parametrize(("came", "due"), ASSIGN)
def test_it_is_to_be_assigned_within_three_working_days(came, due):
    assert Terms.load().assign_due(DAY(came)) == (DAY(due), True)


def test_over_a_year_not_announced_yet_the_date_is_provisional():
    # 31 December; 1 January is a holiday for certain, 2 and 3 a weekend; 4 and 5.
    assert Terms.load().assign_due(DAY("2026-12-30")) == (DAY("2027-01-05"), False)
    assert Terms.load().assign_due(DAY("2026-12-28")) == (DAY("2026-12-31"), True)


@pytest.mark.parametrize(
    ("level", "day", "due"),
    [
        ("village", "2026-06-15", "2026-06-22"),
        ("township", "2026-06-15", "2026-06-30"),
        ("county", "2026-06-15", "2026-07-15"),
        ("village", "2028-02-22", "2028-02-29"),
        ("county", "2028-01-30", "2028-02-29"),
        ("county", "2026-12-15", "2027-01-14"),  # calendar days need no schedule
    ],
)
def test_it_is_to_be_answered_within_calendar_days_from_registration(level, day, due):
    assert Terms.load().reply_due(level, DAY(day)) == DAY(due)


@pytest.mark.parametrize(
    ("level", "asked", "days"),
    [("village", 30, 37), ("township", 30, 45), ("county", 30, 60), ("county", 10, 40), ("village", 1, 8)],
)
def test_an_extension_is_added_and_never_passes_sixty(level, asked, days):
    assert (Terms.load().reply_due(level, TODAY, asked) - TODAY).days == days


def test_a_changed_setting_holds_for_what_is_registered_from_that_day_on():
    for name, value in (("reply_days_village", 5), ("assign_workdays", 1), ("reply_most_days", 40)):
        Setting.objects.create(name=name, value=value, begins_on="2026-07-01")
    terms = Terms.load()
    before, since = DAY("2026-06-30"), DAY("2026-07-01")
    assert (terms.reply_due("village", before) - before).days == 7
    assert (terms.reply_due("village", since) - since).days == 5
    assert (terms.last_extended("county", before) - before).days == 60
    assert (terms.last_extended("county", since) - since).days == 40
    assert terms.assign_due(before).day == DAY("2026-07-03")
    assert terms.assign_due(since).day == DAY("2026-07-02")


def test_registering_gives_both_dates_and_the_answer_on_the_spot_its_one(people):
    made = ledger.entered(people.cadre, household=people.household.code)
    assert (made.assign_due_on, made.reply_due_on) == (DAY("2026-06-18"), DAY("2026-06-22"))
    said = {"spot_answer": "已经接好", "outcome": "solved"}
    answered = ledger.entered(people.cadre, household=people.household.code, **said)
    assert (answered.assign_due_on, answered.reply_due_on) == (None, DAY("2026-06-22"))
    first, second = answered.events.order_by("pk")
    assert (first.level, second.level, second.value, second.handler) == (
        *("village", "village", "solved"),
        people.cadre,
    )


# --- colours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "due", "light"),
    [
        ("registered", {"assign_due_on": "2026-06-14", "reply_due_on": "2026-06-30"}, "late"),
        ("registered", {"assign_due_on": "2026-06-15", "reply_due_on": "2026-06-30"}, "soon"),
        ("registered", {"assign_due_on": "2026-06-18", "reply_due_on": "2026-06-30"}, "soon"),
        ("registered", {"assign_due_on": "2026-06-19", "reply_due_on": "2026-06-30"}, ""),
        ("registered", {"assign_due_on": "2026-06-30", "reply_due_on": "2026-06-14"}, "late"),
        ("assigned", {"assign_due_on": "2026-06-01", "reply_due_on": "2026-06-14"}, "late"),
        ("assigned", {"assign_due_on": "2026-06-01", "reply_due_on": "2026-06-15"}, "soon"),
        ("assigned", {"assign_due_on": "2026-06-01", "reply_due_on": "2026-06-18"}, "soon"),
        ("assigned", {"assign_due_on": "2026-06-01", "reply_due_on": "2026-06-19"}, ""),
        ("replied", {"reply_due_on": "2026-06-14"}, ""),
        ("closed", {"reply_due_on": "2026-06-14"}, ""),
    ],
)
def test_red_is_past_due_and_yellow_the_next_three_days(people, state, due, light):
    made = matter(people, state, **due)
    assert with_lights(Grievance.objects.all(), TODAY).get(pk=made.pk).light == light
    open_ones = Grievance.objects.open()
    assert open_ones.filter(late(TODAY)).exists() == (light == "late")
    assert open_ones.filter(soon(TODAY)).exists() == (light == "soon")


def test_what_is_void_or_merged_has_no_colour(people):
    whole = matter(people, S.REPLIED)
    for fields in ({"void": True}, {"parent": whole}):
        made = matter(people, S.ASSIGNED, reply_due_on="2026-06-01", **fields)
        row = with_lights(Grievance.objects.all(), TODAY).get(pk=made.pk)
        assert (row.light, row.due_on) == ("", None)


def test_the_clock_goes_on_while_it_is_sent_about(people, on_day):
    made = matter(people, S.ASSIGNED)
    due = made.reply_due_on
    take(made, A.RETURN, people.cadre, people)
    on_day("2026-06-17")
    take(made, A.ASSIGN, people.branch, people)
    take(made, A.TRANSFER, people.branch, people)
    made = again(made)
    assert (made.reply_due_on, made.held_since, made.registered_on) == (
        due,
        DAY("2026-06-17"),
        DAY("2026-06-08"),
    )


# --- dates of many -----------------------------------------------------------------------------


def test_what_was_imported_gets_its_dates_in_a_few_statements_and_once(people):
    for place in range(30):
        fields = {
            "registered_on": f"2026-05-{place % 10 + 1:02}",
            "level": "county" if place % 2 else "village",
        }
        made = matter(people, S.ASSIGNED, **fields)
        Grievance.objects.filter(pk=made.pk).update(reply_due_on=None, held_since=None)
    with CaptureQueriesContext(connection) as asked:
        assert fill_due() == 30
    assert len(asked) <= 3
    for made in Grievance.objects.all():
        days = {"village": 7, "county": 30}[made.level]
        assert (made.reply_due_on - made.registered_on).days == days
        assert made.held_since == made.registered_on
    assert fill_due() == 0


def enter_2027():
    days = [CalendarDay(day=f"2027-01-0{day}", works=False, name="元旦") for day in (1, 4, 5)]
    CalendarDay.objects.bulk_create([*days, CalendarDay(day="2027-01-09", works=True, name="元旦调休上班")])
    CalendarYear.objects.create(year=2027, source="通知")


def provisional(people, **fields):
    row = {"held_since": "2026-12-30", "assign_due_on": "2027-01-05", "assign_due_certain": False}
    return matter(people, S.REGISTERED, registered_on="2026-12-30", **(row | fields))


def test_once_the_year_is_known_what_was_provisional_is_reckoned_again_and_told(people):
    moved = provisional(people)
    stays = provisional(people, held_since="2026-12-28", assign_due_on="2026-12-31", assign_due_certain=True)
    merged = provisional(people, parent=matter(people, S.REPLIED))
    void = provisional(people, void=True)
    assigned = matter(people, S.ASSIGNED, assign_due_on="2027-01-05", assign_due_certain=False)
    enter_2027()
    assert reschedule() == 2
    assert (again(moved).assign_due_on, again(moved).assign_due_certain) == (DAY("2027-01-07"), True)
    assert again(merged).assign_due_on == DAY("2027-01-07")
    event = moved.events.order_by("pk").last()
    assert (event.action, event.by, event.from_state, event.to_state, event.level) == (
        *(A.RESCHEDULE, None, S.REGISTERED, S.REGISTERED),
        "village",
    )
    assert "2027-01-05" in event.reason and "2027-01-07" in event.reason  # noqa: PT018
    for other in (stays, void, assigned):
        assert not other.events.filter(action=A.RESCHEDULE).exists()
    assert reschedule() == 0


def test_a_date_that_turns_out_right_is_certain_from_then_on(people):
    made = provisional(people)
    CalendarYear.objects.create(year=2027, source="通知")
    assert reschedule() == 1
    assert (again(made).assign_due_on, again(made).assign_due_certain) == (DAY("2027-01-05"), True)
    assert "不变" in made.events.order_by("pk").last().reason


def test_a_day_entered_before_the_year_is_complete_moves_the_date_and_leaves_it_provisional(people):
    made = provisional(people)
    CalendarDay.objects.create(day="2027-01-05", works=False, name="本地节日")
    assert reschedule() == 0
    assert (again(made).assign_due_on, again(made).assign_due_certain) == (DAY("2027-01-06"), False)


def test_many_provisional_dates_cost_no_query_each(people):
    def cost(count):
        Grievance.objects.all().delete() if not count else None
        for _ in range(count):
            provisional(people)
        with CaptureQueriesContext(connection) as asked:
            deadlines.reschedule()
        return len(asked)

    CalendarYear.objects.create(year=2027, source="通知")
    assert cost(2) == cost(50)


@pytest.mark.parametrize("by_day", [True, False])
def test_saving_the_calendar_reckons_again(people, signed_in, by_day):
    made = provisional(people)
    admin = signed_in(people.admin)
    refused = admin.post("/system/accounts/calendaryear/add/", {"year": "2027", "source": "通知"})
    assert "先录入 2027 年放假和调休的日子" in refused.content.decode()
    for day in ("2027-01-04", "2027-01-05"):
        admin.post("/system/accounts/calendarday/add/", {"day": day, "name": "元旦"})
    assert (again(made).assign_due_on, again(made).assign_due_certain) == (DAY("2027-01-07"), False)
    if by_day:
        row = CalendarDay.objects.get(day="2027-01-05")
        admin.post(f"/system/accounts/calendarday/{row.pk}/delete/", {"post": "yes"})
        assert again(made).assign_due_on == DAY("2027-01-06")
        return
    admin.post("/system/accounts/calendaryear/add/", {"year": "2027", "source": "国办通知"})
    assert again(made).assign_due_certain
    assert made.events.order_by("pk").last().by == people.admin.user
