"""Every step through its page: what it says first, what it takes, and what happens when somebody was first."""

import pytest

from grievances.models import Category, GrievanceAction, Policy, ReplyTemplate
from grievances.workflow import STEPS
from lianhu.kit import clock
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A, S
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def desk(people, signed_in):
    """`desk(person).get(matter, step)`, `.post(matter, step, …)` with what the page had on it."""

    class Desk:
        def __init__(self, person):
            self.client = signed_in(person)

        def get(self, made, step):
            return self.client.get(f"/grievances/{made.number}/{step}/")

        def post(self, made, step, seen=None, **words):
            last = ledger.last_event(made)
            words["seen"] = seen if seen is not None else (last.pk if last else "")
            return self.client.post(f"/grievances/{made.number}/{step}/", words)

    return Desk


# Each step with who takes it, in which state, and the words of its page.
ACTS = [
    (S.REGISTERED, A.ASSIGN, "branch", {"handler": "P1-cadre", "helping": ["U-AGRI", "T-1"], "approach": "at_home"}),
    (S.ASSIGNED, A.TRANSFER, "branch", {"handler_typed": "P1-colleague", "reason": "由小燕办"}),
    (S.ASSIGNED, A.ESCALATE, "branch", {"reason": "要用机械"}),
    (S.ASSIGNED, A.RETURN, "cadre", {"reason": "不包这段路"}),
    (S.ASSIGNED, A.ASK_EXTENSION, "cadre", {"days": "10", "reason": "等材料"}),
    (S.ASSIGNED, A.EXTEND, "township_liaison", {}),
    (S.ASSIGNED, A.REFUSE_EXTENSION, "township_liaison", {"reason": "来得及"}),
    (S.ASSIGNED, A.REPLY, "cadre", {"outcome": "solved", "reason": "换了水管"}),
    (S.ASSIGNED, A.NOTE, "cadre", {"reason": "清了一半"}),
    (S.ASSIGNED, A.REMIND, "branch", {"reason": ""}),
    (S.ASSIGNED, A.VOID, "office", {"reason": "录重了"}),
    (S.ASSIGNED, A.WITHHOLD, "township_liaison", {"kind": "privacy", "reason": "家里的事"}),
    (S.REPLIED, A.REVISIT, "branch", {"satisfaction": "satisfied", "asked": "多吉", "day": "2026-06-15"}),
    (S.REPLIED, A.ASK_WAIVER, "branch", {"reason": "外出务工"}),
    (S.REPLIED, A.WAIVE, "township_liaison", {}),
    (S.REPLIED, A.REFUSE_WAIVER, "township_liaison", {"reason": "能找到人"}),
    (S.REPLIED, A.REOPEN, "branch", {"reason": "又漏了"}),
    (S.REVISITED, A.CLOSE, "branch", {}),
    (S.REVISITED, A.SET_ASIDE, "office", {"reason": "记错了"}),
    (S.CLOSED, A.PUBLISH, "township_liaison", {}),
    (S.PUBLISHED, A.KEEP, "branch", {"reason": "已经修好，请再看"}),
    (S.ASSIGNED, A.MERGE, "office", {"reason": "同一件事"}),
    (S.ASSIGNED, A.UNMERGE, "office", {"reason": "不是同一件事"}),
]  # fmt: skip


def prepare(people, state, action, words):
    made = ledger.matter(people, state)
    match action:
        case A.EXTEND | A.REFUSE_EXTENSION:
            ledger.ask(made, "extension", people.cadre, days=10)
        case A.WAIVE | A.REFUSE_WAIVER:
            ledger.ask(made, "waiver", people.branch)
        case A.PUBLISH:
            ledger.public_text(made, people.branch)
        case A.KEEP:
            ledger.objection(made)
        case A.MERGE:
            words["parent"] = ledger.matter(people, S.ASSIGNED).number
        case A.UNMERGE:
            made.parent = ledger.matter(people, S.ASSIGNED)
            made.save()
    return made


def test_every_step_of_the_table_is_tried_below():
    assert {action for _, action, _, _ in ACTS} == set(STEPS)


@pytest.mark.parametrize(("state", "action", "name", "words"), ACTS)
def test_each_step_has_a_page_that_takes_it_and_leads_back(state, action, name, words, people, desk):
    words = dict(words)
    made = prepare(people, state, action, words)
    person = desk(getattr(people, name))
    page = person.get(made, action)
    assert page.status_code == 200
    assert Page(page).statement == f"{STEPS[action].label}：饮水管道漏水"
    answer = person.post(made, action, **words)
    assert answer.status_code == 302, Page(answer).words
    after = person.client.get(answer["Location"])
    assert after.status_code == 200
    assert 'role="status"' in after.content.decode()
    assert ledger.last_event(made).action == action
    assert ledger.last_event(made).by == getattr(people, name).user


def test_what_was_given_is_what_is_kept(people, desk):
    made = ledger.matter(people, S.REGISTERED)
    desk(people.branch).post(
        made, "assign", handler="P1-cadre", helping=["U-AGRI", "T-1"], approach="at_home", reason="请上门看"
    )
    made = ledger.again(made)
    assert (made.handler, made.lead_unit, made.approach) == (people.cadre, people.unit, "at_home")
    assert {unit.code for unit in made.helping_units.all()} == {"U-AGRI", "T-1"}


@pytest.mark.parametrize(
    "step", ["assign", "reply", "close", "void", "publish", "register", "tell", "nonsense"]
)
def test_a_step_that_is_not_yours_is_not_there(step, people, desk):
    made = ledger.matter(people, S.REPLIED)
    stranger, colleague = desk(people.stranger_branch), desk(people.unit_leader)
    for person in (stranger, colleague):
        assert person.get(made, step).status_code == 404
        assert person.post(made, step, reason="试试", outcome="solved", handler="P1-cadre").status_code in {
            404,
            409,
        }
    assert ledger.again(made).state == S.REPLIED


def test_a_step_whose_time_is_over_leads_back_and_says_so(people, desk):
    made = ledger.matter(people, S.REPLIED)
    branch = desk(people.branch)
    answer = branch.get(made, "assign")
    assert answer["Location"] == f"/grievances/{made.number}/"
    assert "这件事现在是“已答复”，不能交办" in branch.client.get(answer["Location"]).content.decode()


# --- what is wrong -----------------------------------------------------------------------------

REVISITED = {"satisfaction": "satisfied", "asked": "多吉"}


@pytest.mark.parametrize(
    ("state", "step", "name", "words", "fault"),
    [
        (S.REGISTERED, "assign", "branch", {}, "必填"),
        (S.REGISTERED, "assign", "branch", {"handler_typed": "没有"}, "没有在岗的干部 没有"),
        (S.REGISTERED, "assign", "branch", {"handler": "P1-cadre", "helping": ["X"]}, "没有单位编码 X"),
        (S.ASSIGNED, "reply", "cadre", {"reason": "修好了"}, "必填"),
        (S.ASSIGNED, "reply", "cadre", {"outcome": "solved", "reason": "修" * 100_000}, "最多 5000 个字"),
        (S.ASSIGNED, "reply", "cadre", {"outcome": "solved", "reason": "修\x00好"}, "控制字符"),
        (S.ASSIGNED, "reply", "cadre", {"outcome": "<script>", "reason": "修好"}, "不在列表里"),
        (S.ASSIGNED, "ask_extension", "cadre", {"days": "31", "reason": "等"}, "31 不对"),
        (S.REPLIED, "revisit", "branch", REVISITED | {"day": "2027-01-01"}, "还没有到"),
        (S.REPLIED, "revisit", "branch", REVISITED | {"day": "2026-02-29"}, "没有 2026-02-29 这一天"),
    ],
)  # fmt: skip
def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(
    state, step, name, words, fault, people, desk
):
    made = ledger.matter(people, state)
    answer = desk(getattr(people, name)).post(made, step, **words)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert fault in text
    assert 'class="fault"' in text
    for value in words.values():
        for said in [value] if isinstance(value, str) else ():
            assert "<script>" in said or said.replace("\x00", "") in text.replace("\x00", "")
    assert ledger.again(made).state == state


def test_what_is_missing_is_said_instead_of_a_form(people, desk):
    made = ledger.matter(people, S.CLOSED)
    page = Page(desk(people.township_liaison).get(made, "publish"))
    assert "公示的文字还没有确认" in page.words
    assert "现在还不能公示" in page.words


# --- somebody was first ------------------------------------------------------------------------


def test_who_was_first_is_told_and_the_typed_words_stay_to_be_copied(people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    seen = ledger.last_event(made).pk
    ledger.take(made, A.RETURN, people.cadre, reason="不包这段路")
    answer = desk(people.branch).post(made, "transfer", seen, handler="P1-colleague", reason="由小燕办")
    page = Page(answer)
    assert answer.status_code == 409
    assert "泽仁初已在 06-15 10:00 退回" in page.words
    assert "由小燕办" in page.words
    assert ledger.last_event(made).action == A.RETURN


def test_when_the_step_still_fits_it_can_be_sent_once_more(people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    seen = ledger.last_event(made).pk
    ledger.take(made, A.TRANSFER, people.branch, handler="P1-colleague", reason="由小燕办")
    words = {"handler": "P1-unit_liaison", "reason": "由赵敏办"}
    answer = desk(people.branch).post(made, "transfer", seen, **words)
    assert answer.status_code == 409
    assert "由赵敏办" in answer.content.decode()
    assert ledger.again(made).handler == people.colleague
    again = answer.context["seen"]
    assert desk(people.branch).post(made, "transfer", again, **words).status_code == 302
    assert ledger.again(made).handler == people.unit_liaison


def test_a_note_in_between_does_not_get_in_the_way(people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    seen = ledger.last_event(made).pk
    ledger.take(made, A.NOTE, people.cadre, reason="清了一半")
    assert desk(people.branch).post(made, "remind", seen).status_code == 302


@pytest.mark.parametrize(
    ("step", "words"),
    [("note", {"reason": "清了一半"}), ("reply", {"outcome": "solved", "reason": "换了水管"})],
)
def test_two_taps_are_one_step(step, words, people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    seen = ledger.last_event(made).pk
    cadre = desk(people.cadre)
    for _ in range(2):
        assert cadre.post(made, step, seen, **words).status_code == 302
    assert made.events.filter(action=GrievanceAction(step)).count() == 1


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40, "１"])
def test_a_form_that_does_not_say_what_was_seen_is_taken_all_the_same(seen, people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    assert desk(people.cadre).post(made, "note", seen, reason="清了一半").status_code == 302


def test_who_gave_it_away_is_led_to_where_the_others_are(people, desk):
    made = ledger.matter(people, S.ASSIGNED, household=people.other_household)
    made.village = people.other_village
    made.save()
    answer = desk(people.cadre).post(made, "return", reason="不是我的村")
    assert answer.status_code == 302
    assert made.number not in answer["Location"]


# --- what helps to fill it in ------------------------------------------------------------------


def test_the_familys_own_cadre_stands_first_then_the_branch_then_the_units(people, desk):
    made = ledger.matter(people, S.REGISTERED)
    listed = [person.code for person in desk(people.branch).get(made, "assign").context["people"]]
    assert listed[:2] == ["P1-cadre", "P1-branch"]
    assert {"P1-colleague", "P1-unit_leader", "P1-township_liaison"} <= set(listed)
    assert not [code for code in listed if code.startswith("P2")]


def test_nobody_is_offered_who_has_left(people, desk):
    people.cadre.left_on = "2026-06-14"
    people.cadre.save()
    made = ledger.matter(people, S.REGISTERED)
    assert "P1-cadre" not in desk(people.branch).get(made, "assign").content.decode()


@pytest.mark.parametrize("text", ["李强", "lq", "P2-cadre"])
def test_anybody_in_post_is_found_without_javascript_and_nothing_typed_is_lost(text, people, desk):
    made = ledger.matter(people, S.REGISTERED)
    answer = desk(people.branch).post(
        made, "assign", find="1", search=text, reason="请上门看", helping=["T-1"]
    )
    assert answer.status_code == 200
    assert [person.code for person in answer.context["people"]] == ["P2-cadre"]
    assert "请上门看" in answer.content.decode()
    assert 'value="T-1" checked' in answer.content.decode()
    assert ledger.again(made).state == S.REGISTERED


def test_a_template_is_put_in_without_javascript(people, desk):
    other, _ = Category.objects.get_or_create(name="其他", defaults={"position": 99})
    mine = ReplyTemplate.objects.create(category=other, title="已修好", text="水管已经换好，请放心用。")
    water = Category.objects.create(name="别的类别", position=98)
    ReplyTemplate.objects.create(category=water, title="不相干", text="不相干")
    made = ledger.matter(people, S.ASSIGNED)
    page = desk(people.cadre).get(made, "reply").content.decode()
    assert "已修好" in page
    assert "不相干" not in page
    answer = desk(people.cadre).post(made, "reply", insert=mine.pk, reason="您好。", outcome="solved")
    text = answer.content.decode()
    assert "您好。\n水管已经换好，请放心用。" in text
    assert ledger.again(made).state == S.ASSIGNED


def test_an_explanation_cites_a_policy_of_the_category(people, desk):
    other, _ = Category.objects.get_or_create(name="其他", defaults={"position": 99})
    policy = Policy.objects.create(
        category=other, title="饮水补助办法", text="每户", added_at=clock.now(), added_by=people.office.user
    )
    made = ledger.matter(people, S.ASSIGNED)
    words = {"outcome": "explained", "reason": "按规定办不了"}
    answer = desk(people.cadre).post(made, "reply", policy="", **words)
    assert "政策解释要引用政策库里的一条" in answer.content.decode()
    assert desk(people.cadre).post(made, "reply", policy=policy.pk, **words).status_code == 302
    assert ledger.again(made).policy == policy


def test_an_extension_says_its_latest_day(people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    assert (
        "现在的答复期限是 2026-06-15，最多延 30 天，到 2026-07-15"
        in Page(desk(people.cadre).get(made, "ask_extension")).words
    )


def test_who_decides_an_extension_reads_the_new_day(people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    ledger.ask(made, "extension", people.cadre, days=10)
    words = Page(desk(people.township_liaison).get(made, "extend")).words
    assert "批准后答复期限从 2026-06-15 延到 2026-06-25" in words


def test_those_it_may_be_the_same_as_are_offered(people, desk):
    made, other = ledger.matter(people, S.ASSIGNED), ledger.matter(people, S.ASSIGNED)
    page = desk(people.office).get(made, "merge").content.decode()
    assert f'name="parent" value="{other.number}"' in page
    assert (
        ledger.matter(people, S.CLOSED).number not in desk(people.office).get(made, "merge").content.decode()
    )


@pytest.mark.parametrize("step", ["void", "merge", "withhold"])
def test_what_can_not_be_undone_says_so_first(step, people, desk):
    made = ledger.matter(people, S.ASSIGNED)
    answer = desk(people.office).get(made, step)
    assert answer.context["final"]
    assert answer.context["final"] in answer.content.decode()


def test_a_choice_that_may_be_left_blank_begins_blank(people, desk):
    made = ledger.matter(people, S.REGISTERED)
    assert (
        '<option value="" selected>不填</option>' in desk(people.branch).get(made, "assign").content.decode()
    )


# --- the desk's objection ----------------------------------------------------------------------


def test_the_desk_registers_an_objection_for_the_family(people, desk):
    made = ledger.matter(people, S.PUBLISHED)
    branch = desk(people.branch)
    assert branch.get(made, "object").status_code == 200
    assert branch.client.post(f"/grievances/{made.number}/object/", {"text": " "}).status_code == 422
    for _ in range(2):
        answer = branch.client.post(f"/grievances/{made.number}/object/", {"text": "水管又漏了"})
        assert answer.status_code == 302
    objection = made.publications.get().objections.get()
    assert (objection.text, objection.by) == ("水管又漏了", people.branch.user)


def test_others_register_none(people, desk):
    made = ledger.matter(people, S.PUBLISHED)
    for name in ("cadre", "unit_leader", "stranger_branch"):
        assert desk(getattr(people, name)).get(made, "object").status_code == 404, name


def test_after_the_seventh_day_there_is_none(people, desk, on_day):
    made = ledger.matter(people, S.PUBLISHED)
    ends_on = made.publications.get().ends_on
    on_day(ends_on.isoformat())
    assert desk(people.branch).get(made, "object").status_code == 200
    on_day("2026-06-22")
    assert desk(people.branch).get(made, "object").status_code == 302
