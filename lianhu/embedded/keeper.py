"""Runs PostgreSQL and stops it when the last user of the server is gone, however it went.

A process of its own, started with nothing but the standard library:
`keeper.py USERS_LOCK KEEPER_LOCK COMMAND...`. Users hold a shared lock on the first file. A user
that leaves in good order stops the server itself; this one is for those that could not.
"""

import fcntl
import os
import signal
import subprocess
import sys

WATCHED = {signal.SIGCHLD, signal.SIGTERM}
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT


def main(users_path: str, keeper_path: str, *command: str) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    keeper = os.open(keeper_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(keeper, fcntl.LOCK_SH)
    users = os.open(users_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_unblock)
    while server.poll() is None:
        woken = signal.sigtimedwait(WATCHED, 0.5)
        told_to_stop = woken is not None and woken.si_signo == signal.SIGTERM
        if told_to_stop or _nobody_left(users):
            _stop(server)
    return server.returncode


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)


def _nobody_left(users: int) -> bool:
    """True holds the lock from now on: a newcomer waits until the server is down."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: "subprocess.Popen[bytes]") -> None:
    for how, patience in ((FAST, 30), (IMMEDIATE, 10)):
        server.send_signal(how)
        try:
            server.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue
    server.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
