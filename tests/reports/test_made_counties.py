"""The county's own way: workbooks made, imported, counted; the naive count reads the same tables."""

import datetime

import pytest

from lianhu.county.population import make_county
from lianhu.county.workbook import write_registry, write_visits
from lianhu.doors.workbook import import_workbook
from tests.reports.conftest import computed_rows
from tests.reports.naive import Naive

UNTIL = datetime.date(2026, 3, 20)
SEEN = [
    ("2026-02", UNTIL),
    ("2026-03", UNTIL),
    ("2025-12", datetime.date(2025, 12, 31)),
    ("2026Q1", UNTIL),
    ("2025Q4", UNTIL),
    ("2025", UNTIL),
    ("2026", datetime.date(2026, 2, 28)),
]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2026])
def test_a_made_county_is_imported_without_a_fault_and_counted_as_by_hand(seed, tmp_path):
    made = make_county(2, seed, UNTIL)
    for kind, write in (("registry", write_registry), ("visits", write_visits)):
        write(made, tmp_path / f"{kind}.xlsx")
        answer = import_workbook(kind, tmp_path / f"{kind}.xlsx", by=None, on=UNTIL)
        assert answer.faults == []
    naive = Naive()
    for code, as_of in SEEN:
        assert computed_rows(code, as_of) == naive.rows(code, as_of), code
