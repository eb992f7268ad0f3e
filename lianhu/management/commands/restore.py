import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lianhu.backup import BackupError
from lianhu.backup.archive import Reader
from lianhu.backup.checking import Checked, check
from lianhu.backup.restoring import holds_facts, restore
from lianhu.management.progress import Steps

_WORD = "替换"


class Command(BaseCommand):
    """Not a DataCommand: it makes the schema that the backup needs."""

    help = "Bring back what `backup` wrote to FILE: all of it or nothing. Phones send again what it lacks."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="also when the database is not empty")
        parser.add_argument("--noinput", action="store_true", help="do not ask before replacing")
        parser.add_argument(
            "--lost-keys", action="store_true", help="go on without keys that are lost for good"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with Steps(self.stderr) as steps:
                checked = check(
                    Reader(options["file"].absolute()), say=steps.say, lost_keys=options["lost_keys"]
                )
            self._tell(checked)
            if options["replace"] and not options["noinput"]:
                self._confirm()
            with Steps(self.stderr) as steps:
                done = restore(checked, replace=options["replace"], say=steps.say)
        except BackupError as error:
            raise CommandError(str(error)) from error
        upgraded = f"，并升级了 {done.migrated} 处" if done.migrated else ""
        self.stdout.write(f"恢复完成：{done.rows} 行，{done.files} 个文件{upgraded}。")
        self.stdout.write(f"新的时期 {done.epoch}：手机会把备份以后的内容再传一次；所有人要重新登录。")
        if done.audit_fault:
            raise CommandError(f"数据已恢复，但审计日志核对不通过：{done.audit_fault}")

    def _tell(self, checked: Checked) -> None:
        manifest = checked.manifest
        self.stdout.write(
            f"备份完好：{manifest['made_at'][:16].replace('T', ' ')} 由 {manifest['made_by']} 做成，"
            f"{sum(table['rows'] for table in manifest['tables'].values())} 行，{len(checked.files)} 个文件。"
        )
        for key in checked.lost:
            self.stdout.write(f"注意：{key}。用它封存的内容读不出来。")
        for what, names in (("不见了", manifest["absent"]), ("与记录不符", manifest["damaged"])):
            if names:
                self.stdout.write(f"注意：备份时就有 {len(names)} 个文件{what}，如 {names[0]}。")

    def _confirm(self) -> None:
        found = holds_facts()
        if not found:
            return
        count = "、".join(f"{name} {rows} 行" for name, rows in found.items())
        self.stdout.write(f"现有数据（{count}）会全部被备份替换，不能撤回。要留着，请先另做一份备份。")
        self.stdout.write(f"确认请输入“{_WORD}”两个字：")
        try:
            answer = input().strip()
        except EOFError:
            answer = ""
        if answer != _WORD:
            raise BackupError("没有确认，什么也没有做。")
