"""公示: proposed, edited, confirmed, put up for seven days, objected to, taken down (contract, section 4)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from grievances import publication
from grievances.erasure import erase_household
from grievances.events import add_event
from grievances.hands import Hand
from grievances.models import Publication
from grievances.publication import Words
from grievances.workflow import Meanwhile, missing_for
from lianhu.kit import clock
from tests import county, photos
from tests.grievances import ledger
from tests.grievances.ledger import A, S, again, take

pytestmark = pytest.mark.django_db
CLEAN = Words("饮水管道漏水", "村口饮水管道漏水。", "已经换了管道。")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def people(on_day, settings, tmp_path):
    on_day("2026-06-15")
    settings.AUDIT_DIR = tmp_path / "audit"
    photos.use_folder(settings, tmp_path)
    return county.build()


@pytest.fixture
def made(people):
    return ledger.matter(people, S.CLOSED)


@pytest.fixture
def at(monkeypatch):
    """`at("2026-06-22", 23, 59, 59)`: from now on it is that moment in Shanghai."""

    def go(day, *time):
        moment = datetime.datetime.combine(
            datetime.date.fromisoformat(day), datetime.time(*time), clock.SHANGHAI
        )
        monkeypatch.setattr(clock, "now", lambda: moment)

    return go


def write(made, person, words=CLEAN, seen=None):
    before = publication.standing(again(made))
    if seen is None:
        seen = publication.fingerprint(before) if before else ""
    return publication.save_text(made.pk, words, seen=seen, by=ledger.fresh(person))


def confirm(made, person):
    text = publication.standing(made)
    return publication.confirm(made.pk, seen=publication.fingerprint(text), by=ledger.fresh(person))


def put_up(made, people):
    write(made, people.branch)
    confirm(made, people.branch)
    return take(made, A.PUBLISH, people.township_liaison)


def missing(made, people):
    found = again(made)
    return missing_for(Hand(found, ledger.fresh(people.township_liaison), clock.today()), A.PUBLISH)


# --- proposed ----------------------------------------------------------------------------------


def test_names_phones_and_places_of_the_family_are_masked_in_what_is_proposed(people):
    home = people.household
    home.group, home.address = "二组", "格桑村二组12号"
    home.save()
    made = ledger.matter(
        people,
        S.CLOSED,
        title="多吉家饮水管道漏水",
        content="多吉（电话13812341234）家住格桑村二组12号，管道漏水。",
        reply="泽仁初上门看过，已经换了管道。",
    )
    proposed = {name: each.text for name, each in publication.proposed(made).items()}
    assert proposed == {
        "title": "某某家饮水管道漏水",
        "question": "某某家住格桑村，管道漏水。",
        "answer": "某某上门看过，已经换了管道。",
    }


# --- written and confirmed ---------------------------------------------------------------------


def test_a_text_is_written_confirmed_and_put_up(made, people):
    text = write(made, people.branch)
    assert (text.title, text.confirmed_at) == ("饮水管道漏水", None)
    assert missing(made, people) == ["公示的文字还没有确认"]
    assert confirm(made, people.branch).confirmed_by == people.branch.user
    assert missing(made, people) == []
    take(made, A.PUBLISH, people.township_liaison)
    text = publication.standing(again(made))
    assert again(made).state == S.PUBLISHED
    assert (text.published_by, str(text.ends_on)) == (people.township_liaison.user, "2026-06-22")


def test_the_same_text_twice_is_one_draft_and_stays_confirmed(made, people):
    write(made, people.branch)
    confirm(made, people.branch)
    assert write(made, people.branch).confirmed_at is not None
    # The second of two taps has not seen what the first one wrote.
    assert write(made, people.branch, seen="").confirmed_at is not None
    assert Publication.objects.count() == 1


@pytest.mark.parametrize(
    "words",
    [
        Words("饮水", CLEAN.question, CLEAN.answer),
        Words(CLEAN.title, "改了", CLEAN.answer),
        Words(CLEAN.title, CLEAN.question, "改了"),
        Words(CLEAN.title, CLEAN.question, CLEAN.answer, ("高兴",)),
    ],
)
def test_any_edit_asks_for_another_confirmation(made, people, words):
    write(made, people.branch)
    confirm(made, people.branch)
    assert write(made, people.branch, words).confirmed_at is None
    with pytest.raises(ValidationError, match="还没有确认"):
        take(made, A.PUBLISH, people.township_liaison)


@pytest.mark.parametrize("action", [A.REPLY, A.CORRECT])
def test_a_reply_or_a_content_said_anew_asks_for_another_confirmation(made, people, at, action):
    write(made, people.branch)
    confirm(made, people.branch)
    at("2026-06-15", 11)
    add_event(again(made), action, by=None)
    assert missing(made, people) == ["公示的文字还没有确认"]
    at("2026-06-15", 12)
    confirm(made, people.branch)
    assert missing(made, people) == []


def test_of_two_who_edit_the_second_is_told_and_overwrites_nothing(made, people):
    write(made, people.branch)
    write(made, people.township_liaison, Words("乡里改的", CLEAN.question, CLEAN.answer))
    with pytest.raises(ValidationError, match="别人改过"):
        write(made, people.branch, Words("村里改的", CLEAN.question, CLEAN.answer), seen="old")
    assert publication.standing(made).title == "乡里改的"


def test_only_what_was_on_the_screen_is_confirmed(made, people):
    seen = publication.fingerprint(write(made, people.branch))
    write(made, people.township_liaison, Words("乡里改的", CLEAN.question, CLEAN.answer))
    with pytest.raises(ValidationError, match="又有改动"):
        publication.confirm(made.pk, seen=seen, by=people.branch.user)


# --- the second scan ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("找李强修的", "登记的姓名"),
        ("打１３８ １２３４ １２３４", "像电话"),
        ("身份证513224199003150019", "像身份证号"),
        ("住格桑村二组", "只写到村"),
    ],
)
def test_what_stays_sensitive_is_not_confirmed(made, people, answer, told):
    county.add_household("李强", village=people.other_village)
    write(made, people.branch, Words(CLEAN.title, CLEAN.question, answer))
    with pytest.raises(ValidationError, match=told):
        confirm(made, people.branch)


def test_a_name_registered_after_the_confirmation_still_stops_it(made, people):
    write(made, people.branch, Words(CLEAN.title, CLEAN.question, "请夏侯惇修好了"))
    confirm(made, people.branch)
    county.add_household("夏侯惇", village=people.village)
    assert missing(made, people) == ["“夏侯惇”是登记的姓名，请改成“夏侯某”"]
    with pytest.raises(ValidationError):
        take(made, A.PUBLISH, people.township_liaison)


def test_the_familys_own_name_is_a_name_whatever_is_said_of_it(made, people):
    people.household.head_name = "高兴"
    people.household.save()
    write(made, people.branch, Words(CLEAN.title, CLEAN.question, "大家很高兴", ("高兴",)))
    with pytest.raises(ValidationError, match="高兴"):
        confirm(made, people.branch)


def test_a_word_said_to_be_no_name_passes_and_a_phone_never_does(made, people):
    county.add_household("高兴", village=people.village)
    words = Words(CLEAN.title, CLEAN.question, "大家很高兴", ("高兴", "13812341234"))
    write(made, people.branch, words)
    assert confirm(made, people.branch).confirmed_at
    write(made, people.branch, Words(CLEAN.title, CLEAN.question, "打13812341234", words.harmless))
    with pytest.raises(ValidationError, match="像电话"):
        confirm(made, people.branch)


# --- who, and when -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cadre", "unit_leader", "stranger_branch", "stranger_township_liaison"])
def test_only_its_desk_and_those_above_prepare_it(made, people, name):
    with pytest.raises(PermissionDenied):
        write(made, getattr(people, name))


def test_the_branch_does_not_prepare_what_the_township_closed(people):
    made = ledger.matter(people, S.CLOSED, level="township")
    with pytest.raises(PermissionDenied):
        write(made, people.branch)
    assert write(made, people.township_liaison)


def test_who_closed_it_confirms_and_another_puts_it_up_but_for_the_office(made, people):
    write(made, people.branch)
    confirm(made, people.branch)
    with pytest.raises(PermissionDenied):
        take(made, A.PUBLISH, people.branch)
    by_office = ledger.matter(people, S.CLOSED, level="county", by={A.CLOSE: people.office})
    write(by_office, people.office)
    confirm(by_office, people.office)
    assert take(by_office, A.PUBLISH, people.office).state == S.PUBLISHED


@pytest.mark.parametrize("state", [S.REGISTERED, S.ASSIGNED, S.REPLIED, S.REVISITED, S.PUBLISHED])
def test_a_text_is_written_of_what_is_closed_and_not_yet_up(people, state):
    made = ledger.matter(people, state)
    with pytest.raises(ValidationError):
        write(made, people.branch)


def test_neither_what_is_withheld_nor_void_nor_merged_gets_a_text(people):
    for fields in (
        {"withheld_kind": "privacy", "withheld_reason": "家事"},
        {"void": True},
        {"parent": ledger.matter(people, S.CLOSED)},
    ):
        with pytest.raises(ValidationError):
            write(ledger.matter(people, S.CLOSED, **fields), people.branch)


# --- seven days --------------------------------------------------------------------------------


def objects(made, text="没有修好"):
    return publication.object_to(made.pk, text, by=None)


def test_the_last_second_of_the_seventh_day_counts(made, people, at):
    put_up(made, people)
    at("2026-06-22", 23, 59, 59)
    assert publication.runs(publication.standing(made), clock.today())
    assert objects(made).text == "没有修好"


def test_the_first_second_of_the_eighth_day_is_too_late(made, people, at):
    put_up(made, people)
    at("2026-06-23", 0, 0, 0)
    with pytest.raises(ValidationError, match="已经结束"):
        objects(made)
    # It is still to be read; only objecting is over.
    assert publication.standing(made).withdrawn_at is None


def test_what_is_put_up_in_the_last_second_of_a_day_runs_from_that_day(made, people, at):
    write(made, people.branch)
    confirm(made, people.branch)
    at("2026-06-15", 23, 59, 59)
    take(made, A.PUBLISH, people.township_liaison)
    assert str(publication.standing(again(made)).ends_on) == "2026-06-22"


def test_an_objection_answered_by_reasons_leaves_it_up(made, people):
    put_up(made, people)
    objection = objects(made)
    with pytest.raises(ValidationError, match="等答复"):
        objects(made)
    take(made, A.KEEP, people.branch, reason="已经到现场看过，不漏了")
    objection.refresh_from_db()
    assert (objection.reopened, objection.answered_by) == (False, people.branch.user)
    assert publication.standing(again(made)).withdrawn_at is None
    # Answered, and the seven days are not over: another one may come.
    assert objects(made, "还是漏").pk != objection.pk


def test_reopening_takes_it_down_and_answers_the_objection(made, people):
    put_up(made, people)
    objection = objects(made)
    take(made, A.REOPEN, people.township_liaison, reason="再去修")
    objection.refresh_from_db()
    assert (objection.reopened, objection.answer) == (True, "再去修")
    assert publication.standing(again(made)) is None
    with pytest.raises(ValidationError, match="退回重办"):
        objects(made)


def test_the_next_round_has_a_text_of_its_own(made, people):
    put_up(made, people)
    take(made, A.REOPEN, people.township_liaison, reason="再去修")
    take(made, A.REPLY, people.cadre, people, reason="又修好了")
    take(made, A.REVISIT, people.branch, people)
    take(made, A.CLOSE, people.branch)
    assert missing(made, people) == ["公示的文字还没有确认"]
    put_up(made, people)
    assert Publication.objects.filter(grievance=made).count() == 2


def test_a_draft_goes_with_the_closing_that_it_was_written_for(made, people):
    write(made, people.branch)
    confirm(made, people.branch)
    take(made, A.REOPEN, people.township_liaison, reason="没有修好")
    assert publication.standing(again(made)) is None


def test_a_second_tap_on_publish_is_told_that_it_is_done(made, people):
    put_up(made, people)
    with pytest.raises(Meanwhile, match="罗尔伍"):
        take(made, A.PUBLISH, people.township_liaison)


# --- a family that is blacked out --------------------------------------------------------------


def test_blacking_out_the_household_takes_its_notice_down(made, people):
    put_up(made, people)
    objects(made)
    erase_household(people.household, reason="本户申请", by=people.office.user)
    text = Publication.objects.get(grievance=made)
    assert text.withdrawn_at is not None
    assert "管道" not in f"{text.title}{text.question}{text.answer}"
    assert publication.standing(again(made)) is None


def test_what_was_blacked_out_is_not_put_up_again(made, people):
    write(made, people.branch)
    erase_household(people.household, reason="本户申请", by=people.office.user)
    with pytest.raises(ValidationError, match="遮蔽"):
        write(made, people.branch)
    with pytest.raises(ValidationError, match="还没有确认"):
        take(made, A.PUBLISH, people.township_liaison)
