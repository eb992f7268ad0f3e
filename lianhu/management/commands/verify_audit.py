import argparse
import json
from typing import Any

from django.core.management.base import CommandError

from accounts import audit
from lianhu.kit.commands import DataCommand


class Command(DataCommand):
    help = (
        "Verify the audit chain; exit 1 for anything wrong or unverifiable. Then seal what is not yet sealed."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        finding = audit.verify()
        sealed = audit.seal() if finding.sound else 0
        age = round(finding.oldest_unsealed.total_seconds()) if finding.oldest_unsealed else 0
        if options["format"] == "json":
            answer = {"ok": finding.sound, "fault": finding.fault, "number": finding.number}
            answer |= {"entries": finding.entries, "unsealed": finding.unsealed, "unsealed_seconds": age}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        elif finding.sound:
            self.stdout.write(f"审计日志完好：{finding.entries} 条已封存并核对无误。")
            if sealed:
                self.stdout.write(f"还有 {finding.unsealed} 条未封存，最早的在 {age} 秒前，现已封存。")
        if not finding.sound:
            raise CommandError(f"审计日志有问题：{finding.fault}")
