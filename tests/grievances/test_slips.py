"""民情回执: what stands on it, and who may make a new 查询码."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEntry
from grievances import slips
from grievances.models import Filing, FilingState, Grievance
from grievances.public.look_up import look_up
from grievances.query_codes import hash_of, new_code, tidy
from lianhu.kit import clock
from lianhu.kit.privacy import seal
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A

pytestmark = pytest.mark.django_db

MAY = {"cadre", "branch", "township_liaison", "office"}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def entered(people, **raw):
    return ledger.entered(people.branch, household=people.household.code, **raw)


def printed(matter, person, **codes):
    row = Grievance.objects.select_related("household", "village__township", "handler", "filing")
    [slip] = slips.slips_of([row.get(pk=matter.pk)], by=ledger.fresh(person), **codes)
    return slip


# --- codes -------------------------------------------------------------------------------------


def test_a_new_code_finds_the_matter_and_the_old_one_nothing(people):
    matter = entered(people, query_code="7KQMA4XWD2")
    code = slips.issue_code(matter, by=ledger.fresh(people.branch))
    assert tidy(code) == code
    assert bytes(ledger.again(matter).query_code_hash) == hash_of(code)
    assert look_up(code="7KQMA4XWD2", number="", address="10.0.0.1").matter is None
    assert look_up(code=code, number="", address="10.0.0.1").matter == matter


def test_what_a_resident_filed_is_found_by_the_new_code_alone(people):
    matter = entered(people)
    filing = Filing.objects.create(
        village=people.village,
        kind="livelihood",
        title="路灯坏了",
        content="路灯坏了",
        filer_name="多吉",
        query_code_hash=hash_of("7KQMA4XWD2"),
        filed_at=clock.now(),
        form_id="00000000-0000-0000-0000-000000000001",
        state=FilingState.REGISTERED,
        decided_at=clock.now(),
        grievance=matter,
    )
    code = slips.issue_code(matter, by=ledger.fresh(people.branch))
    filing.refresh_from_db()
    assert bytes(filing.query_code_hash) == hash_of(code)


def test_registrar_handler_paired_cadre_and_the_villages_desks_may(people):
    matter = entered(people)
    may = {
        name
        for name, person in people.people.items()
        if slips.may_issue(ledger.fresh(person)).filter(pk=matter.pk).exists()
    }
    assert may == MAY


def test_a_handler_from_elsewhere_may_and_one_who_helps_may_not(people):
    matter = entered(people)
    ledger.take(
        matter, A.ASSIGN, people.branch, people, handler=people.stranger.code, helping=people.other_unit.code
    )
    assert slips.may_issue(ledger.fresh(people.stranger)).filter(pk=matter.pk).exists()
    with pytest.raises(PermissionDenied):
        slips.issue_code(matter, by=ledger.fresh(people.stranger_unit_leader))


def test_a_void_matter_gets_no_code(people):
    matter = entered(people)
    ledger.take(matter, A.VOID, people.office, people)
    with pytest.raises(PermissionDenied):
        slips.issue_code(matter, by=ledger.fresh(people.office))


def test_one_that_may_not_be_had_keeps_all_others_as_they_are(people):
    mine = entered(people, query_code="7KQMA4XWD2")
    theirs = county.add_grievance(household=people.other_household, number="LH-2025-000001")
    with pytest.raises(PermissionDenied):
        slips.issue_codes([mine, theirs], by=ledger.fresh(people.branch))
    assert bytes(ledger.again(mine).query_code_hash) == hash_of("7KQMA4XWD2")


def test_of_two_who_print_the_second_is_told_and_the_first_slip_stays_good(people):
    matter = entered(people)
    seen = {matter.pk: slips.mark_of(matter)}
    first = slips.issue_codes([matter], by=ledger.fresh(people.branch), seen=seen)[matter.pk]
    with pytest.raises(ValidationError, match="刚刚换过"):
        slips.issue_codes([matter], by=ledger.fresh(people.cadre), seen=seen)
    assert bytes(ledger.again(matter).query_code_hash) == hash_of(first)


def test_a_code_that_is_taken_is_drawn_again(people, monkeypatch):
    entered(people, query_code="7KQMA4XWD2")
    drawn = iter(["7KQMA4XWD2", "0000011111"])
    monkeypatch.setattr(slips, "new_code", lambda: next(drawn))
    assert slips.issue_code(entered(people), by=ledger.fresh(people.branch)) == "0000011111"


def test_the_log_tells_that_the_code_changed_and_never_the_code(people):
    matter = entered(people)
    before = AuditEntry.objects.count()
    code = slips.issue_code(matter, by=ledger.fresh(people.branch))
    [entry] = AuditEntry.objects.order_by("pk")[before:]
    assert "query_code_hash" in str(entry.detail)
    assert code not in str(entry.detail)
    assert hash_of(code).hex() not in str(entry.detail)


def test_fifty_codes_cost_as_many_statements_as_two(people, django_assert_max_num_queries):
    matters = [county.add_grievance(household=people.household) for _ in range(50)]
    with django_assert_max_num_queries(12):
        assert len(set(slips.issue_codes(matters, by=ledger.fresh(people.branch)).values())) == 50


# --- what is on the paper ------------------------------------------------------------------------


def test_it_says_what_was_asked_by_when_and_whom_to_ask(people):
    people.cadre.phone_sealed = seal("13812345678", f"cadre:{people.cadre.code}:phone")
    people.cadre.save()
    matter = entered(people)
    slip = printed(matter, people.branch)
    assert (slip.place, slip.family) == ("桑朗乡格桑村", "多吉户")
    assert slip.told == ["已经挂号，2026年6月22日前答复您。"]
    assert (slip.handler, slip.contact, slip.phone) == (
        "格桑村党组织，还没有交给人办",
        "泽仁初",
        "13812345678",
    )
    assert slip.code == ""


def test_it_says_who_handles_it_with_the_unit(people):
    matter = entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people)
    assert printed(matter, people.branch).handler == "泽仁初（教育局）"


def test_it_says_the_last_that_was_told_when_nothing_waits(people):
    matter = entered(people, spot_answer="马上修", outcome="solved")
    ledger.take(matter, A.REVISIT, people.township_liaison, people)
    assert printed(matter, people.branch).told == []
    other = entered(people)
    other.family_notices.update(way="phone", told_at=clock.now())
    assert printed(other, people.branch).told == ["已经挂号，2026年6月22日前答复您。"]


def test_a_long_reply_is_cut_where_it_says_so(people):
    matter = entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people)
    ledger.take(matter, A.REPLY, people.cadre, people, reason="修" * 5_000)
    slip = printed(matter, people.branch)
    assert slip.more
    assert len(slip.told[0]) < 600


def test_the_code_is_in_the_part_of_the_address_that_is_never_sent(people, settings, monkeypatch):
    settings.SITE_URL = "https://lianhu.example"
    drawn = []
    monkeypatch.setattr(slips, "qr_svg", lambda text: drawn.append(text) or "<svg/>")
    matter, code = entered(people), new_code()
    slip = printed(matter, people.branch, codes={matter.pk: code})
    printed(matter, people.branch)
    assert drawn == [f"https://lianhu.example/public/case/#{code}", "https://lianhu.example/public/case/"]
    assert slip.code == f"{code[:5]} {code[5:]}"


def test_the_cadres_phone_is_for_who_sees_the_household(people):
    people.cadre.phone_sealed = seal("13812345678", f"cadre:{people.cadre.code}:phone")
    people.cadre.save()
    matter = entered(people)
    ledger.take(matter, A.ASSIGN, people.branch, people, handler=people.stranger.code)
    assert printed(matter, people.stranger).phone == ""
