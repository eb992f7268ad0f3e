"""The file of a backup: a zip of the tables, the photos, the checkpoints, and a manifest with the hash of each.

A zip has its list at the end: a file cut short does not open. The manifest carries a keyed seal, so that a part
and its hash cannot be changed together.
"""

import contextlib
import hashlib
import hmac
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import IO, Any, Self

from accounts.audit.sealing import keyed
from lianhu.backup import BackupError
from lianhu.embedded import reason

FORMAT = 1
PRODUCT = "lianhu backup"
MANIFEST, SEAL, FILES = "manifest.json", "manifest.seal", "files.tsv"
# A disk that is full stops the database too: the copy gives up before that.
LEAST_FREE_BYTES = 300_000_000
_PIECE = 1 << 20
_LOOK_AGAIN = 32 * _PIECE
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class Hashed:
    """Counts what goes through, either way. A line of COPY is a row: line breaks in values are escaped."""

    def __init__(self, raw: IO[bytes], watch: "_Watch | None" = None) -> None:
        self._raw, self._watch, self._hash = raw, watch, hashlib.sha256()
        self.size = self.lines = 0

    def write(self, data: bytes) -> int:
        self._raw.write(data)
        self._count(data)
        if self._watch:
            self._watch.wrote(len(data))
        return len(data)

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._count(data)
        return data

    def _count(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        self.lines += data.count(b"\n")

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


class _Watch:
    """Raises like a full disk while there still is room for the database."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._since = folder, _LOOK_AGAIN

    def wrote(self, size: int) -> None:
        self._since += size
        if self._since < _LOOK_AGAIN:
            return
        self._since = 0
        if disk_usage(self._folder).free < LEAST_FREE_BYTES:
            room = LEAST_FREE_BYTES // 1_000_000
            raise BackupError(
                f"磁盘快满了（{self._folder} 所在磁盘的可用空间不足 {room} MB），备份没有做成。"
            )


@contextmanager
def written_whole(target: Path) -> Iterator[IO[bytes]]:
    """`target` is the whole new file or, whatever happens, what it was before."""
    _may_replace(target)
    try:
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise BackupError(f"无法写入 {target.parent}：{reason(error)}。") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    except OSError as error:
        raise BackupError(f"备份没有做成：{reason(error)}。原有的备份没有动。") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _may_replace(target: Path) -> None:
    """A backup takes the place of a backup and of nothing else."""
    if target.exists() and not is_backup(target):
        raise BackupError(f"{target} 已经存在，而且不是备份。请换一个文件名。")


def is_backup(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as found:
            return MANIFEST in found.namelist()
    except (*_BROKEN, OSError):
        return False


class Writer:
    """Parts first, one at a time; then `close` with the manifest, which lists them."""

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._watch = _Watch(folder)
        self.parts: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Of a backup that failed too: the library would try it later, on a file that is gone."""
        with contextlib.suppress(OSError, ValueError):
            self._zip.close()

    @contextmanager
    def part(self, name: str, *, packed: bool = True) -> Iterator[Hashed]:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as raw:
            sink = Hashed(raw, self._watch)
            yield sink
        self.parts[name] = {"sha256": sink.digest, "bytes": sink.size}

    def add(self, name: str, data: bytes) -> None:
        with self.part(name) as sink:
            sink.write(data)

    def close(self, manifest: dict[str, Any]) -> None:
        whole = {"product": PRODUCT, "format": FORMAT} | manifest | {"parts": self.parts}
        text = json.dumps(whole, ensure_ascii=False, indent=1).encode()
        self._zip.writestr(MANIFEST, text)
        self._zip.writestr(SEAL, _seal(text))
        self._zip.close()


def _seal(text: bytes) -> str:
    return keyed(b"backup manifest", text).hex()


@dataclass(frozen=True)
class Listed:
    """A photo or attachment of the backup, by its name in the storage."""

    sha256: str
    size: int
    name: str

    @property
    def part(self) -> str:
        return f"files/{self.name}"

    @property
    def line(self) -> bytes:
        return f"{self.sha256}\t{self.size}\t{self.name}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> "Listed":
        sha256, size, name = line.decode().rstrip("\n").split("\t")
        return cls(sha256, int(size), name)


class Reader:
    """Opens what can be a backup of this format; `check` reads all of it once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self._text = self._zip.read(MANIFEST)
            self.manifest: dict[str, Any] = json.loads(self._text)
        except OSError as error:
            raise BackupError(f"无法读取 {path}：{reason(error)}。") from error
        except (*_BROKEN, KeyError, ValueError) as error:
            raise BackupError(f"{path} 不是完整的备份：不是备份文件，或没有传完、被截断。") from error
        if not isinstance(self.manifest, dict) or self.manifest.get("product") != PRODUCT:
            raise BackupError(f"{path} 不是这个系统的备份。")
        if self.manifest["format"] > FORMAT:
            raise BackupError(
                f"这份备份的格式是第 {self.manifest['format']} 版，本程序只认到第 {FORMAT} 版。请用新版本的程序恢复。"
            )

    def sealed_by_us(self) -> bool:
        """Only asked once the audit key is known to be the right one."""
        try:
            seal = self._zip.read(SEAL).decode()
        except (*_BROKEN, KeyError, ValueError):
            return False
        return hmac.compare_digest(seal, _seal(self._text))

    def read(self, name: str) -> bytes:
        with self.open(name) as source:
            return source.read()

    @contextmanager
    def open(self, name: str) -> Iterator[Hashed]:
        try:
            with self._zip.open(name) as raw:
                yield Hashed(raw)
        except (*_BROKEN, KeyError) as error:
            raise BackupError(f"备份已损坏：{name} 缺少或读不出来。") from error

    def stream(self, listed: Listed) -> IO[bytes]:
        return self._zip.open(listed.part)

    def files(self) -> Iterator[Listed]:
        for line in self.read(FILES).splitlines():
            yield Listed.read(line)

    def names(self) -> set[str]:
        return set(self._zip.namelist())

    def digest_of(self, name: str) -> Hashed:
        with self.open(name) as source:
            while source.read(_PIECE):
                pass
        return source
