"""Photos of a visit: checked, painted anew, kept while they may be kept (contract, sections 3 and 8).

Photos are optional and count for nothing. A row and its two files come and go together; what a killed process
leaves behind has no row, and is found by `sweep_files`.
"""

import datetime
import errno
import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from accounts.models import SyncItem, User
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.images import MAX_BYTES, NotAPhoto, Picture, read_photo
from registry.models import Household
from visits.kept_files import A_ROUND, delete_files, let_go, photo_storage, remove_by_age, sweep
from visits.models import Photo, Visit
from visits.partials import Partial
from visits.rights import rights_over_visit

A_VISIT = 9
_PIECE = 64 * 1024


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Refused(ValueError):
    """For good, by what the visit is; the reason is for the person."""


class VisitNotThere(Exception):
    """The visit has not come (yet); its photo waits on the phone."""


class OtherAuthor(Exception):
    """The visit is another person's."""


class StorageFull(Exception):
    """No room for it on the server; nothing was written."""

    def __str__(self) -> str:
        return "服务器的存储空间已满，照片没有存上，请稍后再传"


@dataclass(frozen=True)
class NotKept:
    """A file of several, and why; the others are in."""

    name: str
    error: NotAPhoto | Refused | StorageFull


# --- coming in ---------------------------------------------------------------------------------


def receive_photo(
    photo_id: uuid.UUID, *, item: uuid.UUID, offset: int, total: int, body: Readable, by: User
) -> tuple[int, bool]:
    """Take the bytes from the offset on; return how many are there, and whether the photo is in.

    `item` is the visit as its phone named it. What came of a broken connection stays. Raise WrongOffset to be
    gone on from, VisitNotThere, OtherAuthor, StorageFull; NotAPhoto and Refused are for good.
    """
    visit = _visit_of(item, by)
    if Photo.objects.filter(pk=photo_id, visit=visit).exists():
        return total, True
    partial = Partial(photo_id, of=by)
    with room():
        received = partial.append(b"", at=offset, total=total)
        while received < total and (piece := body.read(min(_PIECE, total - received))):
            received = partial.append(piece, at=received, total=total)
    if received < total:
        return received, False
    try:
        keep_photo(photo_id, partial.read(), visit_id=visit.pk, by=by)
    except (NotAPhoto, Refused):
        partial.drop()
        raise
    partial.drop()
    return total, True


def received_of(photo_id: uuid.UUID, *, by: User) -> tuple[int, bool]:
    done = Photo.objects.filter(pk=photo_id, added_by=by).exists()
    return Partial(photo_id, of=by).received, done


def add_photos(visit: Visit, uploads: Iterable["UploadedFile[Any]"], *, by: User) -> list[NotKept]:
    """From the page of one's own visit: keep the good ones, return the others.

    The same file again is the same photo.
    """
    if not rights_over_visit(by, visit, on=clock.today()).answer:
        raise PermissionDenied
    faults = []
    for upload in uploads:
        try:
            data = upload.read(MAX_BYTES + 1)
            photo_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{visit.pk} {hashlib.sha256(data).hexdigest()}")
            keep_photo(photo_id, data, visit_id=visit.pk, by=by)
        except (NotAPhoto, Refused, StorageFull) as error:
            faults.append(NotKept(upload.name or "", error))
    return faults


def keep_photo(photo_id: uuid.UUID, data: bytes, *, visit_id: int, by: User) -> Photo:
    """One photo of a visit, once however often it is sent; at most nine a visit."""
    picture = read_photo(data)
    written: list[str] = []
    try:
        with transaction.atomic():
            # In the order in which a removal on request locks them.
            Household.objects.select_for_update(no_key=True).get(visits=visit_id)
            visit = Visit.objects.select_for_update().select_related(None).get(pk=visit_id)
            lock_for_transaction(f"photo:{photo_id}")
            found = Photo.objects.filter(pk=photo_id).first()
            if found is None:
                found = _write(photo_id, picture, visit, by, written)
            elif found.visit_id != visit.pk:
                raise Refused("这张照片已经在另一次走访里")
            return found
    except BaseException:
        _take_back(photo_id, written)
        raise


def _write(photo_id: uuid.UUID, picture: Picture, visit: Visit, by: User, written: list[str]) -> Photo:
    if visit.household.erased_at is not None:
        raise Refused("这户的资料已应要求遮蔽，不再收照片")
    if visit.photos.filter(removed_at__isnull=True).count() >= A_VISIT:
        raise Refused(f"一次走访最多 {A_VISIT} 张照片")
    folder = str(photo_id)[:2]
    names = [f"{folder}/{photo_id}.jpg", f"{folder}/{photo_id}-small.jpg"]
    with room():
        for name, body in zip(names, (picture.image, picture.thumbnail), strict=True):
            written.append(name)
            photo_storage().save(name, ContentFile(body))
    return Photo.objects.create(
        id=photo_id,
        visit=visit,
        file=names[0],
        thumbnail=names[1],
        digest=picture.digest,
        width=picture.width,
        height=picture.height,
        taken_at=picture.taken_at,
        longitude=picture.longitude,
        latitude=picture.latitude,
        added_at=clock.now(),
        added_by=by,
    )


def _take_back(photo_id: uuid.UUID, written: list[str]) -> None:
    """Unless the row is there after all: a connection may break after the commit."""
    if not written:
        return
    try:
        kept = Photo.objects.filter(pk=photo_id).exists()
    except DatabaseError:
        return
    if not kept:
        delete_files(written)


def _visit_of(item: uuid.UUID, by: User) -> Visit:
    sent = SyncItem.objects.filter(pk=item, kind="visit").first()
    if sent is None:
        raise VisitNotThere
    if sent.author_id != by.pk:
        raise OtherAuthor
    visit: Visit = Visit.objects.get(pk=sent.subject_id)
    return visit


@contextmanager
def room() -> Iterator[None]:
    """A full disk is told as such."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from error
        raise


# --- going out ---------------------------------------------------------------------------------


def remove_photos_of(household: Household) -> int:
    """On the family's request (contract, section 8)."""
    with transaction.atomic():
        return _remove(_there(Photo.objects.filter(visit__household=household)))


def remove_old_photos(*, on: datetime.date) -> int:
    def a_round(ended: datetime.datetime) -> int:
        return _remove(_there(Photo.objects.filter(added_at__lt=ended))[:A_ROUND])

    return remove_by_age("走访照片", a_round, on=on)


def sweep_files(now: datetime.datetime) -> int:
    return sweep("", _named, now)


def _there(photos: "QuerySet[Photo]") -> "QuerySet[Photo]":
    return photos.exclude(file="").select_for_update()


def _remove(photos: "QuerySet[Photo]") -> int:
    """Where it was taken goes with it."""
    return let_go(photos, "file", "thumbnail", longitude=None, latitude=None, removed_at=clock.now())


def _named(folder: str, found: set[str]) -> set[str]:
    ids = {pk for name in found if (pk := _id_of(name))}
    return set(chain(*Photo.objects.filter(pk__in=ids).values_list("file", "thumbnail")))


def _id_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name.rpartition("/")[2].removesuffix(".jpg").removesuffix("-small"))
    except ValueError:
        return None
