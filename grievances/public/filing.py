"""我要反映: filed by a resident without an account, 待挂号 until the branch decides (contract, section 4).

The form carries a random word of its own. Query code and form id are both made of it with the server's key, so
the same form sent twice (a double tap, an answer lost on the way) is one filing with one code, shown both times,
in whichever order the two arrive; and neither word nor code is stored.
"""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts import audit, lockout
from accounts.lockout import Limit
from accounts.models import AuditKind
from grievances.filings import FILERS_PHONE, phone_of, tell_desk
from grievances.models import Filing, FilingState
from grievances.query_codes import ALPHABET, LENGTH, hash_of
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.privacy import keyed_hash, seal
from registry.models import Village

_PURPOSE = "filing"
# A phone company may put a whole village behind one address.
PER_ADDRESS = Limit(10, datetime.timedelta(hours=1))
A_DAY = datetime.timedelta(days=1)
PER_VILLAGE = 60
ALTOGETHER = 1_500
# For so long a form that comes again is answered as it was: afterwards somebody else may hold the phone.
SHOWN_AGAIN = datetime.timedelta(minutes=10)
_TITLE = 24


@dataclass(frozen=True)
class Filed:
    """With its code; or it came before, with the same words or others; or one has to wait."""

    code: str = ""
    came_before: bool = False
    other_words: bool = False
    wait_seconds: int = 0


def new_form() -> uuid.UUID:
    return uuid.uuid4()


def file(village: Village, words: dict[str, Any], *, address: str) -> Filed:
    """File what the form says; the branch is told. Nobody's limit is used up by what is not written."""
    form_id = uuid.UUID(bytes=keyed_hash(words["form_id"].hex, "filing form"))
    again = _sent_before(village, words, form_id)
    if again is not None:
        return again
    gate = lockout.take_turn(lockout.key_of(_PURPOSE, lockout.key_of_address(address).hex()), PER_ADDRESS)
    if not gate.allowed:
        if gate.first:
            audit.log(AuditKind.SIGN_IN_LOCKED, key="群众反映", seconds=gate.seconds)
        return Filed(wait_seconds=gate.seconds)
    with transaction.atomic():
        # One at a time: the limits hold, and the second of a double tap finds the first.
        lock_for_transaction("filing")
        again = _sent_before(village, words, form_id)
        wait = 0 if again else _wait(village)
        if not again and not wait:
            _write(village, words, form_id)
            return Filed(_code(words["form_id"]))
    gate.give_back()
    return again or Filed(wait_seconds=wait)


def _sent_before(village: Village, words: dict[str, Any], form_id: uuid.UUID) -> Filed | None:
    before = Filing.objects.filter(form_id=form_id).first()
    if before is None:
        return None
    if not _same(before, village, words):
        return Filed(came_before=True, other_words=True)
    shown = before.state == FilingState.WAITING and clock.now() - before.filed_at < SHOWN_AGAIN
    # E.g. printed anew at the desk: then the first one opens nothing any more.
    valid = shown and bytes(before.query_code_hash) == hash_of(_code(words["form_id"]))
    return Filed(_code(words["form_id"]) if valid else "", came_before=True)


def _same(before: Filing, village: Village, words: dict[str, Any]) -> bool:
    return (
        (before.village_id, before.kind, before.category_id) == (village.pk, words["kind"], _category(words))
        and (before.title, before.content, before.filer_name)
        == (_title(words), words["content"], words["name"])
        and phone_of(before, full=True) == words["phone"]
    )


def _write(village: Village, words: dict[str, Any], form_id: uuid.UUID) -> None:
    filing = Filing.objects.create(
        village=village,
        kind=words["kind"],
        category_id=_category(words),
        title=_title(words),
        content=words["content"],
        filer_name=words["name"],
        phone_sealed=seal(words["phone"], FILERS_PHONE.owner(str(form_id))) if words["phone"] else None,
        query_code_hash=hash_of(_code(words["form_id"])),
        filed_at=clock.now(),
        form_id=form_id,
    )
    tell_desk(filing)


def _code(word: uuid.UUID) -> str:
    number = int.from_bytes(keyed_hash(word.hex, "filing code"))
    return "".join(ALPHABET[(number >> 5 * place) % len(ALPHABET)] for place in range(LENGTH))


def _category(words: dict[str, Any]) -> int | None:
    return int(words["category"]) if words["category"] else None


def _title(words: dict[str, Any]) -> str:
    """Where none is given, the first words of what is said."""
    if words["title"]:
        return str(words["title"])
    first = " ".join(words["content"].split())
    return first if len(first) <= _TITLE else f"{first[:_TITLE]}…"


def _wait(village: Village) -> int:
    """Seconds until there is room again: for the village, and for all together."""
    since = clock.now() - A_DAY
    recent = Filing.objects.filter(filed_at__gt=since).order_by("-filed_at")
    waits = [_room(recent.filter(village=village), PER_VILLAGE), _room(recent, ALTOGETHER)]
    return max(waits)


def _room(recent: Any, most: int) -> int:
    """When the oldest of the last `most` is a day old, there is room for one more."""
    oldest = recent.values_list("filed_at", flat=True)[most - 1 : most].first()
    return max(1, round((oldest + A_DAY - clock.now()).total_seconds())) if oldest else 0
