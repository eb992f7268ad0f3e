"""What the two import commands share."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from lianhu.doors.imports import record_import
from lianhu.doors.workbook import import_workbook
from lianhu.kit import clock
from lianhu.kit.commands import DataCommand


class ImportCommand(DataCommand):
    """`FILE.xlsx [--dry-run] [--format json]`: exit 1 on faults (contract, section 9)."""

    kind = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        answer = import_workbook(
            self.kind, path, by=None, on=clock.today(), dry_run=options["dry_run"]
        ).as_json()
        if answer["ok"] and not options["dry_run"]:
            record_import(self.kind, path, answer, by=None)
        if options["format"] == "json":
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._tell(answer, options["dry_run"])
        if not answer["ok"]:
            sys.exit(1)

    def _tell(self, answer: dict[str, Any], dry_run: bool) -> None:
        for sheet, counts in answer["counts"].items():
            self.stdout.write(
                f"{sheet}：新增 {counts['new']}，变化 {counts['changed']}，相同 {counts['same']}"
            )
        for title, places in (("提醒", answer["warnings"]), ("错误", answer["faults"])):
            for place in places:
                where = " ".join(
                    str(part) for part in (place["sheet"], place["row"] or "", place["column"]) if part
                )
                self.stdout.write(f"{title} {where}：{place['message']}")
        if not answer["ok"]:
            self.stdout.write(f"{answer['fault_count']} 处错误，什么也没有写入。")
        else:
            self.stdout.write("试运行没有错误，什么也没有写入。" if dry_run else "已写入。")
