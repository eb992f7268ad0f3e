"""通报 of a quarter: units by name, what is open, written and issued by the office (方案六(一))."""

import datetime
import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document
from openpyxl import load_workbook

from accounts.models import Notice
from lianhu.kit.periods import Period
from reports.models import CountySummary
from reports.quarterly import summary
from reports.quarterly.figures import months_of
from reports.quarterly.outcomes import county_of
from reports.quarterly.services import Meanwhile
from reports.quotas.freeze import freeze
from reports.quotas.stored import store_period
from tests import county
from tests.reports.quarterly.reports import QUARTER, WORDS, act, draft

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案六(一)")]

ADDRESS = f"/reports/summary/{QUARTER.code}/"
TODAY = datetime.date(2026, 7, 18)
SAID = {"document_number": "联办〔2026〕3号", "opening": "总的情况是好的。", "requirements": "逐户补访。"}


@pytest.fixture
def people(live):
    for period in (*months_of(QUARTER), QUARTER):
        freeze(period)
    return live


@pytest.fixture
def live(on_day):
    """The freeze of the 5th has not run."""
    on_day("2026-07-18")
    found = county.build()
    county.add_activity("consult", "2026-05-20", unit=found.unit)
    county.add_grievance(household=found.household, handler=found.cadre, registered_on="2026-05-05")
    for period in (QUARTER, *months_of(QUARTER)):
        store_period(period, TODAY)
    return found


def page(client, path=ADDRESS):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def issued(people, **said):
    summary.save_summary(QUARTER, SAID | said, seen=0, by=people.office.user)
    return summary.issue(QUARTER, seen=1, by=people.office.user, on=TODAY)


def outcome(unit, today=TODAY):
    return next(each for each in county_of(QUARTER, today=today).outcomes if each.unit == unit)


def test_units_stand_by_the_pinyin_of_their_names_whatever_they_did(people):
    act(draft(people.township, **WORDS), "submit", submitter(people.township))
    names = [each.unit.name for each in county_of(QUARTER, today=TODAY).outcomes]
    assert names == ["教育局", "农业局", "桑朗乡", "沙坝乡", "县联户联情办"]


def submitter(unit):
    leader = county.add_cadre("央宗", unit=unit)
    county.grant(leader, "unit_leader", unit=unit)
    return leader


def test_what_is_open_is_named(people):
    report = draft(people.unit, **WORDS)
    act(report, "submit", people.unit_leader)
    act(report, "return", people.office, reason="补充")
    found = {each.what: each.names for each in county_of(QUARTER, today=TODAY).open}
    assert found["季度报告被退回，还没有重报"] == "教育局"
    assert "农业局" in found["季度报告还没有报送"]
    assert "教育局" not in found["还没有完成季度会商"]
    assert "教育局" in found["还没有完成季度研判"]
    assert found["季末超过期限没有答复的诉求"] == "教育局（1 件）"


def test_it_begins_with_what_the_figures_say(people, signed_in):
    html = page(signed_in(people.office), f"{ADDRESS}edit/")
    assert "全县 5 个单位中，0 个单位的季度报告已采纳" in html
    assert "挂号诉求 1 件" in html


def test_the_office_writes_it_and_issues_it_after_being_asked(people, signed_in):
    client = signed_in(people.office)
    client.post(f"{ADDRESS}edit/", SAID | {"document_number": "联办[2026] 3 号", "seen": 0})
    assert CountySummary.objects.get().document_number == "联办〔2026〕3号"
    asked = page(client, f"{ADDRESS}issue/")
    assert "印发以后不能再改" in asked
    assert "季度报告还没有报送" in asked
    assert CountySummary.objects.get().issued_on is None
    client.post(f"{ADDRESS}issue/", {"seen": 1})
    assert CountySummary.objects.get().issued_on == TODAY
    assert client.get(f"{ADDRESS}edit/").status_code == client.get(f"{ADDRESS}issue/").status_code == 302


def test_issued_it_is_read_only_and_every_unit_reads_it(people, signed_in):
    liaison = signed_in(people.unit_liaison)
    assert liaison.get(ADDRESS).status_code == 404
    issued(people)
    html = page(liaison)
    assert "总的情况是好的。" in html
    assert "农业局" in html
    assert Notice.objects.filter(title="2026年第二季度通报已印发", user=people.unit_liaison.user).exists()
    with pytest.raises(Meanwhile, match="已在 7月18日印发"):
        summary.save_summary(QUARTER, SAID | {"opening": "改"}, seen=2, by=people.office.user)
    with pytest.raises(Meanwhile):
        summary.issue(QUARTER, seen=2, by=people.office.user, on=TODAY)


def test_what_was_typed_is_shown_when_it_was_issued_meanwhile(people, signed_in):
    issued(people)
    typed = SAID | {"opening": "写了一个下午的话", "seen": 1}
    answer = signed_in(people.office).post(f"{ADDRESS}edit/", typed)
    assert answer.status_code == 409
    assert "写了一个下午的话" in answer.content.decode()


def test_what_happens_to_a_report_later_does_not_change_what_was_issued(people, on_day):
    report = draft(people.unit, **WORDS)
    act(report, "submit", people.unit_leader)
    issued(people)
    on_day("2026-07-20")
    act(report, "accept", people.office)
    late = draft(people.other_unit, **WORDS)
    act(late, "submit", people.stranger_unit_leader)
    on = datetime.date(2026, 7, 20)
    assert outcome(people.unit, on).line.state == "submitted"
    assert (outcome(people.other_unit, on).line.state, outcome(people.other_unit, on).line.late) == (
        "draft",
        8,
    )


@pytest.mark.parametrize("who", ["unit_leader", "county_leader", "township_liaison"])
def test_nobody_else_writes_or_issues(people, who):
    user = getattr(people, who).user
    with pytest.raises(PermissionDenied):
        summary.save_summary(QUARTER, SAID, seen=0, by=user)
    with pytest.raises(PermissionDenied):
        summary.issue(QUARTER, seen=0, by=user, on=TODAY)


def test_two_at_once_the_second_is_told_and_keeps_what_was_typed(people, signed_in):
    summary.save_summary(QUARTER, SAID | {"opening": "先写的"}, seen=0, by=people.office.user)
    answer = signed_in(people.office).post(f"{ADDRESS}edit/", SAID | {"opening": "后写的", "seen": 0})
    assert answer.status_code == 409
    assert "先写的" in answer.content.decode()
    assert "后写的" in answer.content.decode()


@pytest.mark.parametrize("number", ["联办〔2026〕03号", "联办〔2026〕第3号", "联办〔26〕3号", "联办2026-3"])
def test_the_number_is_written_as_the_standard_says(people, number):
    with pytest.raises(ValidationError) as fault:
        summary.save_summary(QUARTER, SAID | {"document_number": number}, seen=0, by=people.office.user)
    assert set(fault.value.message_dict) == {"document_number"}


def test_it_is_not_issued_without_words_and_number_nor_before_the_figures_are_frozen(live):
    summary.save_summary(QUARTER, dict.fromkeys(SAID, ""), seen=0, by=live.office.user)
    with pytest.raises(ValidationError) as faults:
        summary.issue(QUARTER, seen=1, by=live.office.user, on=datetime.date(2026, 7, 4))
    assert set(faults.value.message_dict) == {"__all__", "opening", "requirements", "document_number"}
    assert faults.value.message_dict["__all__"] == ["数字到 7月5日 0:00 才定格，那以后再印发"]


def test_while_the_freeze_is_late_nothing_is_issued_and_the_page_says_why(live, signed_in):
    client = signed_in(live.office)
    summary.save_summary(QUARTER, SAID, seen=0, by=live.office.user)
    why = "数字应在 7月5日 0:00 定格，系统还没有做完；不用您做什么，定格以后再印发"
    html = page(client)
    assert why in html
    assert f"{ADDRESS}issue/" not in html
    assert why in page(client, f"{ADDRESS}issue/")
    answer = client.post(f"{ADDRESS}issue/", {"seen": 1})
    assert (answer.status_code, answer.content.decode().count(why)) == (422, 1)
    assert CountySummary.objects.get().issued_on is None
    freeze(QUARTER)
    assert f"{ADDRESS}issue/" in page(client)
    client.post(f"{ADDRESS}issue/", {"seen": 1})
    assert CountySummary.objects.get().issued_on == TODAY


def test_a_quarter_before_the_county_used_the_system_is_not_waited_for(live):
    quarter = Period.parse("2024Q1")
    assert summary.not_settled(quarter, TODAY).startswith("那时系统里还没有记录")


def test_a_unit_that_came_later_is_not_in_it(people, signed_in):
    issued(people)
    before = [each.unit.name for each in county_of(QUARTER, today=TODAY).outcomes]
    county.add_unit("林业局")
    later = datetime.date(2026, 8, 20)
    assert [each.unit.name for each in county_of(QUARTER, today=later).outcomes] == before
    client = signed_in(people.unit_liaison)
    assert "林业局" not in page(client)
    answer = client.get(ADDRESS[:-1] + ".docx")
    (table,) = Document(io.BytesIO(answer.getvalue())).tables
    assert [row.cells[0].text for row in table.rows][1:] == before


def test_once_frozen_its_figures_are_read_and_nothing_is_counted_again(people):
    with CaptureQueriesContext(connection) as asked:
        county_of(QUARTER, today=TODAY)
    tables = "visits_", "grievances_", "registry_post"
    assert not [each["sql"] for each in asked if any(table in each["sql"] for table in tables)]


def test_as_word_it_goes_downward(people, signed_in):
    issued(people)
    answer = signed_in(people.unit_liaison).get(ADDRESS[:-1] + ".docx")
    document = Document(io.BytesIO(answer.getvalue()))
    texts = [each.text for each in document.paragraphs]
    assert texts[0] == "县“联户联情”工作办公室文件"
    assert "联办〔2026〕3号" in texts
    assert not any("签发人" in text for text in texts)
    assert "各乡镇，县级各部门，各企事业单位：" in texts
    assert texts.count("2026年7月18日") == 1
    assert "　抄送：县级领导。" in texts
    (table,) = document.tables
    assert [row.cells[0].text for row in table.rows][:3] == ["单位", "教育局", "农业局"]


def test_as_excel_its_figures_are_numbers_with_a_sum(people, signed_in):
    answer = signed_in(people.office).get(ADDRESS[:-1] + ".xlsx")
    rows = list(load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows(values_only=True))
    header = next(row for row in rows if row[0] == "序号")
    total = next(row for row in rows if row[0] == "合计")
    assert total[header.index("挂号")] == 1
    assert next(row for row in rows if row[1] == "教育局")[header.index("挂号")] == 1


def test_queries_do_not_grow_with_the_units(people, signed_in, django_assert_max_num_queries):
    client = signed_in(people.office)
    client.get(ADDRESS)

    def asked():
        with django_assert_max_num_queries(60) as caught:
            client.get(ADDRESS)
        return len(caught)

    few = asked()
    for number in range(50):
        draft(county.add_unit(f"单位{number}"))
    assert asked() == few
