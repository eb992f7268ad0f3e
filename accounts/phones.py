"""What phones said of their queues: kept to help with the next freeze, not as a record of use."""

import datetime

from accounts.models import Phone

KEPT = datetime.timedelta(days=90)


def forget_phones(now: datetime.datetime) -> None:
    """Those not heard of for so long have other troubles than an upload."""
    Phone.objects.filter(contact_at__lt=now - KEPT).delete()
