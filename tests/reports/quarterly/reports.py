"""What the tests of the quarterly reports put into the county."""

from lianhu.kit.periods import Period
from reports.models import QuarterlyReport, ReportAction
from reports.quarterly import services

QUARTER = Period.parse("2026Q2")
WORDS = {"work_done": "到村入户，办了实事。", "problems": "月底集中。", "next_steps": "逐户补访。"}


def draft(unit, **words):
    year, quarter = QUARTER.first.year, 2
    return QuarterlyReport.objects.create(unit=unit, year=year, quarter=quarter, **words)


def act(report, action, by, **said):
    """As the page does it, seen as it stands now."""
    report.refresh_from_db()
    return services.act(report, ReportAction(action), by=by.user, seen=report.version, **said)
