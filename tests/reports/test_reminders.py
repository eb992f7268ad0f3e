"""到点提醒: who still owes hears what, the liaison who; on two days a month, once (contract 6)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CalendarDay, Notice
from reports.reminders import Reminded, remind_owing, reminder_days
from tests import county

pytestmark = pytest.mark.django_db

Date = datetime.date
SEVENTEEN_TO_EIGHT = [Date(2026, 10, day) for day in range(1, 9)]


@pytest.fixture
def people(on_day):
    on_day("2026-05-20")
    return county.build()


def told(person):
    return list(Notice.objects.filter(user=person.user).order_by("pk"))


def days(first, last):
    return [f"{day:%m-%d}" for day in reminder_days(Date.fromisoformat(first), Date.fromisoformat(last))]


def test_on_the_20th_and_three_days_before_the_end_or_the_next_working_day(db):
    CalendarDay.objects.all().delete()
    # 20 and 28 June 2026 are a Saturday and a Sunday; 27 the same as 28 in a month of thirty days.
    assert days("2026-05-01", "2026-05-31") == ["05-20", "05-28"]
    assert days("2026-06-01", "2026-06-30") == ["06-22", "06-29"]
    assert days("2026-02-01", "2026-02-28") == ["02-20", "02-25"]
    assert days("2026-05-21", "2026-06-22") == ["05-28", "06-22"]


def test_where_the_rest_of_the_month_is_off_the_last_working_day_before_it(db):
    CalendarDay.objects.all().delete()
    for day in range(26, 32):
        CalendarDay.objects.create(day=Date(2026, 5, day), works=False, name="放假")
    assert days("2026-05-01", "2026-05-31") == ["05-20", "05-25"]


def test_a_cadre_hears_what_is_still_owed_in_words(people):
    county.add_trip(people.cadre, people.village, "2026-05-06")
    remind_owing(on=Date(2026, 5, 20))
    [notice] = told(people.cadre)
    assert (notice.title, notice.body) == ("5月的联户任务还没完成", "还差 1 次下乡、1 天驻村。")
    assert notice.url == "/me/"


def test_who_has_done_it_hears_nothing(people):
    county.add_trip(people.cadre, people.village, "2026-05-06", "2026-05-07")
    remind_owing(on=Date(2026, 5, 20))
    assert told(people.cadre) == []


def test_who_is_exempt_left_or_closed_hears_nothing(people):
    county.add_leave(people.cadre, "2026-05-01")
    people.colleague.user.is_active = False
    people.colleague.user.save()
    remind_owing(on=Date(2026, 5, 20))
    assert told(people.cadre) == told(people.colleague) == []


def test_the_liaison_gets_the_list_and_its_title_names_nobody(people):
    county.add_trip(people.unit_leader, people.village, "2026-05-06", "2026-05-07")
    remind_owing(on=Date(2026, 5, 20))
    own, listed = told(people.unit_liaison)
    assert own.title == "5月的联户任务还没完成"
    assert listed.title == "5月还有 3 人没完成联户任务"
    lines = listed.body.splitlines()
    assert lines == [f"{name}：还差 1 次下乡、2 天驻村" for name in ("杨小燕", "泽仁初", "赵敏")]
    assert listed.url == "/units/U-EDU/"
    # Another unit's people are another liaison's.
    assert "李强" not in listed.body
    assert "李强" in told(people.stranger_unit_liaison)[1].body


def test_a_townships_own_cadres_are_on_its_list(people):
    remind_owing(on=Date(2026, 5, 20))
    assert "扎西·卓玛" in told(people.township_liaison)[-1].body


def test_told_twice_and_later_in_the_month_it_is_told_once(people):
    first = remind_owing(on=Date(2026, 5, 20))
    assert first.cadres > 3
    count = Notice.objects.count()
    for day in (20, 22, 27):
        remind_owing(on=Date(2026, 5, day))
    assert Notice.objects.count() == count
    remind_owing(on=Date(2026, 5, 28))
    assert Notice.objects.count() == 2 * count


def test_before_the_day_and_once_the_month_is_over_nobody_is_told(people):
    assert remind_owing(on=Date(2026, 5, 19)) == Reminded(0, 0)
    # Off since the 27th of May: on the 1st of June it makes no sense any more.
    assert remind_owing(on=Date(2026, 6, 1)) == Reminded(0, 0)
    assert not Notice.objects.exists()


def test_three_days_late_but_in_the_month_it_is_still_told(people):
    remind_owing(on=Date(2026, 5, 31))
    assert [notice.key for notice in told(people.cadre)] == ["owing:2026-05-28"]


def test_at_the_end_of_a_quarter_the_unit_hears_its_own_duties_and_in_december_all_hear_of_the_year(people):
    remind_owing(on=Date(2026, 9, 21))
    assert told(people.unit_liaison)[-1].body.startswith("本单位：本季度还差 1 份季度报告")
    assert "全年" not in told(people.cadre)[-1].body
    remind_owing(on=Date(2026, 12, 21))
    assert "；全年还差 1 户没走访" in told(people.cadre)[-1].body
    assert "；全年还差" in told(people.unit_liaison)[-1].body


def test_it_costs_no_more_questions_for_fifty_than_for_two(people):
    def cost(count, day):
        for _ in range(count):
            county.add_cadre(unit=people.unit)
        with CaptureQueriesContext(connection) as asked:
            remind_owing(on=day)
        return len(asked)

    assert cost(2, Date(2026, 5, 20)) == cost(48, Date(2026, 5, 28))
    assert "还有 " in told(people.unit_liaison)[-1].body
