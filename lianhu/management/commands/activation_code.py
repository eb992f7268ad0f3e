import argparse
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from lianhu.kit.commands import DataCommand
from registry.activation import issue_code_at_the_server


class Command(DataCommand):
    help = (
        "Print an activation code for one account: for the first system admin, whom nobody can print a slip."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("username", metavar="工号")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            slip = issue_code_at_the_server(options["username"])
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        self.stdout.write(
            f"{slip.name} {slip.username}　激活码 {' '.join(slip.groups)}　{slip.last_day} 前有效"
        )
        self.stdout.write("在 /activate/ 填工号和激活码，设自己的密码。")
