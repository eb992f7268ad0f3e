"""Photos on their way: what has come of each, a file a photo under media/photos-partial/<user id>/."""

import datetime
import fcntl
import os
import uuid
from pathlib import Path

from django.conf import settings

from accounts.models import User

KEPT = datetime.timedelta(days=3)


class WrongOffset(Exception):
    """What came does not follow what is there: go on from `received`."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class Partial:
    def __init__(self, photo_id: uuid.UUID, *, of: User) -> None:
        self.path = _root() / str(of.pk) / str(photo_id)

    @property
    def received(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, piece: bytes, *, at: int, total: int) -> int:
        """Return how much is there now. Of two senders of the same piece one is told that it is there."""
        self._make_folder()
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | (0 if at else os.O_CREAT), 0o600)
        except FileNotFoundError:
            raise WrongOffset(0) from None
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            there = os.fstat(descriptor).st_size
            if there > total:
                # Another file under the same id: it begins anew.
                file.truncate(there := 0)
            if there != at:
                raise WrongOffset(there)
            try:
                rest = memoryview(piece)
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(there)
                raise
            return there + len(piece)

    def read(self) -> bytes:
        return self.path.read_bytes()

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        root = _root()
        root.parent.mkdir(parents=True, exist_ok=True)
        for folder in (root, self.path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)


def sweep_partials(now: datetime.datetime) -> None:
    """What nobody went on with for three days; the phone still has it, and begins anew."""
    for path in _root().glob("*/*"):
        if path.stat().st_mtime < (now - KEPT).timestamp():
            path.unlink(missing_ok=True)


def _root() -> Path:
    return Path(settings.MEDIA_ROOT) / "photos-partial"
