"""What the schedule does at its time, without a queue and a job around it."""

from lianhu.kit import clock
from lianhu.schedule import ENTRIES


def run(kind):
    return ENTRIES[kind].run(clock.now(), lambda step, percent: None)
