"""Photos and attachments: which rows name which files, out of the photo storage and in again, wherever it is.

Not carried: uploads on their way (phones send them again), workbooks waiting to be imported, downloads made.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import File
from django.db import models

from grievances.models import Attachment, PublicPhoto
from lianhu.backup import BackupError
from lianhu.backup.archive import Listed, Reader, Writer
from visits.kept_files import photo_storage
from visits.models import ActivityFile, Photo

# A file is named once, when it is written, and never changed.
COLUMNS: tuple[tuple[type[models.Model], str], ...] = (
    *((Photo, "file"), (Photo, "thumbnail")),
    *((Attachment, "file"), (Attachment, "thumbnail")),
    (PublicPhoto, "file"),
    *((ActivityFile, "file"), (ActivityFile, "thumbnail")),
)
_PIECE = 1 << 20


@dataclass
class Kept:
    """`absent` are named by a row and not there, `damaged` are not what their row says."""

    files: list[Listed] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def named_files() -> list[str]:
    found: set[str] = set()
    for model, column in COLUMNS:
        rows: Any = model._default_manager.exclude(**{column: ""})
        found.update(rows.values_list(column, flat=True))
    return sorted(found)


def known_digests() -> dict[str, str]:
    """Of photos of visits the row has the hash of the very file."""
    return dict(Photo.objects.exclude(file="").values_list("file", "digest"))


def add_file(writer: Writer, name: str, digest: str | None, kept: Kept) -> None:
    try:
        source = photo_storage().open(name)
    except FileNotFoundError:
        kept.absent.append(name)
        return
    # Pictures and PDF are packed already.
    with source, writer.part(f"files/{name}", packed=False) as sink:
        while piece := source.read(_PIECE):
            sink.write(piece)
    # The list of files has its hash: no need to name each twice.
    del writer.parts[f"files/{name}"]
    kept.files.append(Listed(sink.digest, sink.size, name))
    if digest not in (None, sink.digest):
        kept.damaged.append(name)


def put_missing(reader: Reader, files: Iterable[Listed]) -> list[Listed]:
    """Write what is not there; return those that are there as something else.

    What the present database names stays as it is until the restored one holds: files are only added here, and those
    that no row names in the end are swept by night.
    """
    storage, other = photo_storage(), []
    for listed in files:
        if not storage.exists(listed.name):
            put(reader, [listed])
        elif _digest(listed.name) != listed.sha256:
            other.append(listed)
    return other


def put(reader: Reader, files: Iterable[Listed]) -> None:
    for listed in files:
        with reader.stream(listed) as source:
            saved = photo_storage().save(listed.name, File(source, listed.name))
        if saved != listed.name or _digest(saved) != listed.sha256:
            raise BackupError(f"文件 {listed.name} 没有写对，恢复没有完成。")


def _digest(name: str) -> str:
    digest = hashlib.sha256()
    with photo_storage().open(name) as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def faults_of_rows(listed: Iterable[Listed], absent: Iterable[str]) -> list[str]:
    """Restored rows against the files of the backup: both are of the same night, or this names what is not."""
    carried = {each.name: each.sha256 for each in listed}
    named, known = set(named_files()), known_digests()
    faults = [f"库里有记录，备份里没有文件：{name}" for name in sorted(named - set(carried) - set(absent))]
    faults += [f"备份里有文件，库里没有记录：{name}" for name in sorted(set(carried) - named)]
    return faults + [
        f"照片与记录不符：{name}"
        for name, digest in sorted(known.items())
        if name in carried and carried[name] != digest
    ]
