"""群众评价 by the query code, once a reply; beside the revisit, never in its place (contract, section 0)."""

from django.core.exceptions import ValidationError
from django.db import transaction

from grievances.events import add_event
from grievances.models import FamilyRating, Grievance, GrievanceAction, GrievanceEvent
from grievances.public.case import reply_event as standing_reply
from grievances.telling import tell_colleagues
from lianhu.kit import clock


@transaction.atomic
def rate(matter: Grievance, reply_event: GrievanceEvent, satisfaction: str, text: str) -> FamilyRating:
    """What was said first of this reply stays: a double tap is one rating. Who may: whoever has the code.

    Raise ValidationError when the reply stands no more. The desk hears of a family that is not satisfied.
    """
    locked = Grievance.objects.select_for_update(of=("self",)).get(pk=matter.pk)
    standing = standing_reply(locked, list(locked.events.order_by("pk")))
    if standing is None or standing.pk != reply_event.pk:
        raise ValidationError("这件事正在重新办，等有了新的答复再评价", code="reply_gone")
    before = FamilyRating.objects.filter(reply_event=standing).first()
    if before is not None:
        return before
    rating = FamilyRating.objects.create(
        grievance=locked, reply_event=standing, satisfaction=satisfaction, text=text, at=clock.now()
    )
    step = add_event(locked, GrievanceAction.RATE, by=None, reason=text, value=satisfaction)
    tell_colleagues(locked, step)
    return rating
