"""查进度: one matter, found by the family's query code alone (contract, sections 3 and 10).

Wrong codes are limited for each network address and for all together. A code is 50 random bits, so the
limits are for the machine that guesses on, not for the family that mistypes.
"""

import datetime
from dataclasses import dataclass

from accounts import audit, lockout
from accounts.lockout import Limit, Turn
from accounts.models import AuditKind
from grievances.models import Grievance
from grievances.query_codes import hash_of, tidy

SPAN = datetime.timedelta(minutes=10)
PER_ADDRESS = Limit(20, SPAN)
ALTOGETHER = Limit(300, SPAN)
_PURPOSE = "query code"


@dataclass(frozen=True)
class Case:
    """All that a page without sign-in may say of a matter: no name, number, title or content gets this far."""

    number: str
    category: str
    village: str
    state: str
    state_label: str
    voided: bool
    registered_on: datetime.date
    reply_due_on: datetime.date | None
    replied_on: datetime.date | None
    outcome: str
    closed_on: datetime.date | None


@dataclass(frozen=True)
class Answer:
    """`case` was found; or not, whatever the reason; or nothing was looked up and one has to wait."""

    case: Case | None = None
    wait_seconds: int = 0


def look_up(*, code: str, number: str, address: str) -> Answer:
    """The number, where one is given, must be that of the matter."""
    gate = _turn(lockout.key_of_address(address).hex(), PER_ADDRESS)
    if not gate.allowed:
        return Answer(wait_seconds=gate.seconds)
    turn = _turn("", ALTOGETHER)
    if not turn.allowed:
        gate.give_back()
        return Answer(wait_seconds=turn.seconds)
    matter = _matter(code)
    if matter is None or (number and _plain(number) != _plain(matter.number)):
        return Answer()
    # Earlier failures stay: whoever has one code of their own could else guess on for ever.
    gate.give_back()
    turn.give_back()
    return Answer(_case(matter))


def _turn(name: str, limit: Limit) -> Turn:
    turn = lockout.take_turn(lockout.key_of(_PURPOSE, name), limit)
    if turn.first:
        audit.log(AuditKind.SIGN_IN_LOCKED, key="查询码", seconds=turn.seconds)
    return turn


def _matter(code: str) -> Grievance | None:
    meant = tidy(code)
    found = Grievance.objects.select_related("category", "village")
    return found.filter(query_code_hash=hash_of(meant)).first() if meant else None


def _plain(number: str) -> str:
    return "".join(number.split()).upper()


def _case(matter: Grievance) -> Case:
    return Case(
        number=matter.number,
        category=matter.category.name,
        village=matter.village.name,
        state=matter.state,
        state_label=matter.get_state_display(),
        voided=matter.voided_at is not None,
        registered_on=matter.registered_on,
        reply_due_on=matter.reply_due_on,
        replied_on=matter.replied_on,
        outcome=matter.get_outcome_display(),
        closed_on=matter.closed_on,
    )
