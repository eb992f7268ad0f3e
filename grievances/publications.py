"""公示 of the desks of a person: what waits for it, what is up, what was objected to (contract, section 4)."""

import datetime
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import User
from grievances.hands import DESKS
from grievances.inbox import NOTHING, STANDS, desks_of
from grievances.models import Grievance, GrievanceState, Objection, Publication
from registry.models import Village

S = GrievanceState
# Whoever sits at a desk of some level sees the page.
PREPARING = frozenset(DESKS.values())


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    condition: Q
    order: tuple[str, ...]
    # Those that wait for somebody are counted; of the others there are many.
    counted: bool = False


def tabs(on: datetime.date) -> list[Tab]:
    standing = Q(publications__withdrawn_at__isnull=True)
    up = Q(state=S.PUBLISHED, withheld_kind="")
    objected = Objection.objects.filter(answered_at__isnull=True).values("publication__grievance")
    return [
        Tab("waiting", "等公示", waiting(), ("closed_on", "pk"), counted=True),
        Tab("objections", "有异议", up & Q(pk__in=objected), ("published_on", "pk"), counted=True),
        Tab(
            "up",
            "公示中",
            up & standing & Q(publications__ends_on__gte=on),
            ("publications__ends_on", "pk"),
            counted=True,
        ),
        Tab("withheld", "不予公示", ~Q(withheld_kind=""), ("-registered_on", "-pk")),
        Tab("over", "已满期", up & standing & Q(publications__ends_on__lt=on), ("-published_on", "-pk")),
    ]


def waiting() -> Q:
    """Closed, and to be read by everybody; a family that was blacked out has nothing that could be."""
    return Q(state=S.CLOSED, withheld_kind="") & (
        Q(household__isnull=True) | Q(household__erased_at__isnull=True)
    )


def at_desks_of(user: User, on: datetime.date) -> "QuerySet[Grievance]":
    """Matters whose desk, or one above it, is the person's."""
    here = reduce(or_, (desk.own_and_below for desk in desks_of(user, on)), NOTHING)
    return Grievance.objects.visible_to(user).filter(STANDS & here)


def with_texts(matters: "QuerySet[Grievance]") -> "QuerySet[Grievance]":
    """Each with `texts`: its draft or its notice, with the objection that waits as `waiting`."""
    objections = Prefetch("objections", Objection.objects.filter(answered_at__isnull=True), to_attr="waiting")
    standing = Publication.objects.filter(withdrawn_at__isnull=True)
    texts = standing.select_related("confirmed_by").prefetch_related(objections)
    return matters.select_related("village", "category", "household").prefetch_related(
        Prefetch("publications", texts, to_attr="texts")
    )


def villages_of(user: User, on: datetime.date) -> "QuerySet[Village]":
    """Whose board the person hangs notices on."""
    places = [desk.villages for desk in desks_of(user, on)]
    villages = Village.objects.select_related("township").order_by("code")
    if None in places:
        return villages
    return villages.filter(pk__in=frozenset[int]().union(*filter(None, places)))


def up_in(village: Village, on: datetime.date) -> "QuerySet[Publication]":
    """Within their seven days, those that end first on top."""
    up = Publication.objects.filter(
        withdrawn_at__isnull=True,
        published_at__isnull=False,
        ends_on__gte=on,
        grievance__village=village,
        grievance__state=S.PUBLISHED,
        grievance__voided_at__isnull=True,
        grievance__parent__isnull=True,
        grievance__withheld_kind="",
    )
    return up.select_related("grievance__category", "grievance__village__township").order_by("ends_on", "pk")
