"""挂号 of what is heard now: its fields, its rules, and the writing of it (contract, sections 3 and 4)."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django import forms

from accounts.models import User
from grievances import query_codes, rules
from grievances.deadlines import Terms, dues_of
from grievances.family import has_family, notice
from grievances.models import (
    Category,
    FamilyNotice,
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceKind,
    GrievanceState,
    Level,
    Occasion,
    Outcome,
    TellingWay,
)
from grievances.numbering import NextNumber
from lianhu.kit import clock, fields
from lianhu.kit.db import new_ids
from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from visits import entry_rules
from visits.activity_entry import own_places
from visits.entry_facts import EntryFacts
from visits.models import Visit
from visits.services import Entered


class QueryCodeField(fields.KitField):
    empty = ""

    def read(self, value: Any) -> str:
        code = query_codes.tidy(value) if isinstance(value, str) else ""
        if not code:
            fields.refuse("not_a_query_code", "不是查询码：10 位字母和数字，没有 I、L、O、U")
        return code


class GrievanceEntryForm(forms.Form):
    """A matter as it is entered now. `visit` is the id of the visit's own item."""

    cadre = fields.CodeField(label="干部", required=False, help_text="空着就是本人")
    visit = fields.IdentityField(label="走访", required=False)
    household = fields.CodeField(label="户", required=False, help_text="一户的事填户，全村的事填村")
    village = fields.VillageCodeField(label="村", required=False)
    kind = fields.ChoiceField(
        label="类型",
        required=False,
        choices=GrievanceKind.choices,
        blank_is=GrievanceKind.LIVELIHOOD,
    )
    category = fields.TextField(label="类别", max_length=50)
    title = fields.TextField(label="标题", max_length=200)
    content = fields.TextField(label="内容", max_length=10_000, lines=True)
    level = fields.ChoiceField(label="谁来办", choices=Level.choices)
    query_code = QueryCodeField(label="查询码", required=False)
    spot_answer = fields.TextField(label="当场答复", required=False, max_length=500, lines=True)
    outcome = fields.ChoiceField(label="答复结果", required=False, choices=Outcome.choices)


@dataclass
class LedgerEntryFacts(EntryFacts):
    """`visits`: (cadre, household) and day of the visit that each row says it was heard at."""

    categories: dict[str, int] = field(default_factory=dict)
    codes_taken: set[str] = field(default_factory=set)
    own_places: set[tuple[str, str]] = field(default_factory=set)
    terms: Terms = field(default_factory=Terms.load)

    @classmethod
    def load(cls, rows: Iterable[Values], *, by: User, on: datetime.date) -> Self:
        rows = list(rows)
        facts = super().load(rows, by=by, on=on)
        facts.own_places = own_places(by, on)
        facts.categories = dict(Category.objects.values_list("name", "pk"))
        hashes = {query_codes.hash_of(code): code for row in rows if (code := row.get("query_code"))}
        there = Grievance.objects.filter(query_code_hash__in=list(hashes))
        taken: Any = there.values_list("query_code_hash", flat=True)
        facts.codes_taken = {hashes[bytes(each)] for each in taken}
        return facts


def answered_with_an_outcome(row: Values, facts: LedgerEntryFacts) -> Iterator[Fault]:
    """A reply says the outcome (contract, section 4), on the spot as well."""
    if row.get("spot_answer") and not row.get("outcome"):
        yield Fault("outcome", "required", "当场答复了，请选答复结果")
    if row.get("outcome") and row.get("spot_answer") == "":
        yield Fault("spot_answer", "required", "选了答复结果，请写明当场怎么答复的")


def code_is_free(row: Values, facts: LedgerEntryFacts) -> Iterator[Fault]:
    code = row.get("query_code")
    if code and code in facts.codes_taken:
        yield Fault("query_code", "taken", "这个查询码已经用过，请重新生成一个")
    elif code:
        facts.codes_taken.add(code)


def household_of_the_visit(row: Values, facts: LedgerEntryFacts) -> Iterator[Fault]:
    told_at: Visit | None = row.get("visit_row")
    if told_at and told_at.voided_at:
        yield Fault("visit", "voided", "所在的走访已作废；这件事请单独登记")
    if told_at and row.get("household") and told_at.household.code != row["household"]:
        yield Fault("household", "other_household", "与所在的走访不是同一户")


def village_is_ones_own(row: Values, facts: LedgerEntryFacts) -> Iterator[Fault]:
    """A village of one's scope, unit or pairings, or one where the cadre has been."""
    code = row.get("village")
    if not code or row.get("household") or not facts.knows("village", code):
        return
    if ("village", code) not in facts.own_places and not facts.has_been(row.get("cadre", ""), code):
        yield Fault("village", "not_found", f"没有您能登记的村 {code}，请核对")


RULES: tuple[Any, ...] = (
    entry_rules.may_be_entered,
    entry_rules.village_is_there,
    entry_rules.household_is_known,
    village_is_ones_own,
    entry_rules.of_known(rules.matter_has_its_place),
    rules.category_exists,
    household_of_the_visit,
    answered_with_an_outcome,
)
CLAIMS: tuple[Any, ...] = (code_is_free,)


def register(rows: Sequence[Entered], *, by: User, facts: LedgerEntryFacts) -> list[Grievance]:
    """Register what was heard; 挂号日期 is the day it was heard, number and year come at arrival.

    What was answered on the spot is replied to at once (REGISTERED → REPLIED). Inside a transaction, as
    its last step: the numbers' counter stays locked until it ends. So the timeline, which says no number, is
    written first; its matters follow before the transaction ends.
    """
    now = clock.now()
    matters = [_matter(row, now, by, facts) for row in rows]
    _give_dates(matters, facts.terms)
    for matter, pk in zip(matters, new_ids(Grievance, len(matters)), strict=True):
        matter.pk = pk
    events = GrievanceEvent.objects.bulk_create(
        event for matter, row in zip(matters, rows, strict=True) for event in _events(matter, row, now, by)
    )
    Grievance.objects.bulk_create(matters)
    for matter, row in zip(matters, rows, strict=True):
        if filing := row.values.get("filing_row"):
            # Whoever filed it is told, like a household (`grievances.family.has_family`).
            filing.grievance = matter
    FamilyNotice.objects.bulk_create(_told(event) for event in events if has_family(event.grievance))
    return matters


def _matter(row: Entered, now: datetime.datetime, by: User, facts: LedgerEntryFacts) -> Grievance:
    values = row.values
    written_on = row.at.astimezone(clock.SHANGHAI).date()
    # A clock that is behind does not make a matter older than the visit at which it was heard.
    heard_on = max(written_on, values["day"]) if values.get("visit_row") else written_on
    household = facts.homes.get(values["household"])
    village = household.village_code if household else values["village"]
    answered = bool(values["spot_answer"])
    return Grievance(
        number=NextNumber(now.year),
        kind=values["kind"],
        category_id=facts.categories[values["category"]],
        household_id=household.pk if household else None,
        village_id=facts.villages[village][0],
        title=values["title"],
        content=values["content"],
        level=values["level"],
        state=GrievanceState.REPLIED if answered else GrievanceState.REGISTERED,
        handler_id=facts.people[values["cadre"]].pk if answered else None,
        registered_on=heard_on,
        replied_on=heard_on if answered else None,
        outcome=values["outcome"],
        reply=values["spot_answer"],
        visit=values.get("visit_row"),
        query_code_hash=_code_of(values),
        marks=list(values.get("marks") or ()),
        approach=values.get("approach") or "",
        captured_at=row.at,
        recorded_at=now,
        recorded_by=by,
    )


def _code_of(values: Values) -> bytes | None:
    """What a resident filed keeps its code: one code finds the filing and the matter."""
    if filing := values.get("filing_row"):
        return bytes(filing.query_code_hash)
    return query_codes.hash_of(values["query_code"]) if values["query_code"] else None


def _give_dates(matters: list[Grievance], terms: Terms) -> None:
    """What is answered already keeps the date it had to be answered by; it needs no other."""
    due = dues_of({each.registered_on for each in matters if not each.handler_id}, terms)
    for matter in matters:
        matter.held_since = matter.registered_on
        matter.reply_due_on = terms.reply_due(matter.level, matter.registered_on)
        if matter.registered_on in due and not matter.handler_id:
            matter.assign_due_on, matter.assign_due_certain = due[matter.registered_on]


_OCCASIONS = {GrievanceAction.REGISTER: Occasion.REGISTER, GrievanceAction.REPLY: Occasion.REPLY}


def _told(event: GrievanceEvent) -> FamilyNotice:
    """At the kitchen table they hear it at once, code and all; of what was entered at a desk they are still to hear."""
    matter = event.grievance
    owed = notice(matter, _OCCASIONS[GrievanceAction(event.action)], event)
    if matter.visit_id:
        owed.way, owed.told_at, owed.told_by = TellingWay.IN_PERSON, matter.captured_at, event.by
    return owed


def _events(matter: Grievance, row: Entered, now: datetime.datetime, by: User) -> Iterator[GrievanceEvent]:
    both = {
        "grievance": matter,
        "on": matter.registered_on,
        "by": by,
        "recorded_at": now,
        "level": matter.level,
    }
    yield GrievanceEvent(
        action=GrievanceAction.REGISTER, from_state="", to_state=GrievanceState.REGISTERED, **both
    )
    if matter.state == GrievanceState.REPLIED:
        yield GrievanceEvent(
            action=GrievanceAction.REPLY,
            from_state=GrievanceState.REGISTERED,
            to_state=GrievanceState.REPLIED,
            reason=row.values["spot_answer"],
            value=matter.outcome,
            handler_id=matter.handler_id,
            **both,
        )
