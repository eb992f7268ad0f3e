"""The ten actions besides the visits: meetings, reports, talks, common work. 方案四, 六"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lianhu.county import seasons, words
from lianhu.county.model import (
    COUNTY,
    DEPARTMENT,
    ENTERPRISE,
    ONE_DAY,
    SECTION_RANKS,
    TOWNSHIP,
    Cadre,
    County,
    Day,
    Unit,
    Village,
    covers,
)

_SHARE = 0.86
_FREE_KINDS = (
    ("矛盾排查/接访", "{开门接访|基层寻访|耐心听访}：{草场边界|邻里通道|工程款}问题排查"),
    ("代办事项", "代办{医保缴费|社保卡激活|林权证查询|残疾证换领}"),
    ("民生项目回头看", "{安全饮水|通组公路|农网改造|住房改造}项目回头看"),
    ("基层党建帮扶", "{“三会一课”指导|党员活动日|后备干部培养}"),
    ("就业/产业帮扶", "{花椒管护培训|文旅岗位招聘进村|牦牛养殖技术指导|电商带货}"),
    ("村规民约议事", "修订村规民约：{红白事从简|环境卫生|草场轮牧}"),
)
_WHEN = "（{上午|下午|晚上}）"


@dataclass(slots=True)
class Activity:
    kind: str
    day: Day
    topic: str
    unit: Unit | None = None
    village: Village | None = None
    people: tuple[Cadre, ...] = ()
    headcount: int | None = None


class Agenda:
    """Everything a county holds; a duty is met about four times in five."""

    def __init__(self, county: County, rng: random.Random) -> None:
        self.county, self.rng = county, rng
        self.years = range(county.start.year, county.until.year + 1)

    def all(self) -> list[Activity]:
        """By day; one row a key."""
        found: dict[tuple[object, ...], Activity] = {}
        for part in (
            self._village_meetings, self._unit_quarters, self._unit_years, self._cadre_years,
            self._leader_talks, self._field_work,
        ):  # fmt: skip
            for one in part():
                if self.county.start <= one.day <= self.county.until:
                    people = tuple(cadre.code for cadre in one.people)
                    key = (one.kind, one.day, one.unit, one.village, people, one.topic)
                    found.setdefault(key, one)
        return sorted(found.values(), key=lambda one: (one.day, one.kind))

    def _hold(
        self, kind: str, first: Day, last: Day, topic: str, *, share: float = _SHARE,
        times: int = 1, heads: tuple[int, int] | None = None, unit: Unit | None = None,
        village: Village | None = None, people: tuple[Cadre, ...] = (),
    ) -> Iterator[Activity]:  # fmt: skip
        rng = self.rng
        for _ in range(times):
            day = seasons.any_day(rng, max(first, self.county.start), last)
            if rng.random() < share and not seasons.quiet(day):
                text = words.fill(rng, topic.replace("__", seasons.talk_of(day)))
                count = rng.randint(*heads) if heads else None
                yield Activity(kind, day, text, unit, village, people, count)

    def _village_meetings(self) -> Iterator[Activity]:
        county = self.county
        for village in county.villages:
            share = self.rng.choices((0.97, 0.85, 0.5), (70, 22, 8))[0]
            for first, last in seasons.months(county.start, county.until):
                yield from self._hold(
                    "干群恳谈会", first, last, "__{恳谈|意见听取|座谈}", share=share,
                    heads=(12, 60), village=village,
                )  # fmt: skip
                middle = min(first.replace(day=15), last)
                for begin, end in ((first, middle), (min(middle + ONE_DAY, last), last)):
                    yield from self._hold(
                        "农民夜校", begin, end, f"{self.rng.choice(words.TALKS)}{_WHEN}",
                        share=share, heads=(15, 80), village=village,
                    )  # fmt: skip
            for first, last in self._quarters():
                yield from self._hold(
                    "群众(代表)大会", first, last, "{村务公开和集体收益分配|低保评议|重大事项表决}",
                    share=share, heads=(30, 180), village=village,
                )  # fmt: skip

    def _quarters(self) -> Iterator[tuple[Day, Day]]:
        """The quarters as far as the county has come: a last one only begun is cut."""
        spans: dict[tuple[int, int], tuple[Day, Day]] = {}
        for first, last in seasons.months(self.county.start, self.county.until):
            quarter = (first.year, (first.month - 1) // 3)
            spans[quarter] = (spans.get(quarter, (first, last))[0], last)
        yield from spans.values()

    def _unit_quarters(self) -> Iterator[Activity]:
        for unit in self.county.units:
            if unit.kind == ENTERPRISE:
                continue
            for first, last in self._quarters():
                title = f"{first.year}年第{(first.month - 1) // 3 + 1}季度联户联情工作"
                for kind in ("会商", "研判", "通报"):
                    heads = (5, 20) if kind != "通报" else None
                    yield from self._hold(kind, first, last, f"{title}{kind}", heads=heads, unit=unit)

    def _unit_years(self) -> Iterator[Activity]:
        for year in self.years:
            spring = max(Day(year, 1, 4), self.county.start)
            planned = max(Day(year, 2, 28), self.county.start.replace(day=28))
            last = Day(year, 12, 25)
            for unit in self.county.units:
                plan = f"{year}年联户联情年度工作计划"
                yield from self._hold("年度工作计划", spring, planned, plan, share=0.9, unit=unit)
                if unit.kind != DEPARTMENT:
                    continue
                village = unit.links[0].village if unit.links else None
                yield from self._hold(
                    "结对共建", spring, last, "{支部联建|环境整治|助农采收}共建活动", times=3,
                    heads=(10, 50), unit=unit, village=village,
                )  # fmt: skip
                yield from self._hold(
                    "表彰活动", spring, last, "{“十佳百星”|“十佳百优”|最美家庭}评选表彰", times=2,
                    share=0.65, heads=(40, 150), unit=unit, village=village,
                )  # fmt: skip

    def _cadre_years(self) -> Iterator[Activity]:
        for year in self.years:
            for cadre in self.county.cadres:
                last = min(Day(year, 12, 28), cadre.end or Day(year, 12, 28))
                first = max(Day(year, 1, 4), cadre.begin, self.county.start)
                if cadre.rank not in SECTION_RANKS or first > last:
                    continue
                others = [other for other in cadre.unit.staff if other is not cadre]
                report = f"{year}年思想作风体检报告"
                since = max(first, min(Day(year, 6, 1), last))
                yield from self._hold(
                    "思想作风体检报告", since, last, report, share=0.92 * cadre.care, people=(cadre,)
                )
                for _ in range(6):
                    yield from self._hold(
                        "谈心谈话", first, last, "{工作状态|家庭困难|作风提醒|成长规划}谈心谈话",
                        share=cadre.care * 0.88, unit=cadre.unit,
                        people=(cadre, self.rng.choice(others)),
                    )  # fmt: skip

    def _leader_talks(self) -> Iterator[Activity]:
        leaders = [cadre for cadre in self.county.cadres if cadre.rank == COUNTY]
        for leader in leaders:
            linked = [link for link in self.county.leader_links if link.leader is leader]
            for year in self.years:
                first, last = Day(year, 1, 4), Day(year, 12, 25)
                for _ in range(3 if linked else 0):
                    link = self.rng.choice(linked)
                    village, unit = self._place(link.unit)
                    for talk in self._hold(
                        "宣讲会", first, last, f"{self.rng.choice(words.TALKS)}宣讲",
                        share=leader.care, heads=(30, 200), unit=unit, village=village,
                        people=(leader,),
                    ):  # fmt: skip
                        if covers(link.begin, link.end, talk.day):
                            yield talk

    def _place(self, unit: Unit) -> tuple[Village | None, Unit | None]:
        """In a village of the township, or of the department; or for the unit as a whole."""
        villages = [village for village in self.county.villages if village.town is unit]
        if unit.kind != TOWNSHIP:
            villages = [link.village for link in unit.links]
        if villages and self.rng.random() < 0.6:
            return self.rng.choice(villages), None
        return None, unit

    def _field_work(self) -> Iterator[Activity]:
        """What no duty counts, but is done every week."""
        rng, county = self.rng, self.county
        busy = [cadre for cadre in county.cadres if cadre.pairs and cadre.holds]
        for first, last in seasons.months(county.start, county.until):
            for number in range(max(len(_FREE_KINDS), len(busy) // 6)):
                kind, topic = _FREE_KINDS[number % len(_FREE_KINDS)]
                cadre = rng.choice(busy)
                village = rng.choice(cadre.holds).home.village
                people: tuple[Cadre, ...] = (cadre,)
                if rng.random() < 0.3:
                    people = (cadre, *(c for c in rng.sample(cadre.unit.staff, 1) if c is not cadre))
                for one in self._hold(
                    kind, first, last, topic, heads=(3, 40), village=village, people=people
                ):
                    if cadre.working(one.day):
                        yield one
