"""Print a period's figures exactly as contract section 9 says."""

import datetime
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lianhu.kit import clock
from lianhu.kit.commands import DataCommand
from lianhu.kit.periods import Period
from reports.quotas.compute import Figure, figures


class Command(DataCommand):
    help = "Figures of a month, quarter or year (2026-03, 2026Q1, 2026), live, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--period", required=True)
        parser.add_argument("--as-of", default=None, help="YYYY-MM-DD; today in Asia/Shanghai unless given")
        parser.add_argument("--format", choices=["json"], default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            period = Period.parse(options["period"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        as_of = _day(options["as_of"]) if options["as_of"] else clock.today()
        rows = [_row(figure) for figure in figures(period, as_of=as_of)]
        answer = {"period": period.code, "as_of": as_of.isoformat(), "rows": rows}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}”不是日期，请写成 2026-03-05") from error


def _row(figure: Figure) -> dict[str, Any]:
    return {
        "quota": figure.quota,
        "subject_kind": figure.subject_kind,
        "subject": figure.subject,
        "actual": _number(figure.actual),
        "target": _number(figure.target),
        "status": figure.status,
    }


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value
