"""The one-time code that opens an account or gives it a new password (contract, section 8).

A code exists in two places: on paper, and here as a keyed hash. It works once, until a day.
"""

import datetime
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts import audit, lockout, open_sessions
from accounts.lockout import Turn
from accounts.models import ActivationCode, AuditKind, User
from accounts.notices import notify
from accounts.settings import setting
from lianhu.kit import clock
from lianhu.kit.privacy import keyed_hash
from registry.account_list import with_columns
from registry.rights import accounts_with, why_no_code
from registry.sign_in import InService

# No 0 O, 1 I L: codes are read off paper. Ten of 31 make 49.5 bits, and tries are limited.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 10


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def tidy(text: str) -> str:
    """What was meant: small letters, full-width signs, blanks and dashes come with typing."""
    return re.sub(r"[\s·・_—–−-]", "", unicodedata.normalize("NFKC", text)).upper()


def _hash(user_id: int, code: str) -> bytes:
    return keyed_hash(f"{user_id}:{code}", "activation code")


def has_code(account: Any) -> bool:
    """One that still works."""
    code = getattr(account, "activation_code", None)
    return code is not None and code.expires_at > clock.now()


@dataclass(frozen=True)
class Slip:
    """What is printed for one person. The code is nowhere else."""

    name: str
    username: str
    unit: str
    code: str
    last_day: datetime.date
    reset: bool
    replaces: bool

    @property
    def groups(self) -> tuple[str, str]:
        return self.code[:5], self.code[5:]


@dataclass(frozen=True)
class Chosen:
    """Those picked for printing: who may have a slip, who has not and why, and what a slip would undo."""

    fine: list[Any]
    refused: list[tuple[Any, str]]
    activated: list[Any]
    printed: list[Any]


class AskFirst(Exception):
    """Nothing was printed: the person should see first what the slips would undo."""

    def __init__(self, chosen: Chosen) -> None:
        super().__init__()
        self.chosen = chosen


def issue_codes(
    usernames: Sequence[str], *, by: User, confirmed_at: datetime.datetime | None = None
) -> list[Slip]:
    """New codes for these accounts, in place of older ones. PermissionDenied for one that is not `by`'s.

    Asks first when somebody is activated or has a code that still works, unless that was so before
    `confirmed_at`. So a double tap asks, instead of leaving paper whose codes are dead.
    """
    with transaction.atomic():
        chosen = _choose(usernames, by=by, confirmed_at=confirmed_at)
        if chosen.refused or chosen.activated or chosen.printed or not chosen.fine:
            raise AskFirst(chosen)
        last_day = clock.today() + datetime.timedelta(days=setting("activation_days"))
        slips = [_slip(account, last_day) for account in chosen.fine]
        _write(chosen.fine, slips, by=by)
    return slips


def issue_code_at_the_server(username: str) -> Slip:
    """For whoever runs the server: the first system admin has nobody to print a slip.

    Raise ValidationError with the reason when the account may have none.
    """
    today = clock.today()
    with transaction.atomic():
        account = with_columns(User.objects.filter(username=username), today).first()
        if account is None:
            raise ValidationError(f"没有账号 {username}")
        if not InService().user_can_authenticate(account):
            raise ValidationError(f"账号 {username} 已停用或已离岗")
        slip = _slip(account, today + datetime.timedelta(days=setting("activation_days")))
        _write([account], [slip], by=None)
    return slip


def _choose(usernames: Sequence[str], *, by: User, confirmed_at: datetime.datetime | None) -> Chosen:
    """The rows are locked: of two who print for one person the second sees the first one's code."""
    today = clock.today()
    held = list(
        accounts_with(by, "issue_codes")
        .filter(username__in=usernames)
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk", flat=True)
    )
    if len(held) != len(set(usernames)):
        raise PermissionDenied("issue_codes")
    accounts = list(with_columns(User.objects.filter(pk__in=held), today).order_by("username"))
    reasons = {account.pk: why_no_code(account, by, on=today) for account in accounts}
    fine = [account for account in accounts if not reasons[account.pk]]

    def is_news(at: datetime.datetime | None) -> bool:
        return bool(at and (confirmed_at is None or at > confirmed_at))

    return Chosen(
        fine=fine,
        refused=[(account, reasons[account.pk]) for account in accounts if reasons[account.pk]],
        activated=[account for account in fine if is_news(account.activated_at)],
        printed=[
            account for account in fine if has_code(account) and is_news(account.activation_code.issued_at)
        ],
    )


def _slip(account: Any, last_day: datetime.date) -> Slip:
    return Slip(
        name=account.name,
        username=account.username,
        unit=account.unit_name or "",
        code=new_code(),
        last_day=last_day,
        reset=account.activated_at is not None,
        replaces=has_code(account),
    )


def _write(accounts: list[Any], slips: list[Slip], *, by: User | None) -> None:
    now = clock.now()
    expires_at = clock.midnight(slips[0].last_day + datetime.timedelta(days=1))
    ActivationCode.objects.bulk_create(
        [
            ActivationCode(
                user=account,
                code_hash=_hash(account.pk, slip.code),
                expires_at=expires_at,
                issued_at=now,
                issued_by=by,
            )
            for account, slip in zip(accounts, slips, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["code_hash", "expires_at", "issued_at", "issued_by"],
    )
    for account, slip in zip(accounts, slips, strict=True):
        audit.log(AuditKind.CODE_ISSUED, account, by=by, until=slip.last_day.isoformat(), reset=slip.reset)
    notify(
        [account for account in accounts if account.activated_at],
        key=f"code issued {now.isoformat()}",
        title="有人为您的账号打印了激活条",
        body="凭激活条可以换一个新密码；没有用它以前，现在的密码照常能用。如果不是您要求的，请马上告诉系统管理员。",
        url=reverse("account"),
    )


def try_activation(*, username: str, code: str, password: str, address: str) -> tuple[bool, Turn]:
    """Whether the account is active now, and the turn that was taken; a refused turn checks nothing.

    Counted for the 工号 and the network address together: whoever guesses from elsewhere locks nobody out.
    Raise ValidationError for a password that its owner may not have; the code is not used up by that.
    """
    gate = lockout.take_turn(lockout.key_of_address(address), lockout.PER_ADDRESS)
    if not gate.allowed:
        return False, gate
    turn = lockout.take_turn(lockout.key_of("activation", username, address), lockout.per_account())
    if not turn.allowed:
        if turn.first:
            audit.log(AuditKind.SIGN_IN_LOCKED, key=username, activation=True, seconds=turn.seconds)
        return False, turn
    try:
        done = activate(username, code, password)
    except ValidationError:
        turn.give_back()
        gate.give_back()
        raise
    if done:
        turn.succeeded()
        gate.give_back()
    else:
        audit.log(AuditKind.SIGN_IN_FAILED, key=username, activation=True)
    return done, turn


def activate(username: str, code: str, password: str) -> bool:
    """Give the account the password if the code is its own and still works; False tells no reason.

    The code is taken and the password set in one transaction, and whoever deletes the row has it:
    of two requests at once one wins. All sessions end, since a reset may be for a stolen password.
    """
    with transaction.atomic():
        # The account first, then its code: in the order of `issue_codes`.
        rows = User.objects.select_for_update(of=("self",)).select_related("cadre")
        user = rows.filter(username=username).first()
        user_id = user.pk if user and InService().user_can_authenticate(user) else 0
        works = Q(user=user_id, code_hash=_hash(user_id, tidy(code)), expires_at__gt=clock.now())
        taken, _ = ActivationCode.objects.filter(works).delete()
        if not (user and taken):
            return False
        validate_password(password, user)
        user.set_password(password)
        user.activated_at = clock.now()
        user.save(update_fields=["password", "activated_at"])
        open_sessions.end_others(user, None, by=user)
        audit.log(AuditKind.ACTIVATED, user, by=user)
    return True
