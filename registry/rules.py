"""May it be so? Values and facts in, faults out; no query, no request."""

import datetime
from collections.abc import Iterator

from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from registry.facts import HouseholdFact, RegistryFacts
from registry.models import HouseholdKind, Role, UnitType

_UNIT_ROLES = {Role.TOWNSHIP, Role.UNIT_LIAISON, Role.UNIT_LEADER}


def township_is_a_township(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    kind = facts.unit_types.get(row.get("township", ""))
    if kind and kind != UnitType.TOWNSHIP:
        yield Fault("township", "not_a_township", f"{row['township']} 是{UnitType(kind).label}，不是乡镇")


def role_has_its_place(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    """A branch acts for a village, a liaison for a unit (contract, sections 0 and 9)."""
    role = row.get("role")
    if role == Role.VILLAGE_BRANCH and row.get("village") == "":
        yield Fault("village", "required", "村党组织要填村编码")
    if role in _UNIT_ROLES and row.get("unit") == "":
        yield Fault("unit", "required", f"{Role(role).label}要填单位编码")
    kind = facts.unit_types.get(row.get("unit", ""))
    if role == Role.TOWNSHIP and kind and kind != UnitType.TOWNSHIP:
        yield Fault("unit", "not_a_township", f"{row['unit']} 是{UnitType(kind).label}，不是乡镇")


def may_hold(household: HouseholdFact, cadre: str, on: datetime.date, facts: RegistryFacts) -> str:
    """Why this cadre may not be paired with the household from that day; empty if so (方案三(三)).

    农村户 and 城镇居民户: any cadre. 离退休干部户: a 班子成员 of the unit they retired from.
    干部职工家庭: that cadre only.
    """
    if household.kind == HouseholdKind.CADRE_FAMILY:
        family = household.family_cadre
        if family == "" or (family and family != cadre and facts.knows("cadre", family)):
            return f"干部职工家庭只能由本人联系，这一户登记的干部是 {family or '（没有登记）'}"
    if household.kind == HouseholdKind.RETIRED:
        former = household.former_unit
        if former == "":
            return "离退休干部户没有登记原单位，不能确定由谁联系"
        if former and facts.knows("unit", former):
            unit = facts.unit_on(cadre, on)
            elsewhere = unit and unit != former and facts.knows("unit", unit)
            if elsewhere or facts.leadership.get(cadre) is False:
                return f"离退休干部户由原单位 {former} 的班子成员联系，{cadre} 不是"
    return ""


def holder_fits_household(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    household = facts.households.get(row.get("household", ""))
    cadre, on = row.get("cadre"), row.get("begins_on")
    if household and cadre and on and facts.knows("cadre", cadre) and not facts.stands(row):
        reason = may_hold(household, cadre, on, facts)
        if reason:
            yield Fault("cadre", "may_not_hold", reason)


def holders_fit_changed_household(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    """Who may hold a household may not be changed under the cadre who holds it."""
    household = facts.households.get(row.get("code", ""))
    if household and facts.has_changed(row["code"]):
        for cadre, on in facts.holders_in_database.get(row["code"], ()):
            reason = may_hold(household, cadre, on, facts)
            if reason:
                yield Fault("kind", "may_not_hold", f"已与 {cadre} 结对：{reason}")


def account_is_free(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    """A cadre's user name is the 工号: an account of somebody else is not taken over."""
    if row.get("code") in facts.foreign_accounts:
        yield Fault("code", "account_taken", f"账号 {row['code']} 已经有了，不属于任何干部，请换一个工号")


def one_holder_a_day(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    """At most one current pairing per household and day (contract, section 2)."""
    begin, end = row.get("begins_on"), row.get("ends_on")
    if row.get("household") and row.get("cadre") and begin and "ends_on" in row and (not end or end >= begin):
        holder = facts.paired(row["household"]).take(begin, end, (facts.row, row["cadre"]))
        if holder:
            told = f"{facts.place(holder[0])}已由 {holder[1]} 结对同一户，日期重叠"
            yield Fault("cadre", "overlap", told)


def one_post_a_day(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    begin, end = row.get("begins_on"), row.get("ends_on")
    if row.get("cadre") and begin and "ends_on" in row and (not end or end >= begin):
        other = facts.terms_of(row["cadre"]).take(begin, end, facts.row)
        if other is not None:
            yield Fault("begins_on", "overlap", f"与{facts.place(other)}同一干部的任职日期重叠")


def village_code_looks_right(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    """Hints only (FORMATS c): codes stay for years after a village becomes a community."""
    code = row.get("code", "")
    if code and (code[6:9] == "000" or code[9:] == "000"):
        yield Fault("code", "odd_village_code", "第 7—9 位或第 10—12 位是 000，请核对")
    elif code and row.get("type") == "village" and not "200" <= code[9:] <= "399":
        yield Fault("type", "odd_village_type", "行政村的编码末三位一般在 200—399，请核对")
    elif code and row.get("type") == "town_community" and not "001" <= code[9:] <= "199":
        yield Fault("type", "odd_village_type", "社区的编码末三位一般在 001—199，请核对")


def leader_is_a_county_leader(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    rank = facts.ranks.get(row.get("leader", ""))
    if rank and rank != "county_leader":
        yield Fault("leader", "not_a_county_leader", f"{row['leader']} 的职级不是县级领导，请核对")
