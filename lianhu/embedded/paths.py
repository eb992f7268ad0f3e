"""Where the embedded servers put their sockets."""

import hashlib
import os
import stat
from pathlib import Path

from lianhu.embedded import EmbeddedError

# sun_path holds 108 bytes with its closing NUL.
SOCKET_LIMIT = 107


def socket_directory(home: Path, socket_name: str) -> Path:
    """`home` itself, or a short name derived from it where the path would be too long for a socket.

    /tmp and not TMPDIR: two processes with different environments must find the same place.
    """
    if len(os.fsencode(home / socket_name)) <= SOCKET_LIMIT:
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path("/tmp") / f"lianhu-{digest}"


def redis_socket(data: Path) -> Path:
    return socket_directory(data / "redis", "redis.sock") / "redis.sock"


def private_directory(path: Path, owner: int) -> None:
    """Make `path` with mode 0700 for `owner`; refuse one that somebody else put there first."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    ours = found.st_uid in {owner, os.geteuid()} and stat.S_ISDIR(found.st_mode)
    if ours and found.st_uid != owner:
        os.chown(path, owner, -1, follow_symlinks=False)
    elif not ours:
        raise EmbeddedError(f"目录 {path} 属于其他用户，不能使用。请删除它，或另设 LIANHU_DATA。")
    path.chmod(0o700)
