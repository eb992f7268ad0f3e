"""Villages and the families in them."""

import random

from lianhu.county import codes, names, places
from lianhu.county.model import (
    FARM,
    RETIRED,
    RURAL_COMMUNITY,
    STAFF,
    TOWN,
    TOWN_COMMUNITY,
    TOWNSHIP,
    VILLAGE,
    Cadre,
    County,
    Household,
    Unit,
    Village,
)

_KINDS = {
    VILLAGE: ((FARM, TOWN, RETIRED, STAFF), (95, 1, 1, 3)),
    RURAL_COMMUNITY: ((FARM, TOWN, RETIRED, STAFF), (70, 20, 4, 6)),
    TOWN_COMMUNITY: ((FARM, TOWN, RETIRED, STAFF), (4, 74, 12, 10)),
}
_GROUPS = "一 二 三 四 五 六".split()
_HARDSHIPS = (
    "主要劳动力患慢性病，常年服药", "家中有重度残疾人，需专人照料", "独居老人，子女外出",
    "去年因灾房屋受损，正在重建", "两个子女同时在外上大学，开支大", "因车祸丧失部分劳动能力",
    "单亲家庭，抚养未成年子女", "因病住院自付费用较高，有致贫风险",
)  # fmt: skip
_FARM_INCOMES = (
    "种植花椒、莴笋", "养殖牦牛和藏香猪", "外出务工", "采挖虫草、药材", "甜樱桃、苹果种植",
    "经营牧家乐", "公益性岗位（生态护林员）", "草原补奖、退耕还林补助", "客货运输", "村集体分红",
)  # fmt: skip
_TOWN_INCOMES = (
    "个体经营小商店", "餐饮住宿", "灵活就业", "企业务工", "房屋出租", "旅游接待", "低保及救助金",
)  # fmt: skip
_LANDMARKS = "老桥头 村口 水井旁 活动室后 学校旁 白塔边 核桃树下 公路边 小卖部对面".split()


def add_villages(county: County, rng: random.Random) -> None:
    count = max(3, round(county.size * 0.5))
    towns = county.units_of(TOWNSHIP)
    kinds = [TOWN_COMMUNITY, VILLAGE, RURAL_COMMUNITY]
    kinds += rng.choices((VILLAGE, TOWN_COMMUNITY, RURAL_COMMUNITY), (80, 9, 11), k=count - 3)
    plain = iter(places.village_names(rng))
    communities = iter(places.community_names(rng, count))
    serials: dict[tuple[str, bool], int] = {}
    for number, kind in enumerate(kinds):
        # The first three share a township, so that even the smallest county has every kind.
        at = 0 if number < 3 else number % len(towns)
        town = towns[at]
        digits = codes.township_digits(at, town=town.name.endswith("镇"))
        is_village = kind == VILLAGE
        serials[digits, is_village] = serial = serials.get((digits, is_village), 0) + 1
        county.villages.append(
            Village(
                code=codes.village_code(digits, kind, serial),
                name=next(plain if is_village else communities), town=town, kind=kind,
                longitude=round(103.6 + (at % 5 - 2) * 0.12 + rng.uniform(-0.05, 0.05), 6),
                latitude=round(32.65 + (at // 5 - 1) * 0.11 + rng.uniform(-0.05, 0.05), 6),
            )
        )  # fmt: skip
    order = {town: number for number, town in enumerate(towns)}
    county.villages.sort(key=lambda village: (order[village.town], village.code))


def add_homes(county: County, rng: random.Random) -> None:
    weights = [rng.uniform(0.6, 1.5) for _ in county.villages]
    total = 40 * county.size
    kin = [cadre for cadre in county.cadres if cadre.pairs]
    rng.shuffle(kin)
    relatives = iter(kin)
    done, reached = 0, 0.0
    for village, weight in zip(county.villages, weights, strict=True):
        reached += weight
        upto = round(total * reached / sum(weights))
        for serial in range(1, upto - done + 1):
            kind = _kind(rng, village, serial)
            member = next(relatives, None) if kind == STAFF else None
            if kind == STAFF and member is None:
                kind = TOWN
            home = _home(county, rng, village, serial, kind, member)
            village.homes.append(home)
            county.homes.append(home)
        done = upto
    _unlike(county.homes)
    if county.size >= 10:
        _seem_twice(county, rng)


def _kind(rng: random.Random, village: Village, serial: int) -> str:
    if village.kind == TOWN_COMMUNITY and serial <= 4:
        # Every kind of household in every town community, also in a county of forty families.
        return (RETIRED, STAFF, TOWN, RETIRED)[serial - 1]
    kinds, weights = _KINDS[village.kind]
    return rng.choices(kinds, weights)[0]


def _home(
    county: County, rng: random.Random, village: Village, serial: int, kind: str,
    member: Cadre | None,
) -> Household:  # fmt: skip
    sex = "男" if rng.random() < 0.74 else "女"
    born = codes.birthday(rng, *((61, 86) if kind == RETIRED else (27, 82)), county.launch)
    group = f"{rng.choice(_GROUPS)}组" if village.kind != TOWN_COMMUNITY else ""
    number = codes.id_number(rng, sex, born) if rng.random() < 0.93 else ""
    home = Household(
        index=len(county.homes), code=codes.household_code(village.code, serial),
        village=village, group=group, head=names.person(rng, sex), phone=_phone(rng, village),
        id_number=number, people=rng.choices(range(1, 9), (9, 16, 20, 24, 17, 9, 3, 2))[0],
        kind=kind, income=_income(rng, kind), address=_address(rng, village, group, serial),
        longitude=None, latitude=None, member=member,
    )  # fmt: skip
    if rng.random() < 0.7:
        home.longitude = round(village.longitude + rng.uniform(-0.01, 0.01), 6)
        home.latitude = round(village.latitude + rng.uniform(-0.01, 0.01), 6)
    if kind == RETIRED:
        home.former_unit = _former_unit(county, rng)
    _mark(rng, home, first=serial in (3, 5, 6))
    return home


def _former_unit(county: County, rng: random.Random) -> Unit:
    return rng.choice(county.units)


def _mark(rng: random.Random, home: Household, *, first: bool) -> None:
    farm = home.kind == FARM
    home.party = rng.random() < (0.13 if farm else 0.2)
    home.village_cadre = farm and (first or rng.random() < 0.04)
    home.registered_poor = farm and rng.random() < 0.17
    if rng.random() < (0.3 if home.registered_poor else 0.05):
        home.hardship = rng.choice(_HARDSHIPS)


def _phone(rng: random.Random, village: Village) -> str:
    draw = rng.random()
    if draw < 0.05:
        return ""
    if draw < 0.08:
        return codes.landline(rng)
    if draw < 0.1 and village.homes:
        return village.homes[-1].phone
    return codes.mobile(rng)


def _income(rng: random.Random, kind: str) -> str:
    if kind == RETIRED:
        return rng.choice(("退休金", "退休金、房屋出租", "离休费"))
    if kind == STAFF:
        return rng.choice(("工资", "工资、配偶个体经营", "双职工工资"))
    pool = _FARM_INCOMES if kind == FARM else _TOWN_INCOMES
    return "；".join(rng.sample(pool, rng.choices((1, 2, 3), (35, 50, 15))[0]))


def _address(rng: random.Random, village: Village, group: str, serial: int) -> str:
    if village.kind == TOWN_COMMUNITY:
        return f"{village.name}{rng.randint(1, 18)}栋{rng.randint(1, 4)}单元{rng.randint(101, 606)}"
    near = rng.choice(_LANDMARKS) if rng.random() < 0.3 else ""
    return f"{village.name}{group}{serial}号{f'（{near}）' if near else ''}"


def _unlike(homes: list[Household]) -> None:
    """In a large county chance gives a number twice: the second family has none on record."""
    seen: set[str] = set()
    for home in homes:
        if home.id_number in seen:
            home.id_number = ""
        seen.add(home.id_number)


def _seem_twice(county: County, rng: random.Random) -> None:
    """One family moved and was entered in two places: the office has to settle it."""
    one, other = rng.sample([home for home in county.homes if home.kind == FARM], 2)
    if one.id_number:
        other.head, other.phone, other.id_number = one.head, one.phone, one.id_number
