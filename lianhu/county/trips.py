"""Trips of fourteen months: most duties met, some days short, some far from any linked village."""

import datetime
import random
from collections import defaultdict
from dataclasses import dataclass

from lianhu.county import seasons
from lianhu.county.model import GENERAL, ONE_DAY, Cadre, County, Day, Village, covers


@dataclass(slots=True)
class Trip:
    cadre: Cadre
    village: Village
    begin: Day
    end: Day
    back_filled: bool


@dataclass(slots=True)
class _Traveller:
    """One cadre's plan: which villages are due, and when the last trip ended."""

    county: County
    rng: random.Random
    cadre: Cadre
    due: dict[Village, float]
    trips: list[Trip]
    home_again: Day

    def month(self, first: Day, last: Day) -> None:
        rng, cadre = self.rng, self.cadre
        free = [day for day in seasons.days(first, last) if cadre.working(day)]
        if len(free) < 3:
            return
        # A month only begun has seen only part of its trips.
        share = min(1.0, (last - first).days / 22)
        if rng.random() > cadre.care * seasons.travel(first) * (0.25 + 0.75 * share):
            if rng.random() < 0.35:
                self.go(free, 1)
            return
        at_least = 2
        if cadre.rank_on(first) != GENERAL and rng.random() < 0.3:
            self.go(free, 1)
            at_least = 1
        self.go(free, at_least + rng.choices((0, 1, 2, 3), (62, 25, 9, 4))[0])
        if rng.random() < 0.25:
            self.go(free, rng.choices((1, 2, 3), (50, 40, 10))[0])

    def go(self, free: list[Day], length: int) -> None:
        """One trip, if a place for it is found; rarely over the end of the month."""
        rng = self.rng
        for _ in range(8):
            begin = rng.choice(free)
            if rng.random() < 0.05:
                begin = free[-1]
            end = begin + datetime.timedelta(days=length - 1)
            if begin <= self.home_again and any(
                not (end < trip.begin or trip.end < begin) for trip in self.trips[-12:]
            ):
                continue
            if end > self.county.until or (not seasons.workday(begin) and rng.random() < 0.9):
                continue
            if seasons.quiet(begin) or seasons.quiet(end) or not self.cadre.working(end):
                continue
            if end.month != begin.month and rng.random() < 0.5:
                continue
            self._set_out(begin, end)
            return

    def _set_out(self, begin: Day, end: Day) -> None:
        rng = self.rng
        village = self._village(begin)
        if village is None:
            return
        self._note(village, begin, end)
        if rng.random() < 0.02:
            # A second village on one of the days: no fault, and the day counts once.
            other = rng.choice(self.county.villages)
            day = rng.choice(seasons.days(begin, end))
            if other is not village:
                self._note(other, day, day)

    def _note(self, village: Village, begin: Day, end: Day) -> None:
        back_filled = self.rng.random() < 0.035
        self.trips.append(Trip(self.cadre, village, begin, end, back_filled))
        self.home_again = max(self.home_again, end)

    def _village(self, day: Day) -> Village | None:
        """The village waiting longest, weighed by the families there; now and then any other."""
        rng, weights = self.rng, defaultdict[Village, float](float)
        if rng.random() < 0.025:
            return rng.choice(self.county.villages)
        for pairing in self.cadre.holds:
            if covers(pairing.begin, pairing.end, day):
                weights[pairing.home.village] += 1
        if not weights:
            for link in self.cadre.unit.links:
                if covers(link.begin, link.end, day):
                    weights[link.village] += 1
        if not weights:
            return None
        total = sum(weight**0.5 for weight in weights.values())
        for village, weight in weights.items():
            self.due[village] = self.due.get(village, 0.0) + weight**0.5 / total
        chosen = max(weights, key=lambda village: (self.due[village], village.code))
        self.due[chosen] -= 1
        return chosen


def make_trips(county: County, rng: random.Random) -> list[Trip]:
    """All trips by first day. Trips of one cadre overlap only in two different villages."""
    trips: list[Trip] = []
    for cadre in county.cadres:
        traveller = _Traveller(county, rng, cadre, {}, [], county.start - ONE_DAY)
        for first, last in seasons.months(county.start, county.until):
            traveller.month(first, last)
        trips.extend(traveller.trips)
    trips.sort(key=lambda trip: (trip.begin, trip.cadre.code, trip.village.code))
    return trips
