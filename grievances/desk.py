"""挂号 on the web: at the village desk, in the township, in the office, by a cadre (contract, section 4).

The same form, rules and writing as the phone's (`grievances.entry`); here likely duplicates are offered first,
and a form sent twice is one matter by its id.
"""

import base64
import datetime
import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import SyncItem, User
from grievances import entry
from grievances.alike import alike_of, bigrams_of
from grievances.models import Approach, Category, Grievance, GrievanceAction, Level, Mark
from grievances.query_codes import hash_of
from grievances.workflow import act
from lianhu.kit import clock, fields
from lianhu.kit.db import lock_for_transaction
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.privacy import seal, unseal
from registry.models import Pairing, Role, Village
from registry.scope import scope_of
from visits.activity_entry import own_places
from visits.entry_rules import faults_of
from visits.services import Entered

REGISTERING = (Role.CADRE, Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.COUNTY_OFFICE)
# Who may put a new matter into another one at once: the step is asked again by the workflow.
MERGING = (Role.TOWNSHIP, Role.COUNTY_OFFICE)
CODE_KEPT = datetime.timedelta(minutes=15)
_MOST_IN_A_NOTE = 2_000


class DeskForm(entry.GrievanceEntryForm):
    """The phone's fields but for the visit and 代录; besides, 重点 and 五诊 may be said."""

    cadre = None  # type: ignore[assignment]
    visit = None  # type: ignore[assignment]
    marks = fields.ChoicesField(label="重点", required=False, choices=Mark.choices)
    approach = fields.ChoiceField(label="办理方式", required=False, choices=Approach.choices)
    form_id = fields.IdentityField(widget=forms.HiddenInput)


class Alike(Exception):
    """There are matters that this one may repeat; nothing was written."""

    def __init__(self, matters: Sequence[Grievance]) -> None:
        super().__init__()
        self.matters = matters


def may_register(user: User) -> bool:
    """The cadre, branch, township, office; also whoever is paired with a household or covers one."""
    scope = scope_of(user)
    if scope.has(*REGISTERING):
        return True
    return Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids).exists()


def villages_of(user: User) -> "QuerySet[Village]":
    """Those of which a matter of the whole village may be registered (`entry.village_is_ones_own`)."""
    codes = [code for kind, code in own_places(user, clock.today()) if kind == "village"]
    return Village.objects.filter(code__in=codes).select_related("township").order_by("code")


def usual_level(user: User) -> str:
    """Where a person's matters mostly are dealt with: at their own desk."""
    scope = scope_of(user)
    if scope.county:
        return Level.COUNTY
    return Level.TOWNSHIP if scope.has(Role.TOWNSHIP) else Level.VILLAGE


def register(words: dict[str, Any], *, by: User, offered: Collection[int] = ()) -> Grievance:
    """Register one matter, of the cleaned `DeskForm`. `offered`: the likely duplicates that the person has seen.

    Raise PermissionDenied, ValidationError by field, or Alike when there are others that may be the same. The same
    form again gives the same matter.
    """
    return once(
        words["form_id"], "grievance", words, by=by, do=lambda: written(words, by=by, offered=offered)
    )


def register_into(words: dict[str, Any], parent: str, *, by: User) -> Grievance:
    """Register it with a number of its own and merge it into the one of that number, both or neither."""

    def do() -> Grievance:
        hold(parent)
        return merged_into(written(words, by=by), parent, by=by)

    return once(words["form_id"], "grievance", words, by=by, do=do)


def note_in(words: dict[str, Any], number: str, *, by: User) -> Grievance:
    """Nothing new is registered: what was said goes into the other matter as 办理进展, by who may write there."""
    found = Grievance.objects.visible_to(by).filter(number=number).first()
    if found is None:
        raise PermissionDenied
    text = f"群众又来反映：{words['title']}。{words['content']}"
    if len(text) > _MOST_IN_A_NOTE:
        raise_faults([Fault("content", "too_long", f"写进办理进展最多 {_MOST_IN_A_NOTE} 个字，请写短一些")])

    def do() -> Grievance:
        return act(found.pk, GrievanceAction.NOTE, {"reason": text}, by=by)

    return once(words["form_id"], "note", words, by=by, do=do)


def written(
    words: dict[str, Any], *, by: User, filing: Any = None, offered: Collection[int] | None = None
) -> Grievance:
    """Checked and registered; inside a transaction. `filing`: what a resident filed, locked by the caller.

    Raise Alike for likely duplicates that are not among those `offered`; None asks for none.
    """
    facts = checked(words, by=by)
    if offered is not None:
        found = alike_to(words, facts, by=by)
        if any(each.pk not in offered for each in found):
            raise Alike(found)
    row = _row(words, facts) | {"filing_row": filing}
    return entry.register([Entered(row, clock.now())], by=by, facts=facts)[0]


def merged_into(matter: Grievance, parent: str, *, by: User) -> Grievance:
    """In the transaction that registered it. The parent is `hold`-ed before."""
    said = {"parent": parent, "reason": "挂号时认定是同一件事"}
    return act(matter.pk, GrievanceAction.MERGE, said, by=by)


def hold(number: str) -> None:
    """In the order of every writer: rows first, the numbers' counter last."""
    list(Grievance.objects.filter(number=number).select_for_update(of=("self",)).values_list("pk"))


def checked(words: dict[str, Any], *, by: User) -> entry.LedgerEntryFacts:
    """Raise what is wrong with it, by the rules that the phone's items are asked."""
    if not may_register(by):
        raise PermissionDenied
    facts = entry.LedgerEntryFacts.load([words], by=by, on=clock.today())
    raise_faults(faults_of(_row(words, facts), facts, entry.RULES, entry.CLAIMS))
    return facts


def _row(words: dict[str, Any], facts: entry.LedgerEntryFacts) -> dict[str, Any]:
    return words | {"cadre": facts.own, "day": facts.on, "visit_row": None}


def alike_to(words: dict[str, Any], facts: entry.LedgerEntryFacts, *, by: User) -> list[Grievance]:
    home = facts.homes.get(words["household"])
    village = home.village_code if home else words["village"]
    return list(
        alike_of(
            home.pk if home else None,
            facts.villages[village][0],
            facts.categories[words["category"]],
            bigrams_of(words["title"], words["content"]),
            user=by,
        )
    )


def categories() -> list[tuple[str, str]]:
    """For a list to choose from: the form takes the name, as the workbook and the phone do."""
    names = Category.objects.values_list("name", flat=True)
    return [("", "请选择"), *((name, name) for name in names)]


# --- sent twice ------------------------------------------------------------------------------


def once(
    form_id: uuid.UUID, kind: str, words: dict[str, Any], *, by: User, do: Callable[[], Grievance]
) -> Grievance:
    """The matter that the form became, now or the first time (double tap, answer lost); `do` in one transaction.

    The id is taken as the phone's items take theirs. Raise ValidationError when another form came under the id.
    """
    digest = _digest(words)
    for _ in range(2):
        try:
            with transaction.atomic():
                # A second tap waits here until the first one is written, whatever else either locks.
                lock_for_transaction(f"form:{form_id}")
                there = SyncItem.objects.filter(pk=form_id).first()
                if there is not None:
                    return _the_first(there, kind, digest, by)
                matter = do()
                now = clock.now()
                SyncItem.objects.create(
                    id=form_id,
                    kind=kind,
                    author=by,
                    digest=digest,
                    subject_id=matter.pk,
                    captured_at=now,
                    received_at=now,
                )
                return matter
        except IntegrityError:
            # Another hand took the same code meanwhile: asked again, the rules see it.
            continue
    raise ValidationError("与别人刚登记的内容冲突，请看一遍再提交", code="meanwhile")


def _the_first(there: SyncItem, kind: str, digest: str, by: User) -> Grievance:
    if (there.author_id, there.kind, there.digest) == (by.pk, kind, digest):
        return Grievance.objects.get(pk=there.subject_id)
    raise ValidationError("这张表已经提交过。要登记另一件，请从找人重新开始", code="sent_before")


def _digest(words: dict[str, Any]) -> str:
    text = json.dumps(words, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


# --- the code, for the minutes in which it is handed over --------------------------------------

_KEPT = "query_code_at_hand"


def keep_code(session: Any, matter: Grievance, code: str) -> None:
    """Sealed in the person's own session for a quarter of an hour: to be shown and printed, then gone for good."""
    if code and bytes(matter.query_code_hash or b"") == hash_of(code):
        sealed = base64.b64encode(seal(code, _owner(matter.number))).decode()
        session[_KEPT] = [matter.number, sealed, clock.now().isoformat()]


def code_at_hand(session: Any, matter: Grievance) -> str:
    """The code of the matter that was just registered in this session, while it still holds; else empty."""
    kept = session.get(_KEPT)
    if not kept or kept[0] != matter.number:
        return ""
    if clock.now() - datetime.datetime.fromisoformat(kept[2]) > CODE_KEPT:
        del session[_KEPT]
        return ""
    try:
        code = unseal(base64.b64decode(kept[1]), _owner(matter.number))
    except (KeyError, InvalidTag):
        return ""
    return code if bytes(matter.query_code_hash or b"") == hash_of(code) else ""


def _owner(number: str) -> str:
    return f"grievance:{number}:code"
