"""May it be so? Rules of matters brought as history (contract, sections 4 and 9)."""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Protocol

from grievances.facts import LedgerFacts
from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values


class PlaceFacts(Protocol):
    village_of: dict[str, str]

    @property
    def categories(self) -> Collection[str]: ...


def matter_has_its_place(row: Values, facts: PlaceFacts) -> Iterator[Fault]:
    """A household or a whole village; where both are given they agree (contract, section 9)."""
    household, village = row.get("household"), row.get("village")
    if household == "" and village == "":
        yield Fault("household", "required", "户编码、村编码至少填一项")
    where = facts.village_of.get(household or "")
    if where and village and where != village:
        yield Fault("village", "other_village", f"户 {household} 在村 {where}，与这里的村编码不同")


def category_exists(row: Values, facts: PlaceFacts) -> Iterator[Fault]:
    category = row.get("category")
    if category and category not in facts.categories:
        yield Fault(
            "category", "not_in_list", f"“{category}”不在列表里，只能填：{'、'.join(facts.categories)}"
        )


def steps_in_order(row: Values, facts: LedgerFacts) -> Iterator[Fault]:
    """解决一件,答复一件,销号一件,公示一件 (方案四(四)): no step before the last one taken before it."""
    steps = (
        ("registered_on", "挂号"),
        ("replied_on", "答复"),
        ("closed_on", "销号"),
        ("published_on", "公示"),
    )
    taken = [(field, name, row[field]) for field, name in steps if row.get(field)]
    for (_, before, earlier), (field, name, day) in pairwise(taken):
        if day < earlier:
            yield Fault(field, "end_before_begin", f"{name}早于{before}的 {earlier}")


def no_step_skipped(row: Values, facts: LedgerFacts) -> Iterator[Fault]:
    """No matter may skip a step; a revisit may have been waived before the county kept a ledger here."""
    replied, closed, published = (row.get(name, 0) for name in ("replied_on", "closed_on", "published_on"))
    outcome, satisfaction = row.get("outcome"), row.get("satisfaction")
    if replied is None and (closed or published or outcome or satisfaction):
        yield Fault("replied_on", "step_skipped", "没有答复日期，不能有答复结果、回访、销号或公示")
    if replied and outcome == "":
        yield Fault("outcome", "required", "有答复日期就要填答复结果")
    if closed is None and published:
        yield Fault("closed_on", "step_skipped", "没有销号日期，不能公示")


def revisit_is_missing(row: Values, facts: LedgerFacts) -> Iterator[Fault]:
    if row.get("closed_on") and row.get("satisfaction") == "":
        yield Fault("satisfaction", "no_revisit", "已销号但没有回访结果，按免回访保留")
