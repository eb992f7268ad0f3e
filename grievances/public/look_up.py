"""查进度: one matter, found by the family's query code alone (contract, sections 3 and 10).

Wrong codes are limited for each network address and for all together. A code is 50 random bits, so the
limits are for the machine that guesses on, not for the family that mistypes.
"""

import datetime
from dataclasses import dataclass

from django.core import signing

from accounts import audit, lockout
from accounts.lockout import Limit, Turn
from accounts.models import AuditKind
from grievances.models import Filing, Grievance
from grievances.public import ledger
from grievances.query_codes import hash_of, tidy
from grievances.querysets import GrievanceQuerySet

SPAN = datetime.timedelta(minutes=10)
PER_ADDRESS = Limit(20, SPAN)
ALTOGETHER = Limit(300, SPAN)
_PURPOSE = "query code"
# For so long what was found may be answered to without typing the code again.
TICKET = datetime.timedelta(hours=1)
_SALT = "public case"


@dataclass(frozen=True)
class Answer:
    """A matter was found, a filing, or a published number; or nothing, whatever the reason; or one has to wait."""

    matter: Grievance | None = None
    filing: Filing | None = None
    published: str = ""
    wait_seconds: int = 0

    @property
    def found(self) -> bool:
        return bool(self.matter or self.filing or self.published)


def look_up(*, code: str, number: str, address: str) -> Answer:
    """The number, where a code is given too, must be that of the matter; alone it finds what is published."""
    gate = _turn(lockout.key_of_address(address).hex(), PER_ADDRESS)
    if not gate.allowed:
        return Answer(wait_seconds=gate.seconds)
    turn = _turn("", ALTOGETHER)
    if not turn.allowed:
        gate.give_back()
        return Answer(wait_seconds=turn.seconds)
    answer = _by_code(code, number) if code else _by_number(number)
    if answer.found:
        # Earlier failures stay: whoever has one code of their own could else guess on for ever.
        gate.give_back()
        turn.give_back()
    return answer


def _turn(name: str, limit: Limit) -> Turn:
    turn = lockout.take_turn(lockout.key_of(_PURPOSE, name), limit)
    if turn.first:
        audit.log(AuditKind.SIGN_IN_LOCKED, key="查询码", seconds=turn.seconds)
    return turn


def _by_code(code: str, number: str) -> Answer:
    meant = tidy(code)
    if not meant:
        return Answer()
    secret, plain = hash_of(meant), _plain(number)
    # Two look-ups by an index each: OR over the two tables reads them whole.
    matter = _matters().filter(query_code_hash=secret).first()
    filing = (
        None if matter else Filing.objects.select_related("village").filter(query_code_hash=secret).first()
    )
    if filing is not None and filing.grievance_id:
        matter = _matters().get(pk=filing.grievance_id)
    if matter is not None:
        return Answer(matter) if plain in ("", _plain(matter.number)) else Answer()
    # It has no number yet: none can be that of it.
    return Answer(filing=filing) if filing is not None and not plain else Answer()


def _by_number(number: str) -> Answer:
    notice = ledger.one(_plain(number)) or ledger.one(number)
    return Answer(published=notice.number) if notice else Answer()


def _matters() -> GrievanceQuerySet:
    return Grievance.objects.select_related("category", "village", "lead_unit", "parent__lead_unit", "filing")


def _plain(number: str) -> str:
    return "".join(number.split()).upper()


def ticket_of(matter: Grievance) -> str:
    """That its code was known a moment ago. It dies with the code."""
    return signing.dumps([matter.pk, bytes(matter.query_code_hash or b"").hex()], salt=_SALT)


def by_ticket(ticket: str) -> Grievance | None:
    try:
        pk, secret = signing.loads(ticket, salt=_SALT, max_age=TICKET)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    matter: Grievance | None = _matters().filter(pk=pk).first()
    known = matter is not None and bytes(matter.query_code_hash or b"").hex() == secret
    return matter if known else None
