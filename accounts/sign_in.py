"""Signing in: the password, the second factor, the session."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import authenticate, load_backend, login
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django_otp import login as verified_by

from accounts import audit, devices, lockout, open_sessions
from accounts.lockout import Turn
from accounts.models import AuditKind, User
from lianhu.kit import clock

_PENDING = "pending"
_PENDING_FOR = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Outcome:
    """`user` came in, or `turn` was refused (`crowded`: for the whole address), or the password is wrong."""

    user: User | None = None
    turn: Turn | None = None
    crowded: bool = False


def try_password(request: HttpRequest, name: str, password: str) -> Outcome:
    """Neither words nor time tell who exists: a name that is nobody's is counted and hashed alike.

    When locked nothing is hashed, for one and the other.
    """
    owner = User.objects.filter(username=name).first()
    device = devices.known_device(request, owner)
    gate = None
    if not device:
        gate = lockout.take_turn(
            lockout.key_of_address(request.META.get("REMOTE_ADDR", "")), lockout.PER_ADDRESS
        )
        if not gate.allowed:
            _log_lock(gate, "address")
            return Outcome(turn=gate, crowded=True)
    turn = lockout.take_turn(lockout.key_of("password", name, device), lockout.per_account())
    if not turn.allowed:
        _log_lock(turn, name)
        return Outcome(turn=turn)
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        audit.log(AuditKind.SIGN_IN_FAILED, key=name[:50])
        return Outcome()
    turn.succeeded()
    if gate:
        gate.give_back()
    return Outcome(user=user)


def own_turn(request: HttpRequest, purpose: str, user: User) -> Turn:
    """For whoever has given the password, or is signed in, and is asked for a code or the password again."""
    device = devices.known_device(request, user)
    turn = lockout.take_turn(lockout.key_of(purpose, user.username, device), lockout.per_account())
    _log_lock(turn, user.username)
    return turn


def _log_lock(turn: Turn, name: str) -> None:
    """The first refusal of a lock says it all; ten thousand would drown the log."""
    if turn.first:
        audit.log(AuditKind.SIGN_IN_LOCKED, key=name[:50], seconds=turn.seconds)


def open_session(request: HttpRequest, user: User, *, phone: bool, verified: Any = None) -> None:
    """Under a new key, so that a session planted before is worth nothing. `verified` is the OTP device."""
    request.session.pop(_PENDING, None)
    with transaction.atomic():
        login(request, user)
        audit.log(
            AuditKind.SIGN_IN,
            user,
            by=user,
            two_factor=verified is not None,
            phone=phone,
            device=devices.of_request(request)["device"],
        )
    if verified is not None:
        verified_by(request, verified)
    open_sessions.begin(request, phone=phone)


@dataclass(frozen=True)
class Pending:
    """Someone whose password was right and whose code is still to come."""

    user: User
    phone: bool
    next: str


def hold(request: HttpRequest, user: Any, *, phone: bool, next: str) -> None:
    """Not signed in: the session only remembers, for five minutes, that the password was right."""
    request.session.cycle_key()
    request.session[_PENDING] = {
        "user": user.pk,
        "backend": user.backend,
        "proof": user.get_session_auth_hash(),
        "at": clock.now().isoformat(),
        "phone": phone,
        "next": next,
    }


def held(request: HttpRequest) -> Pending | None:
    """None when it is too late, or the account was closed or got another password meanwhile."""
    kept = request.session.get(_PENDING)
    if not kept or clock.now() - datetime.datetime.fromisoformat(kept["at"]) > _PENDING_FOR:
        return None
    user = load_backend(kept["backend"]).get_user(kept["user"])
    if not isinstance(user, User) or not constant_time_compare(kept["proof"], user.get_session_auth_hash()):
        return None
    # As authenticate() leaves it.
    user.backend = kept["backend"]
    return Pending(user, kept["phone"], kept["next"])


def verify_session(request: HttpRequest, device: Any) -> None:
    """A session that is signed in already has shown a code: more may be done with it, so its key is new."""
    request.session.cycle_key()
    verified_by(request, device)
