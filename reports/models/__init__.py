"""What it adds up to: the rules, the figures that are kept, and the quarterly reports."""

from reports.models.figures import Compliance, FrozenFigure, FrozenPeriod, Status, StoredPeriod, Touched
from reports.models.quarterly import (
    CountySummary,
    FrozenCount,
    QuarterlyReport,
    ReportAction,
    ReportEvent,
    ReportState,
)
from reports.models.quotas import Binds, Quota, QuotaPeriod, SubjectKind

__all__ = [
    "Binds",
    "Compliance",
    "CountySummary",
    "FrozenCount",
    "FrozenFigure",
    "FrozenPeriod",
    "QuarterlyReport",
    "Quota",
    "QuotaPeriod",
    "ReportAction",
    "ReportEvent",
    "ReportState",
    "Status",
    "StoredPeriod",
    "SubjectKind",
    "Touched",
]
