"""How a rule is counted, in a sentence (contract, section 6)."""

import datetime
from collections.abc import Callable, Iterable, Mapping

from lianhu.kit.periods import Period
from reports.models import Quota
from reports.quotas.compute import rules_in_force
from reports.quotas.metrics import METRICS
from reports.quotas.rules import BOUND
from visits.models import ActivityKind

_OWN = {
    ActivityKind.SELF_CHECK: "当年提交的思想作风体检报告，每篇算一篇。",
    ActivityKind.HEART_TALK: "谈心谈话，只算发起的人。",
}


def how_counted(rule: Quota) -> str:
    return _TOLD[rule.metric](rule)


def owed_of(kind: str, day: datetime.date) -> str:
    """What the rules of the day ask of an activity: 村(社区)每月 1 次. Empty where none asks for it."""
    rules = list(Quota.objects.filter(params__kind=kind).order_by("id"))
    of_day = [Period.month_of(day), Period.parse(f"{day.year}Q{(day.month + 2) // 3}"), Period.year_of(day)]
    return "；".join(owed_by(rule for period in of_day for rule in rules_in_force(period, among=rules)))


def owed_by(rules: Iterable[Quota]) -> list[str]:
    """Groups that owe the same together: 科级、一般干部每月 2 天."""
    groups: dict[str, list[str]] = {}
    for rule in rules:
        owed = f"{rule.get_period_display()} {amount(rule)}"
        groups.setdefault(owed, []).append(rule.get_binds_display())
    return [f"{'、'.join(binds)}{owed}" for owed, binds in groups.items()]


def amount(rule: Quota) -> str:
    return f"{rule.target:.0f}%" if METRICS[rule.metric].shares else f"{rule.target:.0f} {rule.measure}"


def min_days(rule: Quota) -> int:
    """The shortest trip that counts for those whom the rule binds."""
    told: Mapping[str, int] = rule.params.get("min_days", {})
    return max((told.get(rank, 1) for rank in BOUND[rule.binds].values), default=1)


def _trip_count(rule: Quota) -> str:
    days = min_days(rule)
    least = f"每次不少于 {days} 天。" if days > 1 else ""
    return f"到包联村或有结对户的村下乡，最后一天到了才算一次，算在第一天所在的月。{least}"


def _solved(rule: Quota) -> str:
    scope = "户的" if rule.params.get("scope") == "household" else "全村的"
    return f"主办的{scope}诉求，当年销号，而且答复结果是已解决。"


def _kind(rule: Quota) -> str:
    return str(ActivityKind(rule.params["kind"]).label)


_TOLD: dict[str, Callable[[Quota], str]] = {
    "trip_count": _trip_count,
    "trip_days": lambda rule: "在包联村或有结对户的村的天数，同一天只算一次，按当天是否包联算。",
    "paired_coverage": lambda rule: "本人结对的户里，当年见面走访过的。未遇和电话联系不算。",
    "key_household_coverage": lambda rule: (
        "单位包联村的党员户、村组干部户、建档立卡户、特殊困难户里，当年本单位有人见面走访过的。"
    ),
    "grievances_solved": _solved,
    "household_talk": lambda rule: "在当天结对的户宣讲的天数，同一天只算一次，代访不算。",
    "leader_talk": lambda rule: "参加的宣讲会，在包联的乡镇、单位或它们的村举办。",
    "own_activities": lambda rule: _OWN.get(rule.params["kind"], f"本人的{_kind(rule)}。"),
    "unit_activities": lambda rule: f"本单位举办的{_kind(rule)}。",
    "village_activities": lambda rule: f"本村举办的{_kind(rule)}。",
    "quarterly_reports": lambda rule: "当季的季度报告被县联户联情办采纳。",
}
