"""A PostgreSQL under LIANHU_DATA that is started by the first process that needs it.

Every process that uses the server holds a shared lock on `postgres.users`; starting and stopping
happen under `postgres.lock`. The last one to leave stops the server.
"""

import atexit
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from lianhu.embedded import EmbeddedError, cluster, reason
from lianhu.embedded.account import server_uid
from lianhu.embedded.locks import FileLock
from lianhu.embedded.paths import private_directory, socket_directory

USER = DATABASE = "lianhu"
SOCKET = ".s.PGSQL.5432"
READY_WITHIN = 60.0


class Server:
    """The server of one data directory, as this process sees it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.pgdata = data / "postgres"
        self.log = data / "postgres.log"
        self.socket_dir = socket_directory(self.pgdata, SOCKET)
        self._gate = FileLock(data / "postgres.lock")
        self._users = FileLock(data / "postgres.users")
        self._joined = False
        self._thread = threading.RLock()

    def join(self) -> Path:
        """Have the server running and be counted among its users. Returns its socket directory."""
        with self._thread:
            if not self._joined:
                self._prepare_data()
                with self._gate:
                    # Waits only while a keeper is stopping the server.
                    self._users.acquire(shared=True)
                    try:
                        self._ensure_running()
                    except BaseException:
                        self._leave_locked()
                        raise
                self._joined = True
        return self.socket_dir

    def revive(self) -> None:
        """After a refused connection: start a server that was killed, wait for one that recovers."""
        with self._thread, self._gate:
            self._ensure_running()

    def leave(self) -> None:
        """Stop the server, unless others use it. Safe to call twice."""
        with self._thread:
            if self._joined:
                self._joined = False
                with self._gate:
                    self._leave_locked()

    def running(self) -> bool:
        return cluster.postmaster(self.pgdata) is not None

    def after_fork(self) -> None:
        """A forked child is not a user until it joins for itself."""
        self._joined = False
        self._thread = threading.RLock()
        self._users.forget()
        self._gate.forget()

    def _prepare_data(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(f"无法建立数据目录 {self.data}：{reason(error)}") from error

    def _ensure_running(self) -> None:
        found = cluster.postmaster(self.pgdata)
        if found is not None and cluster.wait_ready(self.pgdata, found.pid, READY_WITHIN):
            return
        uid = server_uid(self.pgdata)
        if not (self.pgdata / "PG_VERSION").exists():
            cluster.initialise(self.pgdata, uid, user=USER)
        if self.socket_dir != self.pgdata:
            private_directory(self.socket_dir, uid)
        cluster.start(
            self.pgdata,
            uid,
            socket_dir=self.socket_dir,
            log=self.log,
            locks=(self._users.path, self.data / "postgres.keeper"),
            patience=READY_WITHIN,
        )
        cluster.ensure_database(self.socket_dir, user=USER, database=DATABASE)

    def _leave_locked(self) -> None:
        self._users.release()
        if self._users.acquire(wait=False):
            cluster.stop(self.pgdata)
            if self.socket_dir != self.pgdata:
                with suppress(OSError):
                    self.socket_dir.rmdir()
        elif not self._users.acquire(shared=True, wait=False):
            # The keeper was faster and is stopping it: the command ends when the server has.
            self._users.acquire(shared=True)
        self._users.release()
        self._await_keeper()

    def _await_keeper(self) -> None:
        if cluster.postmaster(self.pgdata) is not None:
            return
        keeper = FileLock(self.data / "postgres.keeper")
        deadline = time.monotonic() + 3
        while not keeper.acquire(wait=False) and time.monotonic() < deadline:
            time.sleep(0.01)
        keeper.release()


_servers: dict[Path, Server] = {}


def server(data: Path) -> Server:
    """The one `Server` of this process for `data`."""
    key = Path(os.path.abspath(data))
    if key not in _servers:
        _servers[key] = Server(key)
    return _servers[key]


def _leave_all() -> None:
    for each in _servers.values():
        each.leave()


def _after_fork() -> None:
    for each in _servers.values():
        each.after_fork()


atexit.register(_leave_all)
os.register_at_fork(after_in_child=_after_fork)
