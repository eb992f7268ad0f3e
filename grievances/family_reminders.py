"""Who among the colleagues hears that a family still waits to be told (contract, sections 4 and 8)."""

import datetime
from collections import defaultdict

from django.urls import reverse

from accounts.calendar import workday
from accounts.notices import notify
from grievances.family import waiting_notices
from grievances.models import Grievance
from registry.models import Pairing, Role, RoleGrant
from registry.people import in_service
from registry.querysets import in_force


def remind(on: datetime.date) -> None:
    """The household's own cadre and the handler, else the village's branch: once a working day each, with one
    number for all of it.

    What was owed only today is left: it is told without being asked for. Done twice it is done once.
    """
    if not workday(on).works:
        return
    notices = waiting_notices(Grievance.objects.all()).filter(event__on__lt=on)
    columns = ("grievance", "grievance__village", "grievance__household", "grievance__handler")
    rows = set(notices.order_by().values_list(*columns))
    held = Pairing.objects.in_force(on).filter(household__in={home for _, _, home, _ in rows if home})
    paired = dict(held.values_list("household", "cadre"))
    branches: dict[int | None, set[int]] = defaultdict(set)
    grants = RoleGrant.objects.filter(in_force(on), role=Role.VILLAGE_BRANCH)
    for village, cadre in grants.values_list("village", "cadre"):
        branches[village].add(cadre)
    waiting: dict[int, set[int]] = defaultdict(set)
    for matter, village, home, handler in rows:
        own = {cadre for cadre in (paired.get(home), handler) if cadre}
        for cadre in own or branches[village]:
            waiting[cadre].add(matter)
    people = defaultdict(list)
    for user in in_service(on).filter(cadre__in=list(waiting)):
        people[len(waiting[user.cadre.pk])].append(user)
    for count, users in sorted(people.items()):
        notify(
            users,
            key=f"family:{on}",
            title=f"有 {count} 件诉求还没有告知群众",
            body="打电话、当面说或交民情回执都可以，说完记一下。",
            url=reverse("family_notices"),
        )
