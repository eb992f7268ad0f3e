"""The chain's checkpoints outside the database, and how a restore exchanges them.

A database that is replaced takes its checkpoints along, but files and rows cannot change in one step. So those of the
backup are laid beside, named by the epoch that the restore begins, before it commits; whoever next has the chain to
himself looks whether that epoch came about, and puts them in place or throws them away.
"""

import datetime
import os
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from accounts.models import Epoch

_STAGED, _DRAFT = "restore-", ".restore-"


def checkpoints_file() -> Path:
    return Path(settings.AUDIT_DIR) / "checkpoints.jsonl"


def head_file() -> Path:
    return Path(settings.AUDIT_DIR) / "head.json"


def stage(epoch: uuid.UUID, found: Mapping[str, bytes], *, on: datetime.date) -> None:
    """The backup's files by their names, whole and on the disk."""
    folder = Path(settings.AUDIT_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob(f"{_DRAFT}*"):
        shutil.rmtree(left)
    draft = _draft()
    for name, data in found.items():
        _write(draft / name, data)
    draft.rename(folder / f"{_STAGED}{on}-{epoch}")
    _settle(folder)


def exchange() -> None:
    """What a restore has laid beside. Killed on the way it is done again from the beginning, to the same end.

    Those of the database that was replaced are kept: a cut tail is what checkpoints are there to show, and here one is
    cut on purpose.
    """
    folder = Path(settings.AUDIT_DIR)
    for staged in sorted(folder.glob(f"{_STAGED}????-??-??-*")):
        epoch = _epoch_of(staged.name)
        if epoch is None:
            continue
        # Waits while the restore is still under way, which has the table to itself.
        if Epoch.objects.filter(pk=epoch).exists():
            _keep(folder / f"before-{staged.name}")
            for path in (checkpoints_file(), head_file()):
                _take_over(staged / path.name, path)
            _settle(folder)
        gone = _draft() / staged.name
        staged.rename(gone)
        shutil.rmtree(gone.parent)


def _epoch_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name[-36:])
    except ValueError:
        return None


def _keep(aside: Path) -> None:
    present = [path for path in (checkpoints_file(), head_file()) if path.exists()]
    if aside.exists() or not present:
        return
    draft = _draft()
    for path in present:
        _write(draft / path.name, path.read_bytes())
    draft.rename(aside)
    _settle(aside.parent)


def _take_over(source: Path, path: Path) -> None:
    if not source.exists():
        path.unlink(missing_ok=True)
        return
    draft = _draft()
    _write(draft / path.name, source.read_bytes())
    (draft / path.name).replace(path)
    draft.rmdir()


def _draft() -> Path:
    return Path(tempfile.mkdtemp(prefix=_DRAFT, dir=settings.AUDIT_DIR))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
