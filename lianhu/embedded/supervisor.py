"""Starts the parts of `make run`, watches them, and stops every one, whatever happens."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lianhu.embedded import EmbeddedError
from lianhu.embedded.cluster import explain

PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG_KEPT = 10_000_000
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Stopped(BaseException):
    """The operator asked for it. Not an Exception: nothing in between may swallow it."""


@dataclass
class Child:
    label: str
    process: "subprocess.Popen[bytes]"
    log: Path
    log_begin: int
    others_need_it: bool


class Supervisor:
    """Use as a context: on leaving it, all children are gone."""

    def __init__(self, logs: Path, root: Path, *, grace: float = 10.0) -> None:
        self.logs = logs
        self.root = root
        self.grace = grace
        self.children: list[Child] = []
        self.watched: list[tuple[str, Callable[[], bool]]] = []
        self._asked_to_stop = False
        self._interruptible = False

    def __enter__(self) -> "Supervisor":
        self.logs.mkdir(parents=True, exist_ok=True)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _on_signal(self, number: int, frame: object) -> None:
        self._asked_to_stop = True
        if self._interruptible:
            raise Stopped

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """For one long call that cleans up after itself when an exception goes through it."""
        self.check()
        self._interruptible = True
        try:
            yield
        finally:
            self._interruptible = False

    def spawn(
        self,
        label: str,
        command: Sequence[str],
        *,
        name: str,
        env: dict[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        shows_output: bool = False,
        others_need_it: bool = False,
    ) -> Child:
        """Start a child in a session of its own; it is asked to stop if we are killed."""
        self.check()
        log = self.logs / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_KEPT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            begin = output.tell()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=None if shows_output else output,
                stderr=output,
                cwd=self.root,
                env=os.environ | (env or {}),
                pass_fds=pass_fds,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        child = Child(label, process, log, begin, others_need_it)
        self.children.append(child)
        return child

    def run_step(self, label: str, command: Sequence[str], *, name: str) -> None:
        """A child that ends by itself, and must end well, before the next thing starts."""
        child = self.spawn(label, command, name=name, shows_output=True)
        while child.process.poll() is None:
            self.check(besides=child)
            time.sleep(0.05)
        self.children.remove(child)
        if child.process.returncode != 0:
            raise EmbeddedError(f"{label} 没有完成：{self._last_words(child)}")

    def wait_until(self, true: Callable[[], bool], what: str, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not true():
            self.check()
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{what}在 {patience:.0f} 秒内没有就绪。日志在 {self.logs}。")
            time.sleep(0.05)

    def watch(self) -> None:
        """Returns only by an exception: asked to stop, or a part is gone."""
        while True:
            self.check()
            time.sleep(0.3)

    def check(self, besides: Child | None = None) -> None:
        if self._asked_to_stop:
            raise Stopped
        for child in self.children:
            if child is not besides and child.process.poll() is not None:
                raise EmbeddedError(f"{child.label} 意外退出：{self._last_words(child)}")
        for label, alive in self.watched:
            if not alive():
                raise EmbeddedError(f"{label} 意外退出。日志在 {self.logs.parent}。")

    def stop(self) -> None:
        """What the others need goes last. A second Ctrl-C does not cut this short: it is bounded."""
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for needed in (False, True):
            group = [child for child in self.children if child.others_need_it is needed]
            for child in group:
                child.process.terminate()
            deadline = time.monotonic() + self.grace
            for child in group:
                end(child.process, deadline - time.monotonic())
        self.children.clear()

    def _last_words(self, child: Child) -> str:
        with child.log.open("rb") as log:
            log.seek(child.log_begin)
            said = log.read()[-20_000:].decode(errors="replace")
        number = child.process.returncode
        if number is not None and number < 0:
            said = f"被信号 {signal.Signals(-number).name} 终止"
        return f"{explain(said)}\n日志：{child.log}"


def end(process: "subprocess.Popen[bytes]", patience: float) -> None:
    """Wait for a child that was asked to stop, then leave nothing of its session alive."""
    try:
        process.wait(max(patience, 0.1))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # Workers of a master that was killed. Bounded: not every container's init buries the dead.
    with suppress(ProcessLookupError, PermissionError):
        for _ in range(100):
            os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.02)


def die_with_parent() -> None:
    """Linux sends SIGTERM when the parent is gone, even by kill -9. Elsewhere nothing does."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
