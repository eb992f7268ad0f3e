from typing import Any

from django.core.management.base import CommandError

from grievances.filings import FILERS_PHONE
from lianhu.kit.commands import DataCommand
from registry.contact import SEALED, SealedColumn
from registry.key_rotation import rotate_keys


def _named(column: SealedColumn) -> str:
    field = column.model._meta.get_field(column.column)
    return f"{column.model._meta.verbose_name}·{field.verbose_name}"  # type: ignore[union-attr]


class Command(DataCommand):
    help = (
        "Seal phones and ID numbers again with the first key of LIANHU_ENCRYPTION_KEYS. May be interrupted and "
        "run again, beside people at work; exit 1 while anything is left under an older key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rotated = rotate_keys(
            lambda column, done: self.stdout.write(f"{_named(column)}：已换 {done} 条"),
            columns=(*SEALED, FILERS_PHONE),
        )
        for column, code in rotated.unopened:
            self.stderr.write(f"打不开：{_named(column)} {code}（密钥不在环里，或密文被改动；原样保留）")
        self.stdout.write(
            f"共换 {rotated.count} 条，打不开 {len(rotated.unopened)} 条，仍用旧密钥 {rotated.left} 条。"
        )
        if rotated.left:
            raise CommandError(
                "还不能去掉旧密钥：请核对打不开的条目，重启所有网站、后台和定时进程，再运行一次。"
            )
        self.stdout.write("现在可以从 LIANHU_ENCRYPTION_KEYS 去掉旧密钥并重启。")
