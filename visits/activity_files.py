"""Photos and documents of an activity: checked by content, kept outside the web root (contract, section 5).

A row and its files come and go together; what a killed process leaves behind has no row, and is found by
`sweep_files`.
"""

import datetime
import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from accounts.models import User
from lianhu.kit import clock
from lianhu.kit.documents import BY_SUFFIX, DocumentType, NotADocument, looks_like_a_document, read_document
from lianhu.kit.images import MAX_BYTES, NotAPhoto, read_photo
from visits.activity_rights import rights_over_activity, words_for
from visits.kept_files import A_ROUND, delete_files, let_go, photo_storage, remove_by_age, sweep
from visits.models import Activity, ActivityFile
from visits.photos import Refused, StorageFull, room

AN_ACTIVITY = 20
_FOLDER = "activities"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class NotKept:
    """A file of several, and why; the others are in."""

    name: str
    error: Exception


def attach(activity: Activity, uploads: Iterable["UploadedFile[Any]"], *, by: User) -> list[NotKept]:
    """Keep the good ones, return the others. The same file again is the same attachment."""
    if not rights_over_activity(by, activity, on=clock.today()).change:
        raise PermissionDenied
    faults = []
    for upload in uploads:
        try:
            _keep(activity, upload.read(MAX_BYTES + 1), _name_of(upload), by)
        except (NotAPhoto, NotADocument, Refused, StorageFull) as error:
            faults.append(NotKept(upload.name or "", error))
    return faults


@transaction.atomic
def take_away(file: ActivityFile, *, by: User) -> None:
    """By whoever may change the activity. The row stays, as the fact that there was one."""
    activity = Activity.objects.select_for_update(of=("self",)).get(pk=file.activity_id)
    if not rights_over_activity(by, activity, on=clock.today()).change:
        raise PermissionDenied
    _remove(ActivityFile.objects.filter(pk=file.pk).exclude(file="").select_for_update())


def visible_files(user: Any) -> "QuerySet[ActivityFile]":
    """Of the activities that one sees; of a 谈心谈话 for its two people and the office alone."""
    activities = Activity.objects.visible_to(user).filter(words_for(user))
    return ActivityFile.objects.exclude(file="").filter(activity__in=activities.values("pk"))


def type_of(file: ActivityFile) -> DocumentType:
    return BY_SUFFIX[file.file.rpartition(".")[2]]


def name_to_save(file: ActivityFile) -> str:
    """As it was called, with the ending of what it is."""
    suffix = f".{type_of(file).suffix}"
    return file.name if file.name.lower().endswith(suffix) else f"{file.name}{suffix}"


def _name_of(upload: "UploadedFile[Any]") -> str:
    """As the sender called it, without what would turn or hide its letters."""
    return _CONTROL.sub("", upload.name or "").strip()[-100:] or "附件"


def _keep(activity: Activity, data: bytes, name: str, by: User) -> None:
    """Only what came is told apart by its digest: a photo is painted anew."""
    digest = hashlib.sha256(data).hexdigest()
    pk = uuid.uuid5(uuid.NAMESPACE_OID, f"activity {activity.pk} {digest}")
    stem = f"{_FOLDER}/{str(pk)[:2]}/{pk}"
    if looks_like_a_document(data):
        bodies = {f"{stem}.{read_document(data).suffix}": data}
    else:
        picture = read_photo(data)
        bodies = {f"{stem}.jpg": picture.image, f"{stem}-small.jpg": picture.thumbnail}
    written: list[str] = []
    try:
        with transaction.atomic():
            now = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
            there = ActivityFile.objects.filter(pk=pk).first()
            if there is None or not there.file:
                _check_room(now)
                _write(pk, now, name, bodies, digest, by, written)
    except BaseException:
        _take_back(pk, written)
        raise


def _check_room(activity: Activity) -> None:
    if activity.voided_at is not None:
        raise Refused("这次活动已作废，不再收附件")
    if activity.files.exclude(file="").count() >= AN_ACTIVITY:
        raise Refused(f"一次活动最多 {AN_ACTIVITY} 个附件")


def _write(
    pk: uuid.UUID,
    activity: Activity,
    name: str,
    bodies: Mapping[str, bytes],
    digest: str,
    by: User,
    written: list[str],
) -> None:
    with room():
        for each, body in bodies.items():
            written.append(each)
            photo_storage().save(each, ContentFile(body))
    first, *others = bodies
    ActivityFile.objects.update_or_create(
        id=pk,
        defaults={
            "activity": activity,
            "is_photo": bool(others),
            "name": name,
            "file": first,
            "thumbnail": others[0] if others else "",
            "digest": digest,
            "size": len(bodies[first]),
            "added_at": clock.now(),
            "added_by": by,
            "removed_at": None,
        },
    )


def _take_back(pk: uuid.UUID, written: list[str]) -> None:
    """Unless the row is there after all: a connection may break after the commit."""
    if not written:
        return
    try:
        kept = ActivityFile.objects.filter(pk=pk).exclude(file="").exists()
    except DatabaseError:
        return
    if not kept:
        delete_files(written)


# --- going out ---------------------------------------------------------------------------------


def remove_files_of(activities: "QuerySet[Activity]") -> None:
    """On a family's request (contract, section 8)."""
    _remove(ActivityFile.objects.filter(activity__in=activities).exclude(file="").select_for_update())


def remove_old(*, on: datetime.date) -> int:
    """Photos. Documents stay: they are papers."""
    kept = ActivityFile.objects.filter(is_photo=True).exclude(file="").select_for_update()
    return remove_by_age("活动照片", lambda ended: _remove(kept.filter(added_at__lt=ended)[:A_ROUND]), on=on)


def _remove(files: "QuerySet[ActivityFile]") -> int:
    return let_go(files, "file", "thumbnail", removed_at=clock.now())


def sweep_files(now: datetime.datetime) -> int:
    return sweep(_FOLDER, _named, now)


def _named(folder: str, found: set[str]) -> set[str]:
    rows = ActivityFile.objects.filter(file__startswith=f"{folder}/")
    return set(chain(*rows.values_list("file", "thumbnail")))
