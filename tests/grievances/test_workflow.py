"""Contract, section 4, line by line: who may take which step of a matter, what it needs, sets and leaves behind."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Setting
from grievances.diagram import ends_of
from grievances.events import add_event
from grievances.hands import Hand
from grievances.models import (
    Category,
    GrievanceAction,
    GrievanceState,
    Policy,
    StepRequest,
)
from grievances.workflow import STEPS, Meanwhile, act, act_on_many, missing_for, steps_for
from lianhu.kit import clock
from registry.models import Cover
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import again, ask, fresh, last_event, matter, objection, owed, take, words

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
TODAY = datetime.date(2026, 6, 15)
LEVELS = ("village", "township", "county")
DESK = {"village": "branch", "township": "township_liaison", "county": "office"}
# Whoever answers for the matter above its own desk.
ABOVE_TOO = {"village": {"township_liaison", "office"}, "township": {"office"}, "county": set()}
NEXT = {"village": "township_liaison", "township": "office", "county": "second"}
# Who sees the matter of 格桑村's household: its cadre and unit, the village, the township, the county.
SEE = {
    *("cadre", "branch", "township_liaison", "unit_liaison", "unit_leader"),
    *("office", "second", "county_leader"),
}
NOBODY_ELSE = ("admin", "auditor", "colleague", "stranger_branch", "stranger_township_liaison")


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def second(people):
    """Another person of the county office."""
    person = county.add_cadre("郑梅", unit=people.office.user.cadre.post_spans.get().unit, code="P0-second")
    county.grant(person, "county_office")
    return person


# --- who may -----------------------------------------------------------------------------------


def at_desk(level):
    return {DESK[level]} | ({"second"} if level == "county" else set())


def at_desk_or_above(level):
    return at_desk(level) | ABOVE_TOO[level] | {"second"}


def above(level):
    """The handler asked: of the office any other person; of the level below the next one up."""
    return {"office", "second"} if level in ("township", "county") else {"township_liaison"}


# step, the state it is asked in, and at each level who may. The handler is `cadre`.
WHO = [
    (A.ASSIGN, S.REGISTERED, at_desk),
    (A.TRANSFER, S.ASSIGNED, lambda level: at_desk(level) | {"cadre"}),
    (A.ESCALATE, S.REGISTERED, lambda level: at_desk(level) if level != "county" else None),
    (A.ESCALATE, S.ASSIGNED, lambda level: at_desk(level) | {"cadre"} if level != "county" else None),
    (A.RETURN, S.ASSIGNED, lambda level: {"cadre"}),
    (A.ASK_EXTENSION, S.ASSIGNED, lambda level: {"cadre"}),
    (A.EXTEND, S.ASSIGNED, above),
    (A.REFUSE_EXTENSION, S.ASSIGNED, above),
    (A.REPLY, S.ASSIGNED, lambda level: {"cadre"}),
    (A.REPLY, S.REGISTERED, lambda level: {"branch"}),  # registered it, and answers on the spot
    (A.REVISIT, S.REPLIED, lambda level: SEE - {"cadre"}),
    (A.ASK_WAIVER, S.REPLIED, lambda level: at_desk(level) | {"cadre"}),
    (A.WAIVE, S.REPLIED, above),
    (A.REFUSE_WAIVER, S.REPLIED, above),
    (A.CLOSE, S.REVISITED, at_desk),
    (A.PUBLISH, S.CLOSED, lambda level: at_desk_or_above(level) - {"branch"}),  # closed by the branch
    (A.WITHHOLD, S.ASSIGNED, at_desk_or_above),
    (A.WITHHOLD, S.CLOSED, at_desk_or_above),
    (A.REOPEN, S.CLOSED, at_desk_or_above),
    (A.REOPEN, S.PUBLISHED, at_desk_or_above),
    (A.KEEP, S.PUBLISHED, at_desk_or_above),
    (A.MERGE, S.ASSIGNED, lambda level: {"township_liaison", "office", "second"}),
    (A.UNMERGE, S.ASSIGNED, lambda level: {"township_liaison", "office", "second"}),
    (A.VOID, S.ASSIGNED, lambda level: {"office", "second"}),
    (A.NOTE, S.ASSIGNED, lambda level: {"cadre"}),
    (A.REMIND, S.ASSIGNED, at_desk_or_above),
    (A.SET_ASIDE, S.REVISITED, lambda level: {"office", "second"}),
]


def prepared(people, action, state, level):
    """The matter with what the step waits for."""
    made = matter(people, state, level=level)
    if action in (A.EXTEND, A.REFUSE_EXTENSION):
        ask(made, "extension", people.cadre, days=10)
    if action in (A.WAIVE, A.REFUSE_WAIVER):
        ask(made, "waiver", people.cadre)
    if action == A.PUBLISH:
        ledger.public_text(made, people.branch)
    if action == A.KEEP:
        objection(made)
    if action == A.UNMERGE:
        made.parent = matter(people, S.ASSIGNED)
        made.save()
    return made


@pytest.mark.parametrize(("action", "state", "who"), WHO, ids=[f"{a}-{s}" for a, s, _ in WHO])
def test_each_step_is_taken_by_those_of_the_contract_alone(people, second, action, state, who):
    everybody = {name: getattr(people, name) for name in (*(SEE - {"second"}), *NOBODY_ELSE)}
    users = {name: fresh(person) for name, person in (everybody | {"second": second}).items()}
    for level in LEVELS:
        expected = who(level)
        if expected is None:
            continue
        made = prepared(people, action, state, level)
        parent = matter(people, S.REGISTERED)
        said = words(people, action, parent=parent.number)
        may, offered = set(), set()
        for name, user in users.items():
            try:
                with transaction.atomic():
                    act(made.pk, action, said, by=user)
                    may.add(name)
                    raise InterruptedError
            except PermissionDenied:
                pass
            except InterruptedError:
                pass
            if name in SEE and level == "village":
                hand = Hand(again(made), user, TODAY)
                offered |= {name} if action in [step.action for step in steps_for(hand)] else set()
        assert may == expected, level
        assert level != "village" or offered == expected


def test_every_step_of_the_table_was_asked():
    assert {action for action, _, _ in WHO} == set(STEPS)


def test_a_step_does_not_begin_where_the_contract_does_not_let_it(people):
    """Every step in every state it is not for: nothing moves, and what is there is told."""
    made = {state: matter(people, state) for state in S}
    for action, step in STEPS.items():
        for state in set(S) - step.begins:
            with pytest.raises(Meanwhile):
                take(made[state], action, people.office, people, parent="x")
    assert [again(each).state for each in made.values()] == list(S)


def test_no_step_skips_another():
    """The four steps, and no way around any of them (contract, section 1)."""
    to = {
        state: {step.action for step in STEPS.values() if state in ends_of(step) and step.begins - {state}}
        for state in S
    }
    assert to[S.PUBLISHED] == {A.PUBLISH}
    assert STEPS[A.PUBLISH].begins == {S.CLOSED}
    assert to[S.CLOSED] == {A.CLOSE, A.WAIVE}
    assert STEPS[A.CLOSE].begins == {S.REVISITED}
    assert STEPS[A.WAIVE].begins == {S.REPLIED}
    assert to[S.REVISITED] == {A.REVISIT}
    assert STEPS[A.REVISIT].begins == {S.REPLIED}
    assert to[S.REPLIED] == {A.REPLY}
    assert STEPS[A.REPLY].begins == {S.REGISTERED, S.ASSIGNED}


def test_a_whole_life(people, on_day):
    made = ledger.entered(people.cadre, household=people.household.code)
    take(made, A.ASSIGN, people.branch, people)
    take(made, A.NOTE, people.cadre, people)
    on_day("2026-06-18")
    take(made, A.REPLY, people.cadre, people)
    take(made, A.REVISIT, people.branch, people)
    take(made, A.CLOSE, people.branch, people)
    ledger.public_text(made, people.branch)
    take(made, A.PUBLISH, people.township_liaison, people)
    assert ledger.story(made) == [
        (A.REGISTER, "", S.REGISTERED),
        (A.ASSIGN, S.REGISTERED, S.ASSIGNED),
        (A.NOTE, S.ASSIGNED, S.ASSIGNED),
        (A.REPLY, S.ASSIGNED, S.REPLIED),
        (A.REVISIT, S.REPLIED, S.REVISITED),
        (A.CLOSE, S.REVISITED, S.CLOSED),
        (A.PUBLISH, S.CLOSED, S.PUBLISHED),
    ]
    day = datetime.date(2026, 6, 18)
    made = again(made)
    assert (made.replied_on, made.closed_on, made.published_on, made.outcome) == (day, day, day, "solved")
    assert made.publications.get().ends_on == datetime.date(2026, 6, 25)


# --- needs and effects -------------------------------------------------------------------------


def codes(made, action, person, people=None, **more):
    """Field → codes of the refusal; nothing of it was written."""
    before = (again(made).state, made.events.count())
    with pytest.raises(ValidationError) as refused:
        take(made, action, person, people, **more)
    assert (again(made).state, made.events.count()) == before
    if not hasattr(refused.value, "error_dict"):
        return {"": [refused.value.code]}
    found = refused.value.error_dict
    return {name: [each.code for each in errors] for name, errors in found.items()}


def test_assigning_names_a_handler_in_post_and_the_helping_units(people):
    made = matter(people, S.REGISTERED)
    gone = county.add_cadre(unit=people.unit, left_on="2026-06-14")
    assert codes(made, A.ASSIGN, people.branch, people, handler=gone.code) == {"handler": ["not_in_post"]}
    assert codes(made, A.ASSIGN, people.branch, people, handler="") == {"handler": ["required"]}
    assert codes(made, A.ASSIGN, people.branch, people, helping="U-NO") == {"helping": ["not_found"]}
    helping = f"{people.other_unit.code}、{people.unit.code}"
    made = take(made, A.ASSIGN, people.branch, people, helping=helping, approach="at_home")
    assert (made.handler, made.lead_unit, made.held_since) == (people.cadre, people.unit, TODAY)
    assert (made.state, made.approach) == (S.ASSIGNED, "at_home")
    assert set(made.helping_units.all()) == {people.unit, people.other_unit}
    event = last_event(made)
    assert (event.handler, event.level, event.by) == (people.cadre, "village", people.branch.user)


def test_a_transfer_is_to_another_person(people):
    made = matter(people, S.ASSIGNED)
    assert codes(made, A.TRANSFER, people.cadre, handler=people.cadre.code, reason="x") == {
        "handler": ["same_person"]
    }
    made = take(made, A.TRANSFER, people.cadre, people)
    assert (made.handler, made.held_since, made.state) == (people.colleague, TODAY, S.ASSIGNED)


def test_escalated_it_has_the_new_levels_days_still_from_the_first(people):
    made = matter(people, S.ASSIGNED, registered_on="2026-06-08")
    made = take(made, A.ESCALATE, people.cadre, people)
    assert (made.level, made.state, made.handler, made.held_since) == ("township", S.REGISTERED, None, TODAY)
    assert made.reply_due_on == datetime.date(2026, 6, 23)
    # 19 June is a holiday, 20 and 21 are a weekend: 16, 17, 18.
    assert (made.assign_due_on, made.assign_due_certain) == (datetime.date(2026, 6, 18), True)
    made = take(made, A.ESCALATE, people.township_liaison, people)
    assert (made.level, made.reply_due_on) == ("county", datetime.date(2026, 7, 8))
    assert codes(made, A.ESCALATE, people.office, people) == {"": ["meanwhile"]}


def test_a_return_is_counted_and_lies_on_the_desk_again(people):
    made = matter(people, S.ASSIGNED)
    due = made.reply_due_on
    made = take(made, A.RETURN, people.cadre, people)
    assert (made.state, made.returns, made.handler, made.lead_unit) == (S.REGISTERED, 1, None, None)
    assert (made.reply_due_on, made.assign_due_on) == (due, datetime.date(2026, 6, 18))


def test_a_reason_is_asked_for_where_the_contract_wants_one(people):
    reasons = {
        *(A.TRANSFER, A.ESCALATE, A.RETURN, A.ASK_EXTENSION, A.REFUSE_EXTENSION, A.REPLY, A.ASK_WAIVER),
        *(A.REFUSE_WAIVER, A.WITHHOLD, A.REOPEN, A.KEEP, A.MERGE, A.UNMERGE, A.VOID, A.NOTE, A.SET_ASIDE),
    }
    assert {action for action, step in STEPS.items() if step.form.base_fields["reason"].required} == reasons


def test_an_extension_is_asked_once_granted_once_and_the_family_is_told_why(people):
    made = matter(people, S.ASSIGNED)
    take(made, A.ASK_EXTENSION, people.cadre, days=20, reason="等省里批复")
    assert again(made).reply_due_on == made.reply_due_on
    assert codes(made, A.ASK_EXTENSION, people.cadre, people) == {"": ["meanwhile"]}
    made = take(made, A.EXTEND, people.township_liaison)
    assert (made.extension_days, made.reply_due_on) == (20, datetime.date(2026, 7, 5))
    notice = made.family_notices.get()
    assert (notice.occasion, notice.told_at) == ("extend", None)
    assert "等省里批复" in notice.text
    assert "2026年7月5日" in notice.text
    assert last_event(made).value == "20"
    assert codes(made, A.ASK_EXTENSION, people.cadre, people) == {"": ["meanwhile"]}


def test_a_refused_extension_may_be_asked_again(people):
    made = matter(people, S.ASSIGNED)
    take(made, A.ASK_EXTENSION, people.cadre, people)
    made = take(made, A.REFUSE_EXTENSION, people.township_liaison, people)
    assert (made.extension_days, owed(made)) == (0, [])
    take(made, A.ASK_EXTENSION, people.cadre, people)
    assert StepRequest.objects.filter(grievance=made, decided_at=None).count() == 1


def test_an_extension_is_thirty_days_at_most_and_as_set_on_the_day_of_registration(people):
    made = matter(people, S.ASSIGNED)
    assert "days" in codes(made, A.ASK_EXTENSION, people.cadre, days=31, reason="x")
    Setting.objects.create(name="extension_most_days", value=12, begins_on="2026-06-01")
    assert codes(made, A.ASK_EXTENSION, people.cadre, days=13, reason="x") == {"days": ["too_long"]}
    take(made, A.ASK_EXTENSION, people.cadre, days=12, reason="x")


def test_never_past_sixty_days(people):
    made = matter(people, S.ASSIGNED, level="county", registered_on="2026-06-08")
    take(made, A.ASK_EXTENSION, people.cadre, days=30, reason="x")
    made = take(made, A.EXTEND, people.office)
    assert made.reply_due_on == datetime.date(2026, 6, 8) + datetime.timedelta(days=60)
    # Extended at the village and then escalated twice: the days of the county and the extension, 60 at most.
    made = matter(people, S.ASSIGNED, registered_on="2026-06-08", extension_days=30)
    take(made, A.ESCALATE, people.cadre, people)
    made = take(made, A.ESCALATE, people.township_liaison, people)
    assert (made.reply_due_on - made.registered_on).days == 60


def test_an_extension_into_the_past_is_refused(people):
    made = matter(people, S.ASSIGNED, registered_on="2026-05-01")
    assert codes(made, A.ASK_EXTENSION, people.cadre, days=10, reason="x") == {"days": ["too_short"]}


def test_of_the_countys_own_matters_another_person_of_the_office_decides(people, second):
    county.grant(people.cadre, "county_office")
    for ask_for, decide, state in (
        (A.ASK_EXTENSION, A.EXTEND, S.ASSIGNED),
        (A.ASK_WAIVER, A.WAIVE, S.REPLIED),
    ):
        made = matter(people, state, level="county")
        take(made, ask_for, people.cadre, people)
        with pytest.raises(PermissionDenied):
            take(made, decide, people.cadre)
        take(made, decide, second)


def test_a_request_lapses_with_the_step_it_was_for(people):
    for action in (A.ESCALATE, A.RETURN, A.REPLY):
        made = matter(people, S.ASSIGNED)
        ask(made, "extension", people.cadre, days=5)
        take(made, action, people.cadre, people)
        assert made.requests.get().approved is False
    made = matter(people, S.REPLIED)
    ask(made, "waiver", people.cadre)
    take(made, A.REVISIT, people.branch, people)
    assert made.requests.get().approved is False


def test_a_reply_says_the_outcome_and_is_what_the_family_hears(people):
    made = matter(people, S.ASSIGNED)
    assert codes(made, A.REPLY, people.cadre, reason="修好了") == {"outcome": ["required"]}
    assert codes(made, A.REPLY, people.cadre, outcome="solved") == {"reason": ["required"]}
    made = take(made, A.REPLY, people.cadre, outcome="partly", reason="先通了水，管道月底换")
    assert (made.state, made.outcome, made.replied_on) == (S.REPLIED, "partly", TODAY)
    assert made.reply == last_event(made).reason == "先通了水，管道月底换"
    assert last_event(made).value == "partly"
    assert owed(made) == ["reply"]
    assert "部分解决：先通了水，管道月底换" in made.family_notices.get().text


def test_an_explained_policy_is_cited_where_the_library_has_one(people):
    category = Category.objects.get(name="其他")

    def policy(**more):
        row = {"category": category, "title": "低保", "text": "…", "added_at": clock.now()} | more
        return Policy.objects.create(added_by=people.office.user, **row)

    explained = {"outcome": "explained", "reason": "按规定不能办"}
    old = policy(retired_on=TODAY)
    made = matter(people, S.ASSIGNED)
    assert codes(made, A.REPLY, people.cadre, **explained, policy=old.pk) == {"policy": ["not_found"]}
    take(made, A.REPLY, people.cadre, **explained)  # the library has nothing for it
    new = policy()
    made = matter(people, S.ASSIGNED)
    assert codes(made, A.REPLY, people.cadre, **explained) == {"policy": ["required"]}
    assert take(made, A.REPLY, people.cadre, **explained, policy=new.pk).policy == new


def test_what_is_answered_on_the_spot_has_its_registrar_as_handler(people):
    made = ledger.entered(people.cadre, household=people.household.code)
    made = take(made, A.REPLY, people.cadre, people)
    assert (made.handler, made.lead_unit, made.state) == (people.cadre, people.unit, S.REPLIED)


def test_what_went_on_to_a_level_above_is_not_answered_on_the_spot(people):
    made = ledger.entered(people.branch, household=people.household.code)
    take(made, A.ESCALATE, people.branch, people)
    with pytest.raises(PermissionDenied):
        take(made, A.REPLY, people.branch, people)


def test_a_revisit_records_who_asked_whom_when_and_how_content_they_are(people):
    made = matter(people, S.REPLIED)
    assert codes(made, A.REVISIT, people.branch, satisfaction="satisfied") == {"asked": ["required"]}
    said = {"satisfaction": "basically", "asked": "多吉的妻子"}
    assert codes(made, A.REVISIT, people.branch, **said, day="2026-06-16") == {"day": ["future"]}
    assert codes(made, A.REVISIT, people.branch, **said, day="2026-06-11") == {"day": ["before_reply"]}
    made = take(made, A.REVISIT, people.branch, **said, day="2026-06-13", reason="水大了")
    assert (made.state, made.satisfaction, made.revisited_on) == (
        *(S.REVISITED, "basically"),
        datetime.date(2026, 6, 13),
    )
    event = last_event(made)
    assert (event.by, event.value, event.reason) == (
        people.branch.user,
        "basically",
        "问了多吉的妻子：水大了",
    )


def test_the_one_who_replied_for_an_absent_handler_does_not_revisit_the_handler_may(people):
    made = matter(people, S.REPLIED, by={A.REPLY: people.colleague})
    Cover.objects.create(
        cadre=people.cadre, colleague=people.colleague, begins_on=TODAY, ends_on=TODAY, reason="病假"
    )
    with pytest.raises(PermissionDenied):
        take(made, A.REVISIT, people.colleague, people)
    take(made, A.REVISIT, people.cadre, people)


def test_dissatisfied_sends_it_back_to_the_handler(people):
    made = matter(people, S.REPLIED)
    due = made.reply_due_on
    made = take(made, A.REVISIT, people.branch, satisfaction="dissatisfied", asked="多吉", reason="还漏")
    assert (made.state, made.handler, made.reopenings) == (S.ASSIGNED, people.cadre, 1)
    assert (made.replied_on, made.outcome, made.reply, made.satisfaction) == (None, "", "", "")
    assert (made.reply_due_on, made.held_since) == (due, TODAY)
    assert last_event(made).value == "dissatisfied"


@pytest.mark.parametrize("step", ["revisit", "reopen"])
def test_with_the_handler_gone_it_comes_back_to_the_desk(people, step):
    made = matter(people, S.REPLIED)
    people.cadre.left_on = datetime.date(2026, 6, 14)
    people.cadre.save()
    if step == "revisit":
        made = take(made, A.REVISIT, people.branch, satisfaction="dissatisfied", asked="多吉")
    else:
        made = take(made, A.REOPEN, people.branch, people)
    assert (made.state, made.handler) == (S.REGISTERED, None)
    assert made.assign_due_on == datetime.date(2026, 6, 18)


def test_a_waived_revisit_closes_with_its_reason(people):
    made = matter(people, S.REPLIED)
    take(made, A.ASK_WAIVER, people.cadre, reason="全家外出，电话不通")
    made = take(made, A.WAIVE, people.township_liaison)
    assert (made.state, made.revisit_waived, made.closed_on) == (S.CLOSED, True, TODAY)
    assert made.requests.get().reason == "全家外出，电话不通"
    assert owed(made) == ["close"]


def test_closing_needs_a_content_family(people):
    made = matter(people, S.REVISITED, satisfaction="dissatisfied")  # as an old sheet may bring it
    assert codes(made, A.CLOSE, people.branch, people) == {"__all__": ["no_revisit"]}
    assert missing_for(Hand(made, people.branch.user, TODAY), A.CLOSE) == [
        "还没有满意或基本满意的回访，不能销号"
    ]
    made = matter(people, S.REVISITED)
    made = take(made, A.CLOSE, people.branch)
    assert (made.state, made.closed_on, owed(made)) == (S.CLOSED, TODAY, ["close"])


def test_who_handled_it_may_not_close_it_whatever_other_role_they_hold(people):
    """The handler, who was the handler before, and who answered for the handler."""
    for role, place in (
        ("village_branch", {"village": people.village}),
        ("township", {"unit": people.township}),
    ):
        county.grant(people.cadre, role, **place)
        county.grant(people.colleague, role, **place)
    county.grant(people.cadre, "county_office")
    now = matter(people, S.REVISITED)
    before = matter(people, S.REVISITED, handler=people.unit_leader, by={A.REPLY: people.unit_leader})
    before.events.model.objects.create(
        grievance=before,
        action=A.TRANSFER,
        from_state=S.ASSIGNED,
        to_state=S.ASSIGNED,
        on=TODAY,
        handler=people.cadre,
        by=people.branch.user,
        recorded_at=clock.now(),
    )
    covering = matter(people, S.REVISITED, by={A.REPLY: people.colleague})
    for made, person in ((now, people.cadre), (before, people.cadre), (covering, people.colleague)):
        with pytest.raises(PermissionDenied):
            take(made, A.CLOSE, person)
        take(made, A.CLOSE, people.branch)


def test_when_all_of_the_desk_have_handled_it_the_next_level_up_closes(people):
    made = matter(people, S.REVISITED, handler=people.branch, by={A.REPLY: people.branch})
    for person in (people.branch, people.office, people.county_leader):
        with pytest.raises(PermissionDenied):
            take(made, A.CLOSE, person)
    take(made, A.CLOSE, people.township_liaison)


def test_for_a_desk_where_nobody_is_the_next_level_up_acts(people):
    made = matter(people, S.REGISTERED)
    with pytest.raises(PermissionDenied):
        take(made, A.ASSIGN, people.township_liaison, people)
    people.branch.left_on = datetime.date(2026, 6, 14)
    people.branch.save()
    take(made, A.ASSIGN, people.township_liaison, people)


def test_who_closed_it_does_not_publish_it_but_the_office_may(people):
    def closed(person, level="village"):
        made = matter(people, S.CLOSED, level=level, by={A.CLOSE: person})
        ledger.public_text(made, people.branch)
        return made

    with pytest.raises(PermissionDenied):
        take(closed(people.branch), A.PUBLISH, people.branch)
    with pytest.raises(PermissionDenied):
        take(closed(people.township_liaison, "township"), A.PUBLISH, people.township_liaison)
    take(closed(people.office, "county"), A.PUBLISH, people.office)
    take(closed(people.branch), A.PUBLISH, people.township_liaison)
    take(closed(people.township_liaison), A.PUBLISH, people.branch)


def test_who_waived_and_so_closed_it_does_not_publish_it(people):
    made = matter(people, S.REPLIED)
    take(made, A.ASK_WAIVER, people.cadre, people)
    take(made, A.WAIVE, people.township_liaison)
    ledger.public_text(made, people.branch)
    with pytest.raises(PermissionDenied):
        take(made, A.PUBLISH, people.township_liaison)
    take(made, A.PUBLISH, people.branch)


def test_publishing_needs_a_confirmed_text(people):
    made = matter(people, S.CLOSED)
    assert codes(made, A.PUBLISH, people.township_liaison) == {"__all__": ["not_confirmed"]}
    text = ledger.public_text(made, people.branch)
    text.confirmed_at = None
    text.save()
    assert codes(made, A.PUBLISH, people.township_liaison) == {"__all__": ["not_confirmed"]}


def test_what_is_withheld_is_never_published_and_says_why(people):
    made = matter(people, S.CLOSED)
    ledger.public_text(made, people.branch)
    assert codes(made, A.WITHHOLD, people.branch, kind="privacy") == {"reason": ["required"]}
    made = take(made, A.WITHHOLD, people.branch, kind="report", reason="举报人要求")
    assert (made.state, made.withheld_kind, made.withheld_reason) == (S.CLOSED, "report", "举报人要求")
    assert codes(made, A.PUBLISH, people.township_liaison) == {"": ["meanwhile"]}
    assert codes(made, A.WITHHOLD, people.township_liaison, people) == {"": ["meanwhile"]}


def test_reopened_it_is_taken_down_and_begins_anew(people):
    made = matter(people, S.PUBLISHED)
    said = objection(made)
    made = take(made, A.REOPEN, people.branch, reason="确实没有修好")
    assert (made.state, made.handler, made.reopenings) == (S.ASSIGNED, people.cadre, 1)
    assert (made.replied_on, made.closed_on, made.published_on, made.revisit_waived) == (
        None,
        None,
        None,
        False,
    )
    said.refresh_from_db()
    assert (said.reopened, said.answer, said.answered_by) == (True, "确实没有修好", people.branch.user)
    assert made.publications.get().withdrawn_at is not None


def test_an_objection_is_answered_with_reasons_and_the_notice_stays(people):
    made = matter(people, S.PUBLISHED)
    assert codes(made, A.KEEP, people.branch, people) == {"": ["meanwhile"]}
    said = objection(made)
    made = take(made, A.KEEP, people.branch, reason="五月已经换过管道")
    said.refresh_from_db()
    assert (made.state, said.reopened, said.answer) == (S.PUBLISHED, False, "五月已经换过管道")
    assert made.publications.get().withdrawn_at is None


def test_satisfaction_is_set_aside_with_a_reason_and_stays_where_it_is(people):
    made = matter(people, S.REVISITED)
    made = take(made, A.SET_ASIDE, people.office, reason="问错了人")
    assert (made.satisfaction, made.set_aside_reason, made.set_aside_by) == (
        *("satisfied", "问错了人"),
        people.office.user,
    )
    assert codes(made, A.SET_ASIDE, people.office, people) == {"": ["meanwhile"]}


def test_a_void_matter_says_why_and_takes_no_step_any_more(people):
    made = matter(people, S.ASSIGNED)
    ask(made, "extension", people.cadre, days=5)
    made = take(made, A.VOID, people.office, reason="重复登记")
    assert (made.state, made.void_reason, made.is_open) == (S.ASSIGNED, "重复登记", False)
    assert made.requests.get().approved is False
    for action in STEPS:
        with pytest.raises(Meanwhile, match="作废"):
            take(made, action, people.office, people, parent="x")
    assert steps_for(Hand(made, people.office.user, TODAY)) == []


def test_a_helping_unit_writes_its_progress_too(people):
    made = matter(people, S.ASSIGNED)
    with pytest.raises(PermissionDenied):
        take(made, A.NOTE, people.stranger_unit_liaison, people)
    made.helping_units.set([people.other_unit])
    take(made, A.NOTE, people.stranger_unit_liaison, people)
    with pytest.raises(PermissionDenied):
        take(made, A.REPLY, people.stranger_unit_liaison, people)


# --- merging -----------------------------------------------------------------------------------


def test_a_merged_matter_keeps_its_number_points_to_its_parent_and_can_be_taken_out(people):
    whole, part = matter(people, S.ASSIGNED), matter(people, S.REGISTERED)
    number = part.number
    part = take(part, A.MERGE, people.township_liaison, parent=whole.number, reason="同一根水管")
    assert (part.number, part.parent, part.state, part.is_open) == (number, whole, S.REGISTERED, False)
    assert last_event(part).value == whole.number
    with pytest.raises(Meanwhile, match=f"已并入 {whole.number}"):
        take(part, A.ASSIGN, people.branch, people)
    assert [step.action for step in steps_for(Hand(again(part), people.township_liaison.user, TODAY))] == [
        A.UNMERGE
    ]
    part = take(part, A.UNMERGE, people.township_liaison, people)
    assert (part.parent, part.is_open) == (None, True)
    take(part, A.ASSIGN, people.branch, people)


def test_there_is_no_chain_and_no_cycle_of_merged_matters(people):
    one, two, three = (matter(people, S.ASSIGNED) for _ in range(3))
    take(two, A.MERGE, people.office, people, parent=one.number)
    merge = {"reason": "x"}
    assert codes(three, A.MERGE, people.office, parent=two.number, **merge) == {"parent": ["merged"]}
    assert codes(one, A.MERGE, people.office, parent=two.number, **merge) == {
        "parent": ["merged", "has_merged"]
    }
    assert codes(one, A.MERGE, people.office, parent=three.number, **merge) == {"parent": ["has_merged"]}
    assert codes(three, A.MERGE, people.office, parent=three.number, **merge) == {"parent": ["itself"]}
    assert codes(three, A.MERGE, people.office, parent="LH-2026-999999", **merge) == {"parent": ["not_found"]}
    assert codes(one, A.VOID, people.office, reason="x") == {"__all__": ["has_merged"]}


def test_nothing_is_merged_into_what_is_over_void_or_out_of_sight(people):
    part = matter(people, S.ASSIGNED)
    strange = county.add_grievance(household=people.other_household, handler=people.stranger)
    merge = {"reason": "x"}
    for parent, told in (
        (matter(people, S.CLOSED), "over"),
        (matter(people, S.ASSIGNED, void=True), "voided"),
        (strange, "not_found"),
    ):
        assert codes(part, A.MERGE, people.township_liaison, parent=parent.number, **merge) == {
            "parent": [told]
        }


def test_the_families_of_merged_matters_hear_what_came_of_it(people):
    other = county.add_household("央金", village=people.village)
    whole, part = matter(people, S.ASSIGNED), matter(people, S.ASSIGNED, household=other, title="没有水")
    take(part, A.MERGE, people.township_liaison, people, parent=whole.number)
    take(whole, A.REPLY, people.cadre, outcome="solved", reason="水管换了")
    assert owed(part) == owed(whole) == ["reply"]
    text = part.family_notices.get().text
    assert all(word in text for word in ("没有水", part.number, "已解决"))
    # The words were said to the other family.
    assert "水管换了" not in text + last_event(part).reason
    assert (last_event(part).action, last_event(part).to_state) == (A.NOTE, S.ASSIGNED)
    take(whole, A.REVISIT, people.branch, people)
    take(whole, A.CLOSE, people.branch)
    assert part.family_notices.filter(occasion="close").get().text.endswith("和相同的事一起办结销号了。")


# --- two at once, twice, badly -----------------------------------------------------------------


def test_the_second_hears_who_did_what_and_when(people, on_day):
    made = matter(people, S.REGISTERED)
    seen = last_event(made).pk
    take(made, A.ASSIGN, people.branch, people)
    with pytest.raises(Meanwhile) as told:
        take(made, A.ASSIGN, people.office, people)
    assert told.value.messages == ["扎西·卓玛已在 06-15 10:00 交办，现在是“已交办”。您这一次没有写入。"]
    with pytest.raises(Meanwhile, match="扎西·卓玛已在 06-15 10:00 交办"):
        act(made.pk, A.TRANSFER, words(people, A.TRANSFER), by=fresh(people.cadre), seen=seen)
    act(made.pk, A.NOTE, {"reason": "在办"}, by=fresh(people.cadre), seen=seen)  # moves nothing: no harm


def test_of_two_who_decide_the_second_hears_of_the_first(people, second):
    made = matter(people, S.ASSIGNED, level="township")
    ask(made, "extension", people.cadre, days=5)
    take(made, A.EXTEND, second)
    with pytest.raises(Meanwhile, match="郑梅已在 06-15 10:00 批准延期"):
        take(made, A.REFUSE_EXTENSION, people.office, people)


def test_a_note_or_reminder_sent_twice_is_one(people):
    made = matter(people, S.ASSIGNED)
    for _ in range(2):
        take(made, A.NOTE, people.cadre, reason="已联系施工队")
    for _ in range(2):
        take(made, A.REMIND, people.branch)
    take(made, A.NOTE, people.cadre, reason="已联系施工队")
    assert [action for action, _, _ in ledger.story(made)][2:] == [A.NOTE, A.REMIND, A.NOTE]


def test_what_is_not_yours_is_forbidden_before_anything_is_said(people):
    made = matter(people, S.REGISTERED)
    for person in (people.stranger, people.admin, people.auditor, people.stranger_township_liaison):
        with pytest.raises(PermissionDenied):
            take(made, A.ASSIGN, person, people)
    with pytest.raises(PermissionDenied):
        act(10**15, A.ASSIGN, words(people, A.ASSIGN), by=people.office.user)


def test_many_are_moved_each_for_itself(people):
    good, bad, moved = matter(people, S.REGISTERED), matter(people, S.REGISTERED, level="county"), None
    moved = matter(people, S.REPLIED)
    by = fresh(people.branch)
    results = act_on_many([moved, bad, good], A.ASSIGN, words(people, A.ASSIGN), by=by)
    told = {result.matter.pk: result.fault for result in results}
    assert told[good.pk] == ""
    assert told[bad.pk] == "您不能交办这一件"
    assert "现在是“已答复”" in told[moved.pk]
    assert [again(each).state for each in (good, bad, moved)] == [S.ASSIGNED, S.REGISTERED, S.REPLIED]
    with pytest.raises(ValidationError):
        act_on_many([good], A.ASSIGN, {"handler": ""}, by=by)


BAD = ["<script>alert(1)</script>", "𠮷野·扎西", "换" * 500, "第一行\n第二行", "'; DROP TABLE x; --"]


@pytest.mark.parametrize("said", BAD, ids=range(len(BAD)))
def test_what_was_said_is_kept_as_it_was_said(people, said):
    made = matter(people, S.ASSIGNED)
    take(made, A.NOTE, people.cadre, reason=said)
    assert last_event(made).reason == said


@pytest.mark.parametrize("said", ["   ", "\x00", "换" * 100_000])
def test_what_can_not_be_a_reason_is_refused_beside_the_field(people, said):
    made = matter(people, S.ASSIGNED)
    assert "reason" in codes(made, A.RETURN, people.cadre, reason=said)


def test_a_step_costs_as_many_queries_with_a_long_timeline_as_with_a_short_one(people):
    def cost(notes):
        made = matter(people, S.ASSIGNED)
        for place in range(notes):
            add_event(made, A.NOTE, by=people.cadre.user, reason=f"第 {place} 次")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            steps_for(Hand(again(made), fresh(people.cadre), TODAY))
            take(made, A.REPLY, people.cadre, people)
        return len(asked)

    assert cost(2) == cost(50)
