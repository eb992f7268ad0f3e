"""A matter anywhere in its life, with the events that brought it there, and the words of each step."""

import datetime

from django.db import transaction

from accounts.models import Notice
from grievances.entry import GrievanceEntryForm, LedgerEntryFacts, register
from grievances.models import (
    FamilyNotice,
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    Objection,
    Publication,
    StepRequest,
)
from grievances.workflow import act
from lianhu.kit import clock
from tests import county
from visits.services import Entered

A, S = GrievanceAction, GrievanceState
ORDER = list(S)
# (step, the state it leads to), in the order of a matter's life.
LIFE = [
    (A.REGISTER, S.REGISTERED),
    (A.ASSIGN, S.ASSIGNED),
    (A.REPLY, S.REPLIED),
    (A.REVISIT, S.REVISITED),
    (A.CLOSE, S.CLOSED),
    (A.PUBLISH, S.PUBLISHED),
]
DAY = datetime.timedelta(days=1)


def matter(people, state, *, level="village", by=None, **fields):
    """Registered a week ago by the branch, handled by `cadre`, closed by `branch`; `by`: {action: person}."""
    today = clock.today()
    at = ORDER.index(S(state))
    who = {
        A.REGISTER: people.branch,
        A.ASSIGN: people.branch,
        A.REPLY: people.cadre,
        A.REVISIT: people.branch,
        A.CLOSE: people.branch,
        A.PUBLISH: people.township_liaison,
    } | (by or {})
    begun = today - 7 * DAY
    row = {
        "household": people.household,
        "handler": people.cadre if at >= 1 else None,
        "registered_on": begun,
        "replied_on": today - 3 * DAY if at >= 2 else None,
        "satisfaction": "satisfied" if at >= 3 else "",
        "closed_on": today - 2 * DAY if at >= 4 else None,
        "published_on": today - DAY if at >= 5 else None,
        "level": level,
        "state": state,
        "reply": "已经修好了" if at >= 2 else "",
        "assign_due_on": begun + 3 * DAY,
    } | fields
    made = county.add_grievance(**row)
    before = ""
    for action, after in LIFE[: at + 1]:
        GrievanceEvent.objects.create(
            grievance=made,
            action=action,
            from_state=before,
            to_state=after,
            on=today - 2 * DAY,
            handler=made.handler if after != S.REGISTERED else None,
            level=level,
            value={A.REPLY: "solved", A.REVISIT: "satisfied"}.get(action, ""),
            by=who[action].user,
            recorded_at=clock.now() - 2 * DAY,
        )
        before = after
    if at == 5:
        text = public_text(made, people.branch)
        text.published_at, text.ends_on = clock.now() - DAY, today + 6 * DAY
        text.save()
    return made


def public_text(made, person):
    return Publication.objects.create(
        grievance=made,
        title="饮水管道漏水",
        question="饮水管道漏水",
        answer="已经修好",
        confirmed_at=clock.now(),
        confirmed_by=person.user,
    )


def ask(made, kind, person, days=None):
    return StepRequest.objects.create(
        grievance=made,
        kind=kind,
        days=days,
        reason="要等材料",
        asked_at=clock.now(),
        asked_by=person.user,
    )


def objection(made, on=None):
    return Objection.objects.create(
        publication=made.publications.get(withdrawn_at=None), text="没有修好", at=clock.now()
    )


def words(people, action, **more):
    """What the step needs to be told."""
    said = {"reason": "情况说明"}
    said |= {
        A.ASSIGN: {"handler": people.cadre.code},
        A.TRANSFER: {"handler": people.colleague.code},
        A.ASK_EXTENSION: {"days": 10},
        A.REPLY: {"outcome": "solved"},
        A.REVISIT: {"satisfaction": "satisfied", "asked": "多吉"},
        A.WITHHOLD: {"kind": "privacy"},
    }.get(action, {})
    return said | more


def take(made, action, person, people=None, **more):
    """The step, by the person as they would enter anew; the matter as it is then."""
    said = words(people, action, **more) if people else more
    return act(made.pk, action, said, by=fresh(person))


def fresh(person):
    """Without the scope that was kept with the user."""
    return type(person.user).objects.select_related("cadre").get(pk=person.user_id)


def entered(by, **raw):
    """挂号 through the form and the rules of the phone and the desk."""
    on = clock.today()
    said = {"category": "其他", "title": "饮水管道漏水", "content": "漏水", "level": "village"} | raw
    form = GrievanceEntryForm(said)
    assert form.is_valid(), form.errors
    values = form.cleaned_data
    values["cadre"] = values["cadre"] or by.code
    facts = LedgerEntryFacts.load([values], by=by.user, on=on)
    with transaction.atomic():
        [made] = register([Entered(values, clock.now())], by=by.user, facts=facts)
    return made


def story(made):
    """The timeline: (action, from, to)."""
    return list(made.events.order_by("pk").values_list("action", "from_state", "to_state"))


def last_event(made):
    return made.events.order_by("pk").last()


def owed(made):
    """What the family is still to hear: occasions."""
    rows = FamilyNotice.objects.filter(grievance=made, told_at=None).order_by("pk")
    return list(rows.values_list("occasion", flat=True))


def told(person):
    """The titles of the person's notices."""
    return list(Notice.objects.filter(user=person.user).order_by("pk").values_list("title", flat=True))


def again(made):
    return Grievance.objects.get(pk=made.pk)
