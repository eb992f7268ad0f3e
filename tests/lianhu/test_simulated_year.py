"""A year of a small county run through the clock: the schedule's tasks at their times, the naive count beside them.

Each month, quarter and year that is frozen is what the naive counter finds at the cut-off, at that very moment; what
is kept live is what it finds now. For the 5th of May the scheduler is off for three days.
"""

import datetime
import random

import pytest

from accounts.models import Job, JobState, Notice
from accounts.schedule import run_entry, tick
from lianhu.kit import clock
from lianhu.kit.periods import Period
from lianhu.schedule import ENTRIES
from reports.models import Compliance, FrozenFigure, FrozenPeriod, QuarterlyReport
from reports.quotas import freeze
from tests import county
from tests.reports.naive import Naive
from visits.models import Activity, Trip, Visit

pytestmark = pytest.mark.django_db

Date = datetime.date
ONE_DAY = datetime.timedelta(days=1)
# What makes and tells figures; the rest of the list has tests of its own.
WATCHED = [
    ENTRIES[kind]
    for kind in ("figures_nightly", "figures_touched", "freeze_figures", "remind_owing", "quarterly_drafts")
]
OFF = {Date(2026, 5, day) for day in (4, 5, 6, 7)}
# Around what happens in a month; on other days people work just the same, and the clock is not looked at.
LOOKED_AT = (5, 20)


class Year:
    def __init__(self, monkeypatch):
        self.people = county.build()
        self.dice = random.Random(2026)
        self.at = county.evening("2026-01-01")
        monkeypatch.setattr(clock, "now", lambda: self.at)
        home = self.people.village
        self.homes = [self.people.household, *(county.add_household(name, village=home) for name in "央次")]
        self.homes[1].is_hardship = True
        self.homes[1].save()
        county.pair(self.people.cadre, self.homes[1])
        county.pair(self.people.unit_leader, self.homes[2])
        self.goers = [self.people.cadre, self.people.colleague, self.people.unit_leader]
        self.expected = {}

    def runs(self):
        """Each thing that is due, once, as a worker would."""
        tick(WATCHED, self.at)
        while waiting := Job.objects.filter(state=JobState.WAITING).order_by("pk").first():
            run_entry(ENTRIES[waiting.kind], waiting.pk)

    def day(self, day):
        """Midnight, nine, the people's work, half past six in the evening."""
        self.at = clock.midnight(day)
        self.count_what_is_cut_off(day)
        self.at += datetime.timedelta(hours=9)
        self.look(day)
        self.people_work(day)
        self.at = clock.midnight(day) + datetime.timedelta(hours=18, minutes=30)
        self.look(day)

    def look(self, day):
        last = (day + ONE_DAY).day == 1
        if day not in OFF and (last or day.day in LOOKED_AT or day - ONE_DAY in OFF):
            self.runs()

    def count_what_is_cut_off(self, day):
        if day.day != 5:
            return
        month = Period.month_of(day).previous()
        ends = [month]
        if month.last.month % 3 == 0:
            ends.append(Period.parse(f"{month.last.year}Q{month.last.month // 3}"))
        if month.last.month == 12:
            ends.append(Period.year_of(month.last))
        for period in ends:
            self.expected[period.code] = Naive().rows(period.code, day - ONE_DAY)

    def people_work(self, day):
        dice = self.dice
        if dice.random() < 0.25:
            who = dice.choice(self.goers)
            begin = day - dice.choice([0, 0, 1, 2, 9]) * ONE_DAY
            there = Trip.objects.filter(cadre=who, voided_at=None, begins_on__lte=day, ends_on__gte=begin)
            if not there.exists():
                late = day - begin > 7 * ONE_DAY
                row = {"backfilled": late, "recorded_at": self.at}
                trip = county.add_trip(who, self.people.village, begin, begin if late else day, **row)
                home = dice.choice(self.homes)
                county.add_visit(
                    who, home, trip.begins_on, trip=trip, talk=dice.random() < 0.5, recorded_at=self.at
                )
        if dice.random() < 0.05:
            kind, whose = dice.choice(["heart_talk", "self_check"]), [self.people.unit_leader]
            county.add_activity(kind, day, cadres=whose, recorded_at=self.at)
        if dice.random() < 0.1:
            kind = dice.choice(["forum", "night_school", "assembly", "consult", "joint_activity"])
            county.add_activity(
                kind, day, unit=self.people.unit, village=self.people.village, recorded_at=self.at
            )
        if dice.random() < 0.06:
            self.change_what_was_recorded()

    def change_what_was_recorded(self):
        model = self.dice.choice([Trip, Visit, Activity])
        rows = list(model.objects.filter(voided_at=None).order_by("pk"))
        if rows:
            model.objects.filter(pk=self.dice.choice(rows).pk).update(voided_at=self.at)
        Trip.objects.filter(backfilled=True, approved_at=None).update(approved_at=self.at)


def frozen(code):
    return rows_of(FrozenFigure.objects.filter(period=code))


def rows_of(kept):
    codes = {
        kind: dict(model.objects.values_list("pk", "code"))
        for kind, model in (("cadre", county.Cadre), ("unit", county.Unit), ("village", county.Village))
    }
    rows = [
        {
            "quota": row.quota.code,
            "subject_kind": row.subject_kind,
            "subject": codes[row.subject_kind][row.subject_id],
            "actual": row.actual,
            "target": row.target,
            "status": row.status,
        }
        for row in kept.select_related("quota")
    ]
    return sorted(rows, key=lambda row: (row["quota"], row["subject"]))


@pytest.mark.clause("方案五(二)")
def test_a_year_runs_through_the_clock_and_every_frozen_figure_is_the_naive_count(monkeypatch, queue):
    year = Year(monkeypatch)
    day = Date(2026, 1, 1)
    while day <= Date(2027, 1, 6):
        year.day(day)
        day += ONE_DAY
    assert sorted(year.expected) == sorted(FrozenPeriod.objects.values_list("code", flat=True))
    assert len(year.expected) == 13 + 5 + 2
    for code, expected in sorted(year.expected.items()):
        assert frozen(code) == sorted(expected, key=lambda row: (row["quota"], row["subject"])), code
    may = FrozenPeriod.objects.get(code="2026-04")
    assert may.frozen_at.date() == Date(2026, 5, 8) > freeze.cut_off(may.period).date()
    # What is kept live is the naive count of now.
    for code in ("2026-12", "2026Q4", "2026", "2027-01"):
        live = sorted(Naive().rows(code, Date(2027, 1, 6)), key=lambda row: (row["quota"], row["subject"]))
        assert rows_of(Compliance.objects.filter(period=code)) == live, code
    assert QuarterlyReport.objects.filter(year=2026).values("quarter").distinct().count() == 4
    assert Notice.objects.filter(user=year.people.cadre.user).exists()
    assert not Job.objects.exclude(state=JobState.DONE).exists()
