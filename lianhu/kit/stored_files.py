"""Where files of people are kept: for the owner alone, and on disk before anybody is told so."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class DurableFiles(FileSystemStorage):
    """A name holds its whole file or none: written beside, flushed to the disk, then renamed.

    The same name again replaces it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_overwrite=True, **options)

    def _save(self, name: str, content: "File[bytes]") -> str:
        path = Path(self.path(name))
        self._make_folder(path.parent)
        with _written_beside(path) as file:
            for chunk in content.chunks():
                file.write(chunk)
        return name

    def _make_folder(self, folder: Path) -> None:
        root = Path(self.location)
        root.parent.mkdir(parents=True, exist_ok=True)
        for each in (root, *(root / part for part in _steps(folder.relative_to(root)))):
            each.mkdir(mode=0o700, exist_ok=True)


def _steps(folder: Path) -> list[Path]:
    return [parent for parent in [*reversed(folder.parents), folder] if parent.parts]


@contextmanager
def _written_beside(path: Path) -> Iterator[Any]:
    descriptor, beside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
