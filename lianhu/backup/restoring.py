"""Restoring: all of it or nothing, into a database that is empty or may be replaced (contract, section 10).

Files are added first, which harms nobody; the rows come in one transaction, which is taken back whole; what is on
disk under the same name with other content is written last. A restore that was killed leaves the database as it
was, and is done again; killed after the rows were committed, it is done but for files that another county left under
the same name.
"""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management.sql import emit_post_migrate_signal
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from accounts import audit, digests
from accounts.audit import outside
from accounts.audit.outside import checkpoints_file, head_file
from accounts.epoch import begin_epoch
from accounts.models import AuditKind, Job, JobState
from grievances import sms
from lianhu.backup import BackupError, Say, files, tables
from lianhu.backup.checking import Checked
from lianhu.backup.making import CHECKPOINTS
from lianhu.embedded.locks import FileLock
from lianhu.kit import clock
from lianhu.kit.db import may_pass

# Where the county is: without any of these there is nothing that a restore could destroy.
_FACTS = ("accounts_user", "registry_unit")
_UNFINISHED = "恢复备份时还没有做完。请再做一次。"


@dataclass(frozen=True)
class Restored:
    """`audit_fault` is empty when the restored chain is sound."""

    rows: int
    files: int
    epoch: str
    migrated: int
    audit_fault: str


def holds_facts() -> dict[str, int]:
    """Rows of those tables that are not empty; nothing for a database that may be filled."""
    with connection.cursor() as cursor:
        there = tables.found_tables(cursor)
        counts = {name: tables.count(cursor, name) for name in _FACTS if name in there}
    return {name: rows for name, rows in counts.items() if rows}


def restore(checked: Checked, *, replace: bool, say: Say) -> Restored:
    """Raise BackupError with the reason; then the database is what it was."""
    manifest = checked.manifest
    with _nobody_else():
        _may_be_filled(manifest, replace=replace)
        say("正在写入照片和附件", 40)
        other = files.put_missing(checked.reader, checked.files)
        with _reported(), transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '15s'")
                migrated = _fill(cursor, checked, say)
            new = _begin_anew(checked)
            # Whoever has the chain next, which is `verify` below, puts them in the place of those that are there.
            outside.stage(new, _checkpoints(checked), on=clock.today())
        files.put(checked.reader, other)
        say("正在整理数据库", 96)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        say("正在核对审计日志", 98)
        finding = audit.verify()
        if finding.sound:
            audit.seal()
    rows = sum(table["rows"] for table in manifest["tables"].values())
    return Restored(rows, len(checked.files), str(new), migrated, finding.fault)


# --- who and what stands in the way ------------------------------------------------------------


@contextmanager
def _nobody_else() -> Iterator[None]:
    """Nobody works on it meanwhile: pages that were open would mix two counties."""
    with ExitStack() as kept:
        if settings.EMBEDDED:
            running = FileLock(Path(settings.LIANHU_DATA) / "run.lock")
            if not running.acquire(wait=False):
                raise BackupError("系统正在运行。请先停止它（Ctrl-C），再恢复。")
            kept.callback(running.release)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
            )
            others = cursor.fetchone()[0]
        if others:
            raise BackupError(f"还有 {others} 个程序连着数据库。请先停止网站、后台任务和定时任务，再恢复。")
        yield


def _may_be_filled(manifest: dict[str, Any], *, replace: bool) -> None:
    with connection.cursor() as cursor:
        there = set(tables.found_tables(cursor))
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    foreign = there - ours - set(manifest["tables"]) - {"django_migrations"}
    if foreign:
        raise BackupError(f"这个数据库里有别的程序的表（{min(foreign)}），没有动它。请核对 DATABASE_URL。")
    if (found := holds_facts()) and not replace:
        count = "、".join(f"{name} {rows} 行" for name, rows in found.items())
        raise BackupError(f"数据库不是空的（{count}）。确实要用备份替换它，请加 --replace。")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if may_pass(error):
            raise BackupError(
                "有别的程序占着数据库，恢复没有做，数据没有变。请停止它们，再试一次。"
            ) from error
        raise


# --- rows --------------------------------------------------------------------------------------


def _fill(cursor: Any, checked: Checked, say: Say) -> int:
    """The rows, and the schema they belong to; how many newer migrations were applied to them."""
    manifest = checked.manifest
    state = {(app, name) for app, name in manifest["migrations"]}
    if set(MigrationRecorder(connection).applied_migrations()) != state:
        say("正在按备份时的版本建立数据表", 45)
        _rebuild(cursor, state)
    _load(cursor, checked, say)
    migrated = _migrate_forward(say)
    say("正在核对照片、附件与记录", 94)
    damaged = set(manifest["damaged"])
    if faults := files.faults_of_rows(
        [each for each in checked.files if each.name not in damaged], [*manifest["absent"], *damaged]
    ):
        raise BackupError(f"照片和数据不是同一晚的，没有恢复。{faults[0]}（共 {len(faults)} 处）")
    return migrated


def _rebuild(cursor: Any, state: set[tuple[str, str]]) -> None:
    """The schema as it was: from nothing, so that it does not matter what is there."""
    cursor.execute("SELECT quote_ident(current_schema())")
    (schema,) = cursor.fetchone()
    cursor.execute(f"DROP SCHEMA {schema} CASCADE")
    cursor.execute(f"CREATE SCHEMA {schema}")
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    inside = {key: node for key, node in graph.node_map.items() if key in state}
    executor.migrate(
        [key for key, node in inside.items() if not any(child.key in inside for child in node.children)]
    )
    # What migrations wrote is checked now: a table with checks outstanding cannot be altered.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _load(cursor: Any, checked: Checked, say: Say) -> None:
    manifest, reader = checked.manifest, checked.reader
    there = tables.found_tables(cursor)
    if missing := set(manifest["tables"]) ^ set(there):
        raise BackupError(f"数据表与备份不一致：{min(missing)}。没有恢复。")
    whole, done = sum(told["rows"] for told in manifest["tables"].values()) or 1, 0
    with tables.emptied(cursor, there):
        for name, told in manifest["tables"].items():
            if sorted(told["columns"]) != sorted(there[name].columns):
                raise BackupError(f"数据表 {name} 的列与备份不一致。没有恢复。")
            if name not in manifest["left_out"]:
                say(f"正在恢复数据库：{name}", 50 + done * 40 // whole)
                part = there[name].part
                with reader.open(part) as source:
                    tables.copy_in(cursor, name, told["columns"], source)
                if source.digest != manifest["parts"][part]["sha256"]:
                    raise BackupError(f"读取时 {name} 变了：文件或磁盘有问题。没有恢复。")
            if (rows := tables.count(cursor, name)) != told["rows"]:
                raise BackupError(f"数据表 {name} 应有 {told['rows']} 行，写入后是 {rows} 行。没有恢复。")
            done += told["rows"]
        tables.set_sequences(cursor, manifest["sequences"])
        say("正在核对数据之间的联系", 90)


def _migrate_forward(say: Say) -> int:
    """An older backup comes up to this version with its rows."""
    executor = MigrationExecutor(connection)
    targets = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(targets)
    if plan:
        say("正在升级到现在的版本", 92)
        executor.migrate(targets)
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    ContentType.objects.clear_cache()
    return len(plan)


def _begin_anew(checked: Checked) -> uuid.UUID:
    """What phones and people were told since the backup does not hold: a new epoch, and all sign in again.

    Sessions are not carried (`tables.LEFT_OUT`): one that was ended after the backup would be open again. Messages
    that waited then may have gone out since: a person decides about them.
    """
    now, manifest = clock.now(), checked.manifest
    unfinished = Job.objects.filter(state__in=(JobState.WAITING, JobState.RUNNING))
    unfinished.update(state=JobState.FAILED, step=_UNFINISHED, ended_at=now)
    digests.hold_back(now)
    sms.hold_back(now)
    new = begin_epoch()
    told = {"made_at": manifest["made_at"], "rows": sum(each["rows"] for each in manifest["tables"].values())}
    audit.log(AuditKind.IMPORT, key=f"恢复备份 {checked.reader.path.name}", **told)
    return new


def _checkpoints(checked: Checked) -> dict[str, bytes]:
    names = [path.name for path in (checkpoints_file(), head_file())]
    there = [name for name in names if CHECKPOINTS + name in checked.manifest["parts"]]
    return {name: checked.reader.read(CHECKPOINTS + name) for name in there}
