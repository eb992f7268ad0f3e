"""The server's epoch (contract, section 3): after a restore phones send again what the backup lacks."""

import uuid

from django.db import transaction

from accounts.models import Epoch
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction


def epoch() -> uuid.UUID:
    """Since when this database goes on without a break; the first to ask begins the first one."""
    found = Epoch.objects.order_by("-began_at").values_list("pk", flat=True).first()
    return found or _first()


def begin_epoch() -> uuid.UUID:
    """After a restore: what phones were told is in may not be."""
    return Epoch.objects.create(began_at=clock.now()).pk


def _first() -> uuid.UUID:
    with transaction.atomic():
        lock_for_transaction("epoch")
        found = Epoch.objects.order_by("-began_at").values_list("pk", flat=True).first()
        return found or begin_epoch()
