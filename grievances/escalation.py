"""逾期上报: of what is overdue the next level up is told once a working day (contract, section 4).

One notice a person and day, with the count; what became overdue at its level and in its present hands has that on
its timeline, once. Done twice, or later in the day, it is done once.
"""

import datetime
from collections import Counter, defaultdict

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.calendar import workday
from accounts.models import User
from accounts.notices import notify
from grievances import deadlines
from grievances.events import event
from grievances.hands import ABOVE, DESKS
from grievances.models import Grievance, GrievanceAction, GrievanceEvent, GrievanceState, Level
from lianhu.kit.db import lock_for_transaction
from registry.models import Role, RoleGrant
from registry.people import in_service
from registry.querysets import in_force

Date = datetime.date


@transaction.atomic
def escalate_overdue(on: Date) -> int:
    """How many people were told."""
    if not workday(on).works:
        return 0
    lock_for_transaction("escalate_overdue")
    _note_on_timelines(on)
    counts = _counts_by_person(on)
    by_count: dict[int, list[User]] = defaultdict(list)
    for user, count in counts.items():
        by_count[count].append(user)
    for count, users in by_count.items():
        notify(
            users,
            key=f"overdue:{on}",
            title=f"下一级有 {count} 件诉求逾期，请督促办理",
            body="逾期还没有交办或答复。办好以前每个工作日提醒一次。",
            url=f"{reverse('ledger')}?due=late",
        )
    return len(counts)


def _note_on_timelines(on: Date) -> None:
    """A matter that somebody takes a step of at this moment is left to the next run."""
    known = GrievanceEvent.objects.filter(
        Q(handler=OuterRef("handler")) | Q(handler__isnull=True, grievance__handler__isnull=True),
        grievance=OuterRef("pk"),
        action=GrievanceAction.OVERDUE,
        level=OuterRef("level"),
        on__gte=Coalesce(OuterRef("held_since"), OuterRef("registered_on")),
    )
    fresh = Grievance.objects.open().filter(deadlines.late(on), ~Exists(known))
    locked = fresh.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    GrievanceEvent.objects.bulk_create(
        [event(matter, GrievanceAction.OVERDUE, by=None, reason=_told(matter, on)) for matter in locked],
        batch_size=500,
    )


def _told(matter: Grievance, on: Date) -> str:
    told = Level(ABOVE.get(Level(matter.level), Level.COUNTY)).label
    due = matter.reply_due_on
    if matter.state == GrievanceState.REGISTERED and not (due and due < on):
        return f"交办期限 {matter.assign_due_on} 已过，报{told}级"
    return f"答复期限 {due} 已过，报{told}级"


def _counts_by_person(on: Date) -> dict[User, int]:
    """Whom the next level up is, for how many; where nobody is at it, the level above that."""
    late = Grievance.objects.open().filter(deadlines.late(on)).order_by()
    found = late.values_list("level", "village__township").annotate(count=Count("pk"))
    people = _people(on)
    counts: Counter[User] = Counter()
    for level, township, count in found:
        above = ABOVE.get(Level(level), Level.COUNTY)
        told = people[above, township if above == Level.TOWNSHIP else None] or people[Level.COUNTY, None]
        counts.update(dict.fromkeys(told, count))
    return dict(counts)


def _people(on: Date) -> dict[tuple[str, int | None], set[User]]:
    """Of the townships and the office."""
    grants = RoleGrant.objects.filter(in_force(on), role__in=(Role.TOWNSHIP, Role.COUNTY_OFFICE))
    users = {user.cadre.pk: user for user in in_service(on).filter(cadre__in=grants.values("cadre"))}
    people: dict[tuple[str, int | None], set[User]] = defaultdict(set)
    levels = {role: level for level, role in DESKS.items()}
    for cadre, role, unit in grants.values_list("cadre", "role", "unit"):
        level = levels[Role(role)]
        if cadre in users:
            people[level, unit if level == Level.TOWNSHIP else None].add(users[cadre])
    return people
