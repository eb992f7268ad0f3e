"""`make bench`: every benchmark, each as a ratio of two times taken in this one run.

A large county is generated once under LIANHU_DATA/bench and kept; remove the folder to begin anew.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import django


def main() -> None:
    data = Path(os.environ.get("LIANHU_DATA") or "var").resolve() / "bench"
    data.mkdir(parents=True, exist_ok=True)
    os.environ |= {"LIANHU_DATA": str(data), "DJANGO_SETTINGS_MODULE": "lianhu.settings"}
    os.environ.pop("DATABASE_URL", None)
    django.setup()
    from benchmarks import audit, dashboard, figures, imports, ledger, registering, stored, sync, workbook

    named: dict[str, Callable[[], None]] = {
        "figures": figures.run,
        "stored": stored.run,
        "imports": imports.run,
        "audit": audit.run,
        "sync": sync.run,
        "ledger": ledger.run,
        "registering": registering.run,
        "workbook": workbook.run,
        "dashboard": dashboard.run,
    }
    for name in sys.argv[1:] or named:
        named[name]()


if __name__ == "__main__":
    main()
