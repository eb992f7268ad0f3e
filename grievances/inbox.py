"""等我办: what a person can act on now, by the role they hold (contract, section 4, "Who may").

The rules themselves are those of `grievances.workflow`; this finds the matters to which they will say yes.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q

from grievances.events import IMPORTED
from grievances.hands import ABOVE, DESKS, LEVELS
from grievances.models import Grievance, GrievanceAction, GrievanceEvent, Level, Objection, StepRequest
from grievances.models import GrievanceState as S
from grievances.querysets import any_of
from registry.models import Role, RoleGrant, Village
from registry.people import in_service
from registry.querysets import in_force
from registry.scope import scope_of

# In the order of a matter's life.
LABELS = {
    "assign": "待交办",
    "reply": "待答复",
    "decide": "待决定",
    "revisit": "待回访",
    "close": "待销号",
    "publish": "待公示",
    "object": "有异议",
}
STANDS = Q(voided_at__isnull=True, parent__isnull=True)
NOTHING = Q(pk__in=())


@dataclass(frozen=True)
class Desk:
    """The desk of a level; `villages` None is all of them."""

    level: Level
    villages: frozenset[int] | None
    on: datetime.date

    def at(self, levels: Iterable[Level]) -> Q:
        here = Q(level__in=list(levels))
        return here if self.villages is None else here & any_of("village_id", self.villages)

    @property
    def own(self) -> Q:
        """What lies here, and what lies on the desk below while nobody is there (`Hand.at_desk`)."""
        return self.at([self.level]) | self._below_without(Q())

    @property
    def closes(self) -> Q:
        """And what everybody at the desk below has handled (`Hand.may_close`)."""
        return self.at([self.level]) | self._below_without(Q(cadre=OuterRef("handler")))

    def _below_without(self, busy: Q) -> Q:
        below = next((level for level, above in ABOVE.items() if above == self.level), None)
        if below is None:
            return NOTHING
        here = (
            {"village": OuterRef("village")}
            if below == Level.VILLAGE
            else {"unit": OuterRef("village__township")}
        )
        staff = RoleGrant.objects.in_force(self.on).filter(role=DESKS[below], **here)
        free = staff.filter(cadre__user__in=in_service(self.on))
        return self.at([below]) & Q(~Exists(free.exclude(busy) if busy else free))

    @property
    def own_and_below(self) -> Q:
        return self.at(LEVELS[: LEVELS.index(self.level) + 1])

    @property
    def decides(self) -> Q:
        """For the level below; for the county's own another person of the office."""
        below = [level for level in LEVELS if ABOVE.get(level, level) == self.level]
        return self.at(below)


def desks_of(user: Any, on: datetime.date) -> list[Desk]:
    """The desks at which the person sits on the day: at most one a level."""
    scope = scope_of(user, on)
    if not scope.has(Role.VILLAGE_BRANCH, Role.TOWNSHIP, Role.COUNTY_OFFICE):
        return []
    grants = RoleGrant.objects.filter(in_force(on), cadre=scope.cadre_id)
    held = list(grants.values_list("role", "village", "unit"))
    desks = []
    branches = frozenset(village for role, village, _ in held if role == Role.VILLAGE_BRANCH and village)
    if branches:
        desks.append(Desk(Level.VILLAGE, branches, on))
    townships = [unit for role, _, unit in held if role == Role.TOWNSHIP]
    if townships:
        villages = Village.objects.filter(township__in=townships).order_by().values_list("pk", flat=True)
        desks.append(Desk(Level.TOWNSHIP, frozenset(villages), on))
    if scope.county:
        desks.append(Desk(Level.COUNTY, None, on))
    return desks


def inbox_of(user: Any, on: datetime.date, desks: list[Desk]) -> Mapping[str, Q]:
    """By kind of work, what waits for this person. Of matters that stand (`STANDS`)."""
    scope = scope_of(user, on)
    work = {}
    if scope.cadre_ids:
        work["reply"] = Q(state=S.ASSIGNED) & any_of("handler_id", scope.cadre_ids)
    if desks:
        own, below = _any(desk.own for desk in desks), _any(desk.own_and_below for desk in desks)
        answered = _by(user, GrievanceAction.REPLY)
        handled = Q(pk__in=answered.values("grievance"))
        if scope.cadre_id:
            handled |= Q(handler=scope.cadre_id)
        work |= {
            "assign": Q(state=S.REGISTERED) & own,
            "revisit": Q(state=S.REPLIED)
            & _any(_revisits(desk) for desk in desks)
            & ~Q(pk__in=_last(answered, GrievanceAction.REPLY)),
            "close": Q(state=S.REVISITED) & _any(desk.closes for desk in desks) & ~handled,
            "publish": Q(state=S.CLOSED, withheld_kind="") & below & _not_closed_by(user, scope.county),
            "decide": _asked_for(user, _any(desk.decides for desk in desks)),
            "object": Q(state=S.PUBLISHED) & _objected(below),
        }
    return {kind: work[kind] for kind in LABELS if kind in work}


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q())


def _revisits(desk: Desk) -> Q:
    """The branch asks its village's families whatever the level."""
    return desk.at(LEVELS) if desk.level == Level.VILLAGE else desk.own


def _by(user: Any, *actions: GrievanceAction) -> Any:
    """What the workbook brought was not the importer's doing (`events.is_imported`)."""
    taken = GrievanceEvent.objects.filter(by=user, action__in=actions).exclude(reason=IMPORTED, value="")
    return taken.order_by()


def _last(events: Any, *actions: GrievanceAction) -> Any:
    """Matters of which one of these events is the last of its kind."""
    later = GrievanceEvent.objects.filter(
        grievance=OuterRef("grievance"), action__in=actions, pk__gt=OuterRef("pk")
    )
    return events.filter(~Exists(later)).values("grievance")


def _not_closed_by(user: Any, in_office: bool) -> Q:
    if in_office:
        return Q()
    closing = (GrievanceAction.CLOSE, GrievanceAction.WAIVE)
    return ~Q(pk__in=_last(_by(user, *closing), *closing))


def _asked_for(user: Any, decides: Q) -> Q:
    """延期 and 免回访 that somebody else asked for: few, so that their ids are read first."""
    matters = Grievance.objects.filter(STANDS & decides).order_by()
    asked = StepRequest.objects.filter(decided_at__isnull=True, grievance__in=matters).exclude(asked_by=user)
    others = asked.exclude(grievance__handler__in=scope_of(user).cadre_ids)
    return any_of("id", others.values_list("grievance", flat=True))


def _objected(here: Q) -> Q:
    waiting = Objection.objects.filter(
        answered_at__isnull=True, publication__grievance__in=Grievance.objects.filter(here).order_by()
    )
    return any_of("id", waiting.values_list("publication__grievance", flat=True))
