"""件件有着落、事事有回音: what must not be there (contract, section 4). Each kind is one set of rows.

Of the person's scope. A merged matter is looked after with the one it is part of; a void one by nobody.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.calendar import workdays
from accounts.models import User
from accounts.settings import setting
from grievances.family import still_owed
from grievances.models import OVER, FamilyNotice, Filing, FilingState, Grievance, GrievanceState, Objection
from grievances.states import IN_WORK
from grievances.workflow import BEFORE_REPLY
from registry.models import Role
from registry.scope import scope_of

Date = datetime.date
# No run of days off is longer than this.
_LONGEST_REST = 14


@dataclass(frozen=True)
class Kind:
    """One way of being left alone. `rows` are matters, oldest first, of `filings` what residents filed."""

    name: str
    label: str
    told: str
    rows: QuerySet[Any]
    filings: bool = False


def may_look(user: User) -> bool:
    """Who has matters in their scope, by role or grant; the system admin and the auditor never do."""
    scope = scope_of(user)
    return bool(scope.county or scope.unit_ids or scope.village_ids or scope.has(Role.CADRE))


def owing(user: User, on: Date) -> list[Kind]:
    """All kinds, each with what the person may see of it; empty when all is well."""
    seen = Grievance.objects.visible_to(user)
    rows = seen.select_related("village", "household", "handler").order_by("registered_on", "pk")
    return [
        Kind(
            "no_handler",
            "没有人办",
            "过了交办期限还没有主办人，或者主办人已经离岗。请交办，或者办接替。",
            rows.filter(no_handler(on)),
        ),
        Kind(
            "no_due_date",
            "没有期限",
            "没有算出期限。每天夜里自动补算，第二天还在这里的请告诉系统管理员。",
            rows.filter(no_due_date()),
        ),
        Kind(
            "no_reply",
            "过期没有答复",
            "过了答复期限还没有答复。请催办，或者升级。",
            rows.filter(no_reply(on)),
        ),
        Kind(
            "closed_without_reply",
            "没有答复就销号",
            "销号了，却没有答复的日期或结果。请退回重办。",
            rows.filter(closed_without_reply()),
        ),
        Kind(
            "family_not_told",
            "办结了没有告知群众",
            "销号以后，还有该告诉这一户的话没有告知。请打电话、上门或者送回执。",
            rows.filter(family_not_told()),
        ),
        Kind(
            "objection",
            "异议没有答复",
            "公示期过了，提出的异议还没有答复。请退回重办，或者说明理由。",
            rows.filter(objection_unanswered(on)),
        ),
        Kind(
            "filing",
            "群众反映没有挂号",
            f"提交后过了 {setting('assign_workdays', on=on)} 个工作日，还没有挂号，也没有说明不予受理。",
            filings_left(user, on),
            filings=True,
        ),
    ]


_OPEN = Q(voided_at__isnull=True, parent__isnull=True, state__in=IN_WORK)


def no_handler(on: Date) -> Q:
    """Still on the desk past its days, in work with nobody, or with somebody who left the post."""
    on_desk = Q(state=GrievanceState.REGISTERED, assign_due_on__lt=on)
    nobody = ~Q(state=GrievanceState.REGISTERED) & Q(handler__isnull=True)
    return _OPEN & (on_desk | nobody | Q(handler__left_on__lt=on))


def no_due_date() -> Q:
    on_desk = Q(state=GrievanceState.REGISTERED, assign_due_on__isnull=True)
    return _OPEN & (on_desk | Q(reply_due_on__isnull=True))


def no_reply(on: Date) -> Q:
    return _OPEN & Q(state__in=BEFORE_REPLY, reply_due_on__lt=on)


def closed_without_reply() -> Q:
    """The database refuses it; looked for all the same."""
    return Q(voided_at__isnull=True, state__in=OVER) & (Q(replied_on__isnull=True) | Q(outcome=""))


def family_not_told() -> Q:
    """Over, or part of one that is, and the family still waits to hear something that stands.

    Asked of the notices, which are few, and not of all that is over.
    """
    over = Q(grievance__state__in=OVER) | Q(grievance__parent__state__in=OVER)
    owed = still_owed(FamilyNotice.objects.filter(over))
    return Q(pk__in=owed.order_by().values("grievance"))


def objection_unanswered(on: Date) -> Q:
    """Past the notice: within it there is still time."""
    waiting = Objection.objects.filter(
        publication__grievance=OuterRef("pk"), answered_at__isnull=True, publication__ends_on__lt=on
    )
    return Q(Exists(waiting), voided_at__isnull=True)


def filings_left(user: User, on: Date) -> QuerySet[Filing]:
    """待挂号 for more working days than a matter may wait to be assigned; of the villages of one's scope."""
    scope = scope_of(user)
    waiting = Filing.objects.filter(state=FilingState.WAITING, filed_at__date__lte=_last_left_day(on))
    if not scope.county:
        waiting = waiting.filter(village__in=scope.village_ids)
    return waiting.select_related("village").order_by("filed_at", "pk")


def _last_left_day(on: Date) -> Date:
    """What was filed on this day had its working days, all before today."""
    left, one = setting("assign_workdays", on=on), datetime.timedelta(days=1)
    first = on - (2 * left + _LONGEST_REST) * one
    days = workdays(first, on - one)
    day = on - one
    while day > first:
        left -= days[day].works
        day -= one
        if not left:
            break
    return day
