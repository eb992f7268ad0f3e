"""Times within one run; only their ratios mean anything."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection


def best(work: Callable[[], Any], tries: int = 3) -> float:
    """Seconds of the fastest try: what the machine can do when nothing else runs."""
    taken = []
    for _ in range(tries):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def query(sql: str) -> float:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()

    return best(run)


def tell(what: str, ratio: float, limit: str, detail: str) -> None:
    print(f"{what}: ratio {ratio:.2f} ({limit})\n    {detail}", flush=True)
