"""Photos and PDFs of a matter: checked by content, kept outside the web root (contract, section 4)."""

from django.db import transaction

from grievances.models import Attachment, PublicPhoto
from lianhu.kit import clock
from registry.models import Household
from visits.photos import delete_files


def remove_files_of(household: Household) -> None:
    """On the family's request (contract, section 8). The files go when the caller's transaction is through."""
    attachments = Attachment.objects.filter(grievance__household=household).exclude(file="")
    shown = PublicPhoto.objects.filter(publication__grievance__household=household).exclude(file="")
    names = [name for row in attachments for name in (row.file, row.thumbnail) if name]
    names += shown.values_list("file", flat=True)
    attachments.update(file="", thumbnail="", removed_at=clock.now())
    shown.update(file="")
    transaction.on_commit(lambda: delete_files(names))
