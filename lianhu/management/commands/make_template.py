"""Write an empty workbook to fill in (contract, section 9)."""

from argparse import ArgumentParser
from typing import Any

from lianhu.doors.kinds import BOOKS
from lianhu.doors.template import write_template
from lianhu.kit.commands import DataCommand


class Command(DataCommand):
    help = "Write an empty registry or visits workbook, with drop-downs and notes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(BOOKS))
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        write_template(options["kind"], options["file"])
        self.stdout.write(f"已写出 {options['file']}")
