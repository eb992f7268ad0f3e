"""The pages of one public text: written, read as the public will, confirmed, put up."""

import re

import pytest

from accounts.models import AuditEntry, AuditKind
from grievances import publication
from grievances.models import Publication
from lianhu.kit import clock
from tests import county, photos
from tests.grievances import ledger
from tests.grievances.ledger import A, S
from tests.pages import Page

pytestmark = pytest.mark.django_db
CLEAN = {"title": "饮水管道漏水", "question": "村口饮水管道漏水。", "answer": "已经换了管道。"}


@pytest.fixture
def people(on_day, settings, tmp_path):
    on_day("2026-06-15")
    photos.use_folder(settings, tmp_path)
    return county.build()


@pytest.fixture
def made(people):
    return ledger.matter(
        people, S.CLOSED, content="多吉说管道漏水，电话13812341234。", reply="已经换了管道。"
    )


def at(made, part=""):
    return f"/grievances/{made.number}/public/{part}"


def field(answer, name):
    found = re.search(rf'name="{name}"[^>]*?(?:value="([^"]*)"|>\s*([^<]*)<)', answer.content.decode())
    return (found[1] or found[2] or "").strip()


def save(client, made, **words):
    seen = field(client.get(at(made)), "seen")
    return client.post(at(made), CLEAN | {"seen": seen} | words)


def settle(client, made, action):
    seen = field(client.get(at(made, "preview/")), "seen")
    return client.post(at(made, "preview/"), {"seen": seen, "action": action}, follow=True)


# --- writing -----------------------------------------------------------------------------------


def test_the_proposal_stands_in_the_fields_and_what_it_masks_is_marked(people, made, signed_in):
    answer = signed_in(people.branch).get(at(made))
    page = Page(answer)
    assert page.statement == "自动遮住了 2 处，请再看一遍"
    assert field(answer, "question") == "某某说管道漏水，电话（号码略）。"
    body = answer.content.decode()
    assert '<mark>多吉<span class="unseen">（姓名，已遮住）</span></mark>' in body
    assert '<mark>13812341234<span class="unseen">（电话，已遮住）</span></mark>' in body
    assert not Publication.objects.exists()


def test_reading_the_words_of_the_family_is_logged(people, made, signed_in):
    signed_in(people.branch).get(at(made))
    entry = AuditEntry.objects.filter(kind=AuditKind.READ).last()
    assert entry.subject_key == people.household.code


def test_a_clean_text_leads_on_to_the_preview(people, made, signed_in):
    client = signed_in(people.branch)
    assert save(client, made)["Location"] == at(made, "preview/")
    page = Page(client.get(at(made, "preview/")))
    assert page.statement == "群众看到的就是下面这些"


def test_what_is_found_is_told_beside_the_words_and_every_value_kept(people, made, signed_in):
    county.add_household("高兴", village=people.village)
    client = signed_in(people.branch)
    answer = save(client, made, answer="打13812341234，大家高兴。")
    assert answer.status_code == 422
    page = Page(answer)
    assert "还有 2 处不能公开，已存为草稿" in page.words
    assert "“13812341234”像电话，请删去" in page.words
    assert field(answer, "answer") == "打13812341234，大家高兴。"
    # Only of what may be no name can be said that it is none.
    assert re.findall(r'name="harmless" value="([^"]+)"', answer.content.decode()) == ["高兴"]
    assert save(client, made, answer="大家高兴。", harmless="高兴").status_code == 302
    assert Publication.objects.get().harmless == ["高兴"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"title": ""}, "必填"),
        ({"title": "长" * 201}, "最多 200 个字"),
        ({"answer": "长" * 100_000}, "最多 5000 个字"),
        ({"question": "a\x00b"}, "看不见的控制字符"),
    ],
)
def test_a_field_that_is_wrong_is_told_beside_it_and_nothing_is_saved(people, made, signed_in, words, told):
    answer = save(signed_in(people.branch), made, **words)
    assert answer.status_code == 422
    assert told in Page(answer).words
    assert not Publication.objects.exists()


def test_scripts_are_words(people, made, signed_in):
    client = signed_in(people.branch)
    save(client, made, title="<script>alert(1)</script>")
    for part in ("", "preview/"):
        body = client.get(at(made, part)).content.decode()
        assert "<script>alert" not in body
        assert "&lt;script&gt;alert" in body


def test_of_two_who_edit_the_second_keeps_what_was_typed(people, made, signed_in):
    branch, township = signed_in(people.branch), signed_in(people.township_liaison)
    save(branch, made)
    seen = field(branch.get(at(made)), "seen")
    save(township, made, title="乡里改的")
    answer = branch.post(at(made), CLEAN | {"seen": seen, "title": "村里改的"})
    assert answer.status_code == 409
    assert "别人改过这段文字" in Page(answer).words
    assert field(answer, "title") == "村里改的"
    again = branch.post(at(made), CLEAN | {"seen": field(answer, "seen"), "title": "村里改的"})
    assert again.status_code == 302


# --- the preview -------------------------------------------------------------------------------


def public_part(answer, begin="<h1>饮水管道漏水</h1>", end="</article>"):
    body = answer.content.decode()
    part = body[body.index(begin) : body.index(end, body.index(begin))]
    return re.sub(r"\s+", " ", re.sub(r"<p class=\"under actions\">.*?</p>", "", part, flags=re.S)).strip()


def test_the_preview_is_word_for_word_what_the_public_then_reads(people, made, signed_in, client):
    at_desk = signed_in(people.township_liaison)
    save(at_desk, made)
    preview = public_part(at_desk.get(at(made, "preview/")))
    settle(at_desk, made, "both")
    assert public_part(client.get(f"/public/{made.number}/")) == preview
    assert public_part(at_desk.get(at(made))) == preview


def test_confirmed_by_one_and_put_up_by_another(people, made, signed_in):
    branch = signed_in(people.branch)
    save(branch, made)
    page = Page(settle(branch, made, "confirm"))
    assert page.statement == "文字已确认，等公示"
    # Who closed it is told why there is no button.
    assert "您已经准备好，不能公示这一件" in Page(branch.get(at(made, "preview/"))).words
    assert settle(branch, made, "publish").status_code == 404
    page = Page(settle(signed_in(people.township_liaison), made, "publish"))
    assert page.statement == "正在公示，还有 7 天"
    assert ledger.again(made).state == S.PUBLISHED


def test_what_changed_under_the_preview_is_shown_before_it_can_be_confirmed(people, made, signed_in):
    branch = signed_in(people.branch)
    save(branch, made)
    seen = field(branch.get(at(made, "preview/")), "seen")
    save(signed_in(people.township_liaison), made, title="乡里改的")
    answer = branch.post(at(made, "preview/"), {"seen": seen, "action": "confirm"})
    assert answer.status_code == 409
    assert "又有改动" in Page(answer).words
    assert "乡里改的" in Page(answer).words
    assert Publication.objects.get().confirmed_at is None


def test_neither_half_of_confirming_and_putting_up_is_done_alone(people, made, signed_in):
    branch = signed_in(people.branch)
    save(branch, made)
    assert settle(branch, made, "both").status_code == 404
    assert Publication.objects.get().confirmed_at is None


def test_a_second_tap_changes_nothing_and_is_told_so(people, made, signed_in):
    client = signed_in(people.township_liaison)
    save(client, made)
    seen = field(client.get(at(made, "preview/")), "seen")
    said = {"seen": seen, "action": "both"}
    client.post(at(made, "preview/"), said)
    page = Page(client.post(at(made, "preview/"), said, follow=True))
    assert "已经公示" in page.words
    assert made.events.filter(action=A.PUBLISH).count() == 1


def test_there_is_no_preview_of_what_is_not_written(people, made, signed_in):
    assert signed_in(people.branch).get(at(made, "preview/"))["Location"] == at(made)


# --- what stands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "fields", "told"),
    [
        (S.REVISITED, {}, "销号以后才能公示"),
        (S.CLOSED, {"withheld_kind": "privacy", "withheld_reason": "家事"}, "不予公示（隐私）"),
    ],
)
def test_what_can_not_be_public_says_why(people, signed_in, state, fields, told):
    page = Page(signed_in(people.branch).get(at(ledger.matter(people, state, **fields))))
    assert told in page.statement


def test_a_notice_that_is_up_shows_its_days_and_the_objection_that_waits(people, signed_in):
    made = ledger.matter(people, S.PUBLISHED)
    ledger.objection(made)
    page = Page(signed_in(people.branch).get(at(made)))
    assert page.statement == "正在公示，还有 6 天"
    assert page.links["说明理由，公示照旧"] == f"/grievances/{made.number}/keep/"
    assert page.links["退回重办"] == f"/grievances/{made.number}/reopen/"
    assert "没有修好" in page.words


def test_for_others_it_is_not_there(people, made, signed_in):
    for name in ("cadre", "unit_leader", "county_leader", "stranger_branch", "admin"):
        client = signed_in(getattr(people, name))
        for part in ("", "preview/", "photos/"):
            assert client.get(at(made, part)).status_code == 404, (name, part)
        assert client.post(at(made), CLEAN).status_code == 404, name
        assert client.post(at(made, "preview/"), {"action": "both"}).status_code == 404, name


def test_what_was_confirmed_before_a_new_reply_is_to_be_confirmed_again(people, made, signed_in, on_day):
    client = signed_in(people.township_liaison)
    save(client, made)
    settle(client, made, "confirm")
    on_day("2026-06-16")
    publication.add_event(made, A.CORRECT, by=None)
    page = Page(client.get(at(made, "preview/")))
    assert "确认以后，答复或内容又有改动，要重新确认" in page.words
    assert clock.today().isoformat() == "2026-06-16"
