"""Making a backup: one snapshot of the database, then the files that it names."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from accounts import audit
from accounts.audit.outside import checkpoints_file, head_file
from accounts.audit.sealing import alone_with_chain
from accounts.epoch import epoch
from accounts.models import AuditKind
from lianhu.backup import BackupError, Say, files, keys, tables
from lianhu.backup.archive import FILES, Writer, written_whole
from lianhu.kit import clock

CHECKPOINTS = "checkpoints/"
_OF_TABLES, _OF_FILES = 60, 38


@dataclass(frozen=True)
class Made:
    """What was made. `absent` and `damaged` files are no fault of the backup: they were so before."""

    path: Path
    size: int
    rows: int
    files: int
    absent: list[str]
    damaged: list[str]

    @property
    def told(self) -> str:
        parts = [f"{self.path.name}，{megabytes(self.size)}，{self.rows} 行，{self.files} 个文件"]
        if self.absent:
            parts.append(f"有 {len(self.absent)} 个文件在库里有记录却不见了，如 {self.absent[0]}")
        if self.damaged:
            parts.append(f"有 {len(self.damaged)} 张照片与记录不符，如 {self.damaged[0]}")
        return "；".join(parts)


def megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.1f} MB"


def make_backup(target: Path, *, made_by: str, say: Say) -> Made:
    """Write `target` whole, or leave what is there. Raise BackupError with the reason."""
    if not target.parent.is_dir() or target.is_dir():
        raise BackupError(f"{target.parent if not target.is_dir() else target} 不是可以写入文件的目录。")
    # The first to ask begins it, which a transaction that only reads could not.
    epoch()
    say("正在备份数据库", 0)
    kept = files.Kept()
    with written_whole(target) as file, Writer(file, target.parent) as writer:
        with _snapshot(writer) as cursor:
            manifest: dict[str, Any] = {
                "made_at": clock.now().isoformat(),
                "made_by": made_by,
                "epoch": str(epoch()),
            }
            manifest |= _tables(writer, cursor, say)
            manifest["keys"] = keys.probes(cursor)
            names, digests = files.named_files(), files.known_digests()
        for place, name in enumerate(names):
            if place % 50 == 0:
                say(f"正在备份照片和附件，第 {place + 1} 个，共 {len(names)} 个", _part(place, names))
            files.add_file(writer, name, digests.get(name), kept)
        with writer.part(FILES) as sink:
            for listed in kept.files:
                sink.write(listed.line)
        say("正在写入磁盘", _OF_TABLES + _OF_FILES)
        manifest["files"] = {"count": len(kept.files), "bytes": sum(each.size for each in kept.files)}
        manifest |= {"absent": kept.absent, "damaged": kept.damaged}
        writer.close(manifest)
    rows = sum(table["rows"] for table in manifest["tables"].values())
    audit.log(AuditKind.EXPORT, key=f"备份 {target.name}", rows=rows)
    return Made(target, target.stat().st_size, rows, len(kept.files), kept.absent, kept.damaged)


def _part(place: int, names: list[str]) -> int:
    return _OF_TABLES + place * _OF_FILES // len(names)


@contextmanager
def _snapshot(writer: Writer) -> Iterator[Any]:
    """One moment of the whole database, with the audit checkpoints of the same moment."""
    with ExitStack() as kept:
        # Nobody seals between the snapshot and the reading of the checkpoints.
        with alone_with_chain(wait=True):
            kept.enter_context(transaction.atomic(durable=True))
            cursor = kept.enter_context(connection.cursor())
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT 1")
            for path in (checkpoints_file(), head_file()):
                if path.exists():
                    writer.add(CHECKPOINTS + path.name, path.read_bytes())
        yield cursor


def _tables(writer: Writer, cursor: Any, say: Say) -> dict[str, Any]:
    found = tables.found_tables(cursor)
    whole, done = sum(table.size for table in found.values()) or 1, 0
    carried = {}
    for table in found.values():
        rows = 0
        if table.name not in tables.LEFT_OUT:
            say(f"正在备份数据库：{table.name}", done * _OF_TABLES // whole)
            with writer.part(table.part) as sink:
                tables.copy_out(cursor, table, sink)
            rows = sink.lines
        carried[table.name] = {"columns": table.columns, "rows": rows}
        done += table.size
    return {
        "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
        "tables": carried,
        "left_out": sorted(tables.LEFT_OUT & set(found)),
        "sequences": tables.sequences(cursor),
    }
