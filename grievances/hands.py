"""Who may take a step of a matter (contract, section 4, "Who may")."""

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from grievances.events import is_imported
from grievances.models import (
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    Level,
    RequestKind,
    StepRequest,
)
from registry.models import Cadre, Handover, PostSpan, Role, RoleGrant, Village
from registry.people import in_service
from registry.querysets import in_force
from registry.scope import Scope, scope_of
from visits.rights import roles_over

# Whose desk a matter of the level lies on.
DESKS = {
    Level.VILLAGE: Role.VILLAGE_BRANCH,
    Level.TOWNSHIP: Role.TOWNSHIP,
    Level.COUNTY: Role.COUNTY_OFFICE,
}
ABOVE = {Level.VILLAGE: Level.TOWNSHIP, Level.TOWNSHIP: Level.COUNTY}
LEVELS = tuple(DESKS)
# After one of these nobody answers on the spot any more.
_MOVED_ON = frozenset(
    {
        GrievanceAction.ASSIGN,
        GrievanceAction.ESCALATE,
        GrievanceAction.RETURN,
        GrievanceAction.REPLY,
        GrievanceAction.REOPEN,
    }
)


def desk_people(village: Village, level: str, on: datetime.date) -> "QuerySet[User]":
    """The people at the desk of the level, for the village, who are in service that day."""
    role = DESKS[Level(level)]
    grants = RoleGrant.objects.filter(in_force(on), role=role)
    if role == Role.VILLAGE_BRANCH:
        grants = grants.filter(village=village)
    elif role == Role.TOWNSHIP:
        grants = grants.filter(unit=village.township_id)
    return in_service(on).filter(cadre__in=grants.values("cadre"))


@dataclass
class Hand:
    """One person before one matter, on one day: what the rules of the steps ask."""

    matter: Grievance
    user: User
    on: datetime.date
    # Set by `workflow.act`: the other matter of a merge, locked like this one.
    other: Grievance | None = None
    # Set by `workflow.act`: what is merged into it, locked too.
    merged: list[Grievance] = field(default_factory=list)
    events: list[GrievanceEvent] = field(default_factory=list)

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.user, self.on)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Held today over the matter's village."""
        return roles_over(self.user, cadre_id=0, village=self.matter.village, on=self.on)

    @cached_property
    def history(self) -> list[GrievanceEvent]:
        return self.events or list(self.matter.events.select_related("by").order_by("pk"))

    @cached_property
    def requests(self) -> dict[str, StepRequest]:
        """Those that wait for a decision, by kind."""
        waiting = self.matter.requests.filter(decided_at__isnull=True).select_related("asked_by")
        return {each.kind: each for each in waiting}

    @cached_property
    def extended(self) -> bool:
        return self.matter.extension_days > 0

    # --- what the person is to the matter ---

    @cached_property
    def at_desk(self) -> bool:
        """The branch, township or office of the matter's level; for a desk where nobody is, the next level up."""
        if DESKS[Level(self.matter.level)] in self.roles:
            return True
        return self.above and not self._desk.exists()

    @property
    def _desk(self) -> "QuerySet[User]":
        return desk_people(self.matter.village, self.matter.level, self.on)

    @property
    def at_desk_or_above(self) -> bool:
        above = LEVELS[LEVELS.index(Level(self.matter.level)) :]
        return not self.roles.isdisjoint(DESKS[level] for level in above)

    @property
    def above(self) -> bool:
        """The next level up; the county's own matters have another person of the office."""
        level = Level(self.matter.level)
        return DESKS[ABOVE.get(level, level)] in self.roles

    @property
    def at_township_or_office(self) -> bool:
        return not self.roles.isdisjoint({Role.TOWNSHIP, Role.COUNTY_OFFICE})

    @property
    def in_office(self) -> bool:
        return Role.COUNTY_OFFICE in self.roles

    @property
    def holds(self) -> bool:
        """主办人, or the colleague who covers for them today (代管)."""
        return self.matter.handler_id is not None and self.matter.handler_id in self.scope.cadre_ids

    @cached_property
    def helps(self) -> bool:
        """协办: liaison or leader of one of the helping units, who see the matter for it."""
        return self.matter.helping_units.filter(pk__in=self.scope.unit_ids).exists()

    def _last(self, action: GrievanceAction) -> GrievanceEvent | None:
        return next((each for each in reversed(self.history) if each.action == action), None)

    @property
    def registered(self) -> bool:
        event = self._last(GrievanceAction.REGISTER)
        return event is not None and event.by_id == self.user.pk

    @property
    def answers_on_the_spot(self) -> bool:
        """Registered it, is a cadre who can be named as its handler, and nobody has taken it up since."""
        fresh = not any(each.action in _MOVED_ON for each in self.history)
        return fresh and self.registered and self.scope.cadre_id is not None

    @property
    def own_matter(self) -> bool:
        """Handles it personally: then somebody else asks the family."""
        return self.scope.cadre_id is not None and self.scope.cadre_id == self.matter.handler_id

    @property
    def replied(self) -> bool:
        """Gave the reply that stands. Of an imported one it is not the import but the handler."""
        event = self._last(GrievanceAction.REPLY)
        if event is None:
            return False
        if is_imported(event):
            return self.own_matter
        # 代录 of an answer on the spot: who is named gave it.
        on_the_spot = event.from_state == GrievanceState.REGISTERED
        gave_it = on_the_spot and event.handler_id is not None and event.handler_id == self.scope.cadre_id
        return gave_it or event.by_id == self.user.pk

    @property
    def handled(self) -> bool:
        """Handles it or has, or has answered it for the handler: whatever other role the person holds."""
        return self.scope.cadre_id in self._handlers or self.user.pk in self._answered

    @cached_property
    def _handlers(self) -> set[int]:
        given = {each.handler_id for each in self.history} | {self.matter.handler_id}
        moved = [each.recorded_at for each in self.history if each.action == GrievanceAction.HAND_OVER]
        if moved:
            # Steps of history and of earlier releases do not say who held it; the handover does.
            given |= set(Handover.objects.filter(recorded_at__in=moved).values_list("cadre", flat=True))
        return {each for each in given if each is not None}

    @cached_property
    def _answered(self) -> set[int]:
        replies = (each for each in self.history if each.action == GrievanceAction.REPLY)
        return {each.by_id for each in replies if each.by_id is not None and not is_imported(each)}

    @cached_property
    def may_close(self) -> bool:
        """At the desk and has not handled it; the next level up when all of the desk have."""
        if self.handled:
            return False
        if self.at_desk:
            return True
        free = self._desk.exclude(cadre__in=self._handlers).exclude(pk__in=self._answered)
        return self.above and not free.exists()

    @property
    def closed(self) -> bool:
        """Took the step that closed it the last time."""
        closing = (GrievanceAction.CLOSE, GrievanceAction.WAIVE)
        event = next((each for each in reversed(self.history) if each.action in closing), None)
        return event is not None and event.by_id == self.user.pk

    def asked(self, kind: RequestKind) -> bool:
        request = self.requests.get(kind)
        return request is not None and request.asked_by_id == self.user.pk

    def unit_of(self, cadre: Cadre | None) -> Any:
        """The id of the cadre's unit today."""
        if cadre is None:
            return None
        spans = PostSpan.objects.filter(in_force(self.on), cadre=cadre)
        return spans.values_list("unit", flat=True).first()
