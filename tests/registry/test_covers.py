"""代管: a colleague of the unit sees and handles the absent cadre's households from a day to a day."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from accounts.models import AuditEntry, Notice, User
from registry import covers
from registry.covers import call_off_cover, covers_seen_by, end_cover, name_cover
from registry.models import Cover, Household, Pairing
from tests import county

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def name(
    people, begin="2026-06-16", end="2026-06-18", *, by="unit_liaison", colleague="colleague", cadre="cadre"
):
    code = getattr(people, colleague).code if isinstance(colleague, str) else colleague.code
    values = {"colleague": code, "begins_on": county.day(begin), "ends_on": county.day(end), "reason": "病假"}
    return name_cover(getattr(people, cadre), values, on=TODAY, by=getattr(people, by).user)


def faults(act):
    before = Cover.objects.count()
    with pytest.raises(ValidationError) as refused:
        act()
    assert Cover.objects.count() == before
    return {field: [each.code for each in errors] for field, errors in refused.value.error_dict.items()}


def sees(cadre):
    return set(Household.objects.visible_to(User.objects.select_related("cadre").get(pk=cadre.user_id)))


def test_the_colleague_sees_the_households_on_those_days_and_the_pairing_stays(people, on_day):
    name(people)
    assert sees(people.colleague) == set()
    on_day("2026-06-16")
    assert sees(people.colleague) == {people.household}
    on_day("2026-06-19")
    assert sees(people.colleague) == set()
    assert Pairing.objects.get(household=people.household).cadre == people.cadre


def test_both_are_told_and_no_title_names_a_person(people):
    name(people)
    told = dict(Notice.objects.values_list("user__username", "title"))
    assert told == {people.colleague.code: "有同事的户请您代管", people.cadre.code: "您不在的时候由同事代管"}


def test_days_are_in_order_and_not_over(people):
    assert faults(lambda: name(people, "2026-06-18", "2026-06-16")) == {"ends_on": ["end_before_begin"]}
    assert faults(lambda: name(people, "2026-06-14", "2026-06-16")) == {"begins_on": ["in_the_past"]}
    name(people, "2026-06-15", "2026-06-15")


def test_the_colleague_is_another_of_the_unit_in_post_to_the_end(people):
    leaving = county.add_cadre(unit=people.unit, left_on="2026-06-17")
    assert faults(lambda: name(people, colleague="cadre")) == {"colleague": ["oneself"]}
    assert faults(lambda: name(people, colleague="stranger")) == {"colleague": ["not_of_the_unit"]}
    assert faults(lambda: name(people, colleague=leaving)) == {"colleague": ["leaves"]}
    assert faults(lambda: name(people, colleague=leaving, begin="2026-06-18")) == {
        "colleague": ["not_of_the_unit"]
    }
    name(people, colleague=leaving, end="2026-06-17")


@pytest.mark.parametrize(
    "days", [("2026-06-18", "2026-06-20"), ("2026-06-15", "2026-06-30"), ("2026-06-17", "2026-06-17")]
)
def test_one_colleague_a_day_and_the_other_is_named(people, days):
    name(people)
    assert faults(lambda: name(people, *days, colleague="unit_leader")) == {"begins_on": ["overlap"]}
    with pytest.raises(ValidationError, match="2026-06-16 到 2026-06-18 已由杨小燕代管"):
        name(people, *days, colleague="unit_leader")
    name(people, "2026-06-19", "2026-06-20", colleague="unit_leader")


def test_what_the_database_refuses_is_the_same_fault(people, monkeypatch):
    """As when an import brings the other one after the rules were asked."""
    name(people)
    monkeypatch.setattr(covers, "RULES", ())
    assert faults(lambda: name(people, colleague="unit_leader")) == {"begins_on": ["overlap"]}
    assert not connection.needs_rollback


@pytest.mark.parametrize("who", ["unit_liaison", "unit_leader", "office"])
def test_who_may(people, who):
    name(people, by=who)


@pytest.mark.parametrize(
    "who",
    [
        "cadre",
        "colleague",
        "branch",
        "county_leader",
        "admin",
        "stranger_unit_liaison",
        "stranger_unit_leader",
    ],
)
def test_who_may_not(people, who):
    with pytest.raises(PermissionDenied):
        name(people, by=who)


def test_it_may_end_earlier_but_what_is_over_stays(people, on_day):
    cover = name(people, "2026-06-15", "2026-06-30")
    today = on_day("2026-06-20")
    user = people.unit_leader.user

    def end(day):
        end_cover(cover, county.day(day), on=today, by=user)

    for day, told in (("2026-06-18", "最早只能到 2026-06-19"), ("2026-06-30", "原来就到 2026-06-30")):
        with pytest.raises(ValidationError, match=told):
            end(day)
    end("2026-06-19")
    cover.refresh_from_db()
    assert cover.ends_on.isoformat() == "2026-06-19"
    assert sees(people.colleague) == set()
    with pytest.raises(ValidationError, match="已经结束"):
        end("2026-06-19")
    assert Notice.objects.filter(title="您代管的户提前结束").count() == 1


def test_on_its_first_day_it_ends_with_that_day(people):
    cover = name(people, "2026-06-15", "2026-06-30")
    with pytest.raises(ValidationError, match="最早只能到 2026-06-15"):
        end_cover(cover, county.day("2026-06-14"), on=TODAY, by=people.office.user)
    end_cover(cover, TODAY, on=TODAY, by=people.office.user)


def test_one_that_has_not_begun_is_called_off_and_the_log_keeps_it(people):
    cover = name(people)
    with pytest.raises(PermissionDenied):
        call_off_cover(cover, on=TODAY, by=people.colleague.user)
    call_off_cover(cover, on=TODAY, by=people.unit_liaison.user)
    assert not Cover.objects.exists()
    assert AuditEntry.objects.filter(subject_table="registry_cover", kind="removed").exists()
    running = name(people, "2026-06-15")
    with pytest.raises(ValidationError, match="已经开始"):
        call_off_cover(running, on=TODAY, by=people.unit_liaison.user)


def test_who_sees_which(people):
    mine = name(people)
    theirs = name(people, cadre="stranger", colleague="stranger_unit_leader", by="office")
    expected = {
        **{who: {mine} for who in ("cadre", "colleague", "unit_liaison", "unit_leader")},
        **{who: {theirs} for who in ("stranger", "stranger_unit_liaison", "stranger_unit_leader")},
        "office": {mine, theirs},
    }
    for who, person in people.people.items():
        assert set(covers_seen_by(person.user)) == expected.get(who, set()), who
