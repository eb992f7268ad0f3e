"""A small county on 15 June 2026."""

import datetime

import pytest

from lianhu.kit.periods import Period
from reports.quotas.compute import figures
from tests import county

TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(db, on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def done_of():
    """`done_of("2026-05", as_of)[quota, subject]` is (done, total, status), straight from the counter."""

    def ask(code, as_of=TODAY):
        return {
            (figure.quota, figure.subject): (figure.done, figure.total, figure.status)
            for figure in figures(Period.parse(code), as_of=as_of)
        }

    return ask
