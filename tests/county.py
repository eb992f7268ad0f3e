"""One small county with named people, and a verb for each thing that can be put into it.

    from tests import county
    people = county.build()
    county.add_trip(people.cadre, people.village, "2026-03-05", "2026-03-06")

Days are dates or ISO text. Everything has a default but what the test is about. Rows are written
as an import leaves them, without the services: tests of the services call those.
"""

import datetime
import itertools
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from grievances.models import Category, Grievance, GrievanceState
from lianhu.kit.clock import SHANGHAI
from registry.models import (
    Cadre,
    Household,
    LeaderLink,
    Leave,
    Pairing,
    Post,
    Rank,
    RoleGrant,
    Unit,
    Village,
    VillageLink,
)
from reports.models import QuarterlyReport
from tests.put_back import put_back
from visits.models import Activity, Participant, Trip, Visit, VisitRecord

Day = datetime.date | str
LONG_AGO = datetime.date(2020, 1, 1)
FIND = object()  # a visit's default: the trip it lies in

_serial = itertools.count(1)


def day(value: Day) -> datetime.date:
    return datetime.date.fromisoformat(value) if isinstance(value, str) else value


def day_or_open(value: Day | None) -> datetime.date | None:
    return None if value is None else day(value)


def _span(begins_on: Day | None, ends_on: Day | None) -> dict[str, datetime.date | None]:
    return {"begins_on": day_or_open(begins_on), "ends_on": day_or_open(ends_on)}


def evening(value: Day) -> datetime.datetime:
    """When things of that day are recorded, unless a test says otherwise."""
    return datetime.datetime.combine(day(value), datetime.time(20), SHANGHAI)


# --- what exists -----------------------------------------------------------------------------


def add_unit(name: str = "", *, code: str = "", type: str = "county_department") -> Unit:
    code = code or f"D{next(_serial):04}"
    return Unit.objects.create(code=code, name=name or f"单位{code}", type=type)


def add_township(name: str = "", *, code: str = "") -> Unit:
    return add_unit(name, code=code, type="township")


def add_village(
    name: str = "", *, township: Unit | None = None, code: str = "", type: str = "village"
) -> Village:
    code = code or f"5132{next(_serial):08}"
    return Village.objects.create(
        code=code, name=name or f"村{code[-4:]}", township=township or add_township(), type=type
    )


def add_cadre(
    name: str = "",
    *,
    unit: Unit | None = None,
    rank: str = Rank.STAFF,
    code: str = "",
    joined_on: Day = LONG_AGO,
    left_on: Day | None = None,
) -> Cadre:
    """A cadre with account and standing post, as sheet 干部 brings them."""
    code = code or f"C{next(_serial):05}"
    name = name or f"干部{code}"
    cadre = Cadre.objects.create(
        code=code,
        name=name,
        user=User.objects.create_user(code, name),
        is_leadership=rank not in {Rank.STAFF, Rank.FORMER_LEADER},
        joined_on=day(joined_on),
        left_on=day_or_open(left_on),
    )
    add_standing(cadre, unit or add_unit(), rank)
    return cadre


def add_standing(cadre: Cadre, unit: Unit, rank: str, begins_on: Day | None = None) -> Post:
    """What sheet 干部 says, from a day on; the first one since ever."""
    span = _span(begins_on, None)
    return Post.objects.create(cadre=cadre, unit=unit, rank=rank, kind="standing", **span)


def add_term(cadre: Cadre, begins_on: Day, ends_on: Day | None = None, *, unit: Unit, rank: str) -> Post:
    """A row of sheet 任职: it wins over the standing post on its days."""
    span = _span(begins_on, ends_on)
    return Post.objects.create(cadre=cadre, unit=unit, rank=rank, kind="term", **span)


def add_leave(cadre: Cadre, begins_on: Day, ends_on: Day | None = None) -> Leave:
    return Leave.objects.create(cadre=cadre, reason="病假", **_span(begins_on, ends_on))


def add_household(
    head_name: str = "扎西", *, village: Village, code: str = "", kind: str = "rural", **fields: Any
) -> Household:
    """Marks by field name: `is_party_member=True`."""
    row = {"code": code or f"H{next(_serial):06}", "people_count": 4} | fields
    return Household.objects.create(head_name=head_name, village=village, kind=kind, **row)


def pair(
    cadre: Cadre, household: Household, begins_on: Day = LONG_AGO, ends_on: Day | None = None
) -> Pairing:
    span = _span(begins_on, ends_on)
    return Pairing.objects.create(cadre=cadre, household=household, **span)


def link_village(
    unit: Unit, village: Village, begins_on: Day = LONG_AGO, ends_on: Day | None = None
) -> VillageLink:
    return VillageLink.objects.create(unit=unit, village=village, **_span(begins_on, ends_on))


def link_leader(
    leader: Cadre, unit: Unit, begins_on: Day = LONG_AGO, ends_on: Day | None = None
) -> LeaderLink:
    return LeaderLink.objects.create(leader=leader, unit=unit, **_span(begins_on, ends_on))


def grant(
    cadre: Cadre, role: str, begins_on: Day = LONG_AGO, ends_on: Day | None = None, **place: Any
) -> RoleGrant:
    """The place is `unit=` or `village=`."""
    return RoleGrant.objects.create(cadre=cadre, role=role, **_span(begins_on, ends_on), **place)


# --- what was done ---------------------------------------------------------------------------


def _voided(void: bool, at: datetime.datetime) -> dict[str, Any]:
    return {"voided_at": at, "void_reason": "录错"} if void else {}


def add_trip(
    cadre: Cadre,
    village: Village,
    begins_on: Day,
    ends_on: Day | None = None,
    *,
    void: bool = False,
    backfilled: bool = False,
    approved: bool = False,
    **fields: Any,
) -> Trip:
    """One day long unless told; `backfilled` (补录) counts only once `approved`."""
    last_day = day(ends_on or begins_on)
    late = backfilled or approved
    at = evening(last_day + datetime.timedelta(days=20 if late else 0))
    row = {"backfilled": late, "approved_at": at if approved else None, "recorded_at": at}
    return Trip.objects.create(
        cadre=cadre,
        village=village,
        begins_on=day(begins_on),
        ends_on=last_day,
        **(row | _voided(void, at) | fields),
    )


def covering_trip(cadre: Cadre, village: Village, on: Day) -> Trip | None:
    trips = Trip.objects.filter(cadre=cadre, village=village, voided_at=None)
    return trips.filter(begins_on__lte=day(on), ends_on__gte=day(on)).first()


def add_visit(
    cadre: Cadre,
    household: Household,
    on: Day,
    *,
    result: str = "met",
    talk: bool = False,
    trip: Any = FIND,
    void: bool = False,
    record: dict[str, Any] | None = None,
    **fields: Any,
) -> Visit:
    """With its record, in the trip that covers it if there is one; `trip=None` leaves it alone."""
    if trip is FIND:
        trip = covering_trip(cadre, household.village, on)
    visit = Visit.objects.create(
        cadre=cadre,
        household=household,
        day=day(on),
        trip=trip,
        result=result,
        policy_talk=talk,
        **({"recorded_at": evening(on)} | _voided(void, evening(on)) | fields),
    )
    VisitRecord.objects.create(visit=visit, **({"difficulties": "无", "opinions": "无"} | (record or {})))
    return visit


def add_grievance(
    *,
    household: Household | None = None,
    village: Village | None = None,
    handler: Cadre | None = None,
    registered_on: Day = "2026-01-05",
    replied_on: Day | None = None,
    closed_on: Day | None = None,
    published_on: Day | None = None,
    outcome: str = "solved",
    satisfaction: str = "",
    category: str = "其他",
    void: bool = False,
    **fields: Any,
) -> Grievance:
    """It stands where its days say; a day that a later step needs is filled in."""
    closed_on = day_or_open(closed_on or published_on)
    replied_on = day_or_open(replied_on) or closed_on
    registered_on = min(filter(None, [day(registered_on), replied_on]))
    state = (
        (published_on and GrievanceState.PUBLISHED)
        or (closed_on and GrievanceState.CLOSED)
        or (satisfaction and GrievanceState.REVISITED)
        or (replied_on and GrievanceState.REPLIED)
        or GrievanceState.ASSIGNED
    )
    category_row, _ = Category.objects.get_or_create(name=category, defaults={"position": 99})
    row = {
        "number": f"LH-{registered_on.year}-{next(_serial):06}",
        "kind": "livelihood",
        "category": category_row,
        "household": household,
        "village": household.village if household else village or add_village(),
        "title": "饮水管道漏水",
        "content": "村口饮水管道漏水，请协调维修。",
        "level": "village",
        "state": state,
        "handler": handler,
        "registered_on": registered_on,
        "replied_on": replied_on,
        "outcome": outcome if replied_on else "",
        "satisfaction": satisfaction or ("satisfied" if closed_on else ""),
        "closed_on": closed_on,
        "published_on": day_or_open(published_on),
        "reply_due_on": registered_on + datetime.timedelta(days=7),
        "held_since": registered_on,
        "recorded_at": evening(registered_on),
    }
    return Grievance.objects.create(**(row | _voided(void, evening(registered_on)) | fields))


def add_activity(
    kind: str,
    on: Day,
    *,
    cadres: tuple[Cadre, ...] | list[Cadre] = (),
    unit: Unit | None = None,
    village: Village | None = None,
    void: bool = False,
    **fields: Any,
) -> Activity:
    """The first of `cadres` is the one whose activity it is."""
    row = {"topic": "学习政策", "recorded_at": evening(on)} | _voided(void, evening(on)) | fields
    activity = Activity.objects.create(kind=kind, day=day(on), unit=unit, village=village, **row)
    Participant.objects.bulk_create(
        Participant(activity=activity, cadre=cadre, place=place) for place, cadre in enumerate(cadres)
    )
    return activity


def add_quarterly_report(unit: Unit, code: str, accepted_on: Day | None = None) -> QuarterlyReport:
    """`code` as in 2026Q1."""
    year, quarter = code.split("Q")
    return QuarterlyReport.objects.create(
        unit=unit,
        year=int(year),
        quarter=int(quarter),
        state="accepted" if accepted_on else "draft",
        accepted_on=day_or_open(accepted_on),
    )


# --- the county ------------------------------------------------------------------------------


@dataclass(frozen=True)
class County:
    """桑朗乡 with 格桑村, looked after by 教育局; the 农业局 and 沙坝乡 with 河坝村 are strangers.

    Each person has exactly the role of that name. A `stranger_*` has the same role where no right
    to 教育局, 桑朗乡 or 格桑村 comes from it; roles that hold for the whole county have none.
    """

    unit: Unit
    township: Unit
    village: Village
    household: Household  # paired with `cadre`

    cadre: Cadre  # 一般干部 of `unit`
    colleague: Cadre  # another cadre of `unit`, paired with nobody
    branch: Cadre  # of `village`
    township_liaison: Cadre
    unit_liaison: Cadre
    unit_leader: Cadre  # 正科级, 主要负责人
    office: Cadre
    county_leader: Cadre  # linked to `township` and `unit`
    admin: Cadre
    auditor: Cadre

    other_unit: Unit
    other_township: Unit
    other_village: Village
    other_household: Household  # paired with `stranger`

    stranger: Cadre
    stranger_branch: Cadre
    stranger_township_liaison: Cadre
    stranger_unit_liaison: Cadre
    stranger_unit_leader: Cadre
    stranger_county_leader: Cadre

    @property
    def people(self) -> dict[str, Cadre]:
        return {name: person for name, person in vars(self).items() if isinstance(person, Cadre)}


@put_back
def build() -> County:
    office_unit = add_unit("县联户联情办", code="U-OFFICE")

    def countywide(name: str, role: str) -> Cadre:
        person = add_cadre(name, unit=office_unit, code=f"P0-{role}")
        grant(person, role)
        return person

    mine = _half(1, add_unit("教育局", code="U-EDU"), "桑朗乡", "格桑村", "多吉")
    strange = _half(2, add_unit("农业局", code="U-AGRI"), "沙坝乡", "河坝村", "张秀英")
    places = {"unit", "township", "village", "household"}
    colleague = add_cadre("杨小燕", unit=mine["unit"], code="P1-colleague")
    grant(colleague, "cadre")
    return County(
        **mine,
        colleague=colleague,
        office=countywide("何静", "county_office"),
        admin=countywide("罗杰", "system_admin"),
        auditor=countywide("秦岚", "auditor"),
        stranger=strange.pop("cadre"),
        **{f"other_{field}": strange.pop(field) for field in places},
        **{f"stranger_{field}": person for field, person in strange.items()},
    )


def _half(number: int, unit: Unit, township_name: str, village_name: str, head_name: str) -> dict[str, Any]:
    """A unit, a township with its village, a household, and the people who answer for them."""
    township = add_township(township_name, code=f"T-{number}")
    village = add_village(village_name, township=township, code=f"5132{number:02}200201")
    household = add_household(head_name, village=village, code=f"HH-{number}")
    link_village(unit, village)

    people: dict[str, Cadre] = {}

    def person(field: str, names: str, home: Unit, rank: str, role: str, **place: Any) -> None:
        code = f"P{number}-{field}"
        people[field] = add_cadre(names.split()[number - 1], unit=home, rank=rank, code=code)
        grant(people[field], role, **place)

    person("cadre", "泽仁初 李强", unit, "staff", "cadre")
    person("branch", "扎西·卓玛 余志刚", township, "staff", "village_branch", village=village)
    person("township_liaison", "罗尔伍 陈涛", township, "staff", "township", unit=township)
    person("unit_liaison", "赵敏 周洋", unit, "staff", "unit_liaison", unit=unit)
    person("unit_leader", "尼玛 刘建国", unit, "section_chief", "unit_leader", unit=unit)
    person("county_leader", "高原 方远", unit, "county_leader", "county_leader")
    pair(people["cadre"], household)
    for linked in (township, unit):
        link_leader(people["county_leader"], linked)
    unit.principal = unit.deputy = people["unit_leader"]
    unit.liaison = people["unit_liaison"]
    unit.save()
    return people | {"unit": unit, "township": township, "village": village, "household": household}
