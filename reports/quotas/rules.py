"""The default rules (contract, section 6), seeded into the table the office edits."""

from typing import Any, NamedTuple

from registry.models import Cadre, Rank, Unit, UnitType, Village
from reports.models import Binds, QuotaPeriod, SubjectKind


class Group(NamedTuple):
    """What a word of "binds" means: the kind of subject, and its ranks or unit types (empty: all)."""

    kind: SubjectKind
    values: tuple[str, ...] = ()


# Whom each kind of subject is: rows of these.
SUBJECTS: dict[str, Any] = {
    SubjectKind.CADRE: Cadre,
    SubjectKind.UNIT: Unit,
    SubjectKind.VILLAGE: Village,
}

SECTION_RANKS = (Rank.SECTION_CHIEF, Rank.DEPUTY_SECTION_CHIEF, Rank.FORMER_LEADER)

BOUND: dict[str, Group] = {
    Binds.COUNTY_LEADERS: Group(SubjectKind.CADRE, (Rank.COUNTY_LEADER,)),
    Binds.SECTION_LEVEL: Group(SubjectKind.CADRE, SECTION_RANKS),
    Binds.STAFF: Group(SubjectKind.CADRE, (Rank.STAFF,)),
    Binds.COUNTY_DEPARTMENTS: Group(SubjectKind.UNIT, (UnitType.COUNTY_DEPARTMENT,)),
    Binds.TOWNSHIPS: Group(SubjectKind.UNIT, (UnitType.TOWNSHIP,)),
    Binds.UNITS: Group(SubjectKind.UNIT),
    Binds.VILLAGES: Group(SubjectKind.VILLAGE),
}

_SECTION, _STAFF, _LEADERS = Binds.SECTION_LEVEL, Binds.STAFF, Binds.COUNTY_LEADERS
_DEPARTMENTS, _TOWNSHIPS = Binds.COUNTY_DEPARTMENTS, Binds.TOWNSHIPS
_MONTH, _QUARTER, _YEAR = QuotaPeriod.MONTH, QuotaPeriod.QUARTER, QuotaPeriod.YEAR

# code, name, period, measure word, clause, metric, params, targets by group
_Seed = tuple[str, str, str, str, str, str, dict[str, Any], dict[str, int]]
# fmt: off
_SEEDS: tuple[_Seed, ...] = (
    ("trip_count", "下乡次数", _MONTH, "次", "方案三(一)(二)", "trip_count",
     {"min_days": {Rank.STAFF: 2}}, {_SECTION: 1, _STAFF: 1}),
    ("trip_days", "驻村天数", _MONTH, "天", "方案三(一)(二)、五(一)", "trip_days",
     {}, {_SECTION: 2, _STAFF: 2}),
    ("paired_coverage", "结对户走访", _YEAR, "户", "方案三(三)、四(三)", "paired_coverage",
     {}, {_SECTION: 100, _STAFF: 100}),
    ("key_household_coverage", "四类户走访", _YEAR, "户", "方案三(一)", "key_household_coverage",
     {}, {_SECTION: 100}),
    ("household_solved", "户诉求办结", _YEAR, "件", "方案四(三)", "grievances_solved",
     {"scope": "household"}, {_SECTION: 2, _STAFF: 1}),
    ("village_solved", "村诉求办结", _YEAR, "件", "方案四(三)", "grievances_solved",
     {"scope": "village"}, {_SECTION: 2}),
    ("household_talk", "入户宣讲", _YEAR, "天", "方案四(五)", "household_talk",
     {}, {_SECTION: 4, _STAFF: 2}),
    ("leader_talk", "宣讲会", _YEAR, "次", "方案四(五)", "leader_talk", {}, {_LEADERS: 2}),
    ("self_check", "体检报告", _YEAR, "篇", "方案四(一)", "own_activities",
     {"kind": "self_check"}, {_SECTION: 1}),
    ("heart_talk", "谈心谈话", _YEAR, "次", "方案四(十)", "own_activities",
     {"kind": "heart_talk"}, {_SECTION: 4}),
    ("joint_activity", "结对共建", _YEAR, "次", "方案四(七)", "unit_activities",
     {"kind": "joint_activity"}, {_DEPARTMENTS: 2}),
    ("commendation", "表彰活动", _YEAR, "次", "方案四(九)", "unit_activities",
     {"kind": "commendation"}, {_DEPARTMENTS: 1}),
    ("quarterly_report", "季度报告", _QUARTER, "份", "方案五(二)", "quarterly_reports",
     {}, {Binds.UNITS: 1}),
    ("quarter_consult", "季度会商", _QUARTER, "次", "方案六(一)", "unit_activities",
     {"kind": "consult"}, {_DEPARTMENTS: 1, _TOWNSHIPS: 1}),
    ("quarter_assess", "季度研判", _QUARTER, "次", "方案六(一)", "unit_activities",
     {"kind": "assess"}, {_DEPARTMENTS: 1, _TOWNSHIPS: 1}),
    ("quarter_notify", "季度通报", _QUARTER, "次", "方案六(一)", "unit_activities",
     {"kind": "notify"}, {_DEPARTMENTS: 1, _TOWNSHIPS: 1}),
    ("work_plan", "年度工作计划", _YEAR, "份", "方案六(二)", "unit_activities",
     {"kind": "work_plan"}, {Binds.UNITS: 1}),
    ("forum", "干群恳谈会", _MONTH, "次", "方案四(五)", "village_activities",
     {"kind": "forum"}, {Binds.VILLAGES: 1}),
    ("night_school", "农民夜校", _MONTH, "次", "方案四(五)", "village_activities",
     {"kind": "night_school"}, {Binds.VILLAGES: 2}),
    ("assembly", "群众(代表)大会", _QUARTER, "次", "方案四(五)", "village_activities",
     {"kind": "assembly"}, {Binds.VILLAGES: 1}),
)


# fmt: on


def default_quotas() -> list[dict[str, Any]]:
    """One row a rule and group, without begin or end (contract 6, rule 0)."""
    return [
        {"code": code, "name": name, "period": period, "measure": measure, "clause": clause,
         "metric": metric, "params": params, "binds": binds, "target": target}
        for code, name, period, measure, clause, metric, params, targets in _SEEDS
        for binds, target in targets.items()
    ]  # fmt: skip
