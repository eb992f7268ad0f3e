"""A record that is there: amended within seven days, added to afterwards, sent back, answered, voided."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEntry, AuditPrivate, Setting
from lianhu.kit import clock
from tests import county
from visits.models import Addendum, Question, Visit
from visits.records import add_addendum, amend, answer_question, send_back, version, void

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def visit(people):
    county.add_trip(people.cadre, people.village, "2026-06-10")
    return county.add_visit(
        people.cadre, people.household, "2026-06-10", record={"difficulties": "缺水", "opinions": "修路"}
    )


def change(visit, person, seen="", **values):
    return amend(visit, values, seen=seen, on=clock.today(), by=person.user)


def who(people, act):
    """Those whom the act does not refuse; each tries on the same ground."""
    found = set()
    for name, person in people.people.items():
        try:
            act(person)
        except PermissionDenied:
            continue
        found.add(name)
    return found


# --- 修改 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "on", "may"),
    [
        ("2026-06-10", "2026-06-10", True),
        ("2026-06-10", "2026-06-17", True),
        ("2026-06-10", "2026-06-18", False),
        ("2024-02-22", "2024-02-29", True),
        ("2024-02-22", "2024-03-01", False),
        ("2024-02-29", "2024-03-07", True),
        ("2024-02-29", "2024-03-08", False),
        ("2025-12-28", "2026-01-04", True),
        ("2025-12-28", "2026-01-05", False),
    ],
)
def test_a_record_is_amended_to_the_seventh_day_and_added_to_from_the_eighth(people, on_day, day, on, may):
    on_day(on)
    visit = county.add_visit(people.cadre, people.household, day)
    if may:
        change(visit, people.cadre, difficulties="缺水")
        with pytest.raises(PermissionDenied):
            add_addendum(visit, "又问了一遍", on=clock.today(), by=people.cadre.user)
    else:
        with pytest.raises(ValidationError) as refused:
            change(visit, people.cadre, difficulties="缺水")
        assert refused.value.code == "too_late"
        add_addendum(visit, "又问了一遍", on=clock.today(), by=people.cadre.user)
    visit.record.refresh_from_db()
    assert visit.record.difficulties == ("缺水" if may else "无")
    assert visit.addenda.count() == (not may)


def test_the_number_of_days_is_the_offices(people, on_day, visit):
    Setting.objects.create(name="amend_days", begins_on="2026-06-01", value=10)
    on_day("2026-06-20")
    change(visit, people.cadre, difficulties="不缺了")
    on_day("2026-06-21")
    with pytest.raises(ValidationError):
        change(visit, people.cadre, difficulties="又缺")


def test_only_the_author_amends(people, visit):
    assert who(people, lambda person: change(visit, person, difficulties="缺水")) == {"cadre"}


def test_whoever_typed_it_amends_while_still_entering_for_the_cadre(people, visit):
    Visit.objects.update(recorded_by=people.unit_liaison.user)
    change(visit, people.unit_liaison, difficulties="缺电")
    people.unit_liaison.role_grants.update(ends_on="2026-06-14")
    del people.unit_liaison.user.__dict__["_scopes"]
    with pytest.raises(PermissionDenied):
        change(visit, people.unit_liaison, difficulties="缺粮")


def test_the_log_keeps_before_and_after_and_the_moment_is_on_the_record(people, visit):
    record = change(visit, people.cadre, difficulties="缺电", opinions="修路", policy_talk=True)
    assert record.amended_at == clock.now()
    entry = AuditEntry.objects.filter(kind="changed", subject_table="visits_visitrecord").last()
    kept = AuditPrivate.objects.get(entry=entry).body
    assert "缺水" in kept
    assert "缺电" in kept
    assert "修路" not in kept
    visit.refresh_from_db()
    assert visit.policy_talk


def test_the_same_words_again_change_nothing(people, visit):
    before = AuditEntry.objects.count()
    record = change(visit, people.cadre, difficulties="缺水", policy_talk=False)
    assert record.amended_at is None
    assert AuditEntry.objects.count() == before


def test_an_older_text_on_the_screen_does_not_overwrite_a_newer_one(people, visit):
    newer = change(visit, people.cadre, difficulties="缺电")
    with pytest.raises(ValidationError) as told:
        change(visit, people.cadre, difficulties="缺粮")
    assert told.value.code == "changed_meanwhile"
    change(visit, people.cadre, seen=version(newer), difficulties="缺粮")
    visit.record.refresh_from_db()
    assert visit.record.difficulties == "缺粮"


def test_policy_talk_is_amended_for_the_companions_too(people, visit):
    beside = county_companion(people, visit)
    change(visit, people.cadre, policy_talk=True)
    beside.refresh_from_db()
    assert beside.policy_talk


def test_a_companion_has_no_words_to_amend(people, visit):
    beside = county_companion(people, visit)
    with pytest.raises(PermissionDenied):
        change(beside, people.colleague, difficulties="缺电")


def county_companion(people, visit):
    return Visit.objects.create(
        cadre=people.colleague,
        household=visit.household,
        day=visit.day,
        accompanies=visit,
        recorded_at=visit.recorded_at,
    )


# --- 补充 ------------------------------------------------------------------------------------


def test_an_addendum_leaves_the_first_text_and_sent_twice_is_one(people, visit, on_day):
    on_day("2026-07-01")
    for _ in range(2):
        add_addendum(visit, "水通了", on=clock.today(), by=people.cadre.user)
    visit.record.refresh_from_db()
    assert [each.text for each in Addendum.objects.all()] == ["水通了"]
    assert (visit.record.difficulties, visit.record.amended_at) == ("缺水", None)


def test_only_the_author_adds(people, visit, on_day):
    on_day("2026-07-01")
    act = lambda person: add_addendum(visit, "水通了", on=clock.today(), by=person.user)  # noqa: E731
    assert who(people, act) == {"cadre"}


# --- 退回补充 ---------------------------------------------------------------------------------


def question(visit, person, text="几口人缺水？"):
    return send_back(visit, text, on=clock.today(), by=person.user)


def test_who_sends_back(people, visit):
    def act(person):
        question(visit, person)
        Question.objects.all().delete()

    asking = {"branch", "township_liaison", "unit_liaison", "unit_leader", "office"}
    assert who(people, act) == asking


def test_one_question_at_a_time_and_the_cadre_is_told_and_answers(people, visit):
    asked = question(visit, people.branch)
    assert question(visit, people.branch) == asked
    with pytest.raises(ValidationError) as refused:
        question(visit, people.township_liaison, "哪一天？")
    assert refused.value.code == "one_open"
    [notice] = people.cadre.user.notices.all()
    assert (notice.title, notice.url) == ("一条走访记录退回补充，请答复", f"/visits/{visit.pk}/")
    answered = answer_question(asked, "四口人", on=clock.today(), by=people.cadre.user)
    assert (answered.answer, answered.answered_by) == ("四口人", people.cadre.user)
    assert people.branch.user.notices.get().title == "您退回补充的走访记录有了答复"
    assert question(visit, people.township_liaison, "哪一天？") != asked


def test_only_the_author_answers_at_any_time_and_once(people, visit, on_day):
    asked = question(visit, people.branch)
    on_day("2026-08-01")
    act = lambda person: answer_question(asked, "四口人", on=clock.today(), by=person.user)  # noqa: E731
    assert who(people, act) == {"cadre"}
    act(people.cadre)
    with pytest.raises(ValidationError) as refused:
        answer_question(asked, "五口人", on=clock.today(), by=people.cadre.user)
    assert refused.value.code == "answered"


def test_the_typist_is_told_of_a_question_too(people, visit):
    Visit.objects.update(recorded_by=people.unit_liaison.user)
    question(visit, people.branch)
    assert people.unit_liaison.user.notices.count() == people.cadre.user.notices.count() == 1


# --- 作废 ------------------------------------------------------------------------------------


def test_who_voids(people, visit):
    def act(person):
        void(visit, "录错了户", on=clock.today(), by=person.user)
        Visit.objects.update(voided_at=None, void_reason="")

    assert who(people, act) == {"cadre", "unit_liaison", "unit_leader", "office"}


@pytest.mark.parametrize(("on", "may"), [("2026-06-17", True), ("2026-06-18", False)])
def test_the_author_voids_to_the_seventh_day(people, visit, on_day, on, may):
    on_day(on)
    if not may:
        with pytest.raises(PermissionDenied):
            void(visit, "录错了户", on=clock.today(), by=people.cadre.user)
        return
    assert void(visit, "录错了户", on=clock.today(), by=people.cadre.user) == [visit]


@pytest.mark.parametrize("reason", ["", "错", " 错 "])
def test_no_voiding_without_a_reason(people, visit, reason):
    with pytest.raises(ValidationError):
        void(visit, reason, on=clock.today(), by=people.cadre.user)
    visit.refresh_from_db()
    assert visit.voided_at is None


def test_voiding_takes_the_companions_visits_and_leaves_the_matters(people, visit):
    beside = county_companion(people, visit)
    matter = county.add_grievance(household=people.household, visit=visit, handler=people.cadre)
    assert void(visit, "录错了户", on=clock.today(), by=people.unit_liaison.user) == [visit, beside]
    matter.refresh_from_db()
    assert matter.voided_at is None
    for person in (people.cadre, people.colleague):
        assert person.user.notices.get().title == "您的一次走访已作废，请看原因"


def test_a_companions_visit_is_voided_alone(people, visit):
    beside = county_companion(people, visit)
    assert void(beside, "没有去", on=clock.today(), by=people.colleague.user) == [beside]
    visit.refresh_from_db()
    assert visit.voided_at is None


def test_what_is_void_is_told_and_changes_no_more(people, visit):
    asked = question(visit, people.branch)
    void(visit, "录错了户", on=clock.today(), by=people.office.user)
    by = {"on": clock.today(), "by": people.cadre.user}
    for act in (
        lambda: amend(visit, {"difficulties": "缺电"}, seen="", **by),
        lambda: answer_question(asked, "四口人", **by),
        lambda: void(visit, "又来一次", **by),
        lambda: question(visit, people.branch),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert refused.value.code == "void"
    visit.refresh_from_db()
    assert visit.void_reason == "录错了户"
