"""One county to count in, and the two ways to count it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lianhu.kit.periods import Period
from registry.models import Cadre, Household, Unit, Village
from reports.quotas.compute import figures
from tests import county
from tests.reports.naive import compliance

Rows = Callable[[str, str], list[dict[str, Any]]]


@dataclass
class Place:
    """`unit` looks after `village`, not after `elsewhere`; nobody is paired yet."""

    unit: Unit
    township: Unit
    village: Village
    elsewhere: Village
    home: Household
    staff: Cadre
    chief: Cadre
    leader: Cadre


@pytest.fixture
def place(db: None) -> Place:
    unit, township = county.add_unit(code="D1"), county.add_township(code="T1")
    village = county.add_village(township=township)
    county.link_village(unit, village)
    return Place(
        unit=unit,
        township=township,
        village=village,
        elsewhere=county.add_village(township=county.add_township(code="T2")),
        home=county.add_household(village=village),
        staff=county.add_cadre(unit=unit, rank="staff", code="A-staff"),
        chief=county.add_cadre(unit=unit, rank="section_chief", code="B-chief"),
        leader=county.add_cadre(unit=unit, rank="county_leader", code="C-leader"),
    )


def computed_rows(code: str, as_of: datetime.date) -> list[dict[str, Any]]:
    """The product's figures as contract section 9 prints them."""
    return [
        {
            "quota": figure.quota,
            "subject_kind": str(figure.subject_kind),
            "subject": figure.subject,
            "actual": float(figure.actual),
            "target": float(figure.target),
            "status": figure.status,
        }
        for figure in figures(Period.parse(code), as_of=as_of)
    ]


@pytest.fixture(params=["figures", "naive"])
def rows(request: pytest.FixtureRequest, db: None) -> Rows:
    """Both programs answer every hand-computed case."""
    count = computed_rows if request.param == "figures" else compliance
    return lambda code, as_of: count(code, county.day(as_of))


class Ask:
    """`ask("trip_days", cadre, "2026-03")` is (actual, target, status), or None without a row."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __call__(
        self, quota: str, subject: Any, code: str, as_of: str = "2030-01-01"
    ) -> tuple[float, float, str] | None:
        found = [
            (row["actual"], row["target"], row["status"])
            for row in self.rows(code, as_of)
            if row["quota"] == quota and row["subject"] == subject.code
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def actual(self, *args: Any) -> float | None:
        answer = self(*args)
        return answer and answer[0]

    def target(self, *args: Any) -> float | None:
        answer = self(*args)
        return answer and answer[1]

    def status(self, *args: Any) -> str | None:
        answer = self(*args)
        return answer and answer[2]


@pytest.fixture
def ask(rows: Rows) -> Ask:
    return Ask(rows)
