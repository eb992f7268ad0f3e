"""Visits within the trips, as a stream by day; what was heard is kept for the ledger."""

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from lianhu.county import seasons, words
from lianhu.county.model import (
    COUNTY,
    GENERAL,
    Cadre,
    County,
    Day,
    Household,
    Unit,
    Village,
    covers,
)
from lianhu.county.trips import Trip

MET, NOT_MET, BY_PHONE = "见面", "未遇", "电话联系"


@dataclass(slots=True)
class Heard:
    """A difficulty on its way into the ledger, of one household or of a whole village."""

    day: Day
    cadre: Cadre
    village: Village
    home: Household | None
    matter: words.Matter
    title: str
    text: str


@dataclass(slots=True)
class Visit:
    cadre: Cadre
    home: Household
    day: Day
    result: str
    topic: str
    talk: bool
    difficulty: str
    opinion: str
    solved: bool


class Field:
    """Walks the trips in order. `heard` is complete once `visits()` has been read to its end."""

    def __init__(self, county: County, trips: list[Trip], rng: random.Random) -> None:
        self.county, self.trips, self.rng = county, trips, rng
        self.heard: list[Heard] = []
        self.done = False
        self._last: dict[tuple[int, int], int] = {}
        self._reached: dict[tuple[Unit, int], set[int]] = defaultdict(set)
        self._marked = {v: [h for h in v.homes if h.marked] for v in county.villages}
        self._matters: Counter[tuple[Cadre, int, bool]] = Counter()

    def visits(self) -> Iterator[Visit]:
        """Visits by day; only those of trips still running are held in memory."""
        waiting: list[tuple[Day, str, str, Visit]] = []
        for trip in self.trips:
            while waiting and waiting[0][0] < trip.begin:
                yield heapq.heappop(waiting)[3]
            for visit in self._trip(trip):
                heapq.heappush(waiting, (visit.day, visit.cadre.code, visit.home.code, visit))
        while waiting:
            yield heapq.heappop(waiting)[3]
        self.done = True

    def _trip(self, trip: Trip) -> Iterator[Visit]:
        rng = self.rng
        days = seasons.days(trip.begin, trip.end)
        if rng.random() < 0.02:
            return
        count = max(1, round(min(2 + len(days), 3 * len(days)) * trip.cadre.care))
        homes = self._own(trip)[: rng.randint(max(count - 1, 1), count)]
        if rng.random() < trip.cadre.care * 0.8:
            # 代访: a family with a mark whom nobody of this unit has met this year.
            homes += self._left_out(trip, set(homes))[: rng.choice((1, 1, 2))]
        for number, home in enumerate(homes):
            yield self._visit(trip.cadre, home, days[number * len(days) // len(homes)])
        if rng.random() < 0.4:
            self._hear_village(trip)

    def _own(self, trip: Trip) -> list[Household]:
        """Own families in this village: not met this year first, then longest unvisited."""
        cadre, year = trip.cadre, Day(trip.begin.year, 1, 1).toordinal()
        due = []
        for pairing in cadre.holds:
            home = pairing.home
            if (
                home.village is trip.village
                and covers(pairing.begin, pairing.end, trip.begin)
                and covers(pairing.begin, pairing.end, trip.end)
            ):
                last = self._last.get((cadre.index, home.index), 0)
                due.append((last >= year, last, home.code, home))
        due.sort(key=lambda item: item[:3])
        return [home for *_, home in due]

    def _left_out(self, trip: Trip, own: set[Household]) -> list[Household]:
        unit = trip.cadre.unit
        if not any(link.village is trip.village for link in unit.links):
            return []
        reached = self._reached[unit, trip.begin.year]
        return [home for home in self._marked[trip.village] if home.index not in reached and home not in own]

    def _visit(self, cadre: Cadre, home: Household, day: Day) -> Visit:
        rng = self.rng
        result = rng.choices((MET, NOT_MET, BY_PHONE), (90, 5, 5))[0]
        talk = result == MET and rng.random() < 0.3 * cadre.care
        visit = Visit(
            cadre=cadre, home=home, day=day, result=result, talk=talk,
            topic=rng.choice(words.TALKS) if talk else "", difficulty="", opinion="", solved=False,
        )  # fmt: skip
        if result == NOT_MET:
            visit.difficulty = words.fill(rng, rng.choice(words.NOT_MET))
            visit.opinion = "未遇，本次没有听取意见。"
            return visit
        if result == MET:
            self._last[cadre.index, home.index] = day.toordinal()
            self._reached[cadre.unit, day.year].add(home.index)
        self._say(visit)
        return visit

    def _say(self, visit: Visit) -> None:
        rng = self.rng
        opinion = rng.choice(words.OPINIONS).replace("__", seasons.talk_of(visit.day))
        visit.opinion = words.fill(rng, opinion)
        if visit.result == BY_PHONE:
            visit.difficulty = words.fill(rng, rng.choice(words.BY_PHONE))
        elif self._something_heard(visit.cadre, visit.day, village=False):
            matter = _matter(rng, words.HOUSEHOLD_MATTERS, visit.day)
            heard = self._note(visit.cadre, visit.home.village, visit.home, visit.day, matter)
            visit.difficulty = heard.text
        elif rng.random() < 0.15:
            visit.difficulty = words.fill(
                rng, rng.choice(words.SMALL_DIFFICULTIES) + rng.choice(words.SOLVED_ON_THE_SPOT)
            )
            visit.solved = True
        else:
            pool = words.NO_DIFFICULTY if rng.random() < 0.55 else words.SMALL_DIFFICULTIES
            visit.difficulty = words.fill(rng, rng.choice(pool))
            if visit.home.hardship and rng.random() < 0.6:
                visit.difficulty = f"{visit.home.hardship}。"

    def _hear_village(self, trip: Trip) -> None:
        if self._something_heard(trip.cadre, trip.end, village=True):
            matter = _matter(self.rng, words.VILLAGE_MATTERS, trip.end)
            self._note(trip.cadre, trip.village, None, trip.end, matter)

    def _something_heard(self, cadre: Cadre, day: Day, *, village: bool) -> bool:
        """Cadres hear about as much as their yearly duty needs, and then some more."""
        general = cadre.rank == GENERAL
        needed = (0 if general else 4) if village else (2 if general else 4)
        if cadre.rank == COUNTY:
            needed = 1
        behind = self._matters[cadre, day.year, village] < needed
        chance = (0.6 if village else 0.15) * cadre.care if behind else 0.01
        return self.rng.random() < chance

    def _note(
        self, cadre: Cadre, village: Village, home: Household | None, day: Day,
        matter: words.Matter,
    ) -> Heard:  # fmt: skip
        self._matters[cadre, day.year, home is None] += 1
        title = words.fill(self.rng, matter.title)
        who = f"{village.name}居民" if home and not home.group else village.name
        if home and home.group:
            who = f"{home.group}村民"
        text = words.fill(self.rng, matter.text)
        self.heard.append(Heard(day, cadre, village, home, matter, f"{who}{title}", text))
        return self.heard[-1]


def _matter(rng: random.Random, pool: tuple[words.Matter, ...], day: Day) -> words.Matter:
    """Roads wash out and roofs leak in the rainy season, not in January."""
    wet = day.month in (6, 7, 8, 9)
    for _ in range(4):
        matter = rng.choice(pool)
        if matter.rainy == wet or not matter.rainy:
            return matter
    return matter
