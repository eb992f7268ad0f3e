"""PostgreSQL refuses to run as root: as root, its processes run under an account of their own."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from lianhu.embedded import EmbeddedError

SERVICE_ACCOUNT = "lianhu-db"


def server_uid(pgdata: Path) -> int:
    """The owner of the data if there is any, else ourselves, else (root) the service account."""
    if pgdata.exists():
        return pgdata.stat().st_uid
    return os.geteuid() or _service_account()


def _service_account() -> int:
    try:
        return pwd.getpwnam(SERVICE_ACCOUNT).pw_uid
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, SERVICE_ACCOUNT], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        # Two first starts side by side, or an image without useradd.
        try:
            return pwd.getpwnam(SERVICE_ACCOUNT).pw_uid
        except KeyError:
            return pwd.getpwnam("nobody").pw_uid
    return pwd.getpwnam(SERVICE_ACCOUNT).pw_uid


def as_server(uid: int, *paths: Path) -> list[str]:
    """The words to put before a command so that it runs as `uid` and reaches `paths`."""
    if uid == os.geteuid():
        return []
    if os.geteuid() != 0:
        owner = _name(uid)
        raise EmbeddedError(f"数据库目录属于用户 {owner}，当前用户不能启动它。请以该用户或 root 运行。")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError("以 root 运行需要 setpriv（util-linux）。请安装它，或以普通用户运行。")
    words = [setpriv, f"--reuid={uid}", f"--regid={uid_group(uid)}", "--clear-groups"]
    closed = next((path for path in paths if not _reachable(path, uid)), None)
    if closed is not None:
        # A checkout below /root (mode 0700): let the server pass, rather than open the directory.
        words += _passing(closed)
    return [*words, "--no-new-privs", "--"]


def _passing(closed: Path) -> list[str]:
    """Options for setpriv: the right to walk through directories, and nothing else of root's."""
    status = Path("/proc/self/status").read_text()
    bounding = int(status.split("CapBnd:")[1].split()[0], 16)
    for bit, name in ((2, "dac_read_search"), (1, "dac_override")):
        if bounding >> bit & 1:
            # Without the securebit access(2) forgets the right, and PostgreSQL asks it.
            secure = "--securebits=+no_setuid_fixup"
            return [f"--inh-caps=+{name}", f"--ambient-caps=+{name}", secure]
    raise EmbeddedError(f"数据库账号无法进入 {closed.parent}。请把程序和数据放到其他用户可进入的目录。")


def uid_group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _reachable(path: Path, uid: int) -> bool:
    for folder in path.resolve().parents:
        found = folder.stat()
        allowed = stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH
        if not found.st_mode & allowed:
            return False
    return True
