"""Photos and PDFs of a matter: checked by content, kept outside the web root (contract, section 4).

A row and its files come and go together; what a killed process leaves behind has no row, and is found by
`sweep_files`.
"""

import datetime
import hashlib
import re
import uuid
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from accounts.models import User
from grievances.hands import Hand
from grievances.models import Attachment, Grievance, GrievanceAction, PublicPhoto
from grievances.workflow import STEPS
from lianhu.kit import clock
from lianhu.kit.images import MAX_BYTES, NotAPhoto, Picture, read_photo
from registry.models import Household
from visits.kept_files import A_ROUND, delete_files, let_go, photo_storage, remove_by_age, sweep
from visits.photos import NotKept, Refused, StorageFull, room

A_MATTER = 20
PHOTO, PDF = "image/jpeg", "application/pdf"
_FOLDER = "matters"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def may_attach(hand: Hand) -> bool:
    """Whoever may write of its progress, and its desk; while it is open."""
    return hand.matter.is_open and (STEPS[GrievanceAction.NOTE].who(hand) or hand.at_desk)


def attach(matter: Grievance, uploads: Iterable["UploadedFile[Any]"], *, by: User) -> list[NotKept]:
    """Keep the good ones, return the others. The same file again is the same attachment."""
    if not may_attach(Hand(matter, by, clock.today())):
        raise PermissionDenied
    faults = []
    for upload in uploads:
        try:
            _keep(matter, upload.read(MAX_BYTES + 1), _name_of(upload), by)
        except (NotAPhoto, Refused, StorageFull) as error:
            faults.append(NotKept(upload.name or "", error))
    return faults


def _name_of(upload: "UploadedFile[Any]") -> str:
    """As the sender called it, without what would turn or hide its letters."""
    return _CONTROL.sub("", upload.name or "").strip()[-100:] or "附件"


def _keep(matter: Grievance, data: bytes, name: str, by: User) -> Attachment:
    picture = None if data[:1024].lstrip().startswith(b"%PDF-") else read_photo(data)
    if picture is None:
        _check_pdf(data)
    digest = hashlib.sha256(data).hexdigest()
    pk = uuid.uuid5(uuid.NAMESPACE_OID, f"matter {matter.pk} {digest}")
    written: list[str] = []
    try:
        with transaction.atomic():
            # In the order in which a removal on request locks them.
            home = Household.objects.select_for_update(no_key=True).filter(pk=matter.household_id).first()
            now = Grievance.objects.select_for_update(of=("self",)).get(pk=matter.pk)
            found = Attachment.objects.filter(pk=pk).first()
            if found is None:
                _check_room(now, home)
                found = _write(pk, now, name, data, picture, digest, by, written)
            return found
    except BaseException:
        _take_back(pk, written)
        raise


def _check_pdf(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Refused("文件超过 10 MB，请缩小后再传")
    if b"%%EOF" not in data[-2048:]:
        raise Refused("PDF 已损坏或没有传完整，请重新选一份")


def _check_room(matter: Grievance, home: Household | None) -> None:
    if not matter.is_open:
        raise Refused("这件事已经办结，不再收附件")
    if home is not None and home.erased_at is not None:
        raise Refused("这户的资料已应要求遮蔽，不再收附件")
    if matter.attachments.filter(removed_at__isnull=True).count() >= A_MATTER:
        raise Refused(f"一件诉求最多 {A_MATTER} 个附件")


def _write(
    pk: uuid.UUID,
    matter: Grievance,
    name: str,
    data: bytes,
    picture: Picture | None,
    digest: str,
    by: User,
    written: list[str],
) -> Attachment:
    stem = f"{_FOLDER}/{str(pk)[:2]}/{pk}"
    bodies = (
        {f"{stem}.jpg": picture.image, f"{stem}-small.jpg": picture.thumbnail}
        if picture
        else {f"{stem}.pdf": data}
    )
    with room():
        for each, body in bodies.items():
            written.append(each)
            photo_storage().save(each, ContentFile(body))
    names = list(bodies)
    return Attachment.objects.create(
        id=pk,
        grievance=matter,
        name=name,
        content_type=PHOTO if picture else PDF,
        file=names[0],
        thumbnail=names[1] if picture else "",
        digest=digest,
        size=len(bodies[names[0]]),
        added_at=clock.now(),
        added_by=by,
    )


def _take_back(pk: uuid.UUID, written: list[str]) -> None:
    """Unless the row is there after all: a connection may break after the commit."""
    if not written:
        return
    try:
        kept = Attachment.objects.filter(pk=pk).exists()
    except DatabaseError:
        return
    if not kept:
        delete_files(written)


# --- going out ---------------------------------------------------------------------------------


def remove_files_of(household: Household) -> None:
    """On the family's request (contract, section 8)."""
    _remove(Attachment.objects.filter(grievance__household=household).exclude(file=""))
    let_go(PublicPhoto.objects.filter(publication__grievance__household=household).exclude(file=""), "file")


def remove_old(*, on: datetime.date) -> int:
    """Photos, and what was painted of them for the public. PDFs stay: they are papers."""
    return remove_by_age("诉求照片", _a_round, on=on)


def _a_round(ended: datetime.datetime) -> int:
    old = Attachment.objects.filter(content_type=PHOTO, added_at__lt=ended).exclude(file="")
    shown = PublicPhoto.objects.filter(chosen_at__lt=ended).exclude(file="")
    gone = _remove(old.select_for_update(of=("self",))[:A_ROUND])
    return gone + let_go(shown.select_for_update(of=("self",))[:A_ROUND], "file")


def _remove(attachments: "QuerySet[Attachment]") -> int:
    return let_go(attachments, "file", "thumbnail", removed_at=clock.now())


def sweep_files(now: datetime.datetime) -> int:
    return sweep(_FOLDER, _named, now)


def _named(folder: str, found: set[str]) -> set[str]:
    rows = Attachment.objects.filter(file__startswith=f"{folder}/").values_list("file", "thumbnail")
    shown = PublicPhoto.objects.filter(file__startswith=f"{folder}/").values_list("file", flat=True)
    return {*chain(*rows), *shown}
