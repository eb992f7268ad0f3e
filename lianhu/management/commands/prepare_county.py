"""The step of `make run` between the servers and the site: migrations, and at first a demo county."""

import importlib
import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

LOADING, LOADED, REFUSED = "loading", "loaded", "own data"


class Command(BaseCommand):
    help = "Bring the database up to date and load the demo county on the first start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=Path, help="write the demo accounts here, as JSON")
        parser.add_argument("--no-demo", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("正在更新数据库结构……")
        call_command("migrate", interactive=False, verbosity=0)
        accounts = [] if options["no_demo"] else self._demo(settings.LIANHU_DATA / "demo.state")
        if options["accounts"]:
            options["accounts"].write_text(json.dumps(accounts))

    def _demo(self, mark: Path) -> list[tuple[str, str, str]]:
        """`demo.load` brings all of it or nothing; an interrupted one begins again at the next start."""
        state = mark.read_text() if mark.exists() else ""
        filled = apps.get_model("registry", "Unit").objects.exists()
        if not state and filled:
            self.stdout.write("数据库中已有单位，不载入演示县。")
            mark.write_text(REFUSED)
            return []
        if state == REFUSED:
            return []
        demo = importlib.import_module("lianhu.demo")
        if state != LOADED and not filled:
            mark.write_text(LOADING)
            self.stdout.write("正在载入演示县，约需一两分钟……")
            demo.load(self.stdout)
        mark.write_text(LOADED)
        accounts: list[tuple[str, str, str]] = demo.accounts()
        return accounts
