"""Files of 公示照片: they go with the notice that showed them; what no row names is swept away."""

import datetime
from collections.abc import Sequence

from django.db import transaction

from grievances.models import Publication, PublicPhoto
from visits.photos import LEFT_BEHIND, delete_files, listed, photo_storage

FOLDER = "public"


def drop_files_of(text: Publication) -> None:
    """It comes down: the rows stay, as the fact that there were photos."""
    names = list(text.photos.exclude(file="").values_list("file", flat=True))
    text.photos.update(file="")
    delete_after(names)


def delete_after(names: Sequence[str]) -> None:
    kept = [name for name in names if name]
    transaction.on_commit(lambda: delete_files(kept))


def sweep_files(now: datetime.datetime) -> int:
    """Delete files that no row names: a process was killed between the one and the other."""
    storage, swept = photo_storage(), 0
    for part in listed(storage, FOLDER)[0]:
        folder = f"{FOLDER}/{part}"
        found = {f"{folder}/{name}" for name in listed(storage, folder)[1]}
        rows = PublicPhoto.objects.filter(file__startswith=f"{folder}/").values_list("file", flat=True)
        old = [name for name in found.difference(rows) if storage.get_modified_time(name) < now - LEFT_BEHIND]
        delete_files(old)
        swept += len(old)
    return swept
