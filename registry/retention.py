"""What is kept no longer than it is needed (contract, section 8). There are no photos yet to be removed."""

import datetime

from django.db import connection, transaction

from accounts import audit
from accounts.models import AuditKind
from accounts.settings import setting


def remove_id_numbers(*, on: datetime.date) -> int:
    """Remove ID numbers of households closed `id_number_years` years before the day, or earlier.

    A household closed on 29 February is due on the 28th where that year has no 29th. Done again it finds
    nothing; each removal is logged by the database, the round by one entry with its count.
    """
    years = setting("id_number_years", on=on)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE registry_household SET id_number_sealed = NULL, id_number_hash = NULL
                   WHERE closed_on + make_interval(years => %s) <= %s
                     AND num_nonnulls(id_number_sealed, id_number_hash) > 0""",
                [years, on],
            )
            removed = int(cursor.rowcount)
        if removed:
            audit.log(
                AuditKind.ERASED, key="销户户的身份证号", rows=removed, reason=f"销户满 {years} 年，到期清除"
            )
    return removed
