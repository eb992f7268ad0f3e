"""待挂号 from inside (contract, section 4): the branch registers or declines what a resident filed."""

import base64
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection

from accounts.models import AuditEntry, Notice
from grievances import desk, filings
from grievances.models import Category, FamilyNotice, Filing, Grievance
from grievances.query_codes import hash_of, new_code
from lianhu.kit import clock
from lianhu.kit.privacy import keyed_hash, seal
from tests import county

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案四(四)")]
PHONE = "13812345678"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    for name in ("饮水用电", "住房"):
        Category.objects.get_or_create(name=name, defaults={"position": 99})
    return county.build()


def filed(village, *, phone="", **fields):
    form_id = uuid.uuid4()
    row = {"kind": "livelihood", "title": "水管漏水", "content": "漏了三天。", "filed_at": clock.now()}
    row |= {"query_code_hash": hash_of(new_code()), "form_id": form_id, "village": village}
    if phone:
        row["phone_sealed"] = seal(phone, f"filing:{form_id}:phone")
    return Filing.objects.create(**(row | fields))


def said(filing, **fields):
    raw = {"title": filing.title, "content": filing.content, "category": "饮水用电", "level": "village"}
    raw |= {"village": filing.village.code, "form_id": str(uuid.uuid4())}
    if "household" in fields:
        raw["village"] = ""
    form = desk.DeskForm(raw | fields)
    assert form.is_valid(), form.errors
    return form.cleaned_data


def test_branch_township_and_office_decide_and_nobody_else(people):
    filing = filed(people.village)
    deciding = {name for name, person in people.people.items() if filing in filings.decidable_by(person.user)}
    assert deciding == {"branch", "township_liaison", "office"}
    for name in set(people.people) - deciding:
        with pytest.raises(PermissionDenied):
            filings.accept(filing, said(filing), by=people.people[name].user)
        with pytest.raises(PermissionDenied):
            filings.decline(filing, "不属于本村", by=people.people[name].user)
    filing.refresh_from_db()
    assert filing.state == "waiting"


def test_accepted_it_gets_a_number_and_the_same_code_finds_it(people):
    filing = filed(people.village)
    matter = filings.accept(filing, said(filing, household=people.household.code), by=people.branch.user)
    filing.refresh_from_db()
    assert (filing.state, filing.grievance, filing.decided_by) == ("registered", matter, people.branch.user)
    assert bytes(matter.query_code_hash) == bytes(filing.query_code_hash)
    assert (matter.number, matter.household) == ("LH-2026-000001", people.household)
    assert FamilyNotice.objects.get(grievance=matter).told_at is None


def test_whoever_filed_hears_even_when_no_household_was_named(people):
    filing = filed(people.village)
    matter = filings.accept(filing, said(filing), by=people.branch.user)
    assert matter.household is None
    assert FamilyNotice.objects.get(grievance=matter).occasion == "register"


def test_a_household_of_another_village_is_refused(people):
    filing = filed(people.village)
    with pytest.raises(ValidationError) as error:
        filings.accept(filing, said(filing, household=people.other_household.code), by=people.office.user)
    assert error.value.error_dict["household"][0].code == "other_village"
    assert not Grievance.objects.exists()


def test_likely_duplicates_come_first_and_the_township_may_merge_at_once(people):
    there = county.add_grievance(
        village=people.village, title="水管漏水", content="漏了三天。", number="旧-1"
    )
    filing = filed(people.village)
    words = said(filing)
    with pytest.raises(desk.Alike) as found:
        filings.accept(filing, words, by=people.township_liaison.user, offered=())
    assert found.value.matters == [there]
    matter = filings.accept(filing, words, by=people.township_liaison.user, into="旧-1")
    matter.refresh_from_db()
    filing.refresh_from_db()
    assert (matter.parent, filing.grievance) == (there, matter)


def test_sent_twice_it_is_registered_once(people):
    filing = filed(people.village)
    words = said(filing)
    first = filings.accept(filing, words, by=people.branch.user)
    assert filings.accept(filing, words, by=people.branch.user) == first


def test_the_second_to_decide_is_told_who_was_first(people):
    filing = filed(people.village)
    filings.accept(filing, said(filing), by=people.branch.user)
    with pytest.raises(ValidationError) as error:
        filings.decline(filing, "重复", by=people.township_liaison.user)
    assert error.value.code == "meanwhile"
    assert error.value.messages == ["“水管漏水”：扎西·卓玛已在 06-15 10:00 已挂号 LH-2026-000001"]
    with pytest.raises(ValidationError) as error:
        filings.accept(filing, said(filing), by=people.township_liaison.user)
    assert error.value.code == "meanwhile"
    assert Grievance.objects.count() == 1


def test_declined_with_a_reason_that_the_resident_reads(people):
    filing = filed(people.village)
    with pytest.raises(ValidationError):
        filings.decline(filing, "  ", by=people.branch.user)
    filings.decline(filing, "请向法院起诉", by=people.branch.user)
    filing.refresh_from_db()
    assert (filing.state, filing.decline_reason) == ("declined", "请向法院起诉")
    assert (filing.grievance, filing.decided_by) == (None, people.branch.user)


def test_a_flood_is_declined_a_hundred_at_a_time_and_what_was_decided_stays(people):
    rows = [filed(people.village, title="广告") for _ in range(120)]
    filings.decline(rows[0], "重复", by=people.township_liaison.user)
    done = filings.decline_many([each.pk for each in rows], "垃圾信息", by=people.branch.user)
    assert done.done == 99
    assert done.left == ["“广告”：罗尔伍已在 06-15 10:00 不予受理"]
    assert filings.waiting(people.branch.user).count() == 20


def test_one_of_another_village_in_the_flood_declines_none(people):
    mine, other = filed(people.village), filed(people.other_village)
    with pytest.raises(PermissionDenied):
        filings.decline_many([mine.pk, other.pk], "垃圾信息", by=people.branch.user)
    assert Filing.objects.filter(state="waiting").count() == 2


def test_those_under_the_same_title_in_the_village_are_counted(people):
    for title in ("广告", "广告", "漏水"):
        filed(people.village, title=title)
    filed(people.other_village, title="广告")
    found = [(each.title, each.same) for each in filings.waiting(people.office.user)]
    assert sorted(found) == [("广告", 1), ("广告", 2), ("广告", 2), ("漏水", 1)]


def test_the_phone_is_masked_and_shown_in_full_only_with_a_logged_reason(people):
    filing = filed(people.village, phone=PHONE)
    assert filings.phone_of(filing) == "138****5678"
    assert filings.reveal(filing, "核实情况", by=people.branch.user) == PHONE
    entry = AuditEntry.objects.get(kind="reveal")
    assert (entry.subject_table, entry.subject_id) == ("grievances_filing", filing.pk)
    assert "核实情况" in entry.detail
    assert PHONE not in entry.detail
    with pytest.raises(PermissionDenied):
        filings.reveal(filing, "看看", by=people.cadre.user)
    assert filings.phone_of(filed(people.village)) == ""


def test_a_phone_moved_from_another_filing_does_not_open(people):
    one, other = filed(people.village, phone=PHONE), filed(people.village)
    other.phone_sealed = one.phone_sealed
    assert filings.phone_of(other, full=True) == "读不出来，请告诉系统管理员"


def test_households_with_the_filers_phone_or_name_are_offered(people):
    by_phone = county.add_household("卓玛", village=people.village, phone_hash=keyed_hash(PHONE, "phone"))
    county.add_household("卓玛", village=people.other_village, phone_hash=keyed_hash(PHONE, "phone"))
    filing = filed(people.village, phone=PHONE, filer_name="多吉")
    assert set(filings.likely_homes(filing, people.branch.user)) == {people.household, by_phone}
    assert not filings.likely_homes(filed(people.village), people.branch.user)


def test_the_branch_hears_once_a_filing_and_the_township_where_there_is_none(people):
    filing = filed(people.village)
    filings.tell_desk(filing)
    filings.tell_desk(filing)
    notice = Notice.objects.get()
    assert (notice.user, notice.url) == (people.branch.user, f"/filings/{filing.pk}/")
    people.branch.role_grants.update(ends_on="2026-06-14")
    filings.tell_desk(filed(people.village))
    assert Notice.objects.exclude(pk=notice.pk).get().user == people.township_liaison.user


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told(people):
    filing = filed(people.village)
    results = []

    def accept(person):
        try:
            results.append(filings.accept(filing, said(filing), by=person.user).number)
        except ValidationError as error:
            results.append(error.code)
        finally:
            connection.close()

    hands = [
        threading.Thread(target=accept, args=[each]) for each in (people.branch, people.township_liaison)
    ]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    assert sorted(results) == ["LH-2026-000001", "meanwhile"]
    assert Grievance.objects.count() == 1


def test_a_filers_phone_is_sealed_again_when_the_key_changes(people, settings, capsys):
    old, new = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("k1", "k2"))
    settings.ENCRYPTION_KEYS = old
    filing = filed(people.village, phone=PHONE)
    settings.ENCRYPTION_KEYS = f"{new},{old}"
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = new
    filing.refresh_from_db()
    assert filings.phone_of(filing, full=True) == PHONE
    assert "群众反映·电话：已换 1 条" in capsys.readouterr().out
