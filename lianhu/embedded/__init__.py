"""What runs when nothing is set: a PostgreSQL and a Redis-compatible server under LIANHU_DATA."""

import errno


class EmbeddedError(Exception):
    """One sentence in Chinese that a person at the terminal can act on."""


def reason(error: OSError) -> str:
    known = {
        errno.ENOSPC: "磁盘已满",
        errno.EDQUOT: "磁盘配额已用完",
        errno.EACCES: "没有权限",
        errno.EPERM: "没有权限",
        errno.EROFS: "磁盘是只读的",
        errno.ENOTDIR: "路径中有一段不是目录",
        errno.EEXIST: "同名文件已存在",
    }
    return known.get(error.errno or 0, error.strerror or str(error))
