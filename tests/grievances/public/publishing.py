"""A matter that is up, as the tests of the public pages want it; what must not be read in public says so itself."""

import datetime
import itertools

from grievances.models import Publication
from lianhu.kit import clock
from tests import county

_serial = itertools.count(1)


def publish(people, *, on="2026-06-10", title="灌溉渠漏水", question=None, answer=None, **fields):
    """`fields`: of the matter. Its own words, household and handler are canaries."""
    day = county.day(on)
    row = {"household": people.household, "handler": people.cadre, "category": "饮水用电", "published_on": on}
    row |= {"registered_on": day - datetime.timedelta(days=9), "replied_on": day - datetime.timedelta(days=5)}
    row |= {
        "closed_on": day - datetime.timedelta(days=1),
        "title": "私密标题",
        "content": "私密内容 13812341234",
    }
    matter = county.add_grievance(**(row | fields))
    at = clock.midnight(day) + datetime.timedelta(hours=9, seconds=next(_serial))
    Publication.objects.create(
        grievance=matter,
        title=title,
        question=question or "渠道开裂，下游浇不上水。",
        answer=answer or "已更换破损渠段。",
        confirmed_at=at,
        published_at=at,
        ends_on=day + datetime.timedelta(days=7),
    )
    return matter


def withdraw(matter):
    matter.publications.update(withdrawn_at=clock.now())
