"""The figures of a report: the stored ones, and from the cut-off on the frozen ones (contract, section 7)."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from grievances.models import Grievance, GrievanceEvent
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Post
from reports.models import FrozenCount, FrozenPeriod
from reports.quarterly import counts
from reports.quarterly.counts import MATTERS
from reports.quarterly.figures import Share, months_of, read, rows_of
from reports.quarterly.lines import groups
from reports.quotas.freeze import freeze, freeze_due
from reports.quotas.stored import store_period
from tests import county
from tests.reports.quarterly.reports import QUARTER
from visits.models import Activity, Visit

pytestmark = pytest.mark.django_db

Date = datetime.date
TODAY = Date(2026, 7, 8)
MONTHS = months_of(QUARTER)


@pytest.fixture
def people(on_day):
    on_day("2026-07-08")
    found = county.build()
    county.add_trip(found.cadre, found.village, "2026-04-07", "2026-04-08")
    county.add_visit(found.cadre, found.household, "2026-04-07")
    county.add_visit(found.cadre, found.household, "2026-04-08")
    county.add_visit(found.cadre, found.household, "2026-04-09", result="absent")
    county.add_activity("consult", "2026-05-20", unit=found.unit)
    county.add_activity("joint_activity", "2026-06-01", unit=found.unit)
    county.add_activity("joint_activity", "2026-06-02", unit=found.other_unit)
    return found


def of(unit, today=TODAY):
    return read(QUARTER, today=today, units={unit.pk}).of(unit.pk)


def frozen():
    for period in (*MONTHS, QUARTER):
        freeze(period)


def matter(people, registered_on, **days):
    """With the steps that its days say, each recorded in the evening of its day."""
    found = county.add_grievance(
        household=people.household, handler=people.cadre, registered_on=registered_on, **days
    )
    for action, state, on in (
        ("register", "registered", registered_on),
        ("assign", "assigned", registered_on),
        ("reply", "replied", days.get("replied_on")),
        ("revisit", "revisited", days.get("revisited_on")),
        ("close", "closed", days.get("closed_on")),
    ):
        if on:
            value = {"reply": "solved", "revisit": "satisfied"}.get(action, "")
            add_step(found, action, state, on, value=value, handler=people.cadre)
    return found


def add_step(matter, action, state, on, **said):
    GrievanceEvent.objects.create(
        grievance=matter, action=action, from_state=matter.state, to_state=state, on=county.day(on),
        recorded_at=county.evening(on), level="village", **said,
    )  # fmt: skip


def test_a_unit_has_its_own_duties_its_cadres_months_visits_and_activities(people):
    found = of(people.unit)
    assert found.own["quarter_consult"] == (1, 1, "met")
    assert found.own["quarter_assess"].status == "missed"
    assert "quarterly_report" not in found.own
    assert found.share("cadre", "trip_days", MONTHS[:1]).met == 1
    assert found.share("cadre", "trip_days", MONTHS) == Share(
        1, 3 * found.share("cadre", "trip_days", MONTHS[:1]).bound
    )
    assert (found.visits, found.households) == (2, 1)
    assert dict(found.activities) == {"consult": 1, "joint_activity": 1}


def test_stored_frozen_and_computed_figures_are_the_same(people):
    computed = of(people.unit)
    for period in (*MONTHS, QUARTER):
        store_period(period, TODAY)
    stored = of(people.unit)
    frozen()
    assert computed == stored == of(people.unit)


def test_of_one_unit_it_is_what_it_is_among_all(people):
    matter(people, "2026-05-05", replied_on="2026-05-06")
    for unit in (people.unit, people.other_unit, people.township):
        assert of(unit) == read(QUARTER, today=TODAY).of(unit.pk)


def test_a_township_has_its_villages_duties(people):
    county.add_activity("forum", "2026-04-10", village=people.village)
    found = of(people.township)
    assert found.share("village", "forum", MONTHS) == Share(1, 3)


def test_matters_are_counted_by_their_days_and_by_whom_they_are_handled(people):
    matter(people, "2026-03-30", replied_on="2026-04-02", revisited_on="2026-04-03", closed_on="2026-04-05")
    matter(people, "2026-05-05", replied_on="2026-05-06")
    matter(people, "2026-06-01")
    matter(people, "2026-07-01")
    county.add_grievance(village=people.other_village, handler=people.stranger, registered_on="2026-05-01")
    county.add_grievance(
        household=people.household, handler=people.cadre, registered_on="2026-05-01", void=True
    )
    assert dict(of(people.unit).matters) == {
        "registered": 2,
        "answered": 2,
        "closed": 1,
        "open": 2,
        "overdue": 1,
    }


def test_what_comes_after_the_cut_off_does_not_move_them(people, on_day):
    closed = matter(
        people, "2026-05-05", replied_on="2026-05-06", revisited_on="2026-05-07", closed_on="2026-05-08"
    )
    Grievance.objects.update(revisited_on=Date(2026, 5, 7))
    frozen()
    before = read(QUARTER, today=TODAY, units={people.unit.pk})
    # Reopened, set aside, voided, entered late: all of it in July.
    add_step(closed, "reopen", "assigned", "2026-07-06", handler=people.cadre)
    Grievance.objects.update(
        state="assigned", replied_on=None, closed_on=None, revisited_on=None, satisfaction="", outcome=""
    )
    late = county.evening("2026-07-06")
    Visit.objects.filter(day="2026-04-07").update(voided_at=late, void_reason="录错")
    Activity.objects.filter(kind="consult").update(voided_at=late, void_reason="录错")
    county.add_visit(people.cadre, people.household, "2026-06-20", recorded_at=late)
    after = read(QUARTER, today=TODAY, units={people.unit.pk})
    assert after.of(people.unit.pk) == before.of(people.unit.pk)
    assert after.satisfaction == before.satisfaction
    assert after.satisfaction["satisfied"] == 1
    assert after.frozen


def test_until_then_they_move(people):
    before = of(people.unit)
    county.add_visit(people.cadre, people.household, "2026-06-20")
    assert of(people.unit).visits == before.visits + 1
    assert not read(QUARTER, today=TODAY).frozen


def test_a_merged_matter_counts_as_the_one_it_is_part_of_from_when_it_was_merged(people):
    one, other = matter(people, "2026-05-05"), matter(people, "2026-05-06")
    frozen()
    add_step(other, "merge", "assigned", "2026-07-06", value=one.number, handler=people.cadre)
    Grievance.objects.filter(pk=other.pk).update(parent=one)
    assert of(people.unit).matters["registered"] == 2
    add_step(one, "note", "assigned", "2026-07-06", handler=people.cadre)
    assert of(people.unit).matters["registered"] == 2


@pytest.mark.parametrize("is_frozen", [False, True], ids=["live", "frozen"])
def test_a_figure_opens_onto_exactly_its_rows(people, is_frozen):
    matter(people, "2026-05-05", replied_on="2026-05-06", revisited_on="2026-05-07", closed_on="2026-05-08")
    matter(people, "2026-05-09")
    if is_frozen:
        frozen()
    found = of(people.unit)

    def rows(name):
        return len(rows_of(name, QUARTER, today=TODAY, unit=people.unit.pk).counted)

    assert rows("visits") == found.visits == 2
    assert {name: rows(name) for name in MATTERS} == {name: found.matters[name] for name in MATTERS}
    assert rows("joint_activity") == 1


def test_a_quarter_that_has_just_begun_has_what_there_is(people):
    found = read(Period.parse("2026Q3"), today=TODAY, units={people.unit.pk})
    assert found.of(people.unit.pk).share("cadre", "trip_days", [MONTHS[0]]) == Share()
    assert next(group.title for group in groups(found, people.unit)) == "单位自己的任务"


def test_from_fewer_than_five_there_is_no_rate(people):
    found = read(QUARTER, today=TODAY, units={people.unit.pk})
    lines = {line.name: line for group in groups(found, people.unit) for line in group.lines}
    assert lines["季度会商"].told == "1 / 1 次 已完成"
    bound = found.of(people.unit.pk).share("cadre", "trip_days", MONTHS[:1]).bound
    assert lines["驻村天数"].months[0].text == f"1 / {bound}"
    assert lines["满意和基本满意"].told == "0 件"


def test_queries_do_not_grow_with_the_units(people, django_assert_num_queries):
    for period in (*MONTHS, QUARTER):
        store_period(period, TODAY)

    def asked():
        with django_assert_num_queries(6) as caught:
            read(QUARTER, today=TODAY)
        return len(caught)

    few = asked()
    for number in range(50):
        county.add_unit(f"单位{number}")
    for period in (*MONTHS, QUARTER):
        store_period(period, TODAY)
    assert asked() == few


EVENT_TABLES = ("visits_", "grievances_", "registry_post")


def frozen_reading(people):
    return read(QUARTER, today=TODAY, units={people.unit.pk})


def test_once_frozen_they_are_read_and_nothing_is_counted_again(people):
    matter(people, "2026-05-05", replied_on="2026-05-06", revisited_on="2026-05-07", closed_on="2026-05-08")
    live = of(people.unit), frozen_reading(people).satisfaction
    frozen()
    with CaptureQueriesContext(connection) as asked:
        now = frozen_reading(people)
    assert (now.of(people.unit.pk), now.satisfaction) == live
    assert not [each["sql"] for each in asked if any(table in each["sql"] for table in EVENT_TABLES)]


def test_a_post_corrected_after_the_freeze_moves_them_no_more(people):
    """Contract 6: posts are taken as they stand, when it is frozen; then the report stays."""
    matter(people, "2026-05-05", replied_on="2026-05-06", revisited_on="2026-05-07", closed_on="2026-05-08")
    Grievance.objects.update(revisited_on=Date(2026, 5, 7), satisfaction="satisfied")
    frozen()
    before, elsewhere = frozen_reading(people), of(people.other_unit)
    Post.objects.filter(cadre=people.cadre).update(unit=people.other_unit)
    assert frozen_reading(people) == before
    assert of(people.other_unit) == elsewhere
    assert before.satisfaction["satisfied"] == 1
    assert before.of(people.unit.pk).visits == 2
    found = rows_of("visits", QUARTER, today=TODAY, unit=people.unit.pk)
    assert (len(found.counted), found.now) == (2, set())


def test_frozen_late_or_again_they_are_the_same_rows(people):
    matter(people, "2026-05-05", replied_on="2026-05-06")

    def kept():
        rows = FrozenCount.objects.values_list("period", "unit__code", "name", "number", "rows")
        return sorted(rows, key=repr)

    with transaction.atomic():
        freeze_due(county.evening("2026-07-05"))
        in_time = kept()
        transaction.set_rollback(True)
    Visit.objects.filter(day="2026-04-07").update(voided_at=county.evening("2026-07-06"), void_reason="录错")
    freeze_due(county.evening("2026-07-08"))
    assert kept() == in_time != []
    freeze_due(county.evening("2026-07-09"))
    freeze(QUARTER)
    assert kept() == in_time


def test_what_froze_before_counts_were_kept_is_counted_as_recorded_and_made_up_for(people, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(counts, "keep", lambda quarter, as_of: None)
        frozen()
    before = read(QUARTER, today=TODAY)
    Visit.objects.filter(day="2026-04-07").update(voided_at=county.evening("2026-07-06"), void_reason="录错")
    assert read(QUARTER, today=TODAY) == before
    assert len(rows_of("visits", QUARTER, today=TODAY, unit=people.unit.pk).counted) == 2
    freeze_due(county.evening("2026-07-08"))
    assert FrozenCount.objects.filter(period=QUARTER.code).exists()
    assert read(QUARTER, today=TODAY) == before


def test_nobody_changes_what_was_kept(people):
    frozen()
    for change in (
        lambda: FrozenCount.objects.update(number=9),
        lambda: FrozenCount.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_freeze_that_fails_keeps_neither(people, monkeypatch):
    monkeypatch.setattr(counts, "_satisfaction", lambda params: 1 // 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        freeze(QUARTER)
    assert not FrozenPeriod.objects.filter(code=QUARTER.code).exists()
    assert not FrozenCount.objects.exists()


def test_it_is_frozen_in_as_many_statements_for_50_units(people):
    def statements():
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            freeze(QUARTER)
            transaction.set_rollback(True)
        return len(asked)

    matter(people, "2026-05-05", replied_on="2026-05-06", revisited_on="2026-05-07", closed_on="2026-05-08")
    few = statements()
    for number in range(50):
        person = county.add_cadre(f"人{number}", unit=county.add_unit(f"单位{number}"))
        county.add_visit(person, people.household, "2026-04-20")
        county.add_grievance(
            household=people.household, handler=person, registered_on="2026-05-01",
            revisited_on="2026-05-02", satisfaction="satisfied",
        )  # fmt: skip
    assert statements() == few


def test_nothing_is_left_of_the_shadows(people):
    frozen()
    read(QUARTER, today=TODAY)
    county.add_visit(people.cadre, people.household, "2026-07-02")
    assert Visit.objects.filter(day="2026-07-02").exists()
    assert clock.today() == TODAY
    assert User.objects.exists()
