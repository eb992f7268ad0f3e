"""`manage.py make_county DIR --size N --seed S`: a believable random county as two workbooks."""

import argparse
import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lianhu.county.population import make_county
from lianhu.county.workbook import write_registry, write_visits
from lianhu.kit.clock import today


def _size(text: str) -> int:
    size = int(text)
    if size < 1:
        raise argparse.ArgumentTypeError("规模应为不小于 1 的整数")
    return size


class Command(BaseCommand):
    help = "生成一个随机的示例县：约 40×N 户，写出 DIR/registry.xlsx 和 DIR/visits.xlsx"
    requires_system_checks: list[str] = []  # it needs no database and no settings

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", metavar="DIR", type=Path)
        parser.add_argument("--size", type=_size, required=True, metavar="N")
        parser.add_argument("--seed", type=int, required=True, metavar="S")
        parser.add_argument(
            "--until",
            type=datetime.date.fromisoformat,
            metavar="DATE",
            help="最后一天，缺省为今天（北京时间）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["directory"]
        county = make_county(options["size"], options["seed"], options["until"] or today())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, write in (("registry", write_registry), ("visits", write_visits)):
                path = folder / f"{name}.xlsx"
                counts = write(county, path)
                rows = "，".join(f"{sheet} {count}" for sheet, count in counts.items())
                self.stdout.write(f"{path}：{rows}")
        except OSError as error:
            raise CommandError(f"无法写入 {folder}：{error.strerror or error}") from error
