"""All that can be known of a backup before anything is touched: whole, unchanged, ours, for these keys."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from lianhu.backup import BackupError, Say, keys
from lianhu.backup.archive import FILES, MANIFEST, SEAL, Listed, Reader

_PIECE = 1 << 20


@dataclass
class Checked:
    """`lost` are keys that do not fit, where the operator has said to go on without them."""

    reader: Reader
    files: list[Listed]
    lost: list[str] = field(default_factory=list)

    @property
    def manifest(self) -> dict[str, Any]:
        return self.reader.manifest


def check(reader: Reader, *, say: Say, lost_keys: bool = False) -> Checked:
    """Raise BackupError for the first thing that is wrong."""
    say("正在核对密钥和版本", 0)
    manifest = reader.manifest
    lost = list(keys.faults(manifest["keys"]))
    if lost and not lost_keys:
        raise BackupError(
            f"密钥不符：{'；'.join(lost)}。用错密钥，电话和身份证号就读不出来，审计日志也核对不了。"
            "请先放回备份时的密钥。确实丢失了的，加 --lost-keys 恢复其余的数据。"
        )
    if keys.audit_key_fits(manifest["keys"]) and not reader.sealed_by_us():
        raise BackupError("备份的清单被改过，或不完整。")
    _versions(manifest)
    listed = _parts(reader, say)
    return Checked(reader, listed, lost)


def _versions(manifest: dict[str, Any]) -> None:
    known = MigrationLoader(connection, ignore_no_migrations=True).disk_migrations
    unknown = [f"{app}.{name}" for app, name in manifest["migrations"] if (app, name) not in known]
    if unknown:
        raise BackupError(
            f"备份来自更新的版本：本程序没有 {unknown[-1]}（共 {len(unknown)} 处）。请用那个版本的程序恢复。"
        )


def _parts(reader: Reader, say: Say) -> list[Listed]:
    """Everything listed is there with its hash, and nothing else is."""
    manifest, parts = reader.manifest, reader.manifest["parts"]
    names = reader.names()
    for name, told in parts.items():
        say(f"正在核对：{name}", 5)
        found = reader.digest_of(name)
        if (found.digest, found.size) != (told["sha256"], told["bytes"]):
            raise BackupError(f"备份已损坏：{name} 的内容与清单不符。")
    for table, told in manifest["tables"].items():
        name = f"tables/{table}.copy"
        if name not in parts and table not in manifest["left_out"]:
            raise BackupError(f"备份不完整：缺少数据表 {table}。")
        if name in parts and told["rows"] != reader.digest_of(name).lines:
            raise BackupError(f"备份已损坏：数据表 {table} 的行数与清单不符。")
    if FILES not in parts:
        raise BackupError("备份不完整：缺少照片和附件的清单。")
    listed = list(reader.files())
    _files(reader, listed, say)
    extra = names - set(parts) - {each.part for each in listed} - {MANIFEST, SEAL}
    if extra:
        raise BackupError(f"备份里多出了不是它自己的内容：{min(extra)}。")
    return listed


def _files(reader: Reader, listed: list[Listed], say: Say) -> None:
    if len(listed) != reader.manifest["files"]["count"]:
        raise BackupError("备份不完整：照片和附件的个数与清单不符。")
    for place, each in enumerate(listed):
        if place % 50 == 0:
            say(f"正在核对照片和附件，第 {place + 1} 个，共 {len(listed)} 个", 10 + place * 30 // len(listed))
        found = reader.digest_of(each.part)
        if (found.digest, found.size) != (each.sha256, each.size):
            raise BackupError(f"备份里的 {each.name} 不是这一晚的，或已损坏。")
