"""Real processes on data directories of their own."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
CONNECT = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT 1'); "


class Station:
    """One data directory, and the commands run on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.started: list[subprocess.Popen] = []

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"LIANHU_DATA": str(self.data), "LIANHU_THROWAWAY_DATABASE": "1"}

    def manage(self, *words, env=None, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=self.env | (env or {}),
            capture_output=True,
            text=True,
            timeout=300,
            **options,
        )

    def start(self, *words, env=None, **options) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=self.env | (env or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **options,
        )
        self.started.append(process)
        return process

    def shell(self, code: str, **options) -> subprocess.CompletedProcess:
        return self.manage("shell", "-v0", "-c", code, **options)

    def start_shell(self, code: str, **options) -> subprocess.Popen:
        return self.start("shell", "-v0", "-c", code, **options)

    def hold(self) -> subprocess.Popen:
        """A command that uses the database until its input is closed."""
        process = self.start_shell(CONNECT + "print('holding', flush=True); input()")
        assert process.stdout.readline().strip() == "holding"
        return process

    def processes(self) -> list[psutil.Process]:
        """All that runs on behalf of this data directory, whoever started it."""
        mark = str(self.data)
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                ours = process.environ().get("LIANHU_DATA") == mark if words else False
                if process.status() != psutil.STATUS_ZOMBIE and (ours or any(mark in word for word in words)):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.data / "postgres" / "postmaster.pid").read_text().split()[0]))

    def quiet_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                stream.close()
        for process in [] if self.quiet_within(5) else self.processes():
            process.kill()


@pytest.fixture
def station(tmp_path):
    made = Station(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for less than a database, and options for the commands run on it.

    Where nothing may be mounted, a limit on the size of a file stands in.
    """
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode == 0:
        yield place, {}
        subprocess.run(["umount", str(place)], check=True)
    else:
        size = 1_000_000
        yield place, {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


def wait_for(true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
