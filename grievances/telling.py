"""Who among the colleagues hears of a step, in the inbox (contract, sections 4 and 8)."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from grievances.hands import ABOVE, desk_people
from grievances.models import Grievance, GrievanceAction, GrievanceEvent, Level
from lianhu.kit import clock

A = GrievanceAction


def desk_of(matter: Grievance, level: str) -> "QuerySet[User]":
    """The people at the desk of the level, for the matter's village, today; above it while nobody is there."""
    people = desk_people(matter.village, level, clock.today())
    above = level_above(level)
    return people if above == level or people.exists() else desk_of(matter, above)


def _who_closes(matter: Grievance) -> "QuerySet[User]":
    """Of the desk, who has not handled it; the next level up when all have (`Hand.may_close`)."""
    free = desk_of(matter, matter.level).exclude(cadre=matter.handler)
    return free if free.exists() else desk_of(matter, level_above(matter.level))


def level_above(level: str) -> str:
    """Who decides for the level; the county's own matters stay with the office."""
    return ABOVE.get(Level(level), Level(level))


def tell_colleagues(matter: Grievance, event: GrievanceEvent) -> None:
    """Never the one who took the step. The title names nobody."""
    told = _whom(matter, event)
    if told is None:
        return
    users, title = told
    notify(
        (user for user in users if user.pk != event.by_id),
        key=f"matter:{event.pk}",
        title=f"{matter.number} {title}",
        url=reverse("matter", args=[matter.number]),
    )


def _whom(matter: Grievance, event: GrievanceEvent) -> tuple[Iterable[User], str] | None:
    handler = [matter.handler.user] if matter.handler else []
    desk = desk_of(matter, matter.level)
    match event.action:
        case A.ASSIGN | A.TRANSFER:
            return handler, "交给您主办"
        case A.ESCALATE:
            return desk, "升级到您这一级，请交办"
        case A.RETURN:
            return desk, "被退回，请重新交办"
        case A.ASK_EXTENSION:
            return desk_of(matter, level_above(matter.level)), "申请延期，等您决定"
        case A.ASK_WAIVER:
            return desk_of(matter, level_above(matter.level)), "申请免回访，等您决定"
        case A.EXTEND:
            return handler, "批准了延期"
        case A.REFUSE_EXTENSION:
            return handler, "没有批准延期"
        case A.REFUSE_WAIVER:
            return handler, "没有批准免回访，请安排回访"
        case A.REPLY:
            return desk, "已答复，请安排回访"
        case A.REVISIT if event.value == "dissatisfied":
            return handler or desk, "群众不满意，退回重办"
        case A.REVISIT:
            return _who_closes(matter), "已回访，可以销号"
        case A.CLOSE | A.WAIVE:
            return handler, "已销号"
        case A.REOPEN:
            return handler or desk, "退回重办"
        case A.REMIND:
            return handler or desk, "催办：请尽快办理"
        case A.NOTE:
            return desk, "有新的办理进展"
        case A.MERGE:
            return handler, f"并入 {event.value}"
        case A.UNMERGE:
            return handler or desk, "取消并案，单独办理"
        case A.VOID:
            return handler, "已作废"
        case A.RATE if event.value == "dissatisfied":
            return desk, "群众对答复不满意"
        case A.OBJECT:
            return desk, "公示有异议，请答复"
    return None
