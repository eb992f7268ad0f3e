"""Keys of an embedded installation: made once, kept under LIANHU_DATA with mode 0600."""

import base64
import json
import os
import secrets
import tempfile
from pathlib import Path

from lianhu.embedded import EmbeddedError, reason

NAMES = ("SECRET_KEY", "LIANHU_ENCRYPTION_KEYS", "LIANHU_HASH_KEY", "LIANHU_AUDIT_KEY")


def stored_secrets(data: Path) -> dict[str, str]:
    """Read the secrets of `data`, making them on first use."""
    path = data / "secrets.json"
    try:
        if not path.exists():
            _make(path)
        found = json.loads(path.read_text())
    except OSError as error:
        raise EmbeddedError(f"无法读写密钥文件 {path}：{reason(error)}") from error
    except ValueError as error:
        raise EmbeddedError(
            f"密钥文件 {path} 已损坏。请从备份恢复它，不要删除：没有它，数据无法解密。"
        ) from error
    missing = [name for name in NAMES if not isinstance(found, dict) or not found.get(name)]
    if missing:
        raise EmbeddedError(f"密钥文件 {path} 缺少 {'、'.join(missing)}。请从备份恢复它。")
    return {name: str(found[name]) for name in NAMES}


def new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "LIANHU_ENCRYPTION_KEYS": f"k1:{_random_key()}",
        "LIANHU_HASH_KEY": _random_key(),
        "LIANHU_AUDIT_KEY": _random_key(),
    }


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(new_secrets(), indent=1)
    # mkstemp gives mode 0600. A link fails where a file is: of two first starts one set of keys wins.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


if __name__ == "__main__":
    # For the environment of a production server: one NAME=value a line, fresh on each call.
    print("\n".join(f"{name}={value}" for name, value in new_secrets().items()))
