"""Today and now, in the one zone the county lives in (contract, section 0)."""

import datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime.datetime:
    """The present moment, aware, in Asia/Shanghai."""
    return datetime.datetime.now(SHANGHAI)


def today() -> datetime.date:
    """The day it is in the county. Only entrances ask; functions are passed `on=`."""
    return now().date()


def midnight(day: datetime.date) -> datetime.datetime:
    """The moment the day begins in the county."""
    return datetime.datetime.combine(day, datetime.time(), SHANGHAI)
