"""遮蔽: no word of the family is left anywhere in the database, the figures hold, and so does the chain."""

import datetime
import secrets
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InternalError, connection, transaction

from accounts import audit
from accounts.models import AuditEntry, AuditKind, AuditPrivate
from grievances.erasure import erase_household, forget_declined
from grievances.filings import decline
from grievances.models import Filing, Grievance, GrievanceEvent, ProminentProblem
from lianhu.kit import clock
from lianhu.kit.periods import Period
from lianhu.kit.privacy import keyed_hash, seal
from registry.models import DuplicateVerdict, Household, HouseholdChange
from reports.quotas.compute import figures
from tests import county
from tests.doors import books
from tests.pages import Page
from visits.models import Addendum, Question

pytestmark = pytest.mark.django_db

TOKEN = f"词{secrets.token_hex(6)}"
PHONE = "13812345678"


def says(what):
    return f"{what}{TOKEN}"


@pytest.fixture
def people(on_day, settings, tmp_path):
    on_day("2026-06-15")
    settings.AUDIT_DIR = tmp_path / "audit"
    return county.build()


@pytest.fixture
def family(people):
    """A household that has said a lot; each of its texts holds the token."""
    home = people.household
    home.head_name, home.address, home.group = says("户主"), says("地址"), "二组"
    home.is_hardship, home.hardship_reason, home.income_sources = True, says("困难"), says("务工")
    home.longitude, home.latitude = 102.5, 31.5
    home.phone_sealed = seal(PHONE, f"household:{home.code}:phone")
    home.phone_hash, home.phone_tail_hash = keyed_hash(PHONE, "phone"), keyed_hash(PHONE[-4:], "phone_tail")
    home.id_number_sealed, home.id_number_hash = b"k:sealed", keyed_hash("x", "id_number")
    home.save()
    county.add_trip(people.cadre, people.village, "2026-05-03", "2026-05-04")
    record = {
        "difficulties": says("难"),
        "opinions": says("意见"),
        "income_sources": says("收入"),
        "talk_topic": "医保",
        "spot_answer": says("当场"),
        "promises": says("承诺"),
        "head_name": says("户主"),
    }
    asked = county.add_visit(people.cadre, home, "2026-05-03", record=record, talk=True)
    by, at = people.cadre.user, clock.now()
    Addendum.objects.create(visit=asked, text=says("补充"), added_at=at, added_by=by)
    Question.objects.create(
        visit=asked,
        text=says("问"),
        asked_at=at,
        asked_by=by,
        answer=says("答"),
        answered_at=at,
        answered_by=by,
    )
    HouseholdChange.objects.create(
        household=home, kind="change_head", on="2026-05-03", old_head=says("原"), new_head=says("新"),
        reason=says("说明"), recorded_at=at,
    )  # fmt: skip
    first, second = sorted([home, county.add_household(village=people.village)], key=lambda one: one.pk)
    DuplicateVerdict.objects.create(
        first=first, second=second, same=False, note=says("不是"), settled_at=at, settled_by=by
    )
    visit = county.add_visit(people.cadre, home, "2026-05-04", record=record, void=True)
    visit.proxy_reason, visit.void_reason = says("代访"), says("作废")
    visit.save()
    matter = county.add_grievance(
        household=home, handler=people.cadre, title=says("标题"), content=says("内容"), closed_on="2026-05-20"
    )
    GrievanceEvent.objects.create(
        grievance=matter,
        action="reply",
        to_state="replied",
        on="2026-05-10",
        reason=says("答复"),
        recorded_at=clock.now(),
    )
    GrievanceEvent.objects.create(
        grievance=matter,
        action="close",
        to_state="closed",
        on="2026-05-20",
        reason="",
        recorded_at=clock.now(),
    )
    home.address = says("新地址")
    home.save()
    audit.seal()
    return home


def erase(people, **given):
    return erase_household(people.household, reason="本户书面申请", by=given.get("by", people.office.user))


def places_of(text):
    """Every table and column of the database where the text stands."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE to_jsonb(t)::text LIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_the_token_was_everywhere_before(family):
    assert set(places_of(TOKEN)) == {
        "registry_household",
        "visits_visit",
        "registry_duplicateverdict",
        "registry_householdchange",
        "visits_addendum",
        "visits_question",
        "visits_visitrecord",
        "grievances_grievance",
        "grievances_grievanceevent",
        "accounts_auditprivate",
    }


def test_no_word_is_left_and_the_chain_is_sound(people, family):
    erase(people)
    assert places_of(TOKEN) == []
    audit.seal()
    finding = audit.verify()
    assert finding.sound, finding.fault
    assert finding.unsealed == 0


def test_the_household_keeps_what_figures_are_made_of(people, family):
    erase(people)
    family.refresh_from_db()
    assert (family.head_name, family.address, family.hardship_reason, family.income_sources) == (
        "已遮蔽",
    ) * 4
    assert family.pinyin == ""
    sealed = ("phone_sealed", "phone_hash", "phone_tail_hash", "id_number_sealed", "id_number_hash")
    assert [getattr(family, name) for name in sealed] == [None] * 5
    assert (family.longitude, family.latitude) == (None, None)
    assert (family.group, family.people_count, family.is_hardship) == ("二组", 4, True)
    assert family.erased_at == clock.now()


def test_visits_and_matters_stay_as_rows_without_their_words(people, family):
    erase(people)
    met, void = family.visits.order_by("day")
    assert (met.record.difficulties, met.record.opinions, met.record.talk_topic) == (
        "已遮蔽",
        "已遮蔽",
        "医保",
    )
    assert (met.proxy_reason, met.void_reason) == ("", "")
    assert (void.proxy_reason, void.void_reason) == ("已遮蔽", "已遮蔽")
    matter = family.grievances.get()
    assert (matter.title, matter.content, str(matter.closed_on)) == ("已遮蔽", "已遮蔽", "2026-05-20")
    assert [event.reason for event in matter.events.all()] == ["已遮蔽", ""]


def test_no_figure_changes(people, family):
    on = datetime.date(2026, 6, 15)

    def all_figures():
        return {code: list(figures(Period.parse(code), as_of=on)) for code in ("2026-05", "2026Q2", "2026")}

    before = all_figures()
    erase(people)
    assert all_figures() == before


def test_one_entry_says_who_and_why_and_each_blackout_names_it(people, family):
    # The private parts about others stay.
    people.other_household.address = "河坝村一组"
    people.other_household.save()
    others = AuditPrivate.objects.filter(entry__subject_key="HH-2").count()
    told = erase(people)
    entry = AuditEntry.objects.get(kind=AuditKind.ERASED)
    assert (entry.subject_table, entry.subject_key) == ("registry_household", "HH-1")
    assert "本户书面申请" in entry.detail
    erased = AuditPrivate.objects.filter(erased_by__isnull=False)
    assert set(erased.values_list("erased_by", "salt", "body")) == {(entry.pk, "", "")}
    assert erased.count() == told.log_entries > 8
    assert (told.visits, told.matters) == (2, 1)
    assert AuditPrivate.objects.filter(entry__subject_key="HH-2", erased_by=None).count() == others > 0


def test_again_blacks_out_what_came_since(people, family):
    erase(people)
    county.add_visit(people.cadre, family, "2026-06-10", record={"difficulties": says("又说")})
    assert places_of(TOKEN)
    erase(people)
    assert places_of(TOKEN) == []
    audit.seal()
    assert audit.verify().sound


@pytest.mark.parametrize("state", ["assigned", "replied"])
def test_an_open_matter_must_be_closed_first(people, family, state):
    county.add_grievance(household=family, handler=people.cadre, number="LH-2026-900001", state=state)
    with pytest.raises(ValidationError, match="LH-2026-900001"):
        erase(people)
    family.refresh_from_db()
    assert family.erased_at is None
    assert TOKEN in family.head_name


def test_what_was_on_the_public_list_comes_off_it(people, family):
    matter = Grievance.objects.filter(household=family).first()
    listed = ProminentProblem.objects.create(
        year=2026,
        position=1,
        grievance=matter,
        title="饮水",
        unit=people.unit,
        promise="年底前修好",
        due_on="2026-12-31",
        published_at=clock.now(),
        added_at=clock.now(),
        added_by=people.office.user,
    )
    erase(people)
    listed.refresh_from_db()
    assert (listed.title, listed.published_at) == ("已遮蔽", None)


def test_a_void_matter_holds_nothing_up(people, family):
    county.add_grievance(household=family, handler=people.cadre, void=True, title=says("作废的"))
    erase(people)
    assert places_of(TOKEN) == []


def test_only_the_county_office_blacks_out(people, family):
    for person in set(people.people) - {"office"}:
        with pytest.raises(PermissionDenied):
            erase(people, by=people.people[person].user)
    family.refresh_from_db()
    assert family.erased_at is None


def test_an_event_still_takes_no_other_change(people, family):
    event = GrievanceEvent.objects.filter(reason__contains=TOKEN).get()

    def refused(**change):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            GrievanceEvent.objects.filter(pk=event.pk).update(**change)

    refused(reason="已遮蔽")  # the household is not blacked out
    erase(people)
    refused(reason="别的")
    refused(reason="")
    refused(reason="已遮蔽", on="2026-01-01")
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        event.delete()


def test_an_old_file_does_not_bring_the_words_back():
    """The office keeps its workbooks; importing one again is an everyday act."""
    books.both()
    home = Household.objects.exclude(grievances=None).first()
    home.grievances.update(voided_at=clock.now())
    office = county.add_cadre()
    county.grant(office, "county_office")
    erase_household(home, reason="本户书面申请", by=office.user)
    before = books.fingerprint()
    for rows in (books.registry(), books.visits()):
        answer = books.import_(rows)
        assert answer["ok"], answer["faults"]
        assert all(counts["new"] == counts["changed"] == 0 for counts in answer["counts"].values())
    assert books.fingerprint() == before
    home.refresh_from_db()
    assert home.head_name == "已遮蔽"


# --- the page --------------------------------------------------------------------------------


def test_the_office_reads_what_goes_gives_a_reason_and_does_it(people, family, signed_in):
    client = signed_in(people.office)
    page = Page(client.get("/households/HH-1/erase/"))
    assert "清除后找不回来的" in page.headings
    assert client.post("/households/HH-1/erase/", {"reason": ""}).status_code == 422
    answer = client.post("/households/HH-1/erase/", {"reason": "本户书面申请"}, follow=True)
    page = Page(answer)
    assert page.statement.startswith("已遮蔽户")
    assert "应本户要求遮蔽" in page.words
    assert TOKEN not in answer.content.decode()


def test_the_page_says_which_matter_is_open(people, family, signed_in):
    matter = county.add_grievance(household=family, handler=people.cadre)
    client = signed_in(people.office)
    page = Page(client.get("/households/HH-1/erase/"))
    assert matter.number in page.words
    answer = client.post("/households/HH-1/erase/", {"reason": "本户书面申请"})
    assert answer.status_code == 422
    assert matter.number in answer.content.decode()


def test_what_was_declined_is_forgotten_after_its_year_the_log_with_it_and_its_reason_stays(people):
    form_id = uuid.uuid4()
    filing = Filing.objects.create(
        village=people.village, kind="livelihood", title=says("标题"), content=says("内容"), filer_name=says("名"),
        phone_sealed=seal(PHONE, f"filing:{form_id}:phone"), query_code_hash=b"code", form_id=form_id,
        filed_at=clock.now(),
    )  # fmt: skip
    decline(filing, "不归村里办", by=people.branch.user)
    day = clock.today()
    assert forget_declined(on=day + datetime.timedelta(days=364)) == 0
    assert forget_declined(on=day + datetime.timedelta(days=365)) == 1
    filing.refresh_from_db()
    assert (filing.filer_name, filing.phone_sealed, filing.decline_reason) == ("", None, "不归村里办")
    assert TOKEN not in filing.title + filing.content
    assert not AuditPrivate.objects.filter(body__contains=TOKEN).exists()
    assert forget_declined(on=day + datetime.timedelta(days=400)) == 0
    audit.seal()
    assert audit.verify().sound
