"""`make run`: the whole system on one machine, from nothing."""

import errno
import json
import os
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lianhu.embedded import EmbeddedError, reason, redis
from lianhu.embedded.locks import FileLock
from lianhu.embedded.postgres import server
from lianhu.embedded.supervisor import Stopped, Supervisor, die_with_parent
from lianhu.environment import embedded_redis_url

LEAST_FREE_BYTES = 500_000_000
MANAGE = (sys.executable, str(settings.BASE_DIR / "manage.py"))
CELERY = (sys.executable, "-m", "celery", "-A", "lianhu")
WORKER = (*CELERY, "worker", "--loglevel", "INFO", "--without-mingle", "--without-gossip")
BEAT = (*CELERY, "beat", "--loglevel", "INFO", "--pidfile=")


class Command(BaseCommand):
    help = "Start database, queue, worker, scheduler and web server, with a demo county at first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--no-demo", action="store_true", help="do not load the demo county")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "已设置 DATABASE_URL：make run 只用于内置数据库，生产环境请见 docs/running.md。"
            )
        if "MAKELEVEL" in os.environ:
            die_with_parent()
        # The parts print this site's address (SITE_URL) on slips and cards.
        os.environ["PORT"] = str(options["port"])
        try:
            self._run(settings.LIANHU_DATA, options["port"], demo=not options["no_demo"])
        except Stopped:
            self._say("已全部停止。")
        except EmbeddedError as error:
            raise CommandError(f"{error}\n已全部停止。") from error
        except OSError as error:
            raise CommandError(f"{error.filename or '系统'}：{reason(error)}\n已全部停止。") from error

    def _run(self, data: Path, port: int, *, demo: bool) -> None:
        data.mkdir(parents=True, exist_ok=True)
        if disk_usage(data).free < LEAST_FREE_BYTES:
            raise EmbeddedError(f"磁盘空间不足：{data} 所在磁盘的可用空间少于 500 MB。")
        only = FileLock(data / "run.lock")
        if not only.acquire(wait=False):
            raise EmbeddedError(f"数据目录 {data} 上的系统已在运行。")
        with listening(port) as door, Supervisor(data / "logs", settings.BASE_DIR) as supervisor:
            database = server(data)
            try:
                self._say("正在启动数据库……")
                with supervisor.interruptible():
                    database.join()
                supervisor.watched.append(("数据库", database.running))
                self._start(supervisor, data, door, port, demo=demo)
                supervisor.watch()
            finally:
                self._say("\n正在停止……")
                supervisor.stop()
                database.leave()

    def _start(
        self, supervisor: Supervisor, data: Path, door: socket.socket, port: int, *, demo: bool
    ) -> None:
        if embedded_redis_url(data) == settings.REDIS_URL:
            self._say("正在启动队列……")
            supervisor.spawn("队列", redis.command(data), name="redis", others_need_it=True)
            supervisor.wait_until(lambda: redis.answers(data), "队列", 20)
        accounts = self._prepare(supervisor, demo=demo)
        self._say("正在启动网站、后台任务和定时任务……")
        supervisor.spawn("后台任务", WORKER, name="worker")
        supervisor.spawn("定时任务", BEAT, name="beat")
        supervisor.spawn("网站", web_command(door), name="web", pass_fds=[door.fileno()])
        supervisor.wait_until(lambda: ready(port), "网站", 60)
        self._welcome(port, accounts)

    def _prepare(self, supervisor: Supervisor, *, demo: bool) -> list[list[str]]:
        """Migrations and the demo county, in a child: it can be killed at any point."""
        with tempfile.TemporaryDirectory(prefix="lianhu-") as folder:
            answer = Path(folder) / "accounts.json"
            words = [*MANAGE, "prepare_county", "--accounts", str(answer)]
            words += [] if demo else ["--no-demo"]
            supervisor.run_step("数据准备", words, name="prepare")
            accounts: list[list[str]] = json.loads(answer.read_text())
        return accounts

    def _welcome(self, port: int, accounts: list[list[str]]) -> None:
        self._say(f"\n联户联情已就绪：http://127.0.0.1:{port}/\n")
        if accounts:
            self._say("演示账号（角色　用户名　密码）：")
            for role, username, password in accounts:
                self._say(f"  {role}　{username}　{password}")
        self._say("\n按 Ctrl-C 停止。")

    def _say(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            # `make run | head`: nobody reads on, and the system goes on.
            self.stdout = type(self.stdout)(open(os.devnull, "w"))  # noqa: SIM115


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Hold the port from the first second on; the web server gets this very socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
            door.listen(128)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise EmbeddedError(
                    f"端口 {port} 已被占用。请停止占用它的程序，或换一个：make run PORT={port + 1}"
                ) from error
            raise EmbeddedError(f"无法使用端口 {port}：{reason(error)}") from error
        except OverflowError as error:
            raise EmbeddedError(f"端口 {port} 无效：须为 1 至 65535。") from error
        yield door


def web_command(door: socket.socket) -> list[str]:
    words = [sys.executable, "-m", "gunicorn", "lianhu.wsgi", "--bind", f"fd://{door.fileno()}"]
    words += ["--workers", os.environ.get("WEB_CONCURRENCY") or "2", "--no-control-socket"]
    # Heartbeat files on a memory disk: a stalled disk must not look like a stalled worker.
    if os.path.isdir("/dev/shm"):
        words += ["--worker-tmp-dir", "/dev/shm"]
    return [*words, "--timeout", "120", "--graceful-timeout", "5"]


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
