"""Files of 公示照片: they go with the notice that showed them; what no row names is swept away."""

import datetime
from collections.abc import Sequence

from django.db import transaction

from grievances.models import Publication, PublicPhoto
from visits.kept_files import delete_files, let_go, sweep

FOLDER = "public"


def drop_files_of(text: Publication) -> None:
    """It comes down: the rows stay, as the fact that there were photos."""
    let_go(text.photos.exclude(file=""), "file")


def delete_after(names: Sequence[str]) -> None:
    kept = [name for name in names if name]
    transaction.on_commit(lambda: delete_files(kept))


def sweep_files(now: datetime.datetime) -> int:
    return sweep(FOLDER, _named, now)


def _named(folder: str, found: set[str]) -> set[str]:
    return set(PublicPhoto.objects.filter(file__startswith=f"{folder}/").values_list("file", flat=True))
