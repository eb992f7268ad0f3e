"""The one table of a report's steps (contract, section 7; 方案五(二)). `services.act` moves along it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lianhu.kit.errors import Fault
from registry.answering import units_under
from registry.models import Role, Unit
from registry.scope import scope_of
from reports.models import QuarterlyReport, ReportAction, ReportState
from reports.quarterly import rules

S, A = ReportState, ReportAction

# The liaison prepares what the leader submits; a township's liaison has a role of its own.
PREPARING = (Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.TOWNSHIP)
SUBMITTING = (Role.UNIT_LEADER,)
# As long as it may be written.
WRITABLE = frozenset({S.DRAFT, S.RETURNED})


def prepares(user: Any, unit: Unit) -> bool:
    return units_under(user, PREPARING).filter(unit=unit).exists()


def submits(user: Any, unit: Unit) -> bool:
    return units_under(user, SUBMITTING).filter(unit=unit).exists()


def decides(user: Any, unit: Unit) -> bool:
    return scope_of(user).county


@dataclass(frozen=True)
class Step:
    """`needs`: what stands in the way, of the report and the reason given. `asks`: a reason has to be given."""

    action: ReportAction
    begins: frozenset[ReportState]
    to: ReportState
    who: Callable[[Any, Unit], bool]
    who_label: str
    told: str
    needs: Callable[[QuarterlyReport, str], Iterator[Fault]] = rules.nothing_more
    asks: bool = False

    @property
    def label(self) -> str:
        return str(self.action.label)


_TABLE = (
    Step(
        A.SUBMIT,
        WRITABLE,
        S.SUBMITTED,
        who=submits,
        who_label="单位负责人",
        told="有季度报告报送，请审阅",
        needs=rules.report_can_be_submitted,
    ),
    Step(
        A.RETURN,
        frozenset({S.SUBMITTED}),
        S.RETURNED,
        who=decides,
        who_label="县联户联情办",
        told="季度报告被退回，请修改后再报送",
        needs=rules.reason_is_given,
        asks=True,
    ),
    Step(
        A.ACCEPT,
        frozenset({S.SUBMITTED}),
        S.ACCEPTED,
        who=decides,
        who_label="县联户联情办",
        told="季度报告已采纳",
    ),
)
STEPS: Mapping[ReportAction, Step] = {step.action: step for step in _TABLE}
# Where a report stands after its last event, as `queries.states_at` reads the history.
STATE_AFTER = {A.DRAFT: S.DRAFT} | {step.action: step.to for step in _TABLE}


def steps_for(user: Any, report: QuarterlyReport) -> list[Step]:
    """What the person may do with the report as it stands."""
    return [step for step in _TABLE if report.state in step.begins and step.who(user, report.unit)]
