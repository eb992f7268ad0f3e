"""What the made-up county consists of: plain values, no database."""

import datetime
from dataclasses import dataclass, field

Day = datetime.date
ONE_DAY = datetime.timedelta(days=1)

DEPARTMENT, TOWNSHIP, ENTERPRISE = "县级部门", "乡镇", "企事业单位"
COUNTY, CHIEF, DEPUTY, FORMER, GENERAL = "县级领导", "正科级", "副科级", "改非", "一般干部"
SECTION_RANKS = (CHIEF, DEPUTY, FORMER)
VILLAGE, TOWN_COMMUNITY, RURAL_COMMUNITY = "行政村", "城镇社区", "农村社区"
FARM, TOWN, RETIRED, STAFF = "农村户", "城镇居民户", "离退休干部户", "干部职工家庭"


def covers(begin: Day, end: Day | None, day: Day) -> bool:
    """Both ends belong to a span; an open end goes on."""
    return begin <= day and (end is None or day <= end)


@dataclass(slots=True, eq=False)
class Unit:
    code: str
    name: str
    kind: str
    staff: list["Cadre"] = field(default_factory=list)
    links: list["Link"] = field(default_factory=list)
    leader: "Cadre | None" = None
    deputy: "Cadre | None" = None
    liaison: "Cadre | None" = None


@dataclass(slots=True)
class Post:
    unit: Unit
    rank: str
    begin: Day
    end: Day | None = None


@dataclass(slots=True)
class Leave:
    begin: Day
    end: Day
    reason: str


@dataclass(slots=True, eq=False)
class Cadre:
    index: int
    code: str
    name: str
    sex: str
    unit: Unit
    rank: str
    leadership: bool
    mobile: str
    begin: Day
    end: Day | None = None
    # How reliably the duties are done: most people do them, a few hardly ever.
    care: float = 1.0
    pairs: bool = True
    posts: list[Post] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
    holds: list["Pairing"] = field(default_factory=list)

    def in_post(self, day: Day) -> bool:
        return covers(self.begin, self.end, day)

    def working(self, day: Day) -> bool:
        return self.in_post(day) and not any(covers(x.begin, x.end, day) for x in self.leaves)

    def rank_on(self, day: Day) -> str:
        return next((x.rank for x in self.posts if covers(x.begin, x.end, day)), self.rank)


@dataclass(slots=True, eq=False)
class Village:
    code: str
    name: str
    town: Unit
    kind: str
    longitude: float
    latitude: float
    homes: list["Household"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Household:
    index: int
    code: str
    village: Village
    group: str
    head: str
    phone: str
    id_number: str
    people: int
    kind: str
    income: str
    address: str
    longitude: float | None
    latitude: float | None
    party: bool = False
    village_cadre: bool = False
    registered_poor: bool = False
    hardship: str = ""
    former_unit: Unit | None = None
    member: Cadre | None = None

    @property
    def marked(self) -> bool:
        return self.party or self.village_cadre or self.registered_poor or bool(self.hardship)


@dataclass(slots=True)
class Pairing:
    cadre: Cadre
    home: Household
    begin: Day
    end: Day | None = None


@dataclass(slots=True)
class Link:
    unit: Unit
    village: Village
    begin: Day
    end: Day | None = None


@dataclass(slots=True)
class LeaderLink:
    leader: Cadre
    unit: Unit
    begin: Day
    end: Day | None = None


@dataclass(slots=True)
class Role:
    cadre: Cadre
    role: str
    begin: Day
    end: Day | None = None
    unit: Unit | None = None
    village: Village | None = None


@dataclass(slots=True)
class County:
    """`launch` is the day the programme began, `start` the first of the fourteen months of work."""

    size: int
    seed: int
    launch: Day
    start: Day
    until: Day
    units: list[Unit] = field(default_factory=list)
    villages: list[Village] = field(default_factory=list)
    cadres: list[Cadre] = field(default_factory=list)
    homes: list[Household] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    leader_links: list[LeaderLink] = field(default_factory=list)
    pairings: list[Pairing] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)

    def units_of(self, kind: str) -> list[Unit]:
        return [unit for unit in self.units if unit.kind == kind]
