"""Where a matter stands (contract, section 4). Which state leads where: `grievances.workflow`."""

from django.db import models


class GrievanceState(models.TextChoices):
    """The steps no matter may skip."""

    REGISTERED = "registered", "已挂号"
    ASSIGNED = "assigned", "已交办"
    REPLIED = "replied", "已答复"
    REVISITED = "revisited", "已回访"
    CLOSED = "closed", "已销号"
    PUBLISHED = "published", "已公示"


# What needs nobody's work any more.
OVER = (GrievanceState.CLOSED, GrievanceState.PUBLISHED)
# What somebody still has in work; named, so that the index of open matters serves it ("not over" would not).
IN_WORK = tuple(state for state in GrievanceState if state not in OVER)
