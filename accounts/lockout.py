"""How often a password or a code may be tried (contract, section 8).

Five failures lock an account for fifteen minutes, for devices it does not know. A known device has a
counter of its own, so nobody can be locked out on purpose, and a stolen device cannot guess for ever.

django-axes counts by name, address and user agent. None of these is a device that the attacker does not
choose: whoever knows a name could either lock its owner out or, with a new user agent each time, guess on.
"""

import datetime
import ipaddress
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Attempt
from accounts.settings import setting
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.privacy import keyed_hash

# Longer than twice the longest lock that can be set.
KEPT = datetime.timedelta(days=3)


@dataclass(frozen=True)
class Limit:
    """So many failures within the span lock for as long as the span, counted from the last of them."""

    failures: int
    span: datetime.timedelta

    def locked_until(self, moments: list[datetime.datetime]) -> datetime.datetime | None:
        """`moments` of failures, newest first, reaching back two spans."""
        if len(moments) < self.failures or moments[0] - moments[self.failures - 1] >= self.span:
            return None
        until = moments[0] + self.span
        return until if clock.now() < until else None


# Of one network address, for unknown devices only: a county behind one address comes in with known ones.
PER_ADDRESS = Limit(60, datetime.timedelta(minutes=1))


def per_account() -> Limit:
    return Limit(setting("lock_failures"), datetime.timedelta(minutes=setting("lock_minutes")))


def key_of(purpose: str, name: str, device: str = "") -> bytes:
    """Names that do not exist have keys like those that do. Nobody is named by a key."""
    return keyed_hash(f"{purpose}\x1f{name}\x1f{device}", "lockout")


def key_of_address(address: str) -> bytes:
    """An IPv6 customer owns a whole /64: it is one address here."""
    try:
        parsed = ipaddress.ip_address(address)
        if parsed.version == 6:
            address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    except ValueError:
        pass  # a socket without an address: all of these are one
    return keyed_hash(address, "lockout address")


@dataclass(frozen=True)
class Turn:
    """Leave to check once, or none `until` a moment. `first`: the first refusal of this lock, to be logged."""

    key: bytes
    attempt: int | None = None
    until: datetime.datetime | None = None
    first: bool = False

    @property
    def allowed(self) -> bool:
        return self.until is None

    @property
    def seconds(self) -> int:
        """How long to wait."""
        return max(1, round((self.until - clock.now()).total_seconds())) if self.until else 0

    def succeeded(self) -> None:
        """Failures before a success are forgotten."""
        Attempt.objects.filter(key=self.key).delete()

    def give_back(self) -> None:
        """Only this one is not counted."""
        if self.attempt is not None:
            Attempt.objects.filter(pk=self.attempt).delete()


def take_turn(key: bytes, limit: Limit) -> Turn:
    """Reserve a check before making it: tries at the same time get no more of them than the limit.

    Must not run inside a transaction that is rolled back when the check fails. A refusal costs one
    query and adds nothing, so trying on does not make the lock longer.
    """
    until, told = _look(key, limit)
    if until and told:
        return Turn(key, until=until)
    with transaction.atomic():
        lock_for_transaction(f"lockout {key.hex()}")
        until, told = _look(key, limit)
        if until is None:
            return Turn(key, attempt=_add(key))
        if not told:
            _add(_told_key(key))
        return Turn(key, until=until, first=not told)


def _look(key: bytes, limit: Limit) -> tuple[datetime.datetime | None, bool]:
    """Until when it is locked, and whether a refusal of this lock has been told already."""
    since = clock.now() - 2 * limit.span
    rows = Attempt.objects.filter(key__in=[key, _told_key(key)], at__gt=since).order_by("-at", "-pk")
    # Two spans hold at most three locks.
    found = [(bytes(each), at) for each, at in rows.values_list("key", "at")[: limit.failures + 3]]
    failures = [at for each, at in found if each == key]
    told = [at for each, at in found if each != key]
    until = limit.locked_until(failures)
    return until, bool(until and told and told[0] >= failures[0])


def _told_key(key: bytes) -> bytes:
    return keyed_hash(key.hex(), "lockout told")


def _add(key: bytes) -> int:
    return Attempt.objects.create(key=key, at=clock.now()).pk


def purge(now: datetime.datetime) -> None:
    Attempt.objects.filter(at__lt=now - KEPT).delete()
