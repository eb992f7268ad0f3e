"""A tap too many on a slow phone: the same filing, objection or rating at the same moment is one."""

import uuid

import pytest
from django.test import Client

from grievances.events import add_event
from grievances.models import FamilyRating, Filing, GrievanceAction, Objection
from grievances.public import filing
from grievances.public.look_up import ticket_of
from grievances.query_codes import hash_of
from tests import county
from tests.concurrency.test_sign_in import at_once
from tests.grievances.public.publishing import publish
from tests.grievances.public.test_filing import code_in, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def test_what_is_sent_eight_times_at_once_is_one(people):
    word = str(uuid.uuid4())
    codes = {code_in(answer) for answer in at_once(lambda: send(people, form_id=word))}
    assert Filing.objects.count() == 1
    assert len(codes) == 1
    assert "" not in codes

    matter = publish(people, query_code_hash=hash_of("7KQMA4XWD2"))
    add_event(matter, GrievanceAction.REPLY, by=people.cadre.user, value="solved")
    said = {"ticket": ticket_of(matter), "text": "水还是浇不上", "satisfaction": "dissatisfied"}
    for what, kept in (("object", Objection), ("rate", FamilyRating)):
        answers = at_once(lambda what=what: Client().post(f"/public/case/{what}/", said))
        assert {answer.status_code for answer in answers} == {200}
        assert kept.objects.count() == 1


def test_no_more_are_filed_at_once_than_there_is_room_for(people, monkeypatch):
    monkeypatch.setattr(filing, "PER_VILLAGE", 3)
    statuses = [answer.status_code for answer in at_once(lambda: send(people))]
    assert sorted(statuses) == [200] * 3 + [429] * 5
    assert Filing.objects.count() == 3
