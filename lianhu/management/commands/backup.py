import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.acting import acting
from lianhu.backup import BackupError
from lianhu.backup.keeping import record
from lianhu.backup.making import make_backup
from lianhu.kit import clock
from lianhu.kit.commands import DataCommand
from lianhu.management.progress import Steps


class Command(DataCommand):
    help = (
        "Write database, photos and audit checkpoints to one FILE, whole or not at all. Keys are not in it."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        began_at = clock.now()
        try:
            with Steps(self.stderr) as steps:
                made = make_backup(options["file"].absolute(), made_by=acting().name, say=steps.say)
        except BackupError as error:
            raise CommandError(str(error)) from error
        record(made, began_at=began_at)
        self.stdout.write(f"备份完成：{made.told}。")
        self.stdout.write("密钥不在备份里：请另存一份（docs/running.md），没有它电话和身份证号读不出来。")
