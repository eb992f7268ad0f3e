"""A small county on 15 June 2026, its figures computed."""

import datetime

import pytest

from lianhu.kit.periods import Period
from reports.quotas.stored import store_period
from tests import county

TODAY = datetime.date(2026, 6, 15)


@pytest.fixture
def people(db, on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def store():
    """`store("2026-05", "2026")`: as the nightly task leaves them."""

    def compute(*codes):
        for code in codes:
            store_period(Period.parse(code), TODAY)

    return compute
