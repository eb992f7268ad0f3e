"""公示照片: chosen by a person, blacked out, painted anew; the photo itself never leaves (contract, section 4)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from accounts.models import User
from grievances.models import Attachment, Grievance, PublicPhoto
from grievances.public_files import FOLDER, delete_after
from grievances.publication import draft_to_change
from lianhu.kit import clock
from lianhu.kit.images import blacked_out
from visits.kept_files import delete_files, photo_storage
from visits.models import Photo, Visit
from visits.photos import room

A_NOTICE = 9
# Left, top, width and height in thousandths of the photo's sides.
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Source:
    """A photo of the visit at which the matter was heard, or one added to the matter."""

    photo: Photo | None = None
    attachment: Attachment | None = None

    @property
    def row(self) -> Photo | Attachment:
        row = self.photo or self.attachment
        assert row is not None
        return row

    @property
    def word(self) -> str:
        """How a page names it."""
        return f"{'photo' if self.photo else 'file'}-{self.row.pk}"


def sources(matter: Grievance, user: User) -> list[Source]:
    """What this person may choose from."""
    visits = Visit.objects.visible_to(user).filter(pk=matter.visit_id)
    photos = Photo.objects.filter(visit__in=visits).exclude(file="").order_by("added_at", "pk")
    pictures = matter.attachments.filter(content_type="image/jpeg").exclude(file="")
    return [*(Source(photo=each) for each in photos), *(Source(attachment=each) for each in pictures)]


def choose(
    matter_pk: int,
    source: Source,
    boxes: Sequence[Box],
    description: str,
    *,
    by: User,
    instead_of: uuid.UUID | None = None,
) -> PublicPhoto:
    """Paint the photo with its boxes and put it to the draft, `instead_of` one that was painted before.

    Raise PermissionDenied, ValidationError or StorageFull.
    """
    pk, written = uuid.uuid4(), list[str]()
    try:
        with transaction.atomic():
            text = draft_to_change(matter_pk, by=by)
            if instead_of is not None:
                _drop(text.photos.filter(pk=instead_of))
            if text.photos.count() >= A_NOTICE:
                raise ValidationError(f"一次公示最多 {A_NOTICE} 张照片", code="too_many")
            name = f"{FOLDER}/{str(pk)[:2]}/{pk}.jpg"
            painted = blacked_out(_read(source.row.file), boxes)
            with room():
                written.append(name)
                photo_storage().save(name, ContentFile(painted))
            return PublicPhoto.objects.create(
                id=pk,
                publication=text,
                photo=source.photo,
                attachment=source.attachment,
                boxes=[list(box) for box in boxes],
                file=name,
                description=description,
                chosen_at=clock.now(),
                chosen_by=by,
            )
    except BaseException:
        _take_back(pk, written)
        raise


def remove(matter_pk: int, pk: uuid.UUID, *, by: User) -> None:
    """From the draft; done again it finds nothing."""
    with transaction.atomic():
        _drop(draft_to_change(matter_pk, by=by).photos.filter(pk=pk))


def _drop(photos: "QuerySet[PublicPhoto]") -> None:
    rows = list(photos)
    PublicPhoto.objects.filter(pk__in=[row.pk for row in rows]).delete()
    delete_after([row.file for row in rows])


def _read(name: str) -> bytes:
    try:
        with photo_storage().open(name) as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise ValidationError("这张照片已经清除，请选别的", code="gone") from None


def _take_back(pk: uuid.UUID, written: Sequence[str]) -> None:
    """Unless the row is there after all: a connection may break after the commit."""
    if not written:
        return
    try:
        kept = PublicPhoto.objects.filter(pk=pk).exists()
    except DatabaseError:
        return
    if not kept:
        delete_files(written)
