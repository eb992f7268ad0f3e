"""Changes to a drawn county, one after the other, as people make them in the course of a day."""

import datetime
import random
from typing import Any

from hypothesis import strategies as st

from grievances.models import Grievance
from registry.models import Cadre, Household, LeaderLink, Leave, Pairing, Post, Unit, Village, VillageLink
from reports.models import QuarterlyReport, Quota
from tests import county
from tests.reports.random_county import MARKS, MONTHS, ONE_DAY, RANKS, Dice
from visits.models import Activity, Participant, Trip, Visit

LATER = county.evening("2026-09-01")

changes = st.lists(st.tuples(st.sampled_from(range(22)), st.integers(0, 2**32)), min_size=1, max_size=8)


def one_of(model: Any, dice: random.Random, **wanted: Any) -> Any:
    rows = list(model.objects.filter(**wanted).order_by("pk"))
    return dice.choice(rows) if rows else None


def make(which: int, seed: int, year: int, month: int) -> None:
    """One change, or none where the county has nothing to change."""
    roll = Dice(seed, year, month)
    _CHANGES[which](roll.random, roll)


def void(model: Any):
    def change(dice, roll):
        row = one_of(model, dice, voided_at=None)
        if row:
            model.objects.filter(pk=row.pk).update(voided_at=LATER)

    return change


def approve(model: Any):
    def change(dice, roll):
        row = one_of(model, dice, backfilled=True, approved_at=None)
        if row:
            model.objects.filter(pk=row.pk).update(approved_at=LATER)

    return change


def add_visit(dice, roll):
    trip = one_of(Trip, dice, voided_at=None)
    if not trip:
        return
    homes = list(Household.objects.filter(village=trip.village_id).order_by("pk")) or [
        one_of(Household, dice)
    ]
    home, day = dice.choice(homes), trip.begins_on
    if not Visit.objects.filter(cadre=trip.cadre_id, household=home, day=day, voided_at=None).exists():
        county.add_visit(trip.cadre, home, day, trip=trip, talk=roll.often())


def add_trip(dice, roll):
    cadre, village = one_of(Cadre, dice), one_of(Village, dice)
    begin = roll.day()
    end = begin + dice.choice([0, 1, 2, 5]) * ONE_DAY
    there = Trip.objects.filter(
        cadre=cadre, village=village, voided_at=None, begins_on__lte=end, ends_on__gte=begin
    )
    if not there.exists():
        county.add_trip(cadre, village, begin, end, backfilled=roll.often(0.3))


def lengthen_trip(dice, roll):
    trip = one_of(Trip, dice, voided_at=None)
    if trip:
        end = trip.ends_on + ONE_DAY
        rest = Trip.objects.filter(cadre=trip.cadre_id, village=trip.village_id, voided_at=None)
        if not rest.filter(begins_on__lte=end, ends_on__gte=end).exclude(pk=trip.pk).exists():
            Trip.objects.filter(pk=trip.pk).update(ends_on=end)


def amend_visit(dice, roll):
    visit = one_of(Visit, dice)
    if visit:
        result = "absent" if visit.result == "met" else "met"
        Visit.objects.filter(pk=visit.pk).update(result=result, policy_talk=not visit.policy_talk)


def end_pairing(dice, roll):
    pairing = one_of(Pairing, dice)
    if pairing:
        end = max(pairing.begins_on, min(roll.day(), pairing.ends_on or datetime.date.max))
        Pairing.objects.filter(pk=pairing.pk).update(ends_on=end)


def add_pairing(dice, roll):
    home, begin = one_of(Household, dice), roll.day()
    later = Pairing.objects.filter(household=home)
    if not later.filter(ends_on=None).exists() and not later.filter(ends_on__gte=begin).exists():
        county.pair(one_of(Cadre, dice), home, begin)


def add_leave(dice, roll):
    cadre, begin = one_of(Cadre, dice), roll.day()
    if not Leave.objects.filter(cadre=cadre, begins_on=begin).exists():
        county.add_leave(cadre, begin, begin + dice.choice([14, 16, 40]) * ONE_DAY)


def end_leave(dice, roll):
    leave = one_of(Leave, dice)
    if leave:
        leave.delete()


def add_post(dice, roll):
    cadre, begin = one_of(Cadre, dice), roll.day()
    if not Post.objects.filter(cadre=cadre, begins_on=begin, kind="standing").exists():
        county.add_standing(cadre, one_of(Unit, dice), dice.choice(RANKS), begin)


def leave_post(dice, roll):
    cadre = one_of(Cadre, dice)
    Cadre.objects.filter(pk=cadre.pk).update(left_on=max(cadre.joined_on, roll.day()))


def change_link(dice, roll):
    link = one_of(VillageLink, dice)
    if link and roll.often():
        VillageLink.objects.filter(pk=link.pk).update(ends_on=max(link.begins_on, roll.day()))
        return
    unit, village, begin = one_of(Unit, dice), one_of(Village, dice), roll.day()
    if not VillageLink.objects.filter(unit=unit, village=village, begins_on=begin).exists():
        county.link_village(unit, village, begin)


def change_leader_link(dice, roll):
    leader, unit, begin = one_of(Cadre, dice), one_of(Unit, dice), roll.day()
    if not LeaderLink.objects.filter(leader=leader, unit=unit, begins_on=begin).exists():
        county.link_leader(leader, unit, begin)


def mark_household(dice, roll):
    home, mark = one_of(Household, dice), dice.choice(MARKS)
    Household.objects.filter(pk=home.pk).update(**{mark: not getattr(home, mark)})


def move_household(dice, roll):
    Household.objects.filter(pk=one_of(Household, dice).pk).update(village=one_of(Village, dice))


def close_matter(dice, roll):
    matter = one_of(Grievance, dice)
    if matter:
        closed_on = None if matter.closed_on and roll.often(0.3) else roll.day()
        handler = one_of(Cadre, dice) if roll.often(0.3) else matter.handler
        Grievance.objects.filter(pk=matter.pk).update(closed_on=closed_on, handler=handler)


def add_activity(dice, roll):
    kind = dice.choice(["heart_talk", "talk_meeting", "forum", "consult", "joint_activity"])
    people = list({one_of(Cadre, dice), one_of(Cadre, dice)})
    county.add_activity(
        kind, roll.day(), cadres=people, unit=one_of(Unit, dice), village=one_of(Village, dice)
    )


def change_activity(dice, roll):
    activity = one_of(Activity, dice)
    if activity and roll.often():
        Activity.objects.filter(pk=activity.pk).update(day=roll.day(), unit=one_of(Unit, dice))
    elif activity:
        Participant.objects.filter(activity=activity, place=0).delete()


def accept_report(dice, roll):
    unit = one_of(Unit, dice)
    quarter = (roll.edges[0].month + 2) // 3
    QuarterlyReport.objects.update_or_create(
        unit=unit,
        year=roll.edges[0].year,
        quarter=quarter,
        defaults={"state": "accepted", "accepted_on": roll.day()},
    )


def change_rule(dice, roll):
    rule = one_of(Quota, dice)
    if rule.target != 100:
        Quota.objects.filter(pk=rule.pk).update(target=rule.target + 1)


_CHANGES = [
    void(Trip), void(Visit), void(Activity), void(Grievance), approve(Trip), approve(Visit), add_visit, add_trip,
    lengthen_trip, amend_visit, end_pairing, add_pairing, add_leave, end_leave, add_post, leave_post, change_link,
    change_leader_link, mark_household, move_household, close_matter,
    lambda dice, roll: dice.choice([add_activity, change_activity, accept_report, change_rule])(dice, roll),
]  # fmt: skip
assert len(_CHANGES) == 22
assert MONTHS
