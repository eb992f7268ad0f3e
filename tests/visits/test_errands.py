"""代办事项: posted, taken by one, done or given back (方案五(一); contract, section 5)."""

import datetime
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from accounts.models import Notice
from grievances.erasure import erase_household
from tests import county
from visits.errands import (
    finish_errand,
    give_back,
    post_errand,
    take_errand,
    visible_errands,
    withdraw,
)
from visits.models import Activity, Errand

TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(on_day, db):
    on_day("2026-06-15")
    return county.build()


def post(people, by=None, home=True, topic="代办医保缴费"):
    told = {
        "village": people.village.code,
        "household": people.household.code if home else "",
        "topic": topic,
    }
    return post_errand(told, on=TODAY, by=(by or people.branch).user)


def test_a_familys_errand_is_told_to_its_cadre_and_becomes_the_cadres_activity(people):
    errand = post(people)
    assert Notice.objects.filter(user=people.cadre.user, key=f"errand:{errand.pk}:posted").exists()
    take_errand(errand, by=people.cadre.user)
    activity = finish_errand(errand, "已缴费，回单交给本人", on=TODAY, by=people.cadre.user)
    assert (activity.kind, activity.day, activity.village) == ("errand", TODAY, people.village)
    assert list(activity.cadres.all()) == [people.cadre]
    with pytest.raises(ValidationError, match="办完"):
        give_back(errand, by=people.cadre.user)


def test_what_a_family_asks_its_cadre_is_taken_with_it(people):
    errand = post(people, by=people.cadre)
    assert errand.taken_by == people.cadre
    with pytest.raises(ValidationError):
        post(people, by=people.cadre, home=False)


def test_posted_twice_it_is_one(people):
    assert post(people).pk == post(people).pk


def test_a_familys_errand_is_seen_by_whoever_sees_the_family(people):
    errand = post(people)
    seen = {name for name, each in people.people.items() if visible_errands(each.user).filter(pk=errand.pk)}
    assert seen == {
        *("cadre", "branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader", "office")
    }
    of_village = post(people, home=False, topic="修村口路灯")
    seen = {
        name for name, each in people.people.items() if visible_errands(each.user).filter(pk=of_village.pk)
    }
    assert "colleague" in seen
    assert "stranger" not in seen


def test_only_whoever_took_it_gives_it_back_or_ends_it(people):
    errand = post(people)
    take_errand(errand, by=people.cadre.user)
    with pytest.raises(PermissionDenied):
        give_back(errand, by=people.unit_leader.user)
    with pytest.raises(PermissionDenied):
        finish_errand(errand, "办好了", on=TODAY, by=people.unit_leader.user)
    give_back(errand, by=people.cadre.user)
    take_errand(errand, by=people.unit_leader.user)


def test_it_is_withdrawn_with_a_reason_by_its_branch(people):
    errand = post(people)
    take_errand(errand, by=people.cadre.user)
    with pytest.raises(PermissionDenied):
        withdraw(errand, "不用办了", by=people.stranger_branch.user)
    withdraw(errand, "不用办了", by=people.branch.user)
    assert Notice.objects.filter(user=people.cadre.user, key=f"errand:{errand.pk}:withdrawn").exists()
    with pytest.raises(ValidationError, match="撤回"):
        take_errand(errand, by=people.cadre.user)


def test_blacked_out_with_its_family_words_go_and_what_was_done_stays(people):
    done, waiting = post(people), post(people, topic="代办社保卡")
    take_errand(done, by=people.cadre.user)
    activity = finish_errand(done, "送到家里", on=TODAY, by=people.cadre.user)
    erase_household(people.household, reason="本户申请", by=people.office.user)
    activity.refresh_from_db()
    waiting.refresh_from_db()
    assert (activity.topic, activity.summary) == ("已遮蔽", "已遮蔽")
    assert set(Errand.objects.values_list("topic", flat=True)) == {"已遮蔽"}
    assert waiting.withdrawn_at is not None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_at_once_one_takes_it_and_the_other_is_told(on_day):
    on_day("2026-06-15")
    people = county.build()
    errand = post(people)
    told, barrier = [], threading.Barrier(2)

    def take(person):
        try:
            barrier.wait(60)
            take_errand(errand, by=person.user)
            told.append("mine")
        except ValidationError as error:
            told.append(error.messages[0])
        finally:
            connection.close()

    hands = [threading.Thread(target=take, args=(each,)) for each in (people.cadre, people.unit_leader)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(120)
    assert told.count("mine") == 1
    assert any("认领，您没有认领到" in words for words in told)
    assert not Activity.objects.exists()
