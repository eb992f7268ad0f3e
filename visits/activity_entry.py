"""活动 as they are entered now (contract, section 5): the sheet's fields, and for whom one may enter them."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.db.models import Q

from accounts.models import User
from lianhu.kit import clock
from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from registry.answering import cadres_under
from registry.models import Cadre, Pairing, Role, Unit, Village, VillageLink
from registry.querysets import in_force
from registry.scope import scope_of
from visits import activity_rules, entry_rules, rules
from visits.activity_forms import OWN, REVIEW
from visits.activity_kinds import KINDS
from visits.entry_facts import EntryFacts
from visits.models import Activity, Participant, ProjectReview
from visits.services import Entered


@dataclass
class ActivityEntryFacts(EntryFacts):
    """Units and villages by code, those for which `by` may enter what was done there, and as whom."""

    units: dict[str, int] = field(default_factory=dict)
    own_places: set[tuple[str, str]] = field(default_factory=set)
    roles: frozenset[str] = frozenset()
    county: bool = False

    @classmethod
    def load(cls, rows: Iterable[Values], *, by: User, on: datetime.date) -> Self:
        rows = list(rows)
        facts = super().load(rows, by=by, on=on)
        facts._add_people({code for row in rows for code in row.get("cadres") or ()})
        others = [code for code in facts.people if code != facts.own]
        facts.enters.update(cadres_under(by).filter(code__in=others).values_list("code", flat=True))
        facts.units.update(
            Unit.objects.filter(code__in=[row["unit"] for row in rows if row.get("unit")]).values_list(
                "code", "pk"
            )
        )
        facts.own_places = own_places(by, on)
        facts.roles, facts.county = roles_of(by, on), scope_of(by, on).county
        return facts


def roles_of(by: User, on: datetime.date) -> frozenset[str]:
    """Whoever is paired, or covers somebody who is, goes out as a cadre, with the role or without."""
    scope = scope_of(by, on)
    paired = Pairing.objects.in_force(on).filter(cadre__in=scope.cadre_ids).exists()
    return scope.roles | {Role.CADRE} if paired else scope.roles


def own_places(by: User, on: datetime.date) -> set[tuple[str, str]]:
    """Units and villages of one's scope, of one's post, and those one's unit or pairings lead to."""
    scope = scope_of(by, on)
    units = set(Unit.objects.visible_to(by).values_list("pk", "code"))
    if scope.cadre_id:
        posts = Cadre.objects.filter(pk=scope.cadre_id).filter(in_force(on, "post_spans__"))
        units.update(posts.values_list("post_spans__unit", "post_spans__unit__code"))
    links = VillageLink.objects.in_force(on).filter(unit__in=[pk for pk, _ in units])
    pairings = Pairing.objects.in_force(on).filter(cadre=scope.cadre_id)
    villages = Village.objects.filter(
        Q(pk__in=links.values("village"))
        | Q(pk__in=pairings.values("household__village"))
        | Q(pk__in=Village.objects.visible_to(by).values("pk"))
    )
    return {("unit", code) for _, code in units} | {
        ("village", code) for code in villages.values_list("code", flat=True)
    }


def whose_it_is(row: Values, facts: ActivityEntryFacts) -> Iterator[Fault]:
    """One's own, or 代录 for a cadre of one's unit: the first 工号 is the one whose activity it is.

    What a unit or a village holds is nobody's own.
    """
    of_place = row.get("kind") in KINDS and KINDS[row["kind"]].of_place
    for place, code in enumerate(row.get("cadres") or ()):
        if not facts.knows("cadre", code):
            yield Fault("cadres", "not_found", f"没有工号 {code}，请核对")
        elif place == 0 and not of_place and code not in facts.enters:
            yield Fault("cadres", "not_yours", f"第一个工号是本人的活动，您不能替 {facts.name_of(code)} 录入")


def where_it_is(row: Values, facts: ActivityEntryFacts) -> Iterator[Fault]:
    for name, known in (("unit", facts.units), ("village", facts.villages)):
        code = row.get(name)
        if code and (code not in known or (name, code) not in facts.own_places):
            yield Fault(name, "not_found", f"没有您能录入的编码 {code}，请核对")


RULES: tuple[Any, ...] = (
    rules.activity_is_somebodys,
    entry_rules.day_has_come,
    whose_it_is,
    where_it_is,
    *activity_rules.RULES,
)


def record_activities(rows: Sequence[Entered], *, by: User, facts: ActivityEntryFacts) -> list[Activity]:
    now = clock.now()
    activities = Activity.objects.bulk_create(
        Activity(
            unit_id=facts.units.get(row.values["unit"]),
            village_id=facts.villages.get(row.values["village"], (None,))[0],
            recorded_at=now,
            recorded_by=by,
            **{name: row.values[name] for name in OWN},
        )
        for row in rows
    )
    Participant.objects.bulk_create(
        Participant(activity=activity, cadre_id=facts.people[code].pk, place=place)
        for activity, row in zip(activities, rows, strict=True)
        for place, code in enumerate(row.values["cadres"])
    )
    ProjectReview.objects.bulk_create(
        ProjectReview(activity=activity, **reviewed(row.values))
        for activity, row in zip(activities, rows, strict=True)
        if row.values["project"]
    )
    return activities


def reviewed(values: Values) -> dict[str, Any]:
    """What a 回头看 keeps of itself."""
    return {name: values[name] for name in REVIEW} | {"checked": list(values["checked"])}
