"""指标: read by everybody, changed by the county office, with a preview (contract, section 6)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.models import Quota
from reports.quotas import editing
from reports.quotas.editing import FiguresBusy, replace_rule
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

ASKED = {"target": "3", "begins_on": "2026-07-01", "reason": "县委办〔2026〕9 号"}


@pytest.fixture
def rule(people):
    return Quota.objects.get(code="trip_days", binds="staff")


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def address(rule, act="change"):
    return f"/quotas/{rule.pk}/change/?act={act}"


@pytest.fixture
def seen(office, rule):
    return lambda: office.get(address(rule)).context["form"]["seen"].value()


def test_everybody_reads_the_rules_with_clause_and_how_they_are_counted(people, signed_in):
    page = Page(signed_in(people.cadre).get("/quotas/"))
    rows = [row for table in page.tables for row in table[1:]]
    assert len(rows) == Quota.objects.count()
    assert ["驻村天数", "一般干部", "每月 2 天"] in [row[:3] for row in rows]
    trip = next(row for row in rows if row[:2] == ["下乡次数", "一般干部"])
    assert "每次不少于 2 天" in trip[3]
    assert trip[4] == "方案三(一)(二)"
    assert all(row[3] for row in rows)
    assert "修改下乡次数（一般干部）" not in page.links


def test_the_office_asks_sees_whom_it_affects_and_confirms(people, office, rule, seen):
    county.add_trip(people.cadre, people.village, "2026-06-03", "2026-06-04")
    said = ASKED | {"seen": seen()}
    answer = office.post(address(rule), said | {"draft": "d-1"})
    assert 'name="draft" value="d-1"' in answer.content.decode()
    page = Page(answer)
    assert page.statement == "驻村天数（一般干部）改为每月 3 天？"
    assert "2026年7月整个按新的算，以前的不变" in page.words
    [table] = page.tables
    assert table[2] == ["其中已完成", "1", "0"]
    assert Quota.objects.filter(code="trip_days").count() == 2
    answer = office.post(address(rule), said | {"confirm": "1"}, follow=True)
    page = Page(answer)
    assert "已保存" in page.words
    assert "每月 2 天 2026-07-01 起 3 天" in page.words
    assert (
        "驻村天数 (一般干部)：2 天 → 3 天，从 2026-07-01 起 县委办〔2026〕9 号 · 何静 2026-06-15"
        in page.words
    )


def test_a_rule_ends_and_another_group_is_bound(people, office, rule, seen):
    said = {**ASKED, "seen": seen(), "confirm": "1"}
    assert office.post(address(rule, "add"), said | {"binds": "county_leaders"}).status_code == 302
    assert Quota.objects.filter(code="trip_days", binds="county_leaders", target=3).exists()
    assert office.post(address(rule, "end"), said | {"seen": seen()}).status_code == 302
    rule.refresh_from_db()
    assert str(rule.ends_on) == "2026-06-30"
    assert "到 2026-06-30 为止" in Page(office.get("/quotas/")).words


@pytest.mark.parametrize(
    ("act", "said", "told"),
    [
        ("change", {"begins_on": "2026-05-01"}, "2026年5月的数在 2026-06-05 定格"),
        ("change", {"begins_on": ""}, "必填"),
        ("change", {"target": "0"}, "应在 1 到 28 之间"),
        ("change", {"target": "2"}, "和现在的一样"),
        ("change", {"reason": "x"}, "请写明原因"),
        ("add", {"binds": "section_level"}, "科级已经考这一项"),
        ("add", {"binds": "villages"}, "不在列表里"),
    ],
)
def test_what_cannot_be_keeps_what_was_typed_and_says_why(office, rule, seen, act, said, told):
    answer = office.post(address(rule, act), ASKED | {"seen": seen()} | said | {"confirm": "1"})
    assert answer.status_code == 422
    assert told in Page(answer).words
    assert 'value="' + (said.get("target") or "3") + '"' in answer.content.decode()
    assert Quota.objects.filter(code="trip_days").count() == 2


def test_of_two_people_the_second_is_told_and_sees_the_present_rule(office, rule, seen):
    old = seen()
    office.post(address(rule), ASKED | {"seen": old, "confirm": "1"})
    answer = office.post(address(rule), ASKED | {"target": "4", "seen": old, "confirm": "1"})
    assert answer.status_code == 422
    page = Page(answer)
    assert "何静在 06-15 10:00 刚改过这一项，您的还没有保存" in page.words
    assert "3 天，2026-07-01 起" in page.words


def test_while_figures_are_computed_it_says_so_calmly_and_keeps_what_was_typed(
    office, rule, seen, monkeypatch
):
    def busy():
        raise FiguresBusy

    said = ASKED | {"seen": seen(), "confirm": "1"}
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(editing, "_lock_figures", busy)
        answer = office.post(address(rule), said)
    page = Page(answer)
    assert answer.status_code == 409
    assert "还没有保存。正在算数，请稍后再保存；已填的内容还在。" in page.words
    kept = {name: answer.context["form"][name].value() for name in said if name != "confirm"}
    assert kept | {"confirm": "1"} == said
    # The same button again, and it is done.
    assert office.post(address(rule), kept | {"confirm": "1"}).status_code == 302


def test_going_back_keeps_what_was_typed(office, rule, seen):
    answer = office.post(address(rule), ASKED | {"seen": seen(), "back": "1"})
    assert answer.status_code == 200
    assert "县委办〔2026〕9 号" in answer.content.decode()


def test_queries_do_not_grow_with_the_rules(office, rule):
    asked = []
    for more in (0, 48):
        for number in range(more):
            replace_rule(rule, code=f"other_{number}").save(force_insert=True)
        with CaptureQueriesContext(connection) as queries:
            office.get("/quotas/")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_change_is_taken_back_and_the_rule_before_it_goes_on(office, rule, seen):
    office.post(address(rule), {**ASKED, "seen": seen(), "confirm": "1"})
    changed = Quota.objects.get(code="trip_days", binds="staff", begins_on="2026-07-01")
    form = office.get(address(changed, "undo"))
    assert "撤回" in Page(form).words
    said = {name: form.context["form"][name].value() for name in ("seen", "begins_on")} | {"reason": "改错了"}
    asked = Page(office.post(address(changed, "undo"), said))
    assert asked.statement == "撤回驻村天数（一般干部）从 2026-07-01 起的规则？"
    assert "3 天 → 2 天" in asked.words
    done = office.post(address(changed, "undo"), said | {"confirm": "1", "draft": "d-1"})
    assert done.cookies["draft_taken"].value == "d-1"
    rule.refresh_from_db()
    assert (rule.ends_on, Quota.objects.filter(pk=changed.pk).exists()) == (None, False)
    # The colleague who still has its page open.
    late = office.post(address(changed, "undo"), said | {"confirm": "1"}, follow=True)
    assert late.status_code == 200
    assert "这条规则已经撤回" in Page(late).words


def test_one_that_was_stopped_is_taken_up_from_the_list(office, rule, seen, on_day):
    said = {**ASKED, "seen": seen(), "confirm": "1"}
    office.post(address(rule, "end"), said)
    on_day("2026-08-02")
    page = office.get("/quotas/")
    assert f"/quotas/{rule.pk}/change/?act=resume" in page.content.decode()
    form = office.get(address(rule, "resume"))
    said |= {"seen": form.context["form"]["seen"].value(), "begins_on": "2026-09-01", "target": "2"}
    assert office.post(address(rule, "resume"), said).status_code == 302
    assert Quota.objects.filter(
        code="trip_days", binds="staff", begins_on="2026-09-01", ends_on=None
    ).exists()
